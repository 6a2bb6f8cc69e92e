package chat

import (
	"context"
	"database/sql"
	"fmt"
)

// Reads returns how far each member of a small room that isn't public has read it, for
// its members alone. Of others the list is empty: what people read in front of many is
// nobody's business.
func (s *Service) Reads(ctx context.Context, a Actor, slug string) (ReadList, error) {
	list := ReadList{[]PersonRead{}}
	st, err := s.admit(ctx, a, slug, ActRead)
	if err != nil || st.kind == KindPublic {
		return list, public(err)
	}
	ids, err := s.rooms.memberIDs(ctx, st.id, maxReads+1)
	if err != nil || len(ids) > maxReads {
		return list, public(err)
	}
	for _, id := range ids {
		m, _, err := load[roomMark](s.storedInbox(ctx, id), readKey(st.id))
		if err != nil {
			return list, public(err)
		}
		list.Reads = append(list.Reads, PersonRead{id, m.Read})
	}
	return list, nil
}

// memberIDs returns the members of a room, at most limit.
func (rs *Rooms) memberIDs(ctx context.Context, room RoomID, limit int) (ids []UserID, err error) {
	err = rs.db.Read(ctx, func(tx *sql.Tx) error {
		const query = `select user_id from members where room_id = ? and role <> '' order by user_id limit ?`
		rows, err := tx.QueryContext(ctx, query, string(room), limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id UserID
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	return ids, nil
}

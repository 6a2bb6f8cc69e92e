package chat

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
)

// Banned returns a piece of those who are banned from the server, to who may ban.
func (s *Service) Banned(ctx context.Context, a Actor, q MemberQuery) (page BannedPage, err error) {
	page.People = []BannedPerson{}
	limit, err := listLimit(q.Limit)
	if err != nil {
		return page, err
	}
	at, id, err := splitCursor(q.After)
	if err != nil {
		return page, err
	}
	if a = s.profiles.actor(a); !s.rules.may(ActBan, cmp.Or(a.Role, RoleMember), OnServer) {
		return page, s.rules.forbid(ActBan, OnServer)
	}
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select id, name, coalesce(image, ''), role, banned_at, ban_reason from users where banned_at is not null
				and (?1 = '' or instr(lower(name), lower(?1)) > 0) and (?3 = '' or (-banned_at, id) > (-cast(?2 as integer), ?3))
			order by -banned_at, id limit ?4`
		rows, err := tx.QueryContext(ctx, query, q.Text, at, id, limit+1)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var p BannedPerson
			if err := rows.Scan(&p.ID, &p.Name, &p.Image, &p.Role, &p.BannedAt, &p.Reason); err != nil {
				return err
			}
			if len(page.People) == limit {
				last := page.People[limit-1]
				page.Next = cursorOf(decimal(int(last.BannedAt)), string(last.ID))
				break
			}
			page.People = append(page.People, p)
		}
		return rows.Err()
	})
	return page, public(err)
}

package chat

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// The audit log says what those did who look after rooms and the server. A line is
// written in the transaction of what it tells of. What happens in a room's turn (a
// message that somebody else deletes) the room notes with it, and hands over later: see
// outbox.go. Directs and groups have none: nobody looks after them.

const (
	auditKept   = 366 * 24 * time.Hour
	auditMost   = 200_000 // lines; the oldest go
	auditPruned = 20      // old lines that go with each new one, at most
)

// auditLine is a line to be written.
type auditLine struct {
	at      int64
	action  AuditAction
	by      User
	room    roomRow // without an id: none
	user    User    // likewise
	message MessageID
	detail  string
	seq     Seq // of the event that it tells of; 0: none
}

func writeAudit(ctx context.Context, tx *sql.Tx, l auditLine) error {
	const insert = `insert into audit (at, action, by_id, by_name, room_id, room_name, hidden, user_id, user_name, message_id, detail, seq)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0)) on conflict do nothing`
	hidden := l.room.id != "" && l.room.kind != KindPublic
	_, err := tx.ExecContext(ctx, insert, l.at, string(l.action), string(l.by.ID), l.by.Name, string(l.room.id), l.room.name, hidden,
		string(l.user.ID), l.user.Name, string(l.message), l.detail, uint64(l.seq))
	if err != nil {
		return fmt.Errorf("write audit log: %w", err)
	}
	const prune = `delete from audit where id in (select id from audit where at < ? or id <= (select max(id) from audit) - ? order by id limit ?)`
	if _, err := tx.ExecContext(ctx, prune, l.at-auditKept.Milliseconds(), auditMost, auditPruned); err != nil {
		return fmt.Errorf("prune audit log: %w", err)
	}
	return nil
}

// log writes what is done to the room, or to somebody in it. What people do to themselves
// is nobody's business, and what the server does nobody's doing.
func (t *roomTx) log(action AuditAction, u User, detail string) error {
	if t.by.ID == "" || u.ID == t.by.ID || t.room.kind == KindDirect || t.room.kind == KindGroup {
		return nil
	}
	return writeAudit(t.ctx, t.tx, auditLine{at: t.now.UnixMilli(), action: action, by: t.by.User, room: t.room, user: u, detail: detail})
}

// Oversight is what somebody does to another's account on this server. By without an id
// is whoever runs the server, who may everything.
type Oversight struct {
	By     Actor
	User   User
	Role   Role // of the user, on the server
	Action AuditAction
	Detail string
	Next   Role // of AuditServerRoleSet: that the user is to have
	Purge  bool // delete all their messages, too
}

// Oversee refuses what somebody may not do to another's account, and else writes it to
// the audit log. Call it in the transaction that does it, with roles that were read there;
// and once that is durable, if it purges, Purge.
func (rs *Rooms) Oversee(ctx context.Context, tx *sql.Tx, o Oversight) error {
	if o.By.ID != "" {
		if err := o.check(newRules()); err != nil {
			return err
		}
	}
	at := rs.now().UnixMilli()
	if err := writeAudit(ctx, tx, auditLine{at: at, action: o.Action, by: o.By.User, user: o.User, detail: o.Detail}); err != nil || !o.Purge {
		return err
	}
	const all = `insert into purges (room_id, user_id, by_id, asked_at) select id, ?, ?, ? from rooms where deleted_at is null
		on conflict do update set next_seq = 0, by_id = excluded.by_id, asked_at = excluded.asked_at`
	if _, err := tx.ExecContext(ctx, all, string(o.User.ID), string(o.By.ID), at); err != nil {
		return fmt.Errorf("ask for the deletion of messages: %w", err)
	}
	return writeAudit(ctx, tx, auditLine{at: at, action: AuditMessagesDeleted, by: o.By.User, user: o.User})
}

func (o Oversight) check(rules rules) error {
	by, act := cmp.Or(o.By.Role, RoleMember), ActBan
	if o.Action == AuditServerRoleSet {
		act = ActSetServerRoles
	}
	if !rules.may(act, by, OnServer) {
		return rules.forbid(act, OnServer)
	}
	switch {
	case o.By.ID == o.User.ID:
		return forbidden("You can't do this to yourself.")
	case !by.Outranks(o.Role):
		return forbidden("You can't do this to somebody whose role is as high as yours.")
	case o.Action != AuditServerRoleSet:
		return nil
	case o.Role == RoleGuest || o.Role == RoleBot:
		return forbidden("Guests and bots have no other role.")
	case !by.Outranks(o.Next):
		return forbidden("You can't give a role that is as high as yours.")
	}
	return nil
}

// AuditQuery selects a piece of the audit log.
type AuditQuery struct {
	Before int64  // an entry's id; 0: the latest
	Limit  int    // 1 to 100; 0: 50
	Room   string // a slug; "": all
	User   UserID // who did it, or to whom; "": all
}

// Audit returns a piece of the audit log: to who may see that of the server, but for
// rooms that they don't see; to who looks after a room that of the room.
func (s *Service) Audit(ctx context.Context, a Actor, q AuditQuery) (page AuditPage, err error) {
	page.Entries = []AuditEntry{}
	limit, err := listLimit(q.Limit)
	if err != nil {
		return page, err
	}
	var room RoomID
	if q.Room != "" {
		st, err := s.admit(ctx, a, q.Room, ActSeeAudit)
		if err != nil {
			return page, err
		}
		room = st.id
	} else if !s.rules.may(ActSeeAudit, cmp.Or(a.Role, RoleMember), OnServer) {
		return page, s.rules.forbid(ActSeeAudit, OnServer)
	}
	const query = `select a.id, a.at, a.action, a.by_id, a.by_name, coalesce(r.slug, ''), a.room_name, a.user_id, a.user_name, a.message_id, a.detail
		from audit a left join rooms r on r.id = a.room_id and r.deleted_at is null
		where (?1 = 0 or a.id < ?1) and (?2 = '' or a.room_id = ?2) and (?3 = '' or a.user_id = ?3 or a.by_id = ?3)
			and (?2 <> '' or a.hidden = 0 or exists (select 1 from members m where m.room_id = a.room_id and m.user_id = ?4 and m.role in ('owner', 'moderator')))
		order by a.id desc limit ?5`
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, query, q.Before, string(room), string(q.User), string(a.ID), limit+1)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var e AuditEntry
			var u User
			if err := rows.Scan(&e.ID, &e.At, &e.Action, &e.By.ID, &e.By.Name, &e.Room, &e.RoomName, &u.ID, &u.Name, &e.MessageID, &e.Detail); err != nil {
				return err
			}
			if u.ID != "" {
				e.User = &u
			}
			if len(page.Entries) == limit {
				page.HasOlder = true
				break
			}
			page.Entries = append(page.Entries, e)
		}
		return rows.Err()
	})
	return page, public(err)
}

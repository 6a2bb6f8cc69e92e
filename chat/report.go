package chat

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"snug/db"
)

const (
	maxReasonChars = 1000
	reportsAtOnce  = 20        // of a person within reportsWindow
	reportsWindow  = time.Hour //
	reportsKept    = auditKept
	reportsMost    = 100_000 // the oldest go
	maxOpenReports = 100     // that are counted
	maxModerators  = 1000    // who are told of a report at once
)

// ReportMessage tells those who moderate of a message: its room's moderators, and the
// server's, who of a room that they don't see get the message alone. The message is kept
// as it is now. A second report by the same person is the first one.
func (s *Service) ReportMessage(ctx context.Context, a Actor, slug string, id MessageID, reason string) error {
	if a.ReadOnly {
		return errReadOnly
	}
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) > maxReasonChars || !utf8.ValidString(reason) {
		return bad("reason must be at most " + decimal(maxReasonChars) + " characters.")
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	st, err := s.admit(ctx, a, slug, ActReport)
	if err != nil {
		return err
	}
	from, _, err := s.reader(ctx, a, slug)
	if err != nil {
		return public(err)
	}
	m, err := from.find(id)
	switch {
	case err != nil:
		return public(err)
	case m.DeletedAt != 0:
		return errDeletedMessage
	case m.UserID == a.ID:
		return forbidden("This message is your own: delete it instead.")
	}
	now := s.cfg.Now().UnixMilli()
	made := false
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		var known bool
		var lately int
		var oldest sql.NullInt64
		const query = `select exists (select 1 from reports where reported_by = ?1 and message_id = ?2),
			(select count(*) from reports where reported_by = ?1 and at > ?3), (select min(at) from reports where reported_by = ?1 and at > ?3)`
		row := tx.QueryRowContext(ctx, query, string(a.ID), string(m.ID), now-reportsWindow.Milliseconds())
		if err := row.Scan(&known, &lately, &oldest); err != nil || known {
			return err
		}
		if lately >= reportsAtOnce {
			wait := time.Duration(oldest.Int64+reportsWindow.Milliseconds()-now) * time.Millisecond
			return &Error{Code: CodeRateLimited, Message: "You have reported many messages. Wait a while.", Retry: wait}
		}
		const insert = `insert into reports (at, room_id, room_name, hidden, message_id, message, user_id, reported_by, reported_name, reason)
			select ?, id, name, kind <> 'public', ?, ?, ?, ?, ?, ? from rooms where id = ?`
		_, err := tx.ExecContext(ctx, insert, now, string(m.ID), string(m.encoded()), string(m.UserID), string(a.ID), a.Name, reason, string(st.id))
		if err != nil {
			return err
		}
		const prune = `delete from reports where id in (select id from reports where at < ? or id <= (select max(id) from reports) - ? order by id limit 20)`
		_, err = tx.ExecContext(ctx, prune, now-reportsKept.Milliseconds(), reportsMost)
		made = err == nil
		return err
	})
	if err == nil && made {
		s.tellReports(ctx, st.id)
	}
	return public(err)
}

// moderatorsOf returns who sees the reports of a room.
func moderatorsOf(ctx context.Context, tx *sql.Tx, room RoomID) (ids []UserID, err error) {
	const query = `select user_id from members where room_id = ? and role in ('owner', 'moderator')
		union select id from users where role in ('moderator', 'admin', 'owner') and banned_at is null limit ?`
	err = db.Each(ctx, tx, query, []any{string(room), maxModerators}, func(scan func(...any) error) error {
		var id UserID
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// tellReports has those told who see a room's reports that there is something new in them.
// It looks at all accounts: not in a transaction that writes, for which others would wait.
func (s *Service) tellReports(ctx context.Context, room RoomID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), frameWait) // what is stored is to be told, whoever still waits
	defer cancel()
	var ids []UserID
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		ids, err = moderatorsOf(ctx, tx, room)
		return err
	})
	if err != nil {
		s.cfg.Logger.Error("nobody is told of what is new in the reports", "room", string(room), "cause", err.Error())
	}
	for _, id := range ids {
		s.live.tellPerson(id, frame(ReportsFrame{Type: "reports"}), nil, "")
	}
}

// ReportQuery selects a piece of the reports.
type ReportQuery struct {
	Open   bool  // those alone that nobody has closed
	Before int64 // a report's id; 0: the latest
	Limit  int   // 1 to 100; 0: 50
}

// whose restricts reports to those that somebody may see: ?1 they see all of the server,
// ?2 who they are. Nobody decides about their own messages but owners.
const whose = ` (?1 or exists (select 1 from members m where m.room_id = p.room_id and m.user_id = ?2 and m.role in ('owner', 'moderator')))`

const reportColumns = `p.id, p.at, coalesce(r.slug, ''), p.room_name, p.hidden or coalesce(r.kind, '') <> 'public', p.message, p.reported_by, p.reported_name,
	p.reason, p.state, p.note, p.closed_at, p.closed_by, p.closed_name,
	exists (select 1 from members m where m.room_id = p.room_id and m.user_id = ?2 and m.role <> '')`

const reportTables = ` from reports p left join rooms r on r.id = p.room_id and r.deleted_at is null`

func scanReport(rows interface{ Scan(...any) error }) (p Report, err error) {
	var hidden, member bool
	var message string
	var by User
	err = rows.Scan(&p.ID, &p.At, &p.Room, &p.RoomName, &hidden, &message, &p.ReportedBy.ID, &p.ReportedBy.Name,
		&p.Reason, &p.State, &p.Note, &p.ClosedAt, &by.ID, &by.Name, &member)
	if err != nil {
		return p, err
	}
	if hidden && !member {
		p.Room, p.RoomName = "", ""
	}
	if by.ID != "" {
		p.ClosedBy = &by
	}
	if err := json.Unmarshal([]byte(message), &p.Message); err != nil {
		return p, fmt.Errorf("read report %d: %w", p.ID, err)
	}
	return p, nil
}

// seesReports says whether somebody sees all reports of the server, or none at all.
func (s *Service) seesReports(a Actor) (all bool, err error) {
	role := cmp.Or(a.Role, RoleMember)
	if role == RoleGuest || role == RoleBot {
		return false, s.rules.forbid(ActSeeReports, OnServer)
	}
	return s.rules.may(ActSeeReports, role, OnServer), nil
}

// Reports returns a piece of the reports that a person may see: of the server, or of the
// rooms that they look after. To who looks after nothing there are none.
func (s *Service) Reports(ctx context.Context, a Actor, q ReportQuery) (page ReportPage, err error) {
	page.Reports = []Report{}
	limit, err := listLimit(q.Limit)
	if err != nil {
		return page, err
	}
	all, err := s.seesReports(a)
	if err != nil {
		return page, err
	}
	const open = `select count(*) from (select 1 from reports p where p.state = 'open' and` + whose + ` limit ?3)`
	const query = `select ` + reportColumns + reportTables + ` where` + whose + ` and (?3 = 0 or p.id < ?3) and (not ?4 or p.state = 'open')
		order by p.id desc limit ?5`
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		if err := tx.QueryRowContext(ctx, open, all, string(a.ID), maxOpenReports).Scan(&page.Open); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, query, all, string(a.ID), q.Before, q.Open, limit+1)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			p, err := scanReport(rows)
			if err != nil {
				return err
			}
			if len(page.Reports) == limit {
				page.HasOlder = true
				break
			}
			page.Reports = append(page.Reports, p)
		}
		return rows.Err()
	})
	return page, public(err)
}

// CloseReport says that a report was handled or dismissed, and with it those that others
// made of the same message. What is closed stays so.
func (s *Service) CloseReport(ctx context.Context, a Actor, id int64, state ReportState, note string) (p Report, err error) {
	action := AuditReportHandled
	switch state {
	case ReportHandled:
	case ReportDismissed:
		action = AuditReportDismissed
	default:
		return p, bad("state must be handled or dismissed.")
	}
	if note = strings.TrimSpace(note); utf8.RuneCountInString(note) > maxReasonChars || !utf8.ValidString(note) {
		return p, bad("note must be at most " + decimal(maxReasonChars) + " characters.")
	}
	if a.NoRooms {
		return p, errNoRooms
	}
	all, err := s.seesReports(a)
	if err != nil {
		return p, err
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	now := s.cfg.Now().UnixMilli()
	var room RoomID
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) (err error) {
		read := func() error {
			p, err = scanReport(tx.QueryRowContext(ctx, `select `+reportColumns+reportTables+` where`+whose+` and p.id = ?3`, all, string(a.ID), id))
			return err
		}
		if err := read(); err != nil {
			return err
		}
		switch {
		case p.State != ReportOpen:
			return &Error{Code: CodeConflict, Message: "This report was closed already, by " + cmp.Or(p.ClosedBy, &User{Name: "somebody"}).Name + "."}
		case p.Message.UserID == a.ID && a.Role != RoleOwner:
			return forbidden("This is about a message of your own: somebody else decides.")
		}
		const closing = `update reports set state = ?, note = ?, closed_at = ?, closed_by = ?, closed_name = ? where state = 'open' and message_id = ?`
		if _, err := tx.ExecContext(ctx, closing, string(state), note, now, string(a.ID), a.Name, string(p.Message.ID)); err != nil {
			return err
		}
		line := auditLine{at: now, action: action, by: a.User, user: User{ID: p.Message.UserID, Name: p.Message.UserName}, message: p.Message.ID, detail: note}
		const where = `select r.id, r.name, r.kind from reports p join rooms r on r.id = p.room_id where p.id = ?`
		err = tx.QueryRowContext(ctx, where, id).Scan(&line.room.id, &line.room.name, &line.room.kind)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := writeAudit(ctx, tx, line); err != nil {
			return err
		}
		room = line.room.id
		return read()
	})
	if err == nil {
		s.tellReports(ctx, room)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return p, &Error{Code: CodeNotFound, Message: "There is no such report."}
	}
	return p, public(err)
}

package files

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// MaxPerMessage is how many files a message may have.
const MaxPerMessage = 10

// Claim ties uploads of the person to a message that is about to be posted, all or
// none, durably. It can be repeated with the same message; a file that another one has
// is refused.
func (s *Service) Claim(ctx context.Context, c Claim, ids []string) ([]File, error) {
	if len(ids) > MaxPerMessage {
		return nil, &Error{Code: CodeBadRequest, Message: fmt.Sprintf("A message has at most %d files.", MaxPerMessage)}
	}
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return nil, &Error{Code: CodeBadRequest, Message: "A file is named twice."}
		}
		r, err := s.own(ctx, c.User, id)
		if err != nil {
			return nil, claimError(err, i)
		}
		if r.received < r.size {
			return nil, &Error{Code: CodeBadRequest, Message: fmt.Sprintf("The file %s hasn't come whole yet.", r.name)}
		}
		if _, err := s.finished(ctx, r); err != nil {
			return nil, err
		}
	}
	due := s.now() + keepUnclaimed.Milliseconds()
	var list []File
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		list = nil
		for i, id := range ids {
			r, err := find(ctx, tx, id)
			if err == nil && (r.user != c.User || r.state != stateReady) {
				err = notFound()
			}
			if err != nil {
				return claimError(err, i)
			}
			if r.client.Valid && r.claim() != c {
				return &Error{Code: CodeBadRequest, Message: fmt.Sprintf("Another message has the file %s already: upload it again.", r.name)}
			}
			// A claim that is repeated is asked about anew, much later than the post that
			// repeats it is decided.
			const update = `update files set room_id = ?, client_id = ?, touched_at = ?, due_at = ? where id = ?`
			if _, err := tx.ExecContext(ctx, update, c.Room, c.ClientID, s.now(), max(r.due, due), id); err != nil {
				return err
			}
			list = append(list, r.file())
		}
		return nil
	})
	return list, wrap("claim files", err)
}

// claimError says of which file of a message it is that it isn't there.
func claimError(err error, i int) error {
	if known, ok := err.(*Error); ok && known.Code == CodeNotFound {
		return &Error{Code: CodeNotFound, Message: fmt.Sprintf("File %d of the message isn't kept any more: upload it again.", i+1)}
	}
	return err
}

// Released has the collector ask soon about the files that a message claimed: it is
// being deleted. It doesn't wait, and is a hint: what it misses is found later.
func (s *Service) Released(c Claim) {
	select {
	case s.released <- c:
	default:
	}
}

// release makes the files of a message due, a little later: what was decided about it
// may not be durable yet.
func (s *Service) release(ctx context.Context, c Claim) error {
	now := s.now()
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `update files set touched_at = ?, due_at = ? where room_id = ? and user_id = ? and client_id = ? and state = ?`
		_, err := tx.ExecContext(ctx, update, now, now+askSoon.Milliseconds(), c.Room, c.User, c.ClientID, stateReady)
		return err
	})
	return wrap("release files", err)
}

// RemoveRoom deletes the files of a room that is being deleted. It may be repeated.
func (s *Service) RemoveRoom(ctx context.Context, room string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `update files set state = ?, due_at = ? where room_id = ? and state <> ?`
		_, err := tx.ExecContext(ctx, update, stateRemoved, s.now(), room, stateRemoved)
		return err
	})
	if err == nil {
		s.collectSoon()
	}
	return wrap("remove files of room", err)
}

// RemoveOf deletes what people uploaded and no message has: their accounts are gone.
func (s *Service) RemoveOf(ctx context.Context, users []string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		for _, user := range users {
			const update = `update files set state = ?, due_at = ? where user_id = ? and state <> ? and client_id is null`
			if _, err := tx.ExecContext(ctx, update, stateRemoved, s.now(), user, stateRemoved); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.collectSoon()
	}
	return wrap("remove files", err)
}

package files

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	// checkpoint bytes at most are lost of an upload when the server crashes.
	checkpoint = 8 << 20
	// copyBuffer bytes are read at once.
	copyBuffer = 64 << 10
	// idle is when an open upload makes room for a new one of the same person.
	idle = time.Hour
	// leastCharge is what a file counts at least, of a quota: the smallest takes a row,
	// a file and a place in every backup too. It bounds how many files a person has.
	leastCharge = 64 << 10
	// finishTime is for looking at what has come, and for storing it.
	finishTime = 5 * time.Minute
)

// Upload is one that is open, or was.
type Upload struct {
	ID      string
	Name    string // as it is kept
	Size    int64  // bytes announced
	Offset  int64  // bytes that are durable
	Expires time.Time
}

func (r row) upload() Upload {
	u := Upload{ID: r.id, Name: r.name, Size: r.size, Offset: r.received, Expires: time.UnixMilli(r.due)}
	if r.state == stateReady { // its size may be another now
		u.Offset = u.Size
	}
	return u
}

// A Source is what an upload's bytes come from. Yield makes its Read return an error
// soon, from another goroutine: another request has come for the same upload.
type Source interface {
	io.Reader
	Yield()
}

// Create begins an upload of so many bytes. The name is what the client calls it.
func (s *Service) Create(ctx context.Context, user, name string, size int64) (Upload, error) {
	switch {
	case size < 1:
		return Upload{}, &Error{Code: CodeBadRequest, Message: "The file is empty."}
	case size > s.cfg.MaxBytes:
		return Upload{}, &Error{Code: CodeTooLong, Message: "The file is too large: the limit is " + inWords(s.cfg.MaxBytes) + "."}
	}
	// Once in the part file, and again in the blob.
	if err := s.cfg.Space(2 * size); err != nil {
		return Upload{}, storageFull(err)
	}
	now := s.now()
	r := row{id: newID(), user: user, state: stateOpen, name: cleanName(name), size: size, due: now + keepUnclaimed.Milliseconds()}
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if err := s.admit(ctx, tx, r, now); err != nil {
			return err
		}
		const insert = `insert into files (id, user_id, state, name, size, received, created_at, touched_at, due_at) values (?, ?, ?, ?, ?, 0, ?, ?, ?)`
		_, err := tx.ExecContext(ctx, insert, r.id, r.user, r.state, r.name, r.size, now, now, r.due)
		return err
	})
	if err != nil {
		return Upload{}, wrap("begin upload", err)
	}
	s.collectSoon() // the oldest may have made room
	return r.upload(), nil
}

// What a person has already: indexes answer, and no row is read.
const (
	chargedQuery = `select coalesce(sum(max(size, ?)), 0) from files where user_id = ? and state in (?, ?)`
	openQuery    = `select count(*) from files where user_id = ? and state = ?`
)

// admit checks what a person has already.
func (s *Service) admit(ctx context.Context, tx *sql.Tx, r row, now int64) error {
	if s.cfg.Quota > 0 {
		var total int64
		if err := tx.QueryRowContext(ctx, chargedQuery, leastCharge, r.user, stateOpen, stateReady).Scan(&total); err != nil {
			return err
		}
		if total+max(r.size, leastCharge) > s.cfg.Quota {
			return &Error{Code: CodeQuota, Message: fmt.Sprintf("Your files would take more than %s, which is all that you may keep here: they take %s now, where each counts %s at least. Delete messages with files to make room.",
				inWords(s.cfg.Quota), inWords(total), inWords(leastCharge))}
		}
	}
	var open int64
	if err := tx.QueryRowContext(ctx, openQuery, r.user, stateOpen).Scan(&open); err != nil {
		return err
	}
	if open < int64(s.cfg.MaxOpen) {
		return nil
	}
	const oldest = `update files set state = ?, due_at = ? where id in (select id from files where user_id = ? and state = ? and touched_at < ? order by touched_at limit 1)`
	result, err := tx.ExecContext(ctx, oldest, stateRemoved, now, r.user, stateOpen, now-idle.Milliseconds())
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, &Error{Code: CodeLimited, Message: fmt.Sprintf("You are uploading %d files at once. Wait until one of them is done.", open), Retry: 10 * time.Second})
	}
	return nil
}

// Offset tells how far an upload is. A request that still brings some of it is ended.
func (s *Service) Offset(ctx context.Context, user, id string) (Upload, error) {
	if _, err := s.own(ctx, user, id); err != nil { // strangers wait for nothing
		return Upload{}, err
	}
	release, err := s.locks.take(ctx, id, nil)
	if err != nil {
		return Upload{}, err
	}
	defer release()
	r, err := s.own(ctx, user, id)
	return r.upload(), err
}

// Append adds what body gives, from an offset on that must be the upload's own. What
// has come is durable when it returns, with an error too; so Append isn't over with
// its request.
func (s *Service) Append(ctx context.Context, user, id string, offset int64, body Source) (Upload, error) {
	if _, err := s.own(ctx, user, id); err != nil {
		return Upload{}, err
	}
	release, err := s.locks.take(ctx, id, body.Yield)
	if err != nil {
		return Upload{}, err
	}
	defer release()
	ctx = context.WithoutCancel(ctx)
	r, err := s.own(ctx, user, id)
	switch {
	case err != nil:
		return Upload{}, err
	case offset != r.upload().Offset:
		return r.upload(), &Error{Code: CodeConflict, Message: fmt.Sprintf("This upload has %d bytes, and what you send begins at %d.", r.upload().Offset, offset)}
	case r.state != stateOpen || r.received == r.size:
		return r.upload(), nil
	}
	if err := s.cfg.Space(r.size - r.received); err != nil {
		return r.upload(), storageFull(err)
	}
	err = s.receive(ctx, &r, body)
	if full(err) {
		err = storageFull(err)
	}
	return r.upload(), wrap("receive upload", err)
}

// receive copies to the part file, checkpoint by checkpoint.
func (s *Service) receive(ctx context.Context, r *row, body io.Reader) (err error) {
	file, err := s.parts.open(r.id, r.received)
	if errors.Is(err, errPartLost) {
		return errors.Join(err, s.remove(ctx, r.id))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	buffer := make([]byte, copyBuffer)
	for {
		// Others may have filled the disk meanwhile.
		if err := s.cfg.Space(min(checkpoint, r.size-r.received)); err != nil {
			return storageFull(err)
		}
		n, more, err := copySome(file, body, buffer, min(checkpoint, r.size-r.received))
		if n > 0 {
			if kept := s.keep(ctx, r, file, n); kept != nil {
				return errors.Join(err, kept)
			}
		}
		switch {
		case err != nil:
			return err
		case r.received == r.size && more:
			if n, _ := body.Read(buffer[:1]); n > 0 {
				return &Error{Code: CodeBadRequest, Message: fmt.Sprintf("More comes than the %d bytes that were announced.", r.size)}
			}
			return nil
		case !more:
			return nil
		}
	}
}

// keep makes the next n bytes durable: first they, then that they are there.
func (s *Service) keep(ctx context.Context, r *row, file *os.File, n int64) error {
	if err := file.Sync(); err != nil {
		return err
	}
	now := s.now()
	due := now + keepUnclaimed.Milliseconds()
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `update files set received = ?, touched_at = ?, due_at = ? where id = ? and state = ?`
		return one(notFound())(tx.ExecContext(ctx, update, r.received+n, now, due, r.id, stateOpen))
	})
	if err == nil {
		r.received, r.due = r.received+n, due
	}
	return err
}

// copySome copies up to n bytes; more tells that the reader hasn't ended.
func copySome(to io.Writer, from io.Reader, buffer []byte, n int64) (copied int64, more bool, err error) {
	for copied < n {
		got, err := from.Read(buffer[:min(int64(len(buffer)), n-copied)])
		if got > 0 {
			wrote, werr := to.Write(buffer[:got])
			copied += int64(wrote)
			if werr != nil {
				return copied, false, werr
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return copied, false, nil
		case err != nil:
			return copied, false, &Error{Code: CodeIncomplete, Message: "The upload was cut off. What has come is kept.", Err: err}
		}
	}
	return copied, true, nil
}

// one turns an update of no row into an error.
func one(none error) func(sql.Result, error) error {
	return func(result sql.Result, err error) error {
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 0 {
			return err
		}
		return none
	}
}

// Stop deletes an upload, or a file, of a person, that no message has.
func (s *Service) Stop(ctx context.Context, user, id string) error {
	if _, err := s.own(ctx, user, id); err != nil {
		return err
	}
	release, err := s.locks.take(ctx, id, nil)
	if err != nil {
		return err
	}
	defer release()
	r, err := s.own(ctx, user, id)
	switch {
	case err != nil:
		return err
	case r.client.Valid:
		return &Error{Code: CodeConflict, Message: "A message has this file: delete the message."}
	}
	return s.remove(ctx, id)
}

// remove gives a file that no message has to the collector.
func (s *Service) remove(ctx context.Context, id string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `update files set state = ?, due_at = ? where id = ? and state <> ? and client_id is null`
		return one(notFound())(tx.ExecContext(ctx, update, stateRemoved, s.now(), id, stateRemoved))
	})
	if err == nil {
		s.collectSoon()
	}
	return wrap("remove file", err)
}

// inWords gives a number of bytes to people.
func inWords(n int64) string {
	for _, unit := range []struct {
		bytes int64
		name  string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.bytes {
			return fmt.Sprintf("%.3g %s", float64(n)/float64(unit.bytes), unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}

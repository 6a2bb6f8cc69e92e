package files

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"

	"snug/blob"
	"snug/picture"
)

// Finish makes a file of an upload whose bytes have all come, or returns the one that
// was made.
func (s *Service) Finish(ctx context.Context, user, id string) (File, error) {
	r, err := s.own(ctx, user, id)
	if err != nil {
		return File{}, err
	}
	r, err = s.finished(ctx, r)
	return r.file(), err
}

// finished gives the row of a file that is ready, and makes it so. Who asks may leave
// while that goes on.
func (s *Service) finished(ctx context.Context, r row) (row, error) {
	if r.state == stateReady {
		return r, nil
	}
	if r.received < r.size {
		return row{}, &Error{Code: CodeConflict, Message: fmt.Sprintf("This upload isn't whole: %d of %d bytes have come.", r.received, r.size)}
	}
	release, err := s.locks.take(ctx, r.id, nil)
	if err != nil {
		return row{}, err
	}
	defer release()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	r, err = s.own(ctx, r.user, r.id)
	if err != nil || r.state == stateReady {
		return r, err
	}
	if err := s.store(ctx, &r); err != nil {
		return row{}, wrap("store file", err)
	}
	if err := s.parts.remove(r.id); err != nil { // the next start does it
		s.log.Warn("a part that isn't needed any more stays", "err", err)
	}
	return r, nil
}

// store puts the blobs, and then makes the row say so.
func (s *Service) store(ctx context.Context, r *row) (err error) {
	part, err := os.Open(s.parts.file(r.id))
	if err != nil {
		return errors.Join(err, s.remove(ctx, r.id))
	}
	defer func() { err = errors.Join(err, part.Close()) }()
	head := make([]byte, headBytes)
	n, err := io.ReadFull(io.NewSectionReader(part, 0, r.size), head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	r.mime = typeOf(head[:n])
	switch {
	case isPicture(r.mime):
		err = s.storePicture(ctx, r, part)
	default:
		r.describe(part)
		err = s.blobs.Put(ctx, r.id, io.NewSectionReader(part, 0, r.size), r.size)
	}
	if errors.Is(err, blob.ErrFull) {
		return storageFull(err)
	}
	if err != nil {
		return err
	}
	r.state, r.received, r.due = stateReady, r.size, s.now()+keepUnclaimed.Milliseconds()
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `update files set state = ?, name = ?, mime = ?, size = ?, received = ?, width = ?, height = ?, duration = ?, blurhash = ?, thumbnail = ?, touched_at = ?, due_at = ?
			where id = ? and state = ?`
		return one(notFound())(tx.ExecContext(ctx, update, r.state, r.name, r.mime, r.size, r.received, r.width, r.height, r.duration, r.blurhash, r.thumbnail,
			s.now(), r.due, r.id, stateOpen))
	})
}

// storePicture stores what is made of a picture. One that can't be decoded, or not
// within the bounds, is a file of no type, for people to save: no browser is asked to
// decode what we didn't.
func (s *Service) storePicture(ctx context.Context, r *row, part io.ReaderAt) error {
	plain := func() error {
		r.mime = anyType
		return s.blobs.Put(ctx, r.id, io.NewSectionReader(part, 0, r.size), r.size)
	}
	if r.size > maxPictureBytes {
		return plain()
	}
	leave, err := s.turn(ctx, r.user)
	if err != nil {
		return err
	}
	defer leave()
	data, err := io.ReadAll(io.NewSectionReader(part, 0, r.size))
	if err != nil {
		return err
	}
	p, err := s.studio.Photo(ctx, data)
	switch {
	case errors.Is(err, picture.ErrFormat), errors.Is(err, picture.ErrTooLarge), errors.Is(err, picture.ErrBroken):
		return plain()
	case err != nil:
		return err
	}
	r.name = withExtension(r.name, r.mime, p.Type)
	r.mime, r.size, r.width, r.height, r.blurhash, r.thumbnail = p.Type, int64(len(p.Bytes)), p.Width, p.Height, p.Blurhash, p.Thumbnail.Type
	if r.thumbnail != "" {
		if err := s.blobs.Put(ctx, thumbnailKey(r.id), bytes.NewReader(p.Thumbnail.Bytes), int64(len(p.Thumbnail.Bytes))); err != nil {
			return err
		}
	}
	return s.blobs.Put(ctx, r.id, bytes.NewReader(p.Bytes), r.size)
}

package files

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"snug/picture"
	"snug/turns"
)

// maxPreviewBytes of a picture are kept that counts for nobody's quota.
const maxPreviewBytes = 256 << 10

// nobody's pictures take turns with those that people upload, as one more person's.
const nobody = ""

const (
	// waitingPictures is how many pictures may wait for those that are being looked at.
	waitingPictures = 256
	// waitingOfOne are of one person: some messages full.
	waitingOfOne = 32
)

// turn waits until a picture of a person may be read into memory and looked at.
func (s *Service) turn(ctx context.Context, user string) (leave func(), err error) {
	leave, err = s.turns.Take(ctx, user)
	if errors.Is(err, turns.ErrFull) {
		err = &Error{Code: CodeOverloaded, Message: "The server has many pictures to look at. Try again in a moment.", Retry: 5 * time.Second}
	}
	return leave, err
}

func (s *Service) photoInTurn(ctx context.Context, data []byte) (picture.Photo, error) {
	leave, err := s.turn(ctx, nobody)
	if err != nil {
		return picture.Photo{}, err
	}
	defer leave()
	return s.studio.Photo(ctx, data)
}

// Small is a picture that was made anew and small.
type Small struct {
	Bytes         []byte // at most maxPreviewBytes
	Type          string
	Width, Height int // pixels
	Blurhash      string
}

// MakeSmall makes a small picture of one that nobody uploaded, such as the one of a page
// that is linked to. What is no picture, or one that is too large, is CodeBadRequest.
func (s *Service) MakeSmall(ctx context.Context, data []byte) (Small, error) {
	made, err := s.photoInTurn(ctx, data)
	switch {
	case errors.Is(err, picture.ErrBusy):
		return Small{}, &Error{Code: CodeOverloaded, Message: "The server has many pictures to look at. Try again in a moment.", Err: err}
	case errors.Is(err, picture.ErrFormat), errors.Is(err, picture.ErrTooLarge), errors.Is(err, picture.ErrBroken):
		return Small{}, &Error{Code: CodeBadRequest, Message: "This is no picture.", Err: err}
	case err != nil:
		return Small{}, wrap("make picture", err)
	}
	small := made.Thumbnail // which stands still
	if len(small.Bytes) == 0 {
		small = made.Image
	}
	if len(small.Bytes) > maxPreviewBytes {
		return Small{}, &Error{Code: CodeBadRequest, Message: "This picture is too large to be shown small."}
	}
	return Small{small.Bytes, small.Type, small.Width, small.Height, made.Blurhash}, nil
}

// KeepPicture keeps a small picture that a message shows. It belongs to the message that
// c names, whose User is "", and goes with it: Holds is asked about it.
func (s *Service) KeepPicture(ctx context.Context, c Claim, name string, small Small) (File, error) {
	if err := s.cfg.Space(int64(len(small.Bytes))); err != nil {
		return File{}, storageFull(err)
	}
	now := s.now()
	r := row{
		id: newID(), user: "", state: stateOpen, name: withExtension(cleanName(name), "", small.Type), mime: small.Type,
		size: int64(len(small.Bytes)), width: small.Width, height: small.Height, blurhash: small.Blurhash,
		room: sql.NullString{String: c.Room, Valid: true}, client: sql.NullString{String: c.ClientID, Valid: true},
		due: now + keepUnclaimed.Milliseconds(),
	}
	// The row comes first: what is stored without one is never found again.
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		const insert = `insert into files (id, user_id, state, name, mime, size, received, width, height, blurhash, room_id, client_id, created_at, touched_at, due_at)
			values (?, '', ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)`
		_, err := tx.ExecContext(ctx, insert, r.id, r.state, r.name, r.mime, r.size, r.width, r.height, r.blurhash, r.room, r.client, now, now, r.due)
		return err
	})
	if err != nil {
		return File{}, wrap("keep picture", err)
	}
	if err := s.blobs.Put(ctx, r.id, bytes.NewReader(small.Bytes), r.size); err != nil {
		return File{}, wrap("keep picture", err) // the collector takes the row
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `update files set state = ?, received = size, due_at = ? where id = ? and state = ?`
		return one(notFound())(tx.ExecContext(ctx, update, stateReady, now+keepUnclaimed.Milliseconds(), r.id, stateOpen))
	})
	return r.file(), wrap("keep picture", err)
}

package files

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
)

// The states of a row.
const (
	stateOpen    = "open"
	stateReady   = "ready"
	stateRemoved = "removed"
)

// row is a row of the table.
type row struct {
	id, user, state, name, mime string
	size, received              int64
	width, height               int
	duration                    int64 // ms
	blurhash, thumbnail         string
	room, client                sql.NullString
	touched, due                int64
}

const columns = `id, user_id, state, name, mime, size, received, width, height, duration, blurhash, thumbnail, room_id, client_id, touched_at, due_at`

func (r *row) fields() []any {
	return []any{&r.id, &r.user, &r.state, &r.name, &r.mime, &r.size, &r.received, &r.width, &r.height, &r.duration, &r.blurhash, &r.thumbnail, &r.room, &r.client, &r.touched, &r.due}
}

// find reads a row. One that is removed isn't there.
func find(ctx context.Context, tx *sql.Tx, id string) (r row, err error) {
	err = tx.QueryRowContext(ctx, `select `+columns+` from files where id = ? and state <> ?`, id, stateRemoved).Scan(r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, notFound()
	}
	return r, err
}

func (s *Service) find(ctx context.Context, id string) (r row, err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		r, err = find(ctx, tx, id)
		return err
	})
	return r, wrap("look for file", err)
}

// own is find for the one who uploads.
func (s *Service) own(ctx context.Context, user, id string) (row, error) {
	r, err := s.find(ctx, id)
	if err == nil && r.user != user {
		err = notFound()
	}
	return r, err
}

// wrap says what was done where it isn't said for people already.
func wrap(what string, err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (r row) claim() Claim {
	return Claim{Room: r.room.String, User: r.user, ClientID: r.client.String}
}

// keys are all that its blobs may have.
func (r row) keys() []string { return []string{r.id, thumbnailKey(r.id)} }

func thumbnailKey(id string) string { return id + "-thumbnail" }

// File is a file that is ready.
type File struct {
	ID            string
	Name          string // for people: it may be shown, and saved as
	Type          string // told from the content
	Size          int64  // bytes
	Width, Height int    // pixels, of pictures and films; 0: unknown
	Duration      int64  // ms, of sounds and films; 0: unknown
	Blurhash      string
	Thumbnail     bool

	thumbnailType string
}

func (r row) file() File {
	return File{r.id, r.name, r.mime, r.size, r.width, r.height, r.duration, r.blurhash, r.thumbnail != "", r.thumbnail}
}

// Path is where the file is found on this server.
func (f File) Path() string {
	return "/api/files/" + f.ID + "/" + url.PathEscape(f.Name)
}

// ThumbnailPath is where its thumbnail is; "" where it has none.
func (f File) ThumbnailPath() string {
	if !f.Thumbnail {
		return ""
	}
	return f.Path() + "?size=thumbnail"
}

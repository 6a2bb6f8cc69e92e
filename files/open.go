package files

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"snug/blob"
)

// A Reader is who wants to read a file: a person who is signed in, or nobody in
// particular with a signed address.
type Reader struct {
	User   string // "" is nobody
	Signed bool   // Verify said so
}

// mayRead is the one place where it is decided who sees a file. Whoever sees a room sees
// its files, and nobody else does; what no message has yet is its owner's.
func (s *Service) mayRead(ctx context.Context, r row, by Reader) (bool, error) {
	switch {
	case by.Signed:
		return true, nil
	case by.User == "":
		return false, nil
	case !r.client.Valid:
		return r.user == by.User, nil
	}
	return s.cfg.Sees(ctx, by.User, r.room.String)
}

// Look finds a file that is ready and that the reader may see. To others it isn't there.
func (s *Service) Look(ctx context.Context, by Reader, id string) (File, error) {
	r, err := s.find(ctx, id)
	if err != nil {
		return File{}, err
	}
	may, err := s.mayRead(ctx, r, by)
	if err != nil {
		return File{}, wrap("ask who sees a room", err)
	}
	if r.state != stateReady || !may {
		return File{}, notFound()
	}
	return r.file(), nil
}

// Content is what a file holds. It reads from the store what it is asked for.
type Content struct {
	ctx   context.Context
	blobs blob.Store
	key   string
	size  int64
	Type  string

	at   int64
	body io.ReadCloser // from at up to end; nil until something is read
	end  int64
}

// window bytes are asked of the store at once: who seeks about in a film in a bucket
// doesn't make it send the rest each time.
const window = 8 << 20

// Open gives the content of a file that Look found, or of its thumbnail. Close it.
func (s *Service) Open(ctx context.Context, f File, thumbnail bool) (*Content, error) {
	c := &Content{ctx: ctx, blobs: s.blobs, key: f.ID, size: f.Size, Type: f.Type}
	if thumbnail && f.Thumbnail {
		c.key, c.Type = thumbnailKey(f.ID), f.thumbnailType
	}
	var err error
	// The store's word and not the table's: what is announced has to be there.
	if c.size, err = s.blobs.Size(ctx, c.key); errors.Is(err, blob.ErrNotFound) {
		return nil, &Error{Code: CodeNotFound, Message: "The content of this file is lost.", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return c, nil
}

// Read implements io.Reader.
func (c *Content) Read(p []byte) (int, error) {
	if c.at >= c.size {
		return 0, io.EOF
	}
	if c.body == nil {
		length := min(window, c.size-c.at)
		body, err := c.blobs.Get(c.ctx, c.key, c.at, length)
		if err != nil {
			return 0, err
		}
		c.body, c.end = body, c.at+length
	}
	n, err := c.body.Read(p)
	c.at += int64(n)
	switch {
	case errors.Is(err, io.EOF) && c.at < c.end:
		err = io.ErrUnexpectedEOF
	case (err == nil || errors.Is(err, io.EOF)) && c.at == c.end:
		err = c.Close()
	}
	return n, err
}

// Seek implements io.Seeker. It costs nothing before the next Read.
func (c *Content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning of a file")
	}
	if offset == c.at {
		return offset, nil
	}
	c.at = offset
	return offset, c.Close()
}

// Close lets go of what is being read.
func (c *Content) Close() error {
	if c.body == nil {
		return nil
	}
	body := c.body
	c.body = nil
	return body.Close()
}

// MaxSigned is the longest that a signed address may last.
const MaxSigned = 24 * time.Hour

// Sign gives a path by which anybody reads a file until a time.
func (s *Service) Sign(f File, until time.Time) string {
	expires := strconv.FormatInt(until.Unix(), 10)
	return f.Path() + "?expires=" + expires + "&signature=" + s.signature(f.ID, expires)
}

// Verify reports whether an address was signed, and isn't over.
func (s *Service) Verify(id, expires, signature string) bool {
	at, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || !hmac.Equal([]byte(signature), []byte(s.signature(id, expires))) {
		return false
	}
	return s.cfg.Now().Before(time.Unix(at, 0))
}

func (s *Service) signature(id, expires string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(id + "\x00" + expires))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

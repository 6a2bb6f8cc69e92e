// Package blob keeps immutable sequences of bytes under keys: in a folder, or in a
// bucket that speaks the protocol of S3.
//
// When [Store.Put] returns nil, what it stored survives a crash of the process and of
// the machine, and whoever reads the key gets all of it. When it returns an error,
// there is what was there before.
package blob

import (
	"context"
	"errors"
	"io"
	"regexp"
)

// Store keeps blobs. All methods may be called concurrently.
//
// A key is 8 to 80 lower-case letters, digits and dashes, and begins with two letters
// or digits. Those who use a Store mint keys; what strangers send must not be one.
type Store interface {
	// Put stores what r gives up to its end, in place of what was there. size is how
	// many bytes that is, or Unknown; where r gives another number nothing is stored.
	Put(ctx context.Context, key string, r io.Reader, size int64) error
	// Get reads length bytes from offset on, or up to the end where length is Unknown.
	// Reading beyond the end is io.EOF.
	Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	// Size is how many bytes there are.
	Size(ctx context.Context, key string) (int64, error)
	// Delete removes a blob; that there is none is no error.
	Delete(ctx context.Context, key string) error
}

// Unknown stands for a size that isn't known.
const Unknown = -1

// The errors of a Store, to be found with errors.Is.
var (
	ErrNotFound = errors.New("no such blob")
	// ErrFull: there is no space for it.
	ErrFull = errors.New("no space left for blobs")

	errKey   = errors.New("not a key of blobs")
	errSize  = errors.New("not as many bytes as were announced")
	errRange = errors.New("not a part of a blob")
)

var keySyntax = regexp.MustCompile(`^[a-z0-9]{2}[a-z0-9-]{6,78}$`)

func checkKey(key string) error {
	if !keySyntax.MatchString(key) {
		return errKey
	}
	return nil
}

func checkRange(offset, length int64) error {
	if offset < 0 || length < 0 && length != Unknown {
		return errRange
	}
	return nil
}

// exact is a reader that fails before it has given as many bytes as were announced,
// if those aren't all: who sends them on never sends too few or the wrong ones.
type exact struct {
	r    io.Reader
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, e.end()
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	switch {
	case e.left < 0, errors.Is(err, io.EOF) && e.left > 0:
		return 0, errSize
	case e.left == 0 && err == nil:
		if err := e.end(); !errors.Is(err, io.EOF) {
			return 0, err
		}
	}
	return n, err
}

// end is io.EOF where the reader agrees that this is it.
func (e *exact) end() error {
	switch n, err := io.ReadFull(e.r, make([]byte, 1)); {
	case n > 0:
		return errSize
	case err == nil:
		return io.ErrNoProgress
	default:
		return err
	}
}

// reading is what a Put reads: it ends with its context, and after size bytes.
func reading(ctx context.Context, r io.Reader, size int64) io.Reader {
	r = cancelled{ctx, r}
	if size != Unknown {
		r = &exact{r, size}
	}
	return r
}

// cancelled is a reader that ends with its context.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

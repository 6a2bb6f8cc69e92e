package files

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// parts is the folder of what is still arriving: a file for each upload, of its name.
// What is in it beyond what the table says isn't durable, and is overwritten.
type parts struct{ folder string }

func (p parts) file(id string) string { return filepath.Join(p.folder, id) }

// open gives the part file for what comes after the first bytes that are durable.
func (p parts) open(id string, received int64) (file *os.File, err error) {
	file, err = os.OpenFile(p.file(id), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < received {
		return nil, fmt.Errorf("%w: %d of %d bytes", errPartLost, info.Size(), received)
	}
	if received == 0 { // it may be new
		if err := p.sync(); err != nil {
			return nil, err
		}
	}
	if err := file.Truncate(received); err != nil {
		return nil, err
	}
	_, err = file.Seek(received, io.SeekStart)
	return file, err
}

// errPartLost: the table is newer than the folder, as after a restored backup.
var errPartLost = errors.New("the beginning of this upload is lost")

func (p parts) sync() error {
	dir, err := os.Open(p.folder)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (p parts) remove(id string) error {
	if err := os.Remove(p.file(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// tidyParts makes the folder, and removes the parts that no open upload has.
func (s *Service) tidyParts(ctx context.Context) error {
	if err := os.MkdirAll(s.parts.folder, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.parts.folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		var state string
		err := s.db.Read(ctx, func(tx *sql.Tx) error {
			return tx.QueryRowContext(ctx, `select state from files where id = ?`, e.Name()).Scan(&state)
		})
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		case state == stateOpen:
		default:
			if err := s.parts.remove(e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// full reports whether an error of a file says that there is no space.
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

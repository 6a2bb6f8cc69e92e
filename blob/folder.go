package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Folder keeps each blob in a file of its own, in one of up to 1296 folders by how
// its key begins.
type Folder struct{ root string }

// drafts is the folder in it for files that aren't whole yet.
const drafts = "drafts"

// OpenFolder makes the folder if need be, and removes what a crash left half-written.
// Nobody else may use it at the same time.
func OpenFolder(path string) (*Folder, error) {
	f := &Folder{root: path}
	if err := os.RemoveAll(filepath.Join(path, drafts)); err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(path, drafts), 0o700); err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	if err := errors.Join(syncFolder(path), syncFolder(filepath.Dir(path))); err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	return f, nil
}

func (f *Folder) file(key string) string { return filepath.Join(f.root, key[:2], key) }

// Put writes a draft, syncs it and gives it its name.
func (f *Folder) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("put blob: %w", err)
	}
	if err := f.put(ctx, key, r, size); err != nil {
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			err = fmt.Errorf("%w: %w", ErrFull, err)
		}
		return fmt.Errorf("put blob: %w", err)
	}
	return nil
}

func (f *Folder) put(ctx context.Context, key string, r io.Reader, size int64) (err error) {
	draft, err := os.CreateTemp(filepath.Join(f.root, drafts), "")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(draft.Name()))
		}
	}()
	if _, err = io.Copy(draft, reading(ctx, r, size)); err == nil {
		err = draft.Sync()
	}
	if err = errors.Join(err, draft.Close()); err != nil {
		return err
	}
	folder := filepath.Dir(f.file(key))
	switch err := os.Mkdir(folder, 0o700); {
	case err == nil:
		if err := syncFolder(f.root); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	if err := os.Rename(draft.Name(), f.file(key)); err != nil {
		return err
	}
	// From here on it is there, and only its durability may fail.
	if err := syncFolder(folder); err != nil {
		return errors.Join(err, f.Delete(context.WithoutCancel(ctx), key))
	}
	return nil
}

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Get opens the file.
func (f *Folder) Get(_ context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := errors.Join(checkKey(key), checkRange(offset, length)); err != nil {
		return nil, fmt.Errorf("get blob: %w", err)
	}
	file, err := os.Open(f.file(key))
	if err != nil {
		return nil, fmt.Errorf("get blob: %w", missing(err))
	}
	if length == Unknown {
		if _, err := file.Seek(offset, io.SeekStart); err != nil {
			return nil, errors.Join(fmt.Errorf("get blob: %w", err), file.Close())
		}
		return file, nil
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(file, offset, length), file}, nil
}

// Size asks the file system.
func (f *Folder) Size(_ context.Context, key string) (int64, error) {
	if err := checkKey(key); err != nil {
		return 0, fmt.Errorf("look for blob: %w", err)
	}
	info, err := os.Stat(f.file(key))
	if err != nil {
		return 0, fmt.Errorf("look for blob: %w", missing(err))
	}
	return info.Size(), nil
}

// Delete removes the file, for good once it returns.
func (f *Folder) Delete(_ context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	err := os.Remove(f.file(key))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("delete blob: %w", err)
	}
	if err := syncFolder(filepath.Dir(f.file(key))); err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	return err
}

package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// folder is the data folder, held by this process alone. In it: objects/ (the
// rooms), snug.db (the tables), files/ (those of messages), uploads/ (what is still
// arriving), secret, push-key, run, lineage, lock, and control.sock while a server runs.
type folder struct {
	path string
	lock *os.File
}

// tablesName is the file in it that has the accounts.
const tablesName = "snug.db"

// objectsName is the folder in it that has the rooms.
const objectsName = "objects"

// A heldError says that somebody else has the folder.
type heldError struct{ path, by string }

func (e *heldError) Error() string {
	return fmt.Sprintf("data folder %s is in use by %s: stop that, or choose another folder with --data", e.path, e.by)
}

// openFolder makes the folder if need be and locks it. The lock is the
// kernel's and ends with the process, however that ends.
func openFolder(path string) (*folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open data folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &heldError{path, holder(lock)}
		}
		return nil, fmt.Errorf("lock data folder %s: %w", path, err)
	}
	f := &folder{path: path, lock: lock}
	// For whoever finds the folder locked; the lock itself is what counts.
	if err := errors.Join(lock.Truncate(0), writeAt(lock, fmt.Sprintf("%d\n", os.Getpid()))); err != nil {
		return nil, errors.Join(fmt.Errorf("write to data folder: %w", err), f.close())
	}
	if err := f.whole(); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

func holder(lock *os.File) string {
	text := make([]byte, 20)
	n, _ := lock.ReadAt(text, 0)
	pid := strings.TrimSpace(string(text[:n]))
	if pid == "" || strings.Trim(pid, "0123456789") != "" {
		return "another process"
	}
	return "process " + pid
}

// whole refuses a folder of which a part is gone: each part alone would be taken for new.
// Who signs up first would own what is left, and files be deleted as no message has them.
func (f *folder) whole() error {
	_, err := os.Stat(f.file(lineageName))
	begun := err == nil // both parts are there by then
	tables, err := os.Stat(f.file(tablesName))
	accounts := err == nil && tables.Size() > 0
	inside, err := os.ReadDir(f.file(objectsName))
	rooms := err == nil && len(inside) > 0
	switch {
	case rooms && !accounts:
		return f.lost(tablesName, "the accounts")
	case begun && !rooms:
		return f.lost(objectsName, "the rooms")
	}
	return nil
}

func (f *folder) lost(name, what string) error {
	return fmt.Errorf("data folder %s has lost %s, %s: put the whole folder back from a backup, or choose another one with --data", f.path, name, what)
}

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

func (f *folder) close() error { return f.lock.Close() }

// secretOr returns the secret that was set, or else the folder's, with whether that
// was made now.
func (f *folder) secretOr(set string, log *slog.Logger) (secret []byte, made bool, err error) {
	if set != "" {
		return []byte(set), false, nil
	}
	return f.secret(log)
}

// secret returns the secret that is kept in the folder, and makes it at the
// first start.
func (f *folder) secret(log *slog.Logger) (secret []byte, made bool, err error) {
	path := f.file("secret")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = f.makeSecret(); err != nil {
			return nil, false, fmt.Errorf("make secret: %w", err)
		}
		return text, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read secret: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		log.Warn("others could read the secret; that is mended now", "file", path)
		if err := os.Chmod(path, 0o600); err != nil {
			return nil, false, fmt.Errorf("protect secret: %w", err)
		}
	}
	secret = []byte(strings.TrimSpace(string(text)))
	if len(secret) < 32 {
		return nil, false, fmt.Errorf("secret in %s is damaged: put back the one from your backup, or delete the file for a new one (everybody then has to sign in again)", path)
	}
	return secret, false, nil
}

func (f *folder) makeSecret() ([]byte, error) {
	random := make([]byte, 32)
	rand.Read(random) // never fails
	secret := []byte(base64.RawURLEncoding.EncodeToString(random))
	return secret, f.write("secret", append(secret, '\n'))
}

// kept returns what a file of the folder holds, which only its owner may read, and makes
// it if it isn't there.
func (f *folder) kept(name string, make func() ([]byte, error)) ([]byte, error) {
	text, err := os.ReadFile(f.file(name))
	if !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	if text, err = make(); err != nil {
		return nil, err
	}
	return text, f.write(name, text)
}

// write writes a file whole or not at all: half a secret would be taken for one after a
// crash.
func (f *folder) write(name string, text []byte) error {
	draft, err := os.OpenFile(f.file(name+".new"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = draft.Write(text)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.file(name+".new"), f.file(name)); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(f.file(name)))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

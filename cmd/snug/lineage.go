package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// runName is a file that each start writes anew. Whatever copies it, keeping its times
	// or not, makes a file whose ctime is another: nobody can set that.
	runName = "run"
	// lineageName is the file that has the lineage and, behind it, the marks of the run files
	// that this folder's last start left: its own, and that of the rooms, which may be put
	// back by themselves.
	lineageName = "lineage"
)

// lineage returns what names the history that lies in the folder. It is another than
// at the last start where the folder has been copied since, and so may have been put in
// the place of one that went further: then clients know of messages that are no longer
// there, and seqs come again that they have seen. One that was copied for another
// reason costs them no more than to load what they show. What is rolled back without
// being copied, as a snapshot of a whole disk is, can't be told: removing the file does
// the same.
func (f *folder) lineage(log *slog.Logger) (string, error) {
	text, err := os.ReadFile(f.file(lineageName))
	known := !errors.Is(err, fs.ErrNotExist)
	if err != nil && known {
		return "", fmt.Errorf("read lineage: %w", err)
	}
	id, mark, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	if now, err := f.runMark(); err != nil || now != mark || id == "" {
		if known {
			log.Info("the data folder was copied or put back since the last start: clients load anew what they show", "data", f.path)
		}
		id = rand.Text()[:8]
	}
	for _, name := range []string{runName, filepath.Join(objectsName, runName)} {
		if err := f.write(name, []byte(rand.Text()+"\n")); err != nil {
			return "", fmt.Errorf("write run: %w", err)
		}
	}
	if mark, err = f.runMark(); err != nil {
		return "", fmt.Errorf("look at run: %w", err)
	}
	if err := f.write(lineageName, []byte(id+" "+mark+"\n")); err != nil {
		return "", fmt.Errorf("write lineage: %w", err)
	}
	return id, nil
}

// runMark is what copies of the run files can't share with them.
func (f *folder) runMark() (string, error) {
	var own, rooms unix.Stat_t
	if err := errors.Join(unix.Stat(f.file(runName), &own), unix.Stat(f.file(filepath.Join(objectsName, runName)), &rooms)); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d-%d %d-%d", own.Ino, own.Ctim.Nano(), rooms.Ino, rooms.Ctim.Nano()), nil
}

package pebble

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A guard is a file beside a manifest that says how much of it was synced and
// what its checksum is, a line for each sync. The engine takes an entry of the
// manifest that it can't read for one that a crash left unfinished, and ignores
// it and all that follow; the log that held the same may be gone by then. With
// the guard a damaged entry can be told from an unfinished one: no sync of the
// manifest has returned unless the guard's was done too.
type guard struct {
	file   vfs.File
	length int64
	sum    uint32
}

// guardPath returns the guard's path of the file, or "" if it has none.
func guardPath(disk vfs.FS, path string) string {
	number, ok := strings.CutPrefix(disk.PathBase(path), "MANIFEST-")
	if !ok {
		return ""
	}
	return disk.PathJoin(disk.PathDir(path), "guard-"+number)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (g *guard) wrote(p []byte) {
	g.length += int64(len(p))
	g.sum = crc32.Update(g.sum, castagnoli, p)
}

// synced adds a line, which has a checksum of its own, and syncs it.
func (g *guard) synced() error {
	line := fmt.Sprintf("%d %08x", g.length, g.sum)
	line = fmt.Sprintf("%s %08x\n", line, crc32.Checksum([]byte(line), castagnoli))
	if _, err := g.file.Write([]byte(line)); err != nil {
		return err
	}
	return g.file.SyncData()
}

// checkManifest compares a manifest with its guard, if it has one.
func checkManifest(disk vfs.FS, path string) error {
	lines, err := readAll(disk, guardPath(disk, path))
	if err != nil || lines == nil {
		return err
	}
	manifest, err := readAll(disk, path)
	if err != nil {
		return err
	}
	length, sum := lastLine(lines)
	if length > int64(len(manifest)) || crc32.Checksum(manifest[:length], castagnoli) != sum {
		return fmt.Errorf("%w (%s is not as it was written)", ErrDamaged, disk.PathBase(path))
	}
	return nil
}

// lastLine returns what the last whole line says; an unfinished one is that of
// a sync that never returned.
func lastLine(lines []byte) (length int64, sum uint32) {
	for line := range bytes.Lines(lines) {
		var n int64
		var of, own uint32
		if _, err := fmt.Sscanf(string(line), "%d %08x %08x\n", &n, &of, &own); err != nil {
			continue
		}
		if own == crc32.Checksum(fmt.Appendf(nil, "%d %08x", n, of), castagnoli) {
			length, sum = n, of
		}
	}
	return length, sum
}

// readAll returns nil if there is no such file.
func readAll(disk vfs.FS, path string) ([]byte, error) {
	f, err := disk.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}

package pebble

import (
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"snug/durable"
)

// spaceAge is how long the free space that was read holds, unless as much as
// there was to spare was written before.
const spaceAge = time.Second

// Shares of MinFree that must be free, as divisors: a claim, which writes
// little and without which nothing can even be read, is taken for longer than
// a commit.
const (
	commitShare = 1
	claimShare  = 4
)

// space keeps a disk from being filled to the brim, where the log would fail
// and the store had to stop. Only the writer uses it.
type space struct {
	disk vfs.FS
	dir  string
	min  int64 // bytes; 0 or less: no limit

	free    int64 // when it was read, less what was written since
	checked time.Time
}

func newSpace(disk vfs.FS, dir string, minFree int64) *space {
	if minFree == 0 {
		minFree = defaultMinFree
	}
	return &space{disk: disk, dir: dir, min: minFree}
}

// check returns durable.ErrStorageFull if less than the share of min is free.
// Where the system doesn't tell, there is enough.
func (s *space) check(share int64) error {
	need := s.min / share
	if need <= 0 {
		return nil
	}
	if s.free < need || time.Since(s.checked) >= spaceAge {
		usage, err := s.disk.GetDiskUsage(s.dir)
		if err != nil {
			return nil
		}
		s.free, s.checked = int64(min(usage.AvailBytes, 1<<62)), time.Now()
	}
	if s.free < need {
		return fmt.Errorf("%w: %d MiB left on the disk of %s, %d MiB are needed",
			durable.ErrStorageFull, s.free>>20, s.dir, need>>20)
	}
	return nil
}

// used counts what is about to be written: to the log, and then to tables.
func (s *space) used(bytes int) { s.free -= 2 * int64(bytes) }

//go:build linux

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestMeasureLog(t *testing.T) {
	dir := t.TempDir()
	for _, writers := range []int{1, 8} {
		d, err := measureLog(t.Context(), dir, 20*time.Millisecond, writers)
		if err != nil || d.appends <= 0 || d.syncs <= 0 || d.syncs > d.appends*1.001 || d.p50 <= 0 || d.p99 < d.p50 {
			t.Errorf("%d writers: %+v, %v", writers, d, err)
		}
		if writers == 1 && d.syncs != d.appends {
			t.Errorf("one writer: %+v, want a sync for each append", d)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestProcessFigures(t *testing.T) {
	m, err := processMemory(os.Getpid())
	if err != nil || m.anon < 1<<20 || m.rss < m.anon {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := processMemory(1 << 30); err == nil {
		t.Error("a process that isn't there has memory")
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := forgetAll(filepath.Dir(path)); err != nil {
		t.Error(err)
	}
}

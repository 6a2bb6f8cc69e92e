package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRestoredBackup puts a copy of the data folder back in place of one that went on: who
// saw what was lost must be told to load anew, as the same seqs are other messages now.
func TestRestoredBackup(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	var ada *person
	stream, stop := "", func() {}
	start := func() {
		t.Helper()
		s := hosted{data: data}.start(t)
		stop = s.stop
		if ada == nil {
			ada = signUp(t, s.Addr().String(), "Ada")
		}
		ada.addr = s.Addr().String()
		var page struct{ Stream string }
		if err := json.Unmarshal([]byte(get200(ada, "/api/rooms/global/messages")), &page); err != nil {
			t.Fatal(err)
		}
		stream = page.Stream
	}
	post := func(id string) {
		t.Helper()
		ada.ok("/api/rooms/global/messages", map[string]string{"clientId": id, "content": id}, nil)
	}
	resumed := func(stream string, after int) bool {
		t.Helper()
		sock := ada.dial("/api/socket")
		defer func() { _ = sock.conn.CloseNow() }()
		sock.send(fmt.Sprintf(`{"type":"join","room":"global","stream":%q,"after":%d,"ref":"j"}`, stream, after))
		f := sock.first("ref", "j")
		return f["type"] == "joined" && f["resumed"] == true
	}

	start()
	first := stream
	post("kept")
	stop()
	backup := filepath.Join(t.TempDir(), "backup")
	if err := os.CopyFS(backup, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}

	start()
	if stream != first || !resumed(first, 1) {
		t.Errorf("after a restart the stream is %s, not %s, or can't be resumed", stream, first)
	}
	post("lost")
	stop()

	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(data, os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	start()
	post("other")
	post("another")
	if stream == first || resumed(first, 2) {
		t.Errorf("who saw what the backup hasn't is resumed as if it had: stream %s", stream)
	}
	if !resumed(stream, 2) {
		t.Error("the new stream can't be resumed")
	}
	restored := stream
	stop()

	start()
	if stream != restored {
		t.Errorf("a restart later the stream is %s, not %s", stream, restored)
	}
	stop()

	// The rooms alone, which may be as old as they like.
	if err := os.RemoveAll(filepath.Join(data, objectsName)); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(data, objectsName), os.DirFS(filepath.Join(backup, objectsName))); err != nil {
		t.Fatal(err)
	}
	start()
	if stream == restored || resumed(restored, 3) {
		t.Errorf("rooms that were put back by themselves are resumed as if they went on: stream %s", stream)
	}
	stop()
}

// TestPartsLost starts with a data folder of which one part is gone: what is left must not
// be taken for a new server's.
func TestPartsLost(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := hosted{data: data}.start(t)
	signUp(t, s.Addr().String(), "Ada")
	s.stop()
	lost := filepath.Join(t.TempDir(), "lost")
	for _, name := range []string{tablesName, objectsName} {
		if err := os.Rename(filepath.Join(data, name), lost); err != nil {
			t.Fatal(err)
		}
		refused := func(how string) {
			t.Helper()
			f, err := openFolder(data)
			if err == nil {
				t.Errorf("opened with %s %s", name, how)
				f.close()
			} else if !strings.Contains(err.Error(), "has lost "+name) || !strings.Contains(err.Error(), "backup") {
				t.Error(err)
			}
		}
		refused("missing")
		if name == tablesName {
			write(t, filepath.Join(data, name), "")
		} else if err := os.Mkdir(filepath.Join(data, name), 0o700); err != nil {
			t.Fatal(err)
		}
		refused("empty")
		if err := os.Remove(filepath.Join(data, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(lost, filepath.Join(data, name)); err != nil {
			t.Fatal(err)
		}
	}
	hosted{data: data}.start(t).stop()
}

func get200(p *person, path string) string {
	p.t.Helper()
	status, body := p.request("GET", path, nil)
	if status != 200 {
		p.t.Fatalf("%s: %d %s", path, status, body)
	}
	return body
}

// TestLineage is about what is a copy: all that was written into the folder by others,
// even in place and with its old time.
func TestLineage(t *testing.T) {
	f, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if err := os.Mkdir(f.file(objectsName), 0o700); err != nil {
		t.Fatal(err)
	}
	next := func() string {
		t.Helper()
		id, err := f.lineage(slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	mark := func() string {
		t.Helper()
		m, err := f.runMark()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	first := next()
	if again := next(); again != first {
		t.Errorf("a start later it is %s, not %s", again, first)
	}
	run := f.file(runName)
	before, err := os.Stat(run)
	if err != nil {
		t.Fatal(err)
	}
	// The clock of a file system ticks every few milliseconds.
	for was, now := mark(), ""; now == "" || now == was; now = mark() {
		write(t, run, read(t, run))
		if err := os.Chtimes(run, before.ModTime(), before.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	if next() == first {
		t.Error("a file put back in place with its old time wasn't noticed")
	}
	second := next()
	if err := os.Remove(f.file(lineageName)); err != nil {
		t.Fatal(err)
	}
	if next() == second {
		t.Error("removing the lineage made no new one")
	}
}

package files_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"snug/files"
)

func TestClaims(t *testing.T) {
	r := newRig(t)
	a, b := r.upload(t, ann, "a", "aaa"), r.upload(t, ann, "b", "bbb")
	first, second := claimOf(ann, "1"), claimOf(ann, "2")
	for range 2 { // a post is repeated until it is acked
		list, err := r.Claim(t.Context(), first, []string{b.ID, a.ID})
		if err != nil || len(list) != 2 || list[0] != b || list[1] != a {
			t.Fatalf("%+v, %v", list, err)
		}
	}
	c := r.upload(t, ann, "c", "ccc")
	_, err := r.Claim(t.Context(), second, []string{c.ID, a.ID})
	hasCode(t, err, files.CodeBadRequest)
	if err := r.Stop(t.Context(), ann, c.ID); err != nil {
		t.Errorf("the other file was claimed all the same: %v", err)
	}
	hasCode(t, r.Stop(t.Context(), ann, a.ID), files.CodeConflict)
	other := first
	other.Room = "another room"
	_, err = r.Claim(t.Context(), other, []string{a.ID})
	hasCode(t, err, files.CodeBadRequest)
	_, err = r.Claim(t.Context(), second, []string{c.ID})
	hasCode(t, err, files.CodeNotFound)
	d := r.upload(t, ann, "d", "ddd")
	_, err = r.Claim(t.Context(), second, []string{d.ID, d.ID})
	hasCode(t, err, files.CodeBadRequest)
	_, err = r.Claim(t.Context(), second, strings.Split(strings.Repeat(d.ID+",", 11), ","))
	hasCode(t, err, files.CodeBadRequest)
	open, err := r.Create(t.Context(), ann, "e", 5)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Claim(t.Context(), second, []string{open.ID})
	hasCode(t, err, files.CodeBadRequest)
	// Whole and not yet looked at: a script may leave that to the post.
	if _, err := r.Append(t.Context(), ann, open.ID, 0, body("eeeee")); err != nil {
		t.Fatal(err)
	}
	if list, err := r.Claim(t.Context(), second, []string{open.ID}); err != nil || list[0].Type != "text/plain" {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestCollection(t *testing.T) {
	r := newRig(t)
	stalled, err := r.Create(t.Context(), ann, "stalled", 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Append(t.Context(), ann, stalled.ID, 0, body("half")); err != nil {
		t.Fatal(err)
	}
	unclaimed := r.upload(t, ann, "unclaimed", photo(t, 1000, 10))
	posted, refused := r.upload(t, ann, "posted", photo(t, 1000, 10)), r.upload(t, ann, "refused", "x")
	yes, no := claimOf(ann, "yes"), claimOf(ann, "no")
	for c, f := range map[files.Claim]files.File{yes: posted, no: refused} {
		if _, err := r.Claim(t.Context(), c, []string{f.ID}); err != nil {
			t.Fatal(err)
		}
	}
	r.post(yes, true)
	there := func(want ...string) {
		t.Helper()
		all := strings.Join(r.left(t), " ")
		for name, id := range map[string]string{"stalled": stalled.ID, "unclaimed": unclaimed.ID, "posted": posted.ID, "refused": refused.ID} {
			if wanted := strings.Contains(strings.Join(want, " "), name); strings.Contains(all, id) != wanted {
				t.Errorf("%s is there: %v\n%s", name, !wanted, all)
			}
		}
	}
	r.pass(t, 23*time.Hour)
	there("stalled", "unclaimed", "posted", "refused")
	if _, err := r.Append(t.Context(), ann, stalled.ID, 4, body("x")); err != nil { // it goes on
		t.Fatal(err)
	}
	r.pass(t, time.Hour)
	there("stalled", "posted")
	r.pass(t, 23*time.Hour)
	there("posted")
	// Deleted with nobody telling us.
	r.pass(t, 30*24*time.Hour)
	there("posted")
	r.post(yes, false)
	r.pass(t, 7*24*time.Hour)
	there()
	if left := r.left(t); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestDeletedMessagesFreeTheirFiles(t *testing.T) {
	r := newRig(t)
	f, other := r.upload(t, ann, "a", "x"), r.upload(t, ann, "b", "y")
	mine, theirs := claimOf(ann, "1"), claimOf(ann, "2")
	for c, f := range map[files.Claim]files.File{mine: f, theirs: other} {
		if _, err := r.Claim(t.Context(), c, []string{f.ID}); err != nil {
			t.Fatal(err)
		}
		r.post(c, true)
	}
	r.pass(t, 25*time.Hour)
	r.post(mine, false)
	if err := r.Release(t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	r.pass(t, 3*time.Second)
	_, err := r.Look(t.Context(), files.Reader{User: ann}, f.ID)
	hasCode(t, err, files.CodeNotFound)
	// Of this one the deletion isn't durable yet when it is asked for.
	if err := r.Release(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	r.pass(t, 3*time.Second)
	if got := r.read(t, files.Reader{User: bob}, other.ID, false); got != "y" {
		t.Errorf("got %q", got)
	}
	r.post(theirs, false)
	r.pass(t, 11*time.Minute)
	if left := r.left(t); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// The word of a room wakes the collector.
func TestReleasedFilesAreAskedFor(t *testing.T) {
	asked := make(chan string, 10)
	var looks atomic.Int64 // at a clock that runs fast
	r := newRig(t, func(c *files.Config) {
		c.Now = func() time.Time { return time.Unix(3*looks.Add(1), 0) }
		c.Holds = func(_ context.Context, _ files.Claim, file string) (bool, error) {
			asked <- file
			return true, nil
		}
	})
	f := r.upload(t, ann, "a", "x")
	if _, err := r.Claim(t.Context(), claimOf(ann, "1"), []string{f.ID}); err != nil {
		t.Fatal(err)
	}
	r.Released(claimOf(ann, "1"))
	if got := <-asked; got != f.ID {
		t.Errorf("it asks for %s", got)
	}
}

func TestRoomsThatCantTell(t *testing.T) {
	r := newRig(t)
	f := r.upload(t, ann, "a", "x")
	if _, err := r.Claim(t.Context(), claimOf(ann, "1"), []string{f.ID}); err != nil {
		t.Fatal(err)
	}
	r.cantTell(errors.New("the room is broken"))
	r.pass(t, 25*time.Hour)
	r.pass(t, time.Hour)
	if got := r.read(t, files.Reader{User: bob}, f.ID, false); got != "x" {
		t.Errorf("got %q", got)
	}
	r.cantTell(nil)
	r.pass(t, time.Hour)
	if left := r.left(t); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestAccountsThatAreGone(t *testing.T) {
	r := newRig(t)
	f, free, bobs := r.upload(t, ann, "a", "x"), r.upload(t, ann, "b", "y"), r.upload(t, bob, "c", "z")
	if _, err := r.Claim(t.Context(), claimOf(ann, "1"), []string{f.ID}); err != nil {
		t.Fatal(err)
	}
	r.post(claimOf(ann, "1"), true)
	if err := r.RemoveOf(t.Context(), []string{ann, "nobody"}); err != nil {
		t.Fatal(err)
	}
	r.pass(t, 0)
	if got := r.read(t, files.Reader{User: bob}, f.ID, false) + r.read(t, files.Reader{User: bob}, bobs.ID, false); got != "xz" {
		t.Errorf("got %q", got)
	}
	if all := strings.Join(r.left(t), " "); strings.Contains(all, free.ID) {
		t.Errorf("left: %s", all)
	}
}

// The collector itself wakes up.
func TestTheCollectorRuns(t *testing.T) {
	gone := make(chan string, 10)
	r := newRig(t, func(c *files.Config) { c.Blobs = deletions{c.Blobs, gone} })
	f := r.upload(t, ann, "a", "x")
	if err := r.Stop(t.Context(), ann, f.ID); err != nil {
		t.Fatal(err)
	}
	if key := <-gone; key != f.ID {
		t.Errorf("it deletes %s", key)
	}
}

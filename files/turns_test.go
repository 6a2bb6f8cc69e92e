package files_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"snug/blob"
	"snug/files"
)

// holdingStore stores what is put when it is told to.
type holdingStore struct {
	blob.Store
	begun chan string // keys
	goOn  chan struct{}
}

func (s *holdingStore) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	s.begun <- key
	<-s.goOn
	return s.Store.Put(ctx, key, r, size)
}

// Somebody's many pictures don't stand before the first of somebody else.
func TestPicturesOfOneDoNotHoldThoseOfAll(t *testing.T) {
	var held *holdingStore
	r := newRig(t, func(c *files.Config) {
		held = &holdingStore{c.Blobs, make(chan string), make(chan struct{})}
		c.Blobs = held
	})
	content := photo(t, 8, 8)
	var finishing sync.WaitGroup
	finish := func(user string) string {
		u, err := r.Create(t.Context(), user, "a.jpg", int64(len(content)))
		if err == nil {
			_, err = r.Append(t.Context(), user, u.ID, 0, body(content))
		}
		if err != nil {
			t.Fatal(err)
		}
		finishing.Go(func() {
			if _, err := r.Finish(t.Context(), user, u.ID); err != nil {
				t.Error(err)
			}
		})
		return u.ID
	}
	const many = 5
	for range many {
		finish(ann)
	}
	<-held.begun
	wait := func(n int) {
		for r.Turns().Waiting() != n {
			runtime.Gosched()
		}
	}
	wait(many - 1)
	first := finish(bob)
	wait(many)
	held.goOn <- struct{}{}
	if next := <-held.begun; next != first {
		t.Error("the picture of who has one waits for those of who has many")
	}
	for range many - 1 {
		held.goOn <- struct{}{}
		<-held.begun
	}
	held.goOn <- struct{}{}
	finishing.Wait()
}

// Who has too many is told so, and when to come back.
func TestPicturesThatWaitHaveABound(t *testing.T) {
	r := newRig(t, func(c *files.Config) { c.Pictures = 1 })
	ctx, hangUp := context.WithCancel(t.Context())
	leave, err := r.TakeTurn(ctx, ann)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	var all sync.WaitGroup
	for range files.WaitingOfOne {
		all.Go(func() {
			if _, err := r.TakeTurn(ctx, ann); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	for r.Turns().Waiting() != files.WaitingOfOne {
		runtime.Gosched()
	}
	_, err = r.TakeTurn(ctx, ann)
	hasCode(t, err, files.CodeOverloaded)
	hangUp()
	all.Wait()
}

// What a person has is told by indexes alone, however many files that are.
func TestQuotaReadsNoRows(t *testing.T) {
	r := newRig(t)
	for query, args := range map[string][]any{
		files.ChargedQuery: {1, ann, "open", "ready"},
		files.OpenQuery:    {ann, "open"},
	} {
		err := r.tables.Read(t.Context(), func(tx *sql.Tx) error {
			var id, parent, unused int
			var plan string
			if err := tx.QueryRow("explain query plan "+query, args...).Scan(&id, &parent, &unused, &plan); err != nil {
				return err
			}
			if !strings.Contains(plan, "USING COVERING INDEX") {
				t.Errorf("%s: %s", query, plan)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

package files_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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

func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := files.NewTurns(2)
		var order []string
		var mu sync.Mutex
		look := func(user string) {
			leave, err := files.Take(turns, t.Context(), user)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			order = append(order, user)
			mu.Unlock()
			time.Sleep(time.Second)
			leave()
		}
		var all sync.WaitGroup
		for _, user := range strings.Fields("a a a a b c b") {
			all.Go(func() { look(user) })
			time.Sleep(10 * time.Millisecond)
		}
		all.Wait()
		// Two at once, and never two of one.
		if got := strings.Join(order, ""); got != "abcabaa" {
			t.Errorf("they took turns as %s", got)
		}
		if turns.People() != 0 || turns.Waiting() != 0 {
			t.Errorf("%d people are remembered, %d pictures wait", turns.People(), turns.Waiting())
		}
	})
}

func TestTurnsHaveABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := files.NewTurns(1)
		ctx, hangUp := context.WithCancel(t.Context())
		refused := func(user string) {
			t.Helper()
			_, err := files.Take(turns, ctx, user)
			hasCode(t, err, files.CodeOverloaded)
		}
		var all sync.WaitGroup
		wait := func(user string) {
			all.Go(func() {
				if _, err := files.Take(turns, ctx, user); !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", user, err)
				}
			})
		}
		leave, err := files.Take(turns, ctx, ann)
		if err != nil {
			t.Fatal(err)
		}
		for range files.WaitingOfOne {
			wait(ann)
		}
		synctest.Wait()
		refused(ann)
		for i := range files.WaitingPictures - files.WaitingOfOne {
			wait(fmt.Sprint("p", i))
		}
		synctest.Wait()
		refused(bob)
		hangUp()
		all.Wait()
		leave()
		if turns.People() != 0 || turns.Waiting() != 0 {
			t.Errorf("%d people are remembered, %d pictures wait", turns.People(), turns.Waiting())
		}
	})
}

// Whoever comes and goes, no more than may be are looked at, one of each person, and in
// the end nothing is left.
func TestTurnsAtRandom(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		turns := files.NewTurns(3)
		rng := rand.New(rand.NewPCG(seed, 0))
		var all sync.WaitGroup
		var here atomic.Int64
		var mine [4]atomic.Int64
		for range 2000 {
			user, patience, work := rng.IntN(len(mine)), rng.IntN(50), rng.IntN(20)
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(patience+1)*time.Millisecond)
				defer cancel()
				leave, err := files.Take(turns, ctx, fmt.Sprint(user))
				if err != nil {
					return
				}
				if here.Add(1) > 3 || mine[user].Add(1) > 1 {
					t.Error("too many at once")
				}
				time.Sleep(time.Duration(work+1) * time.Millisecond)
				mine[user].Add(-1)
				here.Add(-1)
				leave()
			})
			if rng.IntN(3) == 0 {
				time.Sleep(time.Duration(rng.IntN(20)+1) * time.Millisecond)
			}
		}
		all.Wait()
		if turns.People() != 0 || turns.Waiting() != 0 {
			t.Errorf("%d people are remembered, %d pictures wait", turns.People(), turns.Waiting())
		}
	})
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

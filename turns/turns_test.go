package turns

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const (
	ofAll = 256
	ofOne = 32
)

func newTurns(atOnce int) *Turns {
	return New(Limits{AtOnce: atOnce, Waiting: ofAll, WaitingOfOne: ofOne})
}

func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(2)
		var order []string
		var mu sync.Mutex
		look := func(user string) {
			leave, err := turns.Take(t.Context(), user)
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
		if len(turns.people) != 0 || turns.Waiting() != 0 {
			t.Errorf("%d people are remembered, %d things wait", len(turns.people), turns.Waiting())
		}
	})
}

func TestTurnsHaveABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		ctx, hangUp := context.WithCancel(t.Context())
		refused := func(user string) {
			t.Helper()
			_, err := turns.Take(ctx, user)
			if !errors.Is(err, ErrFull) {
				t.Errorf("%s: %v", user, err)
			}
		}
		var all sync.WaitGroup
		wait := func(user string) {
			all.Go(func() {
				if _, err := turns.Take(ctx, user); !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", user, err)
				}
			})
		}
		leave, err := turns.Take(ctx, "ann")
		if err != nil {
			t.Fatal(err)
		}
		for range ofOne {
			wait("ann")
		}
		synctest.Wait()
		refused("ann")
		for i := range ofAll - ofOne {
			wait(fmt.Sprint("p", i))
		}
		synctest.Wait()
		refused("bob")
		hangUp()
		all.Wait()
		leave()
		if len(turns.people) != 0 || turns.Waiting() != 0 {
			t.Errorf("%d people are remembered, %d things wait", len(turns.people), turns.Waiting())
		}
	})
}

// Whoever comes and goes, no more than may be are done, one of each person, and in
// the end nothing is left.
func TestTurnsAtRandom(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(3)
		rng := rand.New(rand.NewPCG(seed, 0))
		var all sync.WaitGroup
		var here atomic.Int64
		var mine [4]atomic.Int64
		for range 2000 {
			user, patience, work := rng.IntN(len(mine)), rng.IntN(50), rng.IntN(20)
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(patience+1)*time.Millisecond)
				defer cancel()
				leave, err := turns.Take(ctx, fmt.Sprint(user))
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
		if len(turns.people) != 0 || turns.Waiting() != 0 {
			t.Errorf("%d people are remembered, %d things wait", len(turns.people), turns.Waiting())
		}
	})
}

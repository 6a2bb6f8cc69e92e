package durable_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"snug/durable"
)

// Storage agrees with a plain map whatever is done to it: across turns,
// transactions, commits in flight and restarts.
func TestStorageAgainstAModel(t *testing.T) {
	for seed := range seeds(t, 20) {
		m := &model{rng: rand.New(rand.NewPCG(seed, 0)), state: map[string]string{}}
		scenario(t, script{do: func(_ context.Context, o *thing, depth string) (string, error) {
			return "", m.turn(&o.Storage().Tx, number(depth))
		}}, func(w *world) {
			for turn := range 60 {
				stall := m.rng.IntN(3) == 0
				if stall {
					w.faults.Stall()
				}
				done := []<-chan outcome{w.start("n", "3")}
				if stall && m.rng.IntN(2) == 0 {
					done = append(done, w.start("n", "1")) // it reads what is in flight
				}
				w.faults.Release()
				for _, d := range done {
					if o := <-d; o.err != nil {
						w.Fatalf("seed %d turn %d: %v", seed, turn, o.err)
					}
				}
				if m.rng.IntN(10) == 0 {
					w.kill()
				}
			}
		})
	}
}

type model struct {
	rng   *rand.Rand
	state map[string]string
}

func (m *model) key() string {
	return strings.Repeat(string(rune('a'+m.rng.IntN(3))), m.rng.IntN(3)) + string(rune('a'+m.rng.IntN(4)))
}

// turn does a few things to both; depth is that of transactions.
func (m *model) turn(tx *durable.Tx, depth int) error {
	rng, key, state := m.rng, m.key, m.state
	for range 1 + rng.IntN(8) {
		switch rng.IntN(7) {
		case 0, 1:
			k, v := key(), fmt.Sprint(rng.IntN(100))
			if err := tx.Put(k, []byte(v)); err != nil {
				return err
			}
			state[k] = v
		case 2:
			k := key()
			_, was := state[k]
			if there, err := tx.Delete(k); err != nil || there != was {
				return fmt.Errorf("delete %q: %v, %v; want %v", k, there, err, was)
			}
			delete(state, k)
		case 3:
			from, to := key(), key()
			if rng.IntN(4) == 0 {
				to = ""
			}
			if err := tx.DeleteRange(from, to); err != nil {
				return err
			}
			maps.DeleteFunc(state, func(k, _ string) bool { return k >= from && (to == "" || k < to) })
		case 4:
			if depth == 0 {
				continue
			}
			undone := maps.Clone(state)
			keep := rng.IntN(2) == 0
			err := tx.Transaction(func(tx *durable.Tx) error {
				err := m.turn(tx, depth-1)
				if err == nil && !keep {
					err = tx.Rollback()
				}
				return err
			})
			if err != nil {
				return err
			}
			if !keep {
				clear(state)
				maps.Copy(state, undone)
			}
		case 5:
			k := key()
			want, there := state[k]
			if got, err := tx.Get(k); err != nil || string(got) != want || (got != nil) != there {
				return fmt.Errorf("get %q: %q, %v; want %q", k, got, err, want)
			}
		case 6:
			o := durable.ListOptions{Reverse: rng.IntN(2) == 0, Limit: rng.IntN(4)}
			if rng.IntN(2) == 0 {
				o.Start = key()
			} else if rng.IntN(2) == 0 {
				o.StartAfter = key()
			}
			if rng.IntN(2) == 0 {
				o.End = key()
			}
			if rng.IntN(3) == 0 {
				o.Prefix = key()[:1]
			}
			got, err := tx.List(o)
			if err != nil {
				return err
			}
			if want := modelList(state, o); !slices.EqualFunc(got, want, func(e durable.Entry, k string) bool {
				return e.Key == k && string(e.Value) == state[k]
			}) {
				return fmt.Errorf("list %+v: got %q, want %q of %q", o, got, want, state)
			}
		}
	}
	return nil
}

func modelList(state map[string]string, o durable.ListOptions) []string {
	keys := slices.Sorted(maps.Keys(state))
	keys = slices.DeleteFunc(keys, func(k string) bool {
		return !strings.HasPrefix(k, o.Prefix) || k < o.Start || o.StartAfter != "" && k <= o.StartAfter ||
			o.End != "" && k >= o.End
	})
	if o.Reverse {
		slices.Reverse(keys)
	}
	if o.Limit > 0 && len(keys) > o.Limit {
		keys = keys[:o.Limit]
	}
	return keys
}

package httpapi

import (
	"fmt"
	"testing"
	"time"
)

func TestLimiterIsBounded(t *testing.T) {
	l := newLimiter(Rate{Count: 1, Per: time.Minute}, 100)
	now := time.Unix(1_000_000, 0)
	for i := range 1000 {
		if wait := l.take(fmt.Sprint(i), now); wait != 0 {
			t.Fatalf("a new key has to wait %s", wait)
		}
	}
	if n := len(l.whole); n > 100 {
		t.Errorf("it remembers %d keys", n)
	}
}

func TestLimiterOff(t *testing.T) {
	l := newLimiter(Rate{}, 100)
	for range 1000 {
		if l.take("a", time.Unix(1, 0)) != 0 {
			t.Fatal("it limits")
		}
	}
	if len(l.whole) != 0 {
		t.Error("it remembers")
	}
}

//go:build linux

package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestPercentileIsNearestRank(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		var h histogram
		values := make([]time.Duration, 1+random.IntN(2000))
		for i := range values {
			values[i] = time.Duration(math.Exp(random.Float64() * math.Log(float64(10*time.Minute))))
			h.add(values[i])
		}
		slices.Sort(values)
		for _, p := range []float64{.001, .5, .99, .999, 1} {
			exact := values[max(int(math.Ceil(p*float64(len(values)))), 1)-1]
			got := h.percentile(p)
			if off := (got - exact).Abs(); off > exact/64+1 {
				t.Fatalf("percentile %v of %d values is %v, want %v", p, len(values), got, exact)
			}
		}
	}
}

func TestPercentileEdges(t *testing.T) {
	var h histogram
	if got := h.percentile(.5); got != 0 {
		t.Errorf("of nothing: %v, want 0", got)
	}
	h.add(-time.Second)
	if got := h.percentile(1); got != 0 {
		t.Errorf("of a negative one: %v, want 0", got)
	}
	h.reset()
	h.add(math.MaxInt64)
	if got := h.percentile(.5); got < 9*time.Hour {
		t.Errorf("of the longest: %v, want the last bucket", got)
	}
}

func TestBucketsAreInOrder(t *testing.T) {
	last := time.Duration(-1)
	for i := range bucketCount {
		m := middle(i)
		if m <= last {
			t.Fatalf("bucket %d is at %v, the one before at %v", i, m, last)
		}
		if bucket(m) != i {
			t.Fatalf("the middle of bucket %d falls into %d", i, bucket(m))
		}
		last = m
	}
}

//go:build linux

package main

import (
	"math"
	"math/bits"
	"time"
)

// histogram counts durations in buckets that are at most 1/64 of their value
// wide. It allocates nothing after its making, so that it can stand in the path
// of every delivery.
type histogram struct {
	count   uint64
	buckets [bucketCount]uint64
}

const (
	bucketsPerOctave = 64
	bucketCount      = 40 * bucketsPerOctave // the last holds all from 2^45 ns, ten hours, on
)

func (h *histogram) add(d time.Duration) {
	h.count++
	h.buckets[bucket(d)]++
}

func (h *histogram) reset() { *h = histogram{} }

// percentile returns the middle of the bucket that holds the p-th of all values
// (0 < p ≤ 1, nearest rank), 0 when there are none.
func (h *histogram) percentile(p float64) time.Duration {
	if h.count == 0 {
		return 0
	}
	rank := min(max(uint64(math.Ceil(p*float64(h.count))), 1), h.count)
	var seen uint64
	for i, n := range h.buckets {
		if seen += n; seen >= rank {
			return middle(i)
		}
	}
	return middle(bucketCount - 1)
}

// bucket: values below 64 have one each; from there every power of two has 64.
func bucket(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < bucketsPerOctave {
		return int(v)
	}
	shift := bits.Len64(v) - 7 // v>>shift is 64 to 127
	return min((shift+1)*bucketsPerOctave+int(v>>shift)-bucketsPerOctave, bucketCount-1)
}

func middle(i int) time.Duration {
	if i < bucketsPerOctave {
		return time.Duration(i)
	}
	shift := i/bucketsPerOctave - 1
	low := uint64(bucketsPerOctave+i%bucketsPerOctave) << shift
	return time.Duration(low + 1<<shift/2)
}

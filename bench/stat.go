//go:build linux

package main

import (
	"slices"
	"time"
)

// of returns what pick takes from each run, the least first.
func (r runs) of(pick func(result) float64) []float64 {
	var all []float64
	for _, v := range r.results {
		all = append(all, pick(v))
	}
	slices.Sort(all)
	return all
}

// median is the value in the middle, the lower of two; of sorted values.
func median(sorted []float64) float64 { return sorted[(len(sorted)-1)/2] }

func first(sorted []float64) float64 { return sorted[0] }

func last(sorted []float64) float64 { return sorted[len(sorted)-1] }

// What to pick. Times are in the units that the tables have.
func sends(r result) float64       { return r.sends }
func deliveries(r result) float64  { return r.deliveries }
func perSend(r result) float64     { return inMicros(r.perSend) }
func perDelivery(r result) float64 { return inMicros(r.perDelivery) }
func ackP50(r result) float64      { return inMillis(r.ackP50) }
func ackP99(r result) float64      { return inMillis(r.ackP99) }
func messageP50(r result) float64  { return inMillis(r.deliveryP50) }
func messageP99(r result) float64  { return inMillis(r.deliveryP99) }
func serverBusy(r result) float64  { return 100 * r.serverBusy }
func clientBusy(r result) float64  { return 100 * r.clientBusy }

func inMicros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func inMillis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

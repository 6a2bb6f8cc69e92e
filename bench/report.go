//go:build linux

package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A row is all runs of one server in one room at one load.
type row struct {
	name string
	runs []result
}

// median is the run in the middle by deliveries, best the one with the most.
func (r row) median() result { return r.sorted()[(len(r.runs)-1)/2] }

func (r row) best() result { return r.sorted()[len(r.runs)-1] }

func (r row) sorted() []result {
	return slices.SortedFunc(slices.Values(r.runs), func(a, b result) int { return cmp.Compare(a.deliveries, b.deliveries) })
}

const (
	groupFormat = "  %-21s %15s %21s  %15s  %15s  %14s  %6s %7s\n"
	rowFormat   = "  %-21s %7s %7s %10s %10s  %7s %7s  %7s %7s  %7s %6s  %6s  %3s %3s\n"
)

// printHead writes the heads of the columns. Latencies are those from a post to
// its ack and to its message.
func printHead(w io.Writer) {
	fmt.Fprintf(w, groupFormat, "", "sends/s", "deliveries/s", "to ack, ms", "to message, ms", "server CPU, us", "msg", "busy, %")
	fmt.Fprintf(w, rowFormat, "", "median", "best", "median", "best", "p50", "p99", "p50", "p99", "/send", "/msg", "/write", "srv", "cli")
}

func printRow(w io.Writer, r row) {
	m, b := r.median(), r.best()
	fmt.Fprintf(w, rowFormat, r.name, whole(m.sends), whole(b.sends), whole(m.deliveries), whole(b.deliveries),
		millis(m.ackP50), millis(m.ackP99), millis(m.deliveryP50), millis(m.deliveryP99),
		micros(m.perSend), micros(m.perDelivery),
		strconv.FormatFloat(m.perWrite, 'f', 1, 64), percent(m.serverBusy), percent(m.clientBusy))
}

// printRatio compares what a delivery costs, which other load on the machine
// disturbs less than it does rates.
func printRatio(w io.Writer, snug row, floors ...row) {
	var parts []string
	for _, f := range floors {
		parts = append(parts, fmt.Sprintf("%.2f of %s", float64(snug.median().perDelivery)/float64(f.median().perDelivery), f.name))
	}
	fmt.Fprintf(w, "  CPU per delivery: %s\n", strings.Join(parts, ", "))
}

// whole groups the digits of a number by thousands.
func whole(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func millis(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 2, 64)
}

func micros(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Microsecond), 'f', 2, 64)
}

func percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 0, 64) }

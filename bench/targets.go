//go:build linux

package main

import "fmt"

// A goal is what is to be reached: a figure, or its ratio to another one of the same
// run, at least or at most so large.
type goal struct {
	what   string
	figure string
	over   string // "": the figure itself
	least  bool
	limit  float64
	digits int
	unit   string
}

// atLeast and atMost are goals of a ratio.
func atLeast(limit float64, figure, over, what string) goal {
	return goal{what: what, figure: figure, over: over, least: true, limit: limit, digits: 2}
}

func atMost(limit float64, figure, over, what string) goal {
	return goal{what: what, figure: figure, over: over, limit: limit, digits: 2}
}

// absolute is a goal of the figure itself.
func absolute(least bool, limit float64, digits int, unit, figure, what string) goal {
	return goal{what: what, figure: figure, least: least, limit: limit, digits: digits, unit: unit}
}

func goals() []goal {
	var all []goal
	for _, n := range []int{100, 1000} {
		figure := func(id string) string { return fmt.Sprintf("fanout/%d/%s/deliveries-best", n, id) }
		what := fmt.Sprintf("deliveries/s, room of %s, against ", whole(float64(n)))
		all = append(all,
			atLeast(.8, figure(idSnug), figure(idJoined), what+"the joined-write floor"),
			atLeast(.9, figure(idSnug), figure(idBun), what+"Bun without storage"),
			atLeast(15, figure(idSnug), figure(idWorkerd), what+"workerd"),
			atLeast(1.5, figure(idSnug), figure(idCentrifuge), what+"centrifuge in memory"))
	}
	const sends = "fanout/2/%s/sends-best"
	all = append(all,
		atMost(1.25, "single/snug/cpu-delivery", "single/floor-writes/cpu-delivery", "CPU per delivery, one message at a time, against one write each"),
		atLeast(20, fmt.Sprintf(sends, idSnug), fmt.Sprintf(sends, idWorkerd), "durable sends/s, 50 rooms of 2, against workerd"),
		atLeast(7, fmt.Sprintf(sends, idSnug), fmt.Sprintf(sends, idBunSQLite), "durable sends/s, 50 rooms of 2, against Bun with SQLite"),
		absolute(false, 14, 1, "us", "fanout/2/snug/cpu-send", "CPU per durable send, 50 rooms of 2"),
		absolute(false, 3, 2, "ms", "fanout/2/snug/ack-p99", "p99 of the ack, 50 rooms of 2"))
	for _, rate := range latencyRates() {
		figure := func(id string) string { return fmt.Sprintf("latency/%d/%s/p99-best", rate, id) }
		all = append(all, atMost(2.5, figure(idSnug), figure(idWrites), "p99 at "+whole(float64(rate))+" deliveries/s, against one write each"))
	}
	const cpuChange, bytesSocket = "presence/%d/cpu-change", "presence/%d/bytes-socket"
	return append(all,
		atMost(2, fmt.Sprintf(cpuChange, 10_000), fmt.Sprintf(cpuChange, 1000), "CPU to tell that one comes or goes, in a room of 10,000 against one of 1,000"),
		atMost(2, fmt.Sprintf(bytesSocket, 10_000), fmt.Sprintf(bytesSocket, 1000), "bytes a socket while a tenth of all go and come, likewise"),
		absolute(false, 700, 0, "bytes", "idle/many/snug/bytes", "memory per idle socket, several sockets a user"),
		absolute(false, 700, 0, "bytes", "idle/one/snug/bytes", "memory per idle socket, one a user"),
		absolute(false, 10, 1, "MiB", "rooms/grown", "memory for rooms that were used and sleep, above the empty server"),
		absolute(false, 2, 2, "ms", "wake/warm/p99", "first reply of a large room that slept, p99, warm"),
		absolute(false, 10, 2, "ms", "wake/cold/p99", "the same after the page cache was dropped and the server started again"),
		absolute(true, 30_000, 0, "reads/s", "history/asleep/per-core", "newest 50 messages of rooms asleep, for a core of the server"),
		absolute(false, 40, 1, "MiB", "start/rss", "resident memory of the empty server"),
		absolute(false, 150, 0, "ms", "start/ready", "from exec to ready, folder there"),
		absolute(false, 45, 1, "MiB", "start/binary", "size of the binary"))
}

// judge compares what was reached with the goals.
func judge(all []goal, figures map[string]float64) table {
	t := table{Title: "Targets", Columns: []string{"target", "wanted", "reached", "of the target", "verdict"}}
	t.note("rates are compared by each one's best run, p99 of open loops by its quietest window, CPU and the rest by medians")
	for _, g := range all {
		bound := "<= "
		if g.least {
			bound = ">= "
		}
		show := func(v float64) string {
			s := fixed(v, g.digits)
			if g.digits == 0 {
				s = whole(v)
			}
			if g.over != "" {
				return s + "x"
			}
			return s + " " + g.unit
		}
		v, ok := figures[g.figure]
		base, ok2 := figures[g.over]
		if g.over != "" && ok2 && base > 0 {
			v /= base
		} else if g.over != "" {
			ok = false
		}
		if !ok {
			t.row(g.what, bound+show(g.limit), "", "", "not measured")
			continue
		}
		verdict := "missed"
		if g.least && v >= g.limit || !g.least && v <= g.limit {
			verdict = "met"
		}
		t.row(g.what, bound+show(g.limit), show(v), fixed(v/g.limit, 2), verdict)
	}
	return t
}

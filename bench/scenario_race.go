//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// racePeople are let in for the race: one for each socket of the largest room.
const racePeople = 1000

// A load is one closed loop of the race.
type load struct {
	key   string // in the names of figures
	title string
	shape shape
}

func loads() []load {
	return []load{
		{"fanout/2", "50 rooms of 2, one sender each", shape{50, 2, 1}},
		{"fanout/10", "10 rooms of 10, two senders each", shape{10, 10, 2}},
		{"fanout/100", "one room of 100, 16 senders", shape{1, 100, 16}},
		{"fanout/1000", "one room of 1,000, 16 senders", shape{1, 1000, 16}},
		{"single", "one message at a time, one room of 100", shape{1, 100, 1}},
	}
}

// measureRace compares all contenders at the same loads.
func (b *bench) measureRace(ctx context.Context) (err error) {
	f, err := b.openRace(ctx, 50, racePeople)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	if b.wanted("fanout") {
		for _, l := range loads() {
			if err := b.fanOut(ctx, f, l); err != nil {
				return fmt.Errorf("%s: %w", l.title, err)
			}
		}
		b.chartFanOut(f)
	}
	if b.wanted("latency") {
		for _, rate := range latencyRates() {
			if err := b.latency(ctx, f, rate); err != nil {
				return fmt.Errorf("latency at %d deliveries/s: %w", rate, err)
			}
		}
		b.chartLatency(f)
	}
	if b.wanted("connect") {
		if err := b.connectAll(ctx, f); err != nil {
			return err
		}
	}
	if len(f.failures) > 0 {
		return errors.Join(f.failures...)
	}
	return b.checkHeads(ctx, f)
}

// checkHeads compares what each room of Snug has, over HTTP, with what was posted.
func (b *bench) checkHeads(ctx context.Context, f *race) error {
	total := uint64(0)
	for room, posted := range f.posted {
		head, err := f.contenders[0].target.head(ctx, room)
		if err != nil {
			return err
		}
		if head != posted {
			return fmt.Errorf("the head of room %s is %d after %d acked posts", room, head, posted)
		}
		total += posted
	}
	t := table{Title: "Checked"}
	t.note("%s posts to Snug above, each acked once and delivered once to every socket of its room, in one order without a gap; the heads of %d rooms agree",
		whole(float64(total)), len(f.posted))
	var sizes []string
	for _, c := range f.contenders {
		if c.bytes > 0 {
			sizes = append(sizes, fmt.Sprintf("%s %d", c.name, c.bytes))
		}
	}
	if len(sizes) > 0 {
		t.note("bytes of a message: %s", strings.Join(sizes, ", "))
	}
	b.report.add(t)
	return nil
}

func (b *bench) fanOut(ctx context.Context, f *race, l load) error {
	all, err := f.compare(ctx, l.shape, plan{warm: b.warm, window: b.window}, b.repeats)
	if err != nil {
		return err
	}
	t := table{Title: "Closed loop: " + l.title, Columns: []string{"", "on disk", "sends/s", "best", "deliveries/s", "best", "ack p50, ms", "p99", "message p50, ms", "p99",
		"CPU/send, us", "CPU/msg, us", "server, %", "client, %", "Snug's rate", "Snug's CPU"}}
	t.note("each sender has one post under way; median and best of %d x %v; every post was acked once and came once to all, in one order", b.repeats, b.window)
	t.note("the last two: Snug's best rate as a multiple of this one's, and its CPU for a delivery")
	for _, r := range all {
		if r.err != nil {
			t.row(r.name, notMeasured(r.err))
			continue
		}
		rate, cost := "", ""
		if own := all[0]; own.err == nil {
			rate = fixed(last(own.of(deliveries))/last(r.of(deliveries)), 2) + "x"
			cost = fixed(median(own.of(perDelivery))/median(r.of(perDelivery)), 2) + "x"
		}
		onDisk := "no"
		if r.durable {
			onDisk = "yes"
		}
		t.row(r.name, onDisk, whole(median(r.of(sends))), whole(last(r.of(sends))), whole(median(r.of(deliveries))), whole(last(r.of(deliveries))),
			fixed(median(r.of(ackP50)), 2), fixed(median(r.of(ackP99)), 2), fixed(median(r.of(messageP50)), 2), fixed(median(r.of(messageP99)), 2),
			fixed(median(r.of(perSend)), 2), fixed(median(r.of(perDelivery)), 2), whole(median(r.of(serverBusy))), whole(median(r.of(clientBusy))), rate, cost)
		for name, pick := range map[string]func(result) float64{"sends": sends, "deliveries": deliveries} {
			b.set(median(r.of(pick)), l.key, r.id, name)
			b.set(last(r.of(pick)), l.key, r.id, name+"-best")
		}
		for name, pick := range map[string]func(result) float64{"cpu-send": perSend, "cpu-delivery": perDelivery, "ack-p99": ackP99, "message-p99": messageP99} {
			b.set(median(r.of(pick)), l.key, r.id, name)
			b.set(first(r.of(pick)), l.key, r.id, name+"-best")
		}
	}
	b.report.add(t)
	return nil
}

// latencyRates are those of open loops, in deliveries a second.
func latencyRates() []int { return []int{20_000, 100_000} }

// latency compares open loops: posts come at a rate whatever the answers.
func (b *bench) latency(ctx context.Context, f *race, goal int) error {
	s := shape{1, 100, 16}
	rate := goal / s.sockets
	all, err := f.compare(ctx, s, plan{warm: b.warm / 2, window: b.openWindow, rate: rate}, b.openRepeats)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("latency/%d", goal)
	t := table{Title: fmt.Sprintf("Open loop: %s deliveries/s, one room of %d, %s posts/s", whole(float64(goal)), s.sockets, whole(float64(rate))),
		Columns: []string{"", "deliveries/s", "p50, ms", "p99, quietest", "p99, median", "p99, worst", "ack p99, quietest", "CPU/msg, us", "server, %"}}
	t.note("from when a post was due to its message, on all sockets; %d windows of %v each, in turn", b.openRepeats, b.openWindow)
	for _, r := range all {
		if r.err != nil {
			t.row(r.name, notMeasured(r.err))
			continue
		}
		p99 := r.of(messageP99)
		t.row(r.name, whole(median(r.of(deliveries))), fixed(median(r.of(messageP50)), 2), fixed(first(p99), 2), fixed(median(p99), 2), fixed(last(p99), 2),
			fixed(first(r.of(ackP99)), 2), fixed(median(r.of(perDelivery)), 2), whole(median(r.of(serverBusy))))
		b.set(first(p99), key, r.id, "p99-best")
		b.set(median(p99), key, r.id, "p99")
		b.set(median(r.of(messageP50)), key, r.id, "p50")
	}
	b.report.add(t)
	return nil
}

// notMeasured shows an error in a cell.
func notMeasured(err error) string {
	const most = 160
	var text []rune
	for _, r := range err.Error() {
		if r == '\n' {
			r = ' '
		}
		text = append(text, r)
	}
	if len(text) > most {
		text = append(text[:most], '…')
	}
	return "not measured: " + string(text)
}

// barsFrom makes bars of a figure of all contenders that have it.
func (b *bench) barsFrom(f *race, key, figure string, show func(float64) string) []bar {
	var bars []bar
	for _, c := range f.contenders {
		if v, ok := b.Figures[key+"/"+c.id+"/"+figure]; ok {
			bars = append(bars, bar{label: c.name, value: v, text: show(v), own: c.id == idSnug})
		}
	}
	return barsOf(bars)
}

func (b *bench) chartFanOut(f *race) {
	rates := chart{name: "fanout", title: "Deliveries a second, best of each"}
	costs := chart{name: "cpu", title: "CPU of the server for a delivery"}
	for _, l := range loads() {
		rates.panels = append(rates.panels, panel{l.title + ", deliveries/s", b.barsFrom(f, l.key, "deliveries-best", whole)})
		costs.panels = append(costs.panels, panel{l.title + ", us", b.barsFrom(f, l.key, "cpu-delivery", twoDigits)})
	}
	b.charts = append(b.charts, rates, costs)
}

func (b *bench) chartLatency(f *race) {
	c := chart{name: "latency", title: "p99 from when a post was due to its message, quietest window"}
	for _, rate := range latencyRates() {
		c.panels = append(c.panels, panel{whole(float64(rate)) + " deliveries/s, room of 100, ms", b.barsFrom(f, fmt.Sprintf("latency/%d", rate), "p99-best", twoDigits)})
	}
	b.charts = append(b.charts, c)
}

func twoDigits(v float64) string { return fixed(v, 2) }

// seconds shows a duration.
func seconds(d time.Duration) string { return fixed(d.Seconds(), 2) }

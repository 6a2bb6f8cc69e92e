//go:build linux

package main

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// totalWait bounds everything.
const totalWait = time.Hour

// options is what the command line says.
type options struct {
	server  string
	quick   bool
	only    map[string]bool // scenarios; empty: all
	without map[string]bool // peers, or families of them
	pin     bool
	dir     string
	save    string
}

// scenarioNames are in the order in which they run.
func scenarioNames() []string {
	return []string{"start", "disk", "fanout", "latency", "connect", "resume", "presence", "idle", "rooms", "wake", "history"}
}

func parse(args []string) (options, error) {
	var o options
	var only, without string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.server, "server", "bin/snug", "the server's `program`")
	flags.BoolVar(&o.quick, "quick", false, "less of everything: to see that it works, not to compare")
	flags.StringVar(&only, "only", "", "`scenarios` to run, separated by commas: "+strings.Join(scenarioNames(), ", "))
	flags.StringVar(&without, "without", "", "`peers` to leave out, separated by commas: workerd, bun (with and without SQLite), bun-sqlite, go (all in Go), centrifuge, gorilla, coder")
	flags.BoolVar(&o.pin, "pin", true, "servers on one CPU, the client on another")
	flags.StringVar(&o.dir, "dir", "", "the `folder` below which the servers' data goes for the while; its disk is measured (default: the system's for temporary files)")
	flags.StringVar(&o.save, "save", "", "write the results to bench/results/DATE-`NAME`.txt, .md, .json and .svg, and not to last")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("read arguments: %q is none of the flags", flags.Arg(0))
	}
	var known []string
	for _, p := range peers() {
		known = append(known, p.id, p.family)
	}
	var err error
	if o.only, err = choice("-only", only, scenarioNames()); err != nil {
		return options{}, err
	}
	if o.without, err = choice("-without", without, known); err != nil {
		return options{}, err
	}
	if o.save != "" && !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`).MatchString(o.save) {
		return options{}, fmt.Errorf("read -save: %q is not made of a-z, 0-9 and -", o.save)
	}
	return o, nil
}

// choice reads names separated by commas.
func choice(flag, text string, known []string) (map[string]bool, error) {
	chosen := map[string]bool{}
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("read %s: %q is none of %s", flag, name, strings.Join(known, ", "))
		}
		chosen[name] = true
	}
	return chosen, nil
}

// sizes are how much of everything is measured.
type sizes struct {
	warm, window time.Duration // of a closed loop
	repeats      int           // of it
	openWindow   time.Duration
	openRepeats  int
	disk         time.Duration

	starts int

	idleSockets, idlePeople int           // together, and with a socket each
	asleep                  time.Duration // until rooms are: the server evicts one after 10 s, or a quarter more
	settle                  time.Duration // until it has given back the memory of busier times too, which is after a minute
	peerSettle              time.Duration // the same of others
	emptySettle             time.Duration // of a server that had nothing to do

	connects int // sockets of one try

	resumers, missed int // sockets, and the messages that each misses

	crowds      []int // people in one room
	crowdRounds int

	rooms, usedRooms int

	wakeRooms, wakeMessages int
	wakeRounds, coldRounds  int

	historyRooms, historyMessages int
	historyWindow                 time.Duration
	historyRounds                 int
}

func (o options) sizes() sizes {
	if o.quick {
		return sizes{
			warm: 100 * time.Millisecond, window: 300 * time.Millisecond, repeats: 1,
			openWindow: 500 * time.Millisecond, openRepeats: 1, disk: 300 * time.Millisecond,
			starts: 2, idleSockets: 2000, idlePeople: 500, asleep: 13 * time.Second, settle: 13 * time.Second, peerSettle: time.Second, emptySettle: time.Second,
			connects: 500, resumers: 1000, missed: 10,
			crowds: []int{100, 1000}, crowdRounds: 1,
			rooms: 2000, usedRooms: 1000,
			wakeRooms: 2, wakeMessages: 10_000, wakeRounds: 1, coldRounds: 2,
			historyRooms: 100, historyMessages: 100, historyWindow: 500 * time.Millisecond, historyRounds: 1,
		}
	}
	return sizes{
		warm: 300 * time.Millisecond, window: 2 * time.Second, repeats: 3,
		openWindow: 1500 * time.Millisecond, openRepeats: 5, disk: 2 * time.Second,
		starts: 7, idleSockets: 19_000, idlePeople: 10_000, asleep: 14 * time.Second, settle: 75 * time.Second, peerSettle: 18 * time.Second, emptySettle: 18 * time.Second,
		connects: 5000, resumers: 10_000, missed: 20,
		crowds: []int{100, 1000, 10_000}, crowdRounds: 3,
		rooms: 1_000_000, usedRooms: 100_000,
		wakeRooms: 3, wakeMessages: 1_000_000, wakeRounds: 12, coldRounds: 10,
		historyRooms: 10_000, historyMessages: 1000, historyWindow: 5 * time.Second, historyRounds: 3,
	}
}

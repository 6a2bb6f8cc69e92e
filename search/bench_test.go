package search

import (
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"snug/chat"
)

var messages = flag.Int("messages", 20_000, "how many messages BenchmarkSearch searches")

// BenchmarkSearch makes an index of messages in one room, with words as rare and as
// common as in a language, and searches for one, two and a part of one.
//
//	go test ./search -run xxx -bench Search -messages 1000000
func BenchmarkSearch(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	syllables := strings.Fields("ba be bi bo bu ca ce co da de di do fa fe fi ga ge go ha he hi ho in ing er ed la le li lo ma me mi mo na ne no pa pe po ra re ri ro sa se so st ta te ti to th an on en tion ment ver com pre")
	vocabulary := make([]string, 30_000)
	for i := range vocabulary {
		for range 1 + rng.IntN(4) {
			vocabulary[i] += syllables[rng.IntN(len(syllables))]
		}
	}
	zipf := rand.NewZipf(rng, 1.1, 5, uint64(len(vocabulary)-1))
	word := func() string { return vocabulary[zipf.Uint64()] }

	w := &world{path: b.TempDir() + "/search.db", rooms: map[chat.RoomID]*room{}, hidden: map[chat.RoomID]bool{}, closed: map[chat.RoomID]bool{}, clock: time.Unix(1.7e9, 0)}
	w.rooms["id-one"] = &room{slug: "one", stream: "s1", at: map[chat.Seq]chat.Message{}}
	for range *messages {
		words := make([]string, 3+rng.IntN(15))
		for j := range words {
			words[j] = word()
		}
		w.post("one", vocabulary[rng.IntN(50)], strings.Join(words, " "))
	}
	x, err := Open(b.Context(), Config{Path: w.path, Rooms: w, Now: func() time.Time { return w.clock }})
	if err != nil {
		b.Fatal(err)
	}
	begin := time.Now()
	if err := x.CatchUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	indexed := float64(*messages) / time.Since(begin).Seconds()
	info, err := os.Stat(w.path)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		text  func() string
		order Order
	}{
		{"word", word, Newest},
		{"two", func() string { return word() + " " + word() }, Newest},
		{"part", func() string {
			v := word() + word()
			return v[len(v)/4 : 3*len(v)/4]
		}, Newest},
		{"from", func() string { return "from:" + vocabulary[rng.IntN(50)] + " " + word() }, Newest},
		{"best", word, Best},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			hits := 0
			for b.Loop() {
				text := c.text()
				from := time.Now()
				found, err := x.Search(b.Context(), chat.Actor{}, Request{Text: text, Order: c.order})
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(from))
				hits += len(found.Hits)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "p99-ms")
			b.ReportMetric(float64(hits)/float64(len(took)), "hits/search")
		})
	}
	b.Logf("%d messages: %.0f indexed/s, %.0f bytes each", *messages, indexed, float64(info.Size())/float64(*messages))
	if err := x.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// cpu reports the time of processors that each turn takes, whatever else the machine does.
func cpu(b *testing.B) (done func()) {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	return func() { b.ReportMetric(float64((used()-before).Microseconds())/1e3/float64(b.N), "cpu-ms/op") }
}

// BenchmarkHidden searches for words with so many hits in rooms that one can't see, among
// 2,000 messages of rooms that one can: it is to take as long for each.
func BenchmarkHidden(b *testing.B) {
	counts := []int{0, 240, 5000}
	w := &world{path: b.TempDir() + "/search.db", rooms: map[chat.RoomID]*room{}, hidden: map[chat.RoomID]bool{"id-hidden": true}, closed: map[chat.RoomID]bool{"id-hidden": true}, clock: time.Unix(1.7e9, 0)}
	for _, slug := range []string{"seen", "hidden"} {
		w.rooms[chat.RoomID("id-"+slug)] = &room{slug: slug, stream: "s1", at: map[chat.Seq]chat.Message{}}
	}
	for i := range counts[len(counts)-1] {
		if i < 2000 {
			w.post("seen", "ada", "what everybody may read")
		}
		words := "quarterly"
		if i < counts[1] {
			words += " dismissals"
		}
		w.post("hidden", "bob", words)
	}
	x, err := Open(b.Context(), Config{Path: w.path, Rooms: w, Now: func() time.Time { return w.clock }})
	if err != nil {
		b.Fatal(err)
	}
	if err := x.CatchUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	for i, word := range []string{"nowhere", "dismissals", "quarterly"} {
		b.Run(strconv.Itoa(counts[i]), func(b *testing.B) {
			defer cpu(b)()
			for b.Loop() {
				if found, err := x.Search(b.Context(), chat.Actor{}, Request{Text: word}); err != nil || len(found.Hits) > 0 {
					b.Fatal(found, err)
				}
			}
		})
	}
	if err := x.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkManyRooms searches in so many private rooms at once.
func BenchmarkManyRooms(b *testing.B) {
	for _, rooms := range []int{10, 100, 1000} {
		w := &world{path: b.TempDir() + "/search.db", rooms: map[chat.RoomID]*room{}, hidden: map[chat.RoomID]bool{"id-0": true}, closed: map[chat.RoomID]bool{}, clock: time.Unix(1.7e9, 0)}
		for i := range rooms {
			slug := strconv.Itoa(i)
			w.rooms[chat.RoomID("id-"+slug)] = &room{slug: slug, stream: "s1", at: map[chat.Seq]chat.Message{}}
			w.closed[chat.RoomID("id-"+slug)] = true
		}
		for i := range 20_000 {
			w.post(strconv.Itoa(i%rooms), "ada", []string{"rarely", "often", "often", "often"}[min(i%100, 3)])
		}
		x, err := Open(b.Context(), Config{Path: w.path, Rooms: w, Now: func() time.Time { return w.clock }})
		if err != nil {
			b.Fatal(err)
		}
		if err := x.CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
		for _, word := range []string{"nowhere", "rarely", "often"} {
			b.Run(strconv.Itoa(rooms)+"/"+word, func(b *testing.B) {
				defer cpu(b)()
				for b.Loop() {
					if _, err := x.Search(b.Context(), chat.Actor{}, Request{Text: word}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		if err := x.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

package chat

import (
	"fmt"
	"testing"
)

// BenchmarkPresence is what a room's turns do about who is here, by how many are: none of
// it may grow with them, but for what is named of a storm.
func BenchmarkPresence(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		users := make([]User, n)
		for i := range users {
			users[i] = User{ID: UserID(fmt.Sprintf("019d0f6e-3c2a-7b1e-9f00-%012d", i)), Name: fmt.Sprint("Guest ", i)}
		}
		crowd := func() *presence {
			p := newPresence()
			for _, u := range users {
				p.enter(u)
			}
			p.diff(0)
			return p
		}
		b.Run(fmt.Sprintf("people=%d/joined", n), func(b *testing.B) {
			p := crowd()
			bytes := 0
			for b.Loop() {
				f := JoinedFrame{Type: "joined", Room: "r", Stream: "s", Count: p.count(), Users: p.listed()}
				bytes = len(f.appendTo(nil))
			}
			b.ReportMetric(float64(bytes), "bytes")
		})
		b.Run(fmt.Sprintf("people=%d/one-goes-and-comes", n), func(b *testing.B) {
			p := crowd()
			i := 0
			for b.Loop() {
				u := users[i%n]
				p.exit(u.ID)
				p.enter(u)
				p.diff(p.named())
				i++
			}
		})
		// Per change: a tenth of all go and come before it is told.
		b.Run(fmt.Sprintf("people=%d/storm", n), func(b *testing.B) {
			p := crowd()
			changes, bytes := 0, 0
			for b.Loop() {
				for i := 0; i < n; i += 10 {
					p.exit(users[i].ID)
					p.enter(users[i])
					changes += 2
				}
				joined, left := p.diff(p.named())
				f := PresenceFrame{Type: "presence", Room: "r", Count: p.count(), Joined: joined, Left: left}
				bytes = len(f.appendTo(nil))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(changes), "ns/change")
			b.ReportMetric(float64(bytes), "bytes/frame")
		})
	}
}

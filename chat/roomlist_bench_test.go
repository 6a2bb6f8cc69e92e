package chat

import (
	"context"
	"database/sql"
	"fmt"
	"syscall"
	"testing"
	"time"

	"snug/durable"
)

// BenchmarkRoomList is what a person in 500 rooms costs who connects: rooms of 200
// messages with an event behind every tenth, half of them read, all of them asleep. A
// tenth is directs. "cpu-ms/op" is what it costs on a machine that others use too, "first-ms" is the first list after the store was opened.
func BenchmarkRoomList(b *testing.B) {
	const rooms, messages = 500, 200
	s, slugs := benchServiceOf(b, rooms, messages)
	ctx := b.Context()
	me := Actor{User: User{ID: "me", Name: "Me"}}
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	must(s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		for i, slug := range slugs {
			kind, other := "public", fmt.Sprint("other-", i)
			if i%10 == 0 {
				kind = "direct"
			}
			if _, err := tx.ExecContext(ctx, `update rooms set kind = ? where slug = ?`, kind, slug); err != nil {
				return err
			}
			const user = `insert into users (id, name, email, email_verified, created_at, updated_at) values (?1, ?1, ?1, 1, 1, 1)`
			if _, err := tx.ExecContext(ctx, user, other); err != nil {
				return err
			}
			const member = `insert into members (room_id, user_id, role, joined_at) values (?, ?, 'member', 1)`
			for _, id := range []string{"me", other} {
				if _, err := tx.ExecContext(ctx, member, slug+"-id", id); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	var marks []mark
	for i, slug := range slugs {
		must(addEvents(ctx, s, slug, messages))
		if i%2 == 0 {
			marks = append(marks, mark{Room: RoomID(slug + "-id"), Seq: messages / 2})
		}
	}
	_, err := s.calls.readAll.Call(ctx, s.inbox("me"), marks)
	must(err)
	list := func() {
		found, err := s.RoomList(ctx, me)
		must(err)
		if len(found.Rooms) != rooms+1 || found.Rooms[1].Unread == 0 {
			b.Fatalf("%d rooms, %+v", len(found.Rooms), found.Rooms[1])
		}
	}
	begun := time.Now()
	list()
	first := time.Since(begun)
	if awake := s.Stats().Awake; awake > 1 {
		b.Errorf("%d objects are awake", awake) // one is the person's own
	}
	used := cpuTime()
	for b.Loop() {
		list()
	}
	b.ReportMetric(float64((cpuTime()-used).Microseconds())/1000/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(first.Microseconds())/1000, "first-ms")
}

// cpuTime is what this process has used: what it takes on a machine that others use too.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// addEvents stores events of a room past the runtime, behind its messages.
func addEvents(ctx context.Context, s *Service, slug string, messages int) error {
	stub := s.ns.ByName(slug + "-id")
	record, err := s.cfg.Store.Claim(ctx, stub.ID(), "room", slug+"-id")
	if err != nil {
		return err
	}
	var ops []durable.Op
	for i := range messages / 10 {
		e := event{Kind: eventReact, Target: 1, By: "u", At: 1, Count: Seq(i + 1)}
		ops = append(ops, durable.Op{Kind: durable.OpPut, Key: eventKey(Seq(messages + i + 1)), Value: encode(e)})
	}
	errs, err := s.cfg.Store.Commit(ctx, []durable.Batch{{ID: stub.ID(), Fence: record.Fence, Ops: ops}})()
	if err == nil {
		err = errs[0]
	}
	return err
}

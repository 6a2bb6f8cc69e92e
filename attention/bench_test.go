package attention

import (
	"database/sql"
	"fmt"
	"testing"

	"snug/chat"
)

// BenchmarkMentions counts for somebody in 500 rooms, with as many items as are kept and
// some calls of each room: what their list of rooms costs beside the rooms themselves.
func BenchmarkMentions(b *testing.B) {
	const rooms, calls = 500, 20
	w := newWorld(b, "ada", "bob")
	w.inOne(func(tx *sql.Tx) error {
		for i := range rooms {
			id := fmt.Sprintf("id-r%d", i)
			for _, insert := range []string{
				`insert into rooms (id, slug, name, created_at, kind) values (?1, ?1, 'Room', 0, 'private')`,
				`insert into members (room_id, user_id, role, joined_at) values (?1, 'bob', 'member', 0)`,
			} {
				if _, err := tx.ExecContext(b.Context(), insert, id); err != nil {
					return err
				}
			}
			for seq := range calls {
				const call = `insert into notices (user_id, room_id, seq, root, kind, by_user, at) values (null, ?, ?, 0, 'call', 'ada', 1)`
				if _, err := tx.ExecContext(b.Context(), call, id, seq+1); err != nil {
					return err
				}
			}
		}
		for i := range maxKept {
			const item = `insert into notices (user_id, room_id, seq, root, kind, by_user, at) values ('bob', ?, ?, 0, 'mention', 'ada', 1)`
			if _, err := tx.ExecContext(b.Context(), item, fmt.Sprintf("id-r%d", i%rooms), 100+i); err != nil {
				return err
			}
		}
		return nil
	})
	for b.Loop() {
		counts, err := w.Mentions(b.Context(), chat.UserID("bob"))
		if err != nil || len(counts) != rooms {
			b.Fatal(len(counts), err)
		}
	}
}

// BenchmarkQuietPosts is what it costs beside each post that nobody is spoken to in a
// room.
func BenchmarkQuietPosts(b *testing.B) {
	w := newWorld(b, "ada", "bob")
	n := 0
	for b.Loop() {
		b.StopTimer()
		for range batch {
			w.post("global", "ada", "nothing in particular")
		}
		b.StartTimer()
		if err := w.CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
		n += batch
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/post")
}

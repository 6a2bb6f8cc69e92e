package chat

import (
	"database/sql"
	"testing"

	"snug/db"
	"snug/db/dbtest"
)

// A whole order has all members, and of those who left only whom the room must know: it
// doesn't grow with all who ever came and went.
func TestWholeOrder(t *testing.T) {
	d, err := db.Open(t.Context(), dbtest.File(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, tt := range []struct {
		whole bool
		want  string
	}{{true, "gone here muted"}, {false, "gone"}} {
		var got string
		err := d.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`insert into rooms (id, slug, name, kind, created_at) values ('r', 'r', 'R', 'private', 1) on conflict do nothing;
				insert into members (room_id, user_id, role, joined_at, muted_until, left_at, told) values
				('r', 'gone', '', 1, 0, null, 0), ('r', 'here', 'member', 1, 0, null, 1), ('r', 'left', '', 1, 0, 2, 1), ('r', 'muted', '', 1, 9, 2, 1)
				on conflict do nothing`)
			if err != nil {
				return err
			}
			change := roomTx{ctx: t.Context(), tx: tx, room: roomRow{id: "r"}}
			if err := change.untold(tt.whole); err != nil {
				return err
			}
			for i, m := range change.order.Members {
				if i > 0 {
					got += " "
				}
				got += string(m.User.ID)
			}
			return nil
		})
		if err != nil || got != tt.want {
			t.Errorf("whole %v: %q, %v; want %q", tt.whole, got, err, tt.want)
		}
	}
}

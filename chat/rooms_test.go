package chat_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"snug/chat"
	"snug/db"
	"snug/db/dbtest"
)

func openRooms(t *testing.T, now func() time.Time) *chat.Rooms {
	t.Helper()
	d, err := db.Open(t.Context(), dbtest.File(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return chat.NewRooms(d, now)
}

func TestAddRooms(t *testing.T) {
	first := time.UnixMilli(1_700_000_000_123).UTC()
	now := first
	rooms := openRooms(t, func() time.Time { return now })
	add := func(want int, list ...chat.RoomEntry) {
		t.Helper()
		if added, err := rooms.Add(t.Context(), list...); added != want || err != nil {
			t.Errorf("added %d, %v; want %d", added, err, want)
		}
	}
	add(0)
	add(2, chat.RoomEntry{Slug: "b", Name: "Bé"}, chat.RoomEntry{Slug: "a"}, chat.RoomEntry{Slug: "b", Name: "twice"})
	now = now.Add(time.Hour)
	add(1, chat.RoomEntry{Slug: "b", Name: "renamed"}, chat.RoomEntry{Slug: "c", Name: "b-side"})
	// One that won't do, and none is added.
	if added, err := rooms.Add(t.Context(), chat.RoomEntry{Slug: "d"}, chat.RoomEntry{Slug: "D"}); added != 0 || err == nil {
		t.Errorf("added %d, %v", added, err)
	}

	a, b, c := chat.RoomEntry{"a", "a", chat.KindPublic, first}, chat.RoomEntry{"b", "Bé", chat.KindPublic, first}, chat.RoomEntry{"c", "b-side", chat.KindPublic, now}
	for _, tt := range []struct {
		text  string
		limit int
		want  []chat.RoomEntry
	}{
		{"", 10, []chat.RoomEntry{a, b, c}}, {"", 2, []chat.RoomEntry{a, b}}, {"B", 10, []chat.RoomEntry{b, c}}, {"é", 10, []chat.RoomEntry{b}},
		{"%", 10, nil}, {"_", 10, nil},
	} {
		if got, err := rooms.List(t.Context(), tt.text, tt.limit); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("list %q, at most %d: %v, %v", tt.text, tt.limit, got, err)
		}
	}
}

func TestRoomsThatWontDo(t *testing.T) {
	for _, tt := range []struct {
		entry chat.RoomEntry
		want  string // in the error; "": it will do
	}{
		{chat.RoomEntry{Slug: "a"}, ""},
		{chat.RoomEntry{Slug: "0-9_az"}, ""},
		{chat.RoomEntry{Slug: strings.Repeat("x", 100), Name: strings.Repeat("é", 100)}, ""},
		{chat.RoomEntry{}, "slug"},
		{chat.RoomEntry{Slug: strings.Repeat("x", 101)}, "slug"},
		{chat.RoomEntry{Slug: "General"}, "slug"},
		{chat.RoomEntry{Slug: "café"}, "slug"},
		{chat.RoomEntry{Slug: "a b"}, "slug"},
		{chat.RoomEntry{Slug: "a/b"}, "slug"},
		{chat.RoomEntry{Slug: "a\x00"}, "slug"},
		{chat.RoomEntry{Slug: "a", Name: strings.Repeat("é", 101)}, "100 characters"},
		{chat.RoomEntry{Slug: "a", Name: "\x1b[31m"}, "isn't text"},
		{chat.RoomEntry{Slug: "a", Name: "\xff"}, "isn't text"},
	} {
		err := tt.entry.Check()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.entry, err, tt.want)
		}
	}
}

// What turns the text around it about, or can't be seen, is in no name that others read.
func TestNamesShowWhatIsInThem(t *testing.T) {
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada", "bob")
		slug := w.make("ada", chat.KindPublic, "Plain")
		for _, text := range []string{"invoice \u202efdp.exe", "Gene\u200bral", "a\u2066b", "\u3164"} {
			section := text
			_, _, made := w.chat.MakeRoom(w.Context(), somebody("ada"), chat.NewRoom{Kind: chat.KindPublic, Name: text})
			_, _, grouped := w.chat.MakeRoom(w.Context(), somebody("ada"), chat.NewRoom{Kind: chat.KindGroup, Name: text, People: []chat.UserID{"bob"}})
			_, renamed := w.chat.ChangeRoom(w.Context(), somebody("ada"), slug, chat.RoomChange{Name: &text})
			_, about := w.chat.ChangeRoom(w.Context(), somebody("ada"), slug, chat.RoomChange{Topic: &text})
			_, sorted := w.chat.SetRoom(w.Context(), somebody("ada"), slug, chat.SettingsChange{Section: &section})
			_, says := w.chat.SetStatus(w.Context(), somebody("ada"), chat.OwnStatus{Text: text})
			for what, err := range map[string]error{"a room": made, "a group": grouped, "a new name": renamed, "a topic": about, "a section": sorted, "a status": says} {
				if code(err) != "bad_request" {
					t.Errorf("%s %q: %v", what, text, err)
				}
			}
			if err := (chat.RoomEntry{Slug: "x", Name: text}).Check(); err == nil {
				t.Errorf("a room named %q can be added", text)
			}
		}
	})
}

// A private room is known again by whoever made it, and by nobody else.
func TestAddPrivateRooms(t *testing.T) {
	rooms := openRooms(t, time.Now)
	long := strings.Repeat("x", 100)
	add := func(owner chat.UserID, want int, slugs ...string) []string {
		t.Helper()
		var list []chat.RoomEntry
		for _, slug := range slugs {
			list = append(list, chat.RoomEntry{Slug: slug, Kind: chat.KindPrivate})
		}
		got, added, err := rooms.AddOf(t.Context(), owner, list...)
		if err != nil || added != want || len(got) != len(list) {
			t.Errorf("added %d as %q, %v; want %d", added, got, err, want)
		}
		return got
	}
	first := add("ada", 3, "den", long, "a", "den")
	if first[0] != first[3] || len(first[1]) != 100 || strings.HasPrefix(first[1], long[:84]) {
		t.Errorf("got %q", first)
	}
	if again := add("ada", 0, "den", long, "a", first[0]); !slices.Equal(again, append(slices.Clone(first[:3]), first[0])) {
		t.Errorf("got %q, then %q", first, again)
	}
	if other := add("bob", 1, "den"); other[0] == first[0] {
		t.Error("bob is told of ada's room")
	}
}

package chat

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/db"
	"snug/db/dbtest"
	"snug/durable/durabletest"
)

// openService starts a chat for itself, on a store in memory.
func openService(t testing.TB) *Service {
	t.Helper()
	tables, err := db.Open(t.Context(), dbtest.File(t))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(t.Context(), Config{Store: durabletest.NewStore(), DB: tables, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
		_ = tables.Close()
	})
	return s
}

func TestPresenceCountsPeople(t *testing.T) {
	p := newPresence()
	check := func(step string, first, want bool, count int) {
		t.Helper()
		if first != want || p.count() != count {
			t.Errorf("%s: got %v with %d here, want %v with %d", step, first, p.count(), want, count)
		}
	}
	diff := func(step, joined, left string) {
		t.Helper()
		j, l := p.diff(10)
		if got := fmt.Sprint(names(j)); got != joined {
			t.Errorf("%s: joined %s, want %s", step, got, joined)
		}
		if got := fmt.Sprint(l); got != left {
			t.Errorf("%s: left %s, want %s", step, got, left)
		}
	}
	bob := User{ID: "u2", Name: "Bob"}
	check("first socket", p.enter(ada), true, 1)
	check("second tab", p.enter(ada), false, 1)
	check("another person", p.enter(bob), true, 2)
	diff("both came", "[Ada Bob]", "[]")
	diff("nothing more", "[]", "[]")
	check("one tab closes", p.exit("u1"), false, 2)
	check("the other one too", p.exit("u1"), true, 1)
	check("who isn't here can't go", p.exit("u1"), false, 1)
	check("nor a stranger", p.exit("u9"), false, 1)
	diff("Ada went", "[]", "[u1]")
	check("Ada comes", p.enter(ada), true, 2)
	check("and goes", p.exit("u1"), true, 1)
	diff("a joined frame may have shown her", "[]", "[u1]")
	check("a new name", p.enter(User{ID: "u2", Name: "Robert"}), false, 1)
	diff("is announced", "[Robert]", "[]")
	if got := fmt.Sprint(names(p.listed())); got != "[Robert]" {
		t.Errorf("here are %s", got)
	}
}

func TestPresenceListsTheFirstHundred(t *testing.T) {
	p := newPresence()
	for i := range 250 {
		p.enter(User{ID: UserID(fmt.Sprint(i)), Name: fmt.Sprint(i)})
	}
	p.exit("0")
	p.exit("50")
	p.enter(User{ID: "0", Name: "0"}) // came last now
	var want []string
	for i := 1; len(want) < 100; i++ {
		if i != 50 {
			want = append(want, fmt.Sprint(i))
		}
	}
	if got := names(p.listed()); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if p.count() != 249 {
		t.Errorf("%d here", p.count())
	}
}

// In a crowd not all who changed are named, and those first who went.
func TestPresenceNamesSome(t *testing.T) {
	p := newPresence()
	id := func(i int) UserID { return UserID(fmt.Sprint("u", i)) }
	for i := range nameCrowd {
		p.enter(User{ID: id(i)})
	}
	if j, l := p.diff(p.named()); len(j) != nameCrowd || len(l) != 0 {
		t.Errorf("%d joined and %d left of %d", len(j), len(l), nameCrowd)
	}
	for i := nameCrowd; i < nameCrowd+200; i++ {
		p.enter(User{ID: id(i)})
	}
	for i := range 70 {
		p.exit(id(i))
	}
	if j, l := p.diff(p.named()); len(j) != maxNamed-70 || len(l) != 70 {
		t.Errorf("%d joined, %d left", len(j), len(l))
	}
	if j, l := p.diff(p.named()); len(j)+len(l) != 0 {
		t.Errorf("%v and %v are named later", j, l)
	}
	// It was a crowd when they went.
	for i := 70; i < nameCrowd; i++ {
		p.exit(id(i))
	}
	if j, l := p.diff(p.named()); len(j) != 0 || len(l) != maxNamed || p.count() != 200 {
		t.Errorf("%d joined, %d left, %d are here", len(j), len(l), p.count())
	}
	p.exit(id(nameCrowd))
	if _, l := p.diff(p.named()); len(l) != 1 || p.named() != 0 {
		t.Errorf("left %v", l)
	}
}

// Where few are, a new state is told to all; in a crowd a new name is.
func TestPresenceOfStates(t *testing.T) {
	p := newPresence()
	p.enter(ada)
	p.diff(10)
	p.level0 = false
	away := ada
	away.State = StateAway
	p.become(p.people[ada.ID], away, false)
	if j, _ := p.diff(10); len(j) != 1 || j[0].State != StateAway || p.level0 {
		t.Errorf("joined %v, level 0 %v", j, p.level0)
	}
	for i := range nameCrowd {
		p.enter(User{ID: UserID(fmt.Sprint("other", i))})
	}
	p.diff(nameCrowd)
	p.level0 = false
	p.become(p.people[ada.ID], ada, false)
	if j, _ := p.diff(10); len(j) != 0 || p.listed()[0].State != "" || p.level0 {
		t.Errorf("joined %v, listed %v, level 0 %v", j, p.listed()[0], p.level0)
	}
	p.become(p.people[ada.ID], User{ID: ada.ID, Name: "Augusta"}, false)
	if j, _ := p.diff(10); len(j) != 1 || j[0].Name != "Augusta" || !p.level0 {
		t.Errorf("joined %v, level 0 %v", j, p.level0)
	}
}

func TestPresenceSlowsDown(t *testing.T) {
	for people, want := range map[int]time.Duration{
		0: presenceLeast, 1: presenceLeast, 200: presenceLeast, 5100: (presenceLeast + presenceMost) / 2, 10_000: presenceMost, 30_000: presenceMost,
	} {
		if got := (&presence{most: people}).every(); got != want {
			t.Errorf("%d people hear every %v, want %v", people, got, want)
		}
	}
}

func TestTypistsOfACrowd(t *testing.T) {
	now := time.UnixMilli(1_760_000_000_000)
	all := make(typists)
	pass := func(id string, after time.Duration, people int) bool {
		return all.pass(UserID(id), now.Add(after), people)
	}
	for i := range 20 {
		if !pass(fmt.Sprint("few", i), 0, typingCrowd) {
			t.Errorf("the %d. of few isn't passed on", i)
		}
	}
	clear(all)
	for i := range 20 {
		if got := pass(fmt.Sprint(i), 0, typingCrowd+1); got != (i < maxTypists) {
			t.Errorf("the %d. of many is passed on: %v", i, got)
		}
	}
	for _, c := range []struct {
		id    string
		after time.Duration
		want  bool
	}{
		{"0", typingEvery - 1, false},
		{"0", typingEvery, true}, // and so stays
		{"9", typingFor - 1, false},
		{"9", typingFor, true}, // the others have stopped
		{"0", typingFor, true},
		{"9", typingFor - 2*typingEvery, true}, // the clock was set back
	} {
		if got := pass(c.id, c.after, typingCrowd+1); got != c.want {
			t.Errorf("%s after %v: %v", c.id, c.after, got)
		}
	}
	if len(all) > maxTypists {
		t.Errorf("%d are kept", len(all))
	}
}

func TestStatusesThatAreRefused(t *testing.T) {
	now := time.UnixMilli(1_760_000_000_000)
	for name, c := range map[string]struct {
		status OwnStatus
		want   Code // "": it is taken
	}{
		"nothing":              {OwnStatus{}, ""},
		"all of it":            {OwnStatus{Emoji: "🌴", Text: "on holiday", Until: now.UnixMilli() + 1, DND: true}, ""},
		"the longest":          {OwnStatus{Text: strings.Repeat("é", maxStatusChars)}, ""},
		"too long":             {OwnStatus{Text: strings.Repeat("é", maxStatusChars+1)}, CodeTooLong},
		"two lines":            {OwnStatus{Text: "a\nb"}, CodeBadRequest},
		"no UTF-8":             {OwnStatus{Text: "\xff"}, CodeBadRequest},
		"no emoji":             {OwnStatus{Emoji: "x"}, CodeBadRequest},
		"two emoji":            {OwnStatus{Emoji: "🌴🌴"}, CodeBadRequest},
		"the past":             {OwnStatus{Text: "x", Until: now.UnixMilli()}, CodeBadRequest},
		"before there was one": {OwnStatus{Text: "x", Until: -1}, CodeBadRequest},
		"a year":               {OwnStatus{Text: "x", Until: now.Add(MaxUntil).UnixMilli()}, ""},
		"more than a year":     {OwnStatus{Text: "x", Until: now.Add(MaxUntil).UnixMilli() + 1}, CodeBadRequest},
		"the end of time":      {OwnStatus{Text: "x", Until: 9e18}, CodeBadRequest},
	} {
		got, err := c.status.check(now)
		if c.want == "" && (err != nil || got != c.status) || c.want != "" && (err == nil || AsError(err).Code != c.want) {
			t.Errorf("%s: %+v, %v, want %q", name, got, err, c.want)
		}
	}
	if got, err := (OwnStatus{Text: "  ", Until: now.UnixMilli() + 5}).check(now); err != nil || got != (OwnStatus{}) {
		t.Errorf("blanks: %+v, %v", got, err)
	}
}

// An idle socket is this record, and of its person this one: what is said of people must
// not make them any larger.
func TestSizeOfAnIdleSocket(t *testing.T) {
	if size := reflect.TypeFor[client]().Size(); size > 264 {
		t.Errorf("a client is %d bytes", size)
	}
	if size := reflect.TypeFor[livePerson]().Size(); size > 80 {
		t.Errorf("a person is %d bytes", size)
	}
}

// Nothing is kept of who has watched and gone.
func TestUnwatch(t *testing.T) {
	s := openService(t)
	watching := func(want ...UserID) {
		t.Helper()
		s.states.mu.Lock()
		defer s.states.mu.Unlock()
		var got []UserID
		for id := range s.states.watched {
			got = append(got, id)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("watched are %v, want %v", got, want)
		}
	}
	a, b := newClient(s), newClient(s)
	watch := func(c *client, want int, ids ...UserID) {
		t.Helper()
		s.states.mu.Lock()
		defer s.states.mu.Unlock()
		if got := s.states.watchLocked(c, ids); len(got) != want {
			t.Errorf("%v: answered with %v", ids, got)
		}
	}
	watch(a, 2, "a", "b", "a")
	watch(b, 2, "b", "c")
	watching("a", "b", "c")
	watch(a, 2, "c", "d")
	watching("b", "c", "d")
	watch(a, 0)
	watching("b", "c")
	s.states.unwatch(b)
	s.states.unwatch(b)
	watching()
	over := make(chan struct{})
	close(over)
	b.gone.Store(&over)
	watch(b, 1, "a") // it was read just before
	watching()
	if n := len(s.states.watches); n != 0 {
		t.Errorf("%d clients are kept", n)
	}
}

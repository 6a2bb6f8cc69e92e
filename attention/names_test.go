package attention

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"snug/chat"
	"snug/language"
)

// A group without a name is called by its people, for each as in their list and in their
// language, so that nothing that is told of it looks like a direct.
func TestAGroupWithoutANameIsCalledByItsPeople(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd", "dan")
	w.room("four", "group", "ada", "bob", "cyd", "dan")
	w.room("two", "group", "ada", "bob")
	w.room("named", "group", "ada", "bob", "cyd")
	w.room("pair", "direct", "ada", "bob")
	w.room("den", "private", "ada", "bob")
	w.exec(`update rooms set name = '' where slug in ('four', 'two', 'pair')`)
	german, arabic := language.German, language.Arabic
	w.set("cyd", Change{Language: &german})
	w.set("dan", Change{Language: &arabic})
	w.at("online", "bob", "cyd", "dan")

	// names are those that the notices since the last call, and the inbox of one person, tell.
	names := func(of string) string {
		t.Helper()
		w.catchUp()
		page, err := w.Inbox(t.Context(), chat.UserID(of), InboxQuery{})
		if err != nil {
			t.Fatal(err)
		}
		listed := fmt.Sprint(page.Items[0].RoomKind, " ", page.Items[0].RoomName)
		w.mu.Lock()
		defer w.mu.Unlock()
		told := ""
		for i, n := range w.notices {
			if strings.HasPrefix(w.told[i], of+" ") {
				told = fmt.Sprint(n.RoomKind, " ", n.RoomName)
			}
		}
		w.notices, w.told = nil, nil
		if told != listed {
			t.Errorf("the notice says %q, the inbox %q", told, listed)
		}
		return listed
	}
	for _, c := range []struct{ slug, by, to, want string }{
		{"four", "ada", "bob", "group ADA, CYD, DAN"},
		{"four", "bob", "cyd", "group ADA, BOB, DAN"},
		{"four", "bob", "dan", "group ADA، BOB، CYD"},
		{"two", "ada", "bob", "group ADA, BOB"},
		{"named", "ada", "bob", "group NAMED"},
		{"pair", "ada", "bob", "direct ADA"},
		{"den", "ada", "bob", "private DEN"},
	} {
		w.post(c.slug, c.by, to(c.to))
		if got := names(c.to); got != c.want {
			t.Errorf("what %s is told of %s: %q, want %q", c.to, c.slug, got, c.want)
		}
	}

	// Mails say so too.
	w.at("away", "bob", "cyd", "dan")
	for _, slug := range []string{"four", "two", "pair"} {
		w.post(slug, "ada", "hi")
	}
	w.catchUp()
	w.after(mailEvery)
	w.after(mailEvery)
	mails := make(map[string]string)
	for _, m := range w.takeMails() {
		mails[m.To] += m.Text
	}
	for to, want := range map[string][]string{
		"bob@example.org": {"ADA in ADA, CYD, DAN:\n  hi", "ADA in ADA, BOB:\n  hi", "ADA:\n  hi"},
		"cyd@example.org": {"ADA in ADA, BOB, DAN:\n  hi"},
	} {
		for _, text := range want {
			if !strings.Contains(mails[to], "\n"+text) {
				t.Errorf("to %s: no %q in %s", to, text, mails[to])
			}
		}
	}

	// Nobody else is left: what was said there may still stand in the inbox.
	w.at("online", "cyd")
	w.post("four", "ada", to("cyd"))
	w.catchUp()
	w.exec(`update members set role = '' where room_id = 'id-four' and user_id <> 'cyd'`)
	w.notices, w.told = nil, nil
	page, err := w.Inbox(t.Context(), "cyd", InboxQuery{})
	if err != nil || page.Items[0].RoomName != "Eine Gruppe für dich allein" {
		t.Errorf("%+v, %v", page, err)
	}
}

// A push has place for the names of all that a group may have.
func TestTheNameOfAGroupIsBounded(t *testing.T) {
	r := room{kind: chat.KindGroup}
	for i := range 9 {
		r.people = append(r.people, chat.User{ID: chat.UserID(fmt.Sprint(i)), Name: strings.Repeat("é", 60)})
	}
	name := []rune(r.nameFor("0", "", &chat.Message{}))
	if len(name) != nameChars || name[nameChars-1] != '…' {
		t.Errorf("got %q", string(name))
	}
}

// Whoever is written to in a direct or a group is woken at once, whatever it is called.
func TestPushesOfGroupsAreUrgent(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	w.room("trio", "group", "ada", "bob", "cyd")
	w.room("team", "public", "ada", "bob")
	w.exec(`update members set notify = 'all' where room_id = 'id-team'`)
	for slug, want := range map[string]bool{"trio": true, "team": false} {
		w.post(slug, "ada", "hello")
		w.catchUp()
		w.after(time.Minute)
		w.mu.Lock()
		if len(w.urgent) == 0 {
			t.Errorf("%s: nothing was pushed", slug)
		}
		for _, urgent := range w.urgent {
			if urgent != want {
				t.Errorf("%s: urgent is %v", slug, urgent)
			}
		}
		w.urgent = nil
		w.mu.Unlock()
	}
}

package httpapi_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"snug/chat"
)

// Lists come in pieces that make up the whole, and what is asked for in a wrong way is
// said.
func TestListsInPieces(t *testing.T) {
	tw := newTown(t)
	ann := tw.citizen("ann", chat.RoleMember)
	var people []chat.UserID
	for _, id := range []string{"zoe", "bea", "cat", "dot"} {
		people = append(people, tw.citizen(id, chat.RoleMember).id)
	}
	var slugs []string
	for _, name := range []string{"tea", "Ale", "cider", "Éclair"} {
		slugs = append(slugs, ann.make(chat.KindPublic, name, people...))
	}
	ann.make(chat.KindPrivate, "Tea for two")

	var found []string
	for after, pieces := "", 0; pieces == 0 || after != ""; pieces++ {
		var page chat.BrowsePage
		ann.do("GET", "/api/rooms/browse?limit=2&after="+url.QueryEscape(after), "", &page)
		for _, r := range page.Rooms {
			found = append(found, r.Slug)
			if want := 5; r.Members != want || !r.Joined {
				t.Errorf("%+v, want %d members", r, want)
			}
		}
		if after = page.Next; pieces > 5 {
			t.Fatal("the list has no end")
		}
	}
	if want := "ale cider global tea clair"; strings.Join(found, " ") != want {
		t.Errorf("found %v, want %s", found, want)
	}
	var page chat.BrowsePage
	if ann.do("GET", "/api/rooms/browse?query=TEA", "", &page); len(page.Rooms) != 1 || page.Rooms[0].Slug != "tea" {
		t.Errorf("found %+v", page)
	}

	found = nil
	members := "/api/rooms/" + slugs[0] + "/members"
	for after, pieces := "", 0; pieces == 0 || after != ""; pieces++ {
		var page chat.MemberPage
		ann.do("GET", members+"?limit=2&after="+url.QueryEscape(after), "", &page)
		for _, m := range page.Members {
			found = append(found, fmt.Sprint(m.ID, ":", m.Role))
		}
		if after = page.Next; page.Count != 5 || pieces > 5 {
			t.Fatalf("got %+v", page)
		}
	}
	if want := []string{"ann:owner", "bea:member", "cat:member", "dot:member", "zoe:member"}; !slices.Equal(found, want) {
		t.Errorf("members %v, want %v", found, want)
	}
	for _, c := range []struct{ path, want string }{
		{"/api/rooms/browse?limit=101", "limit must be"}, {"/api/rooms/browse?limit=x", "limit must be"}, {members + "?limit=0", "limit must be"},
		{members + "?after=nonsense", "after isn't"}, {members + "?query=" + strings.Repeat("x", 101), "query must be"},
	} {
		if a := ann.ask("GET", c.path, ""); a.status != 400 || !strings.Contains(a.body, c.want) {
			t.Errorf("%s: %d %s", c.path, a.status, a.body)
		}
	}
}

// What a room can't be is said in words that name it.
func TestRoomsThatCannotBe(t *testing.T) {
	tw := newTown(t)
	ann := tw.citizen("ann", chat.RoleMember)
	slug := ann.make(chat.KindPublic, "The Room")
	if again := ann.make(chat.KindPublic, "the  room!"); slug != "the-room" || again != "the-room-2" {
		t.Errorf("slugs %s and %s", slug, again)
	}
	if private := ann.make(chat.KindPrivate, "The Room"); !strings.HasPrefix(private, "the-room-") || len(private) < len("the-room-")+16 {
		t.Errorf("the address of a private room can be guessed: %s", private)
	}
	if reserved := ann.make(chat.KindPublic, "Browse"); reserved != "room" {
		t.Errorf("slug %s", reserved)
	}
	at := "/api/rooms/" + slug
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/api/rooms", `{"kind":"public"}`, 400, "name is missing"},
		{"POST", "/api/rooms", `{"kind":"public","name":"x","slug":"A b"}`, 400, "slug must be"},
		{"POST", "/api/rooms", `{"kind":"public","name":"x","slug":"read"}`, 400, "slug must be"},
		{"POST", "/api/rooms", `{"kind":"public","name":"x","slug":"the-room"}`, 409, "Choose another one"},
		{"POST", "/api/rooms", `{"kind":"public","name":"` + strings.Repeat("x", 101) + `"}`, 400, "name must be"},
		{"POST", "/api/rooms", `{"kind":"public","name":"x","topic":"a\nb"}`, 400, "topic must be one line"},
		{"POST", "/api/rooms", `{"kind":"direct"}`, 400, "people must be the one other"},
		{"POST", "/api/rooms", `{"kind":"direct","people":["ann"]}`, 400, "people must be the one other"},
		{"POST", "/api/rooms", `{"kind":"group","people":["a","b","c","d","e","f","g","h","i"]}`, 400, "people must be 1 to 8"},
		{"PATCH", at, `{"slowModeSeconds":21601}`, 400, "slowModeSeconds must be 0 to 21600"},
		{"PATCH", at, `{"kind":"group"}`, 400, "kind must be public or private"},
		{"PATCH", at, `{"name":""}`, 400, "name can't be empty"},
		{"PATCH", at, `{"name":" \u3000"}`, 400, "name can't be empty"},
		{"PATCH", "/api/rooms/global", `{"topic":"mine"}`, 403, "You may not change the name and the topic here"},
		{"PUT", at + "/members/ann/mute", `{"seconds":0}`, 400, "seconds must"},
		{"PUT", at + "/members/ann/mute", `{"seconds":9}`, 403, "can't mute"},
		{"PUT", at + "/members/nobody", `{"role":"king"}`, 400, "role must be"},
		{"PUT", at + "/settings", `{"notify":"loudly"}`, 400, "notify must be"},
		{"PUT", at + "/settings", `{"hidden":true}`, 400, "hidden is for directs"},
		{"DELETE", "/api/rooms/global/membership", "", 403, "Everybody on this server"},
		{"GET", "/api/people/nobody", "", 404, "no such person"},
	} {
		if a := ann.ask(c.method, c.path, c.body); a.status != c.status || !strings.Contains(a.body, c.want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.path, c.body, a.status, a.body, c.status, c.want)
		}
	}
	for range 70 {
		if a := ann.ask("POST", "/api/rooms", `{"kind":"public","name":"many"}`); a.status != 201 {
			if a.status != 429 || a.header.Get("Retry-After") == "" {
				t.Errorf("too many rooms: %d %s", a.status, a.body)
			}
			return
		}
	}
	t.Error("somebody makes as many rooms as they like")
}

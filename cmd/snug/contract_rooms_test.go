package main

import (
	"encoding/json"
	"strings"
)

// useRooms asks for everything that there is to do with rooms.
func useRooms(ada, bob caller) {
	t := ada.t
	t.Helper()
	idOf := func(name string) string {
		t.Helper()
		var found struct{ People []struct{ UserID string } }
		ada.call("GET", "/api/people?query="+name, nil, 200, &found)
		if len(found.People) != 1 {
			t.Fatalf("%d people named %s", len(found.People), name)
		}
		return found.People[0].UserID
	}
	bobID := idOf("Bob")
	ada.call("GET", "/api/people/"+bobID, nil, 200, nil)
	ada.call("GET", "/api/people/nobody", nil, 404, nil)

	var room struct{ Slug, Name string }
	ada.call("POST", "/api/rooms", map[string]any{"name": "The Den", "kind": "public", "topic": "of bears"}, 201, &room)
	if room.Slug != "the-den" {
		t.Errorf("slug %q", room.Slug)
	}
	at := "/api/rooms/" + room.Slug
	bob.call("GET", "/api/rooms/browse?query=bears&limit=5", nil, 200, nil)
	bob.call("PUT", at+"/membership", nil, 200, nil)
	bob.call("POST", at+"/messages", map[string]any{"content": "a line to export"}, 200, nil)
	ada.call("GET", at+"/members?query=b", nil, 200, nil)
	bob.call("PUT", at+"/settings", map[string]any{"notify": "all", "favourite": true, "section": "Play", "snoozedUntil": 1}, 200, nil)
	ada.call("PUT", at+"/members/"+bobID, map[string]any{"role": "moderator"}, 200, nil)
	ada.call("PUT", at+"/members/"+bobID+"/mute", map[string]any{"seconds": 60}, 200, nil)
	bob.call("POST", at+"/messages", map[string]any{"content": "muted"}, 403, nil)
	bob.call("GET", at, nil, 200, nil)
	ada.call("DELETE", at+"/members/"+bobID+"/mute", nil, 200, nil)
	ada.call("PATCH", at, map[string]any{"name": "Den", "topic": "", "slowModeSeconds": 3600, "kind": "private"}, 200, nil)
	ada.call("PUT", at+"/archive", nil, 200, nil)
	bob.call("POST", at+"/messages", map[string]any{"content": "archived"}, 403, nil)
	ada.call("DELETE", at+"/archive", nil, 200, nil)
	ada.call("DELETE", at+"/membership", nil, 403, nil) // the last owner
	bob.call("DELETE", at, map[string]any{"name": "Den"}, 403, nil)
	status, lines := ada.request("GET", at+"/export", nil)
	if n := strings.Count(lines, "\n"); status != 200 || n != 4 || !strings.Contains(lines, "a line to export") {
		t.Errorf("export: %d, %d lines: %s", status, n, lines)
	}
	for line := range strings.Lines(lines) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the export: %s", line)
		}
	}
	ada.call("DELETE", at+"/members/"+bobID, nil, 200, nil)
	bob.call("GET", at, nil, 404, nil)
	ada.call("DELETE", at, map[string]any{"name": "The Den"}, 400, nil)
	ada.call("DELETE", at, map[string]any{"name": "Den"}, 200, nil)
	ada.call("GET", at, nil, 404, nil)

	direct := map[string]any{"kind": "direct", "people": []string{bobID}}
	ada.call("POST", "/api/rooms", direct, 201, &room)
	ada.call("POST", "/api/rooms", direct, 200, nil)
	if room.Name != "Bob" {
		t.Errorf("the direct is called %q", room.Name)
	}
	bob.call("PUT", "/api/rooms/"+room.Slug+"/settings", map[string]any{"hidden": true}, 200, nil)
	bob.call("DELETE", "/api/rooms/"+room.Slug+"/membership", nil, 403, nil)
	ada.call("POST", "/api/rooms", map[string]any{"kind": "group", "people": []string{bobID}, "name": "Two"}, 201, &room)
	bob.call("DELETE", "/api/rooms/"+room.Slug+"/membership", nil, 200, nil)
	ada.call("PUT", "/api/rooms/read", map[string]any{}, 200, nil)
	ada.call("POST", "/api/rooms", map[string]any{"name": "Taken", "slug": "global", "kind": "public"}, 409, nil)
	ada.call("POST", "/api/rooms", map[string]any{"kind": "direct", "people": []string{"nobody"}}, 404, nil)
	ada.call("POST", "/api/rooms", map[string]any{"kind": "palace"}, 400, nil)
	bob.call("PATCH", "/api/rooms/global", map[string]any{"name": "Mine"}, 403, nil)
	useModeration(ada, bob, bobID)
}

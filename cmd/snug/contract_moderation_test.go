package main

import "strings"

// useModeration asks for everything that there is to do for who keeps order, and leads
// bob by an invitation into a private room.
func useModeration(ada, bob caller, bobID string) {
	t := ada.t
	t.Helper()
	var room struct{ Slug string }
	ada.call("POST", "/api/rooms", map[string]any{"name": "Council", "kind": "private"}, 201, &room)
	at := "/api/rooms/" + room.Slug
	bob.call("GET", at, nil, 404, nil)
	var made struct{ URL, Room, RoomName string }
	bob.call("POST", "/api/account/invites", map[string]any{"room": room.Slug}, 403, nil)
	ada.call("POST", "/api/account/invites", map[string]any{"room": "nowhere"}, 403, nil)
	ada.call("POST", "/api/account/invites", map[string]any{"room": room.Slug}, 200, &made)
	if made.Room != room.Slug || made.RoomName != "Council" {
		t.Errorf("the invitation leads into %+v", made)
	}
	token := map[string]string{"token": made.URL[strings.LastIndexByte(made.URL, '/')+1:]}
	var opened struct{ RoomName string }
	bob.call("POST", "/api/account/invites/open", token, 200, &opened)
	var entered struct{ Room string }
	bob.call("POST", "/api/account/invites/accept", token, 200, &entered)
	bob.call("POST", "/api/account/invites/accept", token, 200, nil) // again: it takes no other use
	if opened.RoomName != "Council" || entered.Room != room.Slug {
		t.Errorf("opened %+v, entered %+v", opened, entered)
	}
	bob.call("GET", at, nil, 200, nil)
	ada.call("POST", "/api/account/invites/open", token, 404, nil) // it was good once
	bob.call("POST", "/api/account/invites/accept", map[string]string{"token": "none"}, 404, nil)

	var m struct{ ID string }
	bob.call("POST", at+"/messages", map[string]any{"content": "watches"}, 200, &m)
	ada.call("POST", at+"/messages/"+m.ID+"/report", map[string]any{"reason": "spam"}, 200, nil)
	var found struct {
		Reports []struct {
			ID      int64
			Message struct{ Content string }
		}
	}
	ada.call("GET", "/api/reports?open=true&limit=5", nil, 200, &found)
	if len(found.Reports) != 1 || found.Reports[0].Message.Content != "watches" {
		t.Fatalf("reported: %+v", found)
	}
	ada.call("PUT", "/api/reports/1", map[string]any{"state": "handled", "note": "deleted"}, 200, nil)
	ada.call("PUT", "/api/reports/1", map[string]any{"state": "dismissed"}, 409, nil)
	bob.call("GET", "/api/reports", nil, 200, nil)
	ada.call("DELETE", at+"/members/"+bobID+"/messages", nil, 200, nil)
	ada.call("GET", "/api/audit?limit=5", nil, 200, nil)
	var log struct {
		Entries []struct {
			Action, Detail string
			User           struct{ UserID string }
		}
	}
	ada.call("GET", "/api/audit?room="+room.Slug+"&user="+bobID, nil, 200, &log)
	if last := log.Entries[len(log.Entries)-1]; last.Action != "member_invited" || last.User.UserID != bobID {
		t.Errorf("who came by an invitation is noted as %+v", last)
	}
	ada.call("GET", "/api/audit?room="+room.Slug, nil, 200, &log)
	if first := log.Entries[len(log.Entries)-2]; first.Action != "invite_made" || first.Detail != "1 604800" {
		t.Errorf("an invitation is noted as %+v", first)
	}
	bob.call("GET", "/api/audit", nil, 403, nil)
	person := "/api/people/" + bobID
	ada.call("PUT", person+"/role", map[string]any{"role": "moderator"}, 200, nil)
	ada.call("PUT", person+"/role", map[string]any{"role": "member"}, 200, nil)
	bob.call("DELETE", person+"/sessions", nil, 403, nil)
	bob.call("PUT", person+"/ban", map[string]any{}, 403, nil)
	bob.call("GET", "/api/bans", nil, 403, nil)
	ada.call("GET", "/api/bans?query=b&limit=5", nil, 200, nil)
	ada.call("DELETE", person+"/ban", nil, 200, nil)
}

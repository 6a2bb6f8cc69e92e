package httpapi_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"snug/chat"
)

// The outcomes of trying something.
const (
	done      = "done"
	forbidden = "forbidden"
	hidden    = "hidden" // there is no such room
)

func (a answer) outcome() string {
	switch {
	case a.status/100 == 2:
		return done
	case a.status == http.StatusForbidden:
		return forbidden
	case a.status == http.StatusNotFound && strings.Contains(a.body, "There is no such room."):
		return hidden
	}
	return fmt.Sprint(a.status, " ", a.body)
}

func (f told) outcome() string {
	switch {
	case f.Type == "ok" || f.Type == "ack" || f.Type == "joined":
		return done
	case f.Code == "forbidden":
		return forbidden
	case f.Code == "not_found" && strings.Contains(f.raw, "There is no such room."):
		return hidden
	}
	return f.raw
}

// square is a square of the matrix: somebody with a role on the server and one as a
// member ("": none), in a room of a kind.
type square struct {
	citizen
	kind         chat.RoomKind
	member       chat.Role
	role         chat.Role // what they are there, all in all
	room         string
	root, victim citizen
	newcomer     citizen
	own, other   chat.Message
	victims      chat.Message // the victim's
}

// trials say how to do what the table of permissions has, by HTTP. They are tried in
// this order: each leaves the room so that the next ones can be tried.
func trials() []struct {
	action chat.Action
	try    func(q square) answer
} {
	at := func(q square, rest string) string { return "/api/rooms/" + q.room + rest }
	message := func(q square, m chat.Message, rest string) string { return at(q, "/messages/"+string(m.ID)+rest) }
	return []struct {
		action chat.Action
		try    func(q square) answer
	}{
		{chat.ActSee, func(q square) answer { return q.ask("GET", at(q, ""), "") }},
		{chat.ActRead, func(q square) answer { return q.ask("GET", at(q, "/messages"), "") }},
		{chat.ActPost, func(q square) answer { return q.ask("POST", at(q, "/messages"), `{"content":"by HTTP"}`) }},
		{chat.ActMentionAll, func(q square) answer { return q.ask("POST", at(q, "/messages"), `{"content":"@[room](room:all)"}`) }},
		{chat.ActUpload, func(q square) answer {
			return q.ask("POST", at(q, "/messages"), `{"content":"","clientId":"h","attachments":["f"]}`)
		}},
		{chat.ActReact, func(q square) answer {
			return q.ask("PUT", message(q, q.other, "/reactions/"+url.PathEscape("👍")), "")
		}},
		{chat.ActPin, func(q square) answer { return q.ask("PUT", message(q, q.other, "/pin"), "") }},
		{chat.ActEditOwn, func(q square) answer { return q.ask("PATCH", message(q, q.own, ""), `{"content":"edited"}`) }},
		{chat.ActDeleteOwn, func(q square) answer { return q.ask("DELETE", message(q, q.own, ""), "") }},
		{chat.ActDeleteAny, func(q square) answer { return q.ask("DELETE", message(q, q.other, ""), "") }},
		{chat.ActReport, func(q square) answer { return q.ask("POST", message(q, q.victims, "/report"), `{"reason":"spam"}`) }},
		{chat.ActDeleteAny, func(q square) answer { return q.ask("DELETE", at(q, "/members/"+string(q.victim.id)+"/messages"), "") }},
		{chat.ActSeeAudit, func(q square) answer { return q.ask("GET", "/api/audit?room="+q.room, "") }},
		{chat.ActExportRoom, func(q square) answer { return q.ask("GET", at(q, "/export"), "") }},
		{chat.ActAdd, func(q square) answer { return q.ask("PUT", at(q, "/members/"+string(q.newcomer.id)), `{}`) }},
		{chat.ActMute, func(q square) answer {
			return q.ask("PUT", at(q, "/members/"+string(q.victim.id)+"/mute"), `{"seconds":9}`)
		}},
		{chat.ActSetRoles, func(q square) answer {
			return q.ask("PUT", at(q, "/members/"+string(q.newcomer.id)), `{"role":"moderator"}`)
		}},
		{chat.ActRemove, func(q square) answer { return q.ask("DELETE", at(q, "/members/"+string(q.victim.id)), "") }},
		{chat.ActEditRoom, func(q square) answer { return q.ask("PATCH", at(q, ""), `{"topic":"another"}`) }},
		{chat.ActSlowMode, func(q square) answer { return q.ask("PATCH", at(q, ""), `{"slowModeSeconds":5}`) }},
		{chat.ActArchive, func(q square) answer { return q.ask("PUT", at(q, "/archive"), "") }},
		{chat.ActSetKind, func(q square) answer {
			other := map[chat.RoomKind]string{chat.KindPrivate: "public"}[q.kind]
			if other == "" {
				other = "private"
			}
			a := q.ask("PATCH", at(q, ""), `{"kind":"`+other+`"}`)
			if a.outcome() == done { // what one is there may be another thing now
				q.root.do("PATCH", at(q, ""), fmt.Sprintf(`{"kind":%q}`, q.kind), nil)
			}
			return a
		}},
		{chat.ActDeleteRoom, func(q square) answer {
			var info chat.RoomInfo
			if q.role != "" {
				q.do("GET", at(q, ""), "", &info)
			}
			return q.ask("DELETE", at(q, ""), fmt.Sprintf(`{"name":%q}`, info.Name))
		}},
	}
}

// frames likewise, by the socket.
func frames() []struct {
	action chat.Action
	fields func(q square) map[string]any
} {
	return []struct {
		action chat.Action
		fields func(q square) map[string]any
	}{
		{chat.ActRead, func(square) map[string]any { return map[string]any{"type": "join"} }},
		{chat.ActPost, func(square) map[string]any {
			return map[string]any{"type": "message", "clientId": "s1", "content": "by socket"}
		}},
		{chat.ActUpload, func(square) map[string]any {
			return map[string]any{"type": "message", "clientId": "s2", "content": "", "attachments": []string{"g"}}
		}},
		{chat.ActMentionAll, func(square) map[string]any {
			return map[string]any{"type": "message", "clientId": "s3", "content": "@[here](room:here)"}
		}},
		{chat.ActPost, func(square) map[string]any { return map[string]any{"type": "typing"} }},
		{chat.ActRead, func(square) map[string]any { return map[string]any{"type": "read", "seq": 1} }},
		{chat.ActReact, func(q square) map[string]any {
			return map[string]any{"type": "react", "id": q.other.ID, "emoji": "🎉", "on": true}
		}},
		{chat.ActPin, func(q square) map[string]any { return map[string]any{"type": "pin", "id": q.other.ID, "on": true} }},
		{chat.ActEditOwn, func(q square) map[string]any {
			return map[string]any{"type": "edit", "id": q.own.ID, "content": "edited by socket"}
		}},
		{chat.ActDeleteOwn, func(q square) map[string]any { return map[string]any{"type": "delete", "id": q.own.ID} }},
		{chat.ActDeleteAny, func(q square) map[string]any { return map[string]any{"type": "delete", "id": q.other.ID} }},
		{chat.ActRead, func(square) map[string]any { return map[string]any{"type": "leave"} }},
	}
}

// want is what the table says of an action in the square.
func (q square) want(action chat.Action) string {
	switch {
	case q.role == "":
		return hidden
	case chat.May(action, q.role, q.kind):
		return done
	}
	return forbidden
}

// Every role, every action, every kind of room, over HTTP and over the socket: what
// happens is what the table of permissions says.
func TestPermissionMatrix(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	roles := []chat.Role{chat.RoleOwner, chat.RoleAdmin, chat.RoleModerator, chat.RoleMember, chat.RoleGuest, chat.RoleBot}
	squares := 0
	for _, kind := range []chat.RoomKind{chat.KindPublic, chat.KindPrivate, chat.KindDirect, chat.KindGroup} {
		for _, server := range roles {
			for _, member := range []chat.Role{"", chat.RoleMember, chat.RoleModerator, chat.RoleOwner} {
				squares++
				name := fmt.Sprintf("%s-%s-%s", kind, server, member)
				q := tw.square(kind, server, member, fmt.Sprint(squares))
				q.tryFrames(name)
				q.renew()
				for _, trial := range trials() {
					if got, want := trial.try(q).outcome(), q.want(trial.action); got != want {
						t.Errorf("%s: %s by HTTP: %s, want %s", name, trial.action, got, want)
					}
				}
			}
		}
	}
	if squares != 4*6*4 {
		t.Errorf("%d squares", squares)
	}
}

// square makes a room, and everybody who is in it.
func (tw *town) square(kind chat.RoomKind, server, member chat.Role, n string) square {
	tw.t.Helper()
	q := square{kind: kind, member: member, role: chat.RoleIn(server, member, kind)}
	q.root, q.victim, q.newcomer = tw.citizen("root"+n, chat.RoleMember), tw.citizen("victim"+n, chat.RoleMember), tw.citizen("new"+n, chat.RoleMember)
	q.citizen = tw.citizen("subject"+n, server)
	people := []chat.UserID{q.victim.id}
	switch {
	case kind == chat.KindDirect && member != "":
		people, q.victim = []chat.UserID{q.id}, q.root
	case member != "":
		people = append(people, q.id)
	}
	q.room = q.root.make(kind, "Room", people...)
	if member != "" {
		// A role that the rules of the room wouldn't give them counts no more for that.
		err := tw.tables.Write(tw.t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`update members set role = ?, told = 0 where user_id = ?`, string(member), string(q.id))
			return err
		})
		if err == nil {
			err = tw.chat.Settle(tw.t.Context())
		}
		if err != nil {
			tw.t.Fatal(err)
		}
	}
	q.renew()
	return q
}

// renew posts the messages that something is tried with.
func (q *square) renew() {
	q.other = q.root.say(q.room, "by another")
	q.victims = q.victim.say(q.room, "by the victim")
	q.own = q.other
	if q.role != "" {
		q.own = q.say(q.room, "by oneself")
	}
}

func (q square) tryFrames(name string) {
	list := frames()
	if q.role == "" {
		list = list[:2] // the rest is looked at where hidden rooms are: see TestHiddenRooms
	}
	socket := q.dial()
	for _, f := range list {
		fields := f.fields(q)
		fields["room"] = q.room
		if got, want := socket.frame(fields).outcome(), q.want(f.action); got != want {
			q.t.Errorf("%s: %v by socket: %s, want %s", name, fields, got, want)
		}
	}
	_ = socket.conn.CloseNow() // nobody waits for it
}

func TestPermissionsOnTheServer(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	other := tw.citizen("other", chat.RoleMember)
	for i, role := range []chat.Role{chat.RoleOwner, chat.RoleAdmin, chat.RoleModerator, chat.RoleMember, chat.RoleGuest, chat.RoleBot} {
		c := tw.citizen(fmt.Sprint("c", i), role)
		for action, body := range map[chat.Action]string{
			chat.ActMakePublic:  `{"kind":"public","name":"A room"}`,
			chat.ActMakePrivate: `{"kind":"private","name":"A room"}`,
			chat.ActMakeDirect:  fmt.Sprintf(`{"kind":"direct","people":[%q]}`, other.id),
		} {
			want := forbidden
			if chat.May(action, role, chat.OnServer) {
				want = done
			}
			if got := c.ask("POST", "/api/rooms", body).outcome(); got != want {
				t.Errorf("%s: %s: %s, want %s", role, action, got, want)
			}
		}
		leaver, want := tw.citizen(fmt.Sprint("leaver", i), chat.RoleMember), forbidden
		room := other.make(chat.KindGroup, "Room", c.id, leaver.id)
		leaver.do("DELETE", "/api/rooms/"+room+"/membership", "", nil)
		if chat.May(chat.ActBringBack, role, chat.OnServer) {
			want = done
		}
		if got := c.ask("PUT", "/api/rooms/"+room+"/members/"+string(leaver.id), `{}`).outcome(); got != want {
			t.Errorf("%s: %s: %s, want %s", role, chat.ActBringBack, got, want)
		}
	}
}

// Whatever one is in a room, one does nothing to those who run the server unless one does
// so too, and with a role as high.
func TestRoomRolesEndBelowServerRoles(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	mine := []chat.Role{chat.RoleMember, chat.RoleModerator, chat.RoleAdmin, chat.RoleOwner}
	for i, server := range mine {
		head := tw.citizen(fmt.Sprint("head", i), server)
		for j, theirs := range mine {
			for _, kind := range []chat.RoomKind{chat.KindPublic, chat.KindPrivate} {
				other := tw.citizen(fmt.Sprintf("other%d%d%s", i, j, kind), theirs)
				member := "/api/rooms/" + head.make(kind, "Room", other.id) + "/members/" + string(other.id)
				want := done
				if j > i && theirs != chat.RoleModerator {
					want = forbidden
				}
				for _, a := range []answer{head.ask("PUT", member+"/mute", `{"seconds":9}`), head.ask("DELETE", member, "")} {
					if got := a.outcome(); got != want {
						t.Errorf("the owner of a %s room, %s on the server, to one who is %s: %s, want %s", kind, server, theirs, got, want)
					}
				}
			}
		}
	}
}

// An action that nobody tries is one that nobody knows of whether it is checked.
func TestEveryActionIsTried(t *testing.T) {
	tried := map[chat.Action]bool{
		chat.ActMakePublic: true, chat.ActMakePrivate: true, chat.ActMakeDirect: true,
		chat.ActInvite: true, // by auth, which has its own tests
	}
	for _, trial := range trials() {
		tried[trial.action] = true
	}
	tried[chat.ActBringBack] = true
	for _, action := range []chat.Action{chat.ActBan, chat.ActSeeReports, chat.ActSetServerRoles} {
		tried[action] = true // in moderation_test.go
	}
	tried[chat.ActNameServer] = true // in naming_test.go
	for _, p := range chat.Permissions() {
		if !tried[p.Action] {
			t.Errorf("nobody tries to %s", p.Action)
		}
	}
}

package httpapi_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"snug/chat"
	"snug/httpapi"
)

// Whoever isn't in a room that isn't public can't tell it from one that isn't there: not
// by any route that names a room, nor by any frame, whatever they are on the server.
func TestHiddenRooms(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	ann, bob := tw.citizen("ann", chat.RoleMember), tw.citizen("bob", chat.RoleMember)
	lists := map[string]string{
		"GET /api/rooms":               "",
		"GET /api/rooms/browse":        "",
		"GET /api/threads":             "",
		"GET /api/drafts":              "",
		"GET /api/rooms/browse?query=": "",
	}
	for i, kind := range []chat.RoomKind{chat.KindPrivate, chat.KindDirect, chat.KindGroup} {
		slug := ann.make(kind, "Hidden", bob.id)
		m := ann.say(slug, "what nobody else is to see")
		missing := strings.Repeat("x", len(slug))
		for j, role := range []chat.Role{chat.RoleOwner, chat.RoleMember, chat.RoleGuest} {
			eve := tw.citizen(fmt.Sprint("eve", i, j), role)
			eve.cannotTell(slug, missing, m)
			if role == chat.RoleOwner { // each frame that finds no room is held for a moment
				eve.cannotTellByFrames(slug, missing, m)
			}
			for list := range lists {
				method, path, _ := strings.Cut(list, " ")
				if a := eve.ask(method, path, ""); a.status != 200 || strings.Contains(a.body, slug) || strings.Contains(a.body, "nobody else") {
					t.Errorf("%s as %s: %d %s", list, role, a.status, a.body)
				}
			}
		}
		// Who was in it and isn't any more is nobody special.
		if kind == chat.KindDirect {
			continue
		}
		bob.do("PUT", "/api/drafts", fmt.Sprintf(`{"room":%q,"content":"a draft","updatedAt":5}`, slug), nil)
		bob.do("PUT", "/api/drafts", fmt.Sprintf(`{"room":%q,"thread":"t","content":"one that goes","updatedAt":5}`, slug), nil)
		bob.do("PUT", "/api/drafts", fmt.Sprintf(`{"room":%q,"thread":"t","content":"","updatedAt":6}`, slug), nil)
		bob.do("PUT", "/api/rooms/"+slug+"/messages/"+string(m.ID)+"/follow", "", nil)
		bob.do("DELETE", "/api/rooms/"+slug+"/membership", "", nil)
		bob.cannotTell(slug, missing, m)
		bob.cannotTellByFrames(slug, missing, m)
		for list := range lists {
			method, path, _ := strings.Cut(list, " ")
			if a := bob.ask(method, path, ""); strings.Contains(a.body, slug) {
				t.Errorf("%s by who has left: %s", list, a.body)
			}
		}
	}
}

// cannotTell asks every route that names a room about one that is there and one that
// isn't.
func (c citizen) cannotTell(there, missing string, m chat.Message) {
	c.t.Helper()
	everything, err := json.Marshal(map[string]any{
		"content": "x", "clientId": "c", "seq": 1, "name": "Hidden", "topic": "t", "role": "member", "seconds": 60, "kind": "public",
		"favourite": true, "notify": "all", "room": there, "updatedAt": 5, "slowModeSeconds": 5, "emoji": "👍", "level": "all", "reason": "r",
	})
	if err != nil {
		c.t.Fatal(err)
	}
	routes := httpapi.Routes(c.api)
	n := 0
	for path, methods := range routes {
		if !strings.Contains(path, "{slug}") {
			continue
		}
		for _, method := range methods {
			for _, id := range []string{string(m.ID), "x"} {
				for _, body := range []string{"", "{}", string(everything)} {
					n++
					fill := func(slug string) string {
						return strings.NewReplacer("{slug}", slug, "{id}", id, "{emoji}", url.PathEscape("👍"), "{user}", "ann", "{$}", "").Replace(path) + "?url=x"
					}
					got, want := c.ask(method, fill(there), body), c.ask(method, fill(missing), body)
					if got.status == 200 || got.body != want.body || got.status != want.status || !reflect.DeepEqual(got.header, want.header) {
						c.t.Errorf("%s %s %s as %s %s: %d %v %s; of a room that isn't there: %d %v %s",
							method, path, body, c.id, c.role, got.status, got.header, got.body, want.status, want.header, want.body)
					}
				}
			}
		}
	}
	if n < 100 {
		c.t.Errorf("%d requests: is the search right?", n)
	}
	draft := func(slug string) answer {
		return c.ask("PUT", "/api/drafts", fmt.Sprintf(`{"room":%q,"content":"x","updatedAt":5}`, slug))
	}
	if got, want := draft(there), draft(missing); got.status != want.status || got.body != want.body {
		c.t.Errorf("a draft: %d %s; of a room that isn't there: %d %s", got.status, got.body, want.status, want.body)
	}
}

// cannotTellByFrames does so with every frame that there is.
func (c citizen) cannotTellByFrames(there, missing string, m chat.Message) {
	c.t.Helper()
	socket := c.dial()
	kinds := frameTypes(c.t)
	for _, kind := range kinds {
		if kind == chat.FramePing {
			continue
		}
		ask := func(slug string) string {
			f := socket.frame(map[string]any{"type": kind, "room": slug, "id": m.ID, "clientId": "c", "content": "x", "emoji": "👍", "on": true, "seq": 1,
				"after": 0, "stream": "s", "users": []string{"ann"}})
			return strings.NewReplacer(slug, "SLUG", f.Ref, "REF").Replace(f.raw)
		}
		got, want := ask(there), ask(missing)
		if got != want {
			c.t.Errorf("a frame of type %s as %s %s: %s; of a room that isn't there: %s", kind, c.id, c.role, got, want)
		}
		if !strings.Contains(got, `"code":"not_found"`) {
			c.t.Errorf("a frame of type %s as %s %s: %s", kind, c.id, c.role, got)
		}
	}
	if !slices.Contains(kinds, chat.FrameTyping) {
		c.t.Errorf("frames %v: is the search right?", kinds)
	}
	_ = socket.conn.CloseNow() // nobody waits for it
}

// frameTypes are the frames that name a room, as the source of the protocol has them.
func frameTypes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../chat/protocol.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if lit, ok := spec.Values[i].(*ast.BasicLit); ok && strings.HasPrefix(name.Name, "Frame") {
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				found[text] = true
			}
		}
		return true
	})
	for _, roomless := range []string{"away", "watch"} { // of people and not of rooms
		delete(found, roomless)
	}
	return slices.Sorted(maps.Keys(found))
}

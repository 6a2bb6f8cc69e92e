package httpapi_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"snug/chat"
)

// called is what the settings say of what the server is called.
func (c citizen) called() chat.ServerInfo {
	c.t.Helper()
	var got chat.Settings
	c.do("GET", "/api/settings", "", &got)
	return got.Server
}

func TestNamingTheServer(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	root, ann := tw.citizen("root", chat.RoleOwner), tw.citizen("ann", chat.RoleMember)
	if got := ann.called(); got != (chat.ServerInfo{}) {
		t.Errorf("before anybody named it: %+v", got)
	}
	var got chat.ServerInfo
	root.do("PATCH", "/api/server", `{"name":"  The Corner Table ","description":"For the people of 5 Mill Lane"}`, &got)
	want := chat.ServerInfo{Name: "The Corner Table", Description: "For the people of 5 Mill Lane"}
	if got != want || ann.called() != want {
		t.Errorf("named: %+v and %+v, want %+v", got, ann.called(), want)
	}
	root.do("PATCH", "/api/server", `{"name":"The Corner Table"}`, nil) // as it is
	root.do("PATCH", "/api/server", `{"description":""}`, nil)
	if want.Description = ""; ann.called() != want {
		t.Errorf("without a description: %+v", ann.called())
	}
	for name, sign := range map[string]string{
		"خانه\u200cی ما": "", "👩\u200d👩\u200d👧 Family": "", strings.Repeat("ö", 60): "", // a non-joiner, joiners, the most
		strings.Repeat("ö", 61): "at most 60 characters", "a\u202eb": "invisible", "\u200d": "invisible", "a\u0007b": "one line",
		"a\nb": "one line", "a\u2028b": "invisible", "a\u2066b": "invisible", "\ufeff": "invisible", "a\u200bb": "invisible",
	} {
		body, err := json.Marshal(map[string]string{"name": name})
		if err != nil {
			t.Fatal(err)
		}
		a := root.ask("PATCH", "/api/server", string(body))
		if sign == "" && (a.status != http.StatusOK || ann.called().Name != name) {
			t.Errorf("%q: %d %s", name, a.status, a.body)
		}
		if sign != "" && (a.status != http.StatusBadRequest || !strings.Contains(a.body, sign)) {
			t.Errorf("%q: %d %s, want 400 and %q", name, a.status, a.body, sign)
		}
	}
	for body, sign := range map[string]string{
		`{"description":"` + strings.Repeat("x", 201) + `"}`: "description must be one line of at most 200 characters",
		`{"name":5}`: "name holds a number where a string belongs", `{"description":["x"]}`: "description holds a list where a string belongs",
		`[]`: "must be a JSON object", `{"name"`: "must be a JSON object", `null`: "must be a JSON object", "{\"name\":\"\xff\"}": "UTF-8",
	} {
		if a := root.ask("PATCH", "/api/server", body); a.status != http.StatusBadRequest || !strings.Contains(a.body, sign) {
			t.Errorf("%.40s: %d %s", body, a.status, a.body)
		}
	}
	root.do("PATCH", "/api/server", `{"name":""}`, nil)
	var log chat.AuditPage
	root.do("GET", "/api/audit?limit=100", "", &log)
	var lines []string
	for _, e := range log.Entries {
		lines = append(lines, fmt.Sprintf("%s by %s: %s", e.Action, e.By.Name, e.Detail))
	}
	if len(lines) != 7 || lines[5] != "server_described by ROOT: For the people of 5 Mill Lane" || lines[6] != "server_renamed by ROOT: The Corner Table" ||
		lines[4] != "server_described by ROOT: " || lines[0] != "server_renamed by ROOT: " {
		t.Errorf("the audit log:\n%s", strings.Join(lines, "\n"))
	}
}

// Who may name the server is what the table says.
func TestWhoNamesTheServer(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	for i, role := range []chat.Role{chat.RoleOwner, chat.RoleAdmin, chat.RoleModerator, chat.RoleMember, chat.RoleGuest, chat.RoleBot} {
		c := tw.citizen(fmt.Sprint("c", i), role)
		want := forbidden
		if chat.May(chat.ActNameServer, role, chat.OnServer) {
			want = done
		}
		if got := c.ask("PATCH", "/api/server", fmt.Sprintf(`{"name":"By %s"}`, role)).outcome(); got != want {
			t.Errorf("%s names it: %s, want %s", role, got, want)
		}
		if got := c.ask("PUT", "/api/greeting/setup", `{"setup":"left"}`).outcome(); got != want {
			t.Errorf("%s puts it off: %s, want %s", role, got, want)
		}
	}
}

// greeting is what greets somebody.
func (c citizen) greeting() (g chat.Greeting) {
	c.t.Helper()
	c.do("GET", "/api/greeting", "", &g)
	return g
}

func TestSetupOfTheServer(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	root := tw.citizen("root", chat.RoleOwner)
	is := func(when string, c citizen, want chat.Setup) {
		t.Helper()
		if got := c.greeting(); got != (chat.Greeting{Setup: want}) {
			t.Errorf("%s: %+v, want %s", when, got, want)
		}
	}
	name := func(name string) { root.do("PATCH", "/api/server", fmt.Sprintf(`{"name":%q}`, name), nil) }
	is("at first", root, chat.SetupNew)
	name("A name")
	is("with a name", root, chat.SetupLeft)
	name("")
	ann := tw.citizen("ann", chat.RoleMember)
	is("with company", root, chat.SetupLeft)
	is("to a member", ann, chat.SetupDone)
	for _, c := range []struct{ to, want chat.Setup }{{chat.SetupLeft, chat.SetupLeft}, {chat.SetupDone, chat.SetupDone}, {chat.SetupLeft, chat.SetupDone}} {
		root.do("PUT", "/api/greeting/setup", fmt.Sprintf(`{"setup":%q}`, c.to), nil)
		is("after "+string(c.to), root, c.want)
	}
	for _, body := range []string{`{"setup":"new"}`, `{}`} {
		if a := root.ask("PUT", "/api/greeting/setup", body); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
}

func TestGreetingOfNewcomers(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	tw.citizen("root", chat.RoleOwner)
	came := func(id string, role chat.Role, ago time.Duration, by any) citizen {
		c := tw.citizen(id, role)
		err := tw.tables.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`update users set created_at = ?, invited_by = ? where id = ?`, time.Now().Add(-ago).UnixMilli(), by, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ann := came("ann", chat.RoleMember, time.Minute, "root")
	g := ann.greeting()
	if !g.Newcomer || g.Setup != chat.SetupDone || g.InvitedBy == nil || g.InvitedBy.Name != "ROOT" {
		t.Errorf("a newcomer: %+v", g)
	}
	for range 2 {
		ann.do("DELETE", "/api/greeting", "", nil)
	}
	if g := ann.greeting(); g.Newcomer || g.InvitedBy != nil {
		t.Errorf("who was greeted: %+v", g)
	}
	for who, want := range map[citizen]bool{
		came("bob", chat.RoleMember, 13*24*time.Hour, nil): true,
		came("cyn", chat.RoleMember, 15*24*time.Hour, nil): false,
		came("guest", chat.RoleGuest, time.Minute, nil):    true,
		came("robot", chat.RoleBot, time.Minute, nil):      false,
		came("boss", chat.RoleOwner, time.Minute, nil):     false,
		{tw, "nobody", chat.RoleMember}:                    false,
	} {
		if g := who.greeting(); g.Newcomer != want || g.InvitedBy != nil {
			t.Errorf("%s: %+v, want %v", who.id, g, want)
		}
	}
}

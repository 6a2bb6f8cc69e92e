package auth_test

import (
	"strings"
	"testing"

	"snug/auth"
)

func TestNamed(t *testing.T) {
	g := newRig(t)
	for email, name := range map[string]string{"a@x.org": "Ada Lovelace", "b@x.org": "Bob", "c@x.org": "Barbara Ada", "d@x.org": "Émile", "e@x.org": "100%_o"} {
		g.plantUser(email, name, nil, 1)
	}
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"", 20, "100%_o, Ada Lovelace, Barbara Ada, Bob, Émile"},
		{"", 2, "100%_o, Ada Lovelace"},
		{"ada", 20, "Ada Lovelace, Barbara Ada"},
		{"B", 20, "Barbara Ada, Bob"},
		{"love", 20, "Ada Lovelace"},
		{"é", 20, "Émile"},
		{"%", 20, "100%_o"},
		{"a@x.org", 20, ""}, // addresses are nobody's business
		{"' or 1=1 --", 20, ""},
	} {
		found, err := g.Named(t.Context(), c.text, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range found {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, ", "); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
	if err := g.Ban(t.Context(), auth.Whom{Email: "b@x.org"}, ""); err != nil {
		t.Fatal(err)
	}
	if found, err := g.Named(t.Context(), "bob", 20); err != nil || len(found) != 0 {
		t.Errorf("who is banned is named: %+v, %v", found, err)
	}
}

// Whoever has sockets open is told of a role that was given or taken.
func TestNewRoleIsTold(t *testing.T) {
	var told changes
	g := newRig(t, told.use)
	g.jar().signUp("owner")
	g.jar().signUp("bob")
	told.since()
	for _, role := range []auth.Role{auth.RoleModerator, auth.RoleMember} {
		if err := g.SetRole(t.Context(), auth.Whom{Email: "bob@example.com"}, role); err != nil {
			t.Fatal(err)
		}
		if list := told.since(); len(list) != 1 || list[0].Role != role {
			t.Errorf("told %+v", list)
		}
	}
}

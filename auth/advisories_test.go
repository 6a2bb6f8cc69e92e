package auth_test

import (
	"strings"
	"testing"
)

// §13.25, CVE-2025-61928: there whoever named a user in the body got an API key of
// theirs, without a session.
func TestTokensAreMadeForOneself(t *testing.T) {
	g := newRig(t)
	owner, eve := g.jar().signUp("owner"), g.jar().signUp("eve")
	victim, _ := owner.identity()
	self, _ := eve.identity()
	body := `{"name":"x","scopes":["messages:read"],"userId":"` + victim.UserID + `","user":{"id":"` + victim.UserID + `"},"prefix":"x","permissions":{"all":["*"]}}`
	for _, path := range []string{"/account/tokens", "/account/tokens?userId=" + victim.UserID} {
		g.jar().post(path, body).want(t, 401, "")
		if id, ok := g.bearing(eve.makeToken(body).Token); !ok || id.UserID != self.UserID || len(id.Scopes) != 1 {
			t.Errorf("made for %+v", id)
		}
	}
	var list []madeToken
	if owner.get("/account/tokens").decode(t, &list); len(list) != 0 {
		t.Errorf("the owner has %+v", list)
	}
	// Nor is there the interface that it happened in.
	for _, path := range []string{"/api-key/create", "/api-key/update", "/api-key/verify"} {
		if p := eve.post(path, body); p.Code != 404 {
			t.Errorf("%s: %d", path, p.Code)
		}
	}
}

// §13.25, #7196: there a mistyped address took the account to whoever had it. Here the
// link is of use in the browser alone where it was asked for.
func TestMistypedAddress(t *testing.T) {
	var office postOffice
	g := newRig(t, office.use)
	eve, typo := g.proved("eve"), g.proved("typo")
	eve.post("/change-email", `{"newEmail":"typo2@example.com"}`).want(t, 200, "")
	eve.open(linkOf(t, office.one(g, "eve@example.com", "Change")))
	adopt := linkOf(t, office.one(g, "typo2@example.com", "Confirm"))
	for _, j := range []*jar{typo, g.jar()} {
		if p := j.open(adopt); !strings.Contains(p.Header().Get("Location"), "error=unauthorized") || len(p.Header()["Set-Cookie"]) > 0 {
			t.Errorf("headers %v", p.Header())
		}
	}
	if got := g.emailOf("eve"); got != "eve@example.com 1" {
		t.Errorf("address %s", got)
	}
}

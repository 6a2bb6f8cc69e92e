package auth_test

import (
	"errors"
	"testing"
	"time"

	"snug/auth"
)

// An operator signs somebody out everywhere; what runs by token goes on.
func TestSignOutByOperator(t *testing.T) {
	g := newRig(t)
	bob := g.jar().signUp("bob")
	ada := g.jar().signUp("ada")
	phone := g.jar().signIn("ada")
	token := ada.makeToken(`{"name":"a","scopes":["messages:read"]}`)
	g.told()
	if err := g.SignOut(t.Context(), auth.Whom{Email: "Ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	if ends := g.told(); len(ends) != 2 || ends[0].All || ends[1].All || ends[0].Banned {
		t.Errorf("told %+v", ends)
	}
	for name, j := range map[string]*jar{"one device": ada, "the other": phone} {
		if _, ok := j.identity(); ok {
			t.Errorf("%s is still signed in", name)
		}
	}
	if _, ok := g.bearing(token.Token); !ok {
		t.Error("the token is gone")
	}
	if _, ok := bob.identity(); !ok {
		t.Error("somebody else is signed out")
	}
	ada.signIn("ada")
	if err := g.SignOut(t.Context(), auth.Whom{Email: "nobody@example.com"}); !errors.Is(err, auth.ErrNoUser) {
		t.Errorf("got %v", err)
	}
}

func TestBanReasonIsListed(t *testing.T) {
	g := newRig(t)
	g.jar().signUp("owner")
	g.jar().signUp("ada")
	if err := g.Ban(t.Context(), auth.Whom{Email: "ada@example.com"}, "sold watches"); err != nil {
		t.Fatal(err)
	}
	reasons := func() (list []string) {
		people, err := g.People(t.Context(), "@example.com", 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			list = append(list, p.Email+" "+p.BanReason)
		}
		return list
	}
	if got := reasons(); len(got) != 2 || got[0] == got[1] || got[0] != "ada@example.com sold watches" && got[1] != "ada@example.com sold watches" {
		t.Errorf("listed %q", got)
	}
	if err := g.Unban(t.Context(), auth.Whom{Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	for _, got := range reasons() {
		if got != "ada@example.com " && got != "owner@example.com " {
			t.Errorf("listed %q", got)
		}
	}
}

func TestInviteLinkBounds(t *testing.T) {
	g := newRig(t)
	const day = 24 * time.Hour
	for _, i := range []auth.Invite{
		{Uses: -1}, {Uses: 1001}, {Life: -day}, {Life: 365*day + 1}, {Email: "ada"},
	} {
		if link, err := g.InviteLink(t.Context(), i); err == nil {
			t.Errorf("%+v made %s", i, link)
		}
	}
	for _, i := range []auth.Invite{{}, {Uses: 1000, Life: 365 * day}} {
		if _, err := g.InviteLink(t.Context(), i); err != nil {
			t.Errorf("%+v: %v", i, err)
		}
	}
	var uses int
	var life int64
	g.query(`select uses_left from invites order by expires_at limit 1`, &uses)
	g.query(`select min(expires_at - created_at) from invites`, &life)
	if uses != 1 || life != (7*day).Milliseconds() {
		t.Errorf("without a word an invitation is good %d times, for %d ms", uses, life)
	}
}

// Who lost the phone and the codes is helped by the operator: the password alone is
// enough again.
func TestOperatorDropsTheSecondFactor(t *testing.T) {
	clock := newClock()
	g := newRig(t, clock.use)
	ada := g.jar().signUp("ada")
	ada.protect(clock)
	if err := g.DropTwoFactor(t.Context(), "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	if s := g.jar().signIn("ada").session(); s == nil {
		t.Error("she isn't in")
	}
	var left int
	g.query(`select (select count(*) from two_factors) + (select count(*) from backup_codes)`, &left)
	if left != 0 {
		t.Errorf("%d rows are left", left)
	}
	if err := g.DropTwoFactor(t.Context(), "nobody@example.com"); !errors.Is(err, auth.ErrNoUser) {
		t.Errorf("got %v", err)
	}
}

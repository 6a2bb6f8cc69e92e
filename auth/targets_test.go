package auth_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// §13.5: wherever a client may say where to go, it is looked at, before anything is
// done, and no foreign address is taken.
func TestEveryTargetIsChecked(t *testing.T) {
	p := newIDP(t)
	var office postOffice
	g := newRig(t, p.use, office.use, magicLinks)
	g.jar().signUp("owner")
	eve := g.jar().signUp("eve")
	g.exec(`update users set email_verified = 1`)
	office.came(g)
	const count = `select (select count(*) from users) || ' ' || (select count(*) from verifications) || ' ' || (select count(*) from sessions)`
	var before, after string
	g.query(count, &before)
	const who = `"email":"eve@example.com"`
	for _, place := range []struct {
		path, body, property string // no body: a GET
		code                 string
	}{
		{"/sign-in/email", who + `,"password":"` + good + `"`, "callbackURL", "INVALID_CALLBACKURL"},
		{"/sign-up/email", `"email":"new@example.com","name":"New","password":"` + good + `"`, "callbackURL", "INVALID_CALLBACKURL"},
		{"/sign-in/social", `"provider":"google"`, "callbackURL", "INVALID_CALLBACKURL"},
		{"/sign-in/social", `"provider":"google"`, "newUserCallbackURL", "INVALID_NEWUSERCALLBACKURL"},
		{"/sign-in/social", `"provider":"google"`, "errorCallbackURL", "INVALID_ERRORCALLBACKURL"},
		{"/link-social", `"provider":"google"`, "callbackURL", "INVALID_CALLBACKURL"},
		{"/link-social", `"provider":"google"`, "newUserCallbackURL", "INVALID_NEWUSERCALLBACKURL"},
		{"/link-social", `"provider":"google"`, "errorCallbackURL", "INVALID_ERRORCALLBACKURL"},
		{"/sign-in/magic-link", who, "callbackURL", "INVALID_CALLBACKURL"},
		{"/sign-in/magic-link", who, "newUserCallbackURL", "INVALID_NEWUSERCALLBACKURL"},
		{"/sign-in/magic-link", who, "errorCallbackURL", "INVALID_ERRORCALLBACKURL"},
		{"/send-verification-email", who, "callbackURL", "INVALID_CALLBACKURL"},
		{"/request-password-reset", who, "redirectTo", "INVALID_REDIRECTURL"},
		{"/forget-password", who, "redirectTo", "INVALID_REDIRECTURL"},
		{"/change-email", `"newEmail":"eve2@example.com"`, "callbackURL", "INVALID_CALLBACKURL"},
		{"/delete-user", `"password":"` + good + `"`, "callbackURL", "INVALID_CALLBACKURL"},
		{"/verify-email", "", "callbackURL", "INVALID_CALLBACKURL"},
		{"/reset-password/x", "", "callbackURL", "INVALID_CALLBACKURL"},
		{"/delete-user/callback", "", "callbackURL", "INVALID_CALLBACKURL"},
		{"/magic-link/verify", "", "callbackURL", "INVALID_CALLBACKURL"},
		{"/magic-link/verify", "", "newUserCallbackURL", "INVALID_NEWUSERCALLBACKURL"},
		{"/magic-link/verify", "", "errorCallbackURL", "INVALID_ERRORCALLBACKURL"},
	} {
		for _, target := range redirects {
			j := eve.copy()
			var got reply
			if place.body == "" {
				got = j.get(place.path + "?token=x&" + place.property + "=" + url.QueryEscape(target))
			} else {
				quoted, err := json.Marshal(target)
				if err != nil {
					t.Fatal(err)
				}
				got = j.post(place.path, fmt.Sprintf(`{%s,%q:%s}`, place.body, place.property, quoted))
			}
			if got.Code != 403 || !strings.Contains(got.text, `"code":"`+place.code+`"`) || len(got.Header()["Set-Cookie"])+len(got.Header()["Location"]) > 0 {
				t.Errorf("%s %s %q: %d %s %v", place.path, place.property, target, got.Code, got.text, got.Header())
			}
		}
	}
	office.none(g)
	if g.query(count, &after); after != before || eve.session() == nil {
		t.Errorf("something was done: %s, was %s", after, before)
	}
}

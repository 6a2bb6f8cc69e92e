package main

import (
	"strings"
	"testing"

	"snug/auth"
)

// The routes of accounts, as far as they need no provider, no mail and no authenticator.
func TestAnswersOfAccountsAreAsTheDocumentSays(t *testing.T) {
	s := testServer(t, "--auth-rate", "0")
	addr := s.Addr().String()
	w := newWitness(t)
	ada, bob, nobody := caller{person: signUp(t, addr, "Ada")}, caller{person: signUp(t, addr, "Bob")}, caller{person: stranger(t, addr)}
	for _, p := range []caller{ada, bob, nobody} {
		p.client.Transport = w
	}
	for _, path := range []string{
		"/api/account", "/api/account/options", "/api/account/tokens", "/api/account/invites", "/api/auth/ok", "/api/auth/get-session",
		"/api/auth/list-sessions", "/api/auth/list-accounts", "/api/auth/passkey/list-user-passkeys", "/api/auth/error?error=x",
	} {
		ada.call("GET", path, nil, 200, nil)
	}
	nobody.call("GET", "/api/auth/get-session", nil, 200, nil)
	nobody.call("GET", "/api/account/options", nil, 200, nil)

	var made struct{ ID, URL, Token string }
	ada.call("POST", "/api/account/tokens", map[string]any{"name": "t", "scopes": []string{"messages:read"}, "expiresInDays": nil}, 200, &made)
	ada.call("GET", "/api/account/tokens", nil, 200, nil)
	ada.call("POST", "/api/account/tokens/revoke", map[string]string{"id": made.ID}, 200, nil)
	ada.call("POST", "/api/account/tokens", map[string]any{"name": "t", "scopes": []string{}}, 400, nil)
	ada.call("POST", "/api/account/invites", map[string]any{"expiresInDays": 1, "uses": 2}, 200, &made)
	ada.call("GET", "/api/account/invites", nil, 200, nil)
	nobody.call("POST", "/api/account/invites/open", map[string]string{"token": made.URL[strings.LastIndexByte(made.URL, '/')+1:]}, 200, nil)
	nobody.call("GET", "/api/account/options", nil, 200, nil)
	nobody.call("POST", "/api/account/invites/open", map[string]string{"token": "none"}, 404, nil)
	ada.call("POST", "/api/account/invites/revoke", map[string]string{"id": made.ID}, 200, nil)
	bob.call("GET", "/api/account/invites", nil, 200, nil)
	ada.call("POST", "/api/auth/update-user", map[string]any{"name": "Ada L.", "image": nil}, 200, nil)
	ada.call("POST", "/api/account/avatar/remove", struct{}{}, 200, nil)
	ada.call("POST", "/api/auth/change-password", map[string]any{"currentPassword": "wrong", "newPassword": "correct horses"}, 400, nil)
	ada.call("POST", "/api/auth/change-password", map[string]any{"currentPassword": "correct horse", "newPassword": "correct horses", "revokeOtherSessions": true}, 200, nil)
	ada.protectBy("correct horses")
	ada.call("POST", "/api/auth/two-factor/get-totp-uri", map[string]any{"password": "correct horses"}, 200, nil)
	ada.call("POST", "/api/auth/two-factor/generate-backup-codes", map[string]any{"password": "correct horses"}, 200, nil)
	nobody.call("POST", "/api/auth/sign-in/email", map[string]any{"email": "ada@example.com", "password": "wrong"}, 401, nil)
	nobody.call("POST", "/api/auth/sign-in/email", map[string]any{"email": "ada@example.com", "password": "correct horses"}, 200, nil) // asks for the second factor
	nobody.call("POST", "/api/auth/two-factor/verify-backup-code", map[string]any{"code": "wrong"}, 401, nil)
	ada.call("POST", "/api/auth/two-factor/disable", map[string]any{"password": "correct horses"}, 200, nil)
	nobody.call("POST", "/api/auth/sign-in/email", map[string]any{"email": "bob@example.com", "password": "correct horse", "rememberMe": false}, 200, nil)
	nobody.call("POST", "/api/auth/sign-up/email", map[string]any{"email": "ada@example.com", "name": "x", "password": "correct horse"}, 422, nil)
	nobody.call("POST", "/api/auth/sign-up/email", map[string]any{"email": "new@example.com", "name": "New", "password": "correct horse"}, 200, nil)
	bob.call("POST", "/api/auth/revoke-session", map[string]string{"token": "none"}, 200, nil)
	bob.call("POST", "/api/auth/revoke-other-sessions", struct{}{}, 200, nil)
	nobody.call("POST", "/api/auth/sign-out", struct{}{}, 200, nil)
	bob.call("POST", "/api/auth/revoke-sessions", struct{}{}, 200, nil)
	ada.call("POST", "/api/auth/delete-user", map[string]string{"password": "wrong"}, 400, nil)

	asked := 0
	for _, r := range auth.Interface().Routes {
		path := strings.NewReplacer("{token}", "x", "{provider}", "x", "{id}", "x").Replace(r.Path)
		if _, ok := r.Other[401]; ok {
			bob.call(r.Method, path, struct{}{}, 401, nil) // whose sessions have ended
			asked++
		}
	}
	if asked < 20 {
		t.Errorf("only %d routes need a session: are they described?", asked)
	}
}

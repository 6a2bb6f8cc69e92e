package main

import (
	"net/url"
	"strings"
	"syscall"
	"testing"
)

// §13.20: no server starts with a secret that can be guessed, as the present one or
// as an old one, and none shows it.
func TestGuessableSecretsAreRefused(t *testing.T) {
	const good = "0123456789abcdef0123456789abcdef-good"
	for _, bad := range []string{"x", strings.Repeat("x", 31), "better-auth-secret-123456789", "better-auth-secret-12345678901234567890"} {
		for _, env := range [][]string{{"SNUG_SECRET=" + bad}, {"BETTER_AUTH_SECRET=" + bad}, {"SNUG_SECRET=" + good, "SNUG_OLD_SECRETS=" + bad}, {"SNUG_SECRET=" + good, "SNUG_OLD_SECRETS=" + good + "2," + bad}} {
			r := execute(t, t.TempDir(), env, "serve", "--addr", "127.0.0.1:0")
			if r.code == 0 || !strings.Contains(r.stderr, "secret") {
				t.Errorf("%q: %+v", env, r)
			}
			if len(bad) > 1 && strings.Contains(r.stdout+r.stderr, bad) || strings.Contains(r.stdout+r.stderr, good) {
				t.Errorf("%q is shown: %+v", env, r)
			}
		}
	}
	r := execute(t, t.TempDir(), []string{"SNUG_SECRET=" + good}, "serve", "--secret", good)
	r.want(t, 2, "--secret", "other users")
}

// §13.20: an operator changes the secret without signing anybody out or locking out
// who has a second factor, and then forgets the old one. What that signed is worth
// nothing from then on.
func TestSecretIsRotated(t *testing.T) {
	const first, second = "SNUG_SECRET=first-0123456789abcdef0123456789abcdef", "SNUG_SECRET=second-0123456789abcdef0123456789abcdef"
	old := strings.Replace(first, "SNUG_SECRET", "SNUG_OLD_SECRETS", 1)
	dir := t.TempDir()
	var p *process
	serve := func(env ...string) {
		t.Helper()
		if p != nil {
			p.signal(t, syscall.SIGTERM)
			if code, log, _ := p.wait(t); code != 0 {
				t.Fatalf("exit code %d:\n%s", code, log)
			}
		}
		p = start(t, dir, env, "--auth-rate", "0")
	}
	serve(first)
	signUp(t, p.addr, "Owner")
	idle, ada := signUp(t, p.addr, "Idle"), signUp(t, p.addr, "Ada")
	var made struct{ TOTPURI string }
	ada.ok("/api/auth/two-factor/enable", map[string]string{"password": "correct horse"}, &made)
	u, err := url.Parse(made.TOTPURI)
	if err != nil {
		t.Fatal(err)
	}
	key := u.Query().Get("secret")

	serve(second, old)
	for name, q := range map[string]*person{"Idle": idle, "Ada": ada} {
		if q.addr = p.addr; q.name() != name {
			t.Errorf("%s is signed out", name)
		}
	}
	// This one is signed by the new secret, as is whatever is set from now on.
	ada.ok("/api/auth/two-factor/verify-totp", map[string]string{"code": totp(t, key)}, nil)
	bob := signUp(t, p.addr, "Bob")

	serve(second)
	for name, q := range map[string]*person{"": idle, "Ada": ada, "Bob": bob} {
		if q.addr = p.addr; q.name() != name {
			t.Errorf("signed in is %q, want %q", q.name(), name)
		}
	}
	// The second factor opens with the new secret: a code of it is asked for and known.
	again := stranger(t, p.addr)
	status, body := again.post("/api/auth/sign-in/email", map[string]string{"email": "ada@example.com", "password": "correct horse"})
	if status != 200 || !strings.Contains(body, `"twoFactorRedirect":true`) {
		t.Fatalf("sign in: %d %s", status, body)
	}
	if status, body := ada.post("/api/auth/two-factor/get-totp-uri", map[string]string{"password": "correct horse"}); status != 200 || !strings.Contains(body, "secret="+key) {
		t.Errorf("the key is lost: %d %s", status, body)
	}

	// And without either, a server makes a secret of its own, which signed nothing yet.
	serve()
	for _, q := range []*person{ada, bob} {
		if q.addr = p.addr; q.name() != "" {
			t.Errorf("%s is signed in by a secret that is gone", q.name())
		}
	}
}

package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"snug/auth"
	"snug/mail/mailtest"
)

// accountRoutes are all that package auth serves, as "GET /api/auth/ok", taken from
// its table: a route that is added there is tested here.
func accountRoutes(t *testing.T) (list []string) {
	t.Helper()
	for _, r := range auth.Interface().Routes {
		list = append(list, r.Method+" "+placeholder.ReplaceAllString(r.Path, "x"))
	}
	slices.Sort(list)
	for _, known := range []string{"POST /api/auth/sign-in/email", "GET /api/auth/callback/x", "GET /api/account", "POST /api/account/avatar", "GET /api/avatars/x"} {
		if !slices.Contains(list, known) {
			t.Fatalf("%s isn't among the %d routes that were found", known, len(list))
		}
	}
	return list
}

// placeholder is a parameter of a path.
var placeholder = regexp.MustCompile(`\{\w+\}`)

// ask sends a request with headers of its own, Host among them.
func ask(t *testing.T, addr, route string, header map[string]string, body string) (status int, text string) {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	r, err := http.NewRequest(method, "http://"+addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	once := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return do(t, once, r)
}

const (
	publicBase = "https://chat.example.com"
	publicHost = "chat.example.com"
)

// §13.22: a server with a base URL answers to no other name, on any route.
func TestForeignHostsAreRefused(t *testing.T) {
	s := testServer(t, "--auth-rate", "0", "--base-url", publicBase)
	addr := s.Addr().String()
	foreign := []map[string]string{
		{"Host": "evil.example"},
		{"Host": publicHost + ".evil.example"},
		{"Host": "localhost"},
		{"Host": addr},
		{"Host": "evil.example", "X-Forwarded-Host": publicHost, "Origin": publicBase},
		{"Host": "evil.example", "Forwarded": "host=" + publicHost},
	}
	for _, route := range append(accountRoutes(t), "GET /api/account/export") {
		for _, header := range foreign {
			if status, body := ask(t, addr, route, header, "{}"); status != http.StatusMisdirectedRequest {
				t.Errorf("%s with %v: %d %s", route, header, status, body)
			}
		}
		ours := map[string]string{"Host": publicHost, "Origin": publicBase}
		if status, body := ask(t, addr, route, ours, "{}"); status == http.StatusMisdirectedRequest || status >= 500 {
			t.Errorf("%s with our own name: %d %s", route, status, body)
		}
	}
}

// misleading are the headers by which a stranger could say where we are.
func misleading() map[string]string {
	return map[string]string{
		"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "666", "X-Forwarded-Server": "evil.example",
		"X-Original-Host": "evil.example", "X-Host": "evil.example", "X-Http-Host-Override": "evil.example", "X-Original-Url": "http://evil.example/",
		"Forwarded": "for=127.0.0.1;host=evil.example;proto=http",
	}
}

// §13.22: what a request says about our name changes no link that we send out.
func TestLinksIgnoreForwardedHost(t *testing.T) {
	office := mailtest.Start(t)
	args := slices.Concat(mailArgs(office.Addr), []string{"--base-url", publicBase, "--auth-rate", "0", "--require-verified-email"})
	s := hosted{env: []string{"GOOGLE_CLIENT_ID=id", "GOOGLE_CLIENT_SECRET=secret"}}.start(t, args...)
	addr := s.Addr().String()
	header := misleading()
	header["Host"], header["Origin"] = publicHost, publicBase

	const email = "ada@example.com"
	links := regexp.MustCompile(`https?://[^\s"'<>]+`)
	for _, step := range []struct{ path, body string }{
		{"sign-up/email", `{"name":"Ada","email":"` + email + `","password":"correct horse"}`},
		{"send-verification-email", `{"email":"` + email + `","callbackURL":"/"}`},
		{"request-password-reset", `{"email":"` + email + `","redirectTo":"/reset-password"}`},
		{"sign-in/magic-link", `{"email":"` + email + `","callbackURL":"/"}`},
	} {
		if status, body := ask(t, addr, "POST /api/auth/"+step.path, header, step.body); status != 200 {
			t.Fatalf("%s: %d %s", step.path, status, body)
		}
		m := office.Wait(t, email)
		found := links.FindAllString(m.Text+" "+m.HTML, -1)
		if len(found) < 2 {
			t.Errorf("%s: the mail has the links %q", step.path, found)
		}
		for _, link := range found {
			if !strings.HasPrefix(link, publicBase+"/") {
				t.Errorf("%s: a link to %s", step.path, link)
			}
		}
		if whole := m.Subject + m.Text + m.HTML + fmt.Sprint(m.Header); strings.Contains(whole, "evil") {
			t.Errorf("%s: the mail is\n%s", step.path, whole)
		}
	}
	status, body := ask(t, addr, "POST /api/auth/sign-in/social", header, `{"provider":"google","callbackURL":"/"}`)
	want := url.QueryEscape(publicBase + "/api/auth/callback/google")
	if status != 200 || !strings.Contains(strings.ReplaceAll(body, `\u0026`, "&"), "redirect_uri="+want+"&") {
		t.Errorf("sign in with Google: %d %s", status, body)
	}
}

// The same where no name is set: links then lead to the host that was asked for,
// which is what the browser has in its address bar.
func TestLinksWithoutBaseURL(t *testing.T) {
	log := newLog()
	s := hosted{log: log}.start(t, "--auth-rate", "0")
	ada := signUp(t, s.Addr().String(), "Ada")
	header := misleading()
	maps.Copy(header, map[string]string{"Origin": ada.origin(), "Cookie": ada.cookies()})
	status, body := ask(t, ada.addr, "POST /api/account/invites", header, "{}")
	if status != 200 || !strings.Contains(body, `"url":"`+ada.origin()+`/invite/`) {
		t.Errorf("invite: %d %s", status, body)
	}
	if status, body := ask(t, ada.addr, "POST /api/auth/request-password-reset", header, `{"email":"ada@example.com","redirectTo":"/reset-password"}`); status != 200 {
		t.Fatalf("reset: %d %s", status, body)
	}
	log.wait(t, `link="`+ada.origin()+"/")
	if strings.Contains(log.String(), "evil") {
		t.Errorf("the log:\n%s", log)
	}
}

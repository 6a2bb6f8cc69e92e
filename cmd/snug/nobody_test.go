package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"snug/httpapi"
)

// routes are all that a server answers to below /api, as "GET /api/chat".
func routes() (list []string) {
	for _, r := range httpapi.Interface().Routes {
		if strings.HasPrefix(r.Path, "/api/") {
			list = append(list, r.Method+" "+placeholder.ReplaceAllString(strings.Replace(r.Path, "{slug}", "global", 1), "x"))
		}
	}
	slices.Sort(list)
	return list
}

// what is different each time that somebody asks.
var challenge = regexp.MustCompile(`"challenge":"[^"]+"`)

// §13.11 and 16: what was somebody's, and what only says that it is, opens nothing
// more on any route than what a stranger has: a copied cookie or an API token of
// somebody who is deleted, banned or signed out, and headers with names.
func TestWhatOpensNothing(t *testing.T) {
	s := testServer(t, "--auth-rate", "0")
	addr := s.Addr().String()
	ada := signUp(t, addr, "Ada")
	_, body := ada.request("GET", "/api/auth/get-session", nil)
	id := regexp.MustCompile(`"userId":"(\w+)"`).FindStringSubmatch(body)[1]
	token := regexp.MustCompile(`"token":"(\w+)"`).FindStringSubmatch(body)[1]
	row := regexp.MustCompile(`"session":\{"id":"(\w+)"`).FindStringSubmatch(body)[1]
	worthless := map[string]map[string]string{
		"headers with a name": {"X-User-Id": id, "X-User-Name": "Ada", "X-User-Image": "x", "X-User-Email": "ada@example.com", "X-User-Role": "owner",
			"X-Forwarded-User": id, "Remote-User": id, "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": addr, "Cf-Connecting-Ip": "127.0.0.1"},
		"an id as a token":          {"Authorization": "Bearer " + id},
		"a password in the header":  {"Authorization": "Basic YWRhQGV4YW1wbGUuY29tOmNvcnJlY3QgaG9yc2U="},
		"an id as a cookie":         {"Cookie": "better-auth.session_token=" + row},
		"a cookie without its mark": {"Cookie": "better-auth.session_token=" + token},
		"a token of the other kind": {"Authorization": "Bearer " + token},
	}
	for name, end := range map[string]func(p *person, email string){
		"deleted":    func(p *person, _ string) { p.ok("/api/auth/delete-user", struct{}{}, nil) },
		"banned":     func(_ *person, email string) { snug(t, s.cfg.Data, "user", "ban", email).want(t, 0) },
		"signed out": func(p *person, _ string) { p.ok("/api/auth/sign-out", struct{}{}, nil) },
	} {
		p := signUp(t, addr, strings.ReplaceAll(name, " ", "-"))
		var made struct{ ID, Token string }
		p.ok("/api/account/tokens", map[string]any{"name": "script", "scopes": []string{"messages:read", "messages:write"}}, &made)
		worthless["the cookie of who is "+name] = map[string]string{"Cookie": p.cookies()}
		// Both open something, and are remembered.
		if status, body := ask(t, addr, "GET /api/chat/messages", map[string]string{"Authorization": "Bearer " + made.Token}, ""); status != 200 || p.name() == "" {
			t.Fatalf("history: %d %s", status, body)
		}
		if name == "signed out" {
			p.ok("/api/account/tokens/revoke", map[string]string{"id": made.ID}, nil)
		}
		worthless["the token of who is "+name] = map[string]string{"Authorization": "Bearer " + made.Token}
		end(p, strings.ReplaceAll(name, " ", "-")+"@example.com")
	}
	origin := map[string]string{"Origin": "http://" + addr}
	answer := func(route string, more map[string]string) (int, string) {
		header := maps.Clone(origin)
		maps.Copy(header, more)
		status, body := ask(t, addr, route, header, `{}`)
		return status, challenge.ReplaceAllString(body, "")
	}
	for _, route := range routes() {
		strangers, theirs := answer(route, nil)
		for name, header := range worthless {
			if status, body := answer(route, header); status != strangers || body != theirs {
				t.Errorf("%s with %s: %d %s, without: %d %s", route, name, status, body, strangers, theirs)
			}
		}
	}
	for name, more := range worthless {
		header := http.Header{"Origin": {origin["Origin"]}}
		for key, value := range more {
			header.Set(key, value)
		}
		for _, path := range []string{"/api/chat", "/api/socket"} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			_, res, err := websocket.Dial(ctx, "ws://"+addr+path, &websocket.DialOptions{HTTPHeader: header})
			cancel()
			if err == nil || res == nil || res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s with %s: %v %v", path, name, res, err)
			}
		}
	}
	if ada.name() != "Ada" {
		t.Error("it has signed Ada out")
	}
}

// §13.21: no page of another origin is told anything, on any route: there is no CORS.
func TestNoOriginIsToldAnything(t *testing.T) {
	s := testServer(t, "--auth-rate", "0", "--base-url", publicBase, "--trusted-origins", "https://app.example.com")
	all := append(routes(), "GET /", "GET /healthz", "GET /readyz", "GET /nope", "GET /api/nope")
	for _, route := range all {
		method, path, _ := strings.Cut(route, " ")
		tus := slices.Contains(all, "OPTIONS "+path) // a protocol's own, which allows no other page anything
		for _, origin := range []string{"https://evil.example", "null", publicBase, "https://app.example.com", "http://" + publicHost, "*"} {
			for _, with := range []struct{ method, asked string }{{"OPTIONS", "POST"}, {"OPTIONS", "GET"}, {"OPTIONS", "DELETE"}, {method, ""}} {
				r, err := http.NewRequestWithContext(t.Context(), with.method, "http://"+s.Addr().String()+path, strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				r.Host = publicHost
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Origin", origin)
				if with.asked != "" {
					r.Header.Set("Access-Control-Request-Method", with.asked)
					r.Header.Set("Access-Control-Request-Headers", "content-type, authorization, x-user-id")
					r.Header.Set("Access-Control-Request-Private-Network", "true")
				}
				answer, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, answer.Body); err != nil {
					t.Fatal(err)
				}
				if err := answer.Body.Close(); err != nil {
					t.Fatal(err)
				}
				for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
					if strings.HasPrefix(name, "Access-Control-") || name == "Timing-Allow-Origin" {
						t.Errorf("%s %s from %s: %s: %s", with.method, path, origin, name, answer.Header.Get(name))
					}
				}
				if with.asked != "" && !tus && answer.StatusCode < 400 {
					t.Errorf("a preflight of %s to %s from %s: %d", with.asked, path, origin, answer.StatusCode)
				}
				if got := answer.Header.Get("Cross-Origin-Resource-Policy"); got != "same-origin" {
					t.Errorf("%s %s: others may embed it: %q", with.method, path, got)
				}
			}
		}
	}
}

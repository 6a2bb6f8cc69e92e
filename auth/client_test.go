package auth_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"snug/auth"
)

// TestOfficialClient runs the unmodified JavaScript client, in its first supported
// version and its newest, against a server that listens.
func TestOfficialClient(t *testing.T) {
	if _, err := os.Stat("clienttest/node_modules/better-auth-1-7"); err != nil {
		t.Fatal("the client isn't installed: run npm ci in auth/clienttest")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this needs Node.js 20 or newer: ", err)
	}
	files, err := filepath.Glob("clienttest/*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests", err)
	}
	args := []string{"--test", "--test-reporter=spec"}
	for _, file := range files {
		args = append(args, filepath.Base(file))
	}
	for _, mode := range []string{"base URL set", "none set"} {
		t.Run(mode, func(t *testing.T) {
			server := httptest.NewUnstartedServer(nil)
			// By a name, for passkeys belong to one.
			url := fmt.Sprintf("http://localhost:%d", server.Listener.Addr().(*net.TCPAddr).Port)
			idp := newIDP(t)
			desk := &desk{idp: idp}
			desk.rig = newRig(t, idp.use, desk.office.use, func(c *auth.Config) {
				c.Guests, c.MagicLinks = true, true
				if mode == "base URL set" {
					c.BaseURL = url
				} else {
					c.BaseURL = ""
				}
			})
			server.Config.Handler = desk.rig.handler
			server.Start()
			defer server.Close()
			help := httptest.NewServer(desk.routes())
			defer help.Close()
			cmd := exec.CommandContext(t.Context(), node, args...)
			cmd.Dir = "clienttest"
			cmd.Env = append(os.Environ(), "SNUG_URL="+url, "SNUG_DESK="+help.URL)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}

// A desk does for the clients' tests what is done outside of the server and the
// client: it hands over mails, is the person at a provider, and lets time pass.
type desk struct {
	*rig
	*idp
	office postOffice
}

// A provided is a person at a provider, as the tests write one.
type provided struct {
	ID, Name, Email string
	Verified        bool
}

func (v provided) person() person {
	return person{id: v.ID, name: v.Name, email: v.Email, verified: v.Verified}
}

func (d *desk) routes() http.Handler {
	mux := http.NewServeMux()
	// The link in the newest mail to somebody; all mails to them are gone then.
	mux.HandleFunc("POST /mail", answering(func(q struct{ To string }) any {
		return map[string]string{"link": d.link(q.To)}
	}))
	// Where a provider sends the browser back to.
	mux.HandleFunc("POST /approve", answering(func(q struct {
		Address string
		Person  provided
	}) any {
		return map[string]string{"query": d.approve(q.Address, q.Person.person()).Encode()}
	}))
	mux.HandleFunc("POST /id-token", answering(func(q struct {
		Person provided
		Nonce  string
	}) any {
		return map[string]string{"token": d.idToken(q.Person.person(), "google-client-id", q.Nonce)}
	}))
	// A session becomes so old that it isn't fresh any more.
	mux.HandleFunc("POST /age", answering(func(q struct{ Token string }) any {
		then := time.Now().Add(-2 * 24 * time.Hour).UnixMilli()
		d.exec(`update sessions set created_at = ? where token_hash = ?`, then, auth.HashToken(q.Token).String())
		return nil
	}))
	return mux
}

// answering makes a handler of a function from one JSON to another.
func answering[Q any](fn func(Q) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := json.NewEncoder(w).Encode(fn(q)); err != nil {
			panic(err) // a type that can't be encoded
		}
	}
}

// link is "" if there was no mail.
func (d *desk) link(to string) (link string) {
	d.Settle()
	d.office.mu.Lock()
	defer d.office.mu.Unlock()
	var others []auth.Mail
	for _, m := range d.office.mails {
		if m.To != to {
			others = append(others, m)
			continue
		}
		for line := range strings.Lines(m.Text) {
			if strings.HasPrefix(line, "http") {
				link = strings.TrimSpace(line)
			}
		}
	}
	d.office.mails = others
	return link
}

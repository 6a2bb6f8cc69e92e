package auth_test

import (
	"bufio"
	"bytes"
	"encoding/base32"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"snug/auth"
	"snug/auth/betterauth"
)

// An oldServer is better-auth itself, with a database of its own.
type oldServer struct {
	testing.TB
	url, file string
	stop      func()
}

// startOld starts better-auth 1-3 or 1-7 in Node: "plain", with "plugins", or with
// its sessions in a "kv" store.
func startOld(t testing.TB, version, profile string) *oldServer {
	t.Helper()
	if _, err := os.Stat("clienttest/node_modules/node-sqlite3-wasm"); err != nil {
		t.Fatal("better-auth isn't installed: run npm ci in auth/clienttest")
	}
	file := filepath.Join(t.TempDir(), "old.sqlite")
	cmd := exec.CommandContext(t.Context(), "node", "old-server.mjs", version, file, profile, secret)
	cmd.Dir = "clienttest"
	var log bytes.Buffer
	cmd.Stderr = &log
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal("this needs Node.js 20 or newer: ", err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		in.Close()
		t.Fatalf("start better-auth: %v %v\n%s", err, cmd.Wait(), log.String())
	}
	o := &oldServer{TB: t, url: strings.TrimSpace(line), file: file}
	o.stop = func() {
		t.Helper()
		in.Close()
		io.Copy(io.Discard, lines)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("stop better-auth: %v\n%s", err, log.String())
		}
	}
	return o
}

// A visitor is a browser at the old server.
type visitor struct {
	*oldServer
	cookies map[string]string
}

func (o *oldServer) visitor() *visitor { return &visitor{o, map[string]string{}} }

// call sends JSON and reads the reply, which has to be good.
func (v *visitor) call(method, path, body string, into any) reply {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), method, v.url+path, strings.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", v.url)
	r.Header.Set("User-Agent", "Visitor/1.0")
	for name, value := range v.cookies {
		r.Header.Add("Cookie", name+"="+value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		v.Fatalf("better-auth %s %s: %d %s %v", method, path, resp.StatusCode, text, err)
	}
	for _, c := range resp.Cookies() {
		if v.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		}
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			v.Fatalf("%s: %v in %s", path, err, text)
		}
	}
	// For what reads the replies of Snug.
	w := httptest.NewRecorder()
	w.Code = resp.StatusCode
	return reply{w, string(text)}
}

func (v *visitor) post(path, body string, into any) reply {
	v.Helper()
	return v.call("POST", "/api/auth"+path, body, into)
}

func (v *visitor) signUp(name string) (id string) {
	v.Helper()
	var made struct{ User struct{ ID string } }
	v.post("/sign-up/email", `{"name":"`+name+`","email":"`+name+`@example.com","password":"`+good+`"}`, &made)
	return made.User.ID
}

// secondFactor turns one on, and returns its secret and the backup codes.
func (v *visitor) secondFactor() (key []byte, codes []string) {
	v.Helper()
	var begun struct {
		TOTPURI     string
		BackupCodes []string
	}
	v.post("/two-factor/enable", `{"password":"`+good+`"}`, &begun)
	u, err := url.Parse(begun.TOTPURI)
	if err != nil {
		v.Fatal(err)
	}
	if key, err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret")); err != nil {
		v.Fatal(err)
	}
	v.post("/two-factor/verify-totp", `{"code":"`+auth.TOTPCode(key, time.Now().Unix()/30)+`"}`, nil)
	return key, begun.BackupCodes
}

// importFile takes a file over, which has to work.
func (g *rig) importFile(path string, set ...func(*auth.ImportOptions)) *auth.ImportReport {
	g.Helper()
	source, err := betterauth.Open(g.Context(), path)
	if err != nil {
		g.Fatal(err)
	}
	defer source.Close()
	o := auth.ImportOptions{Secret: []byte(secret)}
	for _, fn := range set {
		fn(&o)
	}
	report, err := auth.Import(g.Context(), g.db, source, o)
	if err != nil {
		g.Fatal(err)
	}
	return report
}

const newHome = "https://localhost"

// newcomer is a browser that came with the cookies from the old server.
func (g *rig) newcomer(v *visitor) *jar {
	j := g.jar()
	j.origin = newHome
	if v != nil {
		for name, value := range v.cookies {
			j.cookies[name] = value
		}
	}
	return j
}

// What people did at a real better-auth server they go on doing here: both versions,
// from the file and from a dump of it.
func TestImportFromRealServer(t *testing.T) {
	for _, version := range []string{"1-3", "1-7"} {
		t.Run(version, func(t *testing.T) {
			old := startOld(t, version, "plugins")
			ada, bob, eve := old.visitor(), old.visitor(), old.visitor()
			adaID, bobID := ada.signUp("ada"), bob.signUp("bob")
			eve.signUp("eve")
			key, codes := eve.secondFactor()
			guest := old.visitor()
			var anonymous struct{ User struct{ ID string } }
			guest.post("/sign-in/anonymous", `{}`, &anonymous)
			short := old.visitor()
			short.post("/sign-in/email", `{"email":"ada@example.com","password":"`+good+`","rememberMe":false}`, nil)

			var grown []string
			bob.call("POST", "/grow", `{"users":[
				{"name":"Gil","email":"gil@example.com","emailVerified":true,"image":"https://lh3.googleusercontent.com/a/gil",
				 "account":{"providerId":"google","accountId":"g-1","accessToken":"at","refreshToken":"rt","idToken":"it","scope":"openid,email,profile"}},
				{"name":"Hub","email":"hub@example.com","emailVerified":true,"account":{"providerId":"github","accountId":"12","accessToken":"at","scope":"read:user"}},
				{"name":"Nomail","email":"nomail_x","emailVerified":false,"account":{"providerId":"twitter","accountId":"12","accessToken":"at"}}],
				"updates":[{"id":"`+bobID+`","role":"admin","image":"data:image/png;base64,AAAA"}]}`, &grown)
			var dora *visitor
			var key2 *device
			if version == "1-3" {
				dora = old.visitor()
				dora.signUp("dora")
				key2 = &device{TB: t, auth: virtualwebauthn.NewAuthenticator(), key: newKey(virtualwebauthn.KeyTypeEC2),
					party: virtualwebauthn.RelyingParty{ID: "localhost", Name: "Old", Origin: old.url}}
				options := dora.call("GET", "/api/auth/passkey/generate-register-options", "", nil)
				made := strings.Replace(key2.made(options), `"response":{`, `"response":{"transports":["internal","hybrid"],`, 1) // as browsers have it
				dora.post("/passkey/verify-registration", `{"response":`+made+`,"name":"Key ring"}`, nil)
			}
			old.stop()

			p := newIDP(t)
			g := newRig(t, p.use, func(c *auth.Config) { c.BaseURL = newHome })
			r := g.importFile(old.file)
			wantNew, wantSessions := 7, 5
			if version == "1-3" {
				wantNew, wantSessions = 8, 6
			}
			if r.New != wantNew || r.Guests != 1 || r.Accounts["google"] != 1 || r.Accounts["github"] != 1 || r.Accounts["twitter"] != 1 ||
				r.SecondFactors != 1 || r.BackupCodes != 10 || r.Tokens != 5 || r.Passkeys != wantNew-7 || r.Passwords != wantNew-4 || r.Sessions != wantSessions {
				t.Errorf("report %+v left %+v", r, r.Left())
			}

			// §2.1: the old cookie opens the session, once, and is exchanged.
			a := g.newcomer(ada)
			if a.cookies["__Secure-better-auth.session_token"] == "" {
				t.Fatalf("the old server set %v", ada.cookies)
			}
			if s := a.session(); s == nil || s.User.ID != adaID || s.Session.UserAgent != "Visitor/1.0" {
				t.Errorf("session with the old cookie: %+v", s)
			}
			if a.cookies["__Host-better-auth.session_token"] == "" {
				t.Error("no cookie of ours")
			}
			if s := g.newcomer(ada).session(); s != nil {
				t.Error("the old cookie opens it again")
			}
			if s := a.session(); s == nil || s.User.ID != adaID {
				t.Errorf("session with the new cookie: %+v", s)
			}
			// One that goes with the browser stays so.
			b := g.newcomer(short)
			if s := b.session(); s == nil || s.User.ID != adaID {
				t.Errorf("short session: %+v", s)
			}
			var remembered int
			g.query(`select count(*) from sessions where user_id = ? and remember = 0`, &remembered, adaID)
			if remembered != 1 {
				t.Errorf("%d short sessions", remembered)
			}

			// The password is checked in its old form, and hashed anew.
			g.newcomer(nil).post("/sign-in/email", `{"email":"bob@example.com","password":"wrong horse"}`).want(t, 401, "INVALID_EMAIL_OR_PASSWORD")
			var hash string
			g.query(`select password from accounts where user_id = ? and provider_id = 'credential'`, &hash, bobID)
			if strings.HasPrefix(hash, "$argon2id$") {
				t.Error("hash is not the old one")
			}
			c := g.newcomer(nil)
			c.post("/sign-in/email", `{"email":"bob@example.com","password":"`+good+`"}`).want(t, 200, "")
			if id, ok := c.identity(); !ok || id.UserID != bobID || id.Role != auth.RoleAdmin || id.Image != "" {
				t.Errorf("identity %+v", id)
			}
			g.query(`select password from accounts where user_id = ? and provider_id = 'credential'`, &hash, bobID)
			if !strings.HasPrefix(hash, "$argon2id$") {
				t.Error("hash stayed")
			}
			g.newcomer(nil).post("/sign-in/email", `{"email":"bob@example.com","password":"`+good+`"}`).want(t, 200, "")

			// The second factor is asked for, and works.
			e := g.newcomer(nil)
			if q := e.post("/sign-in/email", `{"email":"eve@example.com","password":"`+good+`"}`); !strings.Contains(q.text, `"twoFactorRedirect":true`) {
				t.Errorf("no second factor: %s", q.text)
			}
			e.post("/two-factor/verify-totp", `{"code":"`+auth.TOTPCode(key, time.Now().Unix()/30)+`"}`).want(t, 200, "")
			e = g.newcomer(nil)
			e.post("/sign-in/email", `{"email":"eve@example.com","password":"`+good+`"}`)
			e.post("/two-factor/verify-backup-code", `{"code":"`+codes[3]+`"}`).want(t, 200, "")
			e = g.newcomer(nil)
			e.post("/sign-in/email", `{"email":"eve@example.com","password":"`+good+`"}`)
			e.post("/two-factor/verify-backup-code", `{"code":"`+codes[3]+`"}`).want(t, 401, "INVALID_BACKUP_CODE")

			// Whoever comes from a provider is who they were.
			for provider, who := range map[string]person{
				"google":  {id: "g-1", name: "Gil", email: "gil@example.com", verified: true},
				"github":  {id: "12", name: "Hub", email: "hub@example.com", verified: true},
				"twitter": {id: "12", name: "Nomail"},
			} {
				j := g.newcomer(nil)
				j.enter(p, provider, who).wantAt(t, "/ok")
				if id, ok := j.identity(); !ok || id.UserID != grown[map[string]int{"google": 0, "github": 1, "twitter": 2}[provider]] {
					t.Errorf("%s: %+v", provider, id)
				}
			}
			var email string
			g.query(`select email from users where id = ?`, &email, grown[2])
			if email != "12@twitter.placeholder.invalid" {
				t.Errorf("address %s", email)
			}
			if s := g.newcomer(guest).session(); s == nil || s.User.ID != anonymous.User.ID {
				t.Errorf("guest: %+v", s)
			}
			if key2 != nil {
				j := g.newcomer(nil)
				key2.party.Origin = newHome
				j.enterBy(key2).want(t, 200, "")
				if s := j.session(); s == nil || s.User.Name != "dora" {
					t.Errorf("passkey: %+v", s)
				}
			}

			// Once more: nothing is new, and nothing changed.
			before := g.dump()
			r = g.importFile(old.file)
			if r.New != 0 || r.Known != wantNew || len(r.Changed()) != 0 || len(r.Left()) != 0 || g.dump() != before {
				t.Errorf("second run: %+v %+v %+v", r, r.Changed(), r.Left())
			}
		})
	}
}

// A deployment that keeps its sessions in a key-value store has none in the file.
func TestImportWithoutSessions(t *testing.T) {
	old := startOld(t, "1-3", "kv")
	ada := old.visitor()
	id := ada.signUp("ada")
	old.stop()
	g := newRig(t, func(c *auth.Config) { c.BaseURL = newHome })
	if r := g.importFile(old.file); r.New != 1 || r.Sessions != 0 || r.Passwords != 1 || len(r.Left()) != 0 {
		t.Errorf("%+v %+v", r, r.Left())
	}
	if s := g.newcomer(ada).session(); s != nil {
		t.Errorf("session %+v", s)
	}
	j := g.newcomer(nil)
	j.post("/sign-in/email", `{"email":"ada@example.com","password":"`+good+`"}`).want(t, 200, "")
	if s := j.session(); s == nil || s.User.ID != id {
		t.Errorf("session %+v", s)
	}
}

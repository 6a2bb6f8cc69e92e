package auth_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"snug/auth"
)

// A device is an authenticator with one passkey, and the page that it is used on.
type device struct {
	testing.TB
	party virtualwebauthn.RelyingParty
	auth  virtualwebauthn.Authenticator
	key   virtualwebauthn.Credential
}

func (g *rig) device(kind virtualwebauthn.KeyType) *device {
	return &device{
		TB:    g,
		party: virtualwebauthn.RelyingParty{ID: "localhost", Name: "Snug", Origin: base},
		auth:  virtualwebauthn.NewAuthenticator(),
		key:   newKey(kind),
	}
}

// newKey makes a key whose coordinates fill their 32 bytes: the virtual
// authenticator leaves out zeros that they begin with, which no real one does.
func newKey(kind virtualwebauthn.KeyType) virtualwebauthn.Credential {
	for {
		c := virtualwebauthn.NewCredential(kind)
		key, err := x509.ParsePKCS8PrivateKey(c.Key.Data)
		if err != nil {
			panic(err)
		}
		ec, ok := key.(*ecdsa.PrivateKey)
		if !ok {
			return c
		}
		if public, err := ec.PublicKey.Bytes(); err == nil && public[1] != 0 && public[33] != 0 {
			return c
		}
	}
}

// made answers what a server sent to make a passkey.
func (d *device) made(options reply) string {
	d.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options.want(d, 200, "").text)
	if err != nil {
		d.Fatal(err, options.text)
	}
	d.auth.Options.UserHandle = []byte(o.UserID)
	return virtualwebauthn.CreateAttestationResponse(d.party, d.auth, d.key, *o)
}

// shown answers what a server sent to sign in.
func (d *device) shown(options reply) string {
	d.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options.want(d, 200, "").text)
	if err != nil {
		d.Fatal(err, options.text)
	}
	return virtualwebauthn.CreateAssertionResponse(d.party, d.auth, d.key, *o)
}

func (j *jar) register(d *device, name string) reply {
	j.Helper()
	answer := d.made(j.get("/passkey/generate-register-options"))
	return j.post("/passkey/verify-registration", fmt.Sprintf(`{"response":%s,"name":%q}`, answer, name))
}

// withPasskey has a user add a passkey.
func (j *jar) withPasskey(kind virtualwebauthn.KeyType) *device {
	j.Helper()
	d := j.device(kind)
	j.register(d, "Laptop").want(j, 200, "")
	return d
}

func (j *jar) challenge() reply {
	j.Helper()
	return j.post("/passkey/generate-authenticate-options", `{}`)
}

func (j *jar) show(answer string) reply {
	j.Helper()
	return j.post("/passkey/verify-authentication", `{"response":`+answer+`}`)
}

func (j *jar) enterBy(d *device) reply {
	j.Helper()
	return j.show(d.shown(j.challenge()))
}

func TestPasskeys(t *testing.T) {
	for _, kind := range []virtualwebauthn.KeyType{virtualwebauthn.KeyTypeEC2, virtualwebauthn.KeyTypeRSA} {
		t.Run(string(kind), func(t *testing.T) {
			g := newRig(t)
			ada := g.jar().signUp("ada")
			id := ada.session().User.ID
			d := g.device(kind)
			d.auth.Options.BackupEligible, d.auth.Options.BackupState = true, true
			var made struct {
				ID, Name, UserID, CredentialID, PublicKey, DeviceType, Transports, CreatedAt, AAGUID string
				BackedUp                                                                             bool
				Counter                                                                              int
			}
			ada.register(d, "  Phone ☎ ").want(t, 200, "").decode(t, &made)
			if made.Name != "Phone ☎" || made.UserID != id || made.DeviceType != "multiDevice" || !made.BackedUp || len(made.AAGUID) != 36 || made.PublicKey == "" {
				t.Errorf("made %+v", made)
			}
			if ada.cookies["better-auth.better-auth-passkey"] != "" {
				t.Error("the cookie is left")
			}
			list := ada.get("/passkey/list-user-passkeys").want(t, 200, "")
			if !strings.Contains(list.text, made.ID) || !strings.Contains(list.text, `"usedAt":null`) {
				t.Error(list.text)
			}

			j := g.jar()
			options := j.challenge().want(t, 200, "")
			if strings.Contains(options.text, "allowCredentials") || !strings.Contains(options.text, `"rpId":"localhost"`) {
				t.Errorf("options %s", options.text)
			}
			var in sessionReply
			j.show(d.shown(options)).want(t, 200, "").decode(t, &in)
			s := j.session()
			if s == nil || s.User.ID != id || *s != in {
				t.Errorf("in: %+v, session %+v", in, s)
			}
			if j.cookies["better-auth.last_used_login_method"] != "passkey" {
				t.Errorf("cookies %v", j.cookies)
			}
			if list := ada.get("/passkey/list-user-passkeys"); strings.Contains(list.text, `"usedAt":null`) {
				t.Error(list.text)
			}
		})
	}
}

// The options have the members that clients of better-auth look for.
func TestPasskeyOptions(t *testing.T) {
	g := newRig(t)
	ada := g.jar().signUp("ada")
	var o struct {
		Challenge string
		RP        struct{ Name, ID string }
		User      struct{ ID, Name, DisplayName string }
		PubKey    []struct {
			Type string
			Alg  int
		} `json:"pubKeyCredParams"`
		Timeout                int
		Attestation            string
		AuthenticatorSelection struct {
			ResidentKey, UserVerification, AuthenticatorAttachment string
			RequireResidentKey                                     bool
		}
		ExcludeCredentials []struct{ ID, Type string }
	}
	p := ada.get("/passkey/generate-register-options?authenticatorAttachment=platform&name=x").want(t, 200, "")
	p.decode(t, &o)
	cookie := p.Result().Cookies()[0]
	if cookie.Name != "better-auth.better-auth-passkey" || cookie.MaxAge != 300 || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
		t.Errorf("cookie %v", cookie)
	}
	if o.RP.ID != "localhost" || o.RP.Name == "" || o.User.Name != "ada@example.com" || len(o.Challenge) < 43 || o.Attestation != "none" || o.Timeout != 300000 ||
		o.AuthenticatorSelection.AuthenticatorAttachment != "platform" || o.AuthenticatorSelection.ResidentKey != "required" || o.AuthenticatorSelection.UserVerification != "preferred" {
		t.Errorf("options %+v", o)
	}
	if len(o.PubKey) != 3 || o.PubKey[0].Alg != -8 || o.PubKey[1].Alg != -7 || o.PubKey[2].Alg != -257 {
		t.Errorf("algorithms %v", o.PubKey)
	}
	ada.get("/passkey/generate-register-options?authenticatorAttachment=car").want(t, 400, "VALIDATION_ERROR")

	d := ada.withPasskey(virtualwebauthn.KeyTypeEC2)
	ada.get("/passkey/generate-register-options").decode(t, &o)
	if len(o.ExcludeCredentials) != 1 {
		t.Errorf("excluded: %+v", o.ExcludeCredentials)
	}
	// One that an authenticator makes twice all the same.
	ada.register(d, "again").want(t, 400, "PREVIOUSLY_REGISTERED")
	g.jar().signUp("bob").register(d, "mine").want(t, 400, "PREVIOUSLY_REGISTERED")

	// §13.13: what an address has is told to nobody but its owner.
	mask := func(j *jar, body string) string {
		text := j.post("/passkey/generate-authenticate-options", body).want(t, 200, "").text
		var o struct{ Challenge string }
		if err := json.Unmarshal([]byte(text), &o); err != nil || o.Challenge == "" {
			t.Fatal(err, text)
		}
		return strings.ReplaceAll(text, o.Challenge, "")
	}
	known, unknown := mask(g.jar(), `{"email":"ada@example.com"}`), mask(g.jar(), `{"email":"nobody@example.com"}`)
	if known != unknown || strings.Contains(known, "allowCredentials") {
		t.Errorf("known: %s, unknown: %s", known, unknown)
	}
	if own := mask(ada, `{}`); !strings.Contains(own, "allowCredentials") {
		t.Errorf("own: %s", own)
	}
	if p := g.jar().get("/passkey/generate-authenticate-options"); p.Code != 200 {
		t.Errorf("GET: %d", p.Code)
	}
}

// Passkeys belong to a name; a server without a base URL has the one that it was
// asked by.
func TestPasskeyHost(t *testing.T) {
	g := newRig(t, func(c *auth.Config) { c.BaseURL = "" })
	ada := g.jar()
	ada.origin = "http://192.0.2.7:3000"
	ada.signUp("ada")
	ada.get("/passkey/generate-register-options").want(t, 400, "PASSKEYS_NEED_A_NAME")
	ada.challenge().want(t, 400, "PASSKEYS_NEED_A_NAME")
	for origin, offered := range map[string]bool{"http://192.0.2.7:3000": false, "http://[2001:db8::1]": false, "https://chat.example.org": true, "http://localhost:3000": true} {
		j := g.jar()
		j.origin = origin
		r := j.request("GET", "/", "")
		r.URL.Path = "/api/account/options"
		if p := g.do(r); strings.Contains(p.text, `"passkeys":true`) != offered {
			t.Errorf("at %s: %s", origin, p.text)
		}
	}
	bob := g.jar()
	bob.origin = "http://chat.example.org:8080"
	bob.signUp("bob")
	d := g.device(virtualwebauthn.KeyTypeEC2)
	d.party.Origin, d.party.ID = bob.origin, "chat.example.org"
	bob.register(d, "x").want(t, 200, "")
	j := g.jar()
	j.origin = bob.origin
	j.enterBy(d).want(t, 200, "")
}

func TestPasskeyManagement(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	ada, eve := g.jar().signUp("ada"), g.jar().signUp("eve")
	d := ada.withPasskey(virtualwebauthn.KeyTypeEC2)
	ids := func() (list []struct{ ID, Name string }) {
		ada.get("/passkey/list-user-passkeys").want(t, 200, "").decode(t, &list)
		return list
	}
	id := ids()[0].ID
	for _, path := range []string{"/passkey/generate-register-options", "/passkey/list-user-passkeys"} {
		g.jar().get(path).want(t, 401, "")
	}
	for _, path := range []string{"/passkey/delete-passkey", "/passkey/update-passkey", "/passkey/verify-registration"} {
		g.jar().post(path, `{"id":"x","name":"x","response":{}}`).want(t, 401, "")
	}
	eve.post("/passkey/delete-passkey", fmt.Sprintf(`{"id":%q}`, id)).want(t, 404, "PASSKEY_NOT_FOUND")
	eve.post("/passkey/update-passkey", fmt.Sprintf(`{"id":%q,"name":"mine"}`, id)).want(t, 404, "PASSKEY_NOT_FOUND")
	ada.post("/passkey/delete-passkey", `{"id":"x"}`).want(t, 404, "PASSKEY_NOT_FOUND")
	for _, name := range []string{"", " ", "a\nb", strings.Repeat("x", 65), "2026-01-02T03:04:05Z"} {
		ada.post("/passkey/update-passkey", fmt.Sprintf(`{"id":%q,"name":%q}`, id, name)).want(t, 400, "INVALID_NAME")
	}
	p := ada.post("/passkey/update-passkey", fmt.Sprintf(`{"id":%q,"name":" Key ring "}`, id)).want(t, 200, "")
	if !strings.HasPrefix(p.text, `{"passkey":{"id":"`+id) || ids()[0].Name != "Key ring" {
		t.Error(p.text)
	}

	// Not the last way in: neither the passkey without a password, nor, while there
	// are two, the other of them.
	g.exec(`delete from accounts where user_id = ?`, ada.session().User.ID)
	ada.post("/passkey/delete-passkey", fmt.Sprintf(`{"id":%q}`, id)).want(t, 400, "LAST_WAY_TO_SIGN_IN")
	g.jar().enterBy(d).want(t, 200, "")
	ada.withPasskey(virtualwebauthn.KeyTypeEC2)
	ada.post("/passkey/delete-passkey", fmt.Sprintf(`{"id":%q}`, id)).want(t, 200, "")
	g.jar().enterBy(d).want(t, 401, "PASSKEY_NOT_FOUND")
	ada.post("/passkey/delete-passkey", fmt.Sprintf(`{"id":%q}`, ids()[0].ID)).want(t, 400, "LAST_WAY_TO_SIGN_IN")

	for range 19 {
		ada.withPasskey(virtualwebauthn.KeyTypeEC2)
	}
	ada.get("/passkey/generate-register-options").want(t, 409, "TOO_MANY_PASSKEYS")

	// Adding one takes a session that began lately, from end to end.
	e := g.device(virtualwebauthn.KeyTypeEC2)
	answer := e.made(eve.get("/passkey/generate-register-options"))
	c.pass(24 * time.Hour)
	eve.post("/passkey/verify-registration", `{"response":`+answer+`}`).want(t, 403, "SESSION_IS_NOT_FRESH")
	eve.get("/passkey/generate-register-options").want(t, 403, "SESSION_IS_NOT_FRESH")
}

// §13.7.
func TestPasskeysAreNotLogged(t *testing.T) {
	var logged syncBuffer
	g := newRig(t, func(c *auth.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	ada := g.jar().signUp("ada")
	secrets := []string{"ada@example.com", "evil.example"}
	d := g.device(virtualwebauthn.KeyTypeEC2)
	options := ada.get("/passkey/generate-register-options")
	secrets = append(secrets, strings.SplitN(ada.cookies["better-auth.better-auth-passkey"], ".", 2)[0])
	ada.post("/passkey/verify-registration", `{"response":`+d.made(options)+`}`).want(t, 200, "")
	j := g.jar()
	options = j.challenge()
	var o struct{ Challenge string }
	options.decode(t, &o)
	secrets = append(secrets, o.Challenge, strings.SplitN(j.cookies["better-auth.better-auth-passkey"], ".", 2)[0])
	answer := d.shown(options)
	j.show(answer).want(t, 200, "")
	secrets = append(secrets, j.session().Session.Token)
	d.party.Origin = "https://evil.example"
	g.jar().enterBy(d).want(t, 400, "AUTHENTICATION_FAILED")
	var shown struct{ Response map[string]string }
	if err := json.Unmarshal([]byte(answer), &shown); err != nil {
		t.Fatal(err)
	}
	for _, value := range shown.Response {
		secrets = append(secrets, value)
	}
	for _, secret := range secrets {
		if len(secret) < 8 {
			t.Fatalf("%q", secret)
		}
		if strings.Contains(logged.String(), secret) && secret != shown.Response["userHandle"] {
			t.Errorf("logged: %s", secret)
		}
	}
	for _, said := range []string{"passkey made", "method=passkey", "why=origin"} {
		if !strings.Contains(logged.String(), said) {
			t.Errorf("not logged: %s in\n%s", said, logged.String())
		}
	}
}

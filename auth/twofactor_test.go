package auth_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
)

// An app is an authenticator app, set up from what a QR code says. It goes by the
// clock of the server.
type app struct {
	testing.TB
	clock  *clock
	key    []byte
	backup []string
}

func (j *jar) newApp(c *clock, p reply) *app {
	j.Helper()
	var set struct {
		TOTPURI     string
		BackupCodes []string
	}
	p.want(j, 200, "").decode(j, &set)
	u, err := url.Parse(set.TOTPURI)
	if err != nil {
		j.Fatal(err)
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	if err != nil || len(key) < 20 {
		j.Fatalf("key of %d bytes: %v", len(key), err)
	}
	return &app{j, c, key, set.BackupCodes}
}

// code shows the code of a moment that is so far from now.
func (a *app) code(off time.Duration) string {
	m := hmac.New(sha1.New, a.key)
	binary.Write(m, binary.BigEndian, a.clock.Now().Add(off).Unix()/30)
	sum := m.Sum(nil)
	at := sum[19] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1000000)
}

// wrong is a code that isn't right now.
func (a *app) wrong() string {
	for n := 0; ; n++ {
		code := fmt.Sprintf("%06d", n)
		if code != a.code(0) && code != a.code(-30*time.Second) && code != a.code(30*time.Second) {
			return code
		}
	}
}

const withPassword = `{"password":"` + good + `"}`

// protect has the user of a jar set up a second factor.
func (j *jar) protect(c *clock) *app {
	j.Helper()
	a := j.newApp(c, j.post("/two-factor/enable", withPassword))
	j.totp(a.code(0)).want(j, 200, "")
	c.pass(time.Minute) // that code is used
	return a
}

func (j *jar) totp(code string) reply {
	j.Helper()
	return j.post("/two-factor/verify-totp", fmt.Sprintf(`{"code":%q}`, code))
}

func (j *jar) backupCode(code string) reply {
	j.Helper()
	return j.post("/two-factor/verify-backup-code", fmt.Sprintf(`{"code":%q}`, code))
}

// pending signs in with the password and finds that this isn't enough.
func (j *jar) pending(name string) *jar {
	j.Helper()
	p := j.post("/sign-in/email", fmt.Sprintf(`{"email":%q,"password":%q}`, name+"@example.com", good)).want(j, 200, "")
	if p.text != `{"twoFactorRedirect":true,"twoFactorMethods":["totp"]}` {
		j.Fatalf("sign-in says %s", p.text)
	}
	return j
}

func TestTwoFactor(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	ada := g.jar().signUp("ada")
	ada.post("/two-factor/enable", `{"password":"bad password"}`).want(t, 400, "INVALID_PASSWORD")
	ada.post("/two-factor/enable", `{}`).want(t, 400, "INVALID_PASSWORD")
	ada.totp("123456").want(t, 400, "TOTP_NOT_ENABLED")
	g.jar().post("/two-factor/enable", withPassword).want(t, 401, "")

	p := ada.post("/two-factor/enable", withPassword)
	shape := regexp.MustCompile(`^\{"method":"totp","totpURI":"otpauth://totp/localhost:ada%40example\.com\?secret=[A-Z2-7]{52}&issuer=localhost&digits=6&period=30","backupCodes":\[("[a-zA-Z0-9]{5}-[a-zA-Z0-9]{5}",?){10}\]\}$`)
	if !shape.MatchString(p.text) {
		t.Errorf("enabled: %s", p.text)
	}
	phone := ada.newApp(c, p)

	// Until a code was right once, nothing is asked for.
	g.jar().signIn("ada")
	ada.backupCode(phone.backup[0]).want(t, 400, "BACKUP_CODES_ARENT_ENABLED")
	ada.totp(phone.wrong()).want(t, 401, "INVALID_CODE")
	if !strings.Contains(ada.get("/get-session").text, `"email":"ada@example.com"`) || strings.Contains(ada.get("/get-session").text, "twoFactorEnabled") {
		t.Error(ada.get("/get-session").text)
	}

	var done struct {
		Token string
		User  struct {
			TwoFactorEnabled bool
		}
	}
	ada.totp(phone.code(0)).want(t, 200, "").decode(t, &done)
	if s := ada.session(); s == nil || s.Session.Token != done.Token || !done.User.TwoFactorEnabled {
		t.Errorf("after enabling: %+v, session %+v", done, s)
	}
	ada.post("/two-factor/enable", withPassword).want(t, 400, "TOTP_ALREADY_ENABLED")
	if uri := ada.post("/two-factor/get-totp-uri", withPassword).text; !strings.Contains(p.text, strings.Trim(uri, "{}")) {
		t.Errorf("the secret changed: %s", uri)
	}

	c.pass(time.Minute)
	other := g.jar().pending("ada")
	other.totp(phone.wrong()).want(t, 401, "INVALID_CODE")
	other.totp(" "+phone.code(0)[:3]+" "+phone.code(0)[3:]).want(t, 200, "").decode(t, &done)
	if s := other.session(); s == nil || s.Session.Token != done.Token || s.User.Email != "ada@example.com" {
		t.Errorf("after the second factor: %+v", s)
	}
	if len(other.cookies) != 2 || other.cookies["better-auth.session_token"] == "" || other.cookies["better-auth.last_used_login_method"] != "email" {
		t.Errorf("cookies %v", other.cookies)
	}

	ada.post("/two-factor/disable", `{"password":"bad password"}`).want(t, 400, "INVALID_PASSWORD")
	ada.post("/two-factor/disable", withPassword).want(t, 200, "")
	ada.post("/two-factor/disable", withPassword).want(t, 200, "") // it is off
	ada.post("/two-factor/get-totp-uri", withPassword).want(t, 400, "TOTP_NOT_ENABLED")
	ada.post("/two-factor/generate-backup-codes", withPassword).want(t, 400, "TWO_FACTOR_ISNT_ENABLED")
	g.jar().signIn("ada")
	for _, absent := range []string{"send-otp", "verify-otp", "view-backup-codes"} {
		if p := ada.post("/two-factor/"+absent, `{}`); p.Code != 404 || p.text != "" {
			t.Errorf("%s: %d %s", absent, p.Code, p.text)
		}
	}
}

// §13.8: turning the second factor on or off ends all sessions but the one that
// does it, and that goes on under another token.
func TestTwoFactorRotatesSessions(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	ada, other := g.jar().signUp("ada"), g.jar().signIn("ada")
	phone := ada.newApp(c, ada.post("/two-factor/enable", withPassword))
	for i, change := range []func(){
		func() { ada.totp(phone.code(0)).want(t, 200, "") },
		func() { ada.post("/two-factor/disable", withPassword).want(t, 200, "") },
	} {
		before := ada.copy()
		g.told()
		change()
		if before.session() != nil || other.session() != nil {
			t.Error("an older session lives")
		}
		if ada.session() == nil {
			t.Error("the session that did it is gone")
		}
		if ends := g.told(); len(ends) != 2 {
			t.Errorf("told of %d ends, want 2: %v", len(ends), ends)
		}
		if i == 1 {
			break
		}
		c.pass(time.Minute)
		other = g.jar().pending("ada").in(phone)
	}
	// A session that is to be forgotten with the browser stays one.
	short := g.jar()
	short.post("/sign-in/email", `{"email":"ada@example.com","password":"`+good+`","rememberMe":false}`).want(t, 200, "")
	phone = short.newApp(c, short.post("/two-factor/enable", withPassword))
	p := short.totp(phone.code(0)).want(t, 200, "")
	for _, cookie := range p.Result().Cookies() {
		if cookie.Name == "better-auth.session_token" && cookie.MaxAge != 0 {
			t.Errorf("cookie %v", cookie)
		}
	}
	c.pass(time.Minute)
	short = g.jar()
	short.post("/sign-in/email", `{"email":"ada@example.com","password":"`+good+`","rememberMe":false}`).want(t, 200, "")
	p = short.totp(phone.code(0)).want(t, 200, "")
	for _, cookie := range p.Result().Cookies() {
		if cookie.Name == "better-auth.session_token" && cookie.MaxAge != 0 {
			t.Errorf("cookie %v", cookie)
		}
	}
}

// §13.25, GHSA-xg6x-h9c9-2m83: there a cookie that held a copy of the session let
// people in who had shown but the password. Here the first factor makes no
// session, and none of the cookies it leaves opens anything, under whatever name.
func TestNoSessionBeforeTheSecondFactor(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	phone := g.jar().signUp("ada").protect(c)
	eve := g.jar().signUp("eve")
	before := eve.copy()
	var had int
	g.query(`select count(*) from sessions where user_id = (select id from users where email = 'ada@example.com')`, &had)

	eve.pending("ada")
	var have int
	g.query(`select count(*) from sessions where user_id = (select id from users where email = 'ada@example.com')`, &have)
	if have != had {
		t.Errorf("%d sessions, before %d", have, had)
	}
	if before.session() != nil {
		t.Error("the session that the browser had lives on, without a browser")
	}
	for name, value := range eve.cookies {
		for _, as := range []string{name, "better-auth.session_token", "better-auth.session_data", "__Secure-better-auth.session_token", "better-auth.trust_device"} {
			thief := g.jar()
			thief.cookies[name] = value
			thief.cookies[as] = value
			if s := thief.session(); s != nil {
				t.Errorf("%s as %s opens a session of %s", name, as, s.User.Email)
			}
			if _, ok := thief.identity(); ok {
				t.Errorf("%s as %s is somebody", name, as)
			}
			thief.post("/two-factor/disable", withPassword).want(t, 401, "")
		}
		// Nor is it a device where none is asked for.
		thief := g.jar()
		thief.cookies["better-auth.trust_device"] = value
		thief.pending("ada")
	}
	g.jar().totp(phone.code(0)).want(t, 401, "INVALID_TWO_FACTOR_COOKIE")
	forged := g.jar()
	forged.cookies["better-auth.two_factor"] = "x.y"
	forged.totp(phone.code(0)).want(t, 401, "INVALID_TWO_FACTOR_COOKIE")
	eve.totp(phone.code(0)).want(t, 200, "")
	if s := eve.session(); s == nil || s.User.Email != "ada@example.com" {
		t.Errorf("session %+v", s)
	}
	eve.cookies["better-auth.two_factor"] = g.Sign("nothing")
	if eve.signIn("eve"); eve.cookies["better-auth.two_factor"] != "" {
		t.Error("a cookie is left of a sign-in that nobody waits for")
	}
}

func TestPendingSignInExpires(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	g.jar().signUp("owner")
	ada := g.jar().signUp("ada")
	phone := ada.protect(c)
	j := g.jar().pending("ada")
	c.pass(10*time.Minute - time.Millisecond)
	last := j.copy()
	c.pass(time.Millisecond)
	last.totp(phone.code(0)).want(t, 401, "INVALID_TWO_FACTOR_COOKIE")

	// Nor does it outlive what it was begun with.
	for _, test := range []struct {
		name string
		end  func()
	}{
		{"others revoked", func() { ada.post("/revoke-other-sessions", `{}`).want(t, 200, "") }},
		{"off and on", func() { ada.post("/two-factor/disable", withPassword).want(t, 200, ""); phone = ada.protect(c) }},
		{"all revoked", func() { ada.post("/revoke-sessions", `{}`).want(t, 200, "") }},
	} {
		j = g.jar().pending("ada")
		test.end()
		if p := j.totp(phone.code(0)); p.Code != 401 {
			t.Errorf("%s: %s", test.name, p.text)
		}
	}
	j = g.jar().pending("ada")
	if err := g.Ban(t.Context(), auth.Whom{Email: "ada@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
	j.totp(phone.code(0)).want(t, 403, "BANNED_USER")
	if j.session() != nil {
		t.Error("a banned user is in")
	}
}

func TestTrustedDevice(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	ada := g.jar().signUp("ada")
	phone := ada.protect(c)
	trust := func() *jar {
		t.Helper()
		j := g.jar().pending("ada")
		j.post("/two-factor/verify-totp", fmt.Sprintf(`{"code":%q,"trustDevice":true}`, phone.code(0))).want(t, 200, "")
		if j.cookies["better-auth.trust_device"] == "" {
			t.Fatal("no cookie")
		}
		c.pass(time.Minute)
		j.post("/sign-out", `{}`)
		return j
	}
	// asked reports whether the second factor is asked for in that browser.
	asked := func(j *jar, name string) bool {
		t.Helper()
		p := j.post("/sign-in/email", fmt.Sprintf(`{"email":%q,"password":%q}`, name+"@example.com", good)).want(t, 200, "")
		return strings.Contains(p.text, "twoFactorRedirect")
	}
	ends := c.Now().Add(30 * 24 * time.Hour)
	j := trust()
	if asked(j, "ada") {
		t.Error("a trusted browser is asked")
	}
	g.jar().signUp("bob").protect(c)
	if !asked(j.copy(), "bob") {
		t.Error("trusted for somebody else")
	}
	if !asked(g.jar(), "ada") {
		t.Error("every browser is trusted")
	}
	c.pass(ends.Sub(c.Now()) - time.Millisecond)
	if asked(j, "ada") {
		t.Error("asked before the 30 days are over")
	}
	c.pass(time.Millisecond)
	if !asked(j, "ada") {
		t.Error("trusted for ever")
	}
	for name, end := range map[string]func(){
		"revoked all":    func() { g.jar().pending("ada").in(phone).post("/revoke-sessions", `{}`).want(t, 200, "") },
		"revoked others": func() { g.jar().pending("ada").in(phone).post("/revoke-other-sessions", `{}`).want(t, 200, "") },
		"new password": func() {
			k := g.jar().pending("ada").in(phone)
			waits := g.jar().pending("ada")
			k.post("/change-password", `{"currentPassword":"`+good+`","newPassword":"`+good+`"}`).want(t, 200, "")
			waits.totp(phone.code(0)).want(t, 401, "INVALID_TWO_FACTOR_COOKIE")
		},
		"off and on": func() {
			k := g.jar().pending("ada").in(phone)
			k.post("/two-factor/disable", withPassword).want(t, 200, "")
			phone = k.protect(c)
		},
	} {
		j := trust()
		end()
		if !asked(j, "ada") {
			t.Errorf("%s: the browser is still trusted", name)
		}
	}
}

// in finishes a sign-in.
func (j *jar) in(a *app) *jar {
	j.Helper()
	j.totp(a.code(0)).want(j, 200, "")
	a.clock.pass(time.Minute)
	return j
}

// Who has no password shows to be the user by having signed in lately.
func TestTwoFactorWithoutPassword(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	ada := g.jar().signUp("ada")
	g.exec(`delete from accounts`)
	c.pass(24 * time.Hour)
	for _, path := range []string{"enable", "disable", "get-totp-uri", "generate-backup-codes"} {
		ada.post("/two-factor/"+path, `{}`).want(t, 403, "SESSION_IS_NOT_FRESH")
		ada.post("/two-factor/"+path, withPassword).want(t, 403, "SESSION_IS_NOT_FRESH")
	}
	g.exec(`update sessions set created_at = created_at + 1`)
	ada.newApp(c, ada.post("/two-factor/enable", `{"password":null}`))
}

func TestTwoFactorRequestsThatAreRefused(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	ada := g.jar().signUp("ada")
	for _, body := range []string{
		`{"password":1}`, `{"issuer":1,"password":"` + good + `"}`, `{"password":["x"]}`,
	} {
		ada.post("/two-factor/enable", body).want(t, 400, "VALIDATION_ERROR")
	}
	for _, issuer := range []string{"", "  ", "a\nb", strings.Repeat("x", 65)} {
		ada.post("/two-factor/enable", fmt.Sprintf(`{"issuer":%q,"password":%q}`, issuer, good)).want(t, 400, "INVALID_ISSUER")
	}
	p := ada.post("/two-factor/enable", `{"issuer":"A & B: 100%?","password":"`+good+`"}`).want(t, 200, "")
	var set struct{ TOTPURI string }
	p.decode(t, &set)
	u, err := url.Parse(set.TOTPURI)
	if err != nil || u.Query().Get("issuer") != "A & B: 100%?" || u.Path != "/A & B: 100%?:ada@example.com" || strings.Contains(set.TOTPURI, "+") {
		t.Errorf("%s: %v", set.TOTPURI, err)
	}
	for _, body := range []string{`{}`, `{"code":1}`, `{"code":null}`, `{"code":"000000","trustDevice":"yes"}`} {
		ada.post("/two-factor/verify-totp", body).want(t, 400, "VALIDATION_ERROR")
	}
	ada.post("/two-factor/verify-backup-code", `{"code":"x","disableSession":1}`).want(t, 400, "VALIDATION_ERROR")
	for _, code := range []string{"", "0", "1234567", "١٢٣٤٥٦", strings.Repeat("0", 5000)} {
		ada.totp(code).want(t, 401, "INVALID_CODE")
		g.exec(`update two_factors set failures = 0`)
	}
}

// §13.7 and 24: the log says who did what, and holds nothing that opens anything.
func TestSecondFactorIsNotLogged(t *testing.T) {
	var logged syncBuffer
	c := newClock()
	g := newRig(t, c.use, func(config *auth.Config) {
		config.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	ada := g.jar().signUp("ada")
	id := ada.session().User.ID
	uri := ada.post("/two-factor/enable", withPassword)
	phone := ada.newApp(c, uri)
	secrets := append([]string{good, "ada@example.com", base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(phone.key), string(phone.key)}, phone.backup...)
	note := func(j *jar, codes ...string) {
		for name, value := range j.cookies {
			if name != "better-auth.last_used_login_method" {
				text, _, _ := strings.Cut(value, ".")
				secrets = append(secrets, text)
			}
		}
		secrets = append(secrets, codes...)
	}
	note(ada, phone.code(0), phone.wrong())
	ada.totp(phone.wrong())
	ada.totp(phone.code(0))
	note(ada)
	c.pass(time.Minute)
	j := g.jar().pending("ada")
	note(j, phone.code(0))
	j.backupCode("nonsense-code")
	j.post("/two-factor/verify-totp", fmt.Sprintf(`{"code":%q,"trustDevice":true}`, phone.code(0))).want(t, 200, "")
	note(j, "nonsense-code")
	g.jar().pending("ada").backupCode(phone.backup[0])
	ada.post("/two-factor/disable", `{"password":"nonsense-password"}`)
	j.post("/two-factor/disable", withPassword).want(t, 200, "")
	g.exec(`insert into two_factors (user_id, secret, verified, created_at) values (?, 'nonsense-secret', 1, 0)`, id)
	j.totp("777777")

	text := logged.String()
	for _, secret := range append(secrets, "nonsense") {
		if strings.Contains(text, secret) {
			t.Errorf("logged: %q", secret)
		}
	}
	for _, said := range []string{"second factor begun", "second factor on", "second factor asked for", "second factor refused", "second factor off", id} {
		if !strings.Contains(text, said) {
			t.Errorf("not logged: %q in\n%s", said, text)
		}
	}
}

// A syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

package auth_test

import (
	"strings"
	"testing"
	"time"

	"snug/auth"
)

// The first six digits of the eight in RFC 6238, appendix B, from the right.
func TestTOTPVectors(t *testing.T) {
	for _, test := range []struct {
		at   int64
		code string
	}{
		{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"},
		{1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
	} {
		if code := auth.TOTPCode([]byte("12345678901234567890"), test.at/30); code != test.code {
			t.Errorf("at %d: %s, want %s", test.at, code, test.code)
		}
	}
}

// What better-auth has encrypted, as recorded of its two versions, opens here.
func TestSecretsOfBetterAuth(t *testing.T) {
	g := newRig(t)
	for _, test := range []struct{ sealed, uri string }{
		{"a132220c54e3e9b30721f6c8e8d0429e05d1e3b39f09627768c611990b74a08f6419a816a50db2e1349c8872fae4998f798871e4ff2d48743188ee8cf8ebd19ef2fe09bdabc6cf29",
			"OF4E4WCXL5VV6ULFJRJXCZDFJNJW6ZLLKA3FS2RTPA4EWWCTMFZA"},
		{"6a666bc53805ceda4d289cf38f8baeae7e7a7958bb63fb9b842e84e363847fb061bcab895e5970da974f9524796ae2e53db02fc34bb2092cf63dfcb933a681352f74e2d9013da039",
			"INFTSOJVOI2DARLWNRJDCQ2VFVUU4N27KIYDQWBUOBSHG3KPHB2A"},
		{"$ba$1$6a666bc53805ceda4d289cf38f8baeae7e7a7958bb63fb9b842e84e363847fb061bcab895e5970da974f9524796ae2e53db02fc34bb2092cf63dfcb933a681352f74e2d9013da039",
			"INFTSOJVOI2DARLWNRJDCQ2VFVUU4N27KIYDQWBUOBSHG3KPHB2A"},
	} {
		ada := g.jar().signUp("ada" + auth.NewID()[:4])
		g.exec(`insert into two_factors (user_id, secret, verified, created_at) values (?, ?, 1, 0)`, ada.session().User.ID, test.sealed)
		if p := ada.post("/two-factor/get-totp-uri", withPassword); !strings.Contains(p.text, "secret="+test.uri+"&") {
			t.Errorf("%s: %s", test.uri, p.text)
		}
	}
	for _, broken := range []string{"", "00", "zz", "$ba$", strings.Repeat("00", 24), strings.Repeat("00", 80)} {
		g.exec(`update two_factors set secret = ?`, broken)
		ada := g.jar().signUp("ada" + auth.NewID()[:4])
		g.exec(`insert into two_factors (user_id, secret, verified, created_at) values (?, ?, 1, 0)`, ada.session().User.ID, broken)
		if p := ada.totp("123456"); p.Code != 500 || p.text != "" {
			t.Errorf("%q: %d %s", broken, p.Code, p.text)
		}
	}
}

// §13.20: a new secret takes over what the old one has encrypted, which then can
// be dropped.
func TestSecretsAreEncryptedAnew(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	phone := g.jar().signUp("ada").protect(c)
	var before, after string
	g.query(`select secret from two_factors`, &before)
	const newer = "a-newer-secret-0123456789abcdef0123456789"
	again := func(secrets ...string) *rig {
		t.Helper()
		old := [][]byte{}
		for _, s := range secrets[1:] {
			old = append(old, []byte(s))
		}
		s, err := auth.New(auth.Config{DB: g.db, Secret: []byte(secrets[0]), OldSecrets: old, BaseURL: base, Now: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		s.Weaken()
		t.Cleanup(func() { s.Close() })
		return &rig{TB: t, Service: s, db: g.db, handler: s.Handler()}
	}
	rotated := again(newer, secret)
	rotated.Resealed()
	g.query(`select secret from two_factors`, &after)
	if before == after {
		t.Error("as it was")
	}
	only := again(newer)
	only.jar().pending("ada").totp(phone.code(0)).want(t, 200, "")
	c.pass(time.Minute)

	// What comes in later, by an import, is taken over when it is used.
	g.exec(`update two_factors set secret = ?`, before)
	rotated.jar().pending("ada").totp(phone.code(0)).want(t, 200, "")
	c.pass(time.Minute)
	only.jar().pending("ada").totp(phone.code(0)).want(t, 200, "")
}

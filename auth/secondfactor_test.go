package auth_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/auth"
)

// §13.6: a code is good for its step and the ones beside it, and once.
func TestTOTPSteps(t *testing.T) {
	const step = 30 * time.Second
	for _, test := range []struct {
		name  string
		codes []time.Duration // from now
		want  []int
	}{
		{"again", []time.Duration{0, 0, 0}, []int{200, 401, 401}},
		{"late", []time.Duration{-step}, []int{200}},
		{"later", []time.Duration{-2 * step}, []int{401}},
		{"early", []time.Duration{step}, []int{200}},
		{"earlier", []time.Duration{2 * step}, []int{401}},
		{"in order", []time.Duration{-step, 0, step}, []int{200, 200, 200}},
		{"an older one than the last", []time.Duration{step, 0, -step}, []int{200, 401, 401}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock()
			g := newRig(t, c.use)
			phone := g.jar().signUp("ada").protect(c)
			for i, off := range test.codes {
				if p := g.jar().pending("ada").totp(phone.code(off)); p.Code != test.want[i] {
					t.Errorf("code %d: %d %s, want %d", i, p.Code, p.text, test.want[i])
				}
			}
		})
	}
	// The code that turned it on is used, too.
	c := newClock()
	g := newRig(t, c.use)
	ada := g.jar().signUp("ada")
	phone := ada.newApp(c, ada.post("/two-factor/enable", withPassword))
	ada.totp(phone.code(0)).want(t, 200, "")
	g.jar().pending("ada").totp(phone.code(0)).want(t, 401, "INVALID_CODE")
	c.pass(step)
	if p := g.jar().pending("ada").totp(phone.code(0)); p.Code != 200 {
		t.Errorf("the next one: %s", p.text)
	}
}

// §13.15: of many that enter the same code at once, one gets in.
func TestOneOfManyWithTheSameCode(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	phone := g.jar().signUp("ada").protect(c)
	for _, test := range []struct{ name, path, code string }{
		{"TOTP", "/two-factor/verify-totp", phone.code(0)},
		{"backup code", "/two-factor/verify-backup-code", phone.backup[3]},
	} {
		const many = 8
		jars := make([]*jar, many)
		for i := range jars {
			jars[i] = g.jar().pending("ada")
		}
		replies := make([]reply, many)
		var wg sync.WaitGroup
		for i, j := range jars {
			wg.Go(func() { replies[i] = j.post(test.path, fmt.Sprintf(`{"code":%q}`, test.code)) })
		}
		wg.Wait()
		in := 0
		for i, p := range replies {
			if p.Code == 200 {
				in++
			} else if jars[i].session() != nil {
				t.Errorf("%s: refused, and in: %s", test.name, p.text)
			}
		}
		if in != 1 {
			t.Errorf("%s: %d got in", test.name, in)
		}
		g.exec(`update two_factors set failures = 0, locked_until = 0`)
	}
	// Nor does one waiting sign-in become two sessions.
	ticket := g.jar().pending("ada")
	twin := ticket.copy()
	ticket.backupCode(phone.backup[0]).want(t, 200, "")
	twin.backupCode(phone.backup[1]).want(t, 401, "INVALID_TWO_FACTOR_COOKIE")
}

func TestBackupCodes(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	ada := g.jar().signUp("ada")
	phone := ada.protect(c)
	codes := phone.backup
	for i, entered := range []string{
		codes[0],
		strings.ReplaceAll(codes[1], "-", ""),
		" " + strings.ReplaceAll(codes[2], "-", " ") + "\t",
	} {
		g.jar().pending("ada").backupCode(entered).want(t, 200, "")
		g.jar().pending("ada").backupCode(codes[i]).want(t, 401, "INVALID_BACKUP_CODE")
	}
	for _, entered := range []string{"", "-", codes[3][:10], codes[3] + "x", strings.Repeat("x", 4096), phone.code(0)} {
		g.jar().pending("ada").backupCode(entered).want(t, 401, "INVALID_BACKUP_CODE")
		g.exec(`update two_factors set failures = 0`)
	}
	// Somebody else's.
	bob := g.jar().signUp("bob").protect(c)
	g.jar().pending("ada").backupCode(bob.backup[0]).want(t, 401, "INVALID_BACKUP_CODE")

	// Used up without a session, the sign-in still waits.
	bare := g.jar().pending("ada")
	p := bare.post("/two-factor/verify-backup-code", fmt.Sprintf(`{"code":%q,"disableSession":true}`, codes[4])).want(t, 200, "")
	if strings.Contains(p.text, "token") || bare.session() != nil {
		t.Errorf("a session: %s", p.text)
	}
	bare.backupCode(codes[4]).want(t, 401, "INVALID_BACKUP_CODE")
	bare.totp(phone.code(0)).want(t, 200, "")

	// New ones replace all.
	var made struct{ BackupCodes []string }
	ada.post("/two-factor/generate-backup-codes", withPassword).want(t, 200, "").decode(t, &made)
	if len(made.BackupCodes) != 10 {
		t.Fatalf("%d codes", len(made.BackupCodes))
	}
	g.jar().pending("ada").backupCode(codes[5]).want(t, 401, "INVALID_BACKUP_CODE")
	g.jar().pending("ada").backupCode(made.BackupCodes[9]).want(t, 200, "")

	var stored string
	g.query(`select group_concat(code_hash) from backup_codes`, &stored)
	for _, code := range made.BackupCodes {
		if strings.Contains(stored, code) || strings.Contains(stored, strings.ReplaceAll(code, "-", "")) {
			t.Error("codes are stored as they are")
		}
	}
}

// §13.15: five wrong codes end a sign-in, ten in a row lock the second factor,
// for longer each time.
func TestLockOut(t *testing.T) {
	c := newClock()
	g := newRig(t, c.use)
	phone := g.jar().signUp("ada").protect(c)
	j := g.jar().pending("ada")
	for range 4 {
		j.totp(phone.wrong()).want(t, 401, "INVALID_CODE")
	}
	ticket := j.copy()
	j.backupCode("wrong").want(t, 400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE")
	if j.cookies["better-auth.two_factor"] != "" {
		t.Error("the cookie stays")
	}
	ticket.totp(phone.code(0)).want(t, 401, "INVALID_TWO_FACTOR_COOKIE")

	// A right one forgets the five.
	g.jar().pending("ada").totp(phone.code(0)).want(t, 200, "")
	c.pass(time.Minute)
	for n := range 10 {
		g.jar().pending("ada").totp(phone.wrong()).want(t, 401, "INVALID_CODE")
		if n == 8 {
			g.jar().pending("ada") // the password alone counts nothing
		}
	}
	for _, minutes := range []int{15, 30, 60, 120, 240, 240} {
		j = g.jar().pending("ada")
		for _, p := range []reply{j.totp(phone.code(0)), j.backupCode(phone.backup[0]), j.totp(phone.wrong())} {
			p.want(t, 429, "ACCOUNT_TEMPORARILY_LOCKED")
			if got := p.Header().Get("Retry-After"); got != fmt.Sprint(minutes*60) {
				t.Errorf("Retry-After %s, want %d minutes", got, minutes)
			}
		}
		c.pass(time.Duration(minutes)*time.Minute - time.Millisecond)
		g.jar().pending("ada").totp(phone.code(0)).want(t, 429, "ACCOUNT_TEMPORARILY_LOCKED")
		c.pass(time.Millisecond)
		g.jar().pending("ada").totp(phone.wrong()).want(t, 401, "INVALID_CODE")
	}
	c.pass(4 * time.Hour)
	g.jar().pending("ada").totp(phone.code(0)).want(t, 200, "")
	c.pass(time.Minute)
	g.jar().pending("ada").totp(phone.wrong()).want(t, 401, "INVALID_CODE")
	g.jar().pending("ada").totp(phone.code(0)).want(t, 200, "")
}

func TestTwoFactorIsLimitedPerAddress(t *testing.T) {
	g := newRig(t, func(c *auth.Config) { c.AuthRate = auth.Rate{Limit: 3, Window: 10 * time.Second} })
	j := g.jar()
	for _, path := range []string{"verify-totp", "verify-backup-code", "verify-totp"} {
		j.post("/two-factor/"+path, `{"code":"123456"}`).want(t, 401, "INVALID_TWO_FACTOR_COOKIE")
	}
	for _, path := range []string{"verify-totp", "verify-backup-code", "enable", "disable"} {
		if p := j.post("/two-factor/"+path, `{"code":"123456"}`); p.Code != 429 || p.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", path, p.Code, p.text)
		}
	}
}

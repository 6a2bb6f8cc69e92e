package auth_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"snug/auth"
)

// FuzzImport: values of any type in any column end in people who are sound, or in
// nobody; and whoever arrived doesn't break what lists them.
func FuzzImport(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, "it's \x00\xff\u202e", int64(-1), 1e300, []byte{0, 255})
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string, number int64, real float64, blob []byte) {
		random := rand.New(rand.NewPCG(seed, 1))
		values := []any{text, number, real, blob, nil, "1", "a", "b", "c", "a@example.com", "B@example.com", "credential", "google", "twitter", 1, legacy,
			"2026-11-22T18:36:44.207Z", "2099-11-22T18:36:44.207Z", "https://example.com/a", "token-of-16-or-more", recordedSecret, recordedCodes, "admin", "[]", `["aaaaa-aaaaa",1]`}
		path, d := newFile(t)
		for _, made := range [][2]string{
			{"user", "id, email, name, emailVerified, image, createdAt, updatedAt, isAnonymous, twoFactorEnabled, lastLoginMethod, role, banned, banReason, banExpires"},
			{"account", "userId, providerId, accountId, scope, password, createdAt, updatedAt, accessToken, refreshToken, idToken"},
			{"session", "userId, token, expiresAt, createdAt, updatedAt, ipAddress, userAgent, impersonatedBy"},
			{"passkey", "userId, credentialID, publicKey, name, counter, deviceType, backedUp, transports, aaguid, createdAt"},
			{"twoFactor", "userId, secret, backupCodes"},
		} {
			table, columns := made[0], made[1]
			if _, err := d.Exec(`create table ` + table + ` (` + columns + `)`); err != nil {
				t.Fatal(err)
			}
			for range 1 + random.IntN(12) {
				n := strings.Count(columns, ",") + 1
				row := make([]any, n)
				for i := range row {
					row[i] = values[random.IntN(len(values))]
				}
				if random.IntN(2) == 0 {
					row[0] = []string{"a", "b", "c"}[random.IntN(3)]
				}
				if _, err := d.Exec(`insert into `+table+` values (?`+strings.Repeat(", ?", n-1)+`)`, row...); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		g := newRig(t)
		r := g.importFile(path, func(o *auth.ImportOptions) { o.WithoutSecret = true })
		before := g.dump()
		if again := g.importFile(path, func(o *auth.ImportOptions) { o.WithoutSecret = true }); again.New != 0 || again.Known != r.New || g.dump() != before {
			t.Errorf("seed %d: %+v, then %+v", seed, r, again)
		}
		people, err := g.People(t.Context(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			name, err := auth.CleanName(p.Name)
			email, err2 := auth.CleanEmail(p.Email)
			if err != nil || name != p.Name || err2 != nil || email != p.Email || p.Role == auth.RoleOwner || p.Verified && strings.HasSuffix(p.Email, ".invalid") {
				t.Errorf("seed %d: %+v %v %v", seed, p, err, err2)
			}
			token := auth.NewID()
			g.plant(token, p.ID, time.Now(), time.Now().Add(time.Hour))
			j := g.jar()
			j.cookies["better-auth.session_token"] = g.Sign(token)
			for _, path := range []string{"/get-session", "/list-sessions", "/list-accounts", "/passkey/list-user-passkeys", "/account", "/account/export"} {
				if q := j.get(path); q.Code >= http.StatusInternalServerError {
					t.Errorf("seed %d: %s: %d %s", seed, path, q.Code, q.text)
				} else if q.Code == 200 && !json.Valid([]byte(q.text)) {
					t.Errorf("seed %d: %s: %s", seed, path, q.text)
				}
			}
		}
	})
}

// BenchmarkImport takes over 100,000 people with 300,000 rows, first without the
// pauses for a server.
func BenchmarkImport(b *testing.B) {
	path := manyUsers(b, 100_000)
	for _, pause := range []time.Duration{0, auth.ImportPause} {
		b.Run(fmt.Sprintf("pause=%v", pause), func(b *testing.B) {
			for b.Loop() {
				g := newRig(b)
				if r := g.importFile(path, func(o *auth.ImportOptions) { o.Pause = pause }); r.New != 100_000 {
					b.Fatalf("%+v", r)
				}
			}
		})
	}
}

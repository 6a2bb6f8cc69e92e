package auth_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"snug/auth"
)

type accountReply struct {
	ID, ProviderID, AccountID, CreatedAt, UpdatedAt string
	Scopes                                          []string
}

func (j *jar) listAccounts() (list []accountReply) {
	j.Helper()
	j.get("/list-accounts").want(j, 200, "").decode(j, &list)
	return list
}

// [T11]
func TestListAccounts(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	g.jar().get("/list-accounts").want(t, 401, "")
	j := g.jar().signUp("ada")
	id := j.session().User.ID
	g.exec(`update users set email_verified = 1`)
	j.enter(p, "github", ada).wantAt(t, "/ok")
	list := j.listAccounts()
	if len(list) != 2 {
		t.Fatalf("got %+v", list)
	}
	password, github := list[0], list[1]
	if password.ProviderID != "credential" || password.AccountID != id || password.Scopes == nil || len(password.Scopes) != 0 {
		t.Errorf("got %+v", password)
	}
	if github.ProviderID != "github" || github.AccountID != "1815" || strings.Join(github.Scopes, " ") != "read:user user:email" ||
		len(github.ID) != 32 || !stampForm.MatchString(github.CreatedAt) || !stampForm.MatchString(github.UpdatedAt) {
		t.Errorf("got %+v", github)
	}
	if text := j.get("/list-accounts").text; strings.Contains(text, "assword") || strings.Contains(text, "oken") || strings.Contains(text, "argon") {
		t.Errorf("got %s", text)
	}
	if list := g.jar().signUp("bob").listAccounts(); len(list) != 1 || list[0].ProviderID != "credential" {
		t.Errorf("bob has %+v", list)
	}
}

// Both generations of the client are understood. [T11]
func TestUnlinkAccount(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	for name, body := range map[string]string{
		"as 1.3 does":                `{"providerId":"github"}`,
		"1.3, with the id there":     `{"providerId":"github","accountId":"1815"}`,
		"1.3, with the row's id":     `{"providerId":"github","accountId":"ROW"}`,
		"as 1.7 does":                `{"accountId":"ROW"}`,
		"the id there alone":         `{"accountId":"1815"}`,
		"with what it doesn't know":  `{"accountId":"1815","x":1}`,
		"an id that two others have": `{"accountId":"1815"}`,
	} {
		j := g.jar()
		j.enter(p, "google", person{id: "google-sub", name: "Ada", email: "ada@example.com", verified: true}).wantAt(t, "/ok")
		j.enter(p, "github", ada).wantAt(t, "/ok")
		want := "google:google-sub"
		if name == "an id that two others have" {
			j.enter(p, "twitter", ada).wantAt(t, "/ok")
			j.post("/unlink-account", body).want(t, 400, "ACCOUNT_NOT_FOUND")
			want = "github:1815 google:google-sub twitter:1815"
		} else {
			for _, a := range j.listAccounts() {
				if a.ProviderID == "github" {
					body = strings.ReplaceAll(body, "ROW", a.ID)
				}
			}
			if got := j.post("/unlink-account", body).want(t, 200, ""); got.text != `{"status":true}` {
				t.Errorf("%s: %s", name, got.text)
			}
		}
		if ways := g.accounts("ada@example.com"); ways != want {
			t.Errorf("%s: ways in %q", name, ways)
		}
		g.exec(`delete from users`)
	}
	// Once unlinked it leads nowhere, unless the address does.
	j := g.jar().signUp("ada")
	g.exec(`update users set email_verified = 1`)
	j.enter(p, "github", ada).wantAt(t, "/ok")
	j.post("/unlink-account", `{"providerId":"github"}`).want(t, 200, "")
	g.jar().enter(p, "github", person{id: "1815", name: "x", email: "ada@example.com"}).wantAt(t, "/failed?error=account_not_linked")
}

func TestUnlinkRefusals(t *testing.T) {
	p := newIDP(t)
	clock := newClock()
	g := newRig(t, p.use, clock.use)
	g.jar().post("/unlink-account", `{"providerId":"github"}`).want(t, 401, "")
	j := g.jar()
	j.enter(p, "google", ada).wantAt(t, "/ok")
	for body, want := range map[string]string{
		`{}`:                      "VALIDATION_ERROR",
		`{"providerId":5}`:        "VALIDATION_ERROR",
		`{"accountId":null}`:      "VALIDATION_ERROR",
		`{"providerId":"google"}`: "YOU_CANT_UNLINK_YOUR_LAST_ACCOUNT",
		`{"providerId":"discord","accountId":"nope"}`: "YOU_CANT_UNLINK_YOUR_LAST_ACCOUNT",
	} {
		j.post("/unlink-account", body).want(t, 400, want)
	}
	other := g.jar()
	other.enter(p, "github", person{id: "7", name: "x", email: "other@example.com", verified: true}).wantAt(t, "/ok")
	theirs := other.listAccounts()[0]
	j.enter(p, "twitter", ada).wantAt(t, "/ok")
	for _, body := range []string{
		`{"providerId":"discord"}`, `{"providerId":"github"}`, fmt.Sprintf(`{"accountId":%q}`, theirs.ID), `{"accountId":"7"}`, `{"providerId":"google","accountId":"7"}`,
		`{"providerId":"","accountId":""}`, `{"accountId":"credential"}`,
	} {
		j.post("/unlink-account", body).want(t, 400, "ACCOUNT_NOT_FOUND")
	}
	// Fresh is by the beginning of the session, which no visit moves.
	clock.pass(24*time.Hour - time.Millisecond)
	j.get("/get-session")
	k := j.copy()
	clock.pass(2 * time.Hour)
	j.get("/get-session")
	k.post("/unlink-account", `{"providerId":"google"}`).want(t, 403, "SESSION_IS_NOT_FRESH")
	if ways := g.accounts("ada@example.com"); ways != "google:1815 twitter:1815" {
		t.Errorf("ways in %q", ways)
	}
	j.enter(p, "google", ada).wantAt(t, "/ok")
	j.post("/unlink-account", `{"providerId":"twitter"}`).want(t, 200, "")
}

// What can't be used as the server is set up isn't a way in.
func TestLastWayInThatWorks(t *testing.T) {
	p := newIDP(t)
	ways := func(set ...func(*auth.Config)) (*rig, *jar) {
		g := newRig(t, append([]func(*auth.Config){p.use}, set...)...)
		j := g.jar()
		j.enter(p, "google", ada).wantAt(t, "/ok")
		return g, j
	}
	insert := `insert into accounts (id, user_id, provider_id, account_id, created_at, updated_at) select ?, id, ?, '1', 1, 1 from users`

	g, j := ways()
	g.exec(insert, "a", "discord")
	j.post("/unlink-account", `{"providerId":"google"}`).want(t, 400, "YOU_CANT_UNLINK_YOUR_LAST_ACCOUNT")
	j.post("/unlink-account", `{"providerId":"discord"}`).want(t, 200, "")

	g, j = ways(func(c *auth.Config) { c.NoPasswords = true })
	g.exec(insert, "a", "credential")
	j.post("/unlink-account", `{"providerId":"google"}`).want(t, 400, "YOU_CANT_UNLINK_YOUR_LAST_ACCOUNT")
	j.post("/unlink-account", `{"providerId":"credential"}`).want(t, 200, "")

	g, j = ways()
	g.exec(`insert into passkeys (id, user_id, name, credential_id, public_key, counter, device_type, backed_up, transports, aaguid, created_at)
		select 'p', id, '', 'c', 'k', 0, 'singleDevice', 0, '', '', 0 from users`)
	j.post("/unlink-account", `{"providerId":"google"}`).want(t, 200, "")
	if list := j.listAccounts(); len(list) != 0 {
		t.Errorf("left: %+v", list)
	}
}

// Two that take the last two ways away at once: one of them is told no.
func TestUnlinkRace(t *testing.T) {
	p := newIDP(t)
	g := newRig(t, p.use)
	j := g.jar()
	j.enter(p, "google", ada).wantAt(t, "/ok")
	j.enter(p, "github", ada).wantAt(t, "/ok")
	codes := make(chan int, 2)
	for _, provider := range []string{"google", "github"} {
		k := j.copy()
		go func() { codes <- k.do(k.request("POST", "/unlink-account", `{"providerId":"`+provider+`"}`)).Code }()
	}
	if sum := <-codes + <-codes; sum != 600 {
		t.Errorf("statuses add up to %d", sum)
	}
}

package auth_test

import (
	"strings"
	"sync"
	"testing"

	"snug/auth"
)

// changes collects what OnUserChange tells.
type changes struct {
	mu   sync.Mutex
	list []auth.Identity
}

func (x *changes) use(c *auth.Config) {
	c.OnUserChange = func(id auth.Identity) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.list = append(x.list, id)
	}
}

func (x *changes) since() []auth.Identity {
	x.mu.Lock()
	defer x.mu.Unlock()
	list := x.list
	x.list = nil
	return list
}

func TestUpdateUser(t *testing.T) {
	var told changes
	g := newRig(t, told.use)
	phone := g.jar().signUp("alice")
	laptop := g.jar().signIn("alice")
	if id, _ := laptop.identity(); id.Name != "alice" {
		t.Fatalf("got %+v", id)
	}
	token := phone.session().Session.Token
	p := phone.post("/update-user", `{"name":"  Alice New "}`).want(t, 200, "")
	if p.text != `{"status":true}` || !strings.Contains(p.Header().Get("Set-Cookie"), "Max-Age=604800") {
		t.Errorf("got %s %v", p.text, p.Header())
	}
	if phone.session().Session.Token != token {
		t.Error("the session isn't the same")
	}
	for _, j := range []*jar{phone, laptop} {
		if id, ok := j.identity(); !ok || id.Name != "Alice New" {
			t.Errorf("a session says %+v", id)
		}
	}
	if list := told.since(); len(list) != 1 || list[0].Name != "Alice New" || list[0].UserID == "" {
		t.Errorf("told %+v", list)
	}
	phone.post("/update-user", `{"name":"a","name":"b"}`).want(t, 200, "")
	if phone.session().User.Name != "b" {
		t.Error("of a name that is there twice the last doesn't count")
	}
	g.jar().post("/update-user", `{"name":"x"}`).want(t, 401, "")
}

// §13.19: whatever else the body holds changes nothing.
func TestUpdateUserAssignsNothingElse(t *testing.T) {
	var told changes
	g := newRig(t, told.use)
	g.jar().signUp("owner")
	j := g.jar().signUp("alice")
	var before, after string
	const all = `select json_array(id, email, email_verified, role, anonymous, two_factor, banned_at, created_at) from users where name in ('alice', 'Mass')`
	g.query(all, &before)
	j.post("/update-user", `{"id":"x","emailVerified":true,"role":"owner","createdAt":0,"isAnonymous":true,"banned":false,
		"twoFactorEnabled":true,"Name":"other","name":"Mass"}`).want(t, 200, "")
	if g.query(all, &after); before != after {
		t.Errorf("was %s, is %s", before, after)
	}
	told.since()
	p := j.post("/update-user", `{"role":"owner"}`).want(t, 200, "")
	if p.text != `{"status":true}` || p.Header().Get("Set-Cookie") != "" || len(told.since()) != 0 {
		t.Errorf("nothing to change: %s %v", p.text, p.Header())
	}
	for _, body := range []string{`{"email":"x@example.com"}`, `{"name":"y","email":null}`} {
		j.post("/update-user", body).want(t, 400, "EMAIL_CAN_NOT_BE_UPDATED")
	}
	if j.session().User.Name != "Mass" {
		t.Error("a refused request changed the name")
	}
}

// §13.17 and 18.
func TestUpdateUserChecksNameAndPicture(t *testing.T) {
	g := newRig(t)
	j := g.jar().signUp("alice")
	g.jar().signUp("bob")
	var alice, bob string
	g.query(`select id from users where name = 'alice'`, &alice)
	g.query(`select id from users where name = 'bob'`, &bob)
	for id, owner := range map[string]string{"mine": alice, "theirs": bob} {
		g.exec(`insert into avatars (id, user_id, type, bytes, created_at) values (?, ?, 'image/png', x'00', 0)`, id, owner)
	}
	for body, code := range map[string]string{
		`{"name":""}`:         "INVALID_NAME",
		`{"name":" "}`:        "INVALID_NAME",
		`{"name":5}`:          "VALIDATION_ERROR",
		`{"name":null}`:       "VALIDATION_ERROR",
		`{"name":"a\u202eb"}`: "INVALID_NAME",
		`{"name":"` + strings.Repeat("x", 65) + `"}`:            "INVALID_NAME",
		`{"name":"Ѕystem"}`:                                     "RESERVED_NAME",
		`{"name":"2026-01-02T03:04:05Z"}`:                       "INVALID_NAME",
		`{"image":"javascript:alert(1)"}`:                       "INVALID_IMAGE",
		`{"image":"http://example.com/x.png"}`:                  "INVALID_IMAGE",
		`{"image":"data:image/png;base64,AA"}`:                  "INVALID_IMAGE",
		`{"image":"/api/avatars/theirs"}`:                       "INVALID_IMAGE",
		`{"image":"/api/avatars/"}`:                             "INVALID_IMAGE",
		`{"image":"/api/avatars/mine/../x"}`:                    "INVALID_IMAGE",
		`{"image":"/api/avatars/mine?v=k3#x"}`:                  "INVALID_IMAGE",
		`{"image":"/api/avatars/mine?x=1"}`:                     "INVALID_IMAGE",
		`{"image":"/etc/passwd"}`:                               "INVALID_IMAGE",
		`{"image":5}`:                                           "VALIDATION_ERROR",
		`{"image":"https://` + strings.Repeat("x", 2048) + `"}`: "INVALID_IMAGE",
	} {
		j.post("/update-user", body).want(t, 400, code)
	}
	if s := j.session(); s.User.Name != "alice" || s.User.Image != nil {
		t.Errorf("changed to %+v", s.User)
	}
	for _, image := range []string{"/api/avatars/mine?v=k3", "/api/avatars/mine"} {
		j.post("/update-user", `{"image":"`+image+`"}`).want(t, 200, "")
		if id, _ := j.identity(); *j.session().User.Image != image || id.Image != image {
			t.Errorf("others see %q", id.Image)
		}
	}
	// A foreign one would tell its owner who looks: nobody else gets to see it. The
	// upload that it replaces is gone, as with no picture at all.
	for _, image := range []string{`"https://example.com/a.png"`, `null`, `""`} {
		g.exec(`insert or replace into avatars (id, user_id, type, bytes, created_at) values ('mine', ?, 'image/png', x'00', 0)`, alice)
		j.post("/update-user", `{"image":"/api/avatars/mine?v=1"}`).want(t, 200, "")
		j.post("/update-user", `{"image":`+image+`}`).want(t, 200, "")
		if got := j.session().User.Image; (got != nil) != (len(image) > 4) {
			t.Errorf("picture is %v after %s", got, image)
		}
		var kept int
		g.query(`select count(*) from avatars where id = 'mine'`, &kept)
		if id, _ := j.identity(); id.Image != "" || kept != 0 {
			t.Errorf("after %s others see %q, %d kept", image, id.Image, kept)
		}
	}
}

// Whoever is told of changes ends up with what the database has.
func TestProfileChangesAreToldInOrder(t *testing.T) {
	var told changes
	g := newRig(t, told.use)
	j := g.jar().signUp("alice")
	var wg sync.WaitGroup
	for _, name := range strings.Split("abcdefgh", "") {
		wg.Go(func() { j.do(j.request("POST", "/update-user", `{"name":"`+name+`"}`)) })
	}
	wg.Wait()
	list := told.since()
	if len(list) != 8 || list[7].Name != j.session().User.Name {
		t.Errorf("told %v, stored %s", list, j.session().User.Name)
	}
}

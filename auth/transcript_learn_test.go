package auth_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"snug/auth"
)

// learn pairs what a recorded reply gave with what ours gave.
func (p *replay) learn(s scene, got reply) {
	var theirs, ours any
	if json.Unmarshal([]byte(s.text), &theirs) == nil && json.Unmarshal([]byte(got.text), &ours) == nil {
		p.learnJSON("", theirs, ours, got.Header())
	}
	a, b := cookiesOf(s.want), cookiesOf(got.Header())
	for name := range a {
		p.learnCookie(a[name].value, b[name].value)
	}
	// The browser keeps the newest session that it was given.
	const session = "session_token"
	sent := ""
	for part := range strings.SplitSeq(s.header.Get("Cookie"), "; ") {
		if name, value, _ := strings.Cut(part, "="); strings.HasSuffix(name, "better-auth."+session) {
			sent = value
		}
	}
	switch {
	case sent != "" && b[session].value != "" && a[session].value == "":
		p.learnCookie(sent, b[session].value)
	case sent != "" && a[session].value != "" && b[session].value == "" && !b[session].deleted:
		p.learnCookie(a[session].value, p.translate(sent))
	}
}

// learnCookie pairs two values of a cookie, in all the spellings that a later
// request may use.
func (p *replay) learnCookie(theirs, ours string) {
	if theirs == "" || ours == "" {
		return
	}
	for _, spell := range []func(string) string{
		func(v string) string { return v },
		func(v string) string { v, _ = url.PathUnescape(v); return v },
		func(v string) string { v, _, _ = strings.Cut(v, "."); return v },
	} {
		p.pair(spell(theirs), spell(ours))
	}
}

func (p *replay) pair(theirs, ours string) {
	const least = 10 // characters of the shortest that is given, a backup code
	if len(theirs) >= least && ours != "" {
		p.ours[theirs] = ours
	}
}

func (p *replay) learnJSON(name string, theirs, ours any, head http.Header) {
	switch a := theirs.(type) {
	case map[string]any:
		b, _ := ours.(map[string]any)
		for key := range a {
			if b[key] != nil {
				p.learnJSON(key, a[key], b[key], head)
			}
		}
	case []any:
		b, _ := ours.([]any)
		if len(a) != len(b) {
			return
		}
		byTime(a)
		byTime(b)
		for i := range a {
			p.learnJSON(name, a[i], b[i], head)
		}
	case string:
		b, ok := ours.(string)
		if !ok {
			return
		}
		switch name {
		case "id", "userId", "backupCodes":
			p.pair(a, b)
		case "token":
			if _, known := p.ours[a]; !known {
				p.pair(a, b)
			}
		case "email":
			if before, _, _ := strings.Cut(a, "@"); random.MatchString(before) { // of a guest
				after, _, _ := strings.Cut(b, "@")
				p.pair(strings.TrimPrefix(before, "temp-"), after)
			}
		case "totpURI":
			if u, err := url.Parse(b); err == nil {
				p.key, _ = decodeSecret(u.Query().Get("secret"))
			}
		case "url":
			p.learnFlow(a, b, head)
		}
	}
}

// learnFlow notes a sign-in at a provider that has begun.
func (p *replay) learnFlow(theirs, ours string, head http.Header) {
	a, err := url.Parse(theirs)
	if err != nil || a.Query().Get("state") == "" {
		return
	}
	b, err := url.Parse(ours)
	if err != nil {
		return
	}
	for _, line := range head["Set-Cookie"] {
		pair, _, _ := strings.Cut(line, ";")
		if name, value, _ := strings.Cut(pair, "="); strings.Contains(name, "better-auth.state.") && value != "" {
			p.flows[a.Query().Get("state")] = departed{b.Query(), pair}
		}
	}
}

// recordedMail is a mail that would have been sent.
type recordedMail struct{ Kind, User, URL, Token string }

// mailKinds are the recorder's names for our subjects.
var mailKinds = map[string]string{
	"Confirm your address":     "verify",
	"Choose a new password":    "reset",
	"Change your address":      "change-email",
	"Delete your account":      "delete",
	"Your password for":        "password changed",
	"Confirm your new address": "verify",
}

func kindOf(m auth.Mail) string {
	for subject, kind := range mailKinds {
		if strings.HasPrefix(m.Subject, subject) {
			return kind
		}
	}
	return m.Subject
}

// compareDump compares what the recorder wrote down of mails and of calls to
// providers. What stores hold is their own matter.
func (p *replay) compareDump(s scene) {
	var list []map[string]any
	switch {
	case json.Unmarshal([]byte(s.dump), &list) != nil:
		p.differ(s, "dump of what was written", "not compared") // a list of lists
	case strings.HasPrefix(s.heading, "mail"):
		p.compareMails(s)
	case s.heading == "calls made to the provider":
		p.compareCalls(s)
	case len(list) == 0 || list[0]["key"] != nil:
		p.differ(s, "dump of keys", "not compared")
	default:
		p.differ(s, "dump of rows", "not compared")
	}
}

func (p *replay) compareMails(s scene) {
	var recorded []recordedMail
	if err := json.Unmarshal([]byte(s.dump), &recorded); err != nil {
		p.Fatal(err)
	}
	p.mu.Lock()
	mails := p.mails
	p.mails = nil
	p.mu.Unlock()
	for _, r := range recorded {
		found := false
		for i, m := range mails {
			kind := strings.TrimSuffix(r.Kind, "-confirm") // of 1.7
			if kindOf(m) == kind && m.To == r.User {
				p.compareMail(s, r, m)
				mails = append(mails[:i:i], mails[i+1:]...)
				found = true
				break
			}
		}
		if !found {
			p.differ(s, "mail "+r.Kind+" missing", "-")
		}
	}
	for _, m := range mails {
		p.differ(s, "mail "+kindOf(m)+" added", "-")
	}
}

// compareMail compares the link in a mail.
func (p *replay) compareMail(s scene, r recordedMail, m auth.Mail) {
	link := ""
	for line := range strings.Lines(m.Text) {
		if strings.HasPrefix(line, "http") {
			link = strings.TrimSpace(line)
		}
	}
	a, err := url.Parse(r.URL)
	if err != nil {
		p.Fatal(err)
	}
	b, err := url.Parse(link)
	if err != nil {
		p.Fatal(err)
	}
	token := b.Query().Get("token")
	if token == "" {
		token = b.Path[strings.LastIndexByte(b.Path, '/')+1:]
	}
	p.pair(r.Token, token)
	if x, y := a.Host+strings.ReplaceAll(a.Path, r.Token, "<token>"), b.Host+strings.ReplaceAll(b.Path, token, "<token>"); x != y {
		p.differ(s, "mail "+r.Kind+" "+x, y)
	}
	theirs, ours := a.Query(), b.Query()
	theirs.Del("token")
	ours.Del("token")
	p.compareValues(s, "mail "+r.Kind, theirs, ours)
}

func (p *replay) compareCalls(s scene) {
	var recorded []providerCall
	if err := json.Unmarshal([]byte(s.dump), &recorded); err != nil {
		p.Fatal(err)
	}
	calls := map[string]providerCall{}
	for _, c := range p.providers.called() {
		calls[c.Method+" "+c.URL] = c
	}
	for _, a := range recorded {
		name := a.Method + " " + a.URL
		b, made := calls[name]
		delete(calls, name)
		if !made {
			p.differ(s, name+" missing", "-")
			continue
		}
		if x, y := a.Headers["authorization"], b.Headers["authorization"]; x != y {
			p.differ(s, name+" authorization "+x, y)
		}
		theirs, err := url.ParseQuery(a.Body)
		if err != nil {
			p.Fatal(err)
		}
		ours, err := url.ParseQuery(b.Body)
		if err != nil {
			p.Fatal(err)
		}
		p.compareValues(s, name, theirs, ours)
	}
	for name := range calls {
		p.differ(s, name+" added", "-")
	}
}

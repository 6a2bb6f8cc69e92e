package auth_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// differ reports a difference that no line names. ours is what stands here in the
// place of what was recorded, "-" if the name of the difference says all.
func (p *replay) differ(s scene, what, ours string) {
	if line, ok := p.find(s.key, what); !ok || line != ours {
		p.Errorf("not in deviations.txt:\n%s | %s | %s | why", s.key, what, ours)
	}
}

// compare compares a reply with the recorded one.
func (p *replay) compare(s scene, got reply) {
	want := answer{status: s.status, location: s.want.Get("Location"), text: "as recorded"}
	theirs, have := cookiesOf(s.want), cookiesOf(got.Header())
	a, given := p.answer(s.key)
	if given {
		want = a
		theirs = map[string]setCookie{}
		for _, word := range a.cookies {
			// With whatever attributes: those are compared where they were recorded.
			c := have[word[1:]]
			c.deleted = word[0] == '-'
			theirs[word[1:]] = c
		}
	}
	if got.Code != want.status {
		p.Errorf("not in deviations.txt (recorded as %d %s):\n%s | %s | %s | why", want.status, p.translate(s.text), s.key, p.summary(got), compact(got.text))
		return
	}
	if !given {
		p.compareHeader(s, got)
	}
	p.compareCookies(s, theirs, have)
	if to := strings.TrimPrefix(p.translate(want.location), p.base); got.Code == 302 || want.location == "" {
		if at := strings.TrimPrefix(got.Header().Get("Location"), p.base); at != to && show(at) != to {
			p.differ(s, "location "+show(to), show(at))
		}
	} else if got.Header().Get("Location") == "" {
		p.differ(s, "header location missing", "-")
	}
	begin, cut := strings.CutSuffix(want.text, "…")
	switch text := want.text; {
	case cut:
		if !strings.HasPrefix(got.text, begin) {
			p.Errorf("%s: got %s, want %s", s.key, got.text, text)
		}
	case strings.HasPrefix(s.want.Get("Content-Type"), "text/html"):
	case text == "as recorded":
		p.compareText(s, p.translate(s.text), got.text)
	default:
		p.compareText(s, strings.TrimPrefix(text, "empty"), got.text)
	}
}

// summary writes the head of a reply as deviations.txt does.
func (p *replay) summary(got reply) string {
	head := fmt.Sprint(got.Code)
	if at := got.Header().Get("Location"); at != "" {
		head += " " + show(strings.TrimPrefix(at, p.base))
	}
	cookies := cookiesOf(got.Header())
	for _, name := range slices.Sorted(maps.Keys(cookies)) {
		sign := " +"
		if cookies[name].deleted {
			sign = " -"
		}
		head += sign + name
	}
	return head
}

// compareHeader compares what else the head says.
func (p *replay) compareHeader(s scene, got reply) {
	for name := range s.want {
		switch name {
		case "Location", "Set-Cookie", "Content-Length", "X-Harness":
			continue
		}
		theirs, _, _ := strings.Cut(s.want.Get(name), ";")
		ours, _, _ := strings.Cut(got.Header().Get(name), ";")
		if ours != theirs {
			p.differ(s, "header "+strings.ToLower(name)+" "+theirs, ours)
		}
	}
}

// A setCookie is a line of a reply.
type setCookie struct {
	prefix, value, attributes string
	deleted                   bool
}

var flowName = regexp.MustCompile(`^better-auth\.state\.[A-Za-z0-9]{8}$`)

// cookiesOf returns the cookies that a reply sets, by name; the last counts.
func cookiesOf(h http.Header) map[string]setCookie {
	all := map[string]setCookie{}
	for _, line := range h["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, "; ")
		name, value, _ := strings.Cut(pair, "=")
		c := setCookie{value: value, attributes: attributes, deleted: strings.HasPrefix(attributes, "Max-Age=0")}
		if strings.HasPrefix(name, "__") {
			c.prefix, name, _ = strings.Cut(name, "-")
		}
		if flowName.MatchString(name) {
			name = "better-auth.state.<flow>"
		}
		all[strings.TrimPrefix(name, "better-auth.")] = c
	}
	return all
}

func (p *replay) compareCookies(s scene, theirs, ours map[string]setCookie) {
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		a, recorded := theirs[name]
		b := ours[name]
		switch {
		case !recorded:
			p.differ(s, "cookie "+name+" added", "-")
			continue
		case a.deleted != b.deleted:
			p.Errorf("%s: cookie %s is %+v, want %+v", s.key, name, b, a)
		case a.attributes != b.attributes:
			p.differ(s, "cookie "+name+" "+a.attributes, b.attributes)
		}
		if a.prefix != b.prefix {
			p.differ(s, "cookie prefix "+a.prefix, b.prefix)
		}
		if !strings.Contains(a.value, ".") && a.value != b.value { // not a signed one
			p.differ(s, "cookie "+name+"="+a.value, b.value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if _, set := ours[name]; !set {
			p.differ(s, "cookie "+name+" missing", "-")
		}
	}
}

// compareText compares bodies: of JSON what it says and not how.
func (p *replay) compareText(s scene, theirs, ours string) {
	if theirs == ours {
		return
	}
	var a, b any
	if json.Unmarshal([]byte(theirs), &a) != nil || json.Unmarshal([]byte(ours), &b) != nil {
		p.differ(s, "body "+compact(theirs), compact(ours))
		return
	}
	p.compareJSON(s, "", a, b)
}

// compact writes JSON, and an empty body, in one form.
func compact(text string) string {
	var value any
	if text == "" {
		return "empty"
	}
	if json.Unmarshal([]byte(text), &value) != nil {
		return text
	}
	out, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(out)
}

var (
	stampForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	random    = regexp.MustCompile(`[A-Za-z0-9_-]{32,}|Guest \d+`)
)

func (p *replay) compareJSON(s scene, name string, theirs, ours any) {
	switch a := theirs.(type) {
	case map[string]any:
		b, ok := ours.(map[string]any)
		if !ok {
			break
		}
		for _, key := range slices.Sorted(maps.Keys(b)) {
			if value, recorded := a[key]; recorded {
				p.compareJSON(s, key, value, b[key])
			} else {
				p.differ(s, "field "+key+" added", "-")
			}
		}
		for _, key := range slices.Sorted(maps.Keys(a)) {
			if _, is := b[key]; !is {
				p.differ(s, fmt.Sprintf("field %s %s missing", key, show(a[key])), "-")
			}
		}
		if x, y := life(a), life(b); x != y {
			p.differ(s, "life "+x.String(), y.String())
		}
		return
	case []any:
		b, ok := ours.([]any)
		if !ok {
			break
		}
		if len(a) != len(b) {
			p.differ(s, fmt.Sprintf("list of %d", len(a)), fmt.Sprint(len(b)))
			return
		}
		if byTime(a) != byTime(b) {
			p.differ(s, "order of a list", "-")
		}
		for i := range a {
			p.compareJSON(s, name, a[i], b[i])
		}
		return
	case string:
		b, ok := ours.(string)
		if !ok || a == b {
			break
		}
		switch {
		case strings.HasSuffix(name, "At") && stampForm.MatchString(a) && stampForm.MatchString(b):
			return
		case name == "url" && strings.HasPrefix(a, "https://"):
			p.compareAddress(s, a, b)
			return
		case name == "totpURI":
			a, b = unkeyed(a), unkeyed(b)
		case name == "challenge" && len(a) == len(b):
			return
		case name == "message" && strings.HasPrefix(a, "["):
			a = "[where] what"
		}
		if a != b {
			p.differ(s, name+" "+show(a), show(b))
		}
		return
	}
	if a, b := show(theirs), show(ours); a != b {
		p.differ(s, name+" "+a, b)
	}
}

// show writes a value for a line.
func show(value any) string {
	text, ok := value.(string)
	if !ok {
		out, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		text = string(out)
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '\uFFFD' // which editors show
		}
		return r
	}, text)
	return random.ReplaceAllStringFunc(text, func(word string) string {
		if strings.ToUpper(word) == word { // the code of an error
			return word
		}
		return "<random>"
	})
}

// life is how long a session had to live when it was last written, to the minute; 0 for
// what is none.
func life(x map[string]any) time.Duration {
	from, _ := x["updatedAt"].(string)
	to, _ := x["expiresAt"].(string)
	begin, err := time.Parse(time.RFC3339, from)
	if err != nil {
		return 0
	}
	end, err := time.Parse(time.RFC3339, to)
	if err != nil {
		return 0
	}
	return end.Sub(begin).Round(time.Minute)
}

// byTime sorts a list by when its elements began, and says how it was.
func byTime(list []any) string {
	begun := func(x any) string {
		m, _ := x.(map[string]any)
		at, _ := m["createdAt"].(string)
		return at
	}
	compare := func(a, b any) int { return strings.Compare(begun(a), begun(b)) }
	if slices.IsSortedFunc(list, compare) {
		return "oldest first"
	}
	slices.SortFunc(list, compare)
	return "not"
}

// unkeyed is what an authenticator app reads, but for the secret.
func unkeyed(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return uri
	}
	q := u.Query()
	q.Del("secret")
	u.RawQuery = q.Encode()
	return u.String()
}

// compareAddress compares the ways to a provider: the parameters that are secret by
// whether they are there, the others by their value.
func (p *replay) compareAddress(s scene, theirs, ours string) {
	a, err := url.Parse(theirs)
	if err != nil {
		p.Fatal(err)
	}
	b, err := url.Parse(ours)
	if err != nil {
		p.Fatal(err)
	}
	if x, y := a.Host+a.Path, b.Host+b.Path; x != y {
		p.differ(s, "address "+x, y)
	}
	p.compareValues(s, "address "+a.Host, a.Query(), b.Query())
}

// compareValues compares the parameters of an address or a form.
func (p *replay) compareValues(s scene, where string, theirs, ours url.Values) {
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		switch value, recorded := theirs[name]; {
		case !recorded:
			p.differ(s, where+" "+name+" added", "-")
		case name == "state" || name == "code_challenge" || name == "code_verifier":
		case !slices.Equal(value, ours[name]):
			p.differ(s, where+" "+name+" "+strings.Join(value, "&"), strings.Join(ours[name], "&"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if !ours.Has(name) {
			p.differ(s, where+" "+name+" missing", "-")
		}
	}
}

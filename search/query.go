package search

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"snug/chat"
)

const (
	maxQueryChars = 500
	maxTerms      = 16 // words, phrases and operators together
)

// query is what is looked for.
type query struct {
	terms   []term
	not     []term
	from    []string // folded
	in      []string // slugs; any of them
	has     []string
	since   time.Time // zero: from the beginning
	before  time.Time // zero: to the end
	written bool      // there is something to look for
}

// term is a word, a part of one, or a phrase.
type term struct {
	runes []rune // folded
	// short: one or two letters, which stand for a word of one letter, and for how a
	// word begins.
	short bool
}

// kinds are what a message can have, as the index knows it.
func kinds() []string { return []string{"link", "file", "image", "video", "audio", "code"} }

// parse reads what somebody typed. A day is one in the place that where names. Errors
// are for people.
func parse(text string, where *time.Location, now time.Time) (query, error) {
	var q query
	if utf8.RuneCountInString(text) > maxQueryChars {
		return q, bad("A search has at most 500 characters.")
	}
	words := split(text)
	if len(words) > maxTerms {
		return q, bad("A search has at most 16 words.")
	}
	for _, w := range words {
		if err := q.add(w, where, now); err != nil {
			return q, err
		}
	}
	q.written = len(words) > 0
	return q, nil
}

func bad(message string) error { return &chat.Error{Code: chat.CodeBadRequest, Message: message} }

// word is a part of a query as it was typed.
type word struct {
	not      bool   // - stands before it
	operator string // what stands before the colon, in lower case; "" is none
	text     string
	quoted   bool
}

// split splits a query at spaces outside of quotes.
func split(text string) (words []word) {
	rest := []rune(text)
	for {
		for len(rest) > 0 && unicode.IsSpace(rest[0]) {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return words
		}
		var w word
		if rest[0] == '-' && len(rest) > 1 && !unicode.IsSpace(rest[1]) {
			w.not, rest = true, rest[1:]
		}
		if i := slices.Index(rest, ':'); i > 0 {
			if name := strings.ToLower(string(rest[:i])); operator(name) {
				w.operator, rest = name, rest[i+1:]
			}
		}
		w.text, w.quoted, rest = piece(rest)
		if w.text != "" || w.operator != "" {
			words = append(words, w)
		}
	}
}

func operator(name string) bool {
	switch name {
	case "from", "in", "before", "after", "on", "has":
		return true
	}
	return false
}

// piece takes what stands in quotes, or what reaches to the next space. A quote that
// isn't closed reaches to the end: it is being typed.
func piece(rest []rune) (text string, quoted bool, left []rune) {
	if len(rest) > 0 && (rest[0] == '"' || rest[0] == '“' || rest[0] == '„') {
		for i, r := range rest[1:] {
			if r == '"' || r == '”' || r == '“' {
				return string(rest[1 : i+1]), true, rest[i+2:]
			}
		}
		return string(rest[1:]), true, nil
	}
	for i, r := range rest {
		if unicode.IsSpace(r) {
			return string(rest[:i]), false, rest[i:]
		}
	}
	return string(rest), false, nil
}

func (q *query) add(w word, where *time.Location, now time.Time) error {
	if w.not && w.operator != "" {
		return bad("A minus goes before a word or a phrase, not before " + w.operator + ":")
	}
	value := strings.TrimSpace(w.text)
	if w.operator != "" && value == "" {
		return bad(w.operator + ": needs something behind it, without a space.")
	}
	switch w.operator {
	case "from":
		q.from = append(q.from, strings.TrimSpace(string(fold(strings.TrimPrefix(value, "@")).runes)))
	case "in":
		q.in = append(q.in, strings.ToLower(strings.TrimPrefix(value, "#")))
	case "has":
		return q.addHas(strings.ToLower(value))
	case "before", "after", "on":
		return q.addDay(w.operator, value, where, now)
	default:
		runes := []rune(strings.TrimSpace(string(fold(value).runes)))
		switch {
		case len(runes) == 0:
			return nil
		case len(runes) > maxQueryChars: // one character can be many once it is folded
			return bad("A search has at most 500 characters.")
		}
		t := term{runes: runes}
		if s := segments(runes); len(runes) < 3 && len(s) == 1 && s[0].kind == letter && s[0].to-s[0].from == len(runes) {
			t.short = true
		}
		if w.not {
			q.not = append(q.not, t)
		} else {
			q.terms = append(q.terms, t)
		}
	}
	return nil
}

func (q *query) addHas(value string) error {
	for _, k := range kinds() {
		if value == k || value == k+"s" {
			q.has = append(q.has, k)
			return nil
		}
	}
	return bad("has: takes " + strings.Join(kinds(), ", ") + ".")
}

// addDay narrows the time. A day that is named isn't in what comes before or after it.
func (q *query) addDay(operator, value string, where *time.Location, now time.Time) error {
	from, to, ok := period(strings.ToLower(value), where, now)
	if !ok {
		return bad(operator + ": takes a day as 2026-11-28, a month as 2026-11, a year, today or yesterday.")
	}
	switch operator {
	case "before":
		from, to = time.Time{}, from
	case "after":
		from, to = to, time.Time{}
	}
	if q.since.IsZero() || from.After(q.since) {
		q.since = from
	}
	if !to.IsZero() && (q.before.IsZero() || to.Before(q.before)) {
		q.before = to
	}
	return nil
}

// period returns when a day, month or year begins and ends.
func period(value string, where *time.Location, now time.Time) (from, to time.Time, ok bool) {
	now = now.In(where)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, where)
	switch value {
	case "today":
		return today, today.AddDate(0, 0, 1), true
	case "yesterday":
		return today.AddDate(0, 0, -1), today, true
	}
	for _, form := range []struct {
		layout              string
		years, months, days int
	}{{"2006-1-2", 0, 0, 1}, {"2006-1", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if at, err := time.ParseInLocation(form.layout, value, where); err == nil {
			return at, at.AddDate(form.years, form.months, form.days), true
		}
	}
	return from, to, false
}

// find returns where a term stands in a text, as indexes of its runes: at most limit
// places, which don't overlap.
func (t term) find(text []rune, limit int) (places []int) {
	for i := 0; i+len(t.runes) <= len(text) && len(places) < limit; i++ {
		if text[i] != t.runes[0] || !t.at(text, i) {
			continue
		}
		places = append(places, i)
		i += len(t.runes) - 1
	}
	return places
}

func (t term) at(text []rune, i int) bool {
	for j, r := range t.runes {
		if text[i+j] != r {
			return false
		}
	}
	if !t.short {
		return true
	}
	if i > 0 && kindOf(text[i-1]) == letter {
		return false
	}
	end := i + len(t.runes)
	return len(t.runes) > 1 || end == len(text) || kindOf(text[end]) != letter
}

// match returns where the terms of a query stand in a message's text, or false where
// one of them stands neither there nor in the name of a file of it, or where one stands
// that must not.
func (q *query) match(m *chat.Message) (marks [][2]int, ok bool) {
	const maxMarks = 100 // of one term: more than anybody looks at
	text := fold(m.Content)
	var names []rune
	for _, a := range m.Attachments {
		names = append(append(names, fold(a.Name).runes...), '\n')
	}
	for _, t := range q.not {
		if len(t.find(text.runes, 1)) > 0 || len(t.find(names, 1)) > 0 {
			return nil, false
		}
	}
	marks = [][2]int{}
	for _, t := range q.terms {
		places := t.find(text.runes, maxMarks)
		if len(places) == 0 && len(t.find(names, 1)) == 0 {
			return nil, false
		}
		for _, i := range places {
			marks = append(marks, [2]int{text.at[i], text.end(i + len(t.runes) - 1)})
		}
	}
	return merge(marks), true
}

// end returns where the character ends that the i-th rune comes from.
func (f *folded) end(i int) int {
	for _, at := range f.at[i+1:] {
		if at > f.at[i] {
			return at
		}
	}
	return f.at[len(f.at)-1]
}

package attention

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/chat"
	"snug/language"
	"snug/line"
)

var (
	// englishWord is one that is in no sentence of the other languages.
	englishWord = regexp.MustCompile(`(?i)\b(the|you|your|this|messages?|from|at|and|more|open)\b`)
	namesIn     = regexp.MustCompile(`\{\w+\}`)
)

// Each language has every text, with the same names to be filled in as in English, and each
// of its plural forms.
func TestEveryLanguageHasAllWords(t *testing.T) {
	names := func(text string) []string {
		return slices.Compact(slices.Sorted(slices.Values(namesIn.FindAllString(text, -1))))
	}
	want := reflect.ValueOf(english)
	for _, code := range language.All() {
		if (catalogue.In(code) == &english) != (code == language.English) {
			t.Fatalf("%s has no words", code)
		}
		w := reflect.ValueOf(*catalogue.In(code))
		for i := range w.NumField() {
			what := string(code) + " " + w.Type().Field(i).Name
			if w.Field(i).Kind() == reflect.String {
				got, want := w.Field(i).String(), want.Field(i).String()
				if what == string(code)+" comma" { // it may end in a space
					got = strings.TrimSuffix(got, " ")
				}
				if strings.TrimSpace(got) != got || got == "" || !slices.Equal(names(got), names(want)) {
					t.Errorf("%s: %q instead of %q", what, got, want)
				}
				if code != language.English && englishWord.MatchString(namesIn.ReplaceAllString(got, "")) {
					t.Errorf("%s: English is left in %q", what, got)
				}
				continue
			}
			forms := w.Field(i)
			if forms.Len() != len(code.Forms()) {
				t.Errorf("%s: %d forms, want %q", what, forms.Len(), code.Forms())
			}
			all := names(want.Field(i).MapIndex(reflect.ValueOf(language.Other)).String())
			for _, form := range code.Forms() {
				got := ""
				if v := forms.MapIndex(reflect.ValueOf(form)); v.IsValid() {
					got = v.String()
				}
				// A form for one number may spell it out.
				spelt := slices.Contains([]language.Form{language.Zero, language.One, language.Two}, form)
				without := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return name == "{count}" })
				if got == "" || !slices.Equal(names(got), all) && !(spelt && slices.Equal(names(got), without)) {
					t.Errorf("%s, %s: %q", what, form, got)
				}
				if code != language.English && englishWord.MatchString(namesIn.ReplaceAllString(got, "")) {
					t.Errorf("%s, %s: English is left in %q", what, form, got)
				}
			}
		}
	}
	if catalogue.In("") != &english || catalogue.In("fr") != &english {
		t.Error("a language that nobody knows isn't English")
	}
}

// The mail in all languages, of as many messages as have a form of their own.
func TestLettersOfAllLanguages(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	long := strings.Repeat("東", 60)
	w.cfg.Name = func() string { return long }
	for _, code := range language.All() {
		for _, n := range []int{1, 2, 3, 11, mailItems, mailItems + 1, mailItems + 2, mailItems + 3, mailItems + 11, mailItems + 100, maxKept} {
			list := make([]missed, n)
			for i := range list {
				list[i] = missed{to: "bob@example.org", language: code, message: chat.Message{UserName: "{room} " + strings.Repeat("😀", 60), Content: "<b>hello"}}
				list[i].room.kind = "direct"
				if i%2 == 0 {
					list[i].room.kind, list[i].room.name = "public", "{who}"
				}
			}
			m := w.letter("bob", list)
			what := string(code)
			if m.To != "bob@example.org" || len(m.Subject) > line.MaxSubject || strings.Contains(m.Subject, "{count}") {
				t.Errorf("%s, %d: %d bytes: %q", what, n, len(m.Subject), m.Subject)
			}
			for _, name := range []string{"{server}", "{count}"} {
				if strings.Contains(m.Text+m.HTML, name) {
					t.Errorf("%s, %d: %s isn't filled in\n%s", what, n, name, m.Text)
				}
			}
			marks := `lang="` + what + `" dir="` + code.Dir() + `"`
			if !strings.Contains(m.HTML, "<html "+marks+">") || !strings.Contains(m.HTML, "<div "+marks+" ") || strings.Contains(m.HTML, "<b>") ||
				strings.Contains(m.Text, "<strong>") || !strings.Contains(m.Text, "\nhttps://chat.example.org"+MailsOffPath+"?") {
				t.Errorf("%s, %d: %s\n%s", what, n, m.Text, m.HTML)
			}
			if want := min(n, mailItems); strings.Count(m.Text, "\n  <b>hello\n") != want || strings.Count(m.HTML, "&lt;b&gt;hello") != want {
				t.Errorf("%s, %d: not %d messages\n%s", what, n, want, m.Text)
			}
		}
	}
}

// What somebody has missed is told in the language that they read.
func TestMailsSpeakTheLanguageOfTheirReader(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	said := func(code language.Code) Mail {
		t.Helper()
		if code != "" {
			w.set("bob", Change{Language: &code})
		}
		w.post("global", "ada", to("bob"))
		w.post("global", "ada", to("bob"))
		w.catchUp()
		w.after(2 * time.Hour)
		mails := w.takeMails()
		if len(mails) != 1 {
			t.Fatalf("%d mails", len(mails))
		}
		return mails[0]
	}
	for _, c := range []struct {
		code          language.Code
		subject, text string
	}{
		{"", "2 messages for you at chat.example.org", "ADA in Global:\n"},
		{language.German, "2 Nachrichten für dich bei chat.example.org", "Während du nicht bei chat.example.org warst:\n\nADA in Global:\n"},
		{language.Spanish, "2 mensajes para ti en chat.example.org", "ADA en Global:\n"},
		{language.Chinese, "你在 chat.example.org 有 2 条消息", "ADA 在 Global：\n"},
		{language.Arabic, "رسالتان لك على \u2068chat.example.org\u2069", "\u2068ADA\u2069 في \u2068Global\u2069:\n"},
	} {
		if m := said(c.code); m.Subject != c.subject || !strings.Contains(m.Text, c.text) {
			t.Errorf("%s: %q\n%s", c.code, m.Subject, m.Text)
		}
	}
}

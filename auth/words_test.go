package auth

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"snug/language"
	"snug/line"
)

var (
	// englishWord is one that is in no sentence of the other languages.
	englishWord = regexp.MustCompile(`(?i)\b(the|you|your|this|that|is|and|with|if|of|for)\b`)
	namesIn     = regexp.MustCompile(`\{\w+\}`)
)

// Each language has every text, with the same names to be filled in as in English, and in
// its own words.
func TestEveryLanguageHasAllWords(t *testing.T) {
	for _, code := range language.All() {
		w := catalogue.In(code)
		if (w == &english) != (code == language.English) {
			t.Fatalf("%s has no words", code)
		}
		same := func(what, got, want string) {
			t.Helper()
			names := func(text string) []string {
				return slices.Compact(slices.Sorted(slices.Values(namesIn.FindAllString(text, -1))))
			}
			switch {
			case strings.TrimSpace(got) != got || got == "":
				t.Errorf("%s, %s: %q", code, what, got)
			case !slices.Equal(names(got), names(want)):
				t.Errorf("%s, %s: %q has not the names of %q", code, what, got, want)
			case code == language.English:
			case got == want || englishWord.MatchString(got):
				t.Errorf("%s, %s: English is left in %q", code, what, got)
			}
		}
		sameAll := func(what string, got, want []string) {
			t.Helper()
			if len(got) != len(want) {
				t.Errorf("%s, %s: %d paragraphs, want %d", code, what, len(got), len(want))
				return
			}
			for i := range got {
				same(what, got[i], want[i])
			}
		}
		for kind, want := range english.letters {
			got, what := w.letters[kind], want.subject
			same(what, got.subject, want.subject)
			same(what, got.button, want.button)
			sameAll(what, got.above, want.above)
			sameAll(what, got.below, want.below)
			if len(got.above) == 0 {
				t.Errorf("%s, %s: it says nothing", code, what)
			}
			if n := len(got.subject); n > line.MaxSubject/2 { // the other half is for the server and who invites
				t.Errorf("%s, %s: the subject has %d bytes", code, what, n)
			}
		}
		same("copyLink", w.copyLink, english.copyLink)
		same("confirm", w.confirm.title, english.confirm.title)
		same("confirm", w.confirm.text, english.confirm.text)
		same("confirm", w.confirm.button, english.confirm.button)
		same("toSignIn", w.toSignIn, english.toSignIn)
		same("toAccount", w.toAccount, english.toAccount)
		same("errorCode", w.errorCode, english.errorCode)
		codes := func(w *words) []string { return slices.Sorted(maps.Keys(w.errors)) }
		if !slices.Equal(codes(w), codes(&english)) {
			t.Errorf("%s explains the codes %q, want %q", code, codes(w), codes(&english))
		}
		for error, want := range english.errors {
			same(error, w.errors[error].title, want.title)
			same(error, w.errors[error].text, want.text)
		}
	}
	if catalogue.In("") != &english || catalogue.In("fr") != &english {
		t.Error("a language that nobody knows isn't English")
	}
}

// All letters in all languages, as they are sent: filled in, in both forms, and with the
// language and the direction where programs look for them.
func TestLettersOfAllLanguages(t *testing.T) {
	const link = "https://chat.example.org/x?a=1&b=2"
	for _, code := range language.All() {
		for kind := range letterKinds {
			for _, server := range []string{"", strings.Repeat("名", 60), "{more} & <b>"} {
				m := letterhead{"https://chat.example.org", code}.render(kind, server, "ada@example.com", link, "{host}@example.com")
				what := string(code) + " " + english.letters[kind].subject
				if m.To != "ada@example.com" || m.Subject == "" || len(m.Subject) > line.MaxSubject {
					t.Errorf("%s: %+v", what, m)
				}
				if left := namesIn.FindString(strings.NewReplacer("{more} &", "", "{host}@", "").Replace(m.Subject + m.Text)); left != "" {
					t.Errorf("%s: %s isn't filled in\n%s", what, left, m.Text)
				}
				if !strings.Contains(m.Text, "\n"+link+"\n") || !strings.Contains(m.Text, "chat.example.org") {
					t.Errorf("%s: the text has no line with the link\n%s", what, m.Text)
				}
				marks := `lang="` + string(code) + `" dir="` + code.Dir() + `"`
				if !strings.Contains(m.HTML, "<html "+marks+">") || !strings.Contains(m.HTML, "<div "+marks+" ") ||
					strings.Contains(m.HTML, "<b>") || strings.Contains(m.Text, "<") && server != "{more} & <b>" {
					t.Errorf("%s: %s\n%s", what, m.Text, m.HTML)
				}
			}
		}
	}
}

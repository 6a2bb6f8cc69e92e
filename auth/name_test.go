package auth_test

import (
	"fmt"
	"strings"
	"testing"

	"snug/auth"
)

// §13.18.
func TestNames(t *testing.T) {
	for _, test := range []struct{ name, want string }{ // want "": refused
		{"Ada", "Ada"},
		{"  Ada Lovelace\t", "Ada Lovelace"},
		{"Zoe\u0308", "Zo\u00eb"},
		{"李小龍", "李小龍"},
		{"محمد", "محمد"},
		{"می\u200cخواهم", "می\u200cخواهم"},     // Persian needs the non-joiner
		{"👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"}, // and families the joiner
		{"1\ufe0f\u20e3", "1\ufe0f\u20e3"},     // keycap
		{"<b>&\"'", "<b>&\"'"},                 // text, not markup: pages escape
		{"नमस्ते", "नमस्ते"},                   // marks are letters' parts
		{"Tiếng Việt", "Tiếng Việt"},
		{"R2-D2", "R2-D2"},
		{"2026", "2026"},
		{strings.Repeat("x", 64), strings.Repeat("x", 64)},
		{strings.Repeat("é", 64), strings.Repeat("é", 64)},
		{strings.Repeat("x", 65), ""},
		{"", ""},
		{" \t\n", ""},
		{"\u3000", ""},
		{"a\nb", ""},
		{"a\tb", ""},
		{"a\x00b", ""},
		{"a\x1b[31mb", ""},
		{"a\x7fb", ""},
		{"a\u0085b", ""},
		{"a\u2028b", ""},
		{"a\u202eb", ""}, // right-to-left override
		{"a\u2066b", ""},
		{"a\u200fb", ""},
		{"a\u061cb", ""},
		{"a\u200bb", ""},
		{"a\u200db", ""}, // a joiner between ASCII letters can't be seen
		{"a\u200c", ""},
		{"\u200dأ", ""},
		{"أ\u200d\u200dأ", ""},
		{"a\u2060b", ""},
		{"a\ufeffb", ""},
		{"a\u00adb", ""},
		{"a\U000e0041b", ""}, // tag
		{"\u3164", ""},
		{"\u2800", ""},
		{"a\u034fb", ""},
		{"\u0301", ""},
		{"Z\u0335\u0336\u0337\u0338\u0339algo", ""},
		{"a\ufffdb", ""},
		{"a\xffb", ""},
		{"a\ue000b", ""},             // private use
		{"2026-01-02T03:04:05Z", ""}, // the client would make a date of it
		{"2026-01-02T03:04:05.000Z", ""},
		{"2026-01-02", "2026-01-02"},
		{"System", ""},
		{"system", ""},
		{" SYSTEM ", ""},
		{"S y s t e m", ""},
		{"[System]", ""},
		{"System.", ""},
		{"Ѕуѕtеm", ""}, // Cyrillic
		{"ЅУЅТЕМ", ""},
		{"ΣYSTEM", "ΣYSTEM"}, // nobody takes a sigma for an S
		{"SΥSΤΕΜ", ""},       // Greek capitals
		{"Ｓｙｓｔｅｍ", ""},       // full width
		{"𝓢𝔂𝓼𝓽𝓮𝓶", ""},       // mathematical
		{"Ⓢⓨⓢⓣⓔⓜ", ""},
		{"Sỳstém", ""},
		{"Systern", ""},
		{"5y$t3m", ""},
		{"ꜱʏꜱᴛᴇᴍ", ""},
		{"Systems", "Systems"},
		{"Systematic Sue", "Systematic Sue"},
		{"Ecosystem", "Ecosystem"},
	} {
		got, err := auth.CleanName(test.name)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%+q: got %+q %v, want %+q", test.name, got, err, test.want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, seed := range []string{"Ada", " a ", "👩\u200d👧", "e\u0301", "\xff", "System"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, err := auth.CleanName(name)
		if err != nil {
			return
		}
		if again, err := auth.CleanName(got); err != nil || again != got {
			t.Errorf("%+q became %+q became %+q %v", name, got, again, err)
		}
		if strings.ContainsAny(got, "\x00\n\r\u202e\u200b") || got == "" {
			t.Errorf("%+q became %+q", name, got)
		}
	})
}

func TestSignUpRefusesNamesAndImages(t *testing.T) {
	g := newRig(t)
	send := func(name, rest string) reply {
		return g.jar().post("/sign-up/email", fmt.Sprintf(`{"name":%q,"email":"a@example.com","password":%q%s}`, name, good, rest))
	}
	send(" ", "").want(t, 400, "INVALID_NAME")
	send("System", "").want(t, 400, "RESERVED_NAME")
	send("a", `,"image":"javascript:alert(1)"`).want(t, 400, "INVALID_IMAGE")
	send("a", `,"image":5`).want(t, 400, "VALIDATION_ERROR")
	var u struct{ User struct{ Name string } }
	send(" Ada ", `,"image":null`).want(t, 200, "").decode(t, &u)
	if u.User.Name != "Ada" {
		t.Errorf("stored %q", u.User.Name)
	}
}

// §10: the client's own syntax, ASCII.
func TestEmails(t *testing.T) {
	for email, want := range map[string]string{
		"a@example.com":              "a@example.com",
		"A.B+c_d-e'f@Sub.Example.CO": "a.b+c_d-e'f@sub.example.co",
		"1@2.com":                    "1@2.com",
		"a@b-c.org":                  "a@b-c.org",
		"":                           "",
		"a":                          "",
		"a@":                         "",
		"@example.com":               "",
		"a@example":                  "",
		"a@example.c":                "",
		"a@example.c0m":              "",
		".a@example.com":             "",
		"a..b@example.com":           "",
		"a.@example.com":             "",
		"a'@example.com":             "",
		"a@-example.com":             "",
		"a@example..com":             "",
		"a@exa_mple.com":             "",
		" a@example.com":             "",
		"a@example.com ":             "",
		"a@example.com\n":            "",
		"a b@example.com":            "",
		"a@example.com@example.com":  "",
		"ä@example.com":              "",
		"a@exämple.com":              "",
		"\u212a@example.com":         "", // Kelvin sign, which lower-cases to k
		`"a"@example.com`:            "",
		"a@[127.0.0.1]":              "",
		strings.Repeat("a", 242) + "@example.com": strings.Repeat("a", 242) + "@example.com",
		strings.Repeat("a", 243) + "@example.com": "",
	} {
		if got, err := auth.CleanEmail(email); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q %v", email, got, err)
		}
	}
}

func TestImages(t *testing.T) {
	for image, want := range map[string]bool{
		"https://example.com/a.png":                        true,
		"https://lh3.googleusercontent.com/a/x=s96-c":      true,
		"https://example.com:8443/a.png?x=%20":             true,
		"http://example.com/a.png":                         false,
		"//example.com/a.png":                              false,
		"/a.png":                                           false,
		"https:a.png":                                      false,
		"https:///a.png":                                   false,
		"https://user@example.com/a.png":                   false,
		"javascript:alert(1)":                              false,
		"data:image/svg+xml,<svg/>":                        false,
		"HTTPS://example.com/a.png":                        true,
		"https://example.com/a b":                          false,
		"https://example.com/\u202e":                       false,
		"https://example.com\\@evil.example/":              false,
		"https://example.com/" + strings.Repeat("a", 2048): false,
	} {
		if err := auth.CheckImage(image); (err == nil) != want {
			t.Errorf("%q: %v", image, err)
		}
	}
}

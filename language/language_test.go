package language_test

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"snug/language"
)

func TestMatch(t *testing.T) {
	long := strings.Repeat("fr;q=0.9, ", 99) // 990 bytes
	for header, want := range map[string]language.Code{
		"":                                    language.English,
		"de":                                  language.German,
		"DE":                                  language.German,
		"de-AT":                               language.German,
		"es-419":                              language.Spanish,
		"zh-Hans-CN":                          language.Chinese,
		"zh-TW, en":                           language.Chinese,
		"ar-EG,ar;q=0.9,en-US;q=0.8,en;q=0.7": language.Arabic,
		"fr-CH, fr;q=0.9, es;q=0.8, *;q=0.5":  language.Spanish,
		"fr, it":                              language.English,
		// The better liked one, wherever it stands; else the first.
		"en;q=0.5, de":                    language.German,
		"en;q=0.899, de;q=0.9":            language.German,
		"es, de":                          language.Spanish,
		"de, es":                          language.German,
		"de;q=0.8, es;q=0.800":            language.German,
		"de;q=0.1, zh;q=0.2, de-DE;q=0.3": language.German,
		" de ; q=0.2 ,\tes\t;\tQ=0.3":     language.Spanish,
		"ar;q=1, de;q=1.000":              language.Arabic,
		"de;q=1.":                         language.German,
		// What isn't wanted.
		"de;q=0":                 language.English,
		"de;q=0.000, es;q=0.001": language.Spanish,
		"en;q=0, de;q=0":         language.English,
		"de;q=0, de-AT":          language.German,
		// Any.
		"*":           language.English,
		"de;q=0.5, *": language.English,
		"*, de":       language.English,
		"de, *":       language.German,
		"*;q=0.5, de": language.German,
		"en;q=0, *":   language.Spanish,
		"*;q=0":       language.English,
		"*;q=0, ar":   language.Arabic,
		"de-*":        language.German,
		// Rubbish is left out.
		",;q=,,;;, de":          language.German,
		"de;q=2, es;q=0.1":      language.Spanish,
		"de;q=1.001, es;q=0.1":  language.Spanish,
		"de;q=-1, es;q=0.1":     language.Spanish,
		"de;q=0.1234, es;q=0.1": language.Spanish,
		"de;q=nan, es;q=0.1":    language.Spanish,
		"de;q=, es;q=0.1":       language.Spanish,
		"de;q, es;q=0.1":        language.Spanish,
		"de;x=1, es;q=0.1":      language.Spanish,
		"de;q=1;q=0, es;q=0.1":  language.Spanish,
		"de_DE, es;q=0.1":       language.Spanish,
		"deutsch, es;q=0.1":     language.Spanish,
		"\xff\x00, de":          language.German,
		// What is beyond the bound, or cut in two by it, isn't looked at.
		long + "de":                        language.German,
		long + "de;q=0.99999, es":          language.English,
		long + "de;q=0.1, es":              language.German,
		long + "es-419-x-11":               language.English,
		strings.Repeat("a", 2000) + ", de": language.English,
	} {
		if got := language.Match(header); got != want {
			t.Errorf("%.60q: %s, want %s", header, got, want)
		}
	}
}

// Headers that are said twice are one list.
func TestOf(t *testing.T) {
	r := &http.Request{Header: http.Header{}}
	if got := language.Of(r); got != language.English {
		t.Errorf("without a header: %s", got)
	}
	r.Header.Add("Accept-Language", "fr")
	r.Header.Add("Accept-Language", "ar, de")
	if got := language.Of(r); got != language.Arabic {
		t.Errorf("%s", got)
	}
}

func FuzzMatch(f *testing.F) {
	for _, header := range []string{"", "*", "de-AT,de;q=0.9,*;q=0.1", "zh;q=0", ";;q=1,,", "en;q=0.0001"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if got := language.Match(header); !got.Known() {
			t.Errorf("%q: %q", header, got)
		}
	})
}

// The client offers the same languages, of the same directions.
func TestLanguagesAreTheClients(t *testing.T) {
	source, err := os.ReadFile("../web/src/i18n/languages.ts")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(\w+): \{ name: '[^']+', dir: '(\w+)' \}`).FindAllStringSubmatch(string(source), -1) {
		want = append(want, m[1]+" "+m[2])
	}
	var got []string
	for _, code := range language.All() {
		if !code.Known() {
			t.Errorf("%s isn't known", code)
		}
		got = append(got, string(code)+" "+code.Dir())
	}
	if !slices.Equal(got, want) {
		t.Errorf("languages %q, the client's are %q", got, want)
	}
	for _, code := range []language.Code{"", "fr", "EN", "*"} {
		if code.Known() {
			t.Errorf("%q is known", code)
		}
	}
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		code language.Code
		want string
	}{
		{language.English, "{b} and b, {c}"},
		{language.Arabic, "\u2068{b}\u2069 and \u2068b\u2069, {c}"},
	} {
		if got := c.code.Fill("{a} and {b}, {c}", "a", "{b}", "b", "b"); got != c.want {
			t.Errorf("%s: %q, want %q", c.code, got, c.want)
		}
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		code language.Code
		form language.Form
		of   []int
	}{
		{language.English, language.One, []int{1}},
		{language.English, language.Other, []int{0, 2, 11, 21, 101}},
		{language.German, language.One, []int{1}},
		{language.German, language.Other, []int{0, 2, 1_000_000}},
		{language.Spanish, language.One, []int{1}},
		{language.Spanish, language.Many, []int{1_000_000, 7_000_000}},
		{language.Spanish, language.Other, []int{0, 2, 21, 1_000_001}},
		{language.Chinese, language.Other, []int{0, 1, 2, 1_000_000}},
		{language.Arabic, language.Zero, []int{0}},
		{language.Arabic, language.One, []int{1}},
		{language.Arabic, language.Two, []int{2}},
		{language.Arabic, language.Few, []int{3, 10, 103, 110, 1003}},
		{language.Arabic, language.Many, []int{11, 26, 99, 111, 199}},
		{language.Arabic, language.Other, []int{100, 101, 102, 200, 1000, 1002}},
	} {
		if !slices.Contains(c.code.Forms(), c.form) {
			t.Errorf("%s isn't said to have %s", c.code, c.form)
		}
		for _, n := range c.of {
			if got := c.code.Form(n); got != c.form {
				t.Errorf("%s, %d: %s, want %s", c.code, n, got, c.form)
			}
		}
	}
	for _, code := range language.All() {
		for n := range 1200 {
			if !slices.Contains(code.Forms(), code.Form(n)) {
				t.Fatalf("%s has no %s, that of %d", code, code.Form(n), n)
			}
		}
	}
}

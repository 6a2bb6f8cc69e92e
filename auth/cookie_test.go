package auth_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"snug/auth"
)

func cookieValues(header, name string) (values []string) {
	auth.EachCookie([]string{header}, name, func(v string) bool {
		values = append(values, v)
		return true
	})
	return values
}

// Made with better-auth and the secret of the transcripts.
func TestSignatureVectors(t *testing.T) {
	g := newRig(t)
	for text, want := range map[string]string{
		strings.Repeat("U", 32): "UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU.9inGJOzoZ5dkN7d%2BJmaeGhDC42E1TNbAtPRKcos3b6Q%3D",
		"true":                  "true.Rpmt%2F7kIjMT%2F4mwGJs4d0ovdgHB76%2F7dubBZVPnh7Os%3D",
	} {
		if got := g.Sign(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestSignatureIsChecked(t *testing.T) {
	g := newRig(t)
	alice := g.jar().signUp("alice")
	value, err := url.PathUnescape(alice.cookies[tokenName])
	if err != nil {
		t.Fatal(err)
	}
	token, mac, _ := strings.Cut(value, ".")
	works := func(v string) bool {
		alice.cookies[tokenName] = v
		_, ok := alice.identity()
		return ok
	}
	if !works(value) || !works(url.QueryEscape(value)) {
		t.Fatal("the cookie itself doesn't work")
	}
	flip := func(s string, i int) string {
		c := byte('A')
		if s[i] == 'A' {
			c = 'B'
		}
		return s[:i] + string(c) + s[i+1:]
	}
	for i := range len(value) - 1 { // the last character is padding
		if works(flip(value, i)) {
			t.Errorf("works with character %d changed", i)
		}
	}
	for _, v := range []string{
		token, token + ".", "." + mac, mac, token + "." + strings.TrimSuffix(mac, "="), token + "." + mac + "=",
		token + ".." + mac, "x." + value, token + "." + strings.ToLower(mac), "", ".", "%", token + "." + mac + ".",
	} {
		if works(v) {
			t.Errorf("works as %q", v)
		}
	}
}

func TestCookieParser(t *testing.T) {
	for _, test := range []struct {
		header string
		want   []string
	}{
		{"", nil},
		{"a=1", []string{"1"}},
		{"a=1; b=2; a=3", []string{"1", "3"}},
		{"b=2;a=1", []string{"1"}},
		{"  a = 1 ;", []string{"1"}},
		{"A=1", nil},
		{"aa=1; xa=2", nil},
		{"a", nil},
		{"a=", []string{""}},
		{"a==", []string{"="}},
		{"a=b=c", []string{"b=c"}},
		{`a="1"`, []string{"1"}},
		{`a="`, []string{`"`}},
		{`a=""`, []string{""}},
		{"a=%2B", []string{"+"}},
		{"a=+", []string{"+"}},
		{"a=%zz", []string{"%zz"}},
		{"a=%", []string{"%"}},
		{"a=x y", []string{"x y"}},
		{";;;a=1;;", []string{"1"}},
		{"=1", nil},
	} {
		if got := cookieValues(test.header, "a"); !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.header, got, test.want)
		}
	}
}

func FuzzCookieParser(f *testing.F) {
	for _, seed := range []string{"", "a=1", "a=1; a=2", `a="%41"`, "a=%", "a;=;a=", "a=\x00; a=\xff", "a=%ff%00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := cookieValues(header, "a")
		if len(got) > strings.Count(header, "a") {
			t.Errorf("%d cookies in %q", len(got), header)
		}
		// What the parser returns it returns again from a header that we write.
		for _, v := range got {
			again := cookieValues("b=2; a="+url.PathEscape(v)+"; a=3", "a")
			if len(again) != 2 || again[0] != strings.TrimSpace(v) && again[0] != v {
				t.Errorf("%q became %q", v, again)
			}
		}
	})
}

func TestIDsAreUnlike(t *testing.T) {
	seen := map[string]bool{}
	count := map[rune]int{}
	const n = 2000
	for range n {
		id := auth.NewID()
		if len(id) != 32 || seen[id] {
			t.Fatalf("got %q", id)
		}
		seen[id] = true
		for _, c := range id {
			count[c]++
		}
	}
	// 62 letters, each about 1032 times; six deviations are one in a thousand million.
	for c, k := range count {
		if mean := n * 32 / 62; k < mean-200 || k > mean+200 {
			t.Errorf("%c occurs %d times of about %d", c, k, mean)
		}
	}
	if len(count) != 62 {
		t.Errorf("%d letters", len(count))
	}
}

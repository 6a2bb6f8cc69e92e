package auth

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"snug/line"
)

// emailSyntax is that of the client, ASCII only. What it admits is delivered or
// bounces; it isn't meant to find out which.
var emailSyntax = regexp.MustCompile(`^(?:[A-Za-z0-9_'+\-]+\.)*[A-Za-z0-9_'+\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$`)

// cleanEmail returns the address in the form that it is stored and looked up in.
func cleanEmail(email string) (string, error) {
	if len(email) > maxEmail || !emailSyntax.MatchString(email) {
		return "", errEmail
	}
	return strings.ToLower(email), nil
}

// checkPassword checks a new password's length, counted as the client counts it.
func checkPassword(password string) error {
	n := 0
	for _, r := range password {
		n += utf16.RuneLen(r)
	}
	switch {
	case n < minPassword:
		return errShortPassword
	case n > maxPassword:
		return errLongPassword
	}
	return nil
}

// dateLike is what the client takes for a date, in whatever field it finds it: a
// name of that form would reach the page as something else than a string.
var dateLike = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}`)

// cleanName returns a name as it is stored: composed and trimmed, without what is
// invisible or would rearrange the text around it.
func cleanName(name string) (string, error) {
	name = strings.TrimSpace(norm.NFC.String(name))
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName {
		return "", errName
	}
	if !line.Plain(name) {
		return "", errName
	}
	visible, marks := false, 0
	for _, r := range name {
		switch {
		case unicode.Is(unicode.Cf, r): // it joins what is beside it
			continue
		case r == utf8.RuneError, !unicode.IsGraphic(r):
			return "", errName
		}
		// Letters of some scripts carry two or three marks; towers of them cover the
		// lines above and below.
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > 4 {
				return "", errName
			}
			continue
		}
		marks = 0
		visible = visible || !unicode.IsSpace(r)
	}
	if !visible || dateLike.MatchString(name) {
		return "", errName
	}
	if skeleton(name) == "system" {
		return "", errReservedName
	}
	return name, nil
}

// lookAlikes are letters that pass for those of "system".
var lookAlikes = map[rune]rune{
	'$': 's', '5': 's', 'ѕ': 's', 'ꜱ': 's', 'ʂ': 's', 'ƽ': 's', 'ꮪ': 's', 'ս': 's',
	'у': 'y', 'ү': 'y', 'υ': 'y', 'γ': 'y', 'ʏ': 'y', 'ý': 'y', 'ყ': 'y', '¥': 'y',
	'т': 't', 'τ': 't', 'ᴛ': 't', '7': 't', 'ŧ': 't', 'ƭ': 't', '+': 't', '†': 't',
	'е': 'e', 'ε': 'e', 'є': 'e', 'ᴇ': 'e', '3': 'e', 'ҽ': 'e', 'ɛ': 'e', '€': 'e',
	'м': 'm', 'μ': 'm', 'ᴍ': 'm', 'ɱ': 'm',
}

// skeleton maps names that look alike to the same letters: compatibility forms
// resolved, marks, spaces and punctuation dropped, case folded. Greek capital
// ypsilon and mu fold to letters that the table has.
func skeleton(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(name) {
		r = unicode.ToLower(r)
		if like, ok := lookAlikes[r]; ok {
			r = like
		}
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "rn", "m")
}

// checkImage allows pictures that are fetched safely: over https, from a host
// with a name.
func checkImage(image string) error {
	u, err := url.Parse(image)
	if err != nil || len(image) > maxURL || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return errImage
	}
	for _, c := range []byte(image) {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			return errImage
		}
	}
	return nil
}

package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxIssuers    = 20 // each is a button on the sign-in page
	maxIssuerName = 40 // characters, on that button
)

// OIDC is one issuer that people sign in with.
type OIDC struct {
	ID           string // letters and digits; part of the callback's address
	Issuer       string // as written: it is compared letter by letter
	ClientID     string
	ClientSecret string   // "" for a client that has none
	Name         string   // on the button
	Scopes       []string // besides openid, profile and email
	EmailDomains []string // lower case; whoever has an address of another domain is refused; empty: nobody
	Claim        string   // name=value that the issuer must say of a person; "": none
	Rooms        []string // slugs of rooms to be in from the first sign-in on; the first is opened
}

const issuersHelp = `Any number of OpenID Connect issuers (Keycloak, Authentik, Entra, Okta …), each
under an ID of your choice in letters and digits, to which ID stands here. The
callback address to give to an issuer is BASE-URL/api/auth/callback/ID, the ID
in lower case.`

// issuerSettings is the table for one issuer.
func issuerSettings(id string) []Setting {
	of := func(key string) string { return "oidc." + id + "." + key }
	// An issuer begins with the first of its settings.
	in := func(c *Config) *OIDC {
		i := slices.IndexFunc(c.OIDC, func(o OIDC) bool { return o.ID == id })
		if i < 0 {
			i = len(c.OIDC)
			c.OIDC = append(c.OIDC, OIDC{ID: id})
		}
		return &c.OIDC[i]
	}
	return []Setting{
		{Name: of("issuer"), Example: "https://login.example.com",
			Help: "The issuer's URL, below which it has /.well-known/openid-configuration.",
			set:  func(c *Config, v string) error { return parseURL(v, &in(c).Issuer) }},
		{Name: of("client-id"), Example: "snug",
			Help: "What the issuer calls this server.",
			set:  func(c *Config, v string) error { return parseText(v, &in(c).ClientID) }},
		{Name: of("client-secret"), Secret: true,
			Help: "The secret that the issuer gave out with the client id. Empty for a public client.",
			set:  func(c *Config, v string) error { return parseText(v, &in(c).ClientSecret) }},
		{Name: of("name"), Default: id,
			Help: "What the button says after \"Continue with\".",
			set:  func(c *Config, v string) error { return parseIssuerName(v, &in(c).Name) }},
		{Name: of("scopes"), Example: "groups",
			Help: "What is asked of the issuer besides openid, profile and email, separated by commas.",
			set:  func(c *Config, v string) error { return parseList(v, &in(c).Scopes, parseScope) }},
		{Name: of("email-domains"), Example: "example.com,example.org",
			Help: "Only people with a verified address of these domains get in.",
			set:  func(c *Config, v string) error { return parseList(v, &in(c).EmailDomains, parseDomain) }},
		{Name: of("claim"), Example: "groups=staff",
			Help: "Only people of whom the issuer says this get in: a claim that is the value, or a list with it.",
			set:  func(c *Config, v string) error { return parseClaim(v, &in(c).Claim) }},
		{Name: of("rooms"), Example: "welcome,staff",
			Help: "Rooms that people join at their first sign-in; the first is opened.",
			set:  func(c *Config, v string) error { return parseList(v, &in(c).Rooms, parseSlug) }},
	}
}

var issuerID = regexp.MustCompile(`^[a-z0-9]{1,32}$`)

// takenIDs are ways to sign in that accounts are stored under already. Those with
// a dash in them can't be an id anyway.
var takenIDs = []string{"google", "github", "twitter", "credential", "email", "passkey", "anonymous"}

func checkIssuerID(id string) error {
	if slices.Contains(takenIDs, id) {
		return fmt.Errorf("%s can't be the id of an OIDC issuer, as it is another way to sign in", id)
	}
	if !issuerID.MatchString(id) {
		return fmt.Errorf("%q can't be the id of an OIDC issuer; it takes 1 to 32 letters and digits, in lower case but in variables", id)
	}
	return nil
}

// issuerIn returns the id in the name of an issuer's setting (a flag, a key or a
// variable) and reports whether it is one. The id may be none that is allowed.
func issuerIn(name string) (id string, ok bool) {
	if rest, ok := strings.CutPrefix(strings.TrimPrefix(name, "--"), "oidc."); ok {
		dot := strings.LastIndex(rest, ".")
		return rest[:max(dot, 0)], dot >= 0
	}
	rest, ok := strings.CutPrefix(name, "SNUG_OIDC_")
	if !ok {
		return "", false
	}
	// No key ends like another one, so what is before it is the id.
	for _, s := range issuerSettings("") {
		key := strings.TrimPrefix(s.Env(), "SNUG_OIDC__")
		if rest == key {
			return "", false // the id is left out
		}
		if id, ok := strings.CutSuffix(rest, "_"+key); ok {
			return strings.ToLower(id), true
		}
	}
	id, _, ok = strings.Cut(rest, "_")
	return strings.ToLower(id), ok
}

// issuersOf returns the ids of all issuers that the sources speak of, sorted.
func issuersOf(sources ...map[string]value) ([]string, error) {
	var ids []string
	for _, found := range sources {
		for name := range found {
			if id, ok := issuerIn(name); ok {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) > maxIssuers {
		return nil, fmt.Errorf("there are %d OIDC issuers; at most %d fit", len(ids), maxIssuers)
	}
	return ids, nil
}

func parseIssuerName(v string, to *string) error {
	v = strings.TrimSpace(v)
	odd := func(r rune) bool { return !unicode.IsGraphic(r) }
	if v == "" || utf8.RuneCountInString(v) > maxIssuerName || !utf8.ValidString(v) || strings.ContainsFunc(v, odd) {
		return fmt.Errorf("a name of at most %d characters", maxIssuerName)
	}
	*to = v
	return nil
}

var scopeSyntax = regexp.MustCompile(`^[!#-\[\]-~]+$`)

func parseScope(v string, to *string) error {
	if !scopeSyntax.MatchString(v) {
		return errors.New("one word, and commas between several")
	}
	*to = v
	return nil
}

func parseClaim(v string, to *string) error {
	name, want, _ := strings.Cut(v, "=")
	name, want = strings.TrimSpace(name), strings.TrimSpace(want)
	if name == "" || want == "" {
		return errors.New("a claim and its value, such as groups=staff")
	}
	*to = name + "=" + want
	return nil
}

var slugSyntax = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$`)

func parseSlug(v string, to *string) error {
	if !slugSyntax.MatchString(v) {
		return errors.New("a room as in its address, such as global")
	}
	*to = v
	return nil
}

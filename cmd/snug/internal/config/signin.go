package config

import (
	"errors"
	"net/mail"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
)

// SignUp says who may make an account.
type SignUp struct {
	Mode    string   // open, invite, domain or closed
	Domains []string // lower case; of domain alone, and then at least one
}

// SMTP is where mail is sent. Without a Host none is.
type SMTP struct {
	Host     string
	Port     int    // 0 is the usual one of TLS: 587, 465 and 25
	User     string // "" for a server that asks for none, and Password too
	Password string
	TLS      string // starttls (and nothing without it), tls or none
	From     string // as in Snug <chat@example.org>
}

// OAuthClient is what a provider knows this server by. Without an ID it isn't
// used; with one there is a Secret.
type OAuthClient struct {
	ID, Secret string
	// URL is where people are sent, and where codes are exchanged; APIURL is where
	// the person is asked for. Both without a slash at the end; "" is the provider's
	// own, and an APIURL that belongs to the URL, if there is one. An APIURL is never
	// alone.
	URL, APIURL string
}

// GoogleClient is an OAuthClient for Google.
type GoogleClient struct {
	ID, Secret   string
	Issuer       string   // "" is Google's own
	EmailDomains []string // lower case; whoever has an address of another domain is refused; empty: nobody
}

func signInSettings() []Setting {
	return []Setting{
		{Name: "sign-up", Default: "open",
			Help: "Who may make an account: open (anyone), invite (who was invited), domain (who has an address of sign-up-domains) or closed. The first account can always be made, and is the owner's.",
			set: func(c *Config, v string) error {
				return parseOneOf(v, &c.SignUp.Mode, "open", "invite", "domain", "closed")
			}},
		{Name: "sign-up-domains",
			Help: "With sign-up=domain: the domains of addresses, separated by commas, such as example.com,example.org. Those below them are not meant.",
			set:  func(c *Config, v string) error { return parseList(v, &c.SignUp.Domains, parseDomain) }},
		{Name: "require-verified-email", Default: "false", Bool: true,
			Help: "Let nobody in by password before the link in a mail has confirmed the address. With sign-up=domain that is always so.",
			set:  func(c *Config, v string) error { return parseBool(v, &c.RequireVerified) }},
		{Name: "passwords", Default: "true", Bool: true,
			Help: "Signing in and up by password. false needs another way in: a provider, or magic links.",
			set:  func(c *Config, v string) error { return parseBool(v, &c.Passwords) }},
		{Name: "magic-links", Default: "true", Bool: true,
			Help: "Signing in by a link in a mail, where smtp-host is set.",
			set:  func(c *Config, v string) error { return parseBool(v, &c.MagicLinks) }},
		{Name: "guests", Default: "false", Bool: true,
			Help: "Let anyone in without an account, who may make one later.",
			set:  func(c *Config, v string) error { return parseBool(v, &c.Guests) }},
		{Name: "place-database",
			Help: "A .mmdb file (GeoLite2-City, DB-IP City Lite …) by which the list of sessions names places. It is read here: no address leaves the server.",
			set:  func(c *Config, v string) error { return parseText(v, &c.PlaceDatabase) }},
	}
}

func mailSettings() []Setting {
	return []Setting{
		{Name: "smtp-host", Example: "smtp.example.com",
			Help: "The server that takes our mail. Needs base-url and mail-from. Without one the links of mails are only logged.",
			set:  func(c *Config, v string) error { return parseHost(v, &c.SMTP.Host) }},
		{Name: "smtp-port", Example: "587",
			Help: "Its port. Without one: 587, 465 with smtp-tls=tls, or 25 with smtp-tls=none.",
			set:  func(c *Config, v string) error { return parseInt(v, 1, 65535, &c.SMTP.Port) }},
		{Name: "smtp-user",
			Help: "The account there, if it asks for one.",
			set:  func(c *Config, v string) error { return parseText(v, &c.SMTP.User) }},
		{Name: "smtp-password", Secret: true,
			Help: "The password of that account.",
			set:  func(c *Config, v string) error { return parseText(v, &c.SMTP.Password) }},
		{Name: "smtp-tls", Default: "starttls",
			Help: "starttls (mail waits rather than go without it), tls (from the first byte on) or none (for a server on this machine or a network that you trust; a password goes to this machine only).",
			set:  func(c *Config, v string) error { return parseOneOf(v, &c.SMTP.TLS, "starttls", "tls", "none") }},
		{Name: "mail-from", Example: "Snug <chat@example.com>",
			Help: "Who mails come from.",
			set:  func(c *Config, v string) error { return parseSender(v, &c.SMTP.From) }},
	}
}

func providerSettings() []Setting {
	return []Setting{
		{Name: "google-client-id", Also: "GOOGLE_CLIENT_ID",
			Help: "Sign-in with Google, together with the secret. The callback address to give there is BASE-URL/api/auth/callback/google.",
			set:  func(c *Config, v string) error { return parseText(v, &c.Google.ID) }},
		{Name: "google-client-secret", Secret: true, Also: "GOOGLE_CLIENT_SECRET",
			Help: "The secret that Google gave out with the id.",
			set:  func(c *Config, v string) error { return parseText(v, &c.Google.Secret) }},
		{Name: "google-issuer", Example: "https://accounts.google.com",
			Help: "Another issuer in Google's place, for tests.",
			set:  func(c *Config, v string) error { return parseURL(v, &c.Google.Issuer) }},
		{Name: "google-email-domains", Example: "example.com",
			Help: "Only people with a verified address of these domains get in with Google.",
			set:  func(c *Config, v string) error { return parseList(v, &c.Google.EmailDomains, parseDomain) }},
		{Name: "github-client-id", Also: "GITHUB_CLIENT_ID",
			Help: "Sign-in with GitHub, together with the secret. The callback address to give there is BASE-URL/api/auth/callback/github.",
			set:  func(c *Config, v string) error { return parseText(v, &c.GitHub.ID) }},
		{Name: "github-client-secret", Secret: true, Also: "GITHUB_CLIENT_SECRET",
			Help: "The secret that GitHub gave out with the id.",
			set:  func(c *Config, v string) error { return parseText(v, &c.GitHub.Secret) }},
		{Name: "github-url", Example: "https://github.com",
			Help: "A GitHub Enterprise server in GitHub's place.",
			set:  func(c *Config, v string) error { return parseBaseURL(v, &c.GitHub.URL) }},
		{Name: "github-api-url", Example: "https://api.github.com",
			Help: "Where its API is, if that isn't /api/v3 of github-url.",
			set:  func(c *Config, v string) error { return parseBaseURL(v, &c.GitHub.APIURL) }},
		{Name: "twitter-client-id", Also: "TWITTER_CLIENT_ID",
			Help: "Sign-in with X, together with the secret. The callback address to give there is BASE-URL/api/auth/callback/twitter.",
			set:  func(c *Config, v string) error { return parseText(v, &c.Twitter.ID) }},
		{Name: "twitter-client-secret", Secret: true, Also: "TWITTER_CLIENT_SECRET",
			Help: "The secret that X gave out with the id.",
			set:  func(c *Config, v string) error { return parseText(v, &c.Twitter.Secret) }},
		{Name: "twitter-url", Example: "https://x.com",
			Help: "Another server in X's place, for tests.",
			set:  func(c *Config, v string) error { return parseBaseURL(v, &c.Twitter.URL) }},
		{Name: "twitter-api-url", Example: "https://api.x.com",
			Help: "Where its API is, if that isn't twitter-url.",
			set:  func(c *Config, v string) error { return parseBaseURL(v, &c.Twitter.APIURL) }},
		{Name: "oauth-callback", Default: "direct",
			Help: "What a browser that comes back from a provider gets: direct (it is signed in and sent on) or page (the front end, which then fetches that address itself, as front ends written for a static host do).",
			set:  func(c *Config, v string) error { return parseOneOf(v, &c.OAuthCallback, "direct", "page") }},
	}
}

var hostSyntax = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$`)

func parseHost(v string, to *string) error {
	if _, err := netip.ParseAddr(v); err != nil && !hostSyntax.MatchString(v) {
		return errors.New("a host without a port, such as smtp.example.com")
	}
	*to = v
	return nil
}

// parseSender takes no control character, not even an encoded one: each would be
// a header of its own to somebody.
func parseSender(v string, to *string) error {
	a, err := mail.ParseAddress(v)
	if err != nil || strings.ContainsFunc(v+a.Name, unicode.IsControl) ||
		strings.ContainsFunc(a.Address, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return errors.New("an address, such as Snug <chat@example.com>")
	}
	*to = v
	return nil
}

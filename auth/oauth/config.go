package oauth

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Config describes a Provider. ID and ClientID are required, and ClientSecret for
// Google and GitHub. A field that a kind of provider has no use for is an error
// there, so that no restriction is silently ignored.
type Config struct {
	// ID names the provider in addresses and in the database: lower-case letters,
	// digits, - and _, at most 32. Changing it cuts its people off from their
	// accounts.
	ID string
	// Name is what people read on the button. "" is the usual one, for an issuer its
	// ID.
	Name string

	ClientID, ClientSecret string

	// Scopes are asked for beyond those that are needed.
	Scopes []string

	// Issuer is where discovery begins (OpenID Connect). "" is, for Google, the real
	// one, whose endpoints are built in.
	Issuer string

	// URL is that of another GitHub (Enterprise) or X, APIURL that of its API. "" is
	// the real one; beside a URL it is, for GitHub, URL/api/v3, and for X, URL.
	URL, APIURL string

	// EmailDomains, if any, admit only people with a verified address at one of them
	// (Google, OpenID Connect). A provider that lets people bring their own address
	// has verified it once; who still works there, a Claim says better, as hd does
	// at Google.
	EmailDomains []string
	// Claim admits only people with this claim: "groups=staff" is a claim that is the
	// value, or a list that holds it (Google, OpenID Connect). "" asks for none.
	Claim string

	// Prompt is what the provider is to ask even of those whom it knows:
	// select_account, login, consent. "" is select_account for Google, and the
	// provider's own habit elsewhere.
	Prompt string

	// HTTP makes the requests to the provider; nil is a client of its own. Whichever
	// it is, it follows no redirects, waits 10 s unless it has a time-out of its own,
	// and reads at most 1 MiB.
	HTTP *http.Client
}

var idSyntax = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// check checks what all kinds share.
func (c Config) check() error {
	switch {
	case len(c.ID) > maxID || !idSyntax.MatchString(c.ID):
		return fmt.Errorf("provider %q: want an ID of lower-case letters, digits, - and _, at most %d", c.ID, maxID)
	case c.ClientID == "":
		return fmt.Errorf("provider %s: no client ID", c.ID)
	}
	for _, s := range c.Scopes {
		if !scopeToken(s) {
			return fmt.Errorf("provider %s: scope %q: want a word", c.ID, s)
		}
	}
	return nil
}

// checkPlain checks the Config of a provider without id_tokens.
func (c Config) checkPlain() error {
	switch {
	case c.Issuer != "":
		return fmt.Errorf("provider %s: it has no issuer", c.ID)
	case len(c.EmailDomains) > 0:
		return fmt.Errorf("provider %s: can't be restricted to e-mail domains", c.ID)
	case c.Claim != "":
		return fmt.Errorf("provider %s: can't be restricted to a claim", c.ID)
	}
	return c.check()
}

// base returns the address of a server without the slash at its end.
func (c Config) base(field, given, usual string) (string, error) {
	if given == "" {
		return usual, nil
	}
	if err := checkURL(given, true); err != nil {
		return "", fmt.Errorf("provider %s: %s %q: %w", c.ID, field, given, err)
	}
	return strings.TrimRight(given, "/"), nil
}

// checkURL admits https, and plain http to this machine if local.
func checkURL(s string, local bool) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return errors.New("want an address as in https://host/path")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("want no user, query or fragment in it")
	case u.Scheme == "https" || u.Scheme == "http" && local && loopback(u.Hostname()):
		return nil
	}
	return errors.New("want https: what goes there mustn't be read on the way")
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// scopeToken: RFC 6749, section 3.3.
func scopeToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return s != "" && len(s) <= 256
}

// union returns all that the lists hold, each once, in the order of its first.
func union(lists ...[]string) []string {
	var all []string
	for _, list := range lists {
		for _, s := range list {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

package config

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

const (
	// maxDomains is a bound for lists that went wrong; each costs the authority work.
	maxDomains  = 100
	letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"
	// off is an http-addr that is none.
	off = "off"
)

func tlsSettings() []Setting {
	return []Setting{
		{Name: "tls-domains", Example: "chat.example.com",
			Help: "Speak TLS, with certificates that the server gets by ACME for these host names, separated by commas. Their port 443 must lead to addr.",
			set:  func(c *Config, v string) error { return parseTLSDomains(v, &c.TLS.Domains) }},
		{Name: "tls-email", Example: "ops@example.com",
			Help: "Where the certificate authority may write to. With none it has no address.",
			set:  func(c *Config, v string) error { return parseContact(v, &c.TLS.Email) }},
		{Name: "tls-acme-url", Default: letsEncrypt,
			Help: "The directory of the certificate authority. Whoever sets tls-domains agrees to its terms.",
			set:  func(c *Config, v string) error { return parseDirectory(v, &c.TLS.Directory) }},
		{Name: "tls-acme-roots",
			Help: "A file with the certificates by which the authority's own server is trusted, where the system doesn't know them.",
			set:  func(c *Config, v string) error { return parseText(v, &c.TLS.Roots) }},
		{Name: "http-addr", Example: ":80",
			Help: "Where plain HTTP leads people to https and answers the authority. With tls-domains it is :80 unless set; off is nowhere.",
			set:  func(c *Config, v string) error { return parseHTTPAddr(v, &c.TLS.HTTPAddr) }},
		{Name: "tls-cert",
			Help: "Without tls-domains: speak TLS with the certificate in this file, the chain behind it. It is read again when it changes.",
			set:  func(c *Config, v string) error { return parseText(v, &c.TLS.Certificate) }},
		{Name: "tls-key",
			Help: "The file with the key of tls-cert.",
			set:  func(c *Config, v string) error { return parseText(v, &c.TLS.Key) }},
	}
}

func parseTLSDomains(v string, to *[]string) error {
	if err := parseList(v, to, parseDomain); err != nil {
		return err
	}
	for i, domain := range *to {
		if slices.Contains((*to)[:i], domain) {
			return fmt.Errorf("each host name once, and %s stands there twice", domain)
		}
	}
	if len(*to) > maxDomains {
		return fmt.Errorf("at most %d host names", maxDomains)
	}
	return nil
}

func parseContact(v string, to *string) error {
	a, err := mail.ParseAddress(v)
	if err != nil || a.Address != v {
		return errors.New("an e-mail address such as ops@example.com")
	}
	*to = v
	return nil
}

func parseDirectory(v string, to *string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return errors.New("an https:// URL, such as " + letsEncrypt)
	}
	*to = v
	return nil
}

func parseHTTPAddr(v string, to *string) error {
	if v == off {
		*to = off
		return nil
	}
	if err := parseAddr(v, to); err != nil {
		return fmt.Errorf("%w, or off", err)
	}
	return nil
}

// checkTLS comes before the other checks: it says what the base URL is where nobody
// does.
func (l *Loaded) checkTLS() error {
	t := &l.TLS
	if err := first(l.needEachOther("tls-cert", "tls-key"), l.needs("tls-email", "tls-domains", ""), l.needs("tls-acme-roots", "tls-domains", "")); err != nil {
		return err
	}
	switch {
	case t.Directory != letsEncrypt && len(t.Domains) == 0:
		return l.needs("tls-acme-url", "tls-domains", "")
	case t.Certificate != "" && len(t.Domains) > 0:
		return fmt.Errorf("setting tls-cert (%s) is a certificate that is there, and tls-domains (%s) asks for others: leave one of them out", l.origin["tls-cert"].source, l.origin["tls-domains"].source)
	case t.HTTPAddr != "" && t.HTTPAddr != off && !t.On():
		return fmt.Errorf("setting http-addr (%s) leads people to https, which nobody speaks: set tls-domains, or tls-cert and tls-key", l.origin["http-addr"].source)
	}
	if t.HTTPAddr == "" && len(t.Domains) > 0 {
		t.HTTPAddr = ":80"
	}
	if t.HTTPAddr == off {
		t.HTTPAddr = ""
	}
	if !t.On() {
		return nil
	}
	if l.BaseURL == "" && len(t.Domains) > 0 {
		l.BaseURL = "https://" + t.Domains[0]
		l.origin["base-url"] = value{l.BaseURL, "tls-domains"}
	}
	if err := l.needs("tls-cert", "base-url", ", the https:// URL that the certificate is for"); err != nil {
		return err
	}
	if !strings.HasPrefix(l.BaseURL, "https://") {
		return &ValueError{Setting: "base-url", Value: l.BaseURL, Source: l.origin["base-url"].source, Want: "an https:// URL where the server speaks TLS"}
	}
	return nil
}

// tlsWarnings are those of TLS for Warnings.
func (c *Config) tlsWarnings(warn func(when bool, text string)) {
	if len(c.TLS.Domains) == 0 {
		return
	}
	u, err := url.Parse(c.BaseURL)
	warn(err == nil && !slices.Contains(c.TLS.Domains, u.Hostname()),
		"the host of base-url isn't one of tls-domains: there will be no certificate for it")
	addr, err := netip.ParseAddrPort(c.Addr)
	warn(err == nil && addr.Addr().IsLoopback(),
		"with tls-domains the certificate authority must reach addr, which only this machine can: set it to :443 unless something leads there")
}

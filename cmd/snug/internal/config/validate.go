package config

import (
	"fmt"
	"net/url"
	"strings"
)

// validate checks what no setting can say alone, and brings the Config into the
// form that its fields promise.
func (l *Loaded) validate() error {
	for _, check := range []func() error{l.checkTLS, l.checkBaseURL, l.checkMail, l.checkProviders, l.checkSignIn, l.checkFiles} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (l *Loaded) checkBaseURL() error {
	if l.BaseURL == "" || l.InsecureHTTP {
		return nil
	}
	u, err := url.Parse(l.BaseURL)
	if err != nil {
		return err
	}
	if u.Scheme == "http" && !IsLoopback(u.Hostname()) {
		return &ValueError{Setting: "base-url", Value: l.BaseURL, Source: l.origin["base-url"].source,
			Want: "an https:// URL: over plain http anyone on the way reads passwords. On a network that you trust, set insecure-http as well"}
	}
	return nil
}

func (l *Loaded) checkMail() error {
	if l.SMTP.TLS == "none" && l.SMTP.Password != "" && !IsLoopback(l.SMTP.Host) {
		return fmt.Errorf("setting smtp-tls (%s) is none, which would send smtp-password in the clear: leave it at starttls, or leave the password out", l.origin["smtp-tls"].source)
	}
	return first(
		l.needs("smtp-host", "base-url", ", as links in mails must not depend on what a request says"),
		l.needs("smtp-host", "mail-from", ""),
		l.needEachOther("smtp-user", "smtp-password"),
	)
}

func (l *Loaded) checkProviders() error {
	errs := []error{
		l.needEachOther("google-client-id", "google-client-secret"),
		l.needEachOther("github-client-id", "github-client-secret"),
		l.needEachOther("twitter-client-id", "twitter-client-secret"),
		// It would bring what the provider gave out to another server.
		l.needs("github-api-url", "github-url", ""),
		l.needs("twitter-api-url", "twitter-url", ""),
	}
	for _, o := range l.OIDC {
		for _, key := range []string{"issuer", "client-id"} {
			if name := "oidc." + o.ID + "." + key; l.origin[name].text == "" {
				errs = append(errs, fmt.Errorf("the OIDC issuer %s has no %s: set %s", o.ID, key, l.variables(name)))
			}
		}
	}
	return first(errs...)
}

func (l *Loaded) checkSignIn() error {
	domains := l.origin["sign-up-domains"]
	switch {
	case l.SignUp.Mode == "domain" && len(l.SignUp.Domains) == 0:
		return fmt.Errorf("setting sign-up (%s) is domain, which needs sign-up-domains: set %s", l.origin["sign-up"].source, l.variables("sign-up-domains"))
	case l.SignUp.Mode != "domain" && domains.text != "":
		return fmt.Errorf("setting sign-up-domains (%s) is for sign-up=domain, and sign-up (%s) is %s", domains.source, l.origin["sign-up"].source, l.SignUp.Mode)
	}
	// An address that nobody has confirmed says nothing about its domain.
	l.RequireVerified = l.RequireVerified || l.SignUp.Mode == "domain"
	l.MagicLinks = l.MagicLinks && l.SMTP.Host != ""
	if !l.Passwords && !l.MagicLinks && !l.hasProvider() {
		return fmt.Errorf("setting passwords (%s) is false, and nothing else lets anyone in: set up a provider, or smtp-host with magic-links", l.origin["passwords"].source)
	}
	return nil
}

func (c *Config) hasProvider() bool {
	return c.Google.ID != "" || c.GitHub.ID != "" || c.Twitter.ID != "" || len(c.OIDC) > 0
}

// Warnings says, a sentence each, what is in force and probably not meant.
func (c *Config) Warnings() []string {
	var all []string
	warn := func(when bool, text string) {
		if when {
			all = append(all, text)
		}
	}
	c.tlsWarnings(warn)
	noMail := c.SMTP.Host == ""
	warn(noMail && c.RequireVerified,
		"addresses must be verified, and without smtp-host no mail is sent: the links are only in this log")
	warn(noMail && (c.SMTP.User != "" || c.SMTP.From != ""),
		"without smtp-host no mail is sent, and its other settings do nothing")
	warn(!noMail && c.SMTP.TLS == "none" && !IsLoopback(c.SMTP.Host),
		"with smtp-tls=none anyone on the way to the mail server reads the links that sign people in")
	warn(c.S3.Endpoint != "" && strings.HasPrefix(c.S3.Endpoint, "http:") && !isLoopbackURL(c.S3.Endpoint),
		"with an http:// s3-endpoint anyone on the way reads the files of messages")
	warn(c.Guests && c.SignUp.Mode != "open",
		"guests let everyone in, whatever sign-up says")
	return all
}

// needs says that a setting that is set does nothing without another.
func (l *Loaded) needs(setting, other, why string) error {
	if l.origin[setting].text == "" || l.origin[other].text != "" {
		return nil
	}
	return fmt.Errorf("setting %s (%s) needs %s%s: set %s", setting, l.origin[setting].source, other, why, l.variables(other))
}

func (l *Loaded) needEachOther(a, b string) error {
	return first(l.needs(a, b, ""), l.needs(b, a, ""))
}

// variables names the environment variables of a setting.
func (l *Loaded) variables(setting string) string {
	for _, s := range l.table {
		if s.Name == setting {
			return strings.Join(asVariable(s), " or ")
		}
	}
	return envName(setting)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

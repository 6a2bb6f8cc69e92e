package oauth

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// google is the name that Google's id_tokens bear, or once bore without the scheme.
const google = "https://accounts.google.com"

// An issuer is a provider that speaks OpenID Connect.
type issuer struct {
	clientID    string
	domains     []string // lower-case; none: any
	claim, want string   // "": none
	client      *client
	metadata    *cached[metadata]
	keys        *cached[keySet]
}

// metadata is what we use of OpenID Connect Discovery, section 3, and RFC 9207.
type metadata struct {
	Issuer      string   `json:"issuer"`
	Authorize   string   `json:"authorization_endpoint"`
	Token       string   `json:"token_endpoint"`
	UserInfo    string   `json:"userinfo_endpoint"`
	Keys        string   `json:"jwks_uri"`
	Algorithms  []string `json:"id_token_signing_alg_values_supported"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	SaysIssuer  bool     `json:"authorization_response_iss_parameter_supported"`

	style oauth2.AuthStyle
}

// googleMetadata spares a start, and every day, a request to the one issuer whose
// endpoints are well known.
func googleMetadata() metadata {
	return metadata{
		Issuer:     google,
		Authorize:  "https://accounts.google.com/o/oauth2/v2/auth",
		Token:      "https://oauth2.googleapis.com/token",
		UserInfo:   "https://openidconnect.googleapis.com/v1/userinfo",
		Keys:       "https://www.googleapis.com/oauth2/v3/certs",
		Algorithms: []string{"RS256"},
		style:      oauth2.AuthStyleInParams,
	}
}

// NewGoogle returns Google.
func NewGoogle(c Config) (*Provider, error) {
	if c.ClientSecret == "" {
		return nil, fmt.Errorf("provider %s: no client secret", c.ID)
	}
	if c.Prompt == "" {
		c.Prompt = "select_account"
	}
	p, err := newIssuer(c, "Google", []string{"email", "profile", "openid"})
	if err != nil {
		return nil, err
	}
	p.includeGranted = "true"
	return p, nil
}

// NewOIDC returns the issuer at Config.Issuer.
func NewOIDC(c Config) (*Provider, error) {
	if c.Issuer == "" {
		return nil, fmt.Errorf("provider %s: no issuer", c.ID)
	}
	return newIssuer(c, c.ID, []string{"openid", "profile", "email"})
}

func newIssuer(c Config, name string, scopes []string) (*Provider, error) {
	if c.URL != "" || c.APIURL != "" {
		return nil, fmt.Errorf("provider %s: its endpoints follow from the issuer", c.ID)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &issuer{clientID: c.ClientID, client: newClient(c.HTTP)}
	for _, domain := range c.EmailDomains {
		domain = strings.ToLower(strings.TrimPrefix(domain, "@"))
		if domain == "" || strings.ContainsAny(domain, "@ ,*") {
			return nil, fmt.Errorf("provider %s: e-mail domain %q: want one as in example.org", c.ID, domain)
		}
		s.domains = append(s.domains, domain)
	}
	if c.Claim != "" {
		if s.claim, s.want, _ = strings.Cut(c.Claim, "="); s.claim == "" || s.want == "" {
			return nil, fmt.Errorf("provider %s: claim %q: want a name and a value, as in groups=staff", c.ID, c.Claim)
		}
	}
	discover := func(context.Context) (metadata, error) { return googleMetadata(), nil }
	if c.Issuer != "" {
		if err := checkURL(c.Issuer, true); err != nil {
			return nil, fmt.Errorf("provider %s: issuer %q: %w", c.ID, c.Issuer, err)
		}
		discover = func(ctx context.Context) (metadata, error) { return s.discover(ctx, c.Issuer, c.ClientSecret != "") }
	}
	s.metadata = newCached(metadataAge, discover)
	s.keys = newCached(keysAge, s.fetchKeys)
	return &Provider{
		id:       c.ID,
		name:     nonEmpty(c.Name, name),
		clientID: c.ClientID,
		secret:   c.ClientSecret,
		scopes:   union(scopes, c.Scopes),
		prompt:   c.Prompt,
		client:   s.client,
		server:   s,
	}, nil
}

func nonEmpty(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// discover asks the issuer for its endpoints.
func (s *issuer) discover(ctx context.Context, name string, secret bool) (metadata, error) {
	var m metadata
	address := strings.TrimSuffix(name, "/") + "/.well-known/openid-configuration"
	if err := s.client.get(ctx, address, "", "discovery", ErrUnavailable, &m); err != nil {
		return metadata{}, err
	}
	// The document is the same with and without a slash at the end, and people can't
	// know which it is.
	if strings.TrimSuffix(m.Issuer, "/") != strings.TrimSuffix(name, "/") {
		return metadata{}, fail(ErrUnavailable, "discovery: the issuer there goes by another name than %s", name)
	}
	// Only an issuer on this machine may send us to unprotected addresses there.
	local := checkURL(name, false) != nil
	for _, e := range []struct{ what, address string }{
		{"authorization", m.Authorize}, {"token", m.Token}, {"userinfo", m.UserInfo}, {"keys", m.Keys},
	} {
		if e.address == "" && e.what == "userinfo" {
			continue
		}
		endpoint, _, _ := strings.Cut(e.address, "?") // some have a query
		if err := checkURL(endpoint, local); err != nil {
			return metadata{}, fail(ErrUnavailable, "discovery: %s endpoint: %v", e.what, err)
		}
	}
	// None named means RS256, which all must have.
	usable := slices.DeleteFunc(slices.Clone(m.Algorithms), func(a string) bool { return !slices.Contains(algorithms(), a) })
	if len(m.Algorithms) > 0 && len(usable) == 0 {
		return metadata{}, fail(ErrUnavailable, "discovery: id_tokens are signed with none of %s", strings.Join(algorithms(), ", "))
	}
	if m.Algorithms = usable; len(usable) == 0 {
		m.Algorithms = []string{"RS256"}
	}
	// Basic is what holds if nothing is said. But it is encoded in two ways, so post
	// is the safer one where there is a choice.
	m.style = oauth2.AuthStyleInHeader
	if !secret || slices.Contains(m.AuthMethods, "client_secret_post") {
		m.style = oauth2.AuthStyleInParams
	}
	return m, nil
}

func (m metadata) isIssuer(name string) bool {
	return name == m.Issuer || m.Issuer == google && "https://"+name == google
}

func (s *issuer) endpoints(ctx context.Context) (endpoints, error) {
	m, _, err := s.metadata.get(ctx)
	if err != nil {
		return endpoints{}, err
	}
	return endpoints{m.Authorize, m.Token, m.style, m.isIssuer, m.SaysIssuer}, nil
}

func (s *issuer) profile(ctx context.Context, token *oauth2.Token, nonce string) (Profile, error) {
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return Profile{}, fail(ErrUserInfo, "no id_token in the reply")
	}
	t, c, err := s.verify(ctx, raw)
	if err != nil {
		return Profile{}, err
	}
	if subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(nonce)) != 1 {
		return Profile{}, fail(ErrNonce, "in the id_token")
	}
	if t.AccessTokenHash != "" && t.VerifyAccessToken(token.AccessToken) != nil {
		return Profile{}, fail(ErrUserInfo, "id_token and access token don't belong together")
	}
	if err := s.complete(ctx, token.AccessToken, c); err != nil {
		return Profile{}, err
	}
	return s.admit(c)
}

// profileOf reads an id_token that came without its access token.
func (s *issuer) profileOf(ctx context.Context, raw, nonce string) (Profile, error) {
	t, c, err := s.verify(ctx, raw)
	if err != nil {
		return Profile{}, err
	}
	if nonce != "" && subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(nonce)) != 1 {
		return Profile{}, fail(ErrNonce, "in the id_token")
	}
	if age := time.Since(t.IssuedAt); age > idTokenAge || age < -clockSkew {
		return Profile{}, fail(ErrUserInfo, "id_token: not of the last hour")
	}
	return s.admit(c)
}

// complete adds what the issuer says only at its userinfo endpoint. What the
// id_token says stands.
func (s *issuer) complete(ctx context.Context, bearer string, c claims) error {
	m, _, err := s.metadata.get(ctx)
	if err != nil {
		return err
	}
	_, restricted := c[s.claim]
	if m.UserInfo == "" || c.text("email") != "" && c.name() != "" && (restricted || s.claim == "") {
		return nil
	}
	more := claims{}
	if err := s.client.get(ctx, m.UserInfo, bearer, "userinfo", ErrUserInfo, &more); err != nil {
		return err
	}
	if more.text("sub") != c.text("sub") {
		return fail(ErrUserInfo, "userinfo is of somebody else")
	}
	// An address and whether it is verified are one statement.
	if c.text("email") != "" {
		delete(more, "email_verified")
	} else {
		delete(c, "email")
		delete(c, "email_verified")
	}
	for name, value := range more {
		if _, known := c[name]; !known {
			c[name] = value
		}
	}
	return nil
}

// admit makes the profile of somebody who is let in.
func (s *issuer) admit(c claims) (Profile, error) {
	f := Profile{
		AccountID:     c.text("sub"),
		Name:          c.name(),
		Email:         c.text("email"),
		EmailVerified: c.says("email_verified", "true"),
		Image:         c.text("picture"),
	}
	if s.claim != "" && !c.says(s.claim, s.want) {
		return Profile{}, fail(ErrNotAllowed, "claim %s", s.claim)
	}
	if len(s.domains) > 0 {
		_, domain, _ := strings.Cut(f.Email, "@")
		if !f.EmailVerified || !slices.Contains(s.domains, strings.ToLower(domain)) {
			return Profile{}, fail(ErrNotAllowed, "no verified address of the domains")
		}
	}
	return f, nil
}

// claims are what an issuer says of somebody.
type claims map[string]json.RawMessage

// text returns a claim that is a string; "" if it isn't.
func (c claims) text(name string) (s string) {
	if json.Unmarshal(c[name], &s) != nil {
		return ""
	}
	return s
}

// name returns what to call somebody. Everybody will see it, so an address that
// some issuers have for a user name isn't one.
func (c claims) name() string {
	user := c.text("preferred_username")
	if strings.Contains(user, "@") {
		user = ""
	}
	return nonEmpty(c.text("name"), strings.TrimSpace(c.text("given_name")+" "+c.text("family_name")), c.text("nickname"), user)
}

// says reports whether a claim is the value, or a list that holds it. Some issuers
// write true in quotes.
func (c claims) says(name, value string) bool {
	var list []json.RawMessage
	if json.Unmarshal(c[name], &list) != nil {
		list = []json.RawMessage{c[name]}
	}
	return slices.ContainsFunc(list, func(raw json.RawMessage) bool {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s == value
		}
		return string(raw) == value // true, or a number
	})
}

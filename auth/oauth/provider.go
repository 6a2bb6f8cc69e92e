package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/oauth2"
)

// What goes wrong, to be told apart with errors.Is.
var (
	// ErrRequest: the Request can't be made of what the caller got.
	ErrRequest = errors.New("bad authorization request")
	// ErrCode: the provider's token endpoint refuses the code, the verifier or the
	// client.
	ErrCode = errors.New("code refused")
	// ErrUserInfo: there is no profile, or it can't be believed.
	ErrUserInfo = errors.New("no trustworthy profile")
	// ErrIssuer: the callback or the id_token comes from somebody else.
	ErrIssuer = errors.New("wrong issuer")
	// ErrNonce: the id_token was made for another sign-in.
	ErrNonce = errors.New("wrong nonce")
	// ErrNotAllowed: the person is who they say, and not among those let in.
	ErrNotAllowed = errors.New("not let in")
	// ErrNoIDToken: the provider makes no id_tokens.
	ErrNoIDToken = errors.New("provider has no id_tokens")
	// ErrUnavailable: the provider can't be reached or doesn't work; it may later.
	ErrUnavailable = errors.New("provider unavailable")
)

// fail returns an error of a kind with the reason, which must hold nothing that is
// secret or that was read from a reply.
func fail(kind error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", kind, fmt.Sprintf(format, args...))
}

// A Provider is where people have an account that they can sign in with.
type Provider struct {
	id, name         string
	clientID, secret string
	scopes           []string
	prompt           string
	includeGranted   string // Google's own parameter; "" elsewhere
	client           *client
	server           server
}

// server is what differs between the kinds of providers.
type server interface {
	endpoints(context.Context) (endpoints, error)
	// profile reads who the bearer of the token is. nonce is what the id_token must
	// hold.
	profile(ctx context.Context, token *oauth2.Token, nonce string) (Profile, error)
}

type endpoints struct {
	authorize, token string
	// style is how the token endpoint wants the client's secret. Were it left to be
	// found out, a code would be sent twice and so be lost.
	style oauth2.AuthStyle
	// isIssuer reports whether that name is this provider's.
	isIssuer func(string) bool
	// saysIssuer: callbacks always name it.
	saysIssuer bool
}

// ID returns Config.ID.
func (p *Provider) ID() string { return p.id }

// Name returns what people call the provider.
func (p *Provider) Name() string { return p.name }

// A Request is the way there.
type Request struct {
	State       string // comes back in the callback
	Verifier    string // of PKCE: 43 to 128 characters of A-Za-z0-9-._~
	Nonce       string // comes back in the id_token; required for issuers, ignored by others
	RedirectURI string // the callback; registered with the provider
	LoginHint   string // whom the page proposes to be; may be empty
	Scopes      []string
}

var verifierSyntax = regexp.MustCompile(`^[A-Za-z0-9\-._~]{43,128}$`)

func (r Request) check(nonce bool) error {
	switch {
	case r.State == "" || r.RedirectURI == "" || nonce && r.Nonce == "":
		return fail(ErrRequest, "no state, callback or nonce")
	case !verifierSyntax.MatchString(r.Verifier):
		return fail(ErrRequest, "no PKCE verifier of 43 to 128 characters")
	case len(r.LoginHint) > maxLoginHint:
		return fail(ErrRequest, "login hint over %d bytes", maxLoginHint)
	case len(r.Scopes) > maxScopes || slices.ContainsFunc(r.Scopes, func(s string) bool { return !scopeToken(s) }):
		return fail(ErrRequest, "over %d scopes, or one that is no word", maxScopes)
	}
	return nil
}

// AuthURL returns where to send the browser. It asks for S256 PKCE and, from
// issuers, for the nonce. It fails with ErrRequest, or with ErrUnavailable if the
// issuer's endpoints are not yet known and can't be had.
func (p *Provider) AuthURL(ctx context.Context, r Request) (string, error) {
	if err := r.check(p.CanVerifyIDToken()); err != nil {
		return "", fmt.Errorf("send to %s: %w", p.id, err)
	}
	ends, err := p.server.endpoints(ctx)
	if err != nil {
		return "", fmt.Errorf("send to %s: %w", p.id, err)
	}
	// In the order of the client's protocol, which helps whoever compares.
	var q strings.Builder
	add := func(name, value string) {
		if value == "" {
			return
		}
		if q.Len() > 0 {
			q.WriteByte('&')
		}
		q.WriteString(name + "=" + url.QueryEscape(value))
	}
	add("response_type", "code")
	add("client_id", p.clientID)
	add("state", r.State)
	add("scope", strings.Join(union(p.scopes, r.Scopes), " "))
	add("redirect_uri", r.RedirectURI)
	add("login_hint", r.LoginHint)
	add("prompt", p.prompt)
	add("code_challenge_method", "S256")
	add("code_challenge", oauth2.S256ChallengeFromVerifier(r.Verifier))
	add("include_granted_scopes", p.includeGranted)
	if p.CanVerifyIDToken() {
		add("nonce", r.Nonce)
	}
	if strings.Contains(ends.authorize, "?") {
		return ends.authorize + "&" + q.String(), nil
	}
	return ends.authorize + "?" + q.String(), nil
}

// A Response is what came back in the callback, and what was sent in the Request.
type Response struct {
	Code        string
	Verifier    string
	Nonce       string
	RedirectURI string
	Issuer      string // the callback's parameter iss, "" if it has none
}

// Profile is who somebody is at a provider. Its strings are the provider's: they
// are bounded, but not clean.
type Profile struct {
	// AccountID tells people apart at this provider, and never changes. At most 255
	// bytes.
	AccountID string
	Name      string // at most 256 code points, "" if there is none
	// Email is "" if the provider gives none. It isn't a key: two accounts may have
	// the same one.
	Email string
	// EmailVerified: the provider says that it has seen mail arrive at Email.
	EmailVerified bool
	Image         string   // an address, at most 2048 bytes, "" if there is none
	Scopes        []string // granted, each once; empty if the provider doesn't say
}

// bounded cuts what is too long, and refuses a profile of nobody.
func (f Profile) bounded() (Profile, error) {
	if f.AccountID == "" || len(f.AccountID) > maxAccountID {
		return Profile{}, fail(ErrUserInfo, "no account in it, or one over %d bytes", maxAccountID)
	}
	if utf8.RuneCountInString(f.Name) > maxName {
		f.Name = string([]rune(f.Name)[:maxName])
	}
	if len(f.Email) > maxEmail {
		f.Email = ""
	}
	if f.Email == "" {
		f.EmailVerified = false
	}
	if len(f.Image) > maxImage {
		f.Image = ""
	}
	return f, nil
}

// Exchange trades the code for the profile of the one who signed in. It ends
// within 20 s. The code is used up, whatever comes of it.
//
// Errors are ErrCode, ErrUserInfo, ErrIssuer, ErrNonce, ErrNotAllowed and
// ErrUnavailable.
func (p *Provider) Exchange(ctx context.Context, r Response) (Profile, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	f, err := p.exchange(ctx, r)
	if err != nil {
		return Profile{}, fmt.Errorf("sign in with %s: %w", p.id, err)
	}
	return f, nil
}

func (p *Provider) exchange(ctx context.Context, r Response) (Profile, error) {
	ends, err := p.server.endpoints(ctx)
	if err != nil {
		return Profile{}, err
	}
	if r.Issuer != "" && !ends.isIssuer(r.Issuer) || r.Issuer == "" && ends.saysIssuer {
		return Profile{}, fail(ErrIssuer, "in the callback")
	}
	if r.Code == "" || r.Verifier == "" {
		return Profile{}, fail(ErrCode, "no code, or no verifier")
	}
	if p.CanVerifyIDToken() && r.Nonce == "" {
		return Profile{}, fail(ErrNonce, "none was sent")
	}
	conf := oauth2.Config{
		ClientID:     p.clientID,
		ClientSecret: p.secret,
		RedirectURL:  r.RedirectURI,
		Endpoint:     oauth2.Endpoint{TokenURL: ends.token, AuthStyle: ends.style},
	}
	token, err := conf.Exchange(p.client.context(ctx), r.Code, oauth2.VerifierOption(r.Verifier))
	if err != nil {
		return Profile{}, tokenError(err)
	}
	f, err := p.server.profile(ctx, token, r.Nonce)
	if err != nil {
		return Profile{}, err
	}
	f.Scopes = grantedScopes(token)
	return f.bounded()
}

// VerifyIDToken returns whose id_token it is that a page got from the provider by
// itself. It must be meant for our client and at most an hour old. nonce is what
// the page says that it asked for; "" if it says nothing.
//
// Errors are those of Exchange, without ErrCode, and ErrNoIDToken.
func (p *Provider) VerifyIDToken(ctx context.Context, token, nonce string) (Profile, error) {
	s, ok := p.server.(*issuer)
	if !ok {
		return Profile{}, fmt.Errorf("sign in with %s: %w", p.id, ErrNoIDToken)
	}
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	f, err := s.profileOf(ctx, token, nonce)
	if err == nil {
		f, err = f.bounded()
	}
	if err != nil {
		return Profile{}, fmt.Errorf("sign in with %s: %w", p.id, err)
	}
	return f, nil
}

// CanVerifyIDToken reports whether VerifyIDToken can succeed.
func (p *Provider) CanVerifyIDToken() bool {
	_, ok := p.server.(*issuer)
	return ok
}

// knownErrors are the codes of RFC 6749 and GitHub's. Only these are repeated:
// anything else in a reply may be what was sent.
var knownErrors = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"bad_verification_code", "incorrect_client_credentials", "redirect_uri_mismatch", "unverified_user_email",
	"server_error", "temporarily_unavailable",
}

// tokenError says why there is no token.
func tokenError(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		var broken *url.Error
		if errors.As(err, &broken) {
			return fail(ErrUnavailable, "token endpoint: %s", reason(err))
		}
		return fail(ErrCode, "token endpoint: no token in the reply")
	}
	status, code := refused.Response.StatusCode, refused.ErrorCode
	if code != "" && !slices.Contains(knownErrors, code) {
		code = "an error of its own"
	}
	switch {
	case code == "server_error" || code == "temporarily_unavailable", status >= 500, status == 429, status >= 300 && status < 400:
		return fail(ErrUnavailable, "token endpoint: %d %s", status, code)
	}
	return fail(ErrCode, "token endpoint: %d %s", status, code)
}

// grantedScopes reads what the reply says, separated by spaces as RFC 6749 has it,
// or by commas as GitHub has it.
func grantedScopes(token *oauth2.Token) []string {
	s, _ := token.Extra("scope").(string)
	list := union(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' }))
	list = slices.DeleteFunc(list, func(s string) bool { return !scopeToken(s) })
	return list[:min(len(list), 4*maxScopes)]
}

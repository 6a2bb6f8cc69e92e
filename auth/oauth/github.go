package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// github is a GitHub, the public one or an Enterprise server.
type github struct {
	url, api string
	client   *client
}

// NewGitHub returns GitHub.
func NewGitHub(c Config) (*Provider, error) {
	if err := c.checkPlain(); err != nil {
		return nil, err
	}
	if c.ClientSecret == "" {
		return nil, fmt.Errorf("provider %s: no client secret", c.ID)
	}
	s := &github{client: newClient(c.HTTP)}
	var err error
	if s.url, err = c.base("URL", c.URL, "https://github.com"); err != nil {
		return nil, err
	}
	usual := "https://api.github.com"
	if c.URL != "" {
		usual = s.url + "/api/v3"
	}
	if s.api, err = c.base("API URL", c.APIURL, usual); err != nil {
		return nil, err
	}
	return plain(c, "GitHub", []string{"read:user", "user:email"}, s.client, s), nil
}

// plain returns a provider without id_tokens.
func plain(c Config, name string, scopes []string, client *client, s server) *Provider {
	return &Provider{
		id:       c.ID,
		name:     nonEmpty(c.Name, name),
		clientID: c.ClientID,
		secret:   c.ClientSecret,
		scopes:   union(scopes, c.Scopes),
		prompt:   c.Prompt,
		client:   client,
		server:   s,
	}
}

func (s *github) endpoints(context.Context) (endpoints, error) {
	return endpoints{
		authorize: s.url + "/login/oauth/authorize",
		token:     s.url + "/login/oauth/access_token",
		style:     oauth2.AuthStyleInParams,
		isIssuer:  sameOrigin(s.url, s.api),
	}, nil
}

// sameOrigin takes for the issuer, which these providers have not published, any
// name below one of their addresses.
func sameOrigin(addresses ...string) func(string) bool {
	return func(name string) bool {
		u, err := url.Parse(name)
		for _, a := range addresses {
			if own, ownErr := url.Parse(a); err == nil && ownErr == nil && u.Scheme == own.Scheme && strings.EqualFold(u.Host, own.Host) {
				return true
			}
		}
		return false
	}
}

func (s *github) profile(ctx context.Context, token *oauth2.Token, _ string) (Profile, error) {
	var user struct {
		ID     int64  `json:"id"`
		Login  string `json:"login"`
		Name   string `json:"name"`
		Email  string `json:"email"`
		Avatar string `json:"avatar_url"`
	}
	if err := s.client.get(ctx, s.api+"/user", token.AccessToken, "user", ErrUserInfo, &user); err != nil {
		return Profile{}, err
	}
	if user.ID <= 0 {
		return Profile{}, fail(ErrUserInfo, "user: no id")
	}
	var emails []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	err := s.client.get(ctx, s.api+"/user/emails?per_page=100", token.AccessToken, "user's e-mails", ErrUserInfo, &emails)
	// Without the permission, which people can deny, there is no list, and so nothing
	// that is verified.
	if refused := (*statusError)(nil); err != nil && !errors.As(err, &refused) {
		return Profile{}, err
	}
	f := Profile{
		AccountID: strconv.FormatInt(user.ID, 10),
		Name:      nonEmpty(user.Name, user.Login),
		Email:     user.Email,
		Image:     user.Avatar,
	}
	for _, e := range emails {
		if f.Email == "" && e.Primary {
			f.Email = e.Email
		}
	}
	for _, e := range emails {
		if e.Email == f.Email && e.Verified {
			f.EmailVerified = true
		}
	}
	return f, nil
}

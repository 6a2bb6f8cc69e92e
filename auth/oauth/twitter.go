package oauth

import (
	"context"
	"errors"

	"golang.org/x/oauth2"
)

// twitter is X.
type twitter struct {
	url, api string
	style    oauth2.AuthStyle
	client   *client
}

// NewTwitter returns X. Without a ClientSecret it is a public client, whom PKCE
// alone protects.
//
// It isn't asked for offline.access: nothing is done in people's names later.
func NewTwitter(c Config) (*Provider, error) {
	if err := c.checkPlain(); err != nil {
		return nil, err
	}
	s := &twitter{client: newClient(c.HTTP), style: oauth2.AuthStyleInHeader}
	if c.ClientSecret == "" {
		s.style = oauth2.AuthStyleInParams
	}
	var err error
	if s.url, err = c.base("URL", c.URL, "https://x.com"); err != nil {
		return nil, err
	}
	usual := "https://api.x.com"
	if c.URL != "" {
		usual = s.url
	}
	if s.api, err = c.base("API URL", c.APIURL, usual); err != nil {
		return nil, err
	}
	return plain(c, "X", []string{"users.read", "tweet.read", "users.email"}, s.client, s), nil
}

func (s *twitter) endpoints(context.Context) (endpoints, error) {
	return endpoints{
		authorize: s.url + "/i/oauth2/authorize",
		token:     s.api + "/2/oauth2/token",
		style:     s.style,
		isIssuer:  sameOrigin(s.url, s.api),
	}, nil
}

func (s *twitter) profile(ctx context.Context, token *oauth2.Token, _ string) (Profile, error) {
	var me struct {
		Data struct {
			ID       string `json:"id"`
			Name     string `json:"name"`
			Username string `json:"username"`
			Email    string `json:"confirmed_email"`
			Image    string `json:"profile_image_url"`
		} `json:"data"`
	}
	get := func(fields string) error {
		return s.client.get(ctx, s.api+"/2/users/me?user.fields="+fields, token.AccessToken, "user", ErrUserInfo, &me)
	}
	err := get("profile_image_url,confirmed_email")
	// An app that wasn't given leave to ask for addresses is refused altogether.
	if refused := (*statusError)(nil); errors.As(err, &refused) && refused.status != 401 {
		err = get("profile_image_url")
	}
	if err != nil {
		return Profile{}, err
	}
	return Profile{
		AccountID:     me.Data.ID,
		Name:          nonEmpty(me.Data.Name, me.Data.Username),
		Email:         me.Data.Email,
		EmailVerified: me.Data.Email != "", // unconfirmed ones aren't given
		Image:         me.Data.Image,
	}, nil
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"snug/auth"
	"snug/auth/oauth"
	"snug/chat"
	"snug/cmd/snug/internal/config"
	"snug/db"
	"snug/fetch"
	"snug/language"
	"snug/mail"
	"snug/place"
	"snug/web"
)

// accountsConfig says how a server's accounts are run, as far as that goes without
// the rest of the server.
func accountsConfig(cfg config.Config, tables *db.DB, secret []byte, log *slog.Logger) auth.Config {
	c := auth.Config{
		DB: tables, Secret: secret, Logger: log.With("part", "auth"),
		BaseURL: cfg.BaseURL, InsecureHTTP: cfg.InsecureHTTP,
		Origins:  auth.Origins{Base: cfg.BaseURL, Trusted: cfg.TrustedOrigins},
		AuthRate: auth.Rate{Limit: cfg.AuthRate.Count, Window: cfg.AuthRate.Per},
		SignUp:   signUpOf(cfg.SignUp), RequireVerified: cfg.RequireVerified,
		NoPasswords: !cfg.Passwords, MagicLinks: cfg.MagicLinks, Guests: cfg.Guests,
		NoteInvite: noteInvite(chat.NewRooms(tables, time.Now)),
	}
	for _, old := range cfg.OldSecrets {
		c.OldSecrets = append(c.OldSecrets, []byte(old))
	}
	return c
}

// openAccounts makes what signs people in, with all that it stands on. page is the
// client for the address that providers send people back to.
func (s *Server) openAccounts(secret []byte, clientIP func(*http.Request) string, page http.Handler) (_ *auth.Service, err error) {
	c := accountsConfig(s.cfg, s.tables, secret, s.log)
	c.ClientIP = clientIP
	c.Active = s.chat.Active
	c.Rooms = inviteRooms{s.chat}
	c.BringIn = func(ctx context.Context, who auth.Identity, rooms []string) error {
		return s.chat.BringIn(ctx, actorOf(who), rooms)
	}
	c.ServerName = s.name
	c.Language = func(ctx context.Context, userID string) (language.Code, error) {
		o := s.observer.Load()
		if o == nil { // nobody is served yet
			return "", nil
		}
		return o.attention.Language(ctx, chat.UserID(userID))
	}
	c.OnSessionEnd = s.endSockets
	c.OnUserChange = func(id auth.Identity) {
		u := chat.User{ID: chat.UserID(id.UserID), Name: id.Name, Image: id.Image}
		if err := s.chat.UpdateUser(context.Background(), u, chat.Role(id.Role)); err != nil {
			s.log.Error("tell the rooms of a new name", "user", id.UserID, "err", err)
		}
	}
	c.OnUserDelete = func(ctx context.Context, userIDs []string) error {
		ids := make([]chat.UserID, len(userIDs))
		for i, id := range userIDs {
			ids[i] = chat.UserID(id)
		}
		if s.files != nil {
			if err := s.files.RemoveOf(ctx, userIDs); err != nil {
				return err
			}
		}
		if err := s.chat.ForgetUsers(ctx, ids...); err != nil {
			return err
		}
		if f := s.index.Load(); f != nil {
			if err := f.ForgetUsers(ctx, ids); err != nil {
				return err
			}
		}
		if o := s.observer.Load(); o != nil {
			return o.attention.ForgetUsers(ctx, ids)
		}
		return nil
	}
	if s.cfg.OAuthCallback == "page" {
		c.CallbackPage = web.Page(page)
	}
	fetcher := fetch.New(fetch.Options{})
	c.Fetch = func(ctx context.Context, url string) ([]byte, error) {
		found, err := fetcher.Get(ctx, url, fetch.GetOptions{MaxBytes: maxRemotePicture})
		return found.Body, err
	}
	if c.Providers, err = providersOf(s.cfg); err != nil {
		return nil, err
	}
	if c.Place, err = s.openPlaces(); err != nil {
		return nil, err
	}
	if s.cfg.SMTP.Host != "" {
		if err := s.openMail(); err != nil {
			return nil, err
		}
		c.Mail = func(m auth.Mail) error { return s.mail(mail.Message(m)) }
	}
	accounts, err := auth.New(c)
	if err != nil {
		return nil, fmt.Errorf("start accounts: %w", err)
	}
	s.later(accounts.Close)
	return accounts, nil
}

// endSockets closes the sockets of sessions that have ended.
func (s *Server) endSockets(end auth.SessionEnd) {
	switch {
	case end.Banned:
		s.chat.BanUser(chat.UserID(end.UserID))
	case end.All:
		s.chat.EndUser(chat.UserID(end.UserID))
	case end.Replaced:
		s.chat.ReplaceSession(end.SessionKey)
	default:
		s.chat.EndSession(end.SessionKey)
	}
}

// checkRooms warns of rooms that newcomers are sent to and that aren't there.
func (s *Server) checkRooms(ctx context.Context) error {
	for _, issuer := range s.cfg.OIDC {
		for _, room := range issuer.Rooms {
			there, err := s.chat.HasRoom(ctx, room)
			if err != nil {
				return fmt.Errorf("check the rooms of the issuer %s: %w", issuer.ID, err)
			}
			if !there {
				s.log.Warn("a room that newcomers are sent to isn't there", "room", room, "setting", "oidc."+issuer.ID+".rooms")
			}
		}
	}
	return nil
}

// maxRemotePicture bytes are fetched for a provider's picture of a person.
const maxRemotePicture = 1 << 20

// openMail starts what sends mails.
func (s *Server) openMail() error {
	sender, err := mail.New(mailConfig(s.cfg.SMTP, s.log))
	if err != nil {
		return fmt.Errorf("start mail: %w", err)
	}
	s.mail = sender.Send
	s.later(func() error {
		ctx, cancel := s.grace(mailTime)
		defer cancel()
		if err := sender.Close(ctx); err != nil {
			s.log.Warn("stopped before all mails were sent", "err", err)
		}
		return nil
	})
	return nil
}

func (s *Server) openPlaces() (func(address string) string, error) {
	var places *place.Places
	if path := s.cfg.PlaceDatabase; path != "" {
		var err error
		if places, err = place.Open(path); err != nil {
			return nil, fmt.Errorf("setting place-database: %w", err)
		}
		s.later(places.Close)
	}
	return func(address string) string {
		addr, err := netip.ParseAddr(address)
		if err != nil {
			return ""
		}
		return places.Of(addr)
	}, nil
}

// providersOf makes the providers that are set up, in the order of their buttons.
func providersOf(cfg config.Config) ([]auth.Provider, error) {
	var list []auth.Provider
	add := func(rooms []string, p *oauth.Provider, err error) error {
		if err == nil {
			list = append(list, auth.Provider{Provider: p, Rooms: rooms})
		}
		return err
	}
	if g := cfg.Google; g.ID != "" {
		p, err := oauth.NewGoogle(oauth.Config{ID: "google", Name: "Google", ClientID: g.ID, ClientSecret: g.Secret, Issuer: g.Issuer, EmailDomains: g.EmailDomains})
		if err := add(nil, p, err); err != nil {
			return nil, fmt.Errorf("set up Google: %w", err)
		}
	}
	if g := cfg.GitHub; g.ID != "" {
		p, err := oauth.NewGitHub(oauth.Config{ID: "github", Name: "GitHub", ClientID: g.ID, ClientSecret: g.Secret, URL: g.URL, APIURL: g.APIURL})
		if err := add(nil, p, err); err != nil {
			return nil, fmt.Errorf("set up GitHub: %w", err)
		}
	}
	if x := cfg.Twitter; x.ID != "" {
		p, err := oauth.NewTwitter(oauth.Config{ID: "twitter", Name: "X", ClientID: x.ID, ClientSecret: x.Secret, URL: x.URL, APIURL: x.APIURL})
		if err := add(nil, p, err); err != nil {
			return nil, fmt.Errorf("set up X: %w", err)
		}
	}
	for _, o := range cfg.OIDC {
		p, err := oauth.NewOIDC(oauth.Config{ID: o.ID, Name: o.Name, ClientID: o.ClientID, ClientSecret: o.ClientSecret,
			Issuer: o.Issuer, Scopes: o.Scopes, EmailDomains: o.EmailDomains, Claim: o.Claim})
		if err := add(o.Rooms, p, err); err != nil {
			return nil, fmt.Errorf("set up the issuer %s: %w", o.ID, err)
		}
	}
	return list, nil
}

func signUpOf(c config.SignUp) auth.SignUp {
	mode := auth.SignUpMode(c.Mode)
	if c.Mode == "open" {
		mode = auth.SignUpOpen
	}
	return auth.SignUp{Mode: mode, Domains: c.Domains}
}

func mailConfig(c config.SMTP, log *slog.Logger) mail.Config {
	return mail.Config{Host: c.Host, Port: c.Port, User: c.User, Password: c.Password, TLS: mail.Mode(c.TLS), From: c.From, Logger: log.With("part", "mail")}
}

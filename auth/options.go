package auth

import (
	"database/sql"
	"fmt"
)

// optionsJSON is which ways in this server offers, and to whom.
type optionsJSON struct {
	SignUp          SignUpMode     `json:"signUp" openapi:"enum=open|invite|domain|closed"`
	Domains         []string       `json:"domains"`      // of the addresses that may sign up, with signUp "domain"
	FirstAccount    bool           `json:"firstAccount"` // nobody has an account yet
	Passwords       bool           `json:"passwords"`
	MagicLinks      bool           `json:"magicLinks"`
	Passkeys        bool           `json:"passkeys"`
	Guests          bool           `json:"guests"`
	RequireVerified bool           `json:"requireVerified"` // addresses are confirmed before anyone is let in by password
	Mail            bool           `json:"mail"`            // the server sends mail; otherwise links are in its log
	Providers       []providerJSON `json:"providers"`
	Invite          *openedJSON    `json:"invite"` // the invitation that this browser holds
}

// providerJSON is where one can sign in with an account elsewhere.
type providerJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// options tells a page what to offer to somebody who isn't signed in.
func (s *Service) options(c *call) error {
	o := optionsJSON{
		SignUp: s.cfg.SignUp.Mode, Domains: s.cfg.SignUp.Domains, Passwords: !s.cfg.NoPasswords,
		MagicLinks: s.cfg.MagicLinks && s.cfg.Mail != nil, Guests: s.cfg.Guests,
		RequireVerified: s.cfg.RequireVerified, Mail: s.cfg.Mail != nil, Providers: []providerJSON{},
	}
	_, err := s.passkeyHost(c.r)
	o.Passkeys = err == nil
	if o.SignUp == SignUpOpen {
		o.SignUp = "open"
	}
	if o.Domains == nil {
		o.Domains = []string{}
	}
	for _, p := range s.cfg.Providers {
		o.Providers = append(o.Providers, providerJSON{p.ID(), p.Name()})
	}
	ctx := c.r.Context()
	var held *invitation
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select not exists (select 1 from users where anonymous = 0)`
		if err := tx.QueryRowContext(ctx, query).Scan(&o.FirstAccount); err != nil {
			return err
		}
		held, err = s.heldInvite(ctx, tx, c.r, nil, s.now())
		return err
	})
	if err == nil && held != nil {
		o.Invite, err = s.opened(ctx, held)
	}
	if err != nil {
		return fmt.Errorf("read options: %w", err)
	}
	return c.reply(o)
}

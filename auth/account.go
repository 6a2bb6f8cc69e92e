package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"snug/db"
)

// baseOf is the origin that links lead to: the configured one, or else the one that
// the request was sent to.
func (s *Service) baseOf(r *http.Request) string {
	if s.base != "" {
		return s.base
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// fresh reports whether a session began so lately that nobody else is likely to
// sit in front of it.
func (s *Service) fresh(l *login) bool { return s.now().Sub(l.session.created) < freshAge }

// accountReply is how an account stands.
type accountReply struct {
	User        wholeUser `json:"user"`
	HasPassword bool      `json:"hasPassword"`
	Fresh       bool      `json:"fresh"` // the session is of today: deleting and the like need no password
}

// wholeUser is a user with what userJSON leaves out where it says no.
type wholeUser struct {
	userJSON
	Role      Role `json:"role"`
	Anonymous bool `json:"isAnonymous"`
	TwoFactor bool `json:"twoFactorEnabled"`
}

// account tells the signed-in user how their account stands.
func (s *Service) account(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	var hasPassword bool
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		const query = `select exists (select 1 from accounts where user_id = ? and provider_id = ? and password is not null)`
		return tx.QueryRowContext(ctx, query, l.user.id, credential).Scan(&hasPassword)
	})
	if err != nil {
		return fmt.Errorf("read account: %w", err)
	}
	return c.reply(accountReply{wholeUser{l.user.json(), l.user.role, l.user.anonymous, l.user.twoFactor}, hasPassword, s.fresh(l)})
}

// An Export is all that is kept about a person here, in the form in which they get
// it.
type Export struct {
	ID            string            `json:"id"`
	Name          string            `json:"name"`
	Email         string            `json:"email"`
	EmailVerified bool              `json:"emailVerified"`
	Image         string            `json:"image,omitempty"`
	Role          Role              `json:"role"`
	CreatedAt     time.Time         `json:"createdAt"`
	Accounts      []ExportedAccount `json:"accounts"`
	Sessions      []ExportedSession `json:"sessions"`
	Passkeys      []ExportedNamed   `json:"passkeys"`
	Tokens        []ExportedNamed   `json:"apiTokens"`
}

// ExportedAccount is a way to sign in.
type ExportedAccount struct {
	Provider  string    `json:"provider"`
	AccountID string    `json:"accountId"`
	CreatedAt time.Time `json:"createdAt"`
}

// ExportedSession is a place where somebody is signed in.
type ExportedSession struct {
	IPAddress string    `json:"ipAddress"`
	UserAgent string    `json:"userAgent"`
	CreatedAt time.Time `json:"createdAt"`
	SeenAt    time.Time `json:"seenAt"`
}

// ExportedNamed is something with a name that opens the account.
type ExportedNamed struct {
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"createdAt"`
}

// Export gathers what is kept about a user, but for secrets.
func (s *Service) Export(ctx context.Context, userID string) (Export, error) {
	e := Export{Accounts: []ExportedAccount{}, Sessions: []ExportedSession{}, Passkeys: []ExportedNamed{}, Tokens: []ExportedNamed{}}
	err := s.db.Read(ctx, func(tx *sql.Tx) error {
		u, err := selectUser(ctx, tx, `u.id = ?`, userID)
		if err != nil {
			return err
		}
		if u == nil {
			return errUnauthorized
		}
		e.ID, e.Name, e.Email, e.EmailVerified, e.Role, e.CreatedAt = u.id, u.name, u.email, u.emailVerified, u.role, u.created
		if u.image != nil {
			e.Image = *u.image
		}
		return errors.Join(
			db.Each(ctx, tx, `select provider_id, account_id, created_at from accounts where user_id = ? order by created_at`, []any{userID},
				func(scan func(...any) error) error {
					var a ExportedAccount
					var created int64
					err := scan(&a.Provider, &a.AccountID, &created)
					a.CreatedAt = fromMillis(created)
					e.Accounts = append(e.Accounts, a)
					return err
				}),
			db.Each(ctx, tx, `select ip_address, user_agent, created_at, seen_at from sessions where user_id = ? order by created_at`, []any{userID},
				func(scan func(...any) error) error {
					var x ExportedSession
					var created, seen int64
					err := scan(&x.IPAddress, &x.UserAgent, &created, &seen)
					x.CreatedAt, x.SeenAt = fromMillis(created), fromMillis(seen)
					e.Sessions = append(e.Sessions, x)
					return err
				}),
			eachNamed(ctx, tx, "passkeys", userID, &e.Passkeys),
			eachNamed(ctx, tx, "api_tokens", userID, &e.Tokens))
	})
	if err != nil {
		return Export{}, fmt.Errorf("export account: %w", err)
	}
	return e, nil
}

func eachNamed(ctx context.Context, tx *sql.Tx, table, userID string, to *[]ExportedNamed) error {
	return db.Each(ctx, tx, `select name, created_at from `+table+` where user_id = ? order by created_at`, []any{userID}, func(scan func(...any) error) error {
		var n ExportedNamed
		var created int64
		err := scan(&n.Name, &created)
		n.CreatedAt = fromMillis(created)
		*to = append(*to, n)
		return err
	})
}

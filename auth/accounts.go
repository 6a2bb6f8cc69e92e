package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"snug/db"
)

var (
	errNotFresh       = &refusal{status: 403, code: "SESSION_IS_NOT_FRESH", message: "Session is not fresh"}
	errLastAccount    = &refusal{status: 400, code: "YOU_CANT_UNLINK_YOUR_LAST_ACCOUNT", message: "You can't unlink your last account"}
	errUnknownAccount = &refusal{status: 400, code: "ACCOUNT_NOT_FOUND", message: "Account not found"}
)

// linkedAccount is a row of accounts: one way to sign in.
type linkedAccount struct {
	ID         string   `json:"id"`
	ProviderID string   `json:"providerId"`
	UserID     string   `json:"userId"` // as in better-auth 1.7
	CreatedAt  stamp    `json:"createdAt"`
	UpdatedAt  stamp    `json:"updatedAt"`
	AccountID  string   `json:"accountId"`
	Scopes     []string `json:"scopes"`
}

func selectAccounts(ctx context.Context, tx *sql.Tx, userID string) ([]linkedAccount, error) {
	list := []linkedAccount{}
	const query = `select id, provider_id, account_id, scope, created_at, updated_at from accounts where user_id = ? order by created_at, id`
	err := db.Each(ctx, tx, query, []any{userID}, func(scan func(...any) error) error {
		a := linkedAccount{UserID: userID, Scopes: []string{}}
		var scope string
		var created, updated int64
		if err := scan(&a.ID, &a.ProviderID, &a.AccountID, &scope, &created, &updated); err != nil {
			return err
		}
		if scope != "" {
			a.Scopes = strings.Split(scope, ",")
		}
		a.CreatedAt, a.UpdatedAt = stamp(fromMillis(created)), stamp(fromMillis(updated))
		list = append(list, a)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("select accounts: %w", err)
	}
	return list, nil
}

func (s *Service) listAccounts(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	var list []linkedAccount
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		list, err = selectAccounts(ctx, tx, l.user.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("list accounts: %w", err)
	}
	return c.reply(list)
}

// unlinkAccount takes one way to sign in away, but not the last that works. Clients
// of different ages name it by its provider, by the id that it has there, or by
// the row's.
func (s *Service) unlinkAccount(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	if !s.fresh(l) {
		return errNotFresh
	}
	provider, byProvider, err := c.body.text("providerId")
	if err != nil {
		return err
	}
	id, byID, err := c.body.text("accountId")
	if err != nil {
		return err
	}
	if !byProvider && !byID {
		return errValidation
	}
	var gone linkedAccount
	ctx := c.r.Context()
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := stillIn(ctx, tx, l); err != nil {
			return err
		}
		list, err := selectAccounts(ctx, tx, l.user.id)
		if err != nil {
			return err
		}
		var passkeys int
		if err := tx.QueryRowContext(ctx, `select count(*) from passkeys where user_id = ?`, l.user.id).Scan(&passkeys); err != nil {
			return fmt.Errorf("count passkeys: %w", err)
		}
		if len(list)+passkeys <= 1 {
			return errLastAccount
		}
		var ok bool
		if gone, ok = pick(list, provider, byProvider, id, byID); !ok {
			return errUnknownAccount
		}
		left := passkeys
		for _, a := range list {
			if a.ID != gone.ID && s.opens(a.ProviderID) {
				left++
			}
		}
		if left == 0 {
			return errLastAccount
		}
		_, err = tx.ExecContext(ctx, `delete from accounts where id = ?`, gone.ID)
		return err
	})
	var refused *refusal
	if errors.As(err, &refused) {
		return refused
	}
	if err != nil {
		return fmt.Errorf("unlink account: %w", err)
	}
	s.log.Info("account unlinked", "user", l.user.id, "provider", gone.ProviderID, "session", l.session.hash.short())
	return c.reply(statusJSON{true})
}

// opens reports whether one can sign in that way as the server is set up.
func (s *Service) opens(provider string) bool {
	if provider == credential {
		return !s.cfg.NoPasswords
	}
	_, known := s.provider(provider)
	return known
}

// pick finds the account that is meant. An id that two providers gave means none.
func pick(list []linkedAccount, provider string, byProvider bool, id string, byID bool) (linkedAccount, bool) {
	var found []linkedAccount
	for _, a := range list {
		if byProvider && a.ProviderID != provider {
			continue
		}
		if byID && a.ID == id {
			return a, true
		}
		if !byID || a.AccountID == id {
			found = append(found, a)
		}
	}
	if len(found) == 0 || byID && len(found) > 1 {
		return linkedAccount{}, false
	}
	return found[0], true
}

package auth

import (
	"context"
	"fmt"
)

// ownPassword checks the password of the signed-in user, and returns it as it is
// stored. A wrong one is errPassword. It counts as a try to sign in: whoever sits at
// somebody else's open session guesses no faster than others.
func (s *Service) ownPassword(ctx context.Context, l *login, given string) (password, error) {
	stored, err := s.passwordOf(ctx, `u.id = ?`, l.user.id)
	if err != nil {
		return password{}, fmt.Errorf("check password: %w", err)
	}
	if stored.hash == "" {
		return password{}, errNoPassword
	}
	account := hashToken(stored.user.email).String()
	if wait := s.accounts.allow(account, s.now()); wait > 0 {
		return password{}, errTooMany(wait)
	}
	right, _, err := s.hasher.verify(ctx, given, stored.hash)
	if err != nil {
		return password{}, fmt.Errorf("check password: %w", err)
	}
	if !right {
		s.log.Info("password refused", "user", l.user.id)
		return password{}, errPassword
	}
	s.accounts.forget(account)
	return stored, nil
}

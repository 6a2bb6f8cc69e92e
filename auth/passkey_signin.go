package auth

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// authenticateOptions begins a sign-in with a passkey. Which ones an address has
// is nobody's business: the authenticator offers what it knows of this server. To
// somebody who is signed in it offers theirs.
func (s *Service) authenticateOptions(c *call) error {
	party, err := s.party(c.r, s.baseOf(c.r))
	if err != nil {
		return err
	}
	l, _, err := s.current(c.r)
	if err != nil {
		return err
	}
	userID := ""
	ctx := c.r.Context()
	options := []webauthn.LoginOption{webauthn.WithUserVerification(protocol.VerificationPreferred)}
	if l != nil {
		var have []passkey
		err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
			have, err = selectPasskeys(ctx, tx, `user_id = ?`, l.user.id)
			return err
		})
		if err != nil {
			return fmt.Errorf("begin with passkey: %w", err)
		}
		if len(have) > 0 {
			allowed, err := descriptors(have)
			if err != nil {
				return err
			}
			userID = l.user.id
			options = append(options, webauthn.WithAllowedCredentials(allowed))
		}
	}
	assertion, begun, err := party.BeginDiscoverableLogin(options...)
	if err != nil {
		return fmt.Errorf("begin with passkey: %w", err)
	}
	begun.AllowedCredentialIDs = nil // userID says the same
	if err := s.putChallenge(c, userID, begun); err != nil {
		return err
	}
	return c.reply(assertion.Response)
}

// An assertion is what an authenticator has shown.
type assertion struct {
	passkey  passkey
	user     *user
	counter  uint32
	backedUp bool
	verified bool // it has made sure of its user, by a finger, a face or a PIN
}

// verifyAuthentication signs in with a passkey.
func (s *Service) verifyAuthentication(c *call) error {
	raw, err := c.body.response()
	if err != nil {
		return err
	}
	begun, userID, err := s.takeChallenge(c)
	if err != nil {
		return err
	}
	shown, err := s.checkAssertion(c, begun, raw)
	if err == nil && userID != "" && shown.user.id != userID {
		err = errAuthentication // it was to be one of those that were offered
	}
	if err != nil {
		return s.ceremonyFailed("sign-in refused", shown.passkey.userID, err, errAuthentication)
	}
	now := s.now()
	var in admission
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		// The passkey may be gone by now, or its counter further. One without a counter
		// says 0 each time.
		const update = `update passkeys set counter = ?, backed_up = ?, used_at = ?
			where id = ? and (counter < ? or counter = 0 and ? = 0)`
		fits, err := one(tx.ExecContext(ctx, update, shown.counter, flag(shown.backedUp), millis(now), shown.passkey.id, shown.counter, shown.counter))
		if err != nil {
			return fmt.Errorf("store counter: %w", err)
		}
		if !fits {
			return errAuthentication
		}
		u, err := selectUser(ctx, tx, `u.id = ?`, shown.user.id)
		if err != nil {
			return err
		}
		if u == nil {
			return errPasskeyUnknown
		}
		in, err = s.admit(ctx, tx, c.r, u, entry{method: byPasskey, remember: true, whole: shown.verified}, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("sign in with passkey: %w", err)
	}
	s.welcome(c, in)
	if in.token == "" {
		return c.reply(twoFactorReply{TwoFactorRedirect: true, Methods: []string{"totp"}})
	}
	l, err := s.lookup(ctx, hashToken(in.token))
	if err != nil {
		return err
	}
	if l == nil {
		return errUnauthorized // it was revoked in this very moment
	}
	return c.reply(sessionReply{l.session.json(in.token), l.user.json()})
}

// checkAssertion verifies the answer to authenticateOptions. With an error the
// passkey is there all the same, if it is known.
func (s *Service) checkAssertion(c *call, begun webauthn.SessionData, raw []byte) (shown assertion, err error) {
	answer, err := protocol.ParseCredentialRequestResponseBytes(raw)
	if err != nil {
		return shown, &badAnswer{err}
	}
	party, err := s.party(c.r, answer.Response.CollectedClientData.Origin)
	if err != nil {
		return shown, err
	}
	handle := answer.Response.UserHandle
	stranger := false
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		list, err := selectPasskeys(ctx, tx, `credential_id = ?`, base64.RawURLEncoding.EncodeToString(answer.RawID))
		if err != nil || len(list) == 0 {
			return err
		}
		shown.passkey = list[0]
		if shown.user, err = selectUser(ctx, tx, `u.id = ?`, shown.passkey.userID); err != nil {
			return err
		}
		// better-auth made handles up and forgot them. One that is a user's here has
		// to be the owner's.
		const query = `select exists (select 1 from users where id = ? and id <> ?)`
		return tx.QueryRowContext(ctx, query, string(handle), shown.passkey.userID).Scan(&stranger)
	})
	switch {
	case err != nil:
		return shown, fmt.Errorf("find passkey: %w", err)
	case shown.user == nil:
		return shown, errPasskeyUnknown
	case stranger:
		return shown, errAuthentication
	}
	credential, err := shown.passkey.credential()
	if err != nil {
		return shown, err
	}
	owner := holder{handle: handle, credentials: []webauthn.Credential{credential}}
	_, checked, err := party.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) { return owner, nil }, begun, answer)
	if err != nil {
		return shown, &badAnswer{err}
	}
	if checked.Authenticator.CloneWarning {
		s.log.Warn("passkey counts backwards: there may be a copy of it", "user", shown.user.id, "passkey", shown.passkey.id)
		return shown, errAuthentication
	}
	flags := answer.Response.AuthenticatorData.Flags
	shown.counter, shown.backedUp, shown.verified = checked.Authenticator.SignCount, checked.Flags.BackupState, flags.HasUserVerified()
	return shown, nil
}

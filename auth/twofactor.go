package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"snug/db"
	"snug/line"
)

var (
	errTOTPOff      = &refusal{status: 400, code: "TOTP_NOT_ENABLED", message: "TOTP not enabled"}
	errTwoFactorOff = &refusal{status: 400, code: "TWO_FACTOR_ISNT_ENABLED", message: "Two factor isn't enabled"}
	// 1.3.9 replaces the secret, and who doesn't finish is locked out.
	errTOTPOn = &refusal{status: 400, code: "TOTP_ALREADY_ENABLED", message: "TOTP is already enabled"}
	errIssuer = &refusal{status: 400, code: "INVALID_ISSUER", message: "Issuer must have 1 to 64 visible characters"}
)

// A factor is a row of two_factors.
type factor struct {
	secret      string // sealed
	verified    bool   // a code of it was right once; from then on it is asked for
	used        int64  // step of the code that was right last
	failures    int    // wrong codes since then
	lockedUntil time.Time
}

// selectFactor returns a user's second factor, nil if there is none.
func selectFactor(ctx context.Context, tx *sql.Tx, userID string) (*factor, error) {
	f := &factor{}
	var locked int64
	const query = `select secret, verified, last_step, failures, locked_until from two_factors where user_id = ?`
	err := tx.QueryRowContext(ctx, query, userID).Scan(&f.secret, &f.verified, &f.used, &f.failures, &locked)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("select second factor: %w", err)
	}
	f.lockedUntil = fromMillis(locked)
	return f, nil
}

// enrolReply is for an authenticator app, with codes for when it is lost.
type enrolReply struct {
	Method      string   `json:"method" openapi:"const=totp"` // as in better-auth 1.7
	TOTPURI     string   `json:"totpURI" openapi:"format=uri"`
	BackupCodes []string `json:"backupCodes"`
}

// enableTwoFactor makes a secret for an authenticator app. It is asked for once
// verifyTOTP has seen a code of it.
func (s *Service) enableTwoFactor(c *call) error {
	l, err := s.prove(c)
	if err != nil {
		return err
	}
	issuer, given, err := c.body.optional("issuer")
	if err != nil {
		return err
	}
	if !given {
		issuer = s.issuer(c.r)
	} else if issuer = strings.TrimSpace(issuer); issuer == "" || utf8.RuneCountInString(issuer) > maxName || !line.Plain(issuer) {
		return errIssuer
	}
	key := []byte(newID()) // a text, as better-auth's are
	codes := newBackupCodes()
	now := s.now()
	ctx := c.r.Context()
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := stillIn(ctx, tx, l)
		if err != nil {
			return err
		}
		if u.twoFactor {
			return errTOTPOn
		}
		if _, err := tx.ExecContext(ctx, `delete from two_factors where user_id = ?`, u.id); err != nil {
			return err
		}
		const insert = `insert into two_factors (user_id, secret, verified, created_at) values (?, ?, 0, ?)`
		if _, err := tx.ExecContext(ctx, insert, u.id, s.seal(key), millis(now)); err != nil {
			return err
		}
		return storeBackupCodes(ctx, tx, u.id, codes)
	})
	if err != nil {
		return fmt.Errorf("enable two-factor: %w", err)
	}
	s.log.Info("second factor begun", "user", l.user.id)
	return c.reply(enrolReply{"totp", totpURI(key, issuer, l.user.email), codes})
}

// disableTwoFactor succeeds where there is no second factor too.
func (s *Service) disableTwoFactor(c *call) error {
	l, err := s.prove(c)
	if err != nil {
		return err
	}
	now := s.now()
	ctx := context.WithoutCancel(c.r.Context())
	var token string
	var over []ended
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := stillIn(ctx, tx, l)
		if err != nil {
			return err
		}
		if err := dropFactor(ctx, tx, u.id, now); err != nil || !u.twoFactor {
			return err
		}
		token, over, err = s.rotate(ctx, tx, c.r, l, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("disable two-factor: %w", err)
	}
	if token != "" {
		s.log.Info("second factor off", "user", l.user.id, "session", l.session.hash.short())
		s.tell("second factor off", over)
		s.setSession(c.w, c.r, token, l.session.remember, sessionLife)
		s.setCookie(c.w, deviceCookie, "", new(time.Duration))
	}
	return c.reply(statusJSON{true})
}

type totpURIReply struct {
	TOTPURI string `json:"totpURI" openapi:"format=uri"`
}

// getTOTPURI shows the secret again, to set up one more app with it.
func (s *Service) getTOTPURI(c *call) error {
	l, err := s.prove(c)
	if err != nil {
		return err
	}
	var f *factor
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		f, err = selectFactor(ctx, tx, l.user.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("get TOTP URI: %w", err)
	}
	if f == nil {
		return errTOTPOff
	}
	key, _, err := s.open(f.secret)
	if err != nil {
		return fmt.Errorf("get TOTP URI: %w", err)
	}
	return c.reply(totpURIReply{totpURI(key, s.issuer(c.r), l.user.email)})
}

type backupCodesReply struct {
	Status      bool     `json:"status"`
	BackupCodes []string `json:"backupCodes"`
}

// generateBackupCodes makes new ones in place of all that are left.
func (s *Service) generateBackupCodes(c *call) error {
	l, err := s.prove(c)
	if err != nil {
		return err
	}
	codes := newBackupCodes()
	ctx := c.r.Context()
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		u, err := stillIn(ctx, tx, l)
		if err != nil {
			return err
		}
		if !u.twoFactor {
			return errTwoFactorOff
		}
		return storeBackupCodes(ctx, tx, u.id, codes)
	})
	if err != nil {
		return fmt.Errorf("generate backup codes: %w", err)
	}
	s.log.Info("backup codes made", "user", l.user.id)
	return c.reply(backupCodesReply{true, codes})
}

// issuer is what an app shows beside the code: people may have accounts on several
// servers.
func (s *Service) issuer(r *http.Request) string {
	if u, err := url.Parse(s.baseOf(r)); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return product
}

// prove makes sure that the one who asks is the user and not somebody at a browser
// that was left open: by the password or, where there is none, by a session that
// began lately. Guests are refused.
func (s *Service) prove(c *call) (*login, error) {
	l, _, err := s.require(c)
	if err != nil {
		return nil, err
	}
	if l.user.anonymous {
		return nil, errGuest
	}
	given, _, err := c.body.optional("password")
	if err != nil {
		return nil, err
	}
	_, err = s.ownPassword(c.r.Context(), l, given)
	switch {
	case errors.Is(err, errNoPassword) && !s.fresh(l):
		return nil, errNotFresh
	case errors.Is(err, errNoPassword):
		return l, nil
	}
	return l, err
}

// stillIn returns the user of a login as they are now. One that ended since it was
// looked up is refused: it must not turn into a new session.
func stillIn(ctx context.Context, tx *sql.Tx, l *login) (*user, error) {
	now, err := selectLogin(ctx, tx, l.session.hash)
	if err != nil {
		return nil, err
	}
	if now == nil {
		return nil, errUnauthorized
	}
	return &now.user, nil
}

// rotate ends all sessions of a user and begins another one in place of the one
// that asks: after a change of what opens the account, nobody who was in by the
// old state of things is in.
func (s *Service) rotate(ctx context.Context, tx *sql.Tx, r *http.Request, l *login, now time.Time) (token string, over []ended, err error) {
	var method string
	if err := tx.QueryRowContext(ctx, `select method from sessions where token_hash = ?`, l.session.hash.String()).Scan(&method); err != nil {
		return "", nil, fmt.Errorf("read session: %w", err)
	}
	if over, err = endSessions(ctx, tx, `user_id = ?`, l.user.id); err != nil {
		return "", nil, err
	}
	token, more, err := s.begin(ctx, tx, r, l.user.id, method, l.session.remember, now)
	return token, append(over, more...), err
}

// dropFactor takes the second factor from a user, with all that hangs on it.
func dropFactor(ctx context.Context, tx *sql.Tx, userID string, now time.Time) error {
	for _, remove := range []string{
		`delete from two_factors where user_id = ?`,
		`delete from backup_codes where user_id = ?`,
	} {
		if _, err := tx.ExecContext(ctx, remove, userID); err != nil {
			return fmt.Errorf("delete second factor: %w", err)
		}
	}
	const update = `update users set two_factor = 0, updated_at = ? where id = ? and two_factor = 1`
	if _, err := tx.ExecContext(ctx, update, millis(now), userID); err != nil {
		return fmt.Errorf("delete second factor: %w", err)
	}
	return distrust(ctx, tx, userID)
}

// distrust lets no browser of a user in without the second factor any more, and
// ends the sign-ins that wait for it. It belongs to whatever ends all sessions: a
// new password, a changed factor, the wish of the user.
func distrust(ctx context.Context, tx *sql.Tx, userID string) error {
	return errors.Join(revoke(ctx, tx, forDevice, userID), revoke(ctx, tx, forTwoFactor, userID))
}

// deviceTrusted reports whether the user said in this browser that it need not be
// asked for the second factor.
func (s *Service) deviceTrusted(ctx context.Context, tx *sql.Tx, r *http.Request, userID string, now time.Time) (bool, error) {
	for _, token := range s.signed(r, deviceCookie) {
		var nothing struct{}
		owner, ok, err := peek(ctx, tx, forDevice, token, &nothing, now)
		if err != nil || ok && owner == userID {
			return ok, err
		}
	}
	return false, nil
}

// reseal encrypts with the present secret what the old ones hold, so that an
// operator can drop those without locking anyone out.
func (s *Service) reseal(ctx context.Context) {
	lost, err := s.resealAll(ctx)
	if err != nil && ctx.Err() == nil {
		s.log.Error("encrypt second factors anew", "err", err)
	}
	if lost > 0 {
		s.log.Error("second factors that none of the secrets opens", "count", lost)
	}
}

func (s *Service) resealAll(ctx context.Context) (lost int, err error) {
	type row struct{ userID, secret string }
	for after := ""; ; {
		var rows []row
		err := s.db.Read(ctx, func(tx *sql.Tx) error {
			rows = rows[:0]
			const query = `select user_id, secret from two_factors where user_id > ? order by user_id limit 500`
			return db.Each(ctx, tx, query, []any{after}, func(scan func(...any) error) error {
				var x row
				err := scan(&x.userID, &x.secret)
				rows = append(rows, x)
				return err
			})
		})
		if err != nil || len(rows) == 0 {
			return lost, err
		}
		after = rows[len(rows)-1].userID
		err = s.db.Write(ctx, func(tx *sql.Tx) error {
			for _, x := range rows {
				key, current, err := s.open(x.secret)
				if err != nil {
					lost++
				}
				if err != nil || current {
					continue
				}
				const update = `update two_factors set secret = ? where user_id = ? and secret = ?`
				if _, err := tx.ExecContext(ctx, update, s.seal(key), x.userID, x.secret); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return lost, err
		}
	}
}

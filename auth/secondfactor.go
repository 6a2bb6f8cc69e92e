package auth

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

var (
	errTwoFactorCookie = &refusal{status: 401, code: "INVALID_TWO_FACTOR_COOKIE", message: "Invalid two factor cookie"}
	errCode            = &refusal{status: 401, code: "INVALID_CODE", message: "Invalid code"}
	errBackupCode      = &refusal{status: 401, code: "INVALID_BACKUP_CODE", message: "Invalid backup code"}
	errBackupCodesOff  = &refusal{status: 400, code: "BACKUP_CODES_ARENT_ENABLED", message: "Backup codes aren't enabled"}
	// 1.7's code. There one asks for another code here; the app has one already.
	errCodeTries = &refusal{status: 400, code: "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", message: "Too many attempts. Please sign in again."}
)

// errLocked is 1.7's; in 1.3.9 one may guess without end.
func errLocked(wait time.Duration) *refusal {
	return &refusal{status: 429, code: "ACCOUNT_TEMPORARILY_LOCKED", retry: wait,
		message: "Too many failed verification attempts. Your account is temporarily locked. Please try again later."}
}

// An attempt is a code that somebody entered, and what it is to open: a sign-in
// that waits, or nothing more than is open already.
type attempt struct {
	code string
	// use reports whether the code is right, and uses it up if so.
	use   func(ctx context.Context, tx *sql.Tx, a *attempt, f *factor) (bool, error)
	wrong *refusal
	trust bool // ask for none here from now on
	bare  bool // uses the code up and opens nothing

	login   *login       // nil: a sign-in waits
	tickets []string     // by which it might; those of a sibling domain too
	ticket  string       // by which it does
	pending pendingEntry // that sign-in
	user    *user
	now     time.Time
}

// An outcome is what an attempt came to, for the client to learn once that is
// committed.
type outcome struct {
	refused  *refusal
	finished bool      // nothing waits any more
	in       admission // of a sign-in
	enabled  bool
	token    string // of the session then; "" if there is none
	device   string // by which this browser is trusted
	over     []ended
}

func (s *Service) verifyTOTP(c *call) error {
	return s.verifyCode(c, &attempt{use: s.useTOTP, wrong: errCode})
}

func (s *Service) verifyBackupCode(c *call) error {
	bare, err := c.body.flag("disableSession", false)
	if err != nil {
		return err
	}
	return s.verifyCode(c, &attempt{use: useBackupCode, wrong: errBackupCode, bare: bare})
}

// verifyCode takes the second factor: it lets in whoever has shown the first, or,
// of somebody who is in, sees that the factor works, from when on it is asked for.
func (s *Service) verifyCode(c *call, a *attempt) (err error) {
	if a.code, err = c.body.required("code"); err != nil {
		return err
	}
	if a.trust, err = c.body.flag("trustDevice", false); err != nil {
		return err
	}
	var token string
	if a.login, token, err = s.current(c.r); err != nil {
		return err
	}
	if a.login == nil {
		if a.tickets = s.signed(c.r, twoFactorCookie); len(a.tickets) == 0 {
			return errTwoFactorCookie
		}
	}
	a.now = s.now()
	var o outcome
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		o = outcome{token: token}
		return s.decide(ctx, tx, c, a, &o)
	})
	if err != nil {
		return fmt.Errorf("verify second factor: %w", err)
	}
	return s.conclude(c, a, o)
}

// decide is the part of verifyCode that is in the transaction. A wrong code isn't
// an error here, for that it was tried has to be stored.
func (s *Service) decide(ctx context.Context, tx *sql.Tx, c *call, a *attempt, o *outcome) (err error) {
	if a.login != nil {
		a.user, err = stillIn(ctx, tx, a.login)
	} else {
		err = a.findPending(ctx, tx)
	}
	if err != nil {
		return err
	}
	f, err := selectFactor(ctx, tx, a.user.id)
	switch {
	case err != nil:
		return err
	case f == nil:
		return errTOTPOff
	case a.now.Before(f.lockedUntil):
		return errLocked(f.lockedUntil.Sub(a.now))
	}
	right, err := a.use(ctx, tx, a, f)
	if err != nil {
		return err
	}
	if !right {
		o.refused = a.wrong
		return a.fail(ctx, tx, f, o)
	}
	if _, err := tx.ExecContext(ctx, `update two_factors set failures = 0, locked_until = 0 where user_id = ?`, a.user.id); err != nil {
		return fmt.Errorf("clear failures: %w", err)
	}
	switch {
	case a.bare:
		return nil
	case a.login == nil:
		return s.finish(ctx, tx, c, a, o)
	case !f.verified:
		return s.enabled(ctx, tx, c, a, o)
	}
	return nil
}

// findPending finds the sign-in that waits.
func (a *attempt) findPending(ctx context.Context, tx *sql.Tx) error {
	for _, ticket := range a.tickets {
		userID, ok, err := peek(ctx, tx, forTwoFactor, ticket, &a.pending, a.now)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if a.user, err = selectUser(ctx, tx, `u.id = ?`, userID); err != nil {
			return err
		}
		if a.user != nil {
			a.ticket = ticket
			return nil
		}
	}
	return errTwoFactorCookie
}

// fail counts a wrong code.
func (a *attempt) fail(ctx context.Context, tx *sql.Tx, f *factor, o *outcome) error {
	failures, locked := f.failures+1, f.lockedUntil
	if failures >= maxFailures {
		locked = a.now.Add(lockAfter(failures))
	}
	const update = `update two_factors set failures = ?, locked_until = ? where user_id = ?`
	if _, err := tx.ExecContext(ctx, update, failures, millis(locked), a.user.id); err != nil {
		return fmt.Errorf("count failure: %w", err)
	}
	if a.login != nil {
		return nil
	}
	a.pending.Failures++
	if a.pending.Failures < maxCodeTries {
		return amend(ctx, tx, forTwoFactor, a.ticket, a.pending)
	}
	o.refused, o.finished = errCodeTries, true
	_, _, err := take(ctx, tx, forTwoFactor, a.ticket, &a.pending, a.now)
	return err
}

// lockAfter is how long so many failures keep the second factor locked.
func lockAfter(failures int) time.Duration {
	lock := minLock
	for range failures - maxFailures {
		if lock = 2 * lock; lock >= maxLock {
			return maxLock
		}
	}
	return lock
}

// finish lets in whoever has shown both factors.
func (s *Service) finish(ctx context.Context, tx *sql.Tx, c *call, a *attempt, o *outcome) error {
	if _, ok, err := take(ctx, tx, forTwoFactor, a.ticket, &a.pending, a.now); err != nil || !ok {
		return orElse(err, errTwoFactorCookie)
	}
	var err error
	o.in, err = s.admit(ctx, tx, c.r, a.user, entry{method: a.pending.Method, remember: a.pending.Remember, whole: true}, a.now)
	if err != nil {
		return err
	}
	o.finished, o.token = true, o.in.token
	if a.trust {
		o.device = newID()
		return put(ctx, tx, forDevice, o.device, a.user.id, struct{}{}, a.now, deviceLife)
	}
	return nil
}

// enabled has the second factor asked for from now on.
func (s *Service) enabled(ctx context.Context, tx *sql.Tx, c *call, a *attempt, o *outcome) error {
	if _, err := tx.ExecContext(ctx, `update two_factors set verified = 1 where user_id = ?`, a.user.id); err != nil {
		return fmt.Errorf("enable second factor: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `update users set two_factor = 1, updated_at = ? where id = ?`, millis(a.now), a.user.id); err != nil {
		return fmt.Errorf("enable second factor: %w", err)
	}
	a.user.twoFactor, a.user.updated = true, a.now
	if err := distrust(ctx, tx, a.user.id); err != nil {
		return err
	}
	o.enabled = true
	var err error
	o.token, o.over, err = s.rotate(ctx, tx, c.r, a.login, a.now)
	return err
}

// secondFactorReply is who has shown the second factor. With a session before there is
// no token.
type secondFactorReply struct {
	Token string   `json:"token,omitempty"`
	User  userJSON `json:"user"`
}

// conclude tells the client, and whoever listens for sessions.
func (s *Service) conclude(c *call, a *attempt, o outcome) error {
	if o.finished {
		s.setCookie(c.w, twoFactorCookie, "", new(time.Duration))
	}
	if o.refused != nil {
		s.log.Info("second factor refused", "user", a.user.id)
		return o.refused
	}
	switch {
	case o.enabled:
		s.log.Info("second factor on", "user", a.user.id, "session", a.login.session.hash.short())
		s.tell("second factor on", o.over)
		s.setSession(c.w, c.r, o.token, a.login.session.remember, sessionLife)
	case o.in.token != "":
		s.welcome(c, o.in)
	}
	if o.device != "" {
		life := deviceLife
		s.setCookie(c.w, deviceCookie, s.sign(o.device), &life)
	}
	return c.reply(secondFactorReply{o.token, a.user.json()})
}

// useTOTP takes a code of the app, once.
func (s *Service) useTOTP(ctx context.Context, tx *sql.Tx, a *attempt, f *factor) (bool, error) {
	key, current, err := s.open(f.secret)
	if err != nil {
		return false, err
	}
	step, ok := matchTOTP(key, strings.ReplaceAll(a.code, " ", ""), a.now, f.used)
	if !ok {
		return false, nil
	}
	secret := f.secret
	if !current {
		secret = s.seal(key)
	}
	const update = `update two_factors set last_step = ?, secret = ? where user_id = ? and last_step < ?`
	return one(tx.ExecContext(ctx, update, step, secret, a.user.id, step))
}

// useBackupCode takes one of those that are left.
func useBackupCode(ctx context.Context, tx *sql.Tx, a *attempt, f *factor) (bool, error) {
	if !f.verified {
		return false, errBackupCodesOff
	}
	const remove = `delete from backup_codes where user_id = ? and code_hash = ?`
	return one(tx.ExecContext(ctx, remove, a.user.id, hashBackupCode(a.user.id, a.code)))
}

// one reports whether a statement has changed a row.
func one(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// newBackupCodes makes codes for somebody whose app is gone, each good for once.
func newBackupCodes() []string {
	codes := make([]string, backupCodes)
	for i := range codes {
		id := newID()
		codes[i] = id[:backupLength/2] + "-" + id[backupLength/2:backupLength]
	}
	return codes
}

// hashBackupCode is what is kept of a backup code, "" for what can't be one. People
// copy them with spaces and without the dash.
func hashBackupCode(userID, code string) string {
	code = strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, code)
	if len(code) != backupLength {
		return ""
	}
	// With whose it is, so that a list of hashes can't be tried against all users'.
	sum := sha256.Sum256([]byte(userID + " " + code))
	return hex.EncodeToString(sum[:])
}

// storeBackupCodes replaces those that are left.
func storeBackupCodes(ctx context.Context, tx *sql.Tx, userID string, codes []string) error {
	if _, err := tx.ExecContext(ctx, `delete from backup_codes where user_id = ?`, userID); err != nil {
		return fmt.Errorf("delete backup codes: %w", err)
	}
	for _, code := range codes {
		const insert = `insert into backup_codes (user_id, code_hash) values (?, ?)`
		if _, err := tx.ExecContext(ctx, insert, userID, hashBackupCode(userID, code)); err != nil {
			return fmt.Errorf("insert backup code: %w", err)
		}
	}
	return nil
}

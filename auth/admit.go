package auth

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"time"
)

// An entry is how somebody has proved who they are.
type entry struct {
	method   string // a provider's id, or one of the constants below
	remember bool   // the session outlives the browser
	whole    bool   // no second factor is asked for beyond it
}

// The ways to sign in that aren't a provider's, as the mark of the last used one
// names them.
const (
	byPassword = "email"
	byLink     = "magic-link"
	byPasskey  = "passkey"
	byGuest    = "anonymous"
)

// An admission is a sign-in that was decided in a transaction, and that welcome
// carries out once that is committed.
type admission struct {
	user     user
	entry    entry
	token    string // of the new session; "" if a second factor is wanted first
	pending  string // of the verification by which that is asked for
	over     []ended
	departed bool // a guest is gone
}

// pendingEntry is a sign-in that waits for its second factor.
type pendingEntry struct {
	Method   string `json:"method"`
	Remember bool   `json:"remember"`
	Failures int    `json:"failures,omitempty"` // wrong codes so far
}

// admit lets a user in: it ends the sessions that the request came with and begins
// a new one, or asks for the second factor. Whoever is banned is refused. A guest
// who turns out to have an account of their own leaves the guest behind.
func (s *Service) admit(ctx context.Context, tx *sql.Tx, r *http.Request, u *user, e entry, now time.Time) (admission, error) {
	a := admission{user: *u, entry: e}
	if u.banned {
		return a, errBanned
	}
	if u.twoFactor && !e.whole {
		trusted, err := s.deviceTrusted(ctx, tx, r, u.id, now)
		if err != nil {
			return a, err
		}
		if !trusted {
			// The cookies of those go now, whatever comes of the second factor.
			if a.over, err = s.endBorne(ctx, tx, r); err != nil {
				return a, err
			}
			a.pending = newID()
			waits := pendingEntry{Method: e.method, Remember: e.remember}
			return a, put(ctx, tx, forTwoFactor, a.pending, u.id, waits, now, twoFactorLife)
		}
	}
	guest, err := s.guestOf(ctx, tx, r)
	if err != nil {
		return a, err
	}
	if guest != nil && guest.id != u.id {
		if a.over, err = deleteUser(ctx, tx, guest.id, now); err != nil {
			return a, err
		}
		a.departed = true
	}
	if _, err := tx.ExecContext(ctx, `update users set method = ? where id = ?`, e.method, u.id); err != nil {
		return a, fmt.Errorf("mark sign-in: %w", err)
	}
	token, over, err := s.begin(ctx, tx, r, u.id, e.method, e.remember, now)
	a.token, a.over = token, append(a.over, over...)
	return a, err
}

// welcome carries out an admission that is committed: it tells of the sessions
// that ended and sets the cookies.
func (s *Service) welcome(c *call, a admission) {
	s.tellReplaced("sign-in", a.over)
	if a.departed {
		s.depart()
	}
	if a.token == "" {
		s.log.Info("second factor asked for", "user", a.user.id, "method", a.entry.method)
		s.clearSession(c.w)
		life := twoFactorLife
		s.setCookie(c.w, twoFactorCookie, s.sign(a.pending), &life)
		return
	}
	s.log.Info("signed in", "user", a.user.id, "method", a.entry.method, "session", hashToken(a.token).short())
	if a.user.wasGuest {
		s.announce(c.r.Context(), a.user.id)
	}
	s.setSession(c.w, c.r, a.token, a.entry.remember, sessionLife)
	eachCookie(c.r.Header["Cookie"], s.cookieName(twoFactorCookie), func(string) bool {
		s.setCookie(c.w, twoFactorCookie, "", new(time.Duration)) // of a sign-in that nobody waits for
		return false
	})
	s.setMethod(c.w, a.entry.method)
	s.fetchOwn(&a.user)
}

// guestOf returns the guest whose session the request bears, nil if there is none.
func (s *Service) guestOf(ctx context.Context, tx *sql.Tx, r *http.Request) (*user, error) {
	for _, token := range s.signed(r, tokenCookie) {
		l, err := selectLogin(ctx, tx, hashToken(token))
		if err != nil {
			return nil, err
		}
		if l != nil && l.user.anonymous && s.now().Before(l.session.expires) {
			return &l.user, nil
		}
	}
	return nil, nil
}

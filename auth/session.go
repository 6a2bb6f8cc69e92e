package auth

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A tokenHash is what is kept of a session's token.
type tokenHash [sha256.Size]byte

func hashToken(token string) tokenHash { return sha256.Sum256([]byte(token)) }

func (h tokenHash) String() string { return hex.EncodeToString(h[:]) }

// short is the part that logs show.
func (h tokenHash) short() string { return hex.EncodeToString(h[:4]) }

// session is a row of sessions.
type session struct {
	id        string
	hash      tokenHash
	userID    string
	remember  bool
	ipAddress string
	userAgent string
	created   time.Time
	updated   time.Time
	expires   time.Time
}

// user is a row of users.
type user struct {
	id            string
	name          string
	email         string
	emailVerified bool
	image         *string
	created       time.Time
	updated       time.Time
}

// A login is a session and whose it is. It is shared and not changed.
type login struct {
	session session
	user    user
}

func millis(t time.Time) int64      { return t.UnixMilli() }
func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Identify says who sent the request, by its session cookie; false if nobody is
// signed in. It neither writes nor lengthens the session nor sets cookies. An
// error means that the database can't be asked.
func (s *Service) Identify(r *http.Request) (Identity, bool, error) {
	l, _, err := s.current(r)
	if err != nil || l == nil {
		return Identity{}, false, err
	}
	id := Identity{
		UserID:     l.user.id,
		Name:       l.user.name,
		Email:      l.user.email,
		SessionKey: l.session.hash.String(),
		ExpiresAt:  l.session.expires,
	}
	if l.user.image != nil {
		id.Image = *l.user.image
	}
	return id, true, nil
}

// current returns the login of the first cookie that has one, with its token.
func (s *Service) current(r *http.Request) (*login, string, error) {
	for _, token := range s.signed(r, tokenCookie) {
		l, err := s.lookup(r.Context(), hashToken(token))
		if err != nil || l != nil {
			return l, token, err
		}
	}
	return nil, "", nil
}

// lookup returns the live session with that token, nil if there is none.
func (s *Service) lookup(ctx context.Context, h tokenHash) (*login, error) {
	l, epoch := s.cache.get(h)
	if l == nil {
		err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
			l, err = selectLogin(ctx, tx, h)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read session: %w", err)
		}
		if l == nil {
			return nil, nil
		}
		s.cache.put(h, l, epoch)
	}
	if !s.now().Before(l.session.expires) {
		return nil, nil // the sweeper is about to end it
	}
	return l, nil
}

func selectLogin(ctx context.Context, tx *sql.Tx, h tokenHash) (*login, error) {
	const query = `select s.id, s.user_id, s.remember, s.ip_address, s.user_agent, s.created_at, s.updated_at, s.expires_at,
		u.name, u.email, u.email_verified, u.image, u.created_at, u.updated_at
		from sessions s join users u on u.id = s.user_id where s.token_hash = ?`
	l := &login{session: session{hash: h}}
	var sc, su, se, uc, uu int64
	err := tx.QueryRowContext(ctx, query, h.String()).Scan(
		&l.session.id, &l.session.userID, &l.session.remember, &l.session.ipAddress, &l.session.userAgent, &sc, &su, &se,
		&l.user.name, &l.user.email, &l.user.emailVerified, &l.user.image, &uc, &uu)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	l.user.id = l.session.userID
	l.session.created, l.session.updated, l.session.expires = fromMillis(sc), fromMillis(su), fromMillis(se)
	l.user.created, l.user.updated = fromMillis(uc), fromMillis(uu)
	return l, err
}

// begin makes a session for the user inside tx, in place of those that the
// request came with: a cookie that somebody planted is worth nothing after the
// sign-in. It returns the new token and the sessions that ended.
func (s *Service) begin(ctx context.Context, tx *sql.Tx, r *http.Request, userID string, remember bool, now time.Time) (string, []ended, error) {
	var over []ended
	for _, token := range s.signed(r, tokenCookie) {
		more, err := endSessions(ctx, tx, `token_hash = ?`, hashToken(token).String())
		if err != nil {
			return "", nil, err
		}
		over = append(over, more...)
	}
	more, err := endSessions(ctx, tx, `user_id = ? and id not in
		(select id from sessions where user_id = ? order by created_at desc, id limit ?)`, userID, userID, maxSessions-1)
	if err != nil {
		return "", nil, err
	}
	over = append(over, more...)

	life := sessionLife
	if !remember {
		life = shortLife
	}
	token := newID()
	const insert = `insert into sessions
		(id, token_hash, user_id, remember, ip_address, user_agent, created_at, updated_at, expires_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	_, err = tx.ExecContext(ctx, insert, newID(), hashToken(token).String(), userID, flag(remember),
		s.clientIP(r), userAgent(r), millis(now), millis(now), millis(now.Add(life)))
	if err != nil {
		return "", nil, fmt.Errorf("insert session: %w", err)
	}
	return token, over, nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func userAgent(r *http.Request) string {
	ua := r.UserAgent()
	return strings.ToValidUTF8(ua[:min(len(ua), maxUserAgent)], "")
}

// extend lengthens a session that is visited, if it is time for that. It returns
// the login as it is then, nil if the session ended meanwhile.
func (s *Service) extend(ctx context.Context, l *login, now time.Time) (*login, error) {
	if !l.session.remember || now.Before(l.session.expires.Add(refreshAge-sessionLife)) {
		return l, nil
	}
	expires := now.Add(sessionLife)
	if last := l.session.created.Add(sessionMaxAge); expires.After(last) {
		expires = last
	}
	if !expires.After(l.session.expires) {
		return l, nil
	}
	found := false
	ctx = context.WithoutCancel(ctx)
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		const update = `update sessions set expires_at = ?, updated_at = ? where token_hash = ?`
		result, err := tx.ExecContext(ctx, update, millis(expires), millis(now), l.session.hash.String())
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		found = n > 0
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("extend session: %w", err)
	}
	s.cache.forget(l.session.hash)
	if !found {
		return nil, nil
	}
	longer := *l
	longer.session.expires, longer.session.updated = expires, now
	return &longer, nil
}

// ended names a session that was deleted.
type ended struct {
	hash   tokenHash
	userID string
}

// endSessions deletes the sessions for which the condition holds.
func endSessions(ctx context.Context, tx *sql.Tx, where string, args ...any) (over []ended, err error) {
	rows, err := tx.QueryContext(ctx, `delete from sessions where `+where+` returning token_hash, user_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e ended
		var hash string
		if err := rows.Scan(&hash, &e.userID); err != nil {
			return nil, fmt.Errorf("end sessions: %w", err)
		}
		if n, err := hex.Decode(e.hash[:], []byte(hash)); err != nil || n != len(e.hash) {
			return nil, fmt.Errorf("end sessions: token hash of %d characters", len(hash))
		}
		over = append(over, e)
	}
	return over, rows.Err()
}

// end deletes the sessions for which the condition holds and tells of it. It goes
// on when the client has hung up: a session must not be gone from the database
// and live on in a socket.
func (s *Service) end(ctx context.Context, why, where string, args ...any) ([]ended, error) {
	ctx = context.WithoutCancel(ctx)
	var over []ended
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		over, err = endSessions(ctx, tx, where, args...)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.tell(why, over)
	return over, nil
}

// tell lets the cache and the listener know of sessions whose end is committed.
func (s *Service) tell(why string, over []ended) {
	if len(over) == 0 {
		return
	}
	s.drop(over)
	for _, e := range over {
		s.log.Info("session ended", "why", why, "user", e.userID, "session", e.hash.short())
		s.onEnd(SessionEnd{SessionKey: e.hash.String(), UserID: e.userID})
	}
}

func (s *Service) drop(over []ended) {
	hashes := make([]tokenHash, len(over))
	for i, e := range over {
		hashes[i] = e.hash
	}
	s.cache.forget(hashes...)
}

// sweep ends sessions at their time, until ctx is done. No new session expires
// sooner than those that it knows of in the next minute, so a timer set for the
// first of them is exact.
func (s *Service) sweep(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		wait, err := s.sweepOnce(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			s.log.Error("end expired sessions", "err", err)
			wait = sweepRetry
		}
		timer.Reset(wait)
	}
}

// sweepOnce ends what has expired and returns the time until it should be called
// again.
func (s *Service) sweepOnce(ctx context.Context) (time.Duration, error) {
	for {
		now := s.now()
		var first sql.NullInt64
		err := s.db.Read(ctx, func(tx *sql.Tx) error {
			return tx.QueryRowContext(ctx, `select min(expires_at) from sessions`).Scan(&first)
		})
		if err != nil {
			return 0, err
		}
		if !first.Valid {
			return sweepEvery, nil
		}
		if wait := fromMillis(first.Int64).Sub(now); wait > 0 {
			return min(wait, sweepEvery), nil
		}
		_, err = s.end(ctx, "expired", `id in (select id from sessions where expires_at <= ? order by expires_at limit ?)`,
			millis(now), sweepBatch)
		if err != nil {
			return 0, err
		}
	}
}

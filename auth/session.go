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

// parseHash reads what String gives.
func parseHash(text string) (h tokenHash, err error) {
	if len(text) != hex.EncodedLen(len(h)) {
		return h, fmt.Errorf("token hash of %d characters", len(text))
	}
	if _, err := hex.Decode(h[:], []byte(text)); err != nil {
		return h, fmt.Errorf("token hash: %w", err)
	}
	return h, nil
}

// short is the part that logs show.
func (h tokenHash) short() string { return hex.EncodeToString(h[:4]) }

// session is a row of sessions.
type session struct {
	id        string
	hash      tokenHash
	userID    string
	remember  bool
	imported  bool // began on another server: see importedName
	ipAddress string
	userAgent string
	created   time.Time
	updated   time.Time
	expires   time.Time
}

// A login is a session and whose it is. It is shared and not changed.
type login struct {
	session session
	user    user
	scopes  []Scope // of an API token, whose session this stands for; nil otherwise
}

func millis(t time.Time) int64      { return t.UnixMilli() }
func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Identify says who sent the request, by its API token or else by its session
// cookie; false if nobody is signed in. It neither writes nor lengthens the session nor sets cookies. An
// error means that the database can't be asked.
func (s *Service) Identify(r *http.Request) (Identity, bool, error) {
	var l *login
	var err error
	if token, given := bearer(r); given {
		l, err = s.lookupToken(r.Context(), token)
	} else {
		l, _, err = s.current(r)
	}
	if err != nil || l == nil {
		return Identity{}, false, err
	}
	s.seen.note(l.session.hash, s.now())
	return l.identity(), true, nil
}

func (l *login) identity() Identity {
	id := l.user.identity()
	id.SessionKey, id.ExpiresAt, id.Scopes = l.session.hash.String(), l.session.expires, l.scopes
	return id
}

// current returns the login of the first cookie that has one, with its token.
func (s *Service) current(r *http.Request) (*login, string, error) {
	for _, token := range s.signed(r, tokenCookie) {
		l, err := s.lookup(r.Context(), hashToken(token))
		if err != nil || l != nil {
			return l, token, err
		}
	}
	if !s.secure {
		return nil, "", nil
	}
	for _, token := range s.signedAs(r, importedName(tokenCookie)) {
		l, err := s.lookup(r.Context(), hashToken(token))
		if err != nil || l != nil && l.session.imported {
			return l, token, err
		}
	}
	return nil, "", nil
}

// tokens returns all session tokens that the browser holds.
func (s *Service) tokens(r *http.Request) []string {
	list := s.signed(r, tokenCookie)
	if s.secure {
		list = append(list, s.signedAs(r, importedName(tokenCookie))...)
	}
	return list
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
	if l.scopes != nil || !s.now().Before(l.session.expires) {
		return nil, nil // an API token is no session; or the sweeper is about to end it
	}
	return l, nil
}

func selectLogin(ctx context.Context, tx *sql.Tx, h tokenHash) (*login, error) {
	const query = `select s.id, s.user_id, s.remember, s.imported, s.ip_address, s.user_agent, s.created_at, s.updated_at, s.expires_at,
		` + userColumns + ` from sessions s join users u on u.id = s.user_id where s.token_hash = ? and u.banned_at is null`
	l := &login{session: session{hash: h}}
	var created, updated, expires int64
	row := tx.QueryRowContext(ctx, query, h.String())
	err := l.user.scan(row, &l.session.id, &l.session.userID, &l.session.remember, &l.session.imported,
		&l.session.ipAddress, &l.session.userAgent, &created, &updated, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	l.session.created, l.session.updated, l.session.expires = fromMillis(created), fromMillis(updated), fromMillis(expires)
	return l, err
}

// begin makes a session for the user inside tx, in place of those that the
// request came with: a cookie that somebody planted is worth nothing after the
// sign-in. It returns the new token and the sessions that ended.
func (s *Service) begin(ctx context.Context, tx *sql.Tx, r *http.Request, userID, method string, remember bool, now time.Time) (string, []ended, error) {
	over, err := s.endBorne(ctx, tx, r)
	if err != nil {
		return "", nil, err
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
		(id, token_hash, user_id, method, remember, ip_address, user_agent, created_at, updated_at, seen_at, expires_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	_, err = tx.ExecContext(ctx, insert, newID(), hashToken(token).String(), userID, method, flag(remember),
		s.clientIP(r), userAgent(r), millis(now), millis(now), millis(now), millis(now.Add(life)))
	if err != nil {
		return "", nil, fmt.Errorf("insert session: %w", err)
	}
	return token, over, nil
}

// renewToken gives a session another token: after a change of what its user may do
// or what opens the account, a copy of the old one is worth nothing. To everybody
// else the session of the old token has ended. Its age stays.
func renewToken(ctx context.Context, tx *sql.Tx, l *login) (string, []ended, error) {
	token := newID()
	const update = `update sessions set token_hash = ?, imported = 0 where token_hash = ?`
	renewed, err := one(tx.ExecContext(ctx, update, hashToken(token).String(), l.session.hash.String()))
	if err != nil {
		return "", nil, fmt.Errorf("renew token: %w", err)
	}
	if !renewed {
		return "", nil, errUnauthorized // it ended meanwhile
	}
	return token, []ended{{l.session.hash, l.user.id}}, nil
}

// endBorne ends the sessions that the request came with.
func (s *Service) endBorne(ctx context.Context, tx *sql.Tx, r *http.Request) (over []ended, err error) {
	for _, token := range s.tokens(r) {
		more, err := endSessions(ctx, tx, `token_hash = ?`, hashToken(token).String())
		if err != nil {
			return nil, err
		}
		over = append(over, more...)
	}
	return over, nil
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
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		const update = `update sessions set expires_at = ?, updated_at = ? where token_hash = ?`
		found, err = one(tx.ExecContext(ctx, update, millis(expires), millis(now), l.session.hash.String()))
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
func endSessions(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]ended, error) {
	return endRows(ctx, tx, `delete from sessions where `+where+` returning token_hash, user_id`, args...)
}

func endRows(ctx context.Context, tx *sql.Tx, remove string, args ...any) (over []ended, err error) {
	rows, err := tx.QueryContext(ctx, remove, args...)
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
		if e.hash, err = parseHash(hash); err != nil {
			return nil, fmt.Errorf("end sessions: %w", err)
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
	s.tellEach(why, over, false)
}

// tellReplaced does so for sessions in whose place the reply puts another.
func (s *Service) tellReplaced(why string, over []ended) {
	s.tellEach(why, over, true)
}

func (s *Service) tellEach(why string, over []ended, replaced bool) {
	if len(over) == 0 {
		return
	}
	s.drop(over)
	for _, e := range over {
		s.log.Info("session ended", "why", why, "user", e.userID, "session", e.hash.short())
		s.onEnd(SessionEnd{SessionKey: e.hash.String(), UserID: e.userID, Replaced: replaced})
	}
}

// tellAll lets the cache and the listener know that nothing of a user is open any
// more: sessions and API tokens have ended, and their end is committed.
func (s *Service) tellAll(why, userID string, over []ended) {
	s.drop(over)
	s.log.Info("all sessions ended", "why", why, "user", userID, "count", len(over))
	s.onEnd(SessionEnd{UserID: userID, All: true})
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
	for {
		wait, err := s.sweepOnce(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			s.log.Error("end expired sessions", "err", err)
			wait = sweepRetry
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// sweepOnce ends what has expired and returns the time until it should be called
// again.
func (s *Service) sweepOnce(ctx context.Context) (time.Duration, error) {
	wait, err := s.endExpired(ctx)
	// Nobody stays signed in because of what is stale.
	if rest := s.sweepRest(ctx); rest != nil && ctx.Err() == nil {
		s.log.Error("remove what is stale", "err", rest)
	}
	return wait, err
}

func (s *Service) endExpired(ctx context.Context) (time.Duration, error) {
	for {
		now := s.now()
		var first sql.NullInt64
		err := s.db.Read(ctx, func(tx *sql.Tx) error {
			const query = `select min(at) from (select min(expires_at) at from sessions union all select min(expires_at) from api_tokens)`
			return tx.QueryRowContext(ctx, query).Scan(&first)
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
		var over []ended
		err = s.db.Write(ctx, func(tx *sql.Tx) error {
			const expired = `id in (select id from %s where expires_at <= ? order by expires_at limit ?)`
			sessions, err := endSessions(ctx, tx, fmt.Sprintf(expired, "sessions"), millis(now), sweepBatch)
			if err != nil {
				return err
			}
			tokens, err := endTokens(ctx, tx, fmt.Sprintf(expired, "api_tokens"), millis(now), sweepBatch)
			over = append(sessions, tokens...)
			return err
		})
		if err != nil {
			return 0, err
		}
		s.tell("expired", over)
	}
}

// sweepRest writes down who was seen, and removes what is of no use any more: what
// was sent out and didn't come back, and guests who can't either.
func (s *Service) sweepRest(ctx context.Context) error {
	if err := s.writeSeen(ctx); err != nil {
		return err
	}
	for {
		more, err := s.sweepSome(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// sweepSome removes a batch of each. It reports whether there may be more.
func (s *Service) sweepSome(ctx context.Context) (more bool, err error) {
	now := s.now()
	var stale, guests bool
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		const query = `select exists (select 1 from verifications where expires_at <= ?)
			or exists (select 1 from invites where expires_at <= ? or uses_left = 0 and room = ''),
			exists (select 1 ` + lostGuests + `)`
		return tx.QueryRowContext(ctx, query, millis(now.Add(-expiredKept)), millis(now)).Scan(&stale, &guests)
	})
	if err != nil {
		return false, err
	}
	if guests {
		n, err := s.sweepGuests(ctx)
		if err != nil {
			return false, err
		}
		more = n == sweepBatch
	}
	if !stale {
		return more, nil
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		for remove, before := range map[string]time.Time{
			`delete from verifications where token_hash in (select token_hash from verifications where expires_at <= ? limit ?)`:    now.Add(-expiredKept),
			`delete from invites where id in (select id from invites where expires_at <= ? or uses_left = 0 and room = '' limit ?)`: now,
		} {
			result, err := tx.ExecContext(ctx, remove, millis(before), sweepBatch)
			if err != nil {
				return fmt.Errorf("remove what is stale: %w", err)
			}
			n, err := result.RowsAffected()
			if err != nil {
				return fmt.Errorf("remove what is stale: %w", err)
			}
			more = more || n == sweepBatch
		}
		return nil
	})
	return more, err
}

package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"snug/line"
)

// tokenPrefix begins every API token, so that people and scanners of leaked
// secrets know one when they see it.
const tokenPrefix = "snug_"

// bearer returns the API token that a request bears; false if there is none. One of
// somebody else's, as proxies add them, is none; one of ours that is no good isn't
// made up for by a cookie, so that a script notices.
func bearer(r *http.Request) (token string, given bool) {
	header := r.Header.Get("Authorization")
	const scheme = "bearer "
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return "", false
	}
	token = strings.TrimSpace(header[len(scheme):])
	return token, strings.HasPrefix(token, tokenPrefix)
}

// lookupToken returns what an API token opens, nil if it is none.
func (s *Service) lookupToken(ctx context.Context, token string) (*login, error) {
	h := hashToken(token)
	l, epoch := s.cache.get(h)
	if l == nil {
		err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
			l, err = selectToken(ctx, tx, h)
			return err
		})
		if err != nil || l == nil {
			return nil, err
		}
		s.cache.put(h, l, epoch)
	}
	if l.scopes == nil || !l.session.expires.IsZero() && !s.now().Before(l.session.expires) {
		return nil, nil
	}
	return l, nil
}

func selectToken(ctx context.Context, tx *sql.Tx, h tokenHash) (*login, error) {
	const query = `select t.id, t.user_id, t.scopes, t.created_at, coalesce(t.expires_at, 0), ` + userColumns + `
		from api_tokens t join users u on u.id = t.user_id where t.token_hash = ? and u.banned_at is null`
	l := &login{session: session{hash: h}}
	var scopes string
	var created, expires int64
	err := l.user.scan(tx.QueryRowContext(ctx, query, h.String()), &l.session.id, &l.session.userID, &scopes, &created, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read API token: %w", err)
	}
	l.scopes = splitScopes(scopes)
	l.session.created = fromMillis(created)
	if expires != 0 {
		l.session.expires = fromMillis(expires)
	}
	return l, nil
}

// splitScopes reads what is stored; never nil, which would be a person.
func splitScopes(text string) []Scope {
	list := []Scope{}
	for part := range strings.SplitSeq(text, ",") {
		if part != "" {
			list = append(list, Scope(part))
		}
	}
	return list
}

func joinScopes(list []Scope) string {
	parts := make([]string, len(list))
	for i, scope := range list {
		parts[i] = string(scope)
	}
	return strings.Join(parts, ",")
}

// endTokens deletes the API tokens for which the condition holds. To everybody else
// each is a session that ended.
func endTokens(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]ended, error) {
	return endRows(ctx, tx, `delete from api_tokens where `+where+` returning token_hash, user_id`, args...)
}

// endAccess ends all that a user is let in by: the sessions and the API tokens.
func endAccess(ctx context.Context, tx *sql.Tx, userID string) ([]ended, error) {
	sessions, err := endSessions(ctx, tx, `user_id = ?`, userID)
	if err != nil {
		return nil, err
	}
	tokens, err := endTokens(ctx, tx, `user_id = ?`, userID)
	return append(sessions, tokens...), err
}

// tokenJSON is an API token, without itself.
type tokenJSON struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Hint      string  `json:"hint"` // how it begins
	Scopes    []Scope `json:"scopes"`
	CreatedAt stamp   `json:"createdAt"`
	ExpiresAt *stamp  `json:"expiresAt"`
	UsedAt    *stamp  `json:"usedAt"`
}

func (s *Service) listTokens(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	list := []tokenJSON{}
	const query = `select id, name, hint, scopes, created_at, expires_at, used_at from api_tokens where user_id = ? order by created_at desc, id`
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, query, l.user.id)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var t tokenJSON
			var scopes string
			var created int64
			var expires, used sql.NullInt64
			if err := rows.Scan(&t.ID, &t.Name, &t.Hint, &scopes, &created, &expires, &used); err != nil {
				return err
			}
			t.Scopes, t.CreatedAt = splitScopes(scopes), stamp(fromMillis(created))
			t.ExpiresAt, t.UsedAt = stampOf(expires), stampOf(used)
			list = append(list, t)
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("list API tokens: %w", err)
	}
	return c.reply(list)
}

func stampOf(at sql.NullInt64) *stamp {
	if !at.Valid {
		return nil
	}
	t := stamp(fromMillis(at.Int64))
	return &t
}

// madeToken is an API token as it is shown this once.
type madeToken struct {
	tokenJSON
	Token string `json:"token"`
}

// createToken makes an API token and shows it, this once.
func (s *Service) createToken(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	if l.user.anonymous {
		return errGuest
	}
	name, err := c.body.required("name")
	if err != nil {
		return err
	}
	if name = strings.TrimSpace(name); name == "" || utf8.RuneCountInString(name) > maxName || dateLike.MatchString(name) || !line.Plain(name) {
		return errTokenName
	}
	scopes, err := c.body.scopes()
	if err != nil {
		return err
	}
	days, limited, err := c.body.number("expiresInDays", 1, maxTokenDays)
	if err != nil {
		return err
	}
	now := s.now()
	token := tokenPrefix + newID()
	row := tokenJSON{ID: newID(), Name: name, Hint: token[:len(tokenPrefix)+4], Scopes: scopes, CreatedAt: stamp(now)}
	var expires any
	if limited {
		at := now.AddDate(0, 0, days)
		expires, row.ExpiresAt = millis(at), (*stamp)(&at)
	}
	ctx := c.r.Context()
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := stillIn(ctx, tx, l); err != nil {
			return err
		}
		var have int
		if err := tx.QueryRowContext(ctx, `select count(*) from api_tokens where user_id = ?`, l.user.id).Scan(&have); err != nil {
			return err
		}
		if have >= maxTokens {
			return errTooManyTokens
		}
		const insert = `insert into api_tokens (id, user_id, name, token_hash, hint, scopes, created_at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?)`
		_, err := tx.ExecContext(ctx, insert, row.ID, l.user.id, name, hashToken(token).String(), row.Hint, joinScopes(scopes), millis(now), expires)
		return err
	})
	if err != nil {
		return fmt.Errorf("create API token: %w", err)
	}
	s.log.Info("API token made", "user", l.user.id, "token", hashToken(token).short())
	return c.reply(madeToken{row, token})
}

// revokeToken ends one of the user's API tokens and closes what it opened. For one
// that isn't theirs, or isn't at all, the reply is the same.
func (s *Service) revokeToken(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	id, err := c.body.required("id")
	if err != nil {
		return err
	}
	var over []ended
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		over, err = endTokens(ctx, tx, `user_id = ? and id = ?`, l.user.id, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke API token: %w", err)
	}
	s.tell("token revoked", over)
	return c.reply(statusJSON{true})
}

// scopes reads what a token may do: one of those there are, at least.
func (b body) scopes() ([]Scope, error) {
	names, err := b.texts("scopes", 8)
	if err != nil {
		return nil, err
	}
	var list []Scope
	for _, name := range names {
		scope := Scope(name)
		if scope != ScopeRead && scope != ScopeWrite && scope != ScopeRooms {
			return nil, errScopes
		}
		if !slices.Contains(list, scope) {
			list = append(list, scope)
		}
	}
	if len(list) == 0 {
		return nil, errScopes
	}
	return list, nil
}

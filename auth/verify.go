package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A ticket is the token of a link that shows an address to be somebody's: a JWT
// (HS256) with these claims, as better-auth makes them. What it is good for once
// only has a verification as well.
type ticket struct {
	Email    string        `json:"email"`
	UpdateTo string        `json:"updateTo,omitempty"`
	Request  ticketRequest `json:"requestType,omitempty"`
	UserID   string        `json:"userId,omitempty"`
	ID       string        `json:"jti,omitempty"` // two of one second aren't the same
	IssuedAt int64         `json:"iat"`           // Unix seconds
	Expires  int64         `json:"exp"`
}

// A ticketRequest is what a ticket asks for.
type ticketRequest string

const requestVerify ticketRequest = "" // confirm the address of an account

var ticketHeader = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`))

// issue signs a ticket that lives for life.
func (s *Service) issue(t ticket, now time.Time, life time.Duration) string {
	t.ID, t.IssuedAt, t.Expires = newID(), now.Unix(), now.Add(life).Unix()
	claims, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("encode ticket: %v", err)) // strings and numbers
	}
	text := ticketHeader + "." + base64.RawURLEncoding.EncodeToString(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(ticketMAC(s.secrets[0], text))
}

func ticketMAC(secret []byte, text string) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// readTicket returns the ticket of a token, if it was signed here and its time
// isn't over.
func (s *Service) readTicket(token string, now time.Time) (ticket, error) {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 || len(token) > maxTicket {
		return ticket{}, errTicket
	}
	text := token[:dot]
	given, err := base64.RawURLEncoding.Strict().DecodeString(token[dot+1:])
	if err != nil || !s.signedTicket(text, given) {
		return ticket{}, errTicket
	}
	head, body, _ := strings.Cut(text, ".")
	var kind struct{ Alg string }
	var t ticket
	if decodeJWT(head, &kind) != nil || kind.Alg != "HS256" || decodeJWT(body, &t) != nil {
		return ticket{}, errTicket
	}
	if now.Unix() >= t.Expires {
		return ticket{}, errTicketExpired
	}
	return t, nil
}

func (s *Service) signedTicket(text string, given []byte) bool {
	for _, secret := range s.secrets {
		if hmac.Equal(given, ticketMAC(secret, text)) {
			return true
		}
	}
	return false
}

func decodeJWT(part string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// verifyPath is the page that says how it went, if the client names no other.
const verifyPath = "/verify-email"

// mailVerification sends the link that confirms a user's address. Its verification
// is there for one thing only: that the link signs in once at most.
func (s *Service) mailVerification(ctx context.Context, u *user, head letterhead, target string) error {
	now := s.now()
	token := s.issue(ticket{Email: u.email, UserID: u.id}, now, verifyLife)
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		return put(ctx, tx, forVerify, token, u.id, struct{}{}, now, verifyLife)
	})
	if err != nil {
		return err
	}
	s.sendLink(ctx, letterVerify, head, ticketLink(token, target), u.id, u.email, "")
	return nil
}

func ticketLink(token, target string) string {
	if target == "" {
		target = verifyPath
	}
	return "/api/auth/verify-email?" + url.Values{"token": {token}, "callbackURL": {target}}.Encode()
}

// sendVerification mails the link that confirms an address to whoever has it. For
// one that nobody has here, or that is confirmed, the reply is the same; only who
// is signed in is told more, of their own.
func (s *Service) sendVerification(c *call) error {
	email, err := c.body.address("email")
	if err != nil {
		return err
	}
	target, err := s.callback(c)
	if err != nil {
		return err
	}
	l, _, err := s.current(c.r)
	switch {
	case err != nil:
		return err
	case l == nil || l.user.anonymous: // a guest may have made an account besides
	case l.user.emailVerified:
		return errVerified
	case l.user.email != email:
		return errForeignEmail
	}
	if err := s.allowSender(c, email); err != nil {
		return err
	}
	head := s.letterhead(c.r)
	s.later("send verification", func(ctx context.Context) error {
		u, err := s.reachable(ctx, email)
		if err != nil || u == nil || u.emailVerified {
			return err
		}
		return s.mailVerification(ctx, u, head, target)
	})
	return c.reply(statusJSON{true})
}

// verifiedReply has no user, as better-auth has it.
type verifiedReply struct {
	Status bool      `json:"status"`
	User   *userJSON `json:"user"`
}

// verifyEmail is where the links lead that show an address to be somebody's.
func (s *Service) verifyEmail(c *call) error {
	noReferrer(c.w)
	query := c.r.URL.Query()
	target := query.Get("callbackURL")
	if target != "" && !s.safeRedirect(c.r, target) {
		return errCallback
	}
	if !query.Has("token") {
		return errQuery
	}
	token, now := query.Get("token"), s.now()
	t, err := s.readTicket(token, now)
	if err == nil {
		ask, err := s.wantsButton(c, t)
		if err != nil {
			return err
		}
		if ask {
			return s.confirmPage(c, t, target)
		}
	}
	if err == nil {
		switch t.Request {
		case requestVerify:
			err = s.verifyAddress(c, t, token, now)
		case requestChange:
			err = s.agreeToChange(c, t, token, target, now)
		case requestAdopt:
			err = s.adoptAddress(c, t, token, now)
		default:
			err = errTicket
		}
	}
	if err != nil {
		return s.bounce(c, target, err)
	}
	if target != "" {
		return c.redirect(target)
	}
	return c.reply(verifiedReply{Status: true})
}

// verifyAddress notes that the address of an account is its owner's. Where nobody
// gets in before that it also signs them in: the first time, in a browser in which
// nobody is signed in. A guest is somebody, too, unless it is certain that no page
// led here: by a link of their own anybody could make guests leave their name behind.
func (s *Service) verifyAddress(c *call, t ticket, token string, now time.Time) error {
	if t.UpdateTo != "" {
		return errTicket // of an older better-auth, which would change the address
	}
	l, _, err := s.current(c.r)
	if err != nil {
		return err
	}
	var u *user
	var in *admission
	var known []tokenHash
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		if u, err = selectUser(ctx, tx, `lower(u.email) = ?`, strings.ToLower(t.Email)); err != nil {
			return err
		}
		if u == nil || t.UserID != "" && t.UserID != u.id {
			return errTicketUser
		}
		_, first, err := take(ctx, tx, forVerify, token, &struct{}{}, now)
		if err != nil || u.emailVerified {
			return err
		}
		if known, err = markVerified(ctx, tx, u, now); err != nil {
			return err
		}
		if !s.cfg.RequireVerified || s.cfg.NoPasswords || !first || u.banned {
			return nil
		}
		if l != nil && (!l.user.anonymous || ledByPage(c.r)) {
			return nil
		}
		a, err := s.admit(ctx, tx, c.r, u, entry{method: byPassword, remember: true}, now)
		in = &a
		return err
	})
	if err != nil {
		return fmt.Errorf("verify address: %w", err)
	}
	s.cache.forget(known...)
	s.log.Info("address confirmed", "user", u.id)
	if in != nil {
		s.welcome(c, *in)
	}
	return nil
}

// ledByPage: the browser says that it comes by a link on a page, be it of a mailbox.
func ledByPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "none"
}

// bounce answers a link that failed: with a redirect that says why, if there is
// somewhere to go.
func (s *Service) bounce(c *call, target string, err error) error {
	var e *refusal
	if target == "" || !errors.As(err, &e) || e.code == "" {
		return err
	}
	code := e.code
	if e.word != "" {
		code = e.word
	}
	return c.redirect(withQuery(target, "error", code))
}

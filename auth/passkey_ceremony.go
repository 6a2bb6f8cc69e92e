package auth

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// holder is whoever a ceremony is about.
type holder struct {
	handle      []byte // by which authenticators know the user
	name        string
	credentials []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return h.handle }
func (h holder) WebAuthnName() string                       { return h.name }
func (h holder) WebAuthnDisplayName() string                { return h.name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

func holderOf(u *user) holder {
	h := holder{handle: []byte(u.id), name: u.email}
	if placeholder(u.email) {
		h.name = u.name
	}
	return h
}

// passkeyHost is the name to which passkeys belong: an authenticator has them for
// no other site.
func (s *Service) passkeyHost(r *http.Request) (string, error) {
	u, err := url.Parse(s.baseOf(r))
	if err != nil || protocol.ValidateRPID(u.Hostname()) != nil {
		return "", errPasskeyHost
	}
	return u.Hostname(), nil
}

// party is this server in a ceremony with a page of that origin, which is an error
// if it isn't a page that may act here, or one that has no such passkeys.
func (s *Service) party(r *http.Request, origin string) (*webauthn.WebAuthn, error) {
	host, err := s.passkeyHost(r)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(origin)
	if err != nil || !s.origins.Allows(r, origin) || u.Hostname() != host && !strings.HasSuffix(u.Hostname(), "."+host) {
		return nil, &badAnswer{errOrigin}
	}
	life := webauthn.TimeoutConfig{Timeout: passkeyLife, TimeoutUVD: passkeyLife}
	party, err := webauthn.New(&webauthn.Config{
		RPID:                  host,
		RPDisplayName:         cmp.Or(s.cfg.ServerName(), product),
		RPOrigins:             []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		Timeouts:              webauthn.TimeoutsConfig{Login: life, Registration: life},
		// Password managers answer what nobody asked.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("set up passkeys: %w", err)
	}
	return party, nil
}

// putChallenge notes what a ceremony was begun with, for whoever holds the cookie,
// and userID if that isn't "".
func (s *Service) putChallenge(c *call, userID string, begun *webauthn.SessionData) error {
	token, now := newID(), s.now()
	ctx := c.r.Context()
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if userID != "" {
			if err := revoke(ctx, tx, forPasskey, userID); err != nil {
				return err
			}
		}
		return put(ctx, tx, forPasskey, token, userID, begun, now, passkeyLife)
	})
	if err != nil {
		return fmt.Errorf("store challenge: %w", err)
	}
	life := passkeyLife
	s.setCookie(c.w, passkeyCookie, s.sign(token), &life)
	return nil
}

// takeChallenge returns what putChallenge noted, once: whatever comes of the
// ceremony, it isn't to be had again.
func (s *Service) takeChallenge(c *call) (begun webauthn.SessionData, userID string, err error) {
	found := false
	now := s.now()
	ctx := context.WithoutCancel(c.r.Context())
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		for _, token := range s.signed(c.r, passkeyCookie) {
			begun = webauthn.SessionData{}
			if userID, found, err = take(ctx, tx, forPasskey, token, &begun, now); err != nil || found {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return begun, "", fmt.Errorf("take challenge: %w", err)
	}
	if !found {
		return begun, "", errChallenge
	}
	s.setCookie(c.w, passkeyCookie, "", new(time.Duration))
	return begun, userID, nil
}

// ceremonyFailed logs why an authenticator's answer was refused, without what it
// said. What isn't about the answer is returned as it is.
func (s *Service) ceremonyFailed(what, userID string, err error, refused *refusal) error {
	var bad *badAnswer
	if !errors.As(err, &bad) {
		return err
	}
	s.log.Info(what, "user", userID, "why", bad.kind())
	return refused
}

// A badAnswer is an answer of an authenticator that is wrong.
type badAnswer struct{ err error }

func (e *badAnswer) Error() string { return "answer of an authenticator is wrong: " + e.kind() }

// kind holds nothing of the answer itself.
func (e *badAnswer) kind() string {
	var reason *protocol.Error
	switch {
	case errors.As(e.err, &reason):
		return reason.Type
	case errors.Is(e.err, errOrigin):
		return "origin"
	}
	return "malformed"
}

// response returns what an authenticator said, as JSON.
func (b body) response() ([]byte, error) {
	raw, ok := b["response"]
	if !ok || raw[0] != '{' || len(raw) > maxPasskeyResponse {
		return nil, errValidation
	}
	return raw, nil
}

package auth

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"snug/db"
)

// registerOptions begins to make a passkey.
func (s *Service) registerOptions(c *call) error {
	l, err := s.lately(c)
	if err != nil {
		return err
	}
	party, err := s.party(c.r, s.baseOf(c.r))
	if err != nil {
		return err
	}
	var have []passkey
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		have, err = selectPasskeys(ctx, tx, `user_id = ?`, l.user.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("make passkey: %w", err)
	}
	if len(have) >= maxPasskeys {
		return errTooManyPasskeys
	}
	exclude, err := descriptors(have)
	if err != nil {
		return err
	}
	// Without being asked who it is, an authenticator finds only what it keeps itself.
	must := true
	selection := protocol.AuthenticatorSelection{
		ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: &must, UserVerification: protocol.VerificationPreferred,
	}
	switch kind := protocol.AuthenticatorAttachment(c.r.URL.Query().Get("authenticatorAttachment")); kind {
	case protocol.Platform, protocol.CrossPlatform:
		selection.AuthenticatorAttachment = kind
	case "":
	default:
		return errQuery
	}
	creation, begun, err := party.BeginRegistration(holderOf(&l.user),
		webauthn.WithExclusions(exclude), webauthn.WithAuthenticatorSelection(selection),
		webauthn.WithCredentialParameters(webauthn.CredentialParametersRecommendedL3()))
	if err != nil {
		return fmt.Errorf("make passkey: %w", err)
	}
	if err := s.putChallenge(c, l.user.id, begun); err != nil {
		return err
	}
	return c.reply(creation.Response)
}

// lately returns the login of somebody who may change what opens the account
// without showing anything: one that began lately, of no guest.
func (s *Service) lately(c *call) (*login, error) {
	l, _, err := s.require(c)
	switch {
	case err != nil:
		return nil, err
	case l.user.anonymous:
		return nil, errGuest
	case !s.fresh(l):
		return nil, errNotFresh
	}
	return l, nil
}

// verifyRegistration stores a passkey that was made.
func (s *Service) verifyRegistration(c *call) error {
	l, err := s.lately(c)
	if err != nil {
		return err
	}
	name, given, err := c.body.optional("name")
	if err != nil {
		return err
	}
	if !given || strings.TrimSpace(name) == "" {
		name = "Passkey"
	} else if name, err = cleanPasskeyName(name); err != nil {
		return err
	}
	raw, err := c.body.response()
	if err != nil {
		return err
	}
	begun, userID, err := s.takeChallenge(c)
	if err != nil {
		return err
	}
	if userID != l.user.id {
		return errForeignPasskey
	}
	made, err := s.checkCreation(c.r, l, begun, raw)
	if err != nil {
		return s.ceremonyFailed("passkey refused", l.user.id, err, errRegistration)
	}
	p := passkey{
		id: newID(), userID: l.user.id, name: name, counter: made.Authenticator.SignCount, deviceType: singleDevice, backedUp: made.Flags.BackupState,
		credentialID: base64.RawURLEncoding.EncodeToString(made.ID), publicKey: base64.RawURLEncoding.EncodeToString(made.PublicKey),
		transports: joinTransports(made.Transport), aaguid: formatAAGUID(made.Authenticator.AAGUID), created: s.now(),
	}
	if made.Flags.BackupEligible {
		p.deviceType = multiDevice
	}
	ctx := c.r.Context()
	err = s.db.Write(ctx, func(tx *sql.Tx) error { return insertPasskey(ctx, tx, l, p) })
	if errors.Is(err, db.ErrConflict) {
		return errRegistered
	}
	if err != nil {
		return fmt.Errorf("store passkey: %w", err)
	}
	s.log.Info("passkey made", "user", l.user.id, "session", l.session.hash.short(), "passkey", p.id)
	return c.reply(p.json())
}

func insertPasskey(ctx context.Context, tx *sql.Tx, l *login, p passkey) error {
	if _, err := stillIn(ctx, tx, l); err != nil {
		return err
	}
	var have int
	if err := tx.QueryRowContext(ctx, `select count(*) from passkeys where user_id = ?`, p.userID).Scan(&have); err != nil {
		return fmt.Errorf("count passkeys: %w", err)
	}
	if have >= maxPasskeys {
		return errTooManyPasskeys
	}
	const insert = `insert into passkeys
		(id, user_id, name, credential_id, public_key, counter, device_type, backed_up, transports, aaguid, created_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	_, err := tx.ExecContext(ctx, insert, p.id, p.userID, p.name, p.credentialID, p.publicKey, p.counter, p.deviceType,
		flag(p.backedUp), p.transports, p.aaguid, millis(p.created))
	return err
}

// checkCreation verifies the answer to registerOptions.
func (s *Service) checkCreation(r *http.Request, l *login, begun webauthn.SessionData, raw []byte) (*webauthn.Credential, error) {
	answer, err := protocol.ParseCredentialCreationResponseBytes(raw)
	if err != nil {
		return nil, &badAnswer{err}
	}
	party, err := s.party(r, answer.Response.CollectedClientData.Origin)
	if err != nil {
		return nil, err
	}
	made, err := party.CreateCredential(holderOf(&l.user), begun, answer)
	if err != nil {
		return nil, &badAnswer{err}
	}
	return made, nil
}

// joinTransports keeps what is like a transport: it is told to other browsers.
func joinTransports(list []protocol.AuthenticatorTransport) string {
	var known []string
	for _, t := range list {
		switch t {
		case protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal:
			known = append(known, string(t))
		}
	}
	return strings.Join(known, ",")
}

// formatAAGUID names the make of an authenticator as lists of them do.
func formatAAGUID(b []byte) string {
	if len(b) != 16 {
		return ""
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

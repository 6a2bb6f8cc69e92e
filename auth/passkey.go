package auth

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"snug/db"
	"snug/line"
)

var (
	errChallenge       = &refusal{status: 400, code: "CHALLENGE_NOT_FOUND", message: "Challenge not found"}
	errForeignPasskey  = &refusal{status: 401, code: "YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY", message: "You are not allowed to register this passkey"}
	errRegistration    = &refusal{status: 400, code: "FAILED_TO_VERIFY_REGISTRATION", message: "Failed to verify registration"} // 500 in 1.3.9
	errPasskeyUnknown  = &refusal{status: 401, code: "PASSKEY_NOT_FOUND", message: "Passkey not found"}                         // to sign in with
	errPasskeyGone     = &refusal{status: 404, code: "PASSKEY_NOT_FOUND", message: "Passkey not found"}
	errAuthentication  = &refusal{status: 400, code: "AUTHENTICATION_FAILED", message: "Authentication failed"}
	errRegistered      = &refusal{status: 400, code: "PREVIOUSLY_REGISTERED", message: "Previously registered"}
	errPasskeyHost     = &refusal{status: 400, code: "PASSKEYS_NEED_A_NAME", message: "Passkeys belong to a name, and this server was reached by an address"}
	errPasskeyName     = &refusal{status: 400, code: "INVALID_NAME", message: "Name must have 1 to 64 visible characters"}
	errTooManyPasskeys = &refusal{status: 409, code: "TOO_MANY_PASSKEYS", message: "You have 20 passkeys. Delete one that you don't need any more"}
	errLastWay         = &refusal{status: 400, code: "LAST_WAY_TO_SIGN_IN", message: "This is your last way to sign in"}
)

// What device_type says of a passkey: whether it can leave the device.
const (
	singleDevice = "singleDevice"
	multiDevice  = "multiDevice"
)

// A passkey is a row of passkeys.
type passkey struct {
	id           string
	userID       string
	name         string
	credentialID string // base64url
	publicKey    string // COSE, base64url
	counter      uint32
	deviceType   string
	backedUp     bool
	transports   string
	aaguid       string
	created      time.Time
	used         sql.NullInt64
}

func selectPasskeys(ctx context.Context, tx *sql.Tx, where string, arg any) (list []passkey, err error) {
	query := `select id, user_id, name, credential_id, public_key, counter, device_type, backed_up, transports, aaguid, created_at, used_at
		from passkeys where ` + where + ` order by created_at, id`
	err = db.Each(ctx, tx, query, []any{arg}, func(scan func(...any) error) error {
		var p passkey
		var created int64
		err := scan(&p.id, &p.userID, &p.name, &p.credentialID, &p.publicKey, &p.counter, &p.deviceType, &p.backedUp,
			&p.transports, &p.aaguid, &created, &p.used)
		p.created = fromMillis(created)
		list = append(list, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("select passkeys: %w", err)
	}
	return list, nil
}

// passkeyJSON is a passkey of the one who asks. better-auth has no usedAt.
type passkeyJSON struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	PublicKey    string `json:"publicKey"`
	UserID       string `json:"userId"`
	CredentialID string `json:"credentialID"`
	Counter      uint32 `json:"counter"`
	DeviceType   string `json:"deviceType" openapi:"enum=singleDevice|multiDevice"`
	BackedUp     bool   `json:"backedUp"`
	Transports   string `json:"transports"`
	CreatedAt    stamp  `json:"createdAt"`
	AAGUID       string `json:"aaguid"`
	UsedAt       *stamp `json:"usedAt"`
}

func (p passkey) json() passkeyJSON {
	return passkeyJSON{p.id, p.name, p.publicKey, p.userID, p.credentialID, p.counter, p.deviceType, p.backedUp, p.transports,
		stamp(p.created), p.aaguid, stampOf(p.used)}
}

// credential is the form in which signatures are checked.
func (p passkey) credential() (webauthn.Credential, error) {
	id, err := base64.RawURLEncoding.DecodeString(p.credentialID)
	if err != nil {
		return webauthn.Credential{}, fmt.Errorf("decode credential id of passkey %s: %w", p.id, err)
	}
	key, err := base64.RawURLEncoding.DecodeString(p.publicKey)
	if err != nil {
		return webauthn.Credential{}, fmt.Errorf("decode key of passkey %s: %w", p.id, err)
	}
	c := webauthn.Credential{ID: id, PublicKey: key}
	c.Flags.BackupEligible, c.Flags.BackupState = p.deviceType == multiDevice, p.backedUp
	c.Authenticator.SignCount = p.counter
	for part := range strings.SplitSeq(p.transports, ",") {
		if part != "" {
			c.Transport = append(c.Transport, protocol.AuthenticatorTransport(part))
		}
	}
	return c, nil
}

func descriptors(list []passkey) ([]protocol.CredentialDescriptor, error) {
	out := make([]protocol.CredentialDescriptor, 0, len(list))
	for _, p := range list {
		c, err := p.credential()
		if err != nil {
			return nil, err
		}
		out = append(out, c.Descriptor())
	}
	return out, nil
}

func (s *Service) listPasskeys(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	list := []passkeyJSON{}
	ctx := c.r.Context()
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := selectPasskeys(ctx, tx, `user_id = ?`, l.user.id)
		for _, p := range rows {
			list = append(list, p.json())
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("list passkeys: %w", err)
	}
	return c.reply(list)
}

// deletePasskey takes one of the user's passkeys away, but not the last way in. For
// one that isn't theirs the reply is as for one that isn't at all.
func (s *Service) deletePasskey(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	id, err := c.body.required("id")
	if err != nil {
		return err
	}
	ctx := c.r.Context()
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := stillIn(ctx, tx, l); err != nil {
			return err
		}
		gone, err := one(tx.ExecContext(ctx, `delete from passkeys where user_id = ? and id = ?`, l.user.id, id))
		if err != nil {
			return err
		}
		if !gone {
			return errPasskeyGone
		}
		left, err := selectPasskeys(ctx, tx, `user_id = ?`, l.user.id)
		if err != nil || len(left) > 0 {
			return err
		}
		accounts, err := selectAccounts(ctx, tx, l.user.id)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			if s.opens(a.ProviderID) {
				return nil
			}
		}
		return errLastWay
	})
	if err != nil {
		return fmt.Errorf("delete passkey: %w", err)
	}
	s.log.Info("passkey deleted", "user", l.user.id, "session", l.session.hash.short(), "passkey", id)
	return c.reply(statusJSON{true})
}

type renamedReply struct {
	Passkey passkeyJSON `json:"passkey"`
}

func (s *Service) updatePasskey(c *call) error {
	l, _, err := s.require(c)
	if err != nil {
		return err
	}
	id, err := c.body.required("id")
	if err != nil {
		return err
	}
	name, err := c.body.required("name")
	if err != nil {
		return err
	}
	if name, err = cleanPasskeyName(name); err != nil {
		return err
	}
	var renamed []passkey
	ctx := c.r.Context()
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := stillIn(ctx, tx, l); err != nil {
			return err
		}
		found, err := one(tx.ExecContext(ctx, `update passkeys set name = ? where user_id = ? and id = ?`, name, l.user.id, id))
		if err != nil {
			return err
		}
		if !found {
			return errPasskeyGone
		}
		renamed, err = selectPasskeys(ctx, tx, `id = ?`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("rename passkey: %w", err)
	}
	return c.reply(renamedReply{renamed[0].json()})
}

// cleanPasskeyName: nobody but its owner sees it.
func cleanPasskeyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxName || dateLike.MatchString(name) || !line.Plain(name) {
		return "", errPasskeyName
	}
	return name, nil
}

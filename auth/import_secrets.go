package auth

import (
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"snug/auth/betterauth"
)

const (
	// minImportedToken and maxImportedToken bytes has a session's token. better-auth's
	// have 32.
	minImportedToken, maxImportedToken = 16, 512
	// maxImportedCodes are taken over of one person's backup codes.
	maxImportedCodes = 100
)

// convertSessions keeps those that live. They begin to be ours when their cookie
// comes.
func (i *importer) convertSessions(p *arrival, u betterauth.User) {
	for _, from := range u.Sessions {
		why := ""
		switch {
		case !from.Expires.After(i.now):
			why = leftOver
		case from.Impersonated:
			why = leftForeign
		case p.banned:
			why = leftBanned
		case len(from.Token) < minImportedToken || len(from.Token) > maxImportedToken,
			// One from the future would be fresh for longer than it may be.
			from.Created.IsZero() || from.Created.After(i.now):
			why = leftOdd
		}
		if why != "" {
			p.left = append(p.left, why)
			continue
		}
		s := arrivedSession{hash: hashToken(from.Token), created: from.Created, updated: from.Updated, expires: from.Expires}
		if s.updated.Before(s.created) || s.updated.After(i.now) {
			s.updated = s.created
		}
		// Nothing else tells those that aren't to outlive the browser: they last for a
		// day, and aren't lengthened.
		s.remember = s.expires.Sub(s.updated) > shortLife
		if last := i.now.Add(sessionMaxAge); s.expires.After(last) {
			s.expires = last
			p.changed = append(p.changed, changedSession)
		}
		if addr, err := netip.ParseAddr(from.IPAddress); err == nil {
			s.ipAddress = addr.WithZone("").String()
		}
		s.userAgent = plainText(from.UserAgent[:min(len(from.UserAgent), maxUserAgent)], maxUserAgent)
		p.sessions = append(p.sessions, s)
	}
	latestFirst(p.sessions)
	for len(p.sessions) > maxSessions {
		p.sessions = p.sessions[:len(p.sessions)-1]
		p.left = append(p.left, leftMany)
	}
}

var aaguidSyntax = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func (p *arrival) convertPasskeys(u betterauth.User) {
	for _, from := range u.Passkeys {
		k, ok := passkeyOf(from)
		if !ok || len(p.passkeys) == maxPasskeys {
			p.left = append(p.left, leftPasskey)
			continue
		}
		k.id, k.userID, k.created = newID(), u.ID, orMoment(from.Created, p.created)
		p.passkeys = append(p.passkeys, k)
	}
}

func passkeyOf(from betterauth.Passkey) (k passkey, ok bool) {
	key, err := anyBase64(from.PublicKey)
	if err != nil {
		return k, false
	}
	if _, err := webauthncose.ParsePublicKey(key); err != nil {
		return k, false
	}
	const longest = 1023 // bytes of an id, says WebAuthn
	id, err := anyBase64(from.CredentialID)
	if err != nil || len(id) == 0 || len(id) > longest {
		return k, false
	}
	if k.name, err = cleanPasskeyName(from.Name); err != nil {
		k.name = "Passkey"
	}
	k.credentialID, k.publicKey = base64.RawURLEncoding.EncodeToString(id), base64.RawURLEncoding.EncodeToString(key)
	k.counter = uint32(min(max(from.Counter, 0), 1<<32-1))
	k.backedUp, k.deviceType = from.BackedUp, singleDevice
	if from.DeviceType == multiDevice {
		k.deviceType = multiDevice
	}
	var transports []protocol.AuthenticatorTransport
	for part := range strings.SplitSeq(from.Transports, ",") {
		transports = append(transports, protocol.AuthenticatorTransport(strings.TrimSpace(part)))
	}
	k.transports = joinTransports(transports[:min(len(transports), 10)])
	if aaguid := strings.ToLower(from.AAGUID); aaguidSyntax.MatchString(aaguid) {
		k.aaguid = aaguid
	}
	return k, true
}

// anyBase64 reads both alphabets, with and without what fills it up.
func anyBase64(text string) ([]byte, error) {
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	return base64.RawURLEncoding.DecodeString(text)
}

// convertFactor reads the second factor. One that can't be read is asked for all the
// same: what protected an account goes on to do so.
func (i *importer) convertFactor(p *arrival, u betterauth.User) {
	if !u.TwoFactor {
		if len(u.Factors) > 0 {
			p.changed = append(p.changed, changedNoSecond)
		}
		return
	}
	p.twoFactor = true
	for _, from := range u.Factors {
		key, _, err := open(i.secrets, from.Secret)
		if err != nil || len(key) == 0 || len(key) > maxURL {
			continue
		}
		p.factor = seal(i.options.Secret, key)
		codes, ok := i.backupCodes(from.BackupCodes)
		for _, code := range codes {
			if h := hashBackupCode(u.ID, code); h != "" {
				p.codes = append(p.codes, h)
			} else {
				ok = false
			}
		}
		if !ok {
			p.changed = append(p.changed, changedCodes)
		}
		return
	}
	p.changed = append(p.changed, changedFactor)
}

// backupCodes reads a list of codes that is stored plainly, encrypted or, as 1.3 does
// with codes that were made anew, encrypted twice.
func (i *importer) backupCodes(stored string) (codes []string, ok bool) {
	for range 3 {
		if strings.HasPrefix(stored, "[") {
			err := json.Unmarshal([]byte(stored), &codes)
			return codes[:min(len(codes), maxImportedCodes)], err == nil && len(codes) <= maxImportedCodes
		}
		text, _, err := open(i.secrets, stored)
		if err != nil {
			break
		}
		stored = string(text)
	}
	return nil, stored == ""
}

package auth

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"snug/auth/betterauth"
	"snug/auth/oauth"
)

// An arrival is a person as they are to be stored, and what there is to say of it.
type arrival struct {
	user
	person    ImportPerson
	refused   string // why they aren't taken over; "" if they are
	banReason string
	method    string
	accounts  []arrivedAccount
	sessions  []arrivedSession
	passkeys  []passkey
	factor    string   // sealed; "" if there is none, or it can't be read
	codes     []string // hashes
	tokens    int

	changed, left []string // notes, for when they are stored
}

// An arrivedAccount is a row of accounts.
type arrivedAccount struct {
	provider, id, hash, scope string
	created, updated          time.Time
}

// An arrivedSession is a row of sessions.
type arrivedSession struct {
	hash                      tokenHash
	remember                  bool
	ipAddress, userAgent      string
	created, updated, expires time.Time
}

var (
	userIDSyntax   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	providerSyntax = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)
	methodSyntax   = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)
	numeric        = regexp.MustCompile(`^[0-9]{1,32}$`)
)

// convert makes of a user of the file what would be stored.
func (i *importer) convert(u betterauth.User) *arrival {
	p := &arrival{person: ImportPerson{ID: u.ID, Email: u.Email}}
	p.id = u.ID
	switch {
	case !userIDSyntax.MatchString(u.ID) || strings.EqualFold(u.ID, "system"):
		p.refused = leftID
	case u.Repeated:
		p.refused = leftRepeated
	}
	if p.refused != "" {
		return p
	}
	p.created, p.updated = i.moments(u)
	if u.Created.IsZero() && u.Updated.IsZero() {
		p.changed = append(p.changed, changedMoment)
	}
	p.convertAccounts(u)
	p.convertAddress(u)
	p.convertProfile(u)
	i.convertStanding(p, u)
	i.convertSessions(p, u)
	p.convertPasskeys(u)
	i.convertFactor(p, u)
	for range u.Beyond {
		p.left = append(p.left, leftBeyond)
	}
	if p.anonymous && len(p.sessions) == 0 && p.refused == "" {
		p.refused = leftGuest
	}
	return p
}

// moments are when somebody came, and was changed last: never in the future.
func (i *importer) moments(u betterauth.User) (created, updated time.Time) {
	created, updated = u.Created, u.Updated
	if created.IsZero() {
		created = updated
	}
	if created.IsZero() || created.After(i.now) {
		created = i.now
	}
	if updated.Before(created) || updated.After(i.now) {
		updated = created
	}
	return created, updated
}

// convertAddress comes after the accounts: one of them may name who has no address.
func (p *arrival) convertAddress(u betterauth.User) {
	email, err := cleanEmail(strings.Trim(u.Email, " "))
	if err == nil && !u.Anonymous && !placeholder(email) {
		p.email, p.emailVerified = email, u.EmailVerified
		if u.TakenBy != "" {
			p.refused = leftTaken
		}
		return
	}
	p.email = p.standIn(u)
	if p.email != strings.ToLower(u.Email) && !u.Anonymous {
		p.changed = append(p.changed, changedAddress)
	}
}

// standIn makes an address for somebody who has none.
func (p *arrival) standIn(u betterauth.User) string {
	if u.Anonymous {
		return "temp-" + strings.ToLower(u.ID) + "@anonymous.placeholder.invalid"
	}
	for _, a := range p.accounts {
		if a.provider == twitter && numeric.MatchString(a.id) {
			return addressOf(twitter, oauth.Profile{AccountID: a.id})
		}
	}
	sum := sha256.Sum256([]byte(u.ID)) // ids may differ in nothing but their case
	return "user-" + hex.EncodeToString(sum[:12]) + "@unknown.placeholder.invalid"
}

func (p *arrival) convertProfile(u betterauth.User) {
	name, err := cleanName(u.Name)
	if err != nil {
		name = displayName(u.Name, p.email)
		p.changed = append(p.changed, changedName)
	}
	p.name = name
	switch {
	case u.Image == "":
	case checkImage(u.Image) != nil:
		p.left = append(p.left, leftImage)
	default:
		p.image = &u.Image
		if !ofProvider(u.Image) {
			p.changed = append(p.changed, changedPicture)
		}
	}
	if methodSyntax.MatchString(u.Method) {
		p.method = u.Method
	}
}

// convertStanding says what somebody is here: an admin stays one, and the owner is
// made by whoever runs the server.
func (i *importer) convertStanding(p *arrival, u betterauth.User) {
	p.role = RoleMember
	for part := range strings.SplitSeq(u.Role, ",") {
		switch strings.ToLower(strings.TrimSpace(part)) {
		case "", "user", "member":
		case "admin":
			p.role = RoleAdmin
		default:
			p.changed = append(p.changed, changedRole)
		}
	}
	if u.Anonymous {
		p.anonymous, p.role = true, RoleGuest
	}
	if u.Banned && (u.BanExpires.IsZero() || u.BanExpires.After(i.now)) {
		p.banned = true
		p.banReason = plainText(u.BanReason, maxBanReason)
		if !u.BanExpires.IsZero() {
			p.changed = append(p.changed, changedBan)
		}
	}
}

// maxBanReason characters of it are kept.
const maxBanReason = 500

// plainText keeps at most so many characters of a text, without what can't be seen.
func plainText(text string, most int) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text))
	return strings.TrimSpace(string(runes[:min(len(runes), most)]))
}

func (p *arrival) convertAccounts(u betterauth.User) {
	list := slices.Clone(u.Accounts)
	slices.SortStableFunc(list, func(a, b betterauth.Account) int { return a.Created.Compare(b.Created) })
	for _, a := range list {
		p.tokens += a.Tokens
		made := arrivedAccount{provider: a.Provider, id: a.ID, scope: scopesOf(a.Scope),
			created: orMoment(a.Created, p.created), updated: orMoment(a.Updated, p.created)}
		why := ""
		same := func(have arrivedAccount) bool { return have.provider == made.provider && have.id == made.id }
		if a.Provider == credential {
			made.id, made.hash, made.scope = u.ID, a.Password, ""
			why = whyNoPassword(a.Password)
			if why == "" && slices.ContainsFunc(p.accounts, same) {
				why = leftSecondHash
			}
		} else {
			switch {
			case !providerSyntax.MatchString(a.Provider), a.ID == "", len(a.ID) > 255, plainText(a.ID, 255) != a.ID:
				why = leftStrange
			case a.TakenBy != "":
				why = leftAccount
			case slices.ContainsFunc(p.accounts, same):
				continue // the same row twice
			}
		}
		if why != "" {
			p.left = append(p.left, why)
			continue
		}
		p.accounts = append(p.accounts, made)
	}
}

// whyNoPassword says why a hash is of no use, "" if signing in can check it.
func whyNoPassword(hash string) string {
	if hash == "" {
		return leftNoHash
	}
	if _, err := parsePHC(hash); err == nil || legacyHash.MatchString(hash) {
		return ""
	}
	return leftHash
}

// scopesOf puts commas between scopes, where some have spaces.
func scopesOf(text string) string {
	const most = 1000
	var list []string
	size := 0
	for _, scope := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		if size += len(scope) + 1; size > most {
			break
		}
		if plainText(scope, most) == scope {
			list = append(list, scope)
		}
	}
	return strings.Join(list, ",")
}

func orMoment(t, or time.Time) time.Time {
	if t.IsZero() {
		return or
	}
	return t
}

// latestFirst sorts sessions by when they were used last.
func latestFirst(list []arrivedSession) {
	slices.SortStableFunc(list, func(a, b arrivedSession) int {
		return cmp.Or(b.updated.Compare(a.updated), b.created.Compare(a.created))
	})
}

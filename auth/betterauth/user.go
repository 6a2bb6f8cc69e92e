package betterauth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"
)

// A User is a person as the file has them, with all that is theirs. Texts are as
// they were stored, cut at 16,384 characters; a zero time is missing or can't be
// read.
type User struct {
	ID            string
	Email         string
	Name          string
	EmailVerified bool
	Image         string
	Created       time.Time
	Updated       time.Time
	Anonymous     bool
	TwoFactor     bool   // a second factor is asked for
	Method        string // of the last sign-in
	Role          string // or several, with commas
	Banned        bool
	BanReason     string
	BanExpires    time.Time // zero: never

	// TakenBy is the id of another user of the file to whom the address belongs, ""
	// if it is this one's.
	TakenBy string
	// Repeated: another user with this very id came before.
	Repeated bool

	Accounts []Account
	Sessions []Session
	Passkeys []Passkey
	Factors  []Factor
	Beyond   int // rows of theirs that were too many to be read
}

// An Account is a way to sign in: at a provider, or with the password where the
// provider is called credential.
type Account struct {
	Provider string
	ID       string // at the provider
	Scope    string
	Password string // its hash; "" if there is none
	Created  time.Time
	Updated  time.Time
	Tokens   int    // of the provider that are stored with it
	TakenBy  string // as in User
}

// A Session is one that may be over.
type Session struct {
	Token        string
	Created      time.Time
	Updated      time.Time
	Expires      time.Time
	IPAddress    string
	UserAgent    string
	Impersonated bool // an admin is the user
}

// A Passkey is one with its public key in base64.
type Passkey struct {
	CredentialID string
	PublicKey    string
	Name         string
	Counter      int64
	DeviceType   string
	BackedUp     bool
	Transports   string // with commas
	AAGUID       string
	Created      time.Time
}

// A Factor is the secret of an authenticator app and the backup codes, both as a
// rule encrypted.
type Factor struct {
	Secret      string
	BackupCodes string
}

// Strays are the rows, by table, that belong to no user of the file. It is complete
// once Users has come to its end.
func (s *Source) Strays() map[string]int { return s.strays }

// Users goes through all users by their id, compared as bytes. It holds one at a
// time. An error is the last that it yields; ErrChanged comes after all users.
func (s *Source) Users(ctx context.Context) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		stopped, err := s.each(ctx, func(u User) bool { return yield(u, nil) })
		if err == nil && !stopped {
			err = s.unchanged()
		}
		if err != nil && !stopped {
			yield(User{}, fmt.Errorf("read %s: %w", s.path, err))
		}
	}
}

func (s *Source) each(ctx context.Context, fn func(User) bool) (stopped bool, err error) {
	clear(s.strays)
	cursors := map[string]*cursor{}
	defer func() {
		for _, c := range cursors {
			err = errors.Join(err, c.close())
		}
	}()
	for _, t := range tables() {
		c, err := s.open(ctx, t)
		if err != nil {
			return false, err
		}
		cursors[t.name] = c
	}
	last, some := "", false
	for users := cursors[userTable.name]; !users.done; {
		u := s.user(users.row)
		u.Repeated = some && u.ID == last
		last, some = u.ID, true
		for _, t := range tables()[1:] {
			if err := s.gather(cursors[t.name], t, &u); err != nil {
				return false, err
			}
		}
		if !fn(u) {
			return true, nil
		}
		if err := users.next(); err != nil {
			return false, err
		}
	}
	for _, t := range tables()[1:] {
		for c := cursors[t.name]; !c.done; s.strays[t.name]++ {
			if err := c.next(); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// gather adds to a user the rows of a table that are theirs, and passes over those
// that are nobody's.
func (s *Source) gather(c *cursor, t table, u *User) error {
	for n := 0; !c.done && (c.row[0].null || c.row[0].text <= u.ID); {
		switch {
		case c.row[0].null || c.row[0].text < u.ID:
			s.strays[t.name]++
		case n == maxEach:
			u.Beyond++
		default:
			s.add(t, c.row, u)
			n++
		}
		if err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) user(r []field) User {
	u := User{ID: r[0].text, Email: r[1].text, Name: r[2].text, EmailVerified: r[3].yes(), Image: r[4].text,
		Created: r[5].date(), Updated: r[6].date(), Anonymous: r[7].yes(), TwoFactor: r[8].yes(), Method: r[9].text,
		Role: r[10].text, Banned: r[11].yes(), BanReason: r[12].text, BanExpires: r[13].date()}
	if o, ok := s.addresses[repeatedKey(foldAddress(u.Email), "")]; ok && o.userID != u.ID {
		u.TakenBy = o.userID
	}
	return u
}

func (s *Source) add(t table, r []field, u *User) {
	switch t.name {
	case accountTable.name:
		a := Account{Provider: r[1].text, ID: r[2].text, Scope: r[3].text, Password: r[4].text, Created: r[5].date(), Updated: r[6].date()}
		for _, token := range r[len(t.columns):] {
			if token.yes() {
				a.Tokens++
			}
		}
		if o, ok := s.accounts[repeatedKey(a.Provider, a.ID)]; ok && o.userID != u.ID {
			a.TakenBy = o.userID
		}
		u.Accounts = append(u.Accounts, a)
	case sessionTable.name:
		u.Sessions = append(u.Sessions, Session{Token: r[1].text, Expires: r[2].date(), Created: r[3].date(), Updated: r[4].date(),
			IPAddress: r[5].text, UserAgent: r[6].text, Impersonated: r[7].text != ""})
	case passkeyTable.name:
		u.Passkeys = append(u.Passkeys, Passkey{CredentialID: r[1].text, PublicKey: r[2].text, Name: r[3].text, Counter: r[4].number(),
			DeviceType: r[5].text, BackedUp: r[6].yes(), Transports: r[7].text, AAGUID: r[8].text, Created: r[9].date()})
	case factorTable.name:
		u.Factors = append(u.Factors, Factor{Secret: r[1].text, BackupCodes: r[2].text})
	}
}

// SecondFactors returns how many people are asked for a second factor, and the
// secrets of at most limit of them.
func (s *Source) SecondFactors(ctx context.Context, limit int) (people int, secrets []string, err error) {
	user := s.at[userTable.name]
	asked := fmt.Sprintf(`from %s where lower(%s) in ('1', '1.0', 'true')`, quote(user.name), user.expression("twoFactorEnabled"))
	if err := s.db.QueryRowContext(ctx, `select count(*) `+asked).Scan(&people); err != nil {
		return 0, nil, fmt.Errorf("count second factors: %w", err)
	}
	factor, ok := s.at[factorTable.name]
	if !ok || people == 0 {
		return people, nil, nil
	}
	query := fmt.Sprintf(`select %s from %s where %s in (select %s %s) limit ?`,
		factor.expression("secret"), quote(factor.name), factor.expression("userId"), user.expression("id"), asked)
	rows, err := s.db.QueryContext(ctx, query, limit)
	if err != nil {
		return 0, nil, fmt.Errorf("read second factors: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var secret sql.NullString
		if err := rows.Scan(&secret); err != nil {
			return 0, nil, fmt.Errorf("read second factors: %w", err)
		}
		secrets = append(secrets, secret.String)
	}
	return people, secrets, rows.Err()
}

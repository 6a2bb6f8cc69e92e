package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// user is a row of users.
type user struct {
	id            string
	name          string
	email         string
	emailVerified bool
	image         *string
	role          Role
	anonymous     bool // a guest: nobody else can sign in as this user
	wasGuest      bool // until enroll gave them an account just now; not stored
	twoFactor     bool
	banned        bool
	created       time.Time
	updated       time.Time
}

// userColumns are what scan reads, of users u.
const userColumns = `u.id, u.name, u.email, u.email_verified, u.image, u.role, u.anonymous, u.two_factor,
	u.banned_at is not null, u.created_at, u.updated_at`

// scan reads a row that begins with columns of the caller's.
func (u *user) scan(row interface{ Scan(...any) error }, before ...any) error {
	var created, updated int64
	err := row.Scan(append(before, &u.id, &u.name, &u.email, &u.emailVerified, &u.image, &u.role, &u.anonymous, &u.twoFactor,
		&u.banned, &created, &updated)...)
	u.created, u.updated = fromMillis(created), fromMillis(updated)
	return err
}

// selectUser returns the user for whom the condition holds, nil if there is none.
func selectUser(ctx context.Context, tx *sql.Tx, where string, args ...any) (*user, error) {
	u := &user{}
	err := u.scan(tx.QueryRowContext(ctx, `select `+userColumns+` from users u where `+where, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("select user: %w", err)
	}
	return u, nil
}

// ours reports whether a picture is served by this server. Only those are shown to
// others: a foreign address would tell its owner who reads what, and when.
func ours(image string) bool { return strings.HasPrefix(image, avatarPath) }

func (u *user) identity() Identity {
	id := Identity{UserID: u.id, Name: u.name, Email: u.email, Role: u.role}
	if u.image != nil && ours(*u.image) {
		id.Image = *u.image
	}
	return id
}

// placeholder reports whether an address was made up for somebody whose provider
// gave none. No mail goes there, and it matches nobody.
func placeholder(email string) bool { return strings.HasSuffix(email, ".placeholder.invalid") }

// avatarPath is where pictures are served.
const avatarPath = "/api/avatars/"

package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// An invitation is one that isn't expired, with who made it as they are now: at each use it
// is worth as much as they may do then, whatever they could when they made it.
type invitation struct {
	id    string
	email *string // the only address that may use it
	room  string  // key of the room that it leads into; "": none
	left  int     // uses
	host  *user   // who made it; nil: an operator, whose invitations are always good
}

// invitationColumns are what scan reads, of invites i and users u, which is left joined.
const invitationColumns = `i.id, i.email, i.room, i.uses_left, u.id, coalesce(u.name, ''), coalesce(u.role, ''), u.banned_at is not null`

// fields are where a row of invitationColumns goes to; then made is called.
func (i *invitation) fields() (fields []any, made func()) {
	var id *string
	host := &user{}
	return []any{&i.id, &i.email, &i.room, &i.left, &id, &host.name, &host.role, &host.banned}, func() {
		if id != nil {
			host.id, i.host = *id, host
		}
	}
}

// selectInvitation returns the invitation of a token, nil where there is none or it is expired.
func selectInvitation(ctx context.Context, tx *sql.Tx, token string, now time.Time) (*invitation, error) {
	const query = `select ` + invitationColumns + ` from invites i left join users u on u.id = i.created_by
		where i.token_hash = ? and i.expires_at > ?`
	i := &invitation{}
	fields, made := i.fields()
	err := tx.QueryRowContext(ctx, query, hashToken(token).String(), millis(now)).Scan(fields...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find invite: %w", err)
	}
	made()
	return i, nil
}

// worth is what an invitation does for those who use it.
type worth int

const (
	worthNothing  worth = iota
	worthRoom           // who has an account enters the room, if rooms let them: see InviteRooms
	worthAccounts       // that, and whoever has none may make one
)

// worth is asked at each use of an invitation, and nothing else is: whoever is banned lets
// nobody in, and who may not invite to the server (any more) nobody who has no account.
func (i *invitation) worth() worth {
	switch {
	case i.host == nil || !i.host.banned && i.host.mayInvite():
		return worthAccounts
	case !i.host.banned && i.room != "":
		return worthRoom
	}
	return worthNothing
}

// suits reports whether somebody with that address may use it.
func (i *invitation) suits(email string) bool {
	return i.email == nil || strings.EqualFold(*i.email, email)
}

// by is the id of who made it, "" for an operator.
func (i *invitation) by() string {
	if i.host == nil {
		return ""
	}
	return i.host.id
}

// invitedBy is the name of who made it, nil for an operator.
func (i *invitation) invitedBy() *string {
	if i.host == nil {
		return nil
	}
	return &i.host.name
}

// An InviteAct is something that is done with an invitation.
type InviteAct string

// What is done with invitations. That somebody enters a room by one the room knows.
const (
	InviteMade    InviteAct = "made"
	InviteRevoked InviteAct = "revoked"
	InviteUsed    InviteAct = "used" // an account was made by it
)

// An InviteNote is told to Config.NoteInvite.
type InviteNote struct {
	Act InviteAct
	// By is who made or revoked the invitation; of one that was used, who had made it.
	// Without an id it is an operator.
	By Identity
	// User has used it, or had made what somebody else revokes. Without an id it is nobody.
	User     Identity
	Room     string // key of the room that it leads into; "": none
	Accounts bool   // it lets people make accounts
	Uses     int    // of one that is made
	Life     time.Duration
}

// note tells of what is done with an invitation.
func (s *Service) note(ctx context.Context, tx *sql.Tx, n InviteNote) error {
	if s.cfg.NoteInvite == nil {
		return nil
	}
	if err := s.cfg.NoteInvite(ctx, tx, n); err != nil {
		return fmt.Errorf("note what is done with an invite: %w", err)
	}
	return nil
}

// hostIdentity is who made an invitation, without an id an operator.
func (i *invitation) hostIdentity() Identity {
	if i.host == nil {
		return Identity{}
	}
	return i.host.identity()
}

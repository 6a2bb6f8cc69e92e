package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"snug/auth"
	"snug/chat"
	"snug/search"
)

// maxListed people, or rooms, are in one answer. More don't help who reads, and one answer is
// held in memory whole.
const maxListed = 1000

// maxReason characters of the reason for a ban are kept.
const maxReason = 500

// An office is where operations are done: the accounts and the rooms of a server, and
// where people find that.
type office struct {
	accounts *auth.Service
	rooms    *chat.Rooms
	settle   func(context.Context) error // tells rooms what they don't know; nil: no server runs, and the next one will
	index    *search.Index               // nil: no server runs, or it has none
	url      string
}

// whom says who something is done to, so that it stands in the audit log.
func (o office) whom(email string, what chat.Oversight) auth.Whom {
	return auth.Whom{Email: email, Check: func(ctx context.Context, tx *sql.Tx, _, to auth.Person) error {
		what.User, what.Role = chat.User{ID: chat.UserID(to.ID), Name: to.Name}, chat.Role(to.Role)
		return o.rooms.Oversee(ctx, tx, what)
	}}
}

// An order is what an operation is asked to do. Each takes from it what it needs.
type order struct {
	Email  string    `json:"email,omitempty"`
	Text   string    `json:"text,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Role   auth.Role `json:"role,omitempty"`
	Base   string    `json:"base,omitempty"` // that links are to begin with; "": the server's own
	Uses   int       `json:"uses,omitempty"`
	Days   int       `json:"days,omitempty"`

	Rooms []chat.RoomEntry `json:"rooms,omitempty"`
}

// An outcome is what comes of it.
type outcome struct {
	People []auth.Person `json:"people,omitempty"`
	More   bool          `json:"more,omitempty"` // there are more people, or rooms, than these
	Link   string        `json:"link,omitempty"`

	Rooms []chat.RoomEntry `json:"rooms,omitempty"` // that are listed; the private ones that were to be added, with the slugs that they have
	Added int              `json:"added,omitempty"` // of the rooms that were to be added; the others were there
}

// An operation is something that the people who run a server do to its accounts or
// its rooms. It is the same whether the server does it or nobody runs and the command does.
type operation func(context.Context, office, order) (outcome, error)

// The operations, by the names that a command asks a server for them with.
const (
	opList    = "list"
	opLink    = "link"
	opInvite  = "invite"
	opBan     = "ban"
	opUnban   = "unban"
	opRole    = "role"
	opDelete  = "delete"
	opSignOut = "sign-out"
	opFactor  = "drop-two-factor"

	opAddRooms  = "add-rooms"
	opListRooms = "list-rooms"
	opReindex   = "reindex"
)

func operations() map[string]operation {
	return map[string]operation{
		opReindex: func(ctx context.Context, o office, _ order) (outcome, error) {
			if o.index == nil {
				return outcome{}, errors.New("this server has no search: setting search is false")
			}
			return outcome{}, o.index.Reset(ctx)
		},
		opList:   listPeople,
		opInvite: invite,
		opLink: func(ctx context.Context, o office, q order) (outcome, error) {
			link, err := o.accounts.SignInLink(ctx, q.Email, o.base(q))
			return outcome{Link: link}, err
		},
		opBan: func(ctx context.Context, o office, q order) (outcome, error) {
			if len([]rune(q.Reason)) > maxReason {
				return outcome{}, fmt.Errorf("the reason has more than %d characters", maxReason)
			}
			return outcome{}, o.accounts.Ban(ctx, o.whom(q.Email, chat.Oversight{Action: chat.AuditBanned, Detail: q.Reason}), q.Reason)
		},
		opUnban: func(ctx context.Context, o office, q order) (outcome, error) {
			return outcome{}, o.accounts.Unban(ctx, o.whom(q.Email, chat.Oversight{Action: chat.AuditUnbanned}))
		},
		opRole: func(ctx context.Context, o office, q order) (outcome, error) {
			return outcome{}, o.accounts.SetRole(ctx, o.whom(q.Email, chat.Oversight{Action: chat.AuditServerRoleSet, Detail: string(q.Role)}), q.Role)
		},
		opDelete: func(ctx context.Context, o office, q order) (outcome, error) {
			return outcome{}, o.accounts.Delete(ctx, q.Email)
		},
		opSignOut: func(ctx context.Context, o office, q order) (outcome, error) {
			return outcome{}, o.accounts.SignOut(ctx, o.whom(q.Email, chat.Oversight{Action: chat.AuditSignedOut}))
		},
		opFactor: func(ctx context.Context, o office, q order) (outcome, error) {
			return outcome{}, o.accounts.DropTwoFactor(ctx, q.Email)
		},
		opAddRooms: func(ctx context.Context, o office, q order) (outcome, error) {
			owner, err := o.owner(ctx, q)
			if err != nil {
				return outcome{}, err
			}
			slugs, added, err := o.rooms.AddOf(ctx, owner, q.Rooms...)
			if err == nil && added > 0 && owner != "" && o.settle != nil {
				err = o.settle(ctx)
			}
			out := outcome{Added: added}
			for i, slug := range slugs {
				if q.Rooms[i].Kind == chat.KindPrivate {
					out.Rooms = append(out.Rooms, chat.RoomEntry{Slug: slug})
				}
			}
			return out, err
		},
		opListRooms: func(ctx context.Context, o office, q order) (outcome, error) {
			list, err := o.rooms.List(ctx, q.Text, maxListed+1)
			more := len(list) > maxListed
			return outcome{Rooms: slices.Clip(list[:min(len(list), maxListed)]), More: more}, err
		},
	}
}

var errNoOperation = errors.New("there is no such operation")

// perform does the operation of that name. Its errors are for the person who asked:
// they may name the address that they gave.
func (o office) perform(ctx context.Context, name string, q order) (outcome, error) {
	do := operations()[name]
	if do == nil {
		return outcome{}, errNoOperation
	}
	out, err := do(ctx, o, q)
	if errors.Is(err, auth.ErrNoUser) {
		err = fmt.Errorf("nobody has the e-mail address %s: snug user list shows who there is", q.Email)
	}
	return out, err
}

// owner is whose the rooms are to be that an order names; "": nobody's.
func (o office) owner(ctx context.Context, q order) (chat.UserID, error) {
	if q.Email == "" {
		return "", nil
	}
	id, err := o.accounts.UserID(ctx, q.Email)
	return chat.UserID(id), err
}

// base is what links begin with.
func (o office) base(q order) string { return cmp.Or(q.Base, o.url) }

func listPeople(ctx context.Context, o office, q order) (outcome, error) {
	list, err := o.accounts.People(ctx, q.Text, maxListed+1)
	more := len(list) > maxListed
	return outcome{People: slices.Clip(list[:min(len(list), maxListed)]), More: more}, err
}

func invite(ctx context.Context, o office, q order) (outcome, error) {
	i := auth.Invite{Email: q.Email, Uses: q.Uses, Life: time.Duration(q.Days) * 24 * time.Hour}
	path, err := o.accounts.InviteLink(ctx, i)
	if err != nil {
		return outcome{}, fmt.Errorf("invite %s: %w", cmp.Or(q.Email, "people"), err)
	}
	return outcome{Link: o.base(q) + path}, nil
}

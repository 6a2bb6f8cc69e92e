package chat

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"snug/db"
	"snug/line"
)

// NewRoom is a room to be made.
type NewRoom struct {
	Name   string
	Slug   string // "": made of the name
	Kind   RoomKind
	Topic  string
	People []UserID // who is in it from the beginning, beside who makes it
}

// MakeRoom makes a room, and whoever makes it its owner. Of two people there is one
// direct: it returns that where it is there already, and made is false.
func (s *Service) MakeRoom(ctx context.Context, a Actor, n NewRoom) (info RoomInfo, made bool, err error) {
	if a.NoRooms {
		return info, false, errNoRooms
	}
	if n, err = s.checkNew(a, n); err != nil {
		return info, false, err
	}
	a.User = a.User.fit()
	a = s.profiles.actor(a)
	if err := s.pace.take(a.ID, s.cfg.Now()); err != nil {
		return info, false, err
	}
	if n.Kind == KindDirect {
		room, known, err := s.directOf(ctx, a.ID, n.People[0])
		if err != nil {
			return info, false, public(err)
		}
		if known {
			if err := s.unhide(ctx, a.ID, room); err != nil {
				return info, false, public(err)
			}
			info, err := s.roomInfo(ctx, a, room)
			return info, false, public(err)
		}
	}
	if err := s.cfg.Storable(); err != nil { // or it would be in the tables, and no room
		return info, false, full(err)
	}
	var t *roomTx
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		t = &roomTx{ctx: ctx, tx: tx, now: s.cfg.Now(), by: a, rules: s.rules}
		return t.insert(n)
	})
	if errors.Is(err, db.ErrConflict) && n.Kind == KindDirect { // somebody else was quicker
		room, _, err := s.directOf(ctx, a.ID, n.People[0])
		if err == nil {
			info, err = s.roomInfo(ctx, a, room)
		}
		return info, false, public(err)
	}
	if err != nil {
		return info, false, public(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), frameWait)
	defer cancel()
	release, err := s.turns.take(ctx, t.room.id)
	if err != nil {
		return info, false, public(err)
	}
	err = s.give(ctx, t.room.id, t.order)
	release()
	s.retell(ctx, t)
	if err != nil {
		return info, true, public(err)
	}
	info, err = s.roomInfo(ctx, a, t.room.id)
	return info, true, public(err)
}

// checkNew says why a room can't be made, and returns it with what is left out.
func (s *Service) checkNew(a Actor, n NewRoom) (NewRoom, error) {
	server := cmp.Or(a.Role, RoleMember)
	act := ActMakeDirect
	switch n.Kind {
	case KindPublic:
		act = ActMakePublic
	case KindPrivate:
		act = ActMakePrivate
	case KindDirect, KindGroup:
	default:
		return n, bad("kind must be public, private, direct or group.")
	}
	if !s.rules.may(act, server, OnServer) {
		return n, s.rules.forbid(act, OnServer)
	}
	n.Name, n.Topic = strings.TrimSpace(n.Name), strings.TrimSpace(n.Topic)
	n.People = slices.Clone(n.People)
	slices.Sort(n.People)
	n.People = slices.Compact(n.People)
	n.People = slices.DeleteFunc(n.People, func(id UserID) bool { return id == a.ID })
	switch n.Kind {
	case KindDirect:
		if len(n.People) != 1 {
			return n, bad("people must be the one other person of a direct.")
		}
		n.Name, n.Topic, n.Slug = "", "", "d-"+randomSlug()
	case KindGroup:
		if len(n.People) == 0 || len(n.People) >= maxGroup {
			return n, bad("people must be 1 to " + decimal(maxGroup-1) + " others: for more make a private room.")
		}
		n.Slug = "g-" + randomSlug()
	default:
		if n.Name == "" {
			return n, bad("name is missing.")
		}
		if len(n.People) > maxInvited {
			return n, bad("people must be " + decimal(maxInvited) + " at most: add the others later.")
		}
		if n.Slug != "" && !goodSlug(n.Slug) {
			return n, bad("slug must be 1 to " + decimal(maxSlugChars) + " of a to z, 0 to 9, - and _, and neither browse nor read.")
		}
		if n.Slug == "" {
			n.Slug = slugOf(n.Name)
		}
		if n.Kind == KindPrivate {
			n.Slug = privateBase(n.Slug) + randomSlug()
		}
	}
	if err := checkName(n.Name); err != nil {
		return n, err
	}
	return n, checkTopic(n.Topic)
}

func checkName(name string) error {
	if utf8.RuneCountInString(name) > maxRoomNameChars {
		return bad("name must be one line of at most " + decimal(maxRoomNameChars) + " characters.")
	}
	return checkLine("name", name)
}

func checkTopic(topic string) error {
	if utf8.RuneCountInString(topic) > maxTopicChars {
		return bad("topic must be one line of at most " + decimal(maxTopicChars) + " characters.")
	}
	return checkLine("topic", topic)
}

// checkLine says why a text that others read is no line of text; field is what it is called.
func checkLine(field, text string) error {
	if !line.Plain(text) {
		return bad(field + " must be one line, without characters that are invisible or turn the text around.")
	}
	return nil
}

// slugOf makes a slug of a name. Letters that slugs don't have are left out.
func slugOf(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	slug = strings.Trim(slug[:min(len(slug), maxSlugChars-4)], "-")
	if !goodSlug(slug) {
		return "room"
	}
	return slug
}

// privateBase is what a random slug follows in that of a private room: whether such a room
// is there is nobody's business, so its slug can't be guessed.
func privateBase(slug string) string {
	return slug[:min(len(slug), maxSlugChars-1-randomChars)] + "-"
}

// randomChars is 80 bits.
const randomChars = 16

// randomSlug is characters that nobody guesses.
func randomSlug() string { return strings.ToLower(rand.Text()[:randomChars]) }

// insert makes the row of a room, and those of who is in it.
func (t *roomTx) insert(n NewRoom) error {
	const lately = `select count(*) from rooms where created_by = ? and created_at > ?`
	var made int
	if err := t.tx.QueryRowContext(t.ctx, lately, string(t.by.ID), t.now.Add(-time.Hour).UnixMilli()).Scan(&made); err != nil {
		return err
	}
	if made >= maxMade {
		return &Error{Code: CodeRateLimited, Message: "You have made " + decimal(maxMade) + " rooms in the last hour. Wait a while.", Retry: time.Minute}
	}
	var pair any
	if n.Kind == KindDirect {
		pair = pairOf(t.by.ID, n.People[0])
	}
	slug, err := t.freeSlug(n)
	if err != nil {
		return err
	}
	t.room = roomRow{id: RoomID(newUUID(t.now)), slug: slug, name: n.Name, kind: n.Kind, topic: n.Topic, createdBy: t.by.ID, createdAt: t.now.UnixMilli()}
	const insert = `insert into rooms (id, slug, name, kind, topic, created_by, created_at, pair, told) values (?, ?, ?, ?, ?, ?, ?, ?, 0)`
	_, err = t.tx.ExecContext(t.ctx, insert, string(t.room.id), slug, n.Name, string(n.Kind), n.Topic, string(t.by.ID), t.room.createdAt, pair)
	if err != nil {
		return err
	}
	own, others := RoleOwner, RoleMember
	if n.Kind == KindDirect || n.Kind == KindGroup {
		own = RoleMember
	}
	if err := t.setMember(t.by.User, own, true); err != nil {
		return err
	}
	for _, id := range n.People {
		u, _, err := t.person(id)
		if err != nil {
			return err
		}
		if err := t.setMember(u, others, true); err != nil {
			return err
		}
	}
	if err := t.log(AuditRoomMade, User{}, string(n.Kind)); err != nil {
		return err
	}
	record := t.room.record()
	t.order = order{Slug: slug, By: t.by.User, Room: record, Was: record, New: true, Members: t.order.Members}
	return nil
}

// freeSlug is the slug of a new room: where the one made of its name is taken, with a
// number behind.
func (t *roomTx) freeSlug(n NewRoom) (string, error) {
	slug := n.Slug
	for i := 2; ; i++ {
		var taken bool
		if err := t.tx.QueryRowContext(t.ctx, `select exists (select 1 from rooms where slug = ?)`, slug).Scan(&taken); err != nil || !taken {
			return slug, err
		}
		if n.Slug != slugOf(n.Name) || i > maxSameSlugs {
			return "", &Error{Code: CodeConflict, Message: "There is a room with this address already. Choose another one."}
		}
		slug = fmt.Sprintf("%s-%d", n.Slug, i)
	}
}

// pairOf is what names a direct: both people, in either order.
func pairOf(a, b UserID) string {
	if b < a {
		a, b = b, a
	}
	return string(a) + " " + string(b)
}

// directOf finds the direct of two people.
func (s *Service) directOf(ctx context.Context, a, b UserID) (room RoomID, known bool, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `select id from rooms where pair = ? and deleted_at is null`, pairOf(a, b)).Scan(&room)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return room, err == nil, err
}

// unhide shows a direct in a person's list again.
func (s *Service) unhide(ctx context.Context, user UserID, room RoomID) error {
	return s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `update members set hidden_at = null where room_id = ? and user_id = ?`, string(room), string(user))
		return err
	})
}

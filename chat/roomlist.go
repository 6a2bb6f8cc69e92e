package chat

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"snug/durable"
)

// The rooms as a person has them. What is unread follows from the room and the mark, so
// that nothing is written for those who don't read, and no room is woken.

// glance returns what there is of a room; nothing of one that is new.
func (s *Service) glance(ctx context.Context, room RoomID) (extent, error) {
	stub := s.ns.ByName(string(room))
	if shown, awake := stub.Published().(*view); awake {
		return shown.extent, nil
	}
	var last messageHead
	var broken error
	at, err := storedMessages{ctx, stub}.fromHead(func(_ Seq, stored []byte) bool {
		last, broken = parseHead(stored)
		return false
	})
	if errors.Is(err, errNoStream) {
		err = nil
	}
	if err == nil {
		err = broken
	}
	at.lastAt, at.lastBy = last.Timestamp, last.UserID
	return at, err
}

// unread is how many messages there are above a mark, at most maxUnread; none where all of
// them are the person's own, unless they have put the mark back. Each event tells how many
// there were so far, so that they needn't be counted.
func (s *Service) unread(ctx context.Context, user UserID, room RoomID, at extent, m roomMark) (int, error) {
	read := max(m.Read, at.floor)
	if read >= at.newest {
		return 0, nil
	}
	if at.lastBy == user && !m.Back {
		if own, err := s.allOwn(ctx, user, room, read, at.newest); err != nil || own {
			return 0, err
		}
	}
	events := at.pruned // up to the mark
	if at.events > at.pruned && read > at.floor {
		var broken error
		o := durable.ListOptions{Start: eventKey(0), End: eventKey(read + 1), Reverse: true, Limit: 1}
		err := storedMessages{ctx, s.ns.ByName(string(room))}.Each(o, func(key string, value []byte) bool {
			var e event
			e, broken = parseEvent(key, value)
			events = min(max(events, e.Count), at.events) // at may be from before
			return false
		})
		if err != nil || broken != nil {
			return 0, errors.Join(err, broken)
		}
	}
	return int(min(at.head-read-(at.events-events), maxUnread)), nil
}

// allOwn reports whether all messages above a seq, up to the newest, are of one person. It
// looks no further than the first that isn't, and at maxUnread of them.
func (s *Service) allOwn(ctx context.Context, user UserID, room RoomID, above, newest Seq) (own bool, err error) {
	stub := s.ns.ByName(string(room))
	looked := 0
	var broken error
	look := func(_ Seq, stored []byte) bool {
		var h messageHead
		h, broken = parseHead(stored)
		looked++
		own = broken == nil && h.UserID == user && looked < maxUnread
		return own
	}
	err = errNotHeld
	if shown, awake := stub.Published().(*view); awake {
		err = shown.each(above+1, newest+1, true, look)
	}
	if errors.Is(err, errNotHeld) {
		looked = 0
		o := durable.ListOptions{Start: messageKey(above + 1), End: messageKey(newest + 1), Reverse: true, Limit: maxUnread}
		err = storedMessages{ctx, stub}.Each(o, func(key string, stored []byte) bool { return look(seqOfKey(key), stored) })
	}
	return own, cmp.Or(err, broken)
}

// listed is a room of a person, as the tables have it.
type listed struct {
	roomRow
	member   Role // "": they are none
	joined   bool
	settings RoomSettings
	hiddenAt int64
	muted    int64
	people   []User // the others of a direct or group
}

const listedColumns = roomColumns + `, coalesce(m.role, ''), coalesce(m.notify, ''), coalesce(m.snoozed_until, 0),
	coalesce(m.favourite, 0), coalesce(m.section, ''), coalesce(m.hidden_at, 0), coalesce(m.muted_until, 0)`

func (l *listed) scan(row interface{ Scan(...any) error }) error {
	set := &l.settings
	err := row.Scan(append(l.fields(), &l.member, &set.Notify, &set.SnoozedUntil, &set.Favourite, &set.Section, &l.hiddenAt, &l.muted)...)
	set.Hidden, l.joined = l.hiddenAt != 0, l.member != "" || l.slug == Level0Room
	return err
}

// mine returns the rooms that a person is in, by their slugs, at most maxSummaries. Of more
// it has the favourites, and those that they are in for longest: whoever is added to many
// rooms by others doesn't lose their own by that.
func (rs *Rooms) mine(ctx context.Context, user UserID) (list []*listed, err error) {
	err = rs.db.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select * from (select ` + listedColumns + ` from rooms r join members m on m.room_id = r.id
			where m.user_id = ?1 and m.role <> '' and r.deleted_at is null and r.slug <> ?2
			order by m.favourite desc, m.joined_at, m.room_id limit ?3 - 1)
			union all select ` + listedColumns + ` from rooms r left join members m on m.room_id = r.id and m.user_id = ?1
			where r.slug = ?2 order by 2`
		rows, err := tx.QueryContext(ctx, query, string(user), Level0Room, maxSummaries)
		if err != nil {
			return err
		}
		byID := make(map[RoomID]*listed)
		for rows.Next() {
			l := &listed{}
			if err := l.scan(rows); err != nil {
				return errors.Join(err, rows.Close())
			}
			list = append(list, l)
			if l.kind == KindDirect || l.kind == KindGroup {
				byID[l.id] = l
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(byID) == 0 {
			return err
		}
		const people = `select o.room_id, u.id, u.name, coalesce(u.image, '') from members m
			join rooms r on r.id = m.room_id and r.kind in ('direct', 'group') join members o on o.room_id = m.room_id
			join users u on u.id = o.user_id where m.user_id = ?1 and m.role <> '' and o.user_id <> ?1 and o.role <> ''
			order by lower(u.name), u.id`
		return eachPerson(ctx, tx, func(room RoomID, u User) {
			if l := byID[room]; l != nil && len(l.people) < maxGroup-1 {
				l.people = append(l.people, u)
			}
		}, people, string(user))
	})
	if err != nil {
		return nil, fmt.Errorf("list rooms: %w", err)
	}
	return list, nil
}

func eachPerson(ctx context.Context, tx *sql.Tx, fn func(RoomID, User), query string, args ...any) (err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var room RoomID
		var u User
		if err := rows.Scan(&room, &u.ID, &u.Name, &u.Image); err != nil {
			return err
		}
		fn(room, u.fit())
	}
	return rows.Err()
}

// mineIDs returns the ids of the rooms that a person is in, but for that of everybody. Of
// too many it has those that mine has.
func (rs *Rooms) mineIDs(ctx context.Context, user UserID) (ids []RoomID, err error) {
	err = rs.db.Read(ctx, func(tx *sql.Tx) (err error) {
		ids, err = roomIDs(ctx, tx, `select room_id from members where user_id = ? and role <> ''
			order by favourite desc, joined_at, room_id limit ?`, string(user), maxLiveRooms)
		return err
	})
	return ids, err
}

// one returns one room for a person.
func (rs *Rooms) one(ctx context.Context, user UserID, room RoomID) (l *listed, members int, err error) {
	l = &listed{}
	err = rs.db.Read(ctx, func(tx *sql.Tx) error {
		const query = `select ` + listedColumns + ` from rooms r left join members m on m.room_id = r.id and m.user_id = ?
			where r.id = ? and r.deleted_at is null`
		if err := l.scan(tx.QueryRowContext(ctx, query, string(user), string(room))); err != nil {
			return err
		}
		count := `select count(*) from members where room_id = ? and role <> ''`
		if l.slug == Level0Room {
			count = `select count(*) from users where banned_at is null and ? <> ''`
		}
		if err := tx.QueryRowContext(ctx, count, string(room)).Scan(&members); err != nil {
			return err
		}
		if l.kind != KindDirect && l.kind != KindGroup {
			return nil
		}
		const people = `select m.room_id, u.id, u.name, coalesce(u.image, '') from members m join users u on u.id = m.user_id
			where m.room_id = ? and m.user_id <> ? and m.role <> '' order by lower(u.name), u.id limit ?`
		return eachPerson(ctx, tx, func(_ RoomID, u User) { l.people = append(l.people, u) }, people, string(room), string(user), maxGroup-1)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, errNoRoom
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read room: %w", err)
	}
	return l, members, nil
}

// title is the name of a room for somebody: that of a direct is the other's.
func (l *listed) title() string {
	if l.kind != KindDirect {
		return l.name
	}
	if len(l.people) == 0 {
		return forgotten
	}
	return l.people[0].Name
}

// RoomList returns the rooms that a person is in, by their slugs.
func (s *Service) RoomList(ctx context.Context, a Actor) (RoomList, error) {
	list := RoomList{[]RoomSummary{}}
	rooms, err := s.rooms.mine(ctx, a.ID)
	if err != nil {
		return list, public(err)
	}
	marks := make(map[RoomID]roomMark)
	err = s.storedInbox(ctx, a.ID).Each(under(prefixRead), func(key string, value []byte) bool {
		if m, err := parseAny[roomMark](value); err == nil { // else nothing is read
			marks[roomOfKey(key)] = m
		}
		return true
	})
	if err != nil {
		return list, public(err)
	}
	mentions, err := s.cfg.Mentions(ctx, a.ID)
	if err != nil {
		return list, public(err)
	}
	for _, l := range rooms {
		at, err := s.glance(ctx, l.id)
		if err != nil {
			return list, public(err)
		}
		if l.hiddenAt != 0 && at.lastAt <= l.hiddenAt {
			continue
		}
		sum, err := s.summary(ctx, a, l, at, marks[l.id])
		if err != nil {
			return list, public(err)
		}
		sum.Mentions = mentions[l.id]
		list.Rooms = append(list.Rooms, sum)
	}
	return list, nil
}

func (s *Service) summary(ctx context.Context, a Actor, l *listed, at extent, m roomMark) (RoomSummary, error) {
	unread, err := s.unread(ctx, a.ID, l.id, at, m)
	people := l.people
	if people == nil {
		people = []User{}
	}
	return RoomSummary{
		Slug: l.slug, Name: l.title(), Kind: l.kind, Topic: l.topic, Head: at.head, Newest: at.newestMessage(), Read: m.Read, Unread: unread,
		Role: RoleIn(a.Role, l.member, l.kind), Notify: l.settings.Notify, SnoozedUntil: l.settings.SnoozedUntil,
		Favourite: l.settings.Favourite, Section: l.settings.Section, ArchivedAt: l.archived, LastAt: at.lastAt, People: people,
	}, err
}

// Room returns one room.
func (s *Service) Room(ctx context.Context, a Actor, slug string) (RoomInfo, error) {
	st, err := s.admit(ctx, a, slug, ActSee)
	if err != nil {
		return RoomInfo{}, public(err)
	}
	info, err := s.roomInfo(ctx, a, st.id)
	return info, public(err)
}

func (s *Service) roomInfo(ctx context.Context, a Actor, room RoomID) (info RoomInfo, err error) {
	l, members, err := s.rooms.one(ctx, a.ID, room)
	if err != nil {
		return info, err
	}
	if RoleIn(a.Role, l.member, l.kind) == "" { // they have just left it
		return info, errNoRoom
	}
	stub := s.ns.ByName(string(room))
	if _, err := (storedMessages{ctx, stub}).extent(); errors.Is(err, errNoStream) {
		if _, err = s.calls.open.Call(ctx, stub, l.slug); err != nil { // gives it one
			return info, err
		}
	}
	at, err := s.glance(ctx, room)
	if err != nil {
		return info, err
	}
	m, _, err := load[roomMark](s.storedInbox(ctx, a.ID), readKey(room))
	if err != nil {
		return info, err
	}
	mentions, err := s.cfg.Mentions(ctx, a.ID)
	if err != nil {
		return info, err
	}
	sum, err := s.summary(ctx, a, l, at, m)
	muted := l.muted
	if muted <= s.cfg.Now().UnixMilli() {
		muted = 0
	}
	return RoomInfo{
		Slug: sum.Slug, Name: sum.Name, Kind: sum.Kind, Topic: sum.Topic, Head: sum.Head, Newest: sum.Newest, Read: sum.Read,
		Unread: sum.Unread, Mentions: mentions[room], Role: sum.Role, Notify: sum.Notify, SnoozedUntil: sum.SnoozedUntil,
		Favourite: sum.Favourite, Section: sum.Section, ArchivedAt: sum.ArchivedAt, LastAt: sum.LastAt, People: sum.People,
		Stream: toldStream(at.stream, s.cfg.Lineage), Joined: l.joined, Members: members, Online: s.live.online(room), CreatedBy: l.createdBy, CreatedAt: l.createdAt,
		SlowModeSeconds: l.slowMode, MutedUntil: muted,
	}, err
}

// BrowseQuery selects a piece of the public rooms.
type BrowseQuery struct {
	Text  string // that their names or topics hold; "": all
	After string // of the piece before
	Limit int    // 1 to 100; 0: 50
}

// Browse returns a piece of the public rooms, by their names.
func (s *Service) Browse(ctx context.Context, a Actor, q BrowseQuery) (page BrowsePage, err error) {
	page.Rooms = []ListedRoom{}
	limit, err := listLimit(q.Limit)
	if err != nil {
		return page, err
	}
	name, id, err := splitCursor(q.After)
	if err != nil {
		return page, err
	}
	var ids []RoomID
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select r.id, r.slug, r.name, r.topic, coalesce(r.archived_at, 0), lower(r.name),
				exists (select 1 from members m where m.room_id = r.id and m.user_id = ?1 and m.role <> '') or r.slug = ?6,
				case when r.slug = ?6 then (select count(*) from users where banned_at is null)
					else (select count(*) from members m where m.room_id = r.id and m.role <> '') end
			from rooms r where r.kind = 'public' and r.deleted_at is null
				and (?2 = '' or instr(lower(r.name), lower(?2)) > 0 or instr(lower(r.topic), lower(?2)) > 0 or instr(r.slug, lower(?2)) > 0)
				and (?4 = '' or (lower(r.name), r.id) > (?3, ?4))
			order by lower(r.name), r.id limit ?5`
		rows, err := tx.QueryContext(ctx, query, string(a.ID), q.Text, name, id, limit+1, Level0Room)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		last := ""
		for rows.Next() {
			var r ListedRoom
			var id RoomID
			var folded string
			if err := rows.Scan(&id, &r.Slug, &r.Name, &r.Topic, &r.ArchivedAt, &folded, &r.Joined, &r.Members); err != nil {
				return err
			}
			if len(ids) == limit {
				page.Next = last
				break
			}
			page.Rooms, ids, last = append(page.Rooms, r), append(ids, id), cursorOf(folded, string(id))
		}
		return rows.Err()
	})
	for i, id := range ids {
		if err != nil {
			break
		}
		var at extent
		at, err = s.glance(ctx, id)
		page.Rooms[i].LastAt = at.lastAt
	}
	return page, public(err)
}

// ReadAll marks all rooms of a person read, and all threads that they know, and tells their
// sockets.
func (s *Service) ReadAll(ctx context.Context, a Actor) error {
	if a.ReadOnly {
		return errReadOnly
	}
	if err := s.pace.take(a.ID, s.cfg.Now()); err != nil { // it looks at all of their rooms
		return err
	}
	rooms, err := s.rooms.mine(ctx, a.ID)
	if err != nil {
		return public(err)
	}
	var marks []mark
	for _, l := range rooms {
		at, err := s.glance(ctx, l.id)
		if err != nil {
			return public(err)
		}
		if at.head > 0 {
			marks = append(marks, mark{Room: l.id, Slug: l.slug, Seq: at.head})
		}
	}
	threads, err := s.unreadThreads(ctx, a)
	if err != nil {
		return public(err)
	}
	moved, err := s.calls.readAll.Call(ctx, s.inbox(a.ID), append(marks, threads...))
	if err != nil {
		return public(err)
	}
	for _, m := range moved {
		if m.Root == 0 {
			s.live.tellPerson(a.ID, frame(ReadFrame{Type: "read", Room: m.Slug, UserID: a.ID, Seq: m.Seq}), nil, "")
		}
	}
	s.AttentionChanged(a.ID)
	return nil
}

// unreadThreads returns the marks by which all is read of the threads that a person knows in
// rooms that they may see.
func (s *Service) unreadThreads(ctx context.Context, a Actor) (marks []mark, err error) {
	all, err := s.knownThreads(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	in := make(map[RoomID]struct{})
	for _, f := range all {
		in[f.room] = struct{}{}
	}
	slugs, err := s.visibleSlugs(ctx, a, in)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if _, visible := slugs[f.room]; !visible {
			continue
		}
		last, _, err := lastReply(storedMessages{ctx, s.ns.ByName(string(f.room))}, f.root)
		if err != nil {
			return nil, err
		}
		if last > f.Read {
			marks = append(marks, mark{Room: f.room, Root: f.root, ID: f.Root, Seq: last})
		}
	}
	return marks, nil
}

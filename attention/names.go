package attention

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"snug/chat"
	"snug/db"
	"snug/language"
)

// What people call the rooms that they are told of.

// unnamed reports whether it is a group that is called by its people.
func (r room) unnamed() bool { return r.kind == chat.KindGroup && r.name == "" }

// nameFor is what a person whom a message of it tells of calls it. A group without a name is
// called by the others in it, as in the lists of clients; where there is one other, by both,
// as the name of one is that of a direct.
func (r room) nameFor(id chat.UserID, in language.Code, m *chat.Message) string {
	switch {
	case r.kind == chat.KindDirect:
		return m.UserName
	case !r.unnamed():
		return cmp.Or(r.name, r.slug)
	}
	words := catalogue.In(cmp.Or(in, language.English))
	var all, others []string
	for _, u := range r.people {
		if all = append(all, u.Name); u.ID != id {
			others = append(others, u.Name)
		}
	}
	switch len(others) {
	case 0:
		return words.alone
	case 1:
		others = all
	}
	name := strings.Join(others, words.comma)
	if runes := []rune(name); len(runes) > nameChars {
		name = string(runes[:nameChars-1]) + "…"
	}
	return name
}

// readPeople reads who is in a group, by their names.
func readPeople(ctx context.Context, tx *sql.Tx, id chat.RoomID) (people []chat.User, err error) {
	const query = `select u.id, u.name from members m join users u on u.id = m.user_id where m.room_id = ? and m.role <> '' order by lower(u.name), u.id`
	err = db.Each(ctx, tx, query, []any{string(id)}, func(scan func(...any) error) error {
		var u chat.User
		err := scan(&u.ID, &u.Name)
		people = append(people, u)
		return err
	})
	return people, err
}

// naming returns what names rooms for a person, and reads what it takes once.
func (s *Service) naming(ctx context.Context, id chat.UserID) func(room, *chat.Message) (string, error) {
	var reads language.Code
	groups := make(map[chat.RoomID][]chat.User)
	return func(r room, m *chat.Message) (string, error) {
		if r.unnamed() {
			people, known := groups[r.id]
			if !known {
				err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
					set, err := readSettings(ctx, tx, id)
					if err != nil {
						return err
					}
					reads = set.Language
					people, err = readPeople(ctx, tx, r.id)
					return err
				})
				if err != nil {
					return "", fmt.Errorf("read what a group is called: %w", err)
				}
				groups[r.id] = people
			}
			r.people = people
		}
		return r.nameFor(id, reads, m), nil
	}
}

package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Named returns at most limit people in whose name the text occurs, those first whose
// name begins with it, by name. Who is banned isn't named. Letters beyond ASCII match in
// the case that they are given in, and where they begin a name.
func (s *Service) Named(ctx context.Context, text string, limit int) (list []Identity, err error) {
	first, size := utf8.DecodeRuneInString(text)
	title := text
	if size > 0 {
		title = string(unicode.ToTitle(first)) + text[size:]
	}
	text = strings.ToLower(text)
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		const query = `select ` + userColumns + ` from users u
			where u.banned_at is null and (? = '' or instr(lower(u.name), ?) > 0 or instr(u.name, ?) > 0)
			order by instr(lower(u.name), ?) <> 1 and instr(u.name, ?) <> 1, lower(u.name), u.id limit ?`
		rows, err := tx.QueryContext(ctx, query, text, text, title, text, title, limit)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var u user
			if err := u.scan(rows); err != nil {
				return err
			}
			list = append(list, u.identity())
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	return list, nil
}

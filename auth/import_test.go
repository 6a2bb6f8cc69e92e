package auth_test

import (
	"database/sql"
	"fmt"
	"strings"
)

// dump is all that an import writes, as text.
func (g *rig) dump() string {
	g.Helper()
	var b strings.Builder
	err := g.db.Read(g.Context(), func(tx *sql.Tx) error {
		for _, table := range []string{"users", "accounts", "sessions", "passkeys", "two_factors", "backup_codes"} {
			rows, err := tx.Query(`select * from ` + table + ` order by 1, 2`)
			if err != nil {
				return err
			}
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			for rows.Next() {
				if err := rows.Scan(into...); err != nil {
					return err
				}
				fmt.Fprintln(&b, table, values)
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		g.Fatal(err)
	}
	return b.String()
}

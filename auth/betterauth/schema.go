package betterauth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A table is one that is read: its columns in the order in which a row has them.
type table struct {
	name    string
	columns []string
	needs   int      // so many of them have to be there
	present []string // read as whether it is there: what it holds is nobody's business
	ignored []string // known and of no use
}

// The tables that are read. The first column is what rows are put together by: the
// user's id.
var (
	userTable = table{name: "user", needs: 2, columns: []string{"id", "email", "name", "emailVerified", "image", "createdAt", "updatedAt",
		"isAnonymous", "twoFactorEnabled", "lastLoginMethod", "role", "banned", "banReason", "banExpires"}}
	accountTable = table{name: "account", needs: 3, columns: []string{"userId", "providerId", "accountId", "scope", "password", "createdAt", "updatedAt"},
		present: []string{"accessToken", "refreshToken", "idToken"},
		ignored: []string{"id", "accessTokenExpiresAt", "refreshTokenExpiresAt"}}
	sessionTable = table{name: "session", needs: 3, columns: []string{"userId", "token", "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent", "impersonatedBy"},
		ignored: []string{"id", "activeOrganizationId", "activeTeamId"}}
	passkeyTable = table{name: "passkey", needs: 3, columns: []string{"userId", "credentialID", "publicKey", "name", "counter", "deviceType", "backedUp", "transports", "aaguid", "createdAt"},
		ignored: []string{"id"}}
	factorTable = table{name: "twoFactor", needs: 2, columns: []string{"userId", "secret", "backupCodes"},
		ignored: []string{"id", "verified", "failedVerificationCount", "lockedUntil"}}
)

func tables() []table {
	return []table{userTable, accountTable, sessionTable, passkeyTable, factorTable}
}

// plain is what two spellings of a name have in common.
func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// called reports whether a table of that name may be t.
func (t table) called(name string) bool {
	return plain(name) == plain(t.name) || plain(name) == plain(t.name)+"s"
}

// A source table is where a table is in the file.
type sourceTable struct {
	name    string
	columns map[string]string // the file's names, by ours
}

// quote makes an identifier of any text.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// object is a table or a view of the file.
type object struct{ kind, name, sql string }

// findTables says where the tables are, and what else is in the file.
func (s *Source) findTables(ctx context.Context) error {
	objects, err := s.objects(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables() {
		found := slices.IndexFunc(objects, func(o object) bool { return o.name == t.name })
		if found < 0 {
			found = slices.IndexFunc(objects, func(o object) bool { return t.called(o.name) })
		}
		if found < 0 {
			continue
		}
		o := objects[found]
		objects = slices.Delete(objects, found, found+1)
		if o.kind != "table" || strings.HasPrefix(strings.ToLower(o.sql), "create virtual") {
			return fmt.Errorf("%s is a view or a virtual table: only plain tables are read", o.name)
		}
		if err := s.findColumns(ctx, t, o.name); err != nil {
			return err
		}
	}
	for _, t := range []table{userTable, accountTable} {
		if _, ok := s.at[t.name]; !ok {
			return fmt.Errorf("there is no table %s: this is not what a better-auth server stores", t.name)
		}
	}
	for _, o := range objects {
		if o.kind != "table" || strings.HasPrefix(o.name, "sqlite_") || strings.HasPrefix(o.name, "_cf_") {
			continue
		}
		s.inventory.Others = append(s.inventory.Others, o.name)
	}
	return nil
}

func (s *Source) objects(ctx context.Context) (list []object, err error) {
	const query = `select type, name, coalesce(substr(sql, 1, 100), '') from sqlite_schema where type in ('table', 'view') order by name limit 2000`
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.kind, &o.name, &o.sql); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

func (s *Source) findColumns(ctx context.Context, t table, name string) (err error) {
	rows, err := s.db.QueryContext(ctx, `select name, hidden from pragma_table_xinfo(?)`, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	at := sourceTable{name: name, columns: map[string]string{}}
	known := slices.Concat(t.columns, t.present, t.ignored)
	for rows.Next() {
		var column string
		var hidden int
		if err := rows.Scan(&column, &hidden); err != nil {
			return err
		}
		i := slices.IndexFunc(known, func(k string) bool { return plain(k) == plain(column) })
		if i < 0 {
			s.inventory.OtherColumns = append(s.inventory.OtherColumns, t.name+"."+column)
			continue
		}
		if hidden != 0 {
			return fmt.Errorf("%s.%s is computed: only plain columns are read", name, column)
		}
		if at.columns[known[i]] == "" || column == known[i] {
			at.columns[known[i]] = column
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, column := range t.columns[:t.needs] {
		if at.columns[column] == "" {
			return fmt.Errorf("table %s has no column %s: this is not what a better-auth server stores", name, column)
		}
	}
	s.at[t.name] = at
	return nil
}

// expression reads a column as text that is bounded in length, whatever is in it; a
// column of a declared type the driver would convert.
func (at sourceTable) expression(column string) string {
	name, ok := at.columns[column]
	if !ok {
		return "null"
	}
	return fmt.Sprintf("substr(cast(%s as text), 1, %d)", quote(name), maxField)
}

// query reads the rows of a table by the first column.
func (t table) query(at sourceTable) string {
	var list []string
	for _, column := range t.columns {
		list = append(list, at.expression(column))
	}
	for _, column := range t.present {
		if name, ok := at.columns[column]; ok {
			list = append(list, quote(name)+" is not null")
		} else {
			list = append(list, "0")
		}
	}
	return "select " + strings.Join(list, ", ") + " from " + quote(at.name) + " order by 1"
}

// A cursor goes through a table once. At its end key is null.
type cursor struct {
	rows *sql.Rows
	row  []field
	done bool
}

func (s *Source) open(ctx context.Context, t table) (*cursor, error) {
	at, ok := s.at[t.name]
	if !ok {
		return &cursor{done: true}, nil
	}
	rows, err := s.db.QueryContext(ctx, t.query(at))
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", at.name, err)
	}
	c := &cursor{rows: rows, row: make([]field, len(t.columns)+len(t.present))}
	return c, c.next()
}

func (c *cursor) next() error {
	if c.done {
		return nil
	}
	if !c.rows.Next() {
		c.done = true
		return c.rows.Err()
	}
	values := make([]sql.NullString, len(c.row))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	if err := c.rows.Scan(into...); err != nil {
		return err
	}
	for i, v := range values {
		c.row[i] = field{v.String, !v.Valid}
	}
	return nil
}

func (c *cursor) close() error {
	if c.rows == nil {
		return nil
	}
	return c.rows.Close()
}

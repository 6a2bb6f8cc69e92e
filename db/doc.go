// Package db holds the relational tables: it opens the database file, brings
// its schema up to date, runs transactions, and gives the errors of the driver
// names that callers may rely on.
//
// # Durability
//
// When [DB.Write] returns nil, what it wrote survives a crash of the process and
// of the machine: the write-ahead log is synced at every commit. When it returns
// an error nothing was written, with one exception: a sync that failed leaves
// it unknown what reached the disk, so the database takes no more writes until
// it is opened anew ([ErrFailed], [DB.Failed]).
//
// # Concurrency
//
// There is one connection for writing and a pool for reading. Writers wait for
// each other in [DB.Write]; readers never wait for writers and see the last
// commit before they began. A function that is given to Write must not call Write
// again, which would wait for itself.
//
// # Dialect
//
// The SQL of this project keeps to what SQLite and PostgreSQL share: text and
// integers, times as Unix milliseconds, RETURNING, and no upserts or date
// functions of one of them. What can't be shared, migrations and pragmas,
// stands in this package alone.
package db

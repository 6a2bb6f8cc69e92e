package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"snug/auth/betterauth"
	"snug/db"
)

const (
	// importBatch users are taken over in one transaction, which is some 50 ms of work;
	// or as many as are done in importHold, for it holds the database alone.
	importBatch = 500
	importHold  = 500 * time.Millisecond
	// ImportPause is how long the database should be left to a server that runs on it
	// between two of them: longer than SQLite ever waits before it tries again.
	ImportPause = 110 * time.Millisecond
	// importSample second factors are tried before anything is taken over.
	importSample = 100
)

// ErrImportSecret says that second factors can't be decrypted with the secrets that
// were given.
var ErrImportSecret = errors.New("the secret doesn't fit")

// ImportOptions say how people are taken over.
type ImportOptions struct {
	// Secret is this server's: it encrypts second factors.
	Secret []byte
	// OldSecrets may be those that the other server encrypted them with; Secret is
	// tried too.
	OldSecrets [][]byte
	// WithoutSecret takes people over even if none of their second factors can be
	// read. It is asked for all the same, so that neither the password nor a link in a
	// mail opens their accounts, until an import with the right secret brings it.
	WithoutSecret bool
	DryRun        bool             // nothing is stored; the report is of what would be
	Pause         time.Duration    // between transactions; see ImportPause
	Progress      func(people int) // hears after each transaction how many were looked at; nil: nobody does
	Now           func() time.Time // nil: time.Now
}

// Import takes over the people of a better-auth server, each with all that is
// theirs or not at all. Whoever is here already is left as they are, so that it may
// be done again, after an interruption too; what was changed or removed of theirs
// stays so. An account that was deleted here comes back, though: once the rooms have
// forgotten it nothing is known of it. The database may be in use by a server, which sees the newcomers at once.
//
// With an error the report is of what was done before. The error matches
// ErrImportSecret if nothing was done for want of the right secret.
func Import(ctx context.Context, d *db.DB, source *betterauth.Source, o ImportOptions) (*ImportReport, error) {
	if err := checkSecret(o.Secret); err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(int) {}
	}
	i := &importer{db: d, source: source, options: o, secrets: append([][]byte{o.Secret}, o.OldSecrets...), total: newImportReport()}
	if err := i.checkFactors(ctx); err != nil {
		return i.total, fmt.Errorf("import: %w", err)
	}
	if err := i.run(ctx); err != nil {
		return i.total, fmt.Errorf("import: %w", err)
	}
	return i.total, nil
}

// An importer is an import that is under way.
type importer struct {
	db      *db.DB
	source  *betterauth.Source
	options ImportOptions
	secrets [][]byte
	total   *ImportReport // of what is committed
	looked  int           // at so many people
	now     time.Time     // of the batch
}

// checkFactors refuses early what would lock people out: as a rule the secret fits
// all second factors or none.
func (i *importer) checkFactors(ctx context.Context) error {
	people, sample, err := i.source.SecondFactors(ctx, importSample)
	if err != nil || people == 0 || i.options.WithoutSecret {
		return err
	}
	for _, sealed := range sample {
		if _, _, err := open(i.secrets, sealed); err == nil {
			return nil
		}
	}
	if len(sample) == 0 {
		return nil // no secret would help
	}
	return fmt.Errorf("read the second factors of %d people: %w", people, ErrImportSecret)
}

func (i *importer) run(ctx context.Context) error {
	var batch []*arrival
	for u, err := range i.source.Users(ctx) {
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			i.now = i.options.Now().UTC().Truncate(time.Millisecond)
		}
		if batch = append(batch, i.convert(u)); len(batch) < importBatch {
			continue
		}
		if err := i.store(ctx, batch); err != nil {
			return err
		}
		batch = batch[:0]
		if err := i.pause(ctx); err != nil {
			return err
		}
	}
	if err := i.store(ctx, batch); err != nil {
		return err
	}
	for table, n := range i.source.Strays() {
		i.total.noteMany(leftStray+table, n)
	}
	return i.db.Read(ctx, func(tx *sql.Tx) error {
		const query = `select exists (select 1 from users where role = ? and banned_at is null)`
		return tx.QueryRowContext(ctx, query, string(RoleOwner)).Scan(&i.total.Owned)
	})
}

// errDryRun rolls back what was only tried.
var errDryRun = errors.New("dry run")

// pause lets others at the database.
func (i *importer) pause(ctx context.Context) error {
	select {
	case <-time.After(i.options.Pause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// store takes over a batch.
func (i *importer) store(ctx context.Context, batch []*arrival) error {
	for len(batch) > 0 {
		n, err := i.storeSome(ctx, batch)
		if err != nil {
			return err
		}
		if batch = batch[n:]; len(batch) == 0 {
			break
		}
		if err := i.pause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// storeSome takes over as many of a batch as one transaction may, and returns how
// many those were.
func (i *importer) storeSome(ctx context.Context, batch []*arrival) (n int, err error) {
	var done *ImportReport
	err = i.db.Write(ctx, func(tx *sql.Tx) error {
		done, n = newImportReport(), 0
		for began := time.Now(); n < len(batch) && (n == 0 || time.Since(began) < importHold); n++ {
			if err := i.receive(ctx, tx, batch[n], done); err != nil {
				return fmt.Errorf("take over user %s: %w", batch[n].id, err)
			}
		}
		if i.options.DryRun {
			return errDryRun
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return 0, err
	}
	i.total.add(done)
	i.looked += n
	i.options.Progress(i.looked)
	return n, nil
}

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"snug/auth"
	"snug/auth/betterauth"
	"snug/cmd/snug/internal/config"
	"snug/db"
)

// progressEvery is how often what takes long says how far it is.
const progressEvery = 5 * time.Second

func importCommand() group {
	return group{
		name: "import",
		about: "snug import takes over the people of another server. Whoever is here already is left as\n" +
			"they are, so that it may be stopped and done again; a server may run meanwhile. Accounts that\n" +
			"were deleted here since come back.",
		verbs: []verb{
			{name: "better-auth", args: "FILE [--dry-run] [--verbose] [--secret-file FILE] [--without-secret]", least: 1, most: 1, run: importBetterAuth,
				flags: []ownFlag{{name: "dry-run"}, {name: "verbose"}, {name: "secret-file", value: true}, {name: "without-secret"}},
				help: "Take over the people in FILE, a SQLite database of better-auth or a dump of one as SQL: names, passwords,\n" +
					"      accounts at providers, passkeys, second factors and live sessions. --dry-run only says what would be done,\n" +
					"      --verbose names everybody, --secret-file holds the old server's secret if it isn't that of the settings, and\n" +
					"      --without-secret does it although second factors can't be read."},
		},
	}
}

func importBetterAuth(in *invocation) error {
	var given []byte
	var err error
	if in.has("secret-file") {
		if given, err = readSecretFile(in.given("secret-file")); err != nil {
			return err
		}
	}
	done, err := in.takeOver(given)
	if done.report == nil {
		return err
	}
	// Nothing is open or lies about any more: whoever reads this may hang up.
	w := importWriter{Writer: in.stdout, verbose: in.has("verbose"), dry: in.has("dry-run")}
	w.report(done.report)
	switch {
	case err != nil && !w.dry:
		return fmt.Errorf("%w; what is done stays done: do it again to go on", err)
	case err != nil:
		return err
	}
	w.hints(done, in.settings.Config, given)
	return nil
}

// An importOutcome is what came of an import.
type importOutcome struct {
	report    *auth.ImportReport // nil: nothing was done at all
	inventory betterauth.Inventory
	secret    []byte // of the server here
}

// takeOver does the import. given is the old server's secret, nil if it wasn't named.
func (in *invocation) takeOver(given []byte) (done importOutcome, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	cfg := in.settings.Config
	source, err := betterauth.Open(ctx, in.word(0))
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	place, err := openImportPlace(ctx, cfg, in.has("dry-run"), in.stderr)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, place.close()) }()

	o := auth.ImportOptions{Secret: place.secret, WithoutSecret: in.has("without-secret"), DryRun: in.has("dry-run"),
		Pause: auth.ImportPause, Progress: progress(in.stderr, "people")}
	if given != nil {
		o.OldSecrets = append(o.OldSecrets, given)
	}
	for _, old := range cfg.OldSecrets {
		o.OldSecrets = append(o.OldSecrets, []byte(old))
	}
	report, err := auth.Import(ctx, place.tables, source, o)
	switch {
	case errors.Is(err, auth.ErrImportSecret):
		return done, fmt.Errorf("%w: name the file with the old server's BETTER_AUTH_SECRET with --secret-file, or set it. "+
			"With --without-secret they are taken over and can't show their second factor until an import with the right secret", err)
	case ctx.Err() != nil:
		err = errors.New("stopped on the way")
	}
	return importOutcome{report, source.Inventory(), place.secret}, err
}

// progress tells how many, of people or what they are, were looked at, from time to
// time.
func progress(to io.Writer, what string) func(int) {
	last := time.Now()
	return func(n int) {
		if time.Since(last) >= progressEvery {
			last = time.Now()
			fmt.Fprintf(to, "snug: %d %s so far\n", n, what)
		}
	}
}

// readSecretFile reads a secret, without the line end that editors put behind it.
func readSecretFile(path string) ([]byte, error) {
	const most = 64 << 10
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > most) {
		err = errors.New("this is no file with a secret")
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if text = bytes.TrimSpace(text); err == nil && len(text) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("read secret file: %w", err)
	}
	return text, nil
}

// An importPlace is where people are taken to.
type importPlace struct {
	tables *db.DB
	secret []byte
	temp   string // a folder for a try; "" if it is the data folder
}

func (p importPlace) close() error {
	err := p.tables.Close()
	if p.temp != "" {
		err = errors.Join(err, os.RemoveAll(p.temp))
	}
	return err
}

// openImportPlace opens the accounts in the data folder, beside a server that may
// have it, and makes what isn't there yet. A try makes nothing.
func openImportPlace(ctx context.Context, cfg config.Config, try bool, stderr io.Writer) (p importPlace, err error) {
	_, err = os.Stat(filepath.Join(cfg.Data, tablesName))
	switch {
	case err == nil:
		if err := checkFolder(cfg.Data); err != nil {
			return p, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return p, fmt.Errorf("open data folder: %w", err)
	case try:
		if p.temp, err = os.MkdirTemp("", "snug-import-"); err != nil {
			return p, fmt.Errorf("make folder for the try: %w", err)
		}
	default:
		if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
			return p, fmt.Errorf("make data folder: %w", err)
		}
	}
	folder := cfg.Data
	if p.temp != "" {
		folder = p.temp
	}
	if p.secret, err = importSecret(cfg, try, slog.New(slog.NewTextHandler(stderr, nil))); err == nil {
		p.tables, err = db.Open(ctx, filepath.Join(folder, tablesName))
	}
	if err != nil && p.temp != "" {
		err = errors.Join(err, os.RemoveAll(p.temp))
	}
	return p, err
}

// importSecret returns the secret of the server on the data folder. One is made only
// with the folder locked, so that a server that starts now makes no other.
func importSecret(cfg config.Config, try bool, log *slog.Logger) ([]byte, error) {
	f := &folder{path: cfg.Data}
	_, err := os.Stat(f.file("secret"))
	switch {
	case cfg.Secret != "" || err == nil:
		secret, _, err := f.secretOr(cfg.Secret, log)
		return secret, err
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read secret: %w", err)
	case try:
		random := make([]byte, 32)
		rand.Read(random) // never fails
		return []byte(base64.RawURLEncoding.EncodeToString(random)), nil
	}
	if f, err = openFolder(cfg.Data); err != nil {
		return nil, err
	}
	secret, _, err := f.secret(log)
	return secret, errors.Join(err, f.close())
}

// accepts reports whether the server takes cookies that this secret signed.
func accepts(cfg config.Config, present, secret []byte) bool {
	return bytes.Equal(present, secret) || slices.Contains(cfg.OldSecrets, string(secret))
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"snug/auth"
	"snug/chat"
	"snug/cmd/snug/internal/config"
	"snug/db"
)

const (
	// folderWait is how long a command waits for a data folder that somebody holds
	// who takes no commands: a server that stops or starts, or another command.
	folderWait  = 10 * time.Second
	folderRetry = 100 * time.Millisecond
)

// errNoServer says that nobody takes commands on the data folder.
var errNoServer = errors.New("no server runs on the data folder")

// operate does an operation: in the server that runs on the data folder, which then
// knows of it at once, or in the folder itself if none does. direct tells which.
func operate(ctx context.Context, cfg config.Config, name string, q order, stderr io.Writer) (out outcome, direct bool, err error) {
	o := operator{cfg: cfg, stderr: stderr}
	out, err = o.do(ctx, name, q)
	return out, o.folder != nil, errors.Join(err, o.close())
}

// An operator does operations as operate does one. Once no server took one it holds
// the data folder until it is closed, and does the others there too.
type operator struct {
	cfg     config.Config
	stderr  io.Writer
	folder  *folder // nil: it isn't held
	office  office  // in it
	closers []func() error
}

func (o *operator) do(ctx context.Context, name string, q order) (outcome, error) {
	if q.Base == "" {
		q.Base = o.cfg.BaseURL
	}
	if o.folder == nil {
		out, err := o.order(ctx, name, q)
		if !errors.Is(err, errNoServer) {
			return out, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	return o.office.perform(ctx, name, q)
}

// order has the server do an operation. With errNoServer there is none, and the data
// folder is held.
func (o *operator) order(ctx context.Context, name string, q order) (outcome, error) {
	if err := checkFolder(o.cfg.Data); err != nil {
		return outcome{}, err
	}
	late := time.After(folderWait)
	for {
		out, err := orderServer(ctx, o.cfg.Data, name, q)
		if !errors.Is(err, errNoServer) {
			return out, err
		}
		folder, err := openFolder(o.cfg.Data)
		if err == nil {
			if err := o.hold(ctx, folder); err != nil {
				return outcome{}, errors.Join(err, o.close())
			}
			return outcome{}, errNoServer
		}
		var held *heldError
		if !errors.As(err, &held) {
			return outcome{}, err
		}
		select {
		case <-time.After(folderRetry):
		case <-late:
			return outcome{}, fmt.Errorf("data folder %s is in use by %s, which takes no commands: look what it does, or stop it first", o.cfg.Data, held.by)
		case <-ctx.Done():
			return outcome{}, ctx.Err()
		}
	}
}

// checkFolder refuses what no server has run on: a command makes no data folder.
func checkFolder(path string) error {
	info, err := os.Stat(filepath.Join(path, tablesName))
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("open data folder %s: permission denied: run this as the user whom the server runs as", path)
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("data folder %s isn't there: name the right one with --data, or start the server once", path)
		}
		return fmt.Errorf("folder %s holds no accounts: name the right one with --data, or start the server once", path)
	case err != nil:
		return fmt.Errorf("open data folder: %w", err)
	}
	// Where no server runs we write to the database ourselves, and what the
	// superuser makes beside it the server couldn't open.
	owner, known := info.Sys().(*syscall.Stat_t)
	if known && os.Geteuid() == 0 && owner.Uid != 0 && !serverRuns(path) {
		return fmt.Errorf("data folder %s belongs to user %d: run this as that user, or start the server", path, owner.Uid)
	}
	return nil
}

func serverRuns(folder string) bool {
	conn, err := dialControl(context.Background(), folder)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// orderServer has the server that runs on the data folder do an operation. Without
// one it returns errNoServer.
func orderServer(ctx context.Context, folder, name string, q order) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, operationTimeout+controlStep)
	defer cancel()
	conn, err := dialControl(ctx, folder)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED): // the second is of a server that was killed
		return outcome{}, errNoServer
	case errors.Is(err, fs.ErrPermission):
		return outcome{}, errors.New("reach the server: permission denied: run this as the user whom the server runs as")
	case err != nil:
		return outcome{}, fmt.Errorf("reach the server: %w", err)
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, // which closes conn in the end
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}}
	body, err := json.Marshal(q)
	if err != nil {
		return outcome{}, errors.Join(fmt.Errorf("encode command: %w", err), conn.Close())
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://snug"+controlPath+name, bytes.NewReader(body))
	if err != nil {
		return outcome{}, errors.Join(fmt.Errorf("make command: %w", err), conn.Close())
	}
	resp, err := client.Do(r)
	if err != nil {
		return outcome{}, fmt.Errorf("the server took the command and gave no answer; look whether it was done: %w", err)
	}
	defer resp.Body.Close()
	d := json.NewDecoder(io.LimitReader(resp.Body, maxOutcome))
	if resp.StatusCode != http.StatusOK {
		var no controlRefusal
		if err := d.Decode(&no); err != nil || no.Error == "" {
			return outcome{}, fmt.Errorf("the server answered %s", resp.Status)
		}
		return outcome{}, errors.New(no.Error)
	}
	var out outcome
	if err := d.Decode(&out); err != nil {
		return outcome{}, fmt.Errorf("read the server's answer: %w", err)
	}
	return out, nil
}

// hold opens the accounts in a data folder that no server runs on.
func (o *operator) hold(ctx context.Context, folder *folder) error {
	o.closers = append(o.closers, folder.close)
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	// Nobody wants to read here what is done; that is printed.
	log := slog.New(slog.NewTextHandler(o.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	secret, _, err := folder.secretOr(o.cfg.Secret, log)
	if err != nil {
		return err
	}
	tables, err := db.Open(ctx, folder.file(tablesName))
	if err != nil {
		return err
	}
	o.closers = append(o.closers, tables.Close)
	c := accountsConfig(o.cfg, tables, secret, log)
	// The rooms are closed: what an account leaves there the server removes when it
	// starts next.
	c.OnUserDelete = func(ctx context.Context, _ []string) error {
		<-ctx.Done()
		return ctx.Err()
	}
	accounts, err := auth.New(c)
	if err != nil {
		return fmt.Errorf("open accounts: %w", err)
	}
	o.closers = append(o.closers, accounts.Close)
	o.folder = folder
	o.office = office{accounts: accounts, rooms: chat.NewRooms(tables, time.Now), url: urlOf(o.cfg, o.cfg.Addr)}
	return nil
}

// close gives the data folder back.
func (o *operator) close() error {
	var errs []error
	for _, fn := range slices.Backward(o.closers) {
		errs = append(errs, fn())
	}
	o.closers = nil
	return errors.Join(errs...)
}

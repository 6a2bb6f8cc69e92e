package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"snug/auth"
	"snug/chat"
	"snug/cmd/snug/internal/config"
	"snug/db"
	"snug/durable/store/pebble"
	"snug/files"
	"snug/httpapi"
	"snug/mail"
	"snug/preview"
	"snug/search"
	"snug/web"
)

const (
	// stopTime is for requests and sockets to end and for mails to leave, of the 10 s
	// that a service manager gives before it kills; what is left is for closing the
	// stores.
	stopTime = 5 * time.Second
	// mailTime is for mails at least, where the others took it all.
	mailTime = 2 * time.Second
	// closeSpread keeps the clients from coming back all at once.
	closeSpread = 2 * time.Second
)

// Server is everything that runs on one data folder. Several can run in one
// process, each on its own folder and address.
type Server struct {
	cfg      config.Config
	log      *slog.Logger
	version  string
	listener net.Listener // of TCP
	front    net.Listener // over it, that requests come by: TLS or the same
	plain    net.Listener // of plain HTTP beside TLS; nil is none
	space    *disk
	chat     *chat.Service
	files    *files.Service // nil: none are taken
	accounts *auth.Service
	index    atomic.Pointer[follower] // nil: not yet
	previews *preview.Worker          // nil: there are none
	observer atomic.Pointer[observer] // nil: not yet
	mail     func(mail.Message) error // nil: there are none
	http     *http.Server
	failed   chan error    // the store has given up; holds one
	tables   *db.DB        // its Failed is watched too
	hurry    chan struct{} // closed: don't wait for anybody
	once     sync.Once
	closers  []func() error // last opened first closed
	stopBy   time.Time      // set when the closers begin
	drained  bool
}

// OpenServer takes the data folder and the address, opens what is stored and
// makes what a first start needs. After an error nothing is held.
func OpenServer(ctx context.Context, cfg config.Config, log *slog.Logger, version string) (*Server, error) {
	s := &Server{cfg: cfg, log: log, version: version, failed: make(chan error, 1), hurry: make(chan struct{})}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.closeAll())
	}
	return s, nil
}

func (s *Server) open(ctx context.Context) error {
	_, err := os.Stat(s.cfg.Data)
	first := errors.Is(err, os.ErrNotExist)
	folder, err := openFolder(s.cfg.Data)
	if err != nil {
		return err
	}
	s.later(folder.close)
	// Before anything is stored: a port in use is the commonest mistake.
	listener, err := listen("--addr", s.cfg.Addr)
	if err != nil {
		return err
	}
	conns := maxConns()
	if s.cfg.TLS.HTTPAddr != "" {
		conns = max(conns-plainConns, 1)
	}
	s.listener = newBoundedListener(listener, conns, s.log)
	s.front = s.listener
	s.later(func() error { return ignoreClosed(s.listener.Close()) })

	secret, made, err := folder.secretOr(s.cfg.Secret, s.log)
	if err != nil {
		return err
	}
	if s.tables, err = db.Open(ctx, folder.file(tablesName)); err != nil {
		return err
	}
	s.later(s.tables.Close)
	store, err := pebble.Open(folder.file(objectsName), pebble.Options{
		MinFree: storeMinFree(s.cfg.MinFree), Logger: s.log.With("part", "store"), Fatal: func(err error) { s.failed <- err },
	})
	if err != nil {
		return err
	}
	s.later(store.Close)
	lineage, err := folder.lineage(s.log) // which says, once it is there, that the others are
	if err != nil {
		return err
	}
	s.space = newDisk(s.cfg.Data, s.cfg.MinFree)
	if s.files, err = s.makeFiles(ctx, folder, secret); err != nil {
		return err
	}
	if err := s.wire(ctx, folder, secret, lineage, store); err != nil {
		return err
	}
	s.later(s.restUntilClosed(store))
	if s.cfg.TLS.On() {
		s.http.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: maxStreams}
		if err := s.openTLS(folder); err != nil {
			return err
		}
	}
	if first || made {
		s.log.Info("first start: the data folder is made", "data", s.cfg.Data)
	}
	return nil
}

// restUntilClosed gives memory back at quiet times until the closer it returns.
func (s *Server) restUntilClosed(store *pebble.Store) (close func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	var resting sync.WaitGroup
	drop := func() {
		s.accounts.Rest()
		s.chat.Rest()
	}
	trim := func(ctx context.Context) bool {
		trimmed, err := store.Trim(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("the store keeps its memory", "err", err)
		}
		return trimmed || err != nil
	}
	resting.Go(func() { newRest(drop, trim).run(ctx) })
	return func() error {
		cancel()
		resting.Wait()
		return nil
	}
}

// wire makes the services and the handler over them.
func (s *Server) wire(ctx context.Context, folder *folder, secret []byte, lineage string, store *pebble.Store) (err error) {
	var shelves chat.Files
	if s.files != nil {
		shelves = shelf{s.files}
	}
	var linked func(chat.RoomID, chat.Seq, chat.UserID)
	if s.previews = s.makePreviews(); s.previews != nil {
		linked = s.previews.Linked
	}
	s.chat, err = chat.New(ctx, chat.Config{
		Changed: s.changed, Doubted: s.doubted, Followed: s.followed, Mentions: s.mentions,
		Files: shelves,
		Store: store, DB: s.tables, Logger: s.log.With("part", "chat"),
		PostRate:  chat.Rate{Limit: s.cfg.PostRate.Count, Window: s.cfg.PostRate.Per},
		MaxChars:  s.cfg.MaxMessage,
		Lineage:   lineage,
		Heartbeat: s.cfg.Heartbeat, ServerName: s.cfg.ServerName,
		Retention: chat.Retention{Messages: s.cfg.RetainMessages, Age: s.cfg.RetainAge},
		Storable:  s.space.storable, CloseSpread: closeSpread,
		Linked: linked, Dropped: s.dropped,
		OnClosed: func(sessionKey string) {
			if s.accounts != nil { // sockets come after them
				s.accounts.Seen(sessionKey)
			}
		},
	})
	if err != nil {
		return fmt.Errorf("start chat: %w", err)
	}
	s.later(s.drain) // if the start fails from here on
	if s.cfg.Search {
		if err := s.openIndex(ctx, folder.file(indexName)); err != nil {
			return err
		}
		// Once nobody posts any more: what the index lacks then it adds after the next start.
		s.later(func() error {
			f := s.index.Load()
			f.stop()
			return f.Close(context.Background())
		})
	} else if err := search.Remove(folder.file(indexName)); err != nil { // it would lack what is posted from here on
		return err
	}

	called := func() web.Names {
		info := s.chat.Server()
		return web.Names{Name: info.Name, Description: info.Description}
	}
	client := web.Handler(called)
	if s.cfg.WebDir != "" {
		if client, err = web.Dir(s.cfg.WebDir, called); err != nil {
			return fmt.Errorf("setting web-dir: %w", err)
		}
	}
	if err := s.checkRooms(ctx); err != nil {
		return err
	}
	proxies := httpapi.Proxies(s.cfg.TrustedProxies)
	if s.accounts, err = s.openAccounts(secret, proxies.ClientIP, client); err != nil {
		return err
	}

	if err := s.openAttention(ctx, folder, secret); err != nil {
		return err
	}

	var taken httpapi.Files
	if s.files != nil {
		taken = s.files
	}
	var searcher httpapi.Searcher
	if f := s.index.Load(); f != nil {
		searcher = f
	}
	handler, err := httpapi.New(httpapi.Config{
		Files: taken, Attention: s.observer.Load().attention, Push: s.observer.Load().push,
		Rooms: s.chat, Accounts: s.accounts, Search: searcher, Web: client,
		Origins: auth.Origins{Base: s.cfg.BaseURL, Trusted: s.cfg.TrustedOrigins}, Proxies: proxies, Ready: s.chat.Ready, Version: s.version, Logger: s.log.With("part", "http"),
		UpgradeRate: httpapi.Rate{Count: s.cfg.UpgradeRate.Count, Per: s.cfg.UpgradeRate.Per},
	})
	if err != nil {
		return err
	}
	s.http = handler.HTTPServer()
	// Before the accounts and the mails are closed: who waits for an answer may still
	// need them.
	s.later(s.drain)
	if err := s.chat.Settle(ctx); err != nil {
		return fmt.Errorf("settle rooms: %w", err)
	}
	s.startPreviews()
	s.startAttention()
	if f := s.index.Load(); f != nil {
		s.later(func() error { f.stop(); return nil })
	}
	if s.files != nil {
		s.files.Start()
		s.later(s.files.Close)
	}
	s.openControl()
	return nil
}

// openControl lets operators give commands. A file system on which that can't be is
// no reason not to run.
func (s *Server) openControl() {
	o := office{accounts: s.accounts, rooms: chat.NewRooms(s.tables, time.Now), settle: s.chat.Settle, url: s.URL()}
	if f := s.index.Load(); f != nil {
		o.index = f.Index
	}
	c, err := openControl(s.cfg.Data, o, s.log)
	if err != nil {
		s.log.Warn("commands such as snug user and snug room need this server to be stopped", "err", err)
		return
	}
	s.later(func() error {
		ctx, cancel := s.grace(0)
		defer cancel()
		return c.close(ctx)
	})
}

// storeMinFree says "no limit" in the store's words.
func storeMinFree(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

// listen takes an address that a flag sets.
func listen(flag, addr string) (*net.TCPListener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("address %s is in use by another program: stop that, or choose another address with %s", addr, flag)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("address %s needs rights that this user doesn't have: choose a port from 1024 up with %s, and put a proxy in front, or give the rights (docs/tls.md)", addr, flag)
	case err != nil:
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l.(*net.TCPListener), nil // that is what "tcp" makes
}

// Addr is the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// name is what the people here call the server; "": nobody has named it.
func (s *Server) name() string { return s.chat.Server().Name }

// URL is where a browser finds the server.
func (s *Server) URL() string {
	return urlOf(s.cfg, s.Addr().String())
}

// urlOf is where a browser finds a server that listens on addr.
func urlOf(cfg config.Config, addr string) string {
	if cfg.BaseURL != "" {
		return cfg.BaseURL
	}
	host, port, _ := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Run serves until ctx ends or the storage fails, then stops: it takes nothing
// new, lets requests end, closes the sockets with 1001 and then the stores.
// Nothing is held or running when it returns. Call it once.
func (s *Server) Run(ctx context.Context) error {
	s.log.Info("listening", "url", s.URL(), "addr", s.Addr().String(), "version", s.version, "data", s.cfg.Data)
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.front) }()
	var cause error
	select {
	case <-ctx.Done():
	case <-s.hurry:
	case err := <-s.failed:
		cause = fmt.Errorf("the storage failed; start again to read what is on disk: %w", err)
	case <-s.tables.Failed():
		cause = errors.New("the tables' storage failed; start again to read what is on disk")
	case err := <-served:
		cause = fmt.Errorf("serve: %w", err)
	}
	return errors.Join(cause, s.closeAll())
}

// Hurry makes a stop that is under way, or begins with it, wait for nobody.
func (s *Server) Hurry() { s.once.Do(func() { close(s.hurry) }) }

// Close stops at once a Server that was opened and whose Run wasn't called.
func (s *Server) Close() error {
	s.Hurry()
	return s.closeAll()
}

// drain lets requests and sockets end, side by side, before what they stand on
// is closed.
func (s *Server) drain() error {
	if s.drained {
		return nil
	}
	s.drained = true
	ctx, cancel := s.grace(0)
	defer cancel()
	var requests sync.WaitGroup
	requests.Go(func() {
		if s.http != nil && s.http.Shutdown(ctx) != nil { // out of time
			_ = s.http.Close()
		}
	})
	err := s.chat.Close(ctx)
	requests.Wait()
	if err != nil && ctx.Err() != nil {
		s.log.Warn("stopped before everybody had left; nothing acknowledged is lost", "err", err)
		return nil
	}
	return err
}

// grace bounds the waits of a stop: it ends when the stop has taken stopTime, though
// not before least from now, and at once in a hurry.
func (s *Server) grace(least time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), max(time.Until(s.stopBy), least))
	go func() {
		select {
		case <-s.hurry:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (s *Server) later(fn func() error) { s.closers = append(s.closers, fn) }

func (s *Server) closeAll() error {
	s.stopBy = time.Now().Add(stopTime)
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// ignoreClosed: the HTTP server closes its listener too.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"

	"snug/db"
)

// Config is what a Service needs. DB and Secret are required.
type Config struct {
	DB *db.DB
	// Secret signs the cookies: 32 random bytes or more, kept across restarts.
	Secret []byte
	// BaseURL is where browsers find the server; "" if that isn't fixed. With
	// https the cookies are Secure; plain http is for this machine only.
	BaseURL string
	// Origins whose pages may sign in and out. Its Base is BaseURL, or empty, which
	// means the same.
	Origins Origins
	// ClientIP names the address that a request comes from, as far as it can be
	// believed, an IPv6 address by its /64. Nil: the address of the connection.
	ClientIP func(*http.Request) string
	// AuthRate is how often one address may try to sign in, and to sign up. The zero
	// Rate turns this off, and with it the limit per account.
	AuthRate Rate
	// HashLimit is how many passwords are hashed at once. 0: twice the cores.
	HashLimit int
	Logger    *slog.Logger     // nil: nothing is logged
	Now       func() time.Time // nil: time.Now
	// OnSessionEnd hears of every session that ends; see the package comment.
	OnSessionEnd func(SessionEnd)
}

// SessionEnd says that a session of UserID is over: the one named SessionKey, or
// all of them.
type SessionEnd struct {
	SessionKey string // as in Identity; "" with All
	UserID     string
	All        bool
}

// Identity is who a request comes from, as its session says.
type Identity struct {
	UserID string
	Name   string
	Image  string // "" where there is none
	Email  string
	// SessionKey names the session without opening it: the hex SHA-256 of its token.
	// Logs show its first 8 characters.
	SessionKey string
	// ExpiresAt is when the session ends unless it is extended. OnSessionEnd is
	// called when that happens, so nobody needs a timer of their own.
	ExpiresAt time.Time
}

// Service is the running package. Make it with New, end it with Close.
type Service struct {
	db       *db.DB
	secret   []byte
	origins  Origins
	secure   bool // cookies over https only, with the prefix that says so
	clientIP func(*http.Request) string
	log      *slog.Logger
	now      func() time.Time
	onEnd    func(SessionEnd)

	routes    map[string]route
	cache     *cache
	hasher    *hasher
	addresses *limiter // tries per address
	accounts  *limiter // tries per account

	stop context.CancelFunc // ends the sweeper
	done sync.WaitGroup
}

// New checks the configuration and starts the sweeper that ends sessions whose
// time has come.
func New(c Config) (*Service, error) {
	if c.DB == nil {
		return nil, errors.New("auth: no database")
	}
	if err := checkSecret(c.Secret); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	base, err := checkBaseURL(c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if err := c.Origins.check(base); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if c.ClientIP == nil {
		c.ClientIP = peer
	}
	if c.HashLimit <= 0 {
		c.HashLimit = 2 * runtime.GOMAXPROCS(0)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnSessionEnd == nil {
		c.OnSessionEnd = func(SessionEnd) {}
	}
	perAccount := accountRate()
	if c.AuthRate.Limit == 0 {
		perAccount = Rate{}
	}
	s := &Service{
		db:        c.DB,
		secret:    c.Secret,
		origins:   Origins{Base: base, Trusted: c.Origins.Trusted},
		secure:    strings.HasPrefix(base, "https:"),
		clientIP:  c.ClientIP,
		log:       c.Logger,
		now:       func() time.Time { return c.Now().UTC().Truncate(time.Millisecond) },
		onEnd:     c.OnSessionEnd,
		cache:     newCache(cacheSize),
		hasher:    newHasher(strength(), c.HashLimit),
		addresses: newLimiter(c.AuthRate, limiterSize),
		accounts:  newLimiter(perAccount, limiterSize),
	}
	s.routes = s.routeTable()
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() { s.sweep(ctx) })
	return s, nil
}

// Close stops the sweeper and waits for it. The database stays open: it is the
// caller's.
func (s *Service) Close() error {
	s.stop()
	s.done.Wait()
	return nil
}

// peer is the address at the other end of the connection, an IPv6 address by its
// /64, of which a single customer often has all.
func peer(r *http.Request) string {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := ap.Addr().Unmap()
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return ""
	}
	return prefix.Addr().String()
}

func checkSecret(secret []byte) error {
	const least = 32
	if len(secret) < least {
		return fmt.Errorf("secret has %d bytes, need %d random ones", len(secret), least)
	}
	// The placeholder that better-auth falls back to, in its short and long form:
	// whoever knows the secret can sign a cookie.
	if strings.HasPrefix(string(secret), "better-auth-secret-123456789") {
		return errors.New("secret is a published placeholder: make a random one")
	}
	return nil
}

// checkBaseURL returns the origin of a base URL; "" for "".
func checkBaseURL(raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("parse base URL: %w", err)
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("base URL %q has more than scheme and host", raw)
	}
	origin := u.Scheme + "://" + u.Host
	if !isOrigin(origin) || u.User != nil {
		return "", fmt.Errorf("base URL %q is not like https://chat.example.org", raw)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return "", fmt.Errorf("base URL %q would send sessions in the clear: use https, or set no base URL to serve whatever host is asked for", raw)
	}
	return origin, nil
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

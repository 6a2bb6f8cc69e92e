package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"snug/auth/oauth"
	"snug/db"
	"snug/language"
	"snug/picture"
	"snug/turns"
)

// Config is what a Service needs. DB and Secret are required.
type Config struct {
	DB *db.DB
	// Secret signs the cookies: 32 random bytes or more, kept across restarts.
	Secret []byte
	// OldSecrets signed the cookies before; what they signed is still good.
	OldSecrets [][]byte
	// BaseURL is where browsers find the server; "" if that isn't fixed, and links
	// then lead to the host that was asked for. With https the cookies are Secure;
	// plain http is for this machine only, unless InsecureHTTP allows it.
	BaseURL      string
	InsecureHTTP bool
	// Origins whose pages may sign in and out. Its Base is BaseURL, or empty, which
	// means the same.
	Origins Origins
	// ClientIP names the address that a request comes from, as far as it can be
	// believed, an IPv6 address by its /64. Nil: the address of the connection.
	ClientIP func(*http.Request) string
	// AuthRate is how often one address may try to sign in, and to sign up. The zero
	// Rate turns off all that is limited per address, mails too; what is limited per
	// account and per mailbox, wherever it comes from, stays.
	AuthRate Rate
	// HashLimit is how many passwords are hashed at once. 0: one less than there are
	// cores, so that a storm of sign-ins leaves one to all else.
	HashLimit int
	Logger    *slog.Logger     // nil: nothing is logged
	Now       func() time.Time // nil: time.Now

	// Providers that people sign in with, in the order of their buttons.
	Providers []Provider
	SignUp    SignUp
	// RequireVerified keeps out whoever hasn't confirmed the e-mail address, where
	// signing in is by password.
	RequireVerified bool
	NoPasswords     bool // nobody signs in or up with a password
	MagicLinks      bool // a link in a mail signs in
	Guests          bool // anyone may come in without an account
	// Mail sends a mail in the background: it returns at once. Nil: there is none,
	// and the links that mails would have are logged instead.
	Mail func(Mail) error
	// CallbackPage answers a browser that a provider sends back, if front ends are
	// to fetch that address themselves. Nil: the server answers with a redirect.
	CallbackPage http.Handler
	// Fetch gets a picture from the public web, safely. Nil: none is fetched.
	Fetch func(ctx context.Context, url string) ([]byte, error)
	// Place says in words where an address is, "" where that isn't known.
	Place func(address string) string
	// Active reports whether something is open for the session just now.
	Active func(sessionKey string) bool

	// ServerName is what the people here call the server, "" where nobody has named it.
	// Nil: nobody has.
	ServerName func() string

	// Language returns the language that a user reads, "" where that isn't known: their
	// mails are in it. Nil: it isn't known of anybody, and mails are in that of the request
	// that they come of.
	Language func(ctx context.Context, userID string) (language.Code, error)

	// Rooms are where invitations may lead into. Nil: into none.
	Rooms InviteRooms
	// NoteInvite keeps account of what is done with invitations. It is called in the
	// transaction that does it, whose error it may be. Nil: nobody does.
	NoteInvite func(ctx context.Context, tx *sql.Tx, n InviteNote) error

	// BringIn makes somebody who has signed in at a provider a member of the rooms that the
	// provider names, but for those that they have left or were removed from. It is called
	// at each such sign-in. Nil: nobody is brought anywhere.
	BringIn func(ctx context.Context, who Identity, rooms []string) error

	// OnSessionEnd hears of every session that ends; see the package comment.
	OnSessionEnd func(SessionEnd)
	// OnUserChange hears of a new name, picture or role, after it is durable.
	OnUserChange func(Identity)
	// OnUserDelete removes what deleted accounts left elsewhere, of at most 100 at
	// once. It is called until it succeeds, over restarts too, and may be called again
	// after that. It may be slow: a tenth of the time is spent in it at most.
	OnUserDelete func(ctx context.Context, userIDs []string) error
}

// InviteRooms are the rooms that invitations lead into, of whose names auth knows nothing.
type InviteRooms interface {
	// Find returns the key of a room that people may be invited to by somebody; ok is
	// false where they may not, or there is none.
	Find(ctx context.Context, by Identity, room string) (key string, ok bool, err error)
	// Name returns the address and the name of the room of a key; ok is false where it is gone,
	// or nobody is let in any more by an invitation of that maker. by is as in Enter.
	Name(ctx context.Context, key, by string) (room, name string, ok bool, err error)
	// Enter makes somebody who was invited a member; by is the id of who invited them, ""
	// where that isn't known. It may be called again. ok is false where there is no such room.
	Enter(ctx context.Context, who Identity, key, by string) (room string, ok bool, err error)
}

// A Mail is a message of the server to one person.
type Mail struct {
	To, Subject, Text, HTML string
}

// A Provider is a place to sign in with, and how it is used.
type Provider struct {
	*oauth.Provider
	// Rooms are slugs of the rooms that people who sign in there are to be in; a newcomer
	// is shown the first.
	Rooms []string
}

// SignUp says who may make an account. The very first account of a server, its
// owner's, may always be made.
type SignUp struct {
	Mode    SignUpMode
	Domains []string // of SignUpDomain: the verified address must be of one of these
}

// A SignUpMode is one way to let people in.
type SignUpMode string

const (
	SignUpOpen   SignUpMode = ""       // anyone
	SignUpInvite SignUpMode = "invite" // who was invited
	SignUpDomain SignUpMode = "domain" // who has an address of a domain, or was invited
	SignUpClosed SignUpMode = "closed" // nobody
)

// SessionEnd says that a session of UserID is over: the one named SessionKey, or
// all of them. An API token is a session here.
type SessionEnd struct {
	SessionKey string // as in Identity; "" with All
	UserID     string
	All        bool
	Banned     bool // the person is not to come back
	// Replaced: the reply that is on its way gives the browser another session.
	Replaced bool
}

// Identity is who a request comes from, as its session says.
type Identity struct {
	UserID string
	Name   string
	Image  string // a path of this server; "" where there is none
	Email  string
	Role   Role
	// Scopes are what an API token may do; nil is a person, who may do everything
	// that the role allows.
	Scopes []Scope
	// SessionKey names the session without opening it: the hex SHA-256 of its token,
	// or of an API token. Logs show its first 8 characters.
	SessionKey string
	// ExpiresAt is when the session ends unless it is extended; zero is never.
	// OnSessionEnd is called when that happens, so nobody needs a timer of their own.
	ExpiresAt time.Time
}

// A Role is what somebody is on this server.
type Role string

const (
	RoleOwner     Role = "owner"
	RoleAdmin     Role = "admin"
	RoleModerator Role = "moderator"
	RoleMember    Role = "member"
	RoleGuest     Role = "guest"
	RoleBot       Role = "bot"
)

// A Scope is something that an API token may do.
type Scope string

const (
	ScopeRead  Scope = "messages:read"
	ScopeWrite Scope = "messages:write"
	ScopeRooms Scope = "rooms:write" // to make and change rooms, say who is in them, and keep order
)

// May reports whether the scope is granted.
func (id Identity) May(scope Scope) bool {
	return id.Scopes == nil || slices.Contains(id.Scopes, scope)
}

// product is what a server is called that has no name of its own.
const product = "Snug"

// Service is the running package. Make it with New, end it with Close.
type Service struct {
	cfg      Config // as given, with defaults
	db       *db.DB
	secrets  [][]byte // the first signs, all verify
	base     string   // "" if it isn't fixed
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
	mails     *limiter // mails asked for, per address
	accounts  *limiter // tries per account
	guessers  *limiter // tries per account and address
	mailboxes *limiter // mails per address that they go to
	senders   *limiter // the same, asked for from one address

	studio   *picture.Studio
	avatars  *turns.Turns // of those who upload pictures
	changes  *limiter     // of names and pictures, and new invitations, by user
	wanted   chan wanted  // pictures to be fetched
	seen     *seen
	departed chan struct{} // wakes forget
	errands  chan errand

	// legacy says when to look for imported passwords again.
	legacy struct {
		sync.Mutex
		next time.Time
	}

	// profiles is held while a new name or picture is stored and told, so that two
	// are told in the order in which they were stored.
	profiles sync.Mutex

	stop context.CancelFunc // ends what New started
	done sync.WaitGroup
}

// New checks the configuration and starts what works in the background: ending
// sessions whose time has come, forgetting deleted accounts, and sending mails.
func New(c Config) (*Service, error) {
	if c.DB == nil {
		return nil, errors.New("auth: no database")
	}
	for _, secret := range append([][]byte{c.Secret}, c.OldSecrets...) {
		if err := checkSecret(secret); err != nil {
			return nil, fmt.Errorf("auth: %w", err)
		}
	}
	base, err := checkBaseURL(c.BaseURL, c.InsecureHTTP)
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
		c.HashLimit = max(1, runtime.GOMAXPROCS(0)-1)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.ServerName == nil {
		c.ServerName = func() string { return "" }
	}
	if c.OnSessionEnd == nil {
		c.OnSessionEnd = func(SessionEnd) {}
	}
	if c.OnUserChange == nil {
		c.OnUserChange = func(Identity) {}
	}
	if c.OnUserDelete == nil {
		c.OnUserDelete = func(context.Context, []string) error { return nil }
	}
	if c.Place == nil {
		c.Place = func(string) string { return "" }
	}
	if c.Active == nil {
		c.Active = func(string) bool { return false }
	}
	perGuesser, perSender, perMail := guesserRate(), senderRate(), mailRate()
	if c.AuthRate.Limit == 0 {
		// Where all come from one address these would hold for all together.
		perGuesser, perSender, perMail = Rate{}, Rate{}, Rate{}
	}
	s := &Service{
		cfg:       c,
		db:        c.DB,
		secrets:   append([][]byte{c.Secret}, c.OldSecrets...),
		base:      base,
		origins:   Origins{Base: base, Trusted: c.Origins.Trusted},
		secure:    strings.HasPrefix(base, "https:"),
		clientIP:  c.ClientIP,
		log:       c.Logger,
		now:       func() time.Time { return c.Now().UTC().Truncate(time.Millisecond) },
		onEnd:     c.OnSessionEnd,
		cache:     newCache(cacheSize),
		hasher:    newHasher(strength(), c.HashLimit),
		addresses: newLimiter(c.AuthRate, limiterSize),
		mails:     newLimiter(perMail, limiterSize),
		accounts:  newLimiter(accountRate(), limiterSize),
		guessers:  newLimiter(perGuesser, limiterSize),
		mailboxes: newLimiter(mailboxRate(), limiterSize),
		senders:   newLimiter(perSender, limiterSize),
		changes:   newLimiter(profileRate(), limiterSize),
		studio:    picture.New(picture.Options{}),
		avatars:   turns.New(turns.Limits{AtOnce: 1, Waiting: waitingAvatars, WaitingOfOne: avatarsOfOne}),
		wanted:    make(chan wanted, maxWanted),
		seen:      newSeen(),
		departed:  make(chan struct{}, 1),
		errands:   make(chan errand, maxErrands),
	}
	s.routes = s.routeTable()
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() { s.sweep(ctx) })
	s.done.Go(func() { s.forget(ctx) })
	if len(c.OldSecrets) > 0 {
		s.done.Go(func() { s.reseal(ctx) })
	}
	s.done.Go(func() { s.fetchPictures(ctx) })
	s.done.Go(func() { s.runErrands(ctx) })
	return s, nil
}

// Rest drops what is kept in memory only to be quick: it is read anew when it is
// needed. It is for times when nothing happens.
func (s *Service) Rest() { s.cache.clear() }

// Close stops what New started and waits for it, and stores within a second when sessions
// were seen last. The database stays open: it is the caller's.
func (s *Service) Close() error {
	s.stop()
	s.done.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), seenTime)
	defer cancel()
	if err := s.writeSeen(ctx); err != nil {
		s.log.Warn("stopped before it was stored when sessions were seen", "err", err)
	}
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
func checkBaseURL(raw string, insecure bool) (string, error) {
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
	if u.Scheme == "http" && !insecure && !loopback(u.Hostname()) {
		return "", fmt.Errorf("base URL %q would send sessions in the clear: use https", raw)
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

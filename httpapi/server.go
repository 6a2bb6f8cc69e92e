package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"snug/auth"
	"snug/chat"
	"snug/files"
)

// Rooms is what the server needs of chat.
type Rooms interface {
	RoomKeeper
	Moderator
	Namer
	// ServeSocket and ServeLevel0 answer an upgrade whose sender was checked. They
	// return once the socket is registered under the actor's session; what isn't a handshake
	// they answer by refuse.
	ServeSocket(w http.ResponseWriter, r *http.Request, a chat.Actor, refuse func(status int, text string))
	ServeLevel0(w http.ResponseWriter, r *http.Request, a chat.Actor, refuse func(status int, text string))
	// Newest gives the latest messages of the room "global", oldest first: a JSON
	// array of chat.Message.
	Newest(ctx context.Context, a chat.Actor) ([]byte, error)
	// History gives a chat.Page as JSON.
	History(ctx context.Context, a chat.Actor, slug string, q chat.HistoryQuery) ([]byte, error)
	Post(ctx context.Context, a chat.Actor, slug string, m chat.NewMessage) (chat.Message, error)
	// Change does what a frame of the types edit, delete, react and pin does.
	Change(ctx context.Context, a chat.Actor, slug string, f chat.ClientFrame) (chat.Message, error)
	Message(ctx context.Context, a chat.Actor, slug string, id chat.MessageID) (chat.Message, error)
	Versions(ctx context.Context, a chat.Actor, slug string, id chat.MessageID) (chat.VersionList, error)
	Thread(ctx context.Context, a chat.Actor, slug string, id chat.MessageID, q chat.ThreadQuery) (chat.ThreadPage, error)
	Pins(ctx context.Context, a chat.Actor, slug string) (chat.PinList, error)
	RemovePreview(ctx context.Context, a chat.Actor, slug string, id chat.MessageID, url string) (chat.Message, error)
	// MessagesBy calls fn for each message of a person, with what it said before.
	MessagesBy(ctx context.Context, id chat.UserID, fn func(slug string, m chat.Message, before []chat.Version) error) error
	MarkRead(ctx context.Context, a chat.Actor, slug string, seq chat.Seq, back bool) (chat.ReadMark, error)
	Follow(ctx context.Context, a chat.Actor, slug string, id chat.MessageID, on bool) (chat.ThreadMark, error)
	ReadThread(ctx context.Context, a chat.Actor, slug string, id chat.MessageID, seq chat.Seq) (chat.ThreadMark, error)
	Threads(ctx context.Context, a chat.Actor) (chat.ThreadList, error)
	Drafts(ctx context.Context, a chat.Actor) (chat.DraftList, error)
	KeepDraft(ctx context.Context, a chat.Actor, d chat.Draft) (chat.Draft, error)
	Settings() chat.Settings
	Status(id chat.UserID) chat.OwnStatus
	SetStatus(ctx context.Context, a chat.Actor, o chat.OwnStatus) (chat.OwnStatus, error)
	Reads(ctx context.Context, a chat.Actor, slug string) (chat.ReadList, error)
	// EndSession closes the sockets of a session.
	EndSession(key string)
}

// Accounts is what the server needs of auth.
type Accounts interface {
	Overseer
	// Handler serves everything below /api/auth/ and /api/avatars/, /api/account, and
	// what is below that.
	Handler() http.Handler
	Identify(r *http.Request) (id auth.Identity, ok bool, err error)
	// Export gathers what is kept about a user.
	Export(ctx context.Context, userID string) (auth.Export, error)
	// Named finds people by a part of their names.
	Named(ctx context.Context, text string, limit int) ([]auth.Identity, error)
}

// Files is what the server needs of files; its methods are those of files.Service.
type Files interface {
	MaxBytes() int64
	Create(ctx context.Context, user, name string, size int64) (files.Upload, error)
	Offset(ctx context.Context, user, id string) (files.Upload, error)
	Append(ctx context.Context, user, id string, offset int64, body files.Source) (files.Upload, error)
	Finish(ctx context.Context, user, id string) (files.File, error)
	Stop(ctx context.Context, user, id string) error
	Look(ctx context.Context, by files.Reader, id string) (files.File, error)
	Open(ctx context.Context, f files.File, thumbnail bool) (*files.Content, error)
	Sign(f files.File, until time.Time) string
	Verify(id, expires, signature string) bool
}

// Config of a Server. Rooms, Accounts and Web are required.
type Config struct {
	Rooms    Rooms
	Accounts Accounts
	Search   Searcher // nil: there is none
	// Attention and Push are there both or neither; nil: nobody is told of anything.
	Attention Attention
	Push      Push
	Web       http.Handler // everything that isn't the API
	Files     Files        // nil: there are none

	// Origins: its Base is the base URL, "" for whatever host is asked for.
	Origins     auth.Origins
	Proxies     Proxies
	UpgradeRate Rate // new sockets per address, loopback excepted
	// Ready tells whether the storage can commit; nil: always.
	Ready   func(context.Context) error
	Version string
	Logger  *slog.Logger // nil: nothing is logged
}

// Server is the handler of all requests. Make it with New.
type Server struct {
	rooms       Rooms
	accounts    Accounts
	searcher    Searcher
	attention   Attention // nil: there is none
	push        Push      // likewise
	files       Files     // nil: there are none
	origins     auth.Origins
	proxies     Proxies
	hosts       hosts
	crossOrigin *http.CrossOriginProtection
	hsts        bool
	upgrades    *limiter
	readers     *readers // of history
	searches    *readers // of all people as one
	exports     *readers // of their own data
	exportTurns *readers // all of those as one
	downloads   *readers // of files
	uploads     *limiter // requests of them
	own         *limiter // changes of what is a person's alone
	version     string
	document    []byte // of OpenAPI
	log         *slog.Logger
	mux         *http.ServeMux
	routes      []route
	ready       readiness
}

// New returns a Server; an origin that isn't one is an error.
func New(c Config) (*Server, error) {
	if c.Rooms == nil || c.Accounts == nil || c.Web == nil {
		return nil, errors.New("httpapi: Rooms, Accounts and Web are required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if err := c.Origins.Validate(); err != nil {
		return nil, fmt.Errorf("httpapi: %w", err)
	}
	s := &Server{
		rooms:       c.Rooms,
		accounts:    c.Accounts,
		searcher:    c.Search,
		attention:   c.Attention,
		push:        c.Push,
		files:       c.Files,
		origins:     c.Origins,
		proxies:     c.Proxies,
		hosts:       newHosts(c.Origins.Base, c.Origins.Trusted),
		crossOrigin: http.NewCrossOriginProtection(),
		hsts:        strings.HasPrefix(c.Origins.Base, "https:"),
		upgrades:    newLimiter(c.UpgradeRate, upgradeAddresses),
		readers:     newReaders(pagesAtOnce, pagesWaiting),
		searches:    newReaders(searchesAtOnce, searchesWaiting),
		exports:     newReaders(1, 0),
		exportTurns: newReaders(exportsAtOnce, exportsWaiting),
		downloads:   newReaders(downloadsAtOnce, downloadsWaiting),
		uploads:     newLimiter(Rate{uploadCount, uploadPer}, upgradeAddresses),
		own:         newLimiter(Rate{settingCount, settingPer}, upgradeAddresses),
		version:     c.Version,
		log:         c.Logger,
		ready:       readiness{check: c.Ready},
	}
	s.document = openAPI(c.Version)
	s.routes = s.routeTable()
	if s.files != nil {
		s.routes = append(s.routes, s.fileRoutes()...)
	}
	if s.attention != nil {
		s.routes = append(s.routes, s.attentionRoutes()...)
	}
	s.mux = http.NewServeMux()
	for _, r := range s.routes {
		s.mux.Handle(r.path, r.handler())
	}
	accounts := c.Accounts.Handler()
	for _, pattern := range []string{"/api/auth", "/api/auth/", "/api/account", "/api/account/", "/api/avatars/"} {
		s.mux.Handle(pattern, accounts)
	}
	s.mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) { notFound.write(w, level1) })
	s.mux.Handle("/", c.Web)
	return s, nil
}

// HTTPServer returns a server of s with the time-outs and bounds that it counts
// on. The caller serves and stops it.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// route is one path of the API with the methods that it takes.
type route struct {
	path    string
	level0  bool // it answers in the words of level 0
	methods methods
}

// methods are by name. That of GET serves HEAD too.
type methods map[string]method

// routeTable are the routes that there always are.
func (s *Server) routeTable() []route {
	return slices.Concat(s.serverRoutes(), s.level0Routes(), s.ownRoutes(), s.roomRoutes(), s.moderationRoutes(), s.messageRoutes(),
		s.personalRoutes(), s.namingRoutes(), s.statusRoutes(), s.searchRoutes())
}

func (r route) handler() http.Handler {
	var allow []string
	for method := range r.methods {
		allow = append(allow, method)
	}
	if _, ok := r.methods[http.MethodGet]; ok {
		allow = append(allow, http.MethodHead)
	}
	slices.Sort(allow)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		method := req.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		if m, ok := r.methods[method]; ok {
			m.serve(w, req)
			return
		}
		w.Header().Set("Allow", strings.Join(allow, ", "))
		message, l := "This address takes "+strings.Join(allow, ", ")+".", level1
		if slices.Equal(allow, []string{http.MethodGet, http.MethodHead}) {
			message = "This address can only be read."
		}
		if r.level0 {
			l = level0
		}
		refusal{http.StatusMethodNotAllowed, codeMethod, message, "Method not allowed"}.write(w, l)
	})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.setHeaders(w.Header())
	// A probe knows the address and not the name.
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
		s.mux.ServeHTTP(w, r)
		return
	}
	s.proxies.clean(r)
	if !s.checkHost(w, r) || !checkPath(w, r) || !s.checkCrossOrigin(w, r) {
		return
	}
	if r.Body != nil {
		r.Body = http.MaxBytesReader(w, r.Body, s.bodyLimit(r))
	}
	s.mux.ServeHTTP(w, r)
}

// bodyLimit is how many bytes a request may bring: few, but for pictures and files.
func (s *Server) bodyLimit(r *http.Request) int64 {
	switch {
	case r.URL.Path == "/api/account/avatar":
		return maxPicture
	case s.files != nil && (r.URL.Path == uploadsPath || strings.HasPrefix(r.URL.Path, uploadsPath+"/")):
		return s.files.MaxBytes() + 1 // which tells that there is more than was announced
	}
	return maxBody
}

package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"snug/db"
	"snug/durable"
)

// Config of a Service. Store and DB are required; they stay the caller's.
type Config struct {
	Store    durable.Store
	DB       *db.DB
	Logger   *slog.Logger     // nil: slog.Default
	Now      func() time.Time // nil: time.Now
	PostRate Rate             // posts of a person in a room; the zero value is no limit
	// ChangeRate is how many edits, deletions, reactions and pins a person may make in a
	// room; the zero value is three times PostRate.
	ChangeRate Rate
	MaxChars   int           // of a level 1 message; 0: 10,000; at most 16,000
	Heartbeat  time.Duration // 0: 25 s
	Retention  Retention
	// Storable reports why nothing can be stored now (the disk is full), so
	// that a post is refused in words. Each post asks: it must answer at once.
	// nil: it always can.
	Storable func() error
	// Changed hears of each event of a room once it is durable: who wants it reads Changes.
	// It must not wait, and misses what a crash comes before. nil: nobody does.
	Changed func(room RoomID, seq Seq)
	// Doubted likewise, where there is a Changed, hears of each room that was reset when
	// nobody knew whether its last events are durable: who wants to know calls Ascertain, and
	// then reads Changes.
	Doubted func(room RoomID)
	// Linked likewise hears of each message that has links, or had before it was edited.
	Linked func(room RoomID, seq Seq, author UserID)
	// Followed hears of each person who begins to follow a thread, before that is stored,
	// and of each who stops to, after it; not of those who take part in it. An error keeps
	// them from it. nil: nobody does.
	Followed func(ctx context.Context, id UserID, thread Place, on bool) error
	// Mentions counts what speaks to a person and isn't read, by rooms. nil: nobody does.
	Mentions func(ctx context.Context, id UserID) (map[RoomID]int, error)
	Files    Files // nil: there are no attachments
	// Dropped hears of a room that is being deleted: whoever keeps something of it (files,
	// an index) removes that, or returns an error and is told again. nil: nobody does.
	Dropped func(ctx context.Context, room RoomID) error
	// OnClosed hears of each socket that is gone, by its session. It must not wait.
	OnClosed func(sessionKey string)
	// ServerName is what the server is called, whatever was chosen on it; "": that.
	ServerName string
	// Lineage is a part of every stream that clients are told of. It must become another
	// when what is stored is replaced by what was stored before (a backup is put back):
	// else seqs that clients have seen would stand for other events. "": none.
	Lineage string
	// CloseSpread is the time over which Close spreads the sockets' 1001; 0: 3 s.
	CloseSpread time.Duration
}

// Service is the chat: its rooms and its sockets. All methods may be called
// concurrently. End it with Close.
type Service struct {
	cfg   Config
	rt    *durable.Runtime
	rooms *Rooms
	ns    *durable.Namespace
	probe *durable.Namespace
	calls calls

	inboxes *durable.Namespace
	live    *live
	ending  sync.Once

	pages      pages
	replays    *replays
	profiles   *profiles
	states     *states
	rules      rules
	enrolments *enrolments
	chores     *chores
	turns      keyLocks[RoomID] // of those who change rooms
	pace       pace             // likewise
	server     server
}

// none is the result of calls that have none.
type none struct{}

type calls struct {
	join                durable.Method[request, int]
	leave, typing, post durable.Method[request, none]
	change              durable.Method[request, none]
	open                durable.Method[string, none]
	noticed             durable.Method[notice, none]
	wake, touch         durable.Method[none, none]
	restate             durable.Method[restated, none]
	obey                durable.Method[order, Seq]
	erase               durable.Method[none, none]
	purge               durable.Method[purgeRequest, none]
	outbox              durable.Method[none, []deletion]
	handedOver          durable.Method[Seq, none]
	forget              durable.Method[authorRequest, Seq]
	authored            durable.Method[authorRequest, authoredPage]
	submit, changeNow   durable.Method[request, Message]
	removePreview       durable.Method[request, Message]
	setPreviews         durable.Method[previewsRequest, none]
	tellRead            durable.Method[readNote, bool]
	latestOf            durable.Method[UserID, Seq]

	read        durable.Method[mark, marked]
	readAll     durable.Method[[]mark, []mark]
	readThread  durable.Method[mark, threadMarked]
	follow      durable.Method[followChange, ThreadMark]
	keep        durable.Method[draftChange, draft]
	forgetInbox durable.Method[none, none]
}

// New starts the chat and makes its first room.
func New(ctx context.Context, cfg Config) (*Service, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxChars == 0 {
		cfg.MaxChars = defaultMaxChars
	}
	if cfg.MaxChars < 0 || cfg.MaxChars > maxMaxChars {
		return nil, fmt.Errorf("messages of %d characters: must be 1 to %d", cfg.MaxChars, maxMaxChars)
	}
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = 25 * time.Second
	}
	if cfg.ChangeRate == (Rate{}) {
		cfg.ChangeRate = Rate{3 * cfg.PostRate.Limit, cfg.PostRate.Window}
	}
	if cfg.Mentions == nil {
		cfg.Mentions = func(context.Context, UserID) (map[RoomID]int, error) { return nil, nil }
	}
	if cfg.Storable == nil {
		cfg.Storable = func() error { return nil }
	}
	s := &Service{cfg: cfg, rooms: NewRooms(cfg.DB, cfg.Now), replays: newReplays(), profiles: newProfiles(), rules: newRules(), pace: pace{posts: newPosts(cfg.ChangeRate)}}
	if _, err := s.rooms.Add(ctx, RoomEntry{Slug: Level0Room, Name: "Global"}); err != nil {
		return nil, fmt.Errorf("make the first room: %w", err)
	}
	rt, err := durable.New(durable.Options{
		Store: cfg.Store, Logger: cfg.Logger, Now: cfg.Now, Heartbeat: cfg.Heartbeat, CloseSpread: cfg.CloseSpread,
	})
	if err != nil {
		return nil, err
	}
	s.rt = rt
	everyone, err := s.rooms.find(ctx, Level0Room)
	s.live = newLive(cfg.Now, everyone.id)
	s.enrolments = newEnrolments(cfg.DB, cfg.Now, cfg.Logger, s.enrolled)
	s.chores = newChores(s)
	s.states = newStates(s)
	if err == nil {
		err = s.states.load(ctx)
	}
	if err == nil {
		err = s.loadServer(ctx)
	}
	if err == nil {
		err = s.register()
	}
	if err == nil {
		s.states.begin()
	}
	if err == nil && cfg.Retention != (Retention{}) {
		err = s.wakeRooms(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// wakeRooms lets every room notice a retention that was set or changed: one
// that nobody visits would else keep what it should not.
func (s *Service) wakeRooms(ctx context.Context) error {
	ids, err := s.rooms.all(ctx)
	if err != nil {
		return fmt.Errorf("list rooms: %w", err)
	}
	for _, id := range ids {
		if err := s.calls.wake.Send(ctx, s.ns.ByName(string(id)), none{}); err != nil {
			return fmt.Errorf("wake room %s: %w", id, err)
		}
	}
	return nil
}

func (s *Service) register() (err error) {
	shared := roomConfig{
		lineage: s.cfg.Lineage,
		rate:    s.cfg.PostRate, changing: s.cfg.ChangeRate, maxChars: s.cfg.MaxChars, retention: s.cfg.Retention,
		now: s.cfg.Now, storable: s.cfg.Storable, log: s.cfg.Logger,
		rules:   s.rules,
		current: s.profiles.actor, present: s.present, entered: s.entered, closed: s.closed,
		changed: s.cfg.Changed, doubted: s.cfg.Doubted, linked: s.cfg.Linked, live: s.live,
		follow: func(ctx context.Context, id UserID, c followChange) error {
			return s.calls.follow.Send(ctx, s.inbox(id), c)
		},
		released: func(RoomID, UserID, ClientID) {},
		noted:    func(id RoomID) { s.chores.noted(id) },
	}
	if s.cfg.Files != nil {
		shared.released = s.cfg.Files.Released
	}
	room := durable.NewClass("room", func(st *durable.State) durable.Object {
		return &Room{roomConfig: shared, st: st}
	})
	s.calls.join = durable.Handle(room, "join", (*Room).join)
	s.calls.leave = durable.Handle(room, "leave", (*Room).leave)
	s.calls.typing = durable.Handle(room, "typing", (*Room).typing)
	s.calls.post = durable.Handle(room, "post", (*Room).post)
	s.calls.change = durable.Handle(room, "change", (*Room).change)
	s.calls.changeNow = durable.Handle(room, "changeNow", (*Room).changeNow)
	s.calls.setPreviews = durable.Handle(room, "setPreviews", (*Room).setPreviews)
	s.calls.removePreview = durable.Handle(room, "removePreview", (*Room).removePreview)
	s.calls.open = durable.Handle(room, "open", (*Room).open)
	s.calls.noticed = durable.Handle(room, "noticed", (*Room).noticed)
	s.calls.wake = durable.Handle(room, "wake", (*Room).wake)
	s.calls.restate = durable.Handle(room, "restate", (*Room).restate)
	s.calls.obey = durable.Handle(room, "obey", (*Room).obey)
	s.calls.purge = durable.Handle(room, "purge", (*Room).purge)
	s.calls.outbox = durable.Handle(room, "outbox", (*Room).outbox)
	s.calls.handedOver = durable.Handle(room, "handedOver", (*Room).handedOver)
	s.calls.erase = durable.Handle(room, "erase", (*Room).erase)
	s.calls.forget = durable.Handle(room, "forget", (*Room).forget)
	s.calls.authored = durable.Handle(room, "authored", (*Room).authored)
	s.calls.submit = durable.Handle(room, "submit", (*Room).submit)
	if s.ns, err = s.rt.Register(room); err != nil {
		return err
	}
	s.calls.latestOf = durable.Handle(room, "latestOf", (*Room).latestOf)
	s.calls.tellRead = durable.Handle(room, "tellRead", (*Room).tellRead)
	inbox := durable.NewClass("user", func(st *durable.State) durable.Object {
		return &Inbox{now: s.cfg.Now, st: st, noticed: func(ctx context.Context, room RoomID, n notice) error {
			return s.calls.noticed.Send(ctx, s.ns.ByName(string(room)), n)
		}}
	})
	s.calls.read = durable.Handle(inbox, "read", (*Inbox).read)
	s.calls.readAll = durable.Handle(inbox, "readAll", (*Inbox).readAll)
	s.calls.readThread = durable.Handle(inbox, "readThread", (*Inbox).readThread)
	s.calls.follow = durable.Handle(inbox, "follow", (*Inbox).follow)
	s.calls.keep = durable.Handle(inbox, "keep", (*Inbox).keep)
	s.calls.forgetInbox = durable.Handle(inbox, "forget", (*Inbox).forget)
	if s.inboxes, err = s.rt.Register(inbox); err != nil {
		return err
	}
	probe := durable.NewClass("probe", func(st *durable.State) durable.Object { return &prober{st} })
	s.calls.touch = durable.Handle(probe, "touch", (*prober).touch)
	s.probe, err = s.rt.Register(probe)
	return err
}

// Close takes no new sockets, closes those that are open with 1001, spread over
// Config.CloseSpread, and returns when all that was accepted is durable.
func (s *Service) Close(ctx context.Context) error {
	err := s.rt.Shutdown(ctx)
	s.ending.Do(func() {
		s.chores.close()
		s.enrolments.close()
		s.live.close()
		s.states.close()
	})
	return err
}

// Rest drops what is kept in memory only to be quick: it is read anew when it is
// needed. It is for times when nothing happens.
func (s *Service) Rest() {
	s.rooms.forgetAll()
	s.enrolments.rest()
	s.ns.ForgetNames()
	s.inboxes.ForgetNames()
}

// prober is the object by which Ready finds out whether commits succeed.
type prober struct{ st *durable.State }

func (p *prober) touch(context.Context, none) (none, error) {
	return none{}, p.st.Storage().Put("touched", []byte{1})
}

// Ready reports why messages can't be stored or read now, by storing something.
func (s *Service) Ready(ctx context.Context) error {
	if err := s.cfg.Storable(); err != nil {
		return err
	}
	if err := s.cfg.DB.Ping(ctx); err != nil {
		return err
	}
	_, err := s.calls.touch.Call(ctx, s.probe.ByName("ready"), none{})
	return err
}

// Stats is a glance at the runtime beneath.
func (s *Service) Stats() durable.Stats { return s.rt.Stats() }

// Actor is who acts, as httpapi found out. It comes from a session alone.
type Actor struct {
	User
	SessionKey string `json:"session"`            // names the session, without being its token
	ReadOnly   bool   `json:"readOnly,omitempty"` // a token that may not post
	NoRooms    bool   `json:"noRooms,omitempty"`  // a token that may not manage rooms and people
	Role       Role   `json:"role,omitempty"`     // what the person is on this server; "" is a member
}

// public gives a failure of the runtime the code that people see.
func public(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, durable.ErrOverloaded) {
		return &Error{Code: CodeOverloaded, Message: "This room has too much to do. Try again in a moment.", Err: err}
	}
	if errors.Is(err, durable.ErrClosed) {
		return &Error{Code: CodeOverloaded, Message: "The server is stopping. Try again in a moment.", Err: err}
	}
	return AsError(err)
}

// EndSession closes a session's sockets with 4401. When it returns nothing that
// they sent is acted on any more.
func (s *Service) EndSession(key string) {
	s.rt.CloseSockets(tagSession+key, closeSessionEnded, "session ended")
}

// ReplaceSession does so with 4402: the browser has another session in a moment, and
// its pages are to come back with that one. Were they told that theirs is over they
// would ask who is signed in before the new cookie is there.
func (s *Service) ReplaceSession(key string) {
	s.rt.CloseSockets(tagSession+key, closeReplaced, "session replaced")
}

// EndUser ends all of a person's sessions as EndSession does one.
func (s *Service) EndUser(id UserID) {
	s.rt.CloseSockets(tagUser+string(id), closeSessionEnded, "session ended")
}

// BanUser does so with 4403: the person is not to come back. Others own their rooms then.
func (s *Service) BanUser(id UserID) {
	s.chores.disown()
	s.rt.CloseSockets(tagUser+string(id), closeBanned, "banned")
}

// Active reports whether a session has a socket open.
func (s *Service) Active(sessionKey string) bool { return s.rt.CountSockets(tagSession+sessionKey) > 0 }

// closed takes note of a socket that is gone.
func (s *Service) closed(a Actor) {
	s.left(a.ID)
	s.states.moved(a.ID, false)
	if s.cfg.OnClosed != nil {
		s.cfg.OnClosed(a.SessionKey)
	}
}

const (
	pingText = `{"type":"ping"}`
	pongText = `{"type":"pong"}`
)

// ServeLevel0 answers the upgrade of a level 0 socket. The request's session
// and origin have been checked; refuse answers a handshake that isn't one.
func (s *Service) ServeLevel0(w http.ResponseWriter, r *http.Request, a Actor, refuse func(status int, text string)) {
	room, err := s.rooms.find(r.Context(), Level0Room)
	if err != nil {
		s.cfg.Logger.Error("level 0 room not found", "cause", err.Error())
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"error":"The room can't be reached"}`)) // who has gone needs no answer
		return
	}
	a.User = a.User.fit()
	s.serve(w, r, a, durable.SocketOptions{Owner: s.ns.ByName(string(room.id)), Refuse: refuse})
	s.states.moved(a.ID, false)
}

// ServeSocket answers the upgrade of a level 1 socket. The request's session
// and origin have been checked; refuse answers a handshake that isn't one.
func (s *Service) ServeSocket(w http.ResponseWriter, r *http.Request, a Actor, refuse func(status int, text string)) {
	a.User = a.User.fit()
	c := newClient(s)
	first, leftAll := s.live.enter(c, a.ID)
	hello := frame(HelloFrame{Type: "hello", Protocol: ProtocolVersion, You: s.present(a.User), HeartbeatMs: s.cfg.Heartbeat.Milliseconds()})
	if first {
		if rooms, err := s.rooms.mineIDs(r.Context(), a.ID); err != nil {
			s.cfg.Logger.Warn("a socket hears of no activity", "user", string(a.ID), "cause", err.Error())
		} else {
			s.live.learn(a.ID, rooms...)
		}
	}
	sock := s.serve(w, r, a, durable.SocketOptions{Handler: c, Record: &c.sock, Subprotocols: []string{Subprotocol}, Greeting: &hello, Refuse: refuse})
	if sock == nil {
		s.live.detach(c)
		s.states.moved(a.ID, leftAll)
		return
	}
	s.live.attach(c)
	s.states.moved(a.ID, leftAll)
}

// serve opens a socket and ties it to its session: EndSession finds it from
// before serve returns. A session that ended since it was looked at may have
// missed it: the caller looks again. It returns nil where it opened none, or one to be
// closed at once.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, a Actor, o durable.SocketOptions) *durable.Socket {
	o.Identity, o.Tags = a.identity()
	o.MaxMessage = MaxFrameBytes
	o.TextOnly = true
	o.AutoRequest, o.AutoResponse = pingText, pongText
	tooMany := s.rt.CountSockets(tagUser+string(a.User.ID)) >= maxSocketsPerUser
	if tooMany {
		o.Owner, o.Handler, o.Greeting = nil, turnedAway{}, nil
	}
	sock, err := s.rt.Accept(w, r, o)
	if err != nil {
		s.cfg.Logger.Debug("socket refused", "cause", err.Error())
		return nil
	}
	if tooMany {
		sock.Close(closeTooMany, "too many sockets")
		return nil
	}
	return sock
}

// turnedAway serves a socket that is only opened to be told why it is closed.
type turnedAway struct{}

func (turnedAway) SocketFrame(*durable.Socket, durable.Message) (wait func()) { return nil }
func (turnedAway) SocketClosed(*durable.Socket, durable.CloseInfo)            {}

// fit cuts a person down to what frames and stored messages have place for.
func (u User) fit() User {
	if len(u.Image) > maxImageBytes {
		u.Image = ""
	}
	if name := []rune(u.Name); len(name) > maxNameChars {
		u.Name = string(name[:maxNameChars])
	}
	return u
}

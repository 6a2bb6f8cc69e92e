package attention

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"snug/chat"
	"snug/db"
)

// Rooms is what must be known of the chat; a chat.Service is it.
type Rooms interface {
	// AllRooms returns the ids of all rooms.
	AllRooms(ctx context.Context) ([]chat.RoomID, error)
	// Changes returns what the durable events of a room behind after did: at most limit
	// of them.
	Changes(ctx context.Context, room chat.RoomID, after chat.Seq, limit int) (chat.Changes, error)
	// Head returns the stream of a room and its last seq; "" where it has none yet.
	Head(ctx context.Context, room chat.RoomID) (stream string, head chat.Seq, err error)
	FindMessage(ctx context.Context, room chat.RoomID, id chat.MessageID) (m chat.Message, found bool, err error)
	Messages(ctx context.Context, room chat.RoomID, seqs []chat.Seq) ([]chat.Message, error)
	MarksOf(ctx context.Context, id chat.UserID, threads bool) (chat.Marks, error)
	HasRead(ctx context.Context, id chat.UserID, at chat.Place, seq chat.Seq) (bool, error)
	Follows(ctx context.Context, id chat.UserID, thread chat.Place) (following, known bool, err error)
	Followed(ctx context.Context, id chat.UserID) ([]chat.Place, error)
	Notify(id chat.UserID, n chat.Notice)
	// AttentionChanged has people told that their inbox or their settings have changed without
	// a notice that says so; AttentionChangedIn all in a room.
	AttentionChanged(ids ...chat.UserID)
	AttentionChangedIn(room chat.RoomID)
}

// Pusher wakes people's devices.
type Pusher interface {
	// Having returns those of the people who have a device that can be woken.
	Having(ctx context.Context, ids []chat.UserID) (map[chat.UserID]bool, error)
	// Push wakes a person's devices unless still says that it is no news any more.
	Push(ctx context.Context, id chat.UserID, n chat.Notice, urgent bool, life time.Duration, still func(context.Context) bool) error
}

// Whereabouts is where a person is just now.
type Whereabouts struct {
	Online bool // they have a socket open
	Active bool // … in a window that they look at
	DND    bool // they don't want to be disturbed
}

// Mail is a message to one person.
type Mail struct {
	To, Subject, Text, HTML string
}

// Config of a Service. DB, Rooms and Where are required.
type Config struct {
	DB     *db.DB
	Rooms  Rooms
	Where  func(chat.UserID) Whereabouts
	Push   Pusher           // nil: nobody is pushed
	Mail   func(Mail) error // sends in the background; nil: no mails
	URL    string           // of this server, for mails
	Name   func() string    // what people call it, for mails; "" or nil: its host
	Secret []byte           // signs the links in mails
	Logger *slog.Logger     // nil: nothing is logged
	Now    func() time.Time // nil: time.Now
}

// Service follows the rooms and tells people. Its methods may be called concurrently.
// While Run runs it keeps up; end it with Close once Run has returned.
type Service struct {
	cfg Config

	mu     sync.Mutex
	behind map[chat.RoomID]chat.Seq // rooms with something new, up to where
	all    bool                     // look at every room
	wake   chan struct{}            // has place for one: rooms are behind
	told   atomic.Uint64            // how often Changed was called

	follow    sync.Mutex // held by who follows the rooms; it guards what is below
	places    map[chat.RoomID]place
	unwritten map[chat.RoomID]bool      // places that are further than their rows
	written   time.Time                 // when they were all written
	resting   map[chat.RoomID]time.Time // rooms that couldn't be followed, until they are tried again

	due chan struct{} // has place for one: a delivery may be due
}

// New makes a Service. Rooms that were there before it followed any begin now.
func New(ctx context.Context, c Config) (*Service, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Push == nil {
		c.Push = nobody{}
	}
	s := &Service{
		cfg: c, behind: make(map[chat.RoomID]chat.Seq), all: true, wake: make(chan struct{}, 1), due: make(chan struct{}, 1),
		places: make(map[chat.RoomID]place), unwritten: make(map[chat.RoomID]bool), written: c.Now(),
		resting: make(map[chat.RoomID]time.Time),
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	s.poke()
	return s, nil
}

// Run follows the rooms and tells people until ctx ends.
func (s *Service) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { s.runFollow(ctx) })
	running.Go(func() { s.runDeliver(ctx) })
	running.Go(func() { s.runSweep(ctx) })
	running.Wait()
}

// Close writes how far the rooms have been followed.
func (s *Service) Close(ctx context.Context) error {
	s.follow.Lock()
	defer s.follow.Unlock()
	return s.flush(ctx)
}

// nobody has no devices.
type nobody struct{}

func (nobody) Having(context.Context, []chat.UserID) (map[chat.UserID]bool, error) { return nil, nil }

func (nobody) Push(context.Context, chat.UserID, chat.Notice, bool, time.Duration, func(context.Context) bool) error {
	return nil
}

// pause waits; it ends early, with an error, when ctx does.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// nudge puts a word into a channel that holds one.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

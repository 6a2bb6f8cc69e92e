package files

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"snug/blob"
	"snug/db"
	"snug/picture"
	"snug/turns"
)

const (
	// keepUnclaimed is how long an upload is kept that doesn't go on, and a file that
	// no message has.
	keepUnclaimed = 24 * time.Hour
	// maxPictureBytes of a file that is looked at as a picture; it is read whole.
	maxPictureBytes = 32 << 20
	// maxPicturePixels is what the cameras of phones make at most, by default.
	maxPicturePixels = 50_000_000
	// maxReleased is how many deletions may wait for the collector.
	maxReleased = 1024
)

// Config of a Service. DB, Blobs, Parts and Secret are required.
type Config struct {
	DB     *db.DB
	Blobs  blob.Store
	Parts  string // a folder for what is still arriving; nobody else may use it
	Secret []byte // addresses are signed with what is derived from it
	Logger *slog.Logger
	Now    func() time.Time // nil: time.Now

	MaxBytes int64 // of a file
	Quota    int64 // bytes of all files of a person; 0 is no limit
	MaxOpen  int   // uploads of a person that are open at once
	Pictures int   // how many are decoded at once; 0: 1

	// Space reports why so many bytes can't be stored now; nil: they always can.
	Space func(bytes int64) error
	// Sees reports whether a person sees a room, and so its files.
	Sees func(ctx context.Context, user, room string) (bool, error)
	// Holds reports whether a room has the message that claimed a file.
	Holds func(ctx context.Context, c Claim, file string) (bool, error)
}

// Claim names a message before it exists: what its author calls it.
type Claim struct{ Room, User, ClientID string }

// Service keeps files. All methods may be called concurrently,
// but for Start and Close.
type Service struct {
	cfg    Config
	db     *db.DB
	blobs  blob.Store
	parts  parts
	studio *picture.Studio
	turns  *turns.Turns
	key    []byte // that signs addresses
	log    *slog.Logger
	locks  locks

	poke     chan struct{}      // there may be something to collect
	released chan Claim         // by messages that are being deleted
	stop     context.CancelFunc // nil before Start
	running  sync.WaitGroup
}

// New opens the folder of parts.
func New(ctx context.Context, c Config) (*Service, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Space == nil {
		c.Space = func(int64) error { return nil }
	}
	if c.DB == nil || c.Blobs == nil || c.Parts == "" || len(c.Secret) == 0 || c.MaxBytes < 1 || c.MaxOpen < 1 || c.Holds == nil || c.Sees == nil {
		return nil, errors.New("files: DB, Blobs, Parts, Secret, MaxBytes, MaxOpen, Holds and Sees are required")
	}
	s := &Service{
		cfg: c, db: c.DB, blobs: c.Blobs, parts: parts{c.Parts}, log: c.Logger, key: derive(c.Secret),
		studio: picture.New(picture.Options{MaxBytes: maxPictureBytes, MaxPixels: maxPicturePixels, AtOnce: c.Pictures, Waiting: -1}),
		turns:  turns.New(turns.Limits{AtOnce: c.Pictures, Waiting: waitingPictures, WaitingOfOne: waitingOfOne}),
		locks:  locks{held: map[string]*lock{}},
		poke:   make(chan struct{}, 1), released: make(chan Claim, maxReleased),
	}
	if err := s.tidyParts(ctx); err != nil {
		return nil, fmt.Errorf("open uploads: %w", err)
	}
	return s, nil
}

// Start begins to collect. Call it once, when rooms can be asked.
func (s *Service) Start() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.running.Go(func() { s.collect(ctx) })
}

// Close ends the collector, before rooms can't be asked any more. Requests may go on:
// what they leave to be collected is found at the next start.
func (s *Service) Close() error {
	if s.stop != nil {
		s.stop()
	}
	s.running.Wait()
	return nil
}

// MaxBytes is the limit of a file.
func (s *Service) MaxBytes() int64 { return s.cfg.MaxBytes }

func derive(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("snug: signed addresses of files"))
	return mac.Sum(nil)
}

// newID can't be guessed: it says nothing of what else there is.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (s *Service) now() int64 { return s.cfg.Now().UnixMilli() }

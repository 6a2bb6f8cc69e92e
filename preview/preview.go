// Package preview finds out what the links in messages lead to.
//
// A message is posted first, and shown. What its links lead to is fetched afterwards, by
// package fetch, which reaches the public web and nothing else, and comes into the message
// as a change of it. Who reads a message never touches the other side: texts are kept
// with the message, and a picture is made anew and served from here.
package preview

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"snug/chat"
	"snug/fetch"
	"snug/turns"
)

const (
	maxPage    = 512 << 10 // bytes of a page that are read for its head
	maxPicture = 5 << 20   // bytes

	maxWaiting   = 256 // messages
	waitingOfOne = 16  // of them, of one person
	// workers work on as many messages, each of another person: one whose links are slow
	// holds up nobody else.
	workers = 4
	// oneMessage is what a message's links may take together.
	oneMessage = 30 * time.Second

	maxKept = 512              // links whose previews are kept in memory
	keptFor = 10 * time.Minute // and how long: a failure too, so that nobody is asked over and over
	// maxKeptPictures bytes of their pictures are: some forty.
	maxKeptPictures = 4 << 20
)

// Rooms is what previews need of the chat.
type Rooms interface {
	// Messages returns those of the messages that are there and durable.
	Messages(ctx context.Context, room chat.RoomID, seqs []chat.Seq) ([]chat.Message, error)
	// SetPreviews puts previews into a message, unless its content isn't that any more.
	SetPreviews(ctx context.Context, room chat.RoomID, seq chat.Seq, content string, previews []chat.Preview) error
}

// ErrBusy is that of Pictures which have too much to do.
var ErrBusy = errors.New("too many pictures")

// Getter fetches; a *fetch.Fetcher does.
type Getter interface {
	Get(ctx context.Context, url string, o fetch.GetOptions) (fetch.Result, error)
}

// Pictures keeps pictures.
type Pictures interface {
	// MakePreview makes a picture anew and small; ErrBusy says that nobody can look at it now.
	MakePreview(ctx context.Context, picture []byte) (Small, error)
	// KeepPreview keeps a small picture as long as the message of that seq shows it, and
	// returns where it is served.
	KeepPreview(ctx context.Context, room chat.RoomID, seq chat.Seq, small Small) (Picture, error)
}

// Small is a picture that was made anew and small.
type Small struct {
	Bytes         []byte
	Type          string
	Width, Height int // pixels
	Blurhash      string
}

// Picture is one that was kept.
type Picture struct {
	Path          string // on this server
	Width, Height int    // pixels
}

// Config of a Worker. Rooms, Getter and Pictures are required.
type Config struct {
	Rooms    Rooms
	Getter   Getter
	Pictures Pictures
	Logger   *slog.Logger     // nil: nothing is logged
	Now      func() time.Time // nil: time.Now
}

// Worker adds previews to messages. Its methods may be called concurrently.
type Worker struct {
	cfg     Config
	waiting chan place
	turns   *turns.Turns

	mu       sync.Mutex
	kept     map[string]*kept
	pictured []*kept // those with a picture in memory, in the order in which they got it
	bytes    int     // of these pictures
}

type place struct {
	room   chat.RoomID
	seq    chat.Seq
	author chat.UserID // whose turn it is worked on in
}

// kept is what a link leads to.
type kept struct {
	at time.Time

	asking sync.Mutex // held by who gets the page
	asked  bool       // guarded by asking, as is page, which stays as it is then
	page   page

	getting sync.Mutex // held by who gets the picture; taken before Worker.mu
	got     bool       // the picture was asked for; guarded by Worker.mu
	small   *Small     // nil: there is none; likewise
}

// New makes a Worker; it works while Run does.
func New(c Config) *Worker {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Worker{cfg: c, waiting: make(chan place, maxWaiting), kept: make(map[string]*kept),
		turns: turns.New(turns.Limits{AtOnce: workers, Waiting: maxWaiting, WaitingOfOne: waitingOfOne})}
}

// Linked says that an author's message that is durable has links, or had. It doesn't wait: where
// too many messages wait already this one gets no previews.
func (w *Worker) Linked(room chat.RoomID, seq chat.Seq, author chat.UserID) {
	select {
	case w.waiting <- place{room, seq, author}:
	default:
		w.tooMany()
	}
}

func (w *Worker) tooMany() { w.cfg.Logger.Debug("too many links wait: a message gets no previews") }

// Run works until ctx ends.
func (w *Worker) Run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-w.waiting:
			working.Go(func() { w.inTurn(ctx, p) }) // as many wait at most as turns lets
		}
	}
}

// inTurn works on a message once it is its author's turn.
func (w *Worker) inTurn(ctx context.Context, p place) {
	leave, err := w.turns.Take(ctx, string(p.author))
	switch {
	case errors.Is(err, turns.ErrFull):
		w.tooMany()
	case err == nil:
		defer leave()
		w.work(ctx, p)
	}
}

// work reads the message itself: it may have changed while it waited.
func (w *Worker) work(ctx context.Context, p place) {
	ctx, cancel := context.WithTimeout(ctx, oneMessage)
	defer cancel()
	m, err := w.message(ctx, p)
	if err == nil && m != nil && m.DeletedAt == 0 {
		links := Links(m.Content)
		if len(links) == 0 && len(m.Previews) == 0 {
			return
		}
		err = w.cfg.Rooms.SetPreviews(ctx, p.room, p.seq, m.Content, w.previews(ctx, p, m, links))
	}
	if err != nil && ctx.Err() == nil {
		w.cfg.Logger.Warn("a message got no previews", "cause", err.Error())
	}
}

// message returns a message; nil: it isn't there.
func (w *Worker) message(ctx context.Context, p place) (*chat.Message, error) {
	list, err := w.cfg.Rooms.Messages(ctx, p.room, []chat.Seq{p.seq})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// previews returns those of links, the ones that the message has already as they are.
func (w *Worker) previews(ctx context.Context, p place, m *chat.Message, links []string) []chat.Preview {
	list := []chat.Preview{}
	for _, link := range links {
		preview, known := has(m.Previews, link)
		if !known {
			preview, known = w.preview(ctx, p, link)
		}
		if known {
			list = append(list, preview)
		}
	}
	return list
}

func has(list []chat.Preview, link string) (chat.Preview, bool) {
	for _, p := range list {
		if p.URL == link {
			return p, true
		}
	}
	return chat.Preview{}, false
}

// preview returns what a link leads to; false: nothing that is worth showing.
func (w *Worker) preview(ctx context.Context, p place, link string) (chat.Preview, bool) {
	k := w.keep(link)
	got := w.ask(ctx, k, link)
	preview := chat.Preview{URL: link, Title: got.title, Description: got.description, Site: got.site}
	if got.image != "" {
		if at, ok := w.picture(ctx, p, k, got.image); ok {
			preview.Image, preview.Width, preview.Height = at.Path, at.Width, at.Height
		}
	}
	return preview, preview.Title != "" || preview.Image != ""
}

// ask returns what a link leads to, and asks for it unless that has been done.
func (w *Worker) ask(ctx context.Context, k *kept, link string) page {
	k.asking.Lock()
	defer k.asking.Unlock()
	if !k.asked {
		var err error
		k.page, err = w.fetch(ctx, link)
		// Of what nobody was asked, nobody knows: another message's turn may tell.
		k.asked = ctx.Err() == nil && !errors.Is(err, fetch.ErrBusy)
	}
	return k.page
}

// picture keeps the picture of a page for a message.
func (w *Worker) picture(ctx context.Context, p place, k *kept, image string) (Picture, bool) {
	small := w.small(ctx, k, image)
	if small == nil {
		return Picture{}, false
	}
	at, err := w.cfg.Pictures.KeepPreview(ctx, p.room, p.seq, *small)
	return at, err == nil
}

// small returns the picture of a page; nil: there is none. It is fetched once, as the page
// is, unless others took its place in memory.
func (w *Worker) small(ctx context.Context, k *kept, image string) *Small {
	k.getting.Lock()
	defer k.getting.Unlock()
	w.mu.Lock()
	small, got := k.small, k.got
	w.mu.Unlock()
	if got {
		return small
	}
	small, err := w.fetchPicture(ctx, image)
	if err != nil && (ctx.Err() != nil || errors.Is(err, fetch.ErrBusy) || errors.Is(err, ErrBusy)) {
		return nil // nobody knows
	}
	w.keepPicture(k, small)
	return small
}

func (w *Worker) fetchPicture(ctx context.Context, link string) (*Small, error) {
	got, err := w.cfg.Getter.Get(ctx, link, fetch.GetOptions{MaxBytes: maxPicture})
	if err != nil {
		return nil, err
	}
	small, err := w.cfg.Pictures.MakePreview(ctx, got.Body)
	if err != nil {
		return nil, err
	}
	return &small, nil
}

func (w *Worker) keepPicture(k *kept, small *Small) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k.got, k.small = true, small
	if small != nil {
		w.pictured = append(w.pictured, k)
		w.bytes += len(small.Bytes)
	}
	w.dropPicturesLocked()
}

// dropPicturesLocked drops the oldest pictures: those of links that aren't kept any more,
// and those that are too much.
func (w *Worker) dropPicturesLocked() {
	now := w.cfg.Now()
	for len(w.pictured) > 0 && (w.bytes > maxKeptPictures || now.Sub(w.pictured[0].at) >= keptFor) {
		k := w.pictured[0]
		w.pictured = slices.Delete(w.pictured, 0, 1)
		w.bytes -= len(k.small.Bytes)
		k.got, k.small = false, nil
	}
}

// keep returns the entry of a link.
func (w *Worker) keep(link string) *kept {
	now := w.cfg.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropPicturesLocked()
	if k := w.kept[link]; k != nil && now.Sub(k.at) < keptFor {
		return k
	}
	if len(w.kept) >= maxKept {
		for l, k := range w.kept {
			if now.Sub(k.at) >= keptFor {
				delete(w.kept, l)
			}
		}
		if len(w.kept) >= maxKept {
			clear(w.kept)
		}
	}
	k := &kept{at: now}
	w.kept[link] = k
	return k
}

// fetch gets what a link leads to: a page, or a picture.
func (w *Worker) fetch(ctx context.Context, link string) (page, error) {
	got, err := w.cfg.Getter.Get(ctx, link, fetch.GetOptions{MaxBytes: maxPage, Begin: true})
	if err != nil {
		return page{}, err
	}
	if strings.HasPrefix(got.ContentType, "image/") {
		return page{image: link}, nil
	}
	at, err := url.Parse(got.FinalURL)
	if err != nil {
		return page{}, err
	}
	return readPage(got.Body, got.ContentType, at), nil
}

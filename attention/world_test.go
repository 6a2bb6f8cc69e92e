package attention

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"snug/chat"
	"snug/db"
	"snug/db/dbtest"
	"snug/durable/durabletest"
)

// world is a chat with its people, and what they are told. Its clock stands still but
// for what tests let pass.
type world struct {
	testing.TB
	db    *db.DB
	store *durabletest.Store
	chat  *chat.Service
	*Service
	secret []byte

	mu      sync.Mutex
	clock   time.Time
	where   map[chat.UserID]Whereabouts
	devices map[chat.UserID]bool
	told    []string // notices, as "bob mention #3"
	pushed  []string // likewise
	changed []string // who was told that their inbox or settings have changed; "all in id-tea"
	notices []chat.Notice
	mails   []Mail
	noMail  error
	held    []func(context.Context) bool // of the pushes
	urgent  []bool                       // likewise
	broken  map[chat.RoomID]error        // rooms that can't be read
}

func newWorld(t testing.TB, people ...string) *world {
	t.Helper()
	w := &world{TB: t, store: durabletest.NewStore(), clock: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), secret: []byte("secret"),
		where: make(map[chat.UserID]Whereabouts), devices: make(map[chat.UserID]bool),
		broken: make(map[chat.RoomID]error)}
	var err error
	if w.db, err = db.Open(t.Context(), dbtest.File(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	w.chat, err = chat.New(t.Context(), chat.Config{
		Store: w.store, DB: w.db, Now: w.now,
		Changed: func(room chat.RoomID, seq chat.Seq) { w.service().Changed(room, seq) },
		Followed: func(ctx context.Context, id chat.UserID, thread chat.Place, on bool) error {
			return w.service().Followed(ctx, id, thread, on)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // there are no sockets to wait for
		if err := w.chat.Close(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	w.person(people...)
	w.restart()
	return w
}

func (w *world) service() *Service {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Service
}

// restart begins anew with what is stored, as after a crash.
func (w *world) restart() {
	w.Helper()
	s, err := New(w.Context(), Config{DB: w.db, Rooms: heard{w.chat, w}, Where: w.whereabouts, Push: w, Mail: w.takeMail,
		URL: "https://chat.example.org", Secret: w.secret, Now: w.now})
	if err != nil {
		w.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Service = s
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

// after lets time pass, and tells people of what is due then.
func (w *world) after(d time.Duration) {
	w.Helper()
	w.mu.Lock()
	w.clock = w.clock.Add(d)
	w.mu.Unlock()
	w.deliver()
}

func (w *world) deliver() {
	w.Helper()
	if _, err := w.Deliver(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// catchUp looks at what was posted, and tells people of what is due at once.
func (w *world) catchUp() {
	w.Helper()
	if err := w.CatchUp(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.deliver()
}

func (w *world) whereabouts(id chat.UserID) Whereabouts {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.where[id]
}

// heard notes whom the chat is to tell what, and fails where a test says so.
type heard struct {
	*chat.Service
	w *world
}

func (h heard) Changes(ctx context.Context, room chat.RoomID, after chat.Seq, limit int) (chat.Changes, error) {
	h.w.mu.Lock()
	broken := h.w.broken[room]
	h.w.mu.Unlock()
	if broken != nil {
		return chat.Changes{}, broken
	}
	return h.Service.Changes(ctx, room, after, limit)
}

func (w *world) breakRoom(room chat.RoomID, why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken[room] = why
}

func (h heard) Notify(id chat.UserID, n chat.Notice) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	text := fmt.Sprintf("%s %s #%d", id, n.Kind, n.Seq)
	if n.Quiet {
		text += " quiet"
	}
	h.w.told = append(h.w.told, text)
	h.w.notices = append(h.w.notices, n)
}

func (h heard) AttentionChanged(ids ...chat.UserID) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	for _, id := range ids {
		h.w.changed = append(h.w.changed, string(id))
	}
}

func (h heard) AttentionChangedIn(room chat.RoomID) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	h.w.changed = append(h.w.changed, "all in "+string(room))
}

func (w *world) Having(_ context.Context, ids []chat.UserID) (map[chat.UserID]bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	having := make(map[chat.UserID]bool)
	for _, id := range ids {
		having[id] = w.devices[id]
	}
	return having, nil
}

func (w *world) Push(ctx context.Context, id chat.UserID, n chat.Notice, urgent bool, _ time.Duration, still func(context.Context) bool) error {
	fresh := still(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held, w.urgent = append(w.held, still), append(w.urgent, urgent)
	if fresh {
		w.pushed = append(w.pushed, fmt.Sprintf("%s %s #%d", id, n.Kind, n.Seq))
	}
	return nil
}

func (w *world) takeMail(m Mail) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.noMail != nil {
		return w.noMail
	}
	w.mails = append(w.mails, m)
	return nil
}

// person makes people, with a confirmed address and a device each, who are away.
func (w *world) person(names ...string) {
	w.Helper()
	w.inOne(func(tx *sql.Tx) error {
		for _, name := range names {
			const insert = `insert into users (id, name, email, email_verified, created_at, updated_at) values (?, ?, ?, 1, 0, 0)`
			if _, err := tx.ExecContext(w.Context(), insert, name, strings.ToUpper(name), name+"@example.org"); err != nil {
				return err
			}
		}
		return nil
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range names {
		w.devices[chat.UserID(name)] = true
	}
}

func (w *world) inOne(change func(*sql.Tx) error) {
	w.Helper()
	if err := w.db.Write(w.Context(), change); err != nil {
		w.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	if err := w.db.Write(w.Context(), func(tx *sql.Tx) error { _, err := tx.ExecContext(w.Context(), query, args...); return err }); err != nil {
		w.Fatalf("%s: %v", query, err)
	}
}

func (w *world) count(query string, args ...any) (n int) {
	w.Helper()
	if err := w.db.Read(w.Context(), func(tx *sql.Tx) error { return tx.QueryRowContext(w.Context(), query, args...).Scan(&n) }); err != nil {
		w.Fatalf("%s: %v", query, err)
	}
	return n
}

// room makes a room of a kind with its members.
func (w *world) room(slug, kind string, members ...string) {
	w.Helper()
	w.exec(`insert into rooms (id, slug, name, created_at, kind) values (?, ?, ?, 0, ?)`, "id-"+slug, slug, strings.ToUpper(slug), kind)
	w.inOne(func(tx *sql.Tx) error {
		for _, m := range members {
			const insert = `insert into members (room_id, user_id, role, joined_at) values (?, ?, 'member', 0)`
			if _, err := tx.ExecContext(w.Context(), insert, "id-"+slug, m); err != nil {
				return err
			}
		}
		return nil
	})
}

func actor(name string) chat.Actor {
	return chat.Actor{User: chat.User{ID: chat.UserID(name), Name: strings.ToUpper(name)}, SessionKey: "s-" + name}
}

// post posts a message; also changes it before.
func (w *world) post(slug, by, content string, also ...func(*chat.NewMessage)) chat.Message {
	w.Helper()
	n := chat.NewMessage{Content: content}
	for _, f := range also {
		f(&n)
	}
	m, err := w.chat.Post(w.Context(), actor(by), slug, n)
	if err != nil {
		w.Fatalf("post %q: %v", content, err)
	}
	return m
}

func answers(m chat.Message) func(*chat.NewMessage) {
	return func(n *chat.NewMessage) { n.ReplyTo = m.ID }
}

func in(root chat.Message) func(*chat.NewMessage) {
	return func(n *chat.NewMessage) { n.Thread = root.ID }
}

func (w *world) edit(slug, by string, m chat.Message, content string) {
	w.Helper()
	if _, err := w.chat.Change(w.Context(), actor(by), slug, chat.ClientFrame{Type: chat.FrameEdit, ID: m.ID, Content: content}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) remove(slug, by string, m chat.Message) {
	w.Helper()
	if _, err := w.chat.Change(w.Context(), actor(by), slug, chat.ClientFrame{Type: chat.FrameDelete, ID: m.ID}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) read(slug, by string, seq chat.Seq) {
	w.Helper()
	if _, err := w.chat.MarkRead(w.Context(), actor(by), slug, seq, false); err != nil {
		w.Fatal(err)
	}
}

// at says where people are: "online", "looking", "dnd" or "away".
func (w *world) at(place string, names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range names {
		w.where[chat.UserID(name)] = Whereabouts{Online: place != "away", Active: place == "looking", DND: place == "dnd"}
	}
}

// inbox returns a person's inbox, as "mention #3", what is read in brackets.
func (w *world) inbox(name string) string {
	w.Helper()
	page, err := w.Inbox(w.Context(), chat.UserID(name), InboxQuery{Limit: maxPage})
	if err != nil {
		w.Fatal(err)
	}
	var list []string
	unread := 0
	for _, i := range page.Items {
		text := fmt.Sprintf("%s #%d", i.Kind, i.Message.Seq)
		if i.Room != "global" {
			text = i.Room + " " + text
		}
		if i.Read {
			text = "(" + text + ")"
		} else {
			unread++
		}
		list = append(list, text)
	}
	if unread != page.Unread && !page.HasOlder {
		w.Errorf("inbox of %s: %d of %v are unread, it says %d", name, unread, list, page.Unread)
	}
	return strings.Join(list, ", ")
}

func (w *world) wantInbox(name, want string) {
	w.Helper()
	if got := w.inbox(name); got != want {
		w.Errorf("inbox of %s: %q, want %q", name, got, want)
	}
}

// wantTold compares what was told since it was last asked for, in any order.
func (w *world) wantTold(want ...string) {
	w.Helper()
	w.wantList("notices", &w.told, want)
}

// wantLoud is wantTold of what isn't quiet, and was pushed to their devices too.
func (w *world) wantLoud(want ...string) {
	w.Helper()
	w.mu.Lock()
	w.told = slices.DeleteFunc(w.told, func(text string) bool { return strings.HasSuffix(text, " quiet") })
	w.mu.Unlock()
	w.wantTold(slices.Clone(want)...)
	w.wantPushed(want...)
}

// wantChanged compares who was told that something of theirs has changed, each once.
func (w *world) wantChanged(want ...string) {
	w.Helper()
	w.mu.Lock()
	slices.Sort(w.changed)
	w.changed = slices.Compact(w.changed)
	w.mu.Unlock()
	w.wantList("changes", &w.changed, want)
}

func (w *world) wantPushed(want ...string) {
	w.Helper()
	w.wantList("pushes", &w.pushed, want)
}

func (w *world) wantList(what string, list *[]string, want []string) {
	w.Helper()
	w.mu.Lock()
	got := *list
	*list = nil
	w.mu.Unlock()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.Errorf("%s: %q, want %q", what, got, want)
	}
}

// takeMails returns the mails that were sent since it was last asked for.
func (w *world) takeMails() []Mail {
	w.mu.Lock()
	defer w.mu.Unlock()
	mails := w.mails
	w.mails = nil
	return mails
}

func (w *world) set(name string, c Change) {
	w.Helper()
	if _, err := w.SetSettings(w.Context(), chat.UserID(name), c); err != nil {
		w.Fatal(err)
	}
}

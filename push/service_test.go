package push

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snug/db"
	"snug/db/dbtest"
	"snug/fetch"
	"snug/push/pushtest"
)

// rig is a Service with a push service in the same bubble, and what was logged.
type rig struct {
	*testing.T
	*Service
	server *pushtest.Server
	db     *db.DB

	mu   sync.Mutex
	log  strings.Builder
	post Post // nil: the push service's own
}

func (r *rig) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *rig) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// inBubble runs fn with a Service, in a bubble whose clock runs only when nothing else
// does. SQLite waits for the disk in ways that a bubble doesn't know, so it is opened
// outside.
func inBubble(t *testing.T, fn func(r *rig)) {
	t.Helper()
	tables, err := db.Open(t.Context(), dbtest.File(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tables.Close() })
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, server: pushtest.New(time.Now), db: tables}
		r.Service = New(Config{
			DB: tables, Subject: "mailto:snug@example.org", Key: NewKey,
			Post: func(ctx context.Context, url string, header http.Header, body []byte) (int, http.Header, error) {
				r.mu.Lock()
				post := r.post
				r.mu.Unlock()
				if post != nil {
					return post(ctx, url, header, body)
				}
				return r.server.Post(ctx, url, header, body)
			},
			Logger: slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		r.person("ada")
		r.person("bob")
		fn(r)
		r.server.Check(t)
	})
}

// answerBy lets a function be the push service; nil: it is the usual one again.
func (r *rig) answerBy(post Post) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.post = post
}

// run lets it send until the test ends.
func (r *rig) run() (stop func()) {
	ctx, cancel := context.WithCancel(r.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Service.Run(ctx) })
	return func() { cancel(); running.Wait() }
}

func (r *rig) exec(query string, args ...any) {
	r.Helper()
	if err := r.db.Write(r.Context(), func(tx *sql.Tx) error { _, err := tx.ExecContext(r.Context(), query, args...); return err }); err != nil {
		r.Fatalf("%s: %v", query, err)
	}
}

// person makes somebody with a session, "s-" and the name, of a day.
func (r *rig) person(name string) {
	r.Helper()
	r.exec(`insert into users (id, name, email, email_verified, created_at, updated_at) values (?, ?, ?, 1, 0, 0)`, name, name, name+"@example.org")
	r.session(name, "s-"+name)
}

func (r *rig) session(name, token string) {
	r.Helper()
	r.exec(`insert into sessions (id, token_hash, user_id, remember, ip_address, user_agent, created_at, updated_at, expires_at)
		values (?, ?, ?, 0, '', '', 0, 0, ?)`, "id-"+token, token, name, time.Now().Add(24*time.Hour).UnixMilli())
}

func subscription(d *pushtest.Device) Subscription {
	return Subscription{d.Endpoint, Keys{d.P256DH, d.Auth}}
}

func (r *rig) subscribe(name, session string) *pushtest.Device {
	r.Helper()
	d := r.server.Subscribe(r)
	if err := r.Service.Subscribe(r.Context(), name, session, subscription(d)); err != nil {
		r.Fatal(err)
	}
	return d
}

func (r *rig) send(name string, n Note, devices int) {
	r.Helper()
	if n.TTL == 0 {
		n.TTL = time.Hour
	}
	if got, err := r.Send(r.Context(), name, n); err != nil || got != devices {
		r.Fatalf("queued for %d devices, %v; want %d", got, err, devices)
	}
}

// tried waits until nothing is on its way, and returns how many pushes came by then.
func (r *rig) tried() int {
	synctest.Wait()
	return r.server.Tried()
}

func (r *rig) wantTried(want int) {
	r.Helper()
	if got := r.tried(); got != want {
		r.Errorf("%d pushes were tried, want %d", got, want)
	}
}

// payloads returns what arrived at a device.
func payloads(d *pushtest.Device) (list []string) {
	for _, m := range d.Got() {
		list = append(list, string(m.Payload))
	}
	return list
}

func (r *rig) wantGot(d *pushtest.Device, want ...string) {
	r.Helper()
	synctest.Wait()
	if got := payloads(d); fmt.Sprint(got) != fmt.Sprint(want) {
		r.Errorf("arrived: %q, want %q", got, want)
	}
}

func (r *rig) devicesOf(name string) int {
	r.Helper()
	list, err := r.devices(r.Context(), name)
	if err != nil {
		r.Fatal(err)
	}
	return len(list)
}

func TestAPushArrives(t *testing.T) {
	inBubble(t, func(r *rig) {
		defer r.run()()
		one, two, other := r.subscribe("ada", "s-ada"), r.subscribe("ada", "s-ada"), r.subscribe("bob", "s-bob")
		r.send("ada", Note{Payload: []byte("hello"), Topic: "room", Urgent: true}, 2)
		r.send("nobody", Note{Payload: []byte("hello")}, 0)
		r.wantGot(one, "hello")
		r.wantGot(two, "hello")
		r.wantGot(other)
		key, err := r.Key()
		if err != nil {
			t.Fatal(err)
		}
		m := one.Got()[0]
		if m.Topic != "room" || m.Urgency != "high" || m.TTL != time.Hour || m.Key != key.PublicKey || m.Subject != "mailto:snug@example.org" {
			t.Errorf("%+v", m)
		}
		if _, err := r.Send(t.Context(), "ada", Note{Payload: make([]byte, MaxPayload+1)}); err == nil {
			t.Error("what doesn't fit is queued")
		}
	})
}

func TestRetries(t *testing.T) {
	inBubble(t, func(r *rig) {
		defer r.run()()
		d := r.subscribe("ada", "s-ada")
		r.server.Answer(pushtest.Answer{Status: 503}, pushtest.Answer{Status: 429, RetryAfter: "100"},
			pushtest.Answer{Status: 500, RetryAfter: time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)},
			pushtest.Answer{Status: 503, RetryAfter: "999999"})
		r.send("ada", Note{Payload: []byte("hello"), TTL: 3 * time.Hour}, 1)
		r.wantTried(1)
		after := func(d time.Duration, want int) {
			t.Helper()
			time.Sleep(d - time.Millisecond)
			r.wantTried(want - 1)
			time.Sleep(time.Millisecond)
			r.wantTried(want)
		}
		after(pauseAfter(1), 2)
		after(100*time.Second, 3)
		after(10*time.Minute-100*time.Second-pauseAfter(1), 4)
		r.wantGot(d)
		after(maxPause, 5) // it asked for days
		r.wantGot(d, "hello")
		if left := d.Got()[0].TTL; left > 3*time.Hour-maxPause || left < time.Hour {
			t.Errorf("the push service was asked to keep it for %v more", left)
		}
	})
}

func TestPushesAreGivenUp(t *testing.T) {
	inBubble(t, func(r *rig) {
		defer r.run()()
		d := r.subscribe("ada", "s-ada")
		for range maxAttempts {
			r.server.Answer(pushtest.Answer{Status: 503})
		}
		r.send("ada", Note{Payload: []byte("unlucky"), TTL: 20 * time.Hour}, 1)
		time.Sleep(20 * time.Hour)
		r.wantTried(maxAttempts)
		r.server.Answer(pushtest.Answer{Status: 400})
		r.send("ada", Note{Payload: []byte("refused")}, 1)
		time.Sleep(time.Hour)
		r.wantTried(maxAttempts + 1)
		r.server.Answer(pushtest.Answer{Status: 503, RetryAfter: "600"})
		r.send("ada", Note{Payload: []byte("old by then"), TTL: 5 * time.Minute}, 1)
		time.Sleep(time.Hour)
		r.wantTried(maxAttempts + 2)
		// None of these ends the subscription.
		r.send("ada", Note{Payload: []byte("lucky")}, 1)
		r.wantGot(d, "lucky")
	})
}

// A push service that fails on the way likewise; and its error, which may hold the
// address, isn't logged.
func TestTheNetworkFails(t *testing.T) {
	inBubble(t, func(r *rig) {
		d := r.subscribe("ada", "s-ada")
		r.answerBy(func(_ context.Context, url string, _ http.Header, _ []byte) (int, http.Header, error) {
			return 0, nil, errors.New("dial " + url)
		})
		defer r.run()()
		r.send("ada", Note{Payload: []byte("planted words"), Topic: "t"}, 1)
		synctest.Wait()
		r.answerBy(nil)
		time.Sleep(pauseAfter(1))
		r.wantGot(d, "planted words")
		r.server.Expire(d)
		r.send("ada", Note{Payload: []byte("planted words")}, 1)
		synctest.Wait()
		log := r.logged()
		for _, secret := range []string{"planted", d.Endpoint, "/push/", d.P256DH, d.Auth} {
			if strings.Contains(log, secret) {
				t.Errorf("the log holds %q:\n%s", secret, log)
			}
		}
		for _, said := range []string{"push will be tried again", "push sent", "a device doesn't want pushes any more"} {
			if !strings.Contains(log, said) {
				t.Errorf("the log lacks %q:\n%s", said, log)
			}
		}
	})
}

func TestDevicesThatAreGone(t *testing.T) {
	inBubble(t, func(r *rig) {
		gone, unknown, there := r.subscribe("ada", "s-ada"), r.subscribe("ada", "s-ada"), r.subscribe("ada", "s-ada")
		inside := r.subscribe("ada", "s-ada")
		r.cfg.Check = func(url string) error { // as one that was taken before says it now
			if url == inside.Endpoint {
				return errors.New("none of the public web")
			}
			return nil
		}
		defer r.run()()
		r.server.Expire(gone) // 410
		r.answerBy(func(ctx context.Context, url string, header http.Header, body []byte) (int, http.Header, error) {
			if url == unknown.Endpoint {
				return http.StatusNotFound, nil, nil
			}
			if url == inside.Endpoint {
				t.Error("pushed to an address that is refused")
			}
			return r.server.Post(ctx, url, header, body)
		})
		r.send("ada", Note{Payload: []byte("one")}, 4)
		r.wantGot(there, "one")
		r.send("ada", Note{Payload: []byte("two")}, 1)
		r.wantGot(there, "one", "two")
	})
}

// A name server that leads a push astray for a minute ends no subscription.
func TestALeadAstrayIsTriedAgain(t *testing.T) {
	inBubble(t, func(r *rig) {
		d := r.subscribe("ada", "s-ada")
		r.cfg.Check = func(string) error { return nil }
		r.answerBy(func(context.Context, string, http.Header, []byte) (int, http.Header, error) {
			return 0, nil, fmt.Errorf("%w: address", fetch.ErrBlocked)
		})
		defer r.run()()
		r.send("ada", Note{Payload: []byte("hello")}, 1)
		synctest.Wait()
		if n := r.devicesOf("ada"); n != 1 {
			t.Errorf("%d devices, want 1", n)
		}
		r.answerBy(nil)
		time.Sleep(pauseAfter(1))
		r.wantGot(d, "hello")
	})
}

func TestTheNewerTakesTheOldersPlace(t *testing.T) {
	inBubble(t, func(r *rig) {
		defer r.run()()
		d := r.subscribe("ada", "s-ada")
		r.server.Answer(pushtest.Answer{Status: 503})
		r.send("ada", Note{Payload: []byte("one"), Topic: "room"}, 1)
		r.wantTried(1)
		r.server.Answer(pushtest.Answer{Status: 503}) // of the newer one, too
		r.send("ada", Note{Payload: []byte("two"), Topic: "room"}, 1)
		r.send("ada", Note{Payload: []byte("else"), Topic: "other"}, 1)
		time.Sleep(time.Hour)
		r.wantGot(d, "else", "two")

		// A newer one that came while the older was on its way keeps that from being
		// tried again.
		began, end := make(chan struct{}), make(chan struct{})
		r.answerBy(func(context.Context, string, http.Header, []byte) (int, http.Header, error) {
			close(began)
			<-end
			return http.StatusServiceUnavailable, nil, nil
		})
		r.send("ada", Note{Payload: []byte("three"), Topic: "room"}, 1)
		<-began
		r.send("ada", Note{Payload: []byte("four"), Topic: "room"}, 1)
		r.answerBy(nil)
		close(end)
		time.Sleep(time.Hour)
		r.wantGot(d, "else", "two", "four")
	})
}

func TestWhatIsNoNewsIsNotSent(t *testing.T) {
	inBubble(t, func(r *rig) {
		defer r.run()()
		d := r.subscribe("ada", "s-ada")
		r.send("ada", Note{Payload: []byte("read"), Still: func(context.Context) bool { return false }}, 1)
		r.wantTried(0)
		asked := 0 // by one worker at a time, and read once they rest
		r.server.Answer(pushtest.Answer{Status: 503})
		r.send("ada", Note{Payload: []byte("read soon"), Still: func(context.Context) bool { asked++; return asked == 1 }}, 1)
		time.Sleep(time.Hour)
		r.wantTried(1)
		r.wantGot(d)
	})
}

func TestWhoSignsOutHearsNoMore(t *testing.T) {
	inBubble(t, func(r *rig) {
		defer r.run()()
		d := r.subscribe("ada", "s-ada")
		r.server.Answer(pushtest.Answer{Status: 503})
		r.send("ada", Note{Payload: []byte("waits")}, 1)
		r.wantTried(1)
		r.exec(`delete from sessions where token_hash = 's-ada'`)
		time.Sleep(time.Hour)
		r.wantTried(1)
		r.wantGot(d)
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.subscribe("ada", "s-ada")
		for i := range maxQueue {
			r.jobs = append(r.jobs, &job{user: fmt.Sprint("p", i/maxWaiting)})
		}
		if _, err := r.Send(t.Context(), "ada", Note{Payload: []byte("x"), TTL: time.Hour}); !errors.Is(err, ErrFull) {
			t.Errorf("one too many: %v", err)
		}
	})
}

// However much one person is written, others have a place in the queue.
func TestAPersonFillsNotTheQueue(t *testing.T) {
	inBubble(t, func(r *rig) {
		for range maxDevices {
			r.subscribe("ada", "s-ada")
		}
		for i := range maxQueue/maxDevices + 1 {
			r.send("ada", Note{Payload: []byte(fmt.Sprint(i))}, maxDevices)
		}
		if n := len(r.jobs); n != maxWaiting {
			t.Errorf("%d wait for one person", n)
		}
		if newest := r.jobs[len(r.jobs)-1].note; string(newest.Payload) != fmt.Sprint(maxQueue/maxDevices) {
			t.Errorf("the newest that waits is %s", newest.Payload)
		}
		bob := r.subscribe("bob", "s-bob")
		r.send("bob", Note{Payload: []byte("hello")}, 1)
		defer r.run()()
		r.wantGot(bob, "hello")
	})
}

// People whose push services answer as late as they may, and who are written much, keep
// another one waiting until one of them is done with, and not until all is sent.
func TestManySlowPushServicesHoldUpNobodyForLong(t *testing.T) {
	inBubble(t, func(r *rig) {
		bob := r.subscribe("bob", "s-bob")
		const late = 10 * time.Second
		r.answerBy(func(ctx context.Context, url string, header http.Header, body []byte) (int, http.Header, error) {
			if url == bob.Endpoint {
				return r.server.Post(ctx, url, header, body)
			}
			select {
			case <-time.After(late):
			case <-ctx.Done():
			}
			return 0, nil, errors.New("no answer")
		})
		defer r.run()()
		for i := range 2 * workers {
			name := fmt.Sprint("slow", i)
			r.person(name)
			r.subscribe(name, "s-"+name)
			for range 20 {
				r.send(name, Note{Payload: []byte("x")}, 1)
			}
		}
		time.Sleep(3 * late) // all of them had a turn
		r.send("bob", Note{Payload: []byte("hello")}, 1)
		time.Sleep(late)
		r.wantGot(bob, "hello")
	})
}

// A push service that answers nothing keeps nobody else's from being sent.
func TestASlowPushServiceHoldsUpItsOwn(t *testing.T) {
	inBubble(t, func(r *rig) {
		slow, quick := r.subscribe("ada", "s-ada"), r.subscribe("bob", "s-bob")
		end := make(chan struct{})
		r.answerBy(func(ctx context.Context, url string, header http.Header, body []byte) (int, http.Header, error) {
			if url == slow.Endpoint {
				<-end
			}
			return r.server.Post(ctx, url, header, body)
		})
		defer r.run()()
		var want []string
		for i := range 3 * workers {
			r.send("ada", Note{Payload: []byte("slow")}, 1)
			want = append(want, fmt.Sprint(i))
			r.send("bob", Note{Payload: []byte(fmt.Sprint(i))}, 1)
		}
		r.wantGot(quick, want...)
		r.wantGot(slow)
		close(end)
		synctest.Wait()
		if n := len(slow.Got()); n != 3*workers {
			t.Errorf("%d came late", n)
		}
	})
}

func TestSubscriptionsEnd(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.session("ada", "second")
		d := r.subscribe("ada", "s-ada")
		r.subscribe("ada", "second")
		if err := r.Service.Subscribe(t.Context(), "ada", "s-ada", subscription(d)); err != nil || r.devicesOf("ada") != 2 {
			t.Errorf("said again: %v, %d devices", err, r.devicesOf("ada"))
		}
		// The session's token changes: the subscription goes along.
		r.exec(`update sessions set token_hash = 'third' where token_hash = 'second'`)
		if n := r.devicesOf("ada"); n != 2 {
			t.Errorf("%d devices with another token", n)
		}
		r.exec(`delete from sessions where token_hash = 'third'`)
		if n := r.devicesOf("ada"); n != 1 {
			t.Errorf("%d devices after one was signed out", n)
		}
		// The same browser with another person in it.
		if err := r.Service.Subscribe(t.Context(), "bob", "s-bob", subscription(d)); err != nil {
			t.Fatal(err)
		}
		if r.devicesOf("ada") != 0 || r.devicesOf("bob") != 1 {
			t.Errorf("ada has %d devices, bob %d", r.devicesOf("ada"), r.devicesOf("bob"))
		}
		if err := r.Unsubscribe(t.Context(), "ada", d.Endpoint); err != nil || r.devicesOf("bob") != 1 {
			t.Errorf("somebody else's was forgotten: %v", err)
		}
		having, err := r.Having(t.Context(), []string{"ada", "bob", "nobody"})
		if err != nil || len(having) != 1 || !having["bob"] {
			t.Errorf("%v have devices, %v", having, err)
		}
		time.Sleep(25 * time.Hour) // the session is over, though its row is there
		if having, err := r.Having(t.Context(), []string{"bob"}); err != nil || having["bob"] || r.devicesOf("bob") != 0 {
			t.Errorf("%v, %v, %d devices of a session that is over", having, err, r.devicesOf("bob"))
		}
		if err := r.Unsubscribe(t.Context(), "bob", d.Endpoint); err != nil {
			t.Fatal(err)
		}
		r.subscribe("bob", "s-bob")
		r.exec(`delete from users where id = 'bob'`)
		err = r.db.Read(t.Context(), func(tx *sql.Tx) error {
			var n int
			err := tx.QueryRowContext(t.Context(), `select count(*) from push_subscriptions`).Scan(&n)
			if n != 0 {
				t.Errorf("%d subscriptions of nobody", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhoMaySubscribe(t *testing.T) {
	inBubble(t, func(r *rig) {
		var wrong *BadSubscription
		d := subscription(r.server.Subscribe(t))
		for _, session := range []string{"", "of a token", "s-bob"} {
			if err := r.Service.Subscribe(t.Context(), "ada", session, d); !errors.As(err, &wrong) {
				t.Errorf("session %q: %v", session, err)
			}
		}
		d.Endpoint = "http://push.example.org/"
		if err := r.Service.Subscribe(t.Context(), "ada", "s-ada", d); !errors.As(err, &wrong) {
			t.Errorf("%v", err)
		}
		r.cfg.Check = func(url string) error {
			if strings.HasPrefix(url, "https://push.example.org/") {
				return nil
			}
			return errors.New("none of the public web")
		}
		r.cfg.Own = []string{"http://push.home"}
		for endpoint, good := range map[string]bool{"https://10.0.0.1/x": false, "https://push.example.org:8443/x": false, "http://push.home/x": true} {
			d.Endpoint = endpoint
			if err := r.Service.Subscribe(t.Context(), "bob", "s-bob", d); good && err != nil || !good && !errors.As(err, &wrong) {
				t.Errorf("%s: %v", endpoint, err)
			}
		}
		var newest []string
		for i := range maxDevices + 4 {
			d := r.subscribe("ada", "s-ada")
			if i >= 4 {
				newest = append(newest, d.Endpoint)
			}
			time.Sleep(time.Second)
		}
		list, err := r.devices(t.Context(), "ada")
		if err != nil || len(list) != maxDevices {
			t.Fatalf("%d devices, %v", len(list), err)
		}
		kept := make(map[string]bool)
		for _, d := range list {
			kept[d.Endpoint] = true
		}
		for i, endpoint := range newest {
			if !kept[endpoint] {
				t.Errorf("the %dth of the newest was forgotten", i)
			}
		}
	})
}

func TestKeysThatCannotBeRead(t *testing.T) {
	good, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseKey(good); err != nil {
		t.Error(err)
	}
	for name, text := range map[string]string{
		"nothing":       "",
		"half":          string(good[:len(good)/2]),
		"another block": strings.ReplaceAll(string(good), "PRIVATE", "PUBLIC"),
		"no key":        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	} {
		if _, err := parseKey([]byte(text)); err == nil {
			t.Errorf("%s is a key", name)
		}
	}
	s := New(Config{Key: func() ([]byte, error) { return nil, errors.New("the disk is gone") }})
	if _, err := s.Key(); err == nil {
		t.Error("a key came from nowhere")
	}
}

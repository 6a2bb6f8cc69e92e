package push

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"snug/db"
)

// Config of a Service. All but Logger and Now are required.
type Config struct {
	DB *db.DB
	// Key returns what NewKey made, always the same. It is asked when it is first needed.
	Key func() ([]byte, error)
	// Subject is whom push services turn to: a mailto: or https: URL.
	Subject string
	// Own are the origins of push services that may be named whatever they are, without
	// TLS too.
	Own []string
	// Post sends a body to a URL that a stranger chose. It follows no redirect.
	Post Post
	// Check says why Post never sends anything to a URL, by the URL alone: what a name server
	// says of it may be another a minute later. nil: nobody knows before it is tried. Those of
	// Own aren't asked about.
	Check  func(url string) error
	Logger *slog.Logger     // nil: nothing is logged
	Now    func() time.Time // nil: time.Now
}

// Post sends body to a URL and returns the status and the header of the answer.
type Post func(ctx context.Context, url string, header http.Header, body []byte) (status int, answer http.Header, err error)

// Service keeps subscriptions and sends pushes to them while Run runs. Its methods may be
// called concurrently.
type Service struct {
	cfg Config

	keyMu sync.Mutex
	key   *signer // nil: nobody has asked yet

	mu     sync.Mutex
	jobs   []*job            // that wait
	flying map[string]bool   // people whom something is being sent to
	turn   uint64            // how many jobs were taken so far
	served map[string]uint64 // people with jobs: the turn that they had last
	wake   chan struct{}     // holds one word: there may be something to do
}

// New makes a Service. It asks for no key yet.
func New(c Config) *Service {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{cfg: c, flying: make(map[string]bool), served: make(map[string]uint64), wake: make(chan struct{}, 1)}
}

// Key is what browsers subscribe with.
type Key struct {
	PublicKey string `json:"publicKey"` // base64url: applicationServerKey
}

// Key returns the server's public key.
func (s *Service) Key() (Key, error) {
	k, err := s.signer()
	if err != nil {
		return Key{}, err
	}
	return Key{k.public}, nil
}

func (s *Service) signer() (*signer, error) {
	s.keyMu.Lock()
	defer s.keyMu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	text, err := s.cfg.Key()
	if err != nil {
		return nil, fmt.Errorf("read push key: %w", err)
	}
	s.key, err = parseKey(text)
	return s.key, err
}

// A BadSubscription says in words what is wrong with a subscription.
type BadSubscription struct{ Reason string }

func (e *BadSubscription) Error() string { return e.Reason }

// Check reports why nothing could be sent to the subscription, as a *BadSubscription. The
// origins of own may be without TLS.
func (d Subscription) Check(own ...string) error {
	u, err := url.Parse(d.Endpoint)
	switch {
	case len(d.Endpoint) > maxEndpoint:
		return &BadSubscription{fmt.Sprintf("endpoint has more than %d bytes", maxEndpoint)}
	case err != nil || u.Scheme != "https" && !slices.Contains(own, u.Scheme+"://"+u.Host) || u.Hostname() == "" || u.User != nil || u.Fragment != "":
		return &BadSubscription{"endpoint must be an https address: that of a push service"}
	}
	if _, err := d.Keys.receiver(); err != nil {
		return &BadSubscription{err.Error()}
	}
	return nil
}

// refused reports whether nothing is ever sent to an endpoint, whatever a name server says.
func (s *Service) refused(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && s.cfg.Check != nil && !slices.Contains(s.cfg.Own, u.Scheme+"://"+u.Host) && s.cfg.Check(endpoint) != nil
}

// Subscribe keeps a device's subscription for as long as the session lasts, and under
// the session that named it last. A person keeps the 16 newest.
func (s *Service) Subscribe(ctx context.Context, user, session string, d Subscription) error {
	if err := d.Check(s.cfg.Own...); err != nil {
		return err
	}
	if s.refused(d.Endpoint) {
		return &BadSubscription{"endpoint must be the address of a push service on the public web, by https on port 443"}
	}
	same := false
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		const query = `select exists (select 1 from push_subscriptions where endpoint = ? and user_id = ? and session = ? and p256dh = ? and auth = ?)`
		return tx.QueryRowContext(ctx, query, d.Endpoint, user, session, d.Keys.P256DH, d.Keys.Auth).Scan(&same)
	})
	if err != nil || same { // clients say it anew whenever they start
		return err
	}
	err = s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		const insert = `insert into push_subscriptions (endpoint, user_id, session, p256dh, auth, created_at)
			select ?, ?, ?, ?, ?, ? where exists (select 1 from sessions where token_hash = ? and user_id = ?)
			on conflict (endpoint) do update set user_id = excluded.user_id, session = excluded.session,
				p256dh = excluded.p256dh, auth = excluded.auth, created_at = excluded.created_at`
		done, err := tx.ExecContext(ctx, insert, d.Endpoint, user, session, d.Keys.P256DH, d.Keys.Auth, s.cfg.Now().UnixMilli(), session, user)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			if err == nil {
				err = &BadSubscription{"only a browser that is signed in can subscribe: its subscription ends with its session"}
			}
			return err
		}
		const trim = `delete from push_subscriptions where user_id = ? and endpoint not in
			(select endpoint from push_subscriptions where user_id = ? order by created_at desc, endpoint limit ?)`
		_, err = tx.ExecContext(ctx, trim, user, user, maxDevices)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep push subscription: %w", err)
	}
	return nil
}

// Unsubscribe forgets a subscription of a person, if it is there.
func (s *Service) Unsubscribe(ctx context.Context, user, endpoint string) error {
	return s.drop(ctx, user, endpoint)
}

func (s *Service) drop(ctx context.Context, user, endpoint string) error {
	err := s.cfg.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from push_subscriptions where user_id = ? and endpoint = ?`, user, endpoint)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget push subscription: %w", err)
	}
	return nil
}

// Having returns those of the people who have a device that can be woken.
func (s *Service) Having(ctx context.Context, users []string) (map[string]bool, error) {
	having := make(map[string]bool)
	err := s.cfg.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		for chunk := range slices.Chunk(users, 500) {
			args := []any{s.cfg.Now().UnixMilli()}
			for _, id := range chunk {
				args = append(args, id)
			}
			query := `select distinct p.user_id from push_subscriptions p join sessions s on s.token_hash = p.session
				where s.expires_at > ? and p.user_id in (?` + strings.Repeat(", ?", len(chunk)-1) + `)`
			if err := db.Each(ctx, tx, query, args, func(scan func(...any) error) error {
				var id string
				err := scan(&id)
				having[id] = true
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for devices: %w", err)
	}
	return having, nil
}

// devices returns the subscriptions of a person.
func (s *Service) devices(ctx context.Context, user string) (list []Subscription, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		list = nil
		const query = `select p.endpoint, p.p256dh, p.auth from push_subscriptions p join sessions s on s.token_hash = p.session
			where p.user_id = ? and s.expires_at > ? limit ?`
		return db.Each(ctx, tx, query, []any{user, s.cfg.Now().UnixMilli(), maxDevices}, func(scan func(...any) error) error {
			var d Subscription
			err := scan(&d.Endpoint, &d.Keys.P256DH, &d.Keys.Auth)
			list = append(list, d)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read push subscriptions: %w", err)
	}
	return list, nil
}

// subscribed reports whether a subscription is still a person's.
func (s *Service) subscribed(ctx context.Context, user string, d Subscription) (still bool, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *sql.Tx) error {
		const query = `select exists (select 1 from push_subscriptions p join sessions s on s.token_hash = p.session
			where p.endpoint = ? and p.user_id = ? and p.p256dh = ? and p.auth = ? and s.expires_at > ?)`
		return tx.QueryRowContext(ctx, query, d.Endpoint, user, d.Keys.P256DH, d.Keys.Auth, s.cfg.Now().UnixMilli()).Scan(&still)
	})
	if err != nil {
		return false, fmt.Errorf("read push subscription: %w", err)
	}
	return still, nil
}

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	netmail "net/mail"
	neturl "net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"snug/attention"
	"snug/chat"
	"snug/fetch"
	"snug/mail"
	"snug/push"
)

// vapidName is the file in the data folder with the key that signs pushes. With another
// one every device has to subscribe anew.
const vapidName = "push-key"

// observer is what finds out whom messages concern, and tells them.
type observer struct {
	attention *attention.Service
	push      *push.Service
	// post sends pushes; nil: fetch does. It has no setting: it is how tests have a push
	// service of their own.
	post atomic.Pointer[push.Post]
}

// openAttention makes it. It needs the accounts' mails, and runs from startAttention on.
func (s *Server) openAttention(ctx context.Context, folder *folder, secret []byte) error {
	o := &observer{}
	fetcher := fetch.New(fetch.Options{AtOnce: 8})
	o.push = push.New(push.Config{
		DB: s.tables, Subject: pushSubject(s.URL(), s.cfg.SMTP.From), Logger: s.log.With("part", "push"),
		Key: func() ([]byte, error) { return folder.kept(vapidName, push.NewKey) },
		Own: s.cfg.PushServices,
		Post: func(ctx context.Context, url string, header http.Header, body []byte) (int, http.Header, error) {
			if post := o.post.Load(); post != nil {
				return (*post)(ctx, url, header, body)
			}
			if ownPushService(url, s.cfg.PushServices) {
				return postNear(ctx, url, header, body)
			}
			answer, err := fetcher.Post(ctx, url, header, body)
			return answer.Status, answer.Header, err
		},
		Check: func(url string) error {
			if o.post.Load() != nil {
				return nil
			}
			return fetcher.Check(url)
		},
	})
	c := attention.Config{
		DB: s.tables, Rooms: s.chat, Push: pushes{o.push}, URL: s.URL(), Name: s.name, Secret: secret, Logger: s.log.With("part", "attention"),
		Where: func(id chat.UserID) attention.Whereabouts {
			online := s.chat.Online(id)
			return attention.Whereabouts{Online: online, Active: online && s.chat.PersonState(id).State != chat.StateAway, DND: s.chat.Status(id).DND}
		},
	}
	if s.mail != nil {
		c.Mail = func(m attention.Mail) error { return s.mail(mail.Message(m)) }
	}
	var err error
	if o.attention, err = attention.New(ctx, c); err != nil {
		return fmt.Errorf("start attention: %w", err)
	}
	s.observer.Store(o)
	return nil
}

// nearTime is how long a push service of the own network may take.
const nearTime = 10 * time.Second

func ownPushService(endpoint string, own []string) bool {
	u, err := neturl.Parse(endpoint)
	return err == nil && u.User == nil && slices.Contains(own, u.Scheme+"://"+u.Host)
}

// postNear sends a push to a service that whoever runs this server has named: it may be
// anywhere. It follows no redirect.
func postNear(ctx context.Context, url string, header http.Header, body []byte) (int, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, nearTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header = header.Clone()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header, nil
}

// startAttention follows the rooms and tells people until the server stops. What is
// posted after that is looked at after the next start.
func (s *Server) startAttention() {
	o := s.observer.Load()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { o.attention.Run(ctx) })
	running.Go(func() { o.push.Run(ctx) })
	s.later(func() error {
		cancel()
		running.Wait()
		return o.attention.Close(context.Background())
	})
}

// changed tells those who follow the rooms of something new, from the moment that there is
// one. Before that nobody has posted.
func (s *Server) changed(room chat.RoomID, seq chat.Seq) {
	if f := s.index.Load(); f != nil {
		f.Changed(room, seq)
	}
	if o := s.observer.Load(); o != nil {
		o.attention.Changed(room, seq)
	}
}

func (s *Server) followed(ctx context.Context, id chat.UserID, thread chat.Place, on bool) error {
	return s.observer.Load().attention.Followed(ctx, id, thread, on)
}

func (s *Server) mentions(ctx context.Context, id chat.UserID) (map[chat.RoomID]int, error) {
	return s.observer.Load().attention.Mentions(ctx, id)
}

// pushSubject is whom push services turn to.
func pushSubject(url, from string) string {
	if strings.HasPrefix(url, "https:") {
		return url
	}
	if a, err := netmail.ParseAddress(from); err == nil {
		return "mailto:" + a.Address
	}
	return "mailto:nobody@invalid.invalid"
}

// pushes sends notices as pushes.
type pushes struct{ push *push.Service }

func (p pushes) Having(ctx context.Context, ids []chat.UserID) (map[chat.UserID]bool, error) {
	users := make([]string, len(ids))
	for i, id := range ids {
		users[i] = string(id)
	}
	having, err := p.push.Having(ctx, users)
	found := make(map[chat.UserID]bool, len(having))
	for id := range having {
		found[chat.UserID(id)] = true
	}
	return found, err
}

func (p pushes) Push(ctx context.Context, id chat.UserID, n chat.Notice, urgent bool, life time.Duration, still func(context.Context) bool) error {
	payload, err := noticePayload(n)
	if err != nil {
		return err
	}
	// What waits of a room, or of a thread, gives way to what is newer.
	topic := sha256.Sum256([]byte(n.Room + "\x00" + string(n.Thread)))
	_, err = p.push.Send(ctx, string(id), push.Note{
		Payload: payload, Topic: base64.RawURLEncoding.EncodeToString(topic[:24]), Urgent: urgent, TTL: life, Still: still,
	})
	return err
}

// noticePayload is what a push says: as the frame does, without the picture of who wrote
// it where that is the picture itself and no address, or a long one.
func noticePayload(n chat.Notice) ([]byte, error) {
	if strings.HasPrefix(n.UserImage, "data:") {
		n.UserImage = ""
	}
	payload, err := json.Marshal(chat.NoticeFrame{Type: "notice", Notice: n})
	if err == nil && len(payload) > push.MaxPayload {
		n.UserImage = ""
		payload, err = json.Marshal(chat.NoticeFrame{Type: "notice", Notice: n})
	}
	return payload, err
}

package httpapi_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"snug/attention"
	"snug/chat"
	"snug/httpapi"
	"snug/push"
)

// fakeAttention takes all settings, ticks and devices.
type fakeAttention struct {
	httpapi.Attention
	httpapi.Push
	writes int
}

func (f *fakeAttention) SetSettings(context.Context, chat.UserID, attention.Change) (attention.Settings, error) {
	f.writes++
	return attention.Settings{}, nil
}

func (f *fakeAttention) ReadInbox(context.Context, chat.UserID, attention.Ticks) (attention.InboxCount, error) {
	f.writes++
	return attention.InboxCount{}, nil
}

func (f *fakeAttention) Subscribe(context.Context, string, string, push.Subscription) error {
	f.writes++
	return nil
}

func (f *fakeAttention) Unsubscribe(context.Context, string, string) error {
	f.writes++
	return nil
}

// Nobody keeps the tables busy with what is their own.
func TestOwnSettingsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeAttention{}
		s := newSite(t, func(c *httpapi.Config) { c.Attention, c.Push = fake, fake })
		writes := [][2]string{{"PUT", "/api/attention"}, {"PUT", "/api/inbox/read"}, {"PUT", "/api/push/subscriptions"}, {"DELETE", "/api/push/subscriptions"}}
		for i := range httpapi.SettingCount {
			w := writes[i%len(writes)]
			if status := s.ask(t, w[0], w[1], "{}", nil); status != 200 {
				t.Fatalf("%d of %d, %s %s: %d", i+1, httpapi.SettingCount, w[0], w[1], status)
			}
		}
		for _, w := range writes {
			if status := s.ask(t, w[0], w[1], "{}", nil); status != 429 {
				t.Errorf("one too many, %s %s: %d", w[0], w[1], status)
			}
		}
		time.Sleep(time.Minute)
		if status := s.ask(t, "PUT", "/api/attention", "{}", nil); status != 200 || fake.writes != httpapi.SettingCount+1 {
			t.Errorf("later: %d, %d were taken", status, fake.writes)
		}
	})
}

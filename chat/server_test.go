package chat_test

import (
	"strings"
	"testing"

	"snug/chat"
)

// What the server is called outlives it, and gives way to what whoever runs it says.
func TestNameOfTheServer(t *testing.T) {
	t.Parallel()
	inBubble(t, ownTables(t), func(w *world) {
		w.accounts("ada")
		ctx, ada := w.Context(), somebody("ada:owner")
		name, line := "The Corner Table", "For the people of Mill Lane"
		_, err := w.chat.ChangeServer(ctx, ada, chat.ServerChange{Name: &name, Description: &line})
		w.must(err)
		w.restart()
		if got := w.chat.Server(); got != (chat.ServerInfo{Name: name, Description: line}) {
			t.Errorf("after a restart: %+v", got)
		}
		w.cfg.ServerName = " Work "
		w.restart()
		if got := w.chat.Settings().Server; got != (chat.ServerInfo{Name: "Work", Description: line, NameFixed: true}) {
			t.Errorf("by its setting: %+v", got)
		}
		if _, err := w.chat.ChangeServer(ctx, ada, chat.ServerChange{Name: &name}); code(err) != "forbidden" {
			t.Errorf("another name: %v", err)
		}
		same, other := "Work", "All of us"
		_, err = w.chat.ChangeServer(ctx, ada, chat.ServerChange{Name: &same, Description: &other})
		w.must(err)
		reader := ada
		reader.ReadOnly = true
		if _, err := w.chat.ChangeServer(ctx, reader, chat.ServerChange{Name: &name}); code(err) != "forbidden" {
			t.Errorf("by a token that reads: %v", err)
		}
		w.cfg.ServerName = ""
		w.restart()
		if got := w.chat.Server(); got != (chat.ServerInfo{Name: name, Description: other}) {
			t.Errorf("without the setting: %+v", got)
		}
		w.stop()
		w.cfg.ServerName = strings.Repeat("x", 61)
		if _, err := chat.New(ctx, w.cfg); err == nil || !strings.Contains(err.Error(), "name of the server") {
			t.Errorf("a long name is set: %v", err)
		}
		w.cfg.ServerName = ""
		w.start()
	})
}

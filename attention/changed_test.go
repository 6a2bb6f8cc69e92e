package attention

import (
	"testing"

	"snug/chat"
)

// Whose inbox changes without a notice is told so: their pages would else count what it was.
func TestChangesWithoutANotice(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd", "dan")
	w.room("team", "public", "ada", "bob", "cyd", "dan")
	w.at("online", "bob", "cyd", "dan")
	nothing := chat.NotifyNothing
	all := chat.NotifyAll
	for name, c := range map[string]*chat.Notify{"bob": &nothing, "dan": &all} {
		if _, err := w.chat.SetRoom(t.Context(), actor(name), "team", chat.SettingsChange{Notify: c}); err != nil {
			t.Fatal(err)
		}
	}
	w.catchUp()
	w.wantChanged()

	m := w.post("team", "ada", to("bob")+to("cyd"))
	w.catchUp()
	w.wantTold("cyd mention #1", "dan room #1")
	w.wantChanged("bob")

	w.edit("team", "ada", m, to("bob")+"and nobody else")
	w.catchUp()
	w.wantChanged("cyd")
	w.edit("team", "ada", m, to("bob")+to("cyd")+"again")
	w.catchUp()
	w.wantChanged() // of bob it is in the inbox as before, and the other has a notice
	w.wantTold("cyd mention #1 quiet")

	w.remove("team", "ada", m)
	w.catchUp()
	w.wantChanged("bob", "cyd", "dan")

	call := w.post("team", "ada", toRoom)
	w.catchUp()
	w.wantTold("cyd call #5", "dan room #5")
	w.wantChanged("bob")
	w.remove("team", "ada", call)
	w.catchUp()
	w.wantChanged("all in id-team")

	plain := w.post("team", "ada", "hello")
	w.catchUp()
	w.wantTold("dan room #7")
	w.wantChanged()
	w.remove("team", "ada", plain) // a notification of it may stand somewhere
	w.catchUp()
	w.wantChanged("dan")

	w.at("away", "cyd")
	w.post("team", "ada", to("cyd"))
	w.catchUp()
	w.wantTold("dan room #9")
}

// So is who ticks something off, or wants to be told otherwise.
func TestOwnChangesAreTold(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	for range 3 {
		w.post("global", "ada", to("bob"))
	}
	w.catchUp()
	w.wantChanged("bob") // is away
	page, err := w.Inbox(t.Context(), "bob", InboxQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ReadInbox(t.Context(), "bob", Ticks{IDs: []int64{page.Items[0].ID}}); err != nil {
		t.Fatal(err)
	}
	w.wantChanged("bob")
	w.wantInbox("bob", "(mention #3), mention #2, mention #1")
	if _, err := w.ReadInbox(t.Context(), "bob", Ticks{}); err == nil {
		t.Error("nothing is ticked off")
	}
	w.wantChanged()
	off := false
	w.set("bob", Change{Sounds: &off})
	w.wantChanged("bob")
	if err := w.StopMails(t.Context(), "bob", w.offToken("bob")); err != nil {
		t.Fatal(err)
	}
	w.wantChanged("bob")
	if err := w.ReadAll(t.Context(), "bob"); err != nil {
		t.Fatal(err)
	}
	w.wantChanged("bob")
	w.wantInbox("bob", "(mention #3), (mention #2), (mention #1)")
	w.post("global", "ada", to("bob"))
	w.catchUp()
	w.wantInbox("bob", "mention #4, (mention #3), (mention #2), (mention #1)")
}

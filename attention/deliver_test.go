package attention

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"snug/chat"
	"snug/line"
)

func TestPushes(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd", "dan")
	w.devices["dan"] = false
	w.at("looking", "cyd")
	w.post("global", "ada", to("bob")+to("cyd")+to("dan"))
	w.catchUp()
	w.wantPushed("bob mention #1")
	w.after(pushPatience - time.Second)
	w.wantPushed()
	w.after(time.Second) // cyd had the time to read
	w.wantPushed("cyd mention #1")
	w.after(time.Hour)
	w.wantPushed()

	w.post("global", "ada", to("cyd"))
	w.catchUp()
	w.read("global", "cyd", 2)
	w.after(pushPatience)
	w.wantPushed()

	w.post("global", "ada", to("cyd"))
	w.catchUp()
	page, err := w.Inbox(t.Context(), "cyd", InboxQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ReadInbox(t.Context(), "cyd", Ticks{Through: page.Items[0].ID}); err != nil {
		t.Fatal(err)
	}
	w.after(pushPatience)
	w.wantPushed() // it is ticked off

	m := w.post("global", "ada", to("cyd"))
	w.catchUp()
	w.remove("global", "ada", m)
	w.catchUp()
	w.after(pushPatience)
	w.wantPushed()

	// What is on its way is asked for once more.
	w.at("away", "bob")
	w.post("global", "ada", to("bob"))
	w.catchUp()
	w.wantPushed("bob mention #6")
	still := w.held[len(w.held)-1]
	if !still(t.Context()) {
		t.Error("it is no news before it is read")
	}
	w.read("global", "bob", 6)
	if still(t.Context()) {
		t.Error("it is news after it was read")
	}

	for what, change := range map[string]func(chat.Message){
		"deleted":  func(m chat.Message) { w.remove("team", "ada", m) },
		"edited":   func(m chat.Message) { w.edit("team", "ada", m, "to nobody") },
		"left":     func(chat.Message) { w.exec(`delete from members where user_id = 'bob'`) },
		"is gone":  func(chat.Message) { w.exec(`update rooms set deleted_at = 1 where slug = 'team'`) },
		"nothing?": nil,
	} {
		w.exec(`delete from rooms where slug = 'team'`)
		w.room("team", "private", "ada", "bob")
		m := w.post("team", "ada", to("bob"))
		w.catchUp()
		still := w.held[len(w.held)-1]
		if change != nil {
			change(m)
			w.catchUp()
		}
		if got := still(t.Context()); got != (change == nil) {
			t.Errorf("%s: still news: %v", what, got)
		}
	}
}

func TestPushesWaitOverARestart(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.at("looking", "bob")
	w.post("global", "ada", to("bob"))
	w.catchUp()
	w.restart()
	next, err := w.Deliver(t.Context())
	if err != nil || !next.Equal(w.now().Add(pushPatience)) {
		t.Errorf("the next is due at %v, %v", next, err)
	}
	w.after(pushPatience)
	w.wantPushed("bob mention #1")
}

func TestNobodyIsPushedAtNight(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	until := w.now().Add(time.Hour).UnixMilli()
	w.set("bob", Change{SnoozedUntil: &until})
	w.set("cyd", Change{QuietHours: &QuietHours{On: true, From: "11:00", To: "13:30", Days: []int{6}, Timezone: "UTC"}})
	w.at("online", "bob", "cyd")
	w.post("global", "ada", to("bob")+to("cyd"))
	w.catchUp()
	w.wantTold("bob mention #1 quiet", "cyd mention #1 quiet")
	w.wantPushed()
	w.after(2 * time.Hour)
	w.post("global", "ada", to("bob")+to("cyd"))
	w.catchUp()
	w.wantTold("bob mention #2", "cyd mention #2")
	w.wantPushed("bob mention #2", "cyd mention #2")
}

// A call reaches all members, however many there are, and over a crash in the midst of it.
func TestCallsReachAll(t *testing.T) {
	w := newWorld(t, "ada")
	var names, want []string
	for i := range callPage + 20 {
		name := fmt.Sprintf("p%04d", i)
		names, want = append(names, name), append(want, name+" call #1")
	}
	w.person(names...)
	w.room("team", "public", append(names, "ada")...)
	w.post("team", "ada", toRoom)
	if err := w.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`select count(*) from notices`); n != 1 {
		t.Errorf("a call is %d rows", n)
	}
	var list []delivery
	err := w.db.Read(t.Context(), func(tx *sql.Tx) (err error) {
		list, err = readDeliveries(t.Context(), tx, `where d.user_id is null`)
		return err
	})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if err := w.callPage(t.Context(), list[0]); err != nil {
		t.Fatal(err)
	}
	w.restart()
	w.deliver()
	w.wantPushed(want...)
	if n := w.count(`select count(*) from deliveries`); n != 0 {
		t.Errorf("%d deliveries are left", n)
	}
	// One that is taken back before anybody was told reaches nobody.
	m := w.post("team", "ada", toRoom)
	if err := w.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.remove("team", "ada", m)
	w.catchUp()
	w.wantPushed()
}

func TestMails(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	w.room("d1", "direct", "ada", "bob")
	w.devices["bob"] = false
	w.post("global", "ada", "**hello** "+to("bob")+" <b>&")
	w.catchUp()
	w.after(mailGather - time.Second)
	w.post("d1", "ada", "psst")
	w.catchUp()
	if mails := w.takeMails(); len(mails) != 0 {
		t.Fatalf("mailed too early: %+v", mails)
	}
	w.after(time.Second)
	mails := w.takeMails()
	if len(mails) != 1 || mails[0].To != "bob@example.org" || mails[0].Subject != "2 messages for you at chat.example.org" {
		t.Fatalf("mails: %+v", mails)
	}
	m := mails[0]
	for _, part := range []string{"ADA in Global:\n  hello @bob <b>&\n  https://chat.example.org/rooms/global?message=", "ADA:\n  psst\n", "/api/attention/mails-off?token="} {
		if !strings.Contains(m.Text, part) {
			t.Errorf("the text lacks %q:\n%s", part, m.Text)
		}
	}
	if strings.Contains(m.HTML, "<b>") || !strings.Contains(m.HTML, "hello @bob &lt;b&gt;&amp;") {
		t.Errorf("the HTML:\n%s", m.HTML)
	}
	// Then not within an hour.
	w.after(10 * time.Minute)
	w.post("global", "ada", to("bob"))
	w.catchUp()
	w.restart()
	w.after(49 * time.Minute)
	if mails := w.takeMails(); len(mails) != 0 {
		t.Fatalf("mailed twice within an hour: %+v", mails)
	}
	w.after(time.Minute)
	if mails := w.takeMails(); len(mails) != 1 || mails[0].Subject != "ADA wrote to you at chat.example.org" {
		t.Fatalf("mails: %+v", mails)
	}
	// Nor of what is read, ticked off, taken back or not mailed.
	w.after(2 * time.Hour)
	read := w.post("global", "ada", to("bob"))
	gone := w.post("global", "ada", to("bob"))
	w.post("global", "ada", toRoom)
	w.catchUp()
	w.read("global", "bob", read.Seq)
	w.remove("global", "ada", gone)
	w.catchUp()
	w.after(24 * time.Hour)
	if mails := w.takeMails(); len(mails) != 0 {
		t.Fatalf("mailed of nothing: %+v", mails)
	}
	if n := w.count(`select count(*) from deliveries where mail_at is not null`); n != 0 {
		t.Errorf("%d mails are still to be sent", n)
	}
}

// Names of many bytes leave the subject one that is sent.
func TestSubjectsHavePlaceForAnyName(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	w.cfg.Name = func() string { return strings.Repeat("東", 60) }
	list := []missed{{to: "bob@example.org", message: chat.Message{UserName: strings.Repeat("😀", 60)}}}
	m := w.letter("bob", list)
	if len(m.Subject) > line.MaxSubject || !utf8.ValidString(m.Subject) || !strings.Contains(m.Subject, "😀… wrote to you at 東") {
		t.Errorf("%d bytes: %q", len(m.Subject), m.Subject)
	}
}

func TestMailsWait(t *testing.T) {
	w := newWorld(t, "ada", "bob", "cyd")
	w.at("looking", "bob")
	w.post("global", "ada", to("bob"))
	w.catchUp()
	w.after(mailGather)
	w.after(mailLater)
	if mails := w.takeMails(); len(mails) != 0 {
		t.Fatalf("who is looking was mailed: %+v", mails)
	}
	w.at("away", "bob")
	w.noMail = errors.New("the mail server's queue is full")
	w.after(mailLater)
	w.noMail = nil
	if mails := w.takeMails(); len(mails) != 0 {
		t.Fatalf("mailed: %+v", mails)
	}
	w.after(mailLater)
	if mails := w.takeMails(); len(mails) != 1 {
		t.Fatalf("mails: %+v", mails)
	}
	w.exec(`update users set email_verified = 0 where id = 'cyd'`)
	w.post("global", "ada", to("cyd"))
	w.catchUp()
	off := MailOff
	w.after(2 * time.Hour)
	w.post("global", "ada", to("bob"))
	w.catchUp()
	w.set("bob", Change{Mail: &off})
	w.after(2 * time.Hour)
	if mails := w.takeMails(); len(mails) != 0 {
		t.Fatalf("who wants none, or hasn't confirmed the address, was mailed: %+v", mails)
	}
}

func TestTheLinkThatStopsMails(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	token := w.offToken("bob")
	if w.MayStopMails("ada", token) || w.MayStopMails("bob", token+"x") || w.MayStopMails("bob", "") {
		t.Error("a link of somebody else is taken")
	}
	if err := w.StopMails(t.Context(), "ada", token); err == nil {
		t.Error("a link of somebody else works")
	}
	if err := w.StopMails(t.Context(), "bob", token); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[chat.UserID]MailSetting{"ada": MailMissed, "bob": MailOff} {
		if got, err := w.Service.Settings(t.Context(), name); err != nil || got.Mail != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestManyMissedAreCut(t *testing.T) {
	w := newWorld(t, "ada", "bob")
	for range mailItems + 5 {
		w.post("global", "ada", to("bob")+strings.Repeat(" word", 700))
	}
	w.catchUp()
	w.after(mailGather)
	mails := w.takeMails()
	if len(mails) != 1 || !strings.Contains(mails[0].Text, "… and 5 more.") || len(mails[0].Text)+len(mails[0].HTML) > 64<<10 {
		t.Errorf("%d mails, the first has %d bytes", len(mails), len(mails[0].Text)+len(mails[0].HTML))
	}
}

func TestTextOf(t *testing.T) {
	for content, want := range map[string]string{
		"":                                  "a.png, b.txt",
		"plain":                             "plain",
		"**bold** and `code` ~~gone~~":      "bold and code gone",
		"# Title\n\n> quoted\n- one\n- two": "Title quoted one two",
		"```go\nx := 1\n```":                "x := 1",
		"see [this](https://x.org/a) now":   "see this now",
		"hi @[Ada [1]](user:x) @[Bob](user:y) @[room](room:all)": "hi @[Ada [1]](user:x) @Bob @room",
		strings.Repeat("é", 200):                                 strings.Repeat("é", 139) + "…",
		strings.Repeat("日", 10_000):                              strings.Repeat("日", 139) + "…",
	} {
		m := chat.Message{Content: content}
		if content == "" {
			m.Attachments = []chat.Attachment{{Name: "a.png"}, {Name: "b.txt"}}
		}
		if got := textOf(&m, textChars); got != want {
			t.Errorf("%.40q becomes %.80q, want %.80q", content, got, want)
		}
	}
}

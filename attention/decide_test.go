package attention

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"snug/chat"
	"snug/language"
)

func TestDecide(t *testing.T) {
	now := time.Date(2026, 11, 28, 23, 30, 0, 0, time.UTC) // a Saturday
	soon, past := now.Add(time.Minute).UnixMilli(), now.Add(-time.Minute).UnixMilli()
	usual := func() person {
		return person{id: "ada", email: "ada@example.org", rooms: chat.NotifyMentions, directs: chat.NotifyAll, mail: true}
	}
	with := func(change func(*person)) person {
		p := usual()
		change(&p)
		return p
	}
	night, err := QuietHours{On: true, From: "22:00", To: "07:00", Days: []int{6}, Timezone: "UTC"}.check()
	if err != nil {
		t.Fatal(err)
	}
	away, online := where{device: true}, where{Whereabouts{Online: true}, true}
	looking, dnd := where{Whereabouts{Online: true, Active: true}, true}, where{Whereabouts{Online: true, DND: true}, true}
	mention, post, direct := event{chat.NoticeMention, false}, event{chat.NoticeRoom, false}, event{chat.NoticeRoom, true}
	const wanted = ReasonWanted
	for _, c := range []struct {
		name   string
		person person
		event  event
		where  where
		want   Decision
	}{
		{"away", usual(), mention, away, Decision{Push: true, Mail: true, WhyNotice: ReasonOffline, WhyPush: wanted, WhyMail: wanted}},
		{"a page is open", usual(), mention, online, Decision{Notice: true, Push: true, Mail: true, WhyNotice: wanted, WhyPush: wanted, WhyMail: wanted}},
		{"looking", usual(), mention, looking,
			Decision{Notice: true, Push: true, Delay: pushPatience, Mail: true, WhyNotice: wanted, WhyPush: ReasonLooking, WhyMail: wanted}},
		{"no device", usual(), mention, where{Whereabouts{Online: true}, false},
			Decision{Notice: true, Mail: true, WhyNotice: wanted, WhyPush: ReasonNoDevice, WhyMail: wanted}},
		{"do not disturb", usual(), mention, dnd,
			Decision{Notice: true, Quiet: true, Mail: true, WhyNotice: ReasonDND, WhyPush: ReasonDND, WhyMail: wanted}},
		{"snoozed", with(func(p *person) { p.snoozed = soon }), mention, online,
			Decision{Notice: true, Quiet: true, Mail: true, WhyNotice: ReasonSnoozed, WhyPush: ReasonSnoozed, WhyMail: wanted}},
		{"not snoozed any more", with(func(p *person) { p.snoozed, p.roomSnoozed = past, past }), mention, away,
			Decision{Push: true, Mail: true, WhyNotice: ReasonOffline, WhyPush: wanted, WhyMail: wanted}},
		{"the room is snoozed", with(func(p *person) { p.roomSnoozed = soon }), mention, online,
			Decision{Notice: true, Quiet: true, Mail: true, WhyNotice: ReasonRoomSnoozed, WhyPush: ReasonRoomSnoozed, WhyMail: wanted}},
		{"at night", with(func(p *person) { p.hours = night }), mention, online,
			Decision{Notice: true, Quiet: true, Mail: true, WhyNotice: ReasonQuietHours, WhyPush: ReasonQuietHours, WhyMail: wanted}},
		{"no mails", with(func(p *person) { p.mail = false }), mention, away,
			Decision{Push: true, WhyNotice: ReasonOffline, WhyPush: wanted, WhyMail: ReasonMailOff}},
		{"no address", with(func(p *person) { p.email = "" }), mention, away,
			Decision{Push: true, WhyNotice: ReasonOffline, WhyPush: wanted, WhyMail: ReasonNoAddress}},
		{"a call isn't mailed", usual(), event{chat.NoticeCall, false}, away,
			Decision{Push: true, WhyNotice: ReasonOffline, WhyPush: wanted, WhyMail: ReasonNotMailed}},
		{"nor is a thread", usual(), event{chat.NoticeThread, false}, away,
			Decision{Push: true, WhyNotice: ReasonOffline, WhyPush: wanted, WhyMail: ReasonNotMailed}},
		{"a direct is", usual(), direct, away, Decision{Push: true, Mail: true, WhyNotice: ReasonOffline, WhyPush: wanted, WhyMail: wanted}},
		{"any post of a room", usual(), post, online, Decision{WhyNotice: ReasonMentions, WhyPush: ReasonMentions, WhyMail: ReasonMentions}},
		{"of one of which all is wanted", with(func(p *person) { p.level = chat.NotifyAll }), post, online,
			Decision{Notice: true, Push: true, WhyNotice: wanted, WhyPush: wanted, WhyMail: ReasonNotMailed}},
		{"of all rooms", with(func(p *person) { p.rooms = chat.NotifyAll }), post, online,
			Decision{Notice: true, Push: true, WhyNotice: wanted, WhyPush: wanted, WhyMail: ReasonNotMailed}},
		{"of all but one", with(func(p *person) { p.rooms, p.level = chat.NotifyAll, chat.NotifyMentions }), post, online,
			Decision{WhyNotice: ReasonMentions, WhyPush: ReasonMentions, WhyMail: ReasonMentions}},
		{"nothing of a room", with(func(p *person) { p.level = chat.NotifyNothing }), mention, online,
			Decision{WhyNotice: ReasonNothing, WhyPush: ReasonNothing, WhyMail: ReasonNothing}},
		{"of directs only what speaks to them", with(func(p *person) { p.directs = chat.NotifyMentions }), direct, online,
			Decision{WhyNotice: ReasonMentions, WhyPush: ReasonMentions, WhyMail: ReasonMentions}},
	} {
		if got := decide(c.person, c.event, c.where, now); got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestQuietHours(t *testing.T) {
	weekdays, every := []int{1, 2, 3, 4, 5}, []int{0, 1, 2, 3, 4, 5, 6}
	for _, c := range []struct {
		name  string
		hours QuietHours
		at    string // UTC
		want  bool
	}{
		{"before", QuietHours{true, "22:00", "07:00", every, "UTC"}, "2026-11-28T21:59:59Z", false},
		{"at the beginning", QuietHours{true, "22:00", "07:00", every, "UTC"}, "2026-11-28T22:00:00Z", true},
		{"past midnight", QuietHours{true, "22:00", "07:00", every, "UTC"}, "2026-11-29T06:59:59Z", true},
		{"at the end", QuietHours{true, "22:00", "07:00", every, "UTC"}, "2026-11-29T07:00:00Z", false},
		{"off", QuietHours{false, "22:00", "07:00", every, "UTC"}, "2026-11-28T23:00:00Z", false},
		{"within a day", QuietHours{true, "12:00", "13:00", every, "UTC"}, "2026-11-28T12:30:00Z", true},
		{"the whole day", QuietHours{true, "00:00", "00:00", every, "UTC"}, "2026-11-28T12:30:00Z", true},
		{"Friday night goes on on Saturday", QuietHours{true, "22:00", "07:00", weekdays, "UTC"}, "2026-11-28T03:00:00Z", true},
		{"Saturday night", QuietHours{true, "22:00", "07:00", weekdays, "UTC"}, "2026-11-28T23:00:00Z", false},
		{"Sunday night, before Monday", QuietHours{true, "22:00", "07:00", weekdays, "UTC"}, "2026-11-30T03:00:00Z", false},
		{"on no day", QuietHours{true, "22:00", "07:00", nil, "UTC"}, "2026-11-28T23:00:00Z", false},
		{"elsewhere", QuietHours{true, "22:00", "07:00", every, "Asia/Tokyo"}, "2026-11-28T13:00:00Z", true},
		{"elsewhere, by day", QuietHours{true, "22:00", "07:00", every, "Asia/Tokyo"}, "2026-11-28T23:00:00Z", false},
		{"by half hours", QuietHours{true, "22:00", "07:00", every, "Asia/Kolkata"}, "2026-11-28T16:30:00Z", true},
		{"by half hours, before", QuietHours{true, "22:00", "07:00", every, "Asia/Kolkata"}, "2026-11-28T16:29:00Z", false},
		// Berlin, 29 March 2026: at 2:00 it is 3:00.
		{"summer begins: before it", QuietHours{true, "22:00", "07:00", every, "Europe/Berlin"}, "2026-03-29T00:59:00Z", true},
		{"summer begins: 6:59", QuietHours{true, "22:00", "07:00", every, "Europe/Berlin"}, "2026-03-29T04:59:00Z", true},
		{"summer begins: 7:00", QuietHours{true, "22:00", "07:00", every, "Europe/Berlin"}, "2026-03-29T05:00:00Z", false},
		{"an hour that there isn't", QuietHours{true, "02:00", "02:30", every, "Europe/Berlin"}, "2026-03-29T01:00:00Z", false},
		// 25 October 2026: at 3:00 it is 2:00 again.
		{"summer ends: the first 2:15", QuietHours{true, "02:00", "02:30", every, "Europe/Berlin"}, "2026-10-25T00:15:00Z", true},
		{"summer ends: 2:45", QuietHours{true, "02:00", "02:30", every, "Europe/Berlin"}, "2026-10-25T00:45:00Z", false},
		{"summer ends: the second 2:15", QuietHours{true, "02:00", "02:30", every, "Europe/Berlin"}, "2026-10-25T01:15:00Z", true},
		{"summer ends: 6:59", QuietHours{true, "22:00", "07:00", every, "Europe/Berlin"}, "2026-10-25T05:59:00Z", true},
		{"summer ends: 7:00", QuietHours{true, "22:00", "07:00", every, "Europe/Berlin"}, "2026-10-25T06:00:00Z", false},
	} {
		h, err := c.hours.check()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.quiet(at); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestSettings(t *testing.T) {
	w := newWorld(t, "ada")
	same := func(want Settings) {
		t.Helper()
		if got, err := w.Service.Settings(t.Context(), "ada"); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	}
	want := standard()
	same(want)
	nothing, off, no, until := chat.NotifyNothing, MailOff, false, int64(5)
	w.set("ada", Change{Notify: &LevelsChange{Directs: &nothing}, Mail: &off, Sounds: &no, SnoozedUntil: &until})
	want.Notify.Directs, want.Mail, want.Sounds, want.SnoozedUntil = nothing, off, no, until
	same(want)
	w.set("ada", Change{QuietHours: &QuietHours{On: true, From: "23:30", To: "06:00", Days: []int{5, 1, 5}, Timezone: "America/New_York"}, Desktop: &no})
	want.QuietHours, want.Desktop = QuietHours{On: true, From: "23:30", To: "06:00", Days: []int{1, 5}, Timezone: "America/New_York"}, no
	same(want)
	german := language.German
	w.set("ada", Change{Language: &german})
	want.Language = german
	same(want)
	w.set("ada", Change{Sounds: &no})
	same(want)
	if got, err := w.Service.Language(t.Context(), "ada"); err != nil || got != german {
		t.Errorf("reads %q, %v", got, err)
	}
	french := language.Code("fr")
	loud, never, back, far := chat.Notify("loud"), MailSetting("never"), int64(-1), int64(9e18)
	for name, c := range map[string]Change{
		"a level":      {Notify: &LevelsChange{Rooms: &loud}},
		"no level":     {Notify: &LevelsChange{Rooms: new(chat.Notify)}},
		"mail":         {Mail: &never},
		"snooze":       {SnoozedUntil: &back},
		"a far snooze": {SnoozedUntil: &far},
		"a time":       {QuietHours: &QuietHours{From: "24:00", To: "07:00", Timezone: "UTC"}},
		"a short time": {QuietHours: &QuietHours{From: "22:00", To: "7:00", Timezone: "UTC"}},
		"a day":        {QuietHours: &QuietHours{From: "22:00", To: "07:00", Days: []int{7}, Timezone: "UTC"}},
		"a zone":       {QuietHours: &QuietHours{From: "22:00", To: "07:00", Timezone: "Europe/Atlantis"}},
		"no zone":      {QuietHours: &QuietHours{From: "22:00", To: "07:00"}},
		"this machine": {QuietHours: &QuietHours{From: "22:00", To: "07:00", Timezone: "Local"}},
		"a language":   {Language: &french},
		"no language":  {Language: new(language.Code)},
		"a path":       {QuietHours: &QuietHours{From: "22:00", To: "07:00", Timezone: "../etc/passwd"}},
	} {
		var wrong *chat.Error
		if _, err := w.SetSettings(t.Context(), "ada", c); !errors.As(err, &wrong) || wrong.Code != chat.CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(want)
}

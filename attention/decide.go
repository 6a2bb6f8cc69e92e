package attention

import (
	"time"

	"snug/chat"
	"snug/language"
)

// Reason says why somebody was told of something or not: each can be named to them.
type Reason string

// The reasons.
const (
	ReasonWanted      Reason = "wanted"        // they want to know, and nothing is in the way
	ReasonNothing     Reason = "level_nothing" // they want to know nothing of this room
	ReasonMentions    Reason = "level_mentions"
	ReasonRoomSnoozed Reason = "room_snoozed"
	ReasonSnoozed     Reason = "snoozed"
	ReasonQuietHours  Reason = "quiet_hours"
	ReasonDND         Reason = "do_not_disturb"
	ReasonOffline     Reason = "offline"         // no page is open that could show it
	ReasonLooking     Reason = "looking"         // they are looking: it is pushed if they don't read it soon
	ReasonNoDevice    Reason = "no_device"       // none has subscribed
	ReasonMailOff     Reason = "mail_off"        // they want no mails
	ReasonNoAddress   Reason = "no_address"      // they have no confirmed one, or the server sends no mails
	ReasonNotMailed   Reason = "kind_not_mailed" // calls, threads and whole rooms aren't
	ReasonTold        Reason = "told_before"     // of this message, which was edited since
)

// person is what a decision needs to know of somebody. Times are Unix milliseconds.
type person struct {
	id       chat.UserID
	email    string      // "": none that a mail may go to
	rooms    chat.Notify // what they want of rooms
	directs  chat.Notify // … of directs and groups
	hours    hours
	snoozed  int64 // until when they want to hear nothing
	mail     bool
	language language.Code // "": not known
	mailed   int64         // when they were last sent one

	level       chat.Notify // of this room; "": as of others of its kind
	roomSnoozed int64
	joined      int64 // since when they are in it
}

// event is what somebody may be told of.
type event struct {
	kind   chat.NoticeKind
	direct bool // in a direct or a group
}

// where is where a person is, and by what they can be reached.
type where struct {
	Whereabouts
	device bool
}

// Decision is how a person is told of something.
type Decision struct {
	Notice bool // in the pages that are open
	Quiet  bool // … without a sound, and without popping up
	Push   bool
	Delay  time.Duration // of the push
	Mail   bool          // with the next one

	WhyNotice, WhyPush, WhyMail Reason
}

// again is a decision about what they could hear of before: the pages that are open have it
// in the inbox, without a word. mailed: a mail was due of that, or they did hear.
func (d Decision) again(mailed bool) Decision {
	d.Quiet, d.Push, d.Delay, d.WhyPush = true, false, 0, ReasonTold
	if d.Notice {
		d.WhyNotice = ReasonTold
	}
	if mailed {
		d.Mail, d.WhyMail = false, ReasonTold
	}
	return d
}

// wanted is the level that counts.
func (p person) wanted(direct bool) chat.Notify {
	switch {
	case p.level != "":
		return p.level
	case direct:
		return p.directs
	}
	return p.rooms
}

// hushed is why a person is to be left alone just now; "": they aren't.
func (p person) hushed(w Whereabouts, now time.Time) Reason {
	switch at := now.UnixMilli(); {
	case p.roomSnoozed > at:
		return ReasonRoomSnoozed
	case p.snoozed > at:
		return ReasonSnoozed
	case w.DND:
		return ReasonDND
	case p.hours.quiet(now):
		return ReasonQuietHours
	}
	return ""
}

// decide says how a person is told of something. It knows all that counts: nothing else
// keeps a notice, a push or a mail back but that it was read, or withdrawn.
func decide(p person, e event, w where, now time.Time) Decision {
	refused := func(why Reason) Decision { return Decision{WhyNotice: why, WhyPush: why, WhyMail: why} }
	switch level := p.wanted(e.direct); {
	case level == chat.NotifyNothing:
		return refused(ReasonNothing)
	case level == chat.NotifyMentions && e.kind == chat.NoticeRoom:
		return refused(ReasonMentions)
	}
	d := Decision{WhyNotice: ReasonWanted, WhyPush: ReasonWanted, WhyMail: ReasonWanted}
	hushed := p.hushed(w.Whereabouts, now)
	if d.Notice = w.Online; !d.Notice {
		d.WhyNotice = ReasonOffline
	} else if hushed != "" {
		d.Quiet, d.WhyNotice = true, hushed
	}
	switch {
	case !w.device:
		d.WhyPush = ReasonNoDevice
	case hushed != "":
		d.WhyPush = hushed
	case w.Active:
		d.Push, d.Delay, d.WhyPush = true, pushPatience, ReasonLooking
	default:
		d.Push = true
	}
	switch {
	case e.kind != chat.NoticeMention && e.kind != chat.NoticeReply && !e.direct:
		d.WhyMail = ReasonNotMailed
	case !p.mail:
		d.WhyMail = ReasonMailOff
	case p.email == "":
		d.WhyMail = ReasonNoAddress
	default:
		d.Mail = true // which waits while they are to be left alone
	}
	return d
}

package chat

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// Notices are what a room has to tell the inboxes of people: that they follow a thread
// by what was posted. Each is stored with the post and leaves with its ack; it is told
// again until the inbox says that it is durable there. An inbox may hear it twice.

const (
	noticeAgain = 5 * time.Second // after how long a notice is told again
	maxNotices  = 100             // that are told again at once; the others once these are told
)

// notice names what somebody is to be told of a reply.
type notice struct {
	Reply Seq
	User  UserID
}

func (n notice) key() string { return seqKey(prefixNotice, n.Reply) + string(n.User) }

// userOfNotice reads the user of a notice's key.
func userOfNotice(key string) UserID { return UserID(key[len(prefixNotice)+8:]) }

// joinThread makes the author of a reply follow the thread, and by its first reply who
// began it, if they never said that they won't.
func (r *Room) joinThread(ctx context.Context, reply *Message) {
	if reply.Thread == "" {
		return
	}
	root, err := r.find(reply.Thread)
	if err == nil && root != nil {
		c := followChange{Room: r.id(), Root: root.Seq, ID: root.ID, On: true, Read: reply.Seq, Notice: reply.Seq}
		err = r.notice(ctx, reply.UserID, c)
		if first := root.Replies == nil || root.Replies.Count <= 1; err == nil && first && root.UserID != reply.UserID {
			c.Read, c.Unless = 0, true
			err = r.notice(ctx, root.UserID, c)
		}
	}
	if err != nil { // the reply is there all the same
		r.log.Warn("a thread isn't followed", "room", r.st.ID().String(), "cause", err.Error())
	}
}

// notice tells somebody's inbox of a follow that a reply brings.
func (r *Room) notice(ctx context.Context, user UserID, c followChange) error {
	if err := r.st.Storage().Put(notice{c.Notice, user}.key(), encode(c)); err != nil {
		return err
	}
	if err := r.alarmBy(r.now().Add(noticeAgain)); err != nil {
		return err
	}
	return r.follow(ctx, user, c)
}

// noticed forgets a notice that an inbox has taken. Its person may follow another thread now,
// and has read one up to what they wrote themselves.
func (r *Room) noticed(_ context.Context, n notice) (none, error) {
	r.live.changed(matterAttention, n.User)
	_, err := r.st.Storage().Delete(n.key())
	return none{}, err
}

// noticeOnceMore tells the notices that nobody has answered.
func (r *Room) noticeOnceMore(ctx context.Context) error {
	o := under(prefixNotice)
	o.Limit = maxNotices
	told := false
	var broken error
	err := r.st.Storage().Each(o, func(key string, value []byte) bool {
		var c followChange
		if c, broken = parseAny[followChange](value); broken != nil {
			broken = fmt.Errorf("read notice %q: %w", key, broken)
			return false
		}
		told = true
		broken = r.follow(ctx, userOfNotice(key), c)
		return broken == nil
	})
	if err = cmp.Or(err, broken); err != nil || !told {
		return err
	}
	return r.alarmBy(r.now().Add(noticeAgain))
}

// alarmBy sets the room's alarm, unless it goes off before anyway.
func (r *Room) alarmBy(due time.Time) error {
	if at, set, err := r.st.Storage().Alarm(); err != nil || set && !due.Before(at) {
		return err
	}
	return r.st.Storage().SetAlarm(due)
}

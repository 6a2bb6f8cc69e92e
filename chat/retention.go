package chat

import (
	"context"
	"time"

	"snug/durable"
)

// Retention says how long messages are kept. The zero value keeps all.
type Retention struct {
	Messages int           // at most so many a room; 0: any number
	Age      time.Duration // at most so old; 0: any age
}

// scheduleRetention sets the room's alarm for when its oldest message will have
// to go, which may be long ago where the retention was changed.
func (r *Room) scheduleRetention() error {
	if r.retention == (Retention{}) {
		return nil
	}
	var oldest messageHead
	found := false
	err := r.eachHead(durable.ListOptions{Limit: 1}, func(m messageHead, _ []byte) (bool, error) {
		oldest, found = m, true
		return false, nil
	})
	if err != nil || !found {
		return err
	}
	return r.retainLater(oldest.Timestamp)
}

// wake does nothing itself: Start schedules the retention, and the store claims the room.
func (r *Room) wake(context.Context, none) (none, error) { return none{}, nil }

// retainLater sets the alarm for when a message of that time, or the first of too
// many messages, will have to go. It never moves the alarm back: a busy room would else push
// it ahead of itself for ever.
func (r *Room) retainLater(timestamp int64) error {
	var due time.Time
	if r.retention.Age > 0 {
		due = latest(time.UnixMilli(timestamp).Add(r.retention.Age), r.now())
	}
	if n := r.retention.Messages; n > 0 && r.state.messages(r.meta.Floor, r.meta.Events) > Seq(n) {
		if soon := r.now().Add(retentionDelay); due.IsZero() || soon.Before(due) {
			due = soon
		}
	}
	if due.IsZero() {
		return nil
	}
	return r.alarmBy(due)
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// Alarm removes messages that are over the room's retention, a chunk at a time, and tells
// once more what inboxes haven't taken.
func (r *Room) Alarm(ctx context.Context, _ durable.AlarmInfo) error {
	if err := r.noticeOnceMore(ctx); err != nil {
		return err
	}
	more, err := r.prune()
	if err != nil {
		return err
	}
	if more {
		return r.st.Storage().SetAlarm(r.now())
	}
	return r.scheduleRetention()
}

// expired reports whether a message is over the retention; newer is how many messages
// follow it.
func (r *Room) expired(m messageHead, newer Seq, now time.Time) bool {
	keep := r.retention
	return keep.Messages > 0 && newer >= Seq(keep.Messages) ||
		keep.Age > 0 && !time.UnixMilli(m.Timestamp).Add(keep.Age).After(now)
}

// prune removes at most retentionChunk messages, with all that belongs to them, and
// reports whether there may be more to remove. Events of what is gone stay if they are
// above what is kept: seqs have no gap.
func (r *Room) prune() (more bool, err error) {
	now, storage := r.now(), r.st.Storage()
	left := r.state.messages(r.meta.Floor, r.meta.Events)
	floor, pruned := r.state.head, Seq(0)
	var keys []string
	err = r.eachHead(durable.ListOptions{Limit: retentionChunk + 1}, func(m messageHead, _ []byte) (bool, error) {
		if pruned == retentionChunk || !r.expired(m, left-pruned-1, now) {
			floor = m.Seq - 1
			return false, nil
		}
		pruned++
		if m.ClientID != "" {
			keys = append(keys, clientKey(m.UserID, m.ClientID))
		}
		return true, nil
	})
	if err != nil || pruned == 0 {
		return false, err
	}
	for len(keys) > 0 {
		n := min(len(keys), durable.MaxKeysPerCall)
		if _, err := storage.DeleteMany(keys[:n]); err != nil {
			return false, err
		}
		keys = keys[n:]
	}
	for _, prefix := range [...]string{prefixMessage, prefixEvent, prefixVersion, prefixThread, prefixPin, prefixRemoved} {
		if err := storage.DeleteRange(seqKey(prefix, 0), seqKey(prefix, floor+1)); err != nil {
			return false, err
		}
	}
	r.meta.Events += floor - r.meta.Floor - pruned
	r.meta.Floor = floor
	r.state.newest = max(r.state.newest, floor)
	if err := storage.Put(keyMeta, encode(r.meta)); err != nil {
		return false, err
	}
	r.show()
	return pruned == retentionChunk, nil
}

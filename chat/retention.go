package chat

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"snug/durable"
)

// Retention says how long messages are kept. The zero value keeps all.
type Retention struct {
	Messages int           // at most so many a room; 0: any number
	Age      time.Duration // at most so old; 0: any age
}

// scheduleRetention sets the room's alarm for the first message that will have
// to go, if none is set. It never moves an alarm: a busy room would else push it
// ahead of itself for ever.
func (r *Room) scheduleRetention(oldest *Message) error {
	if r.retention == (Retention{}) || oldest == nil {
		return nil
	}
	if _, set, err := r.st.Storage().Alarm(); err != nil || set {
		return err
	}
	due := time.Time{}
	if r.retention.Age > 0 {
		due = time.UnixMilli(oldest.Timestamp).Add(r.retention.Age)
	}
	if n := r.retention.Messages; n > 0 && r.state.head-r.meta.Floor > Seq(n) {
		if soon := r.now().Add(retentionDelay); due.IsZero() || soon.Before(due) {
			due = soon
		}
	}
	if due.IsZero() {
		return nil
	}
	return r.st.Storage().SetAlarm(due)
}

// Alarm removes messages that are over the room's retention, a chunk at a time.
func (r *Room) Alarm(_ context.Context, _ durable.AlarmInfo) error {
	pruned, rest, err := r.prune()
	if err != nil {
		return err
	}
	if pruned == retentionChunk {
		return r.st.Storage().SetAlarm(r.now())
	}
	return r.scheduleRetention(rest)
}

// prune removes at most retentionChunk messages and returns how many it did,
// and the oldest one that is left.
func (r *Room) prune() (pruned int, rest *Message, err error) {
	now, last := r.now(), r.meta.Floor
	var keys []string
	var broken error
	err = r.st.Storage().Each(durable.ListOptions{Prefix: prefixMessage}, func(_ string, value []byte) bool {
		var m Message
		if broken = json.Unmarshal(value, &m); broken != nil {
			return false
		}
		tooMany := r.retention.Messages > 0 && r.state.head-m.Seq >= Seq(r.retention.Messages)
		tooOld := r.retention.Age > 0 && !time.UnixMilli(m.Timestamp).Add(r.retention.Age).After(now)
		if pruned == retentionChunk || !tooMany && !tooOld {
			rest = &m
			return false
		}
		pruned++
		last = m.Seq
		if m.ClientID != "" {
			keys = append(keys, clientKey(m.UserID, m.ClientID))
		}
		return true
	})
	if err != nil || broken != nil {
		return 0, nil, fmt.Errorf("read messages: %w", firstError(err, broken))
	}
	if pruned == 0 {
		return 0, rest, nil
	}
	for len(keys) > 0 {
		n := min(len(keys), durable.MaxKeysPerCall)
		if _, err := r.st.Storage().DeleteMany(keys[:n]); err != nil {
			return 0, nil, err
		}
		keys = keys[n:]
	}
	if err := r.st.Storage().DeleteRange(messageKey(0), messageKey(last+1)); err != nil {
		return 0, nil, err
	}
	r.meta.Floor = last
	return pruned, rest, r.st.Storage().Put(keyMeta, encode(r.meta))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// seqOf reads the value that stands under a clientKey.
func seqOf(value []byte) Seq { return Seq(binary.BigEndian.Uint64(value)) }

package chat

import (
	"bytes"
	"cmp"
	"math"

	"snug/durable"
)

const (
	maxScanned   = 64  // seqs that are walked where a time is looked for
	maxStepsBack = 100 // messages that are looked at for those that a clock set back put out of order
	maxAsideTime = 300 // messages on either side of a time that are looked at for an id
)

// find returns the message with that id, nil where the room has none. An id holds its
// seq; that of a message from before ids did is found by its time.
func find(from storage, id MessageID, extent func() (extent, error)) (*Message, error) {
	timestamp, seq, ok := id.parts()
	if !ok {
		return nil, nil
	}
	m, err := messageAt(from, seq)
	if err != nil || m != nil && m.ID == id {
		return m, err
	}
	in, err := extent()
	if err != nil {
		return nil, err
	}
	if old, err := hasOldIDs(from, in); err != nil || !old {
		return nil, err
	}
	return findByTime(from, id, timestamp, in)
}

// hasOldIDs reports whether the room has messages from before ids held their seqs: its
// oldest one is then among them.
func hasOldIDs(in storage, at extent) (bool, error) {
	seq, _, err := firstMessage(in, at.floor+1, at.newest+1)
	if err != nil || seq == 0 {
		return false, err
	}
	m, err := messageAt(in, seq)
	if err != nil || m == nil {
		return false, err
	}
	_, held, ok := m.ID.parts()
	return ok && held != seq, nil
}

func findByTime(from storage, id MessageID, timestamp int64, in extent) (found *Message, err error) {
	first, err := seekTime(from, timestamp, in)
	if err != nil {
		return nil, err
	}
	begins := appendString([]byte(`{"id":`), id)
	for _, o := range []durable.ListOptions{
		{Start: messageKey(first), End: messageKey(in.newest + 1), Limit: maxAsideTime},
		{Start: messageKey(in.floor + 1), End: messageKey(first), Limit: maxAsideTime, Reverse: true},
	} {
		var broken error
		err := from.Each(o, func(_ string, value []byte) bool {
			if !bytes.HasPrefix(value, begins) {
				return true
			}
			var m Message
			m, broken = parseAny[Message](value)
			found = &m
			return false
		})
		if err = cmp.Or(err, broken); err != nil || found != nil {
			return found, err
		}
	}
	return nil, nil
}

// seekTime returns the seq of the first message at or after a time, or the seq behind
// the newest where there is none. It doesn't walk the room: it narrows it down, by times
// that rise but where somebody set the clock back. There it finds one of the places
// where the times pass the one that is looked for, and of the messages closely before
// it the first that is not earlier.
func seekTime(from storage, timestamp int64, in extent) (Seq, error) {
	low, high := in.floor+1, in.newest+1 // what comes before low is earlier, what is at high isn't
	first, lowAt, err := firstMessage(from, low, high)
	if err != nil || first == 0 || lowAt >= timestamp {
		return max(first, low), err
	}
	newest, highAt, err := firstMessage(from, in.newest, high)
	switch {
	case err != nil:
		return 0, err
	case newest == 0 || highAt < timestamp:
		return scanTime(from, timestamp, in, high)
	}
	low, high = first+1, newest
	for step := 0; high-low > maxScanned; step++ {
		probe := guess(step, low, high, timestamp, lowAt, highAt)
		seq, at, err := firstMessage(from, probe, high)
		switch {
		case err != nil:
			return 0, err
		case seq == 0: // nothing but other events from there on
			high = probe
		case at >= timestamp:
			high, highAt = probe, at
		default:
			low, lowAt = seq+1, at
		}
	}
	return scanTime(from, timestamp, in, low)
}

// guess says where to look next: by turns on either side of where the time would stand
// if they rose evenly, and in the middle, which halves what is left whatever they do.
func guess(step int, low, high Seq, timestamp, lowAt, highAt int64) Seq {
	width := float64(high - low)
	at := width / 2
	if step%3 < 2 && highAt > lowAt {
		aside := 4 * math.Sqrt(width) // about how far off that is, where people post by chance
		at = width*float64(timestamp-lowAt)/float64(highAt-lowAt) + aside*float64(2*(step%3)-1)
	}
	return low + Seq(min(max(at, 0), width-1))
}

// scanTime returns the first message at or after a time, of the few before low and those
// from there on.
func scanTime(from storage, timestamp int64, in extent, low Seq) (Seq, error) {
	var broken error
	first, left := in.newest+1, maxStepsBack
	look := func(key string, value []byte) (found bool) {
		h, err := parseHead(value)
		if broken = err; err == nil && h.Timestamp >= timestamp {
			first, found = seqOfKey(key), true
		}
		return found
	}
	err := from.Each(durable.ListOptions{Start: messageKey(low), End: messageKey(in.newest + 1)}, func(key string, value []byte) bool {
		return !look(key, value) && broken == nil
	})
	if err = cmp.Or(err, broken); err != nil {
		return 0, err
	}
	o := durable.ListOptions{Start: messageKey(in.floor + 1), End: messageKey(low), Reverse: true}
	err = from.Each(o, func(key string, value []byte) bool {
		look(key, value)
		left--
		return broken == nil && left > 0
	})
	return first, cmp.Or(err, broken)
}

// firstMessage returns the first message with from <= seq < below, 0 where there is
// none.
func firstMessage(in storage, from, below Seq) (seq Seq, timestamp int64, err error) {
	var broken error
	o := durable.ListOptions{Start: messageKey(from), End: messageKey(below), Limit: 1}
	err = in.Each(o, func(key string, value []byte) bool {
		var h messageHead
		h, broken = parseHead(value)
		seq, timestamp = seqOfKey(key), h.Timestamp
		return false
	})
	if err == nil {
		err = broken
	}
	return seq, timestamp, err
}

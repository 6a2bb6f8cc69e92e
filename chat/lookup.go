package chat

import (
	"bytes"

	"snug/durable"
)

const (
	maxStepsBack = 200 // messages that are looked at for those that a clock set back put out of order
	maxAsideTime = 500 // messages from the first of a time on that are looked at for an id
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
	return findByTime(from, id, timestamp, in)
}

func findByTime(from storage, id MessageID, timestamp int64, in extent) (found *Message, err error) {
	first, err := seekTime(from, timestamp, in)
	if err != nil {
		return nil, err
	}
	begins := appendString([]byte(`{"id":`), id)
	left := maxAsideTime
	var broken error
	o := durable.ListOptions{Start: messageKey(first), End: messageKey(in.newest + 1)}
	err = from.Each(o, func(key string, value []byte) bool {
		if bytes.HasPrefix(value, begins) {
			var m Message
			m, broken = parseAny[Message](value)
			found = &m
			return false
		}
		left--
		return left > 0
	})
	if err == nil {
		err = broken
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// seekTime returns the seq of the first message at or after a time, or the seq behind
// the newest where there is none. It doesn't walk the room: it halves it, by times
// that rise but where somebody set the clock back. There it finds one of the places
// where the times pass the one that is looked for, and of the messages closely before
// it the first that is not earlier.
func seekTime(from storage, timestamp int64, in extent) (Seq, error) {
	first := in.newest + 1
	low, high := in.floor+1, first
	for low < high {
		middle := low + (high-low)/2
		seq, at, err := firstMessage(from, middle, high)
		switch {
		case err != nil:
			return 0, err
		case seq == 0: // nothing but other events from the middle on
			high = middle
		case at >= timestamp:
			first, high = seq, middle
		default:
			low = seq + 1
		}
	}
	var broken error
	left := maxStepsBack
	o := durable.ListOptions{Start: messageKey(in.floor + 1), End: messageKey(first), Reverse: true}
	err := from.Each(o, func(key string, value []byte) bool {
		h, err := parseHead(value)
		if broken = err; err == nil && h.Timestamp >= timestamp {
			first = seqOfKey(key)
		}
		left--
		return err == nil && left > 0
	})
	if err == nil {
		err = broken
	}
	return first, err
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

package chat

import (
	"context"
	"slices"

	"snug/durable"
)

// HistoryQuery selects a page: at most one of the positions; none is the newest.
type HistoryQuery struct {
	Before *Seq // messages with a smaller seq, the nearest ones
	After  *Seq // messages with a larger seq, the nearest ones
	Around *Seq // about half before, the message itself, half after
	Limit  int  // 1 to MaxPageLimit; 0: DefaultPageLimit
}

// check returns the limit to use.
func (q HistoryQuery) check() (int, error) {
	positions := 0
	for _, p := range []*Seq{q.Before, q.After, q.Around} {
		if p != nil {
			positions++
		}
	}
	switch {
	case positions > 1:
		return 0, bad("Give only one of before, after and around.")
	case q.Limit < 0 || q.Limit > MaxPageLimit:
		return 0, bad("limit must be 1 to " + decimal(MaxPageLimit) + ".")
	case q.Limit == 0:
		return DefaultPageLimit, nil
	}
	return q.Limit, nil
}

type historyRequest struct {
	Slug  string
	Query HistoryQuery
	Limit int
}

// history reads a page. A seq that isn't there, in the future or below what is
// kept, is a position like any other.
func (r *Room) history(_ context.Context, h historyRequest) (Page, error) {
	if err := r.learn(h.Slug); err != nil {
		return Page{}, err
	}
	head, floor := r.state.head, r.meta.Floor
	page := Page{Stream: r.meta.Stream, Head: head, Messages: []Message{}}
	var older, newer []Message
	var err error
	switch q := h.Query; {
	case q.After != nil:
		after := min(*q.After, head)
		newer, page.HasNewer, err = r.forward(after+1, h.Limit)
		page.HasOlder = after > floor
	case q.Before != nil:
		before := min(*q.Before, head+1)
		older, page.HasOlder, err = r.backward(before, h.Limit)
		page.HasNewer = max(before, floor+1) <= head
	case q.Around != nil:
		older, newer, err = r.around(min(*q.Around, head+1), h.Limit, &page)
	default:
		older, page.HasOlder, err = r.backward(head+1, h.Limit)
	}
	page.Messages = append(append(page.Messages, older...), newer...)
	return page, err
}

// around reads up to limit messages on both sides of a seq; where one side has
// less than its half the other has more.
func (r *Room) around(seq Seq, limit int, page *Page) (older, newer []Message, err error) {
	half := limit / 2
	if newer, page.HasNewer, err = r.forward(seq, limit-half); err != nil {
		return nil, nil, err
	}
	if older, page.HasOlder, err = r.backward(seq, limit-len(newer)); err != nil {
		return nil, nil, err
	}
	if len(older) < half && page.HasNewer {
		newer, page.HasNewer, err = r.forward(seq, limit-len(older))
	}
	return older, newer, err
}

// forward returns up to limit messages from a seq on, and whether there are
// more.
func (r *Room) forward(from Seq, limit int) ([]Message, bool, error) {
	return r.read(durable.ListOptions{Start: messageKey(from)}, limit)
}

// backward returns up to limit messages below a seq, oldest first, and whether
// there are more.
func (r *Room) backward(before Seq, limit int) ([]Message, bool, error) {
	messages, more, err := r.read(durable.ListOptions{End: messageKey(before), Reverse: true}, limit)
	slices.Reverse(messages)
	return messages, more, err
}

func (r *Room) read(o durable.ListOptions, limit int) (messages []Message, more bool, err error) {
	o.Limit = limit + 1
	size := 0
	err = r.eachMessage(o, func(m *Message, stored []byte) bool {
		size += len(stored)
		more = len(messages) == limit || size > maxPageBytes && len(messages) > 0
		if !more {
			messages = append(messages, *m)
		}
		return !more
	})
	return messages, more, err
}

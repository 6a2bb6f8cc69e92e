package chat

import (
	"context"
	"encoding/json"
	"fmt"
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
		return 0, &Error{Code: CodeBadRequest, Message: "Give only one of before, after and around."}
	case q.Limit < 0 || q.Limit > MaxPageLimit:
		return 0, &Error{Code: CodeBadRequest, Message: "limit must be 1 to " + decimal(MaxPageLimit) + "."}
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

// history reads a page.
func (r *Room) history(_ context.Context, h historyRequest) (Page, error) {
	if err := r.learn(h.Slug); err != nil {
		return Page{}, err
	}
	page := Page{Stream: r.meta.Stream, Head: r.state.head, Messages: []Message{}}
	var older, newer []Message
	var err error
	q := h.Query
	switch {
	case q.After != nil:
		newer, page.HasNewer, err = r.forward(*q.After+1, h.Limit)
		page.HasOlder = *q.After > r.meta.Floor && r.state.head > r.meta.Floor
	case q.Around != nil:
		before := h.Limit / 2
		if newer, page.HasNewer, err = r.forward(*q.Around, h.Limit-before); err == nil {
			older, page.HasOlder, err = r.backward(*q.Around, h.Limit-len(newer))
		}
	case q.Before != nil:
		older, page.HasOlder, err = r.backward(*q.Before, h.Limit)
		page.HasNewer = *q.Before <= r.state.head
	default:
		older, page.HasOlder, err = r.backward(r.state.head+1, h.Limit)
	}
	page.Messages = append(append(page.Messages, older...), newer...)
	return page, err
}

// forward returns up to limit messages from a seq on, and whether there are
// more.
func (r *Room) forward(from Seq, limit int) ([]Message, bool, error) {
	return r.read(durable.ListOptions{Prefix: prefixMessage, Start: messageKey(from), Limit: limit + 1}, limit)
}

// backward returns up to limit messages below a seq, oldest first, and whether
// there are more.
func (r *Room) backward(before Seq, limit int) ([]Message, bool, error) {
	messages, more, err := r.read(durable.ListOptions{
		Prefix: prefixMessage, End: messageKey(before), Reverse: true, Limit: limit + 1}, limit)
	slices.Reverse(messages)
	return messages, more, err
}

func (r *Room) read(o durable.ListOptions, limit int) (messages []Message, more bool, err error) {
	var broken error
	err = r.st.Storage().Each(o, func(_ string, value []byte) bool {
		if len(messages) == limit {
			more = true
			return false
		}
		var m Message
		if broken = json.Unmarshal(value, &m); broken != nil {
			broken = fmt.Errorf("read message: %w", broken)
			return false
		}
		messages = append(messages, m)
		return true
	})
	if err == nil {
		err = broken
	}
	return messages, more, err
}

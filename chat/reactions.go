package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// Reactions are the reactions to a message, in the order in which each emoji was
// first used. As JSON they are one object, of the users by emoji.
type Reactions []Reaction

// Reaction is who reacted with one emoji, in the order in which they did.
type Reaction struct {
	Emoji string
	Users []UserID
}

func (rs Reactions) find(emoji string) int {
	return slices.IndexFunc(rs, func(r Reaction) bool { return r.Emoji == emoji })
}

// count is how many reactions there are of all emoji.
func (rs Reactions) count() (n int) {
	for _, r := range rs {
		n += len(r.Users)
	}
	return n
}

// with returns the reactions and one more. It shares nothing that with and without
// change.
func (rs Reactions) with(emoji string, user UserID) Reactions {
	i := rs.find(emoji)
	if i < 0 {
		return append(slices.Clip(rs), Reaction{emoji, []UserID{user}})
	}
	rs = slices.Clone(rs)
	rs[i].Users = append(slices.Clip(rs[i].Users), user)
	return rs
}

// without returns the reactions but for one. An emoji that nobody uses any more is
// gone.
func (rs Reactions) without(emoji string, user UserID) Reactions {
	i := rs.find(emoji)
	if i < 0 {
		return rs
	}
	rs = slices.Clone(rs)
	rs[i].Users = slices.DeleteFunc(slices.Clone(rs[i].Users), func(u UserID) bool { return u == user })
	if len(rs[i].Users) == 0 {
		rs = slices.Delete(rs, i, i+1)
	}
	if len(rs) == 0 {
		return nil
	}
	return rs
}

func (rs Reactions) appendTo(b []byte) []byte {
	b = append(b, '{')
	for i, r := range rs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendStrings(append(appendString(b, r.Emoji), ':'), r.Users)
	}
	return append(b, '}')
}

// MarshalJSON writes them as one object.
func (rs Reactions) MarshalJSON() ([]byte, error) { return rs.appendTo(nil), nil }

// UnmarshalJSON reads what MarshalJSON writes.
func (rs *Reactions) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	begin, err := d.Token()
	if err != nil {
		return err
	}
	if begin == nil {
		return nil
	}
	if begin != json.Delim('{') {
		return errors.New("reactions must be an object")
	}
	*rs = nil
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var users []UserID
		if err := d.Decode(&users); err != nil {
			return err
		}
		emoji, _ := name.(string)
		*rs = append(*rs, Reaction{emoji, users})
	}
	_, err = d.Token()
	return err
}

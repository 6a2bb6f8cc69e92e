package chat

import "strings"

// Mentioned returns who is spoken to in a message: people, and whether all in the room
// are, or all who are here.
func Mentioned(content string) (users []UserID, room, here bool) {
	if !strings.Contains(content, "](") {
		return nil, false, false
	}
	return mentions(content), strings.Contains(content, "@[room](room:all)"), strings.Contains(content, "@[here](room:here)")
}

// mentions returns who is spoken to in a message, in the form `@[Name](user:ID)`.
func mentions(content string) (users []UserID) {
	const (
		before = "](user:"
		most   = 50
	)
	for len(users) < most {
		_, rest, found := strings.Cut(content, before)
		if !found {
			break
		}
		name := content[:len(content)-len(rest)-len(before)]
		at := strings.LastIndex(name, "@[")
		id, after, closed := strings.Cut(rest, ")")
		if closed && at >= 0 && !strings.ContainsAny(name[at+2:], "[]\n") && id != "" && len(id) <= maxIDChars {
			users = append(users, UserID(id))
			rest = after
		}
		content = rest
	}
	return users
}

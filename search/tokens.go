package search

import (
	"strconv"
	"strings"
)

// Tokens are what the index knows of a text. Each begins with a letter that says what
// it is:
//
//	t  three letters of a word that follow each other
//	p  the first two letters of a word
//	w  a word of one letter
//	c  a sign, or two that follow each other
//	u  the author, h what the message has
//	r  the room, a that everybody may see it
//
// Those of a message that not everybody may see, but for its room, begin with the room: so
// nobody else's search comes upon them, nor takes longer for them.
//
// The tokens of a term that is looked for are among those of each text in which it
// stands. The opposite doesn't hold: that is seen in the text.

// segment is a run of runes of one kind.
type segment struct {
	from, to int
	kind     kind
}

// segments returns the runs of letters and of signs.
func segments(runes []rune) []segment {
	var list []segment
	for i, r := range runes {
		k := kindOf(r)
		if k == gap {
			continue
		}
		if n := len(list); n > 0 && list[n-1].to == i && list[n-1].kind == k {
			list[n-1].to++
			continue
		}
		list = append(list, segment{i, i + 1, k})
	}
	return list
}

// tokens gathers tokens, each once.
type tokens struct {
	seen map[string]bool
	list []string
}

func (t *tokens) add(kind byte, runes ...rune) {
	token := string(append([]rune{rune(kind)}, runes...))
	if t.seen[token] {
		return
	}
	if t.seen == nil {
		t.seen = make(map[string]bool)
	}
	t.seen[token] = true
	t.list = append(t.list, token)
}

// text returns them all, each behind a prefix.
func (t *tokens) text(prefix string) string {
	if prefix == "" {
		return strings.Join(t.list, " ")
	}
	return prefix + strings.Join(t.list, " "+prefix)
}

const publicToken = "a"

func roomToken(room int64) string { return "r" + strconv.FormatInt(room, 10) }

// own is what the tokens of a room begin with that not everybody may see.
func own(room int64) string { return roomToken(room) + "x" }

// addText adds all tokens of a text.
func (t *tokens) addText(runes []rune) {
	for _, s := range segments(runes) {
		part := runes[s.from:s.to]
		switch {
		case s.kind == sign:
			for i, r := range part {
				t.add('c', r)
				if i > 0 {
					t.add('c', part[i-1], r)
				}
			}
		case len(part) == 1:
			t.add('w', part...)
		default:
			t.add('p', part[:2]...)
			for i := range len(part) - 2 {
				t.add('t', part[i:i+3]...)
			}
		}
	}
}

// maxTermTokens bounds what is asked of the index for one term: a few tokens leave
// little to be looked at, and each costs.
const maxTermTokens = 8

// addTerm adds the tokens by which texts are found that hold a term.
func (t *tokens) addTerm(term []rune) {
	var all tokens
	for _, s := range segments(term) {
		part := term[s.from:s.to]
		// Where the term begins or ends may be in the midst of a word.
		left, right := s.from == 0, s.to == len(term)
		whole := left && right // a short term stands for how a word begins
		switch {
		case s.kind == sign && len(part) == 1:
			all.add('c', part...)
		case s.kind == sign:
			for i := range len(part) - 1 {
				all.add('c', part[i:i+2]...)
			}
		case len(part) >= 3:
			for i := range len(part) - 2 {
				all.add('t', part[i:i+3]...)
			}
		case left && !whole:
		case len(part) == 2:
			all.add('p', part...)
		case whole || !right:
			all.add('w', part...)
		}
	}
	for _, token := range some(all.list, maxTermTokens) {
		runes := []rune(token)
		t.add(byte(runes[0]), runes[1:]...)
	}
}

// some returns at most so many of the tokens. Those in the midst are about as rare as
// others: it takes them evenly.
func some(list []string, most int) []string {
	n := min(len(list), most)
	few := make([]string, n)
	for i := range few {
		few[i] = list[i*len(list)/n]
	}
	return few
}

package betterauth

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxToken bytes a single value of a dump may have: D1 allows 2 MiB, SQLite by
// default a thousand.
const maxToken = 64 << 20

// The kinds of token in SQL.
type tokenKind int

const (
	tokenEnd    tokenKind = iota // of the file
	tokenWord                    // a keyword, or a name without quotes
	tokenName                    // a name in quotes
	tokenText                    // a value in quotes
	tokenBlob                    // the hex digits of one
	tokenNumber                  // without a sign
	tokenMark                    // a single character
)

// A token is a piece of SQL. Of one that is passed over the text is empty.
type token struct {
	kind tokenKind
	text string
}

// is reports whether it is this keyword or mark.
func (t token) is(text string) bool {
	return t.kind == tokenWord && strings.EqualFold(t.text, text) || t.kind == tokenMark && t.text == text
}

// A lexer takes SQL apart.
type lexer struct {
	r    *bufio.Reader
	line int // of what is read next, from 1
	// skim: what stands in quotes isn't kept, for nobody wants it.
	skim bool
}

func newLexer(r io.Reader) *lexer {
	l := &lexer{r: bufio.NewReaderSize(r, 1<<20), line: 1}
	if begin, _ := l.r.Peek(3); string(begin) == "\xef\xbb\xbf" {
		_, _ = l.r.Discard(3) // it was peeked
	}
	return l
}

// A lineError is something in a dump that won't do.
type lineError struct {
	line int
	text string
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

func (l *lexer) errorf(format string, args ...any) error {
	return &lineError{l.line, fmt.Sprintf(format, args...)}
}

// get returns the next byte, 0 at the end: no text has that one.
func (l *lexer) get() (byte, error) {
	b, err := l.r.ReadByte()
	if errors.Is(err, io.EOF) {
		return 0, nil
	}
	if err == nil && b == 0 {
		err = l.errorf("a zero byte: this is not text")
	}
	if b == '\n' {
		l.line++
	}
	return b, err
}

// peek returns the byte that get will, 0 at the end.
func (l *lexer) peek() byte {
	if b, _ := l.r.Peek(1); len(b) == 1 {
		return b[0]
	}
	return 0 // if that is an error, get will say so
}

// next returns the next token.
func (l *lexer) next() (token, error) {
	b, err := l.begin()
	switch {
	case err != nil || b == 0:
		return token{}, err
	case b == '\'':
		return l.quoted(tokenText, '\'')
	case b == '"', b == '`':
		return l.quoted(tokenName, b)
	case b == '[':
		return l.quoted(tokenName, ']')
	case (b == 'x' || b == 'X') && l.peek() == '\'':
		if _, err := l.get(); err != nil {
			return token{}, err
		}
		return l.quoted(tokenBlob, '\'')
	case '0' <= b && b <= '9', b == '.':
		return l.run(tokenNumber, b)
	case letter(b):
		return l.run(tokenWord, b)
	}
	return token{tokenMark, string(rune(b))}, nil
}

// begin passes over blanks and comments and returns the first byte of a token.
func (l *lexer) begin() (byte, error) {
	for {
		b, err := l.get()
		if err != nil {
			return 0, err
		}
		switch {
		case b == ' ' || b == '\t' || b == '\r' || b == '\n' || b == '\f':
		case b == '-' && l.peek() == '-':
			for b != '\n' && b != 0 && err == nil {
				b, err = l.get()
			}
		case b == '/' && l.peek() == '*':
			if _, err = l.get(); err == nil {
				err = l.comment()
			}
		default:
			return b, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

func (l *lexer) comment() error {
	for {
		b, err := l.get()
		switch {
		case err != nil:
			return err
		case b == 0:
			return l.errorf("the file ends within a comment")
		case b == '*' && l.peek() == '/':
			_, err := l.get()
			return err
		}
	}
}

// quoted reads up to the quote at the end; two of them are one within the text.
func (l *lexer) quoted(kind tokenKind, end byte) (token, error) {
	start := l.line
	var text bytes.Buffer
	for {
		b, err := l.get()
		switch {
		case err != nil:
			return token{}, err
		case b == 0:
			return token{}, &lineError{start, "the file ends within a quoted text that begins here"}
		case b == end && (end == ']' || l.peek() != end):
			return token{kind, text.String()}, nil
		case b == end:
			if _, err := l.get(); err != nil {
				return token{}, err
			}
		}
		if l.skim {
			continue
		}
		if text.Len() == maxToken {
			return token{}, &lineError{start, fmt.Sprintf("a value has more than %d MiB", maxToken>>20)}
		}
		text.WriteByte(b)
	}
}

// run reads a word or a number.
func (l *lexer) run(kind tokenKind, first byte) (token, error) {
	const most = 1000
	text := []byte{first}
	for {
		b := l.peek()
		exponent := kind == tokenNumber && (b == '+' || b == '-') && strings.ContainsAny(string(text[len(text)-1:]), "eE")
		if !letter(b) && (b < '0' || b > '9') && !(kind == tokenNumber && b == '.') && !exponent {
			return token{kind, string(text)}, nil
		}
		if _, err := l.get(); err != nil {
			return token{}, err
		}
		if text = append(text, b); len(text) > most {
			return token{}, l.errorf("a word has more than %d characters: this is no dump", most)
		}
	}
}

// letter: names may hold anything beyond ASCII.
func letter(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '_' || b == '$' || b >= 0x80
}

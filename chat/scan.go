package chat

import "unicode/utf8"

// scanner reads JSON that is written in the plain way, as the usual clients and
// this package itself do. It gives up at whatever is out of the ordinary (an
// unknown field, null, an escape by number, a nested value, an error), and the
// caller leaves the whole text to encoding/json (what a client sent, to exactjson). So
// that alone defines what is taken and what it means: the scanner may only take less,
// never otherwise.
type scanner[T ~string | ~[]byte] struct {
	text T // valid UTF-8
	at   int
}

// scanned is a string as it stands between its quotes.
type scanned[T ~string | ~[]byte] struct {
	raw     T
	escapes int // of two bytes for one
}

// object reads one object with nothing around it but blanks. It calls field for
// each name, to read the value.
func (s *scanner[T]) object(field func(name T) bool) bool {
	if !s.take('{') {
		return false
	}
	for {
		name, ok := s.str()
		if !ok || !s.take(':') || !field(name.raw) {
			return false
		}
		if s.take(',') {
			continue
		}
		if !s.take('}') {
			return false
		}
		s.blanks()
		return s.at == len(s.text)
	}
}

func (s *scanner[T]) blanks() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// take skips blanks and then c, if that is next.
func (s *scanner[T]) take(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] <= ' ' {
		s.blanks()
	}
	if s.at == len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner[T]) str() (scanned[T], bool) {
	if !s.take('"') {
		return scanned[T]{}, false
	}
	text, escapes := s.text[s.at:], 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			s.at += i + 1
			return scanned[T]{text[:i], escapes}, true
		case c == '\\':
			if i++; i == len(text) || unescaped(text[i]) == 0 {
				return scanned[T]{}, false
			}
			escapes++
		case c < ' ':
			return scanned[T]{}, false
		}
	}
	return scanned[T]{}, false
}

// number reads a whole number of at most 18 digits, without a sign: it fits into
// an int64.
func (s *scanner[T]) number() (n uint64, ok bool) {
	s.blanks()
	begin := s.at
	for s.at < len(s.text) && s.text[s.at]-'0' <= 9 {
		n = n*10 + uint64(s.text[s.at]-'0')
		s.at++
	}
	digits := s.at - begin
	return n, digits == 1 || digits > 1 && digits <= 18 && s.text[begin] != '0'
}

// boolean reads true or false.
func (s *scanner[T]) boolean() (value, ok bool) {
	s.blanks()
	for _, word := range [...]string{"true", "false"} {
		if len(s.text)-s.at >= len(word) && string(s.text[s.at:s.at+len(word)]) == word {
			s.at += len(word)
			return word == "true", true
		}
	}
	return false, false
}

// unescaped is what a backslash and c stand for, or 0 where that isn't a single
// byte.
func unescaped(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// appendTo appends what the string stands for.
func (t scanned[T]) appendTo(b []byte) []byte {
	if t.escapes == 0 {
		return append(b, t.raw...)
	}
	for i := 0; i < len(t.raw); i++ {
		c := t.raw[i]
		if c == '\\' {
			i++
			c = unescaped(t.raw[i])
		}
		b = append(b, c)
	}
	return b
}

// String is what the string stands for. Where T is a string it may be part of
// the scanned text.
func (t scanned[T]) String() string {
	if t.escapes == 0 {
		return string(t.raw)
	}
	return string(t.appendTo(make([]byte, 0, len(t.raw))))
}

// newScanner returns a scanner of a text; false if it isn't UTF-8, which
// encoding/json mends in its own way.
func newScanner(text []byte) (scanner[[]byte], bool) {
	return scanner[[]byte]{text: text}, utf8.Valid(text)
}

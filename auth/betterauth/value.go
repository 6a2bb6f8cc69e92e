package betterauth

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// field is a value of a row as text; null where there is none.
type field struct {
	text string
	null bool
}

// layouts are the forms that a date is stored in as text, by better-auth and by the
// drivers that it is used with. Without a zone it is UTC, as SQLite has it.
var layouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999-07",
	"2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02",
}

// date reads a point in time, to the millisecond; the zero Time if there is none.
func (f field) date() time.Time {
	text := strings.TrimSpace(f.text)
	if f.null || text == "" {
		return time.Time{}
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return fromNumber(n)
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return sound(t)
		}
	}
	return time.Time{}
}

// fromNumber reads seconds, milliseconds or microseconds since 1970: which, their
// size tells for every year from 1973 to 5000.
func fromNumber(n float64) time.Time {
	const seconds, millis, micros = 1e11, 1e14, 1e17
	switch {
	case math.IsNaN(n) || n <= 0 || n >= micros:
		return time.Time{}
	case n < seconds:
		return sound(time.UnixMilli(int64(n * 1000)))
	case n < millis:
		return sound(time.UnixMilli(int64(n)))
	}
	return sound(time.UnixMicro(int64(n)))
}

// sound drops what can't be a date of a server.
func sound(t time.Time) time.Time {
	if t.Year() < 1971 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// yes reads a boolean. What isn't plainly true is false.
func (f field) yes() bool {
	switch strings.ToLower(f.text) {
	case "1", "1.0", "true":
		return !f.null
	}
	return false
}

// number reads a count; 0 if it is none.
func (f field) number() int64 {
	n, err := strconv.ParseFloat(f.text, 64)
	if f.null || err != nil || !(n > 0 && n < 1<<53) {
		return 0
	}
	return int64(n)
}

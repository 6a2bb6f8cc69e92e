package chat

import "time"

// MaxUntil is how far ahead may lie what ends by itself, as a snooze or a status: a year,
// also one that has 366 days.
const MaxUntil = 366 * 24 * time.Hour

// CheckUntil says what is wrong with the time in a field at which something is to end,
// Unix milliseconds; 0: it doesn't.
func CheckUntil(field string, until int64, now time.Time) error {
	switch {
	case until < 0:
		return bad(field + " must be a time in Unix milliseconds, or 0.")
	case until > now.Add(MaxUntil).UnixMilli():
		return bad(field + " must be at most a year ahead.")
	}
	return nil
}

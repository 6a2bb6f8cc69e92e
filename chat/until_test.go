package chat

import (
	"strings"
	"testing"
	"time"
)

func TestHowFarAheadSomethingMayEnd(t *testing.T) {
	now := time.UnixMilli(1_760_000_000_000)
	year := now.Add(MaxUntil).UnixMilli()
	for name, c := range map[string]struct {
		until int64
		words string // "": it is taken
	}{
		"never":           {0, ""},
		"the past":        {now.UnixMilli() - 1, ""}, // it has ended
		"a year":          {year, ""},
		"more":            {year + 1, "snoozedUntil must be at most a year ahead."},
		"the end of time": {9e18, "snoozedUntil must be at most a year ahead."},
		"before zero":     {-1, "snoozedUntil must be a time in Unix milliseconds, or 0."},
	} {
		err := SettingsChange{SnoozedUntil: &c.until}.check(now)
		if c.words == "" && err != nil || c.words != "" && (err == nil || AsError(err).Code != CodeBadRequest || AsError(err).Message != c.words) {
			t.Errorf("%s: %v, want %q", name, err, c.words)
		}
	}
	if err := CheckUntil("until", year+1, now); err == nil || !strings.HasPrefix(AsError(err).Message, "until ") {
		t.Errorf("the error doesn't name the field: %v", err)
	}
}

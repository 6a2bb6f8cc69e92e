package attention

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // people's time zones, wherever this runs
)

// QuietHours are when a person doesn't want to hear anything.
type QuietHours struct {
	On       bool   `json:"on"`
	From     string `json:"from"`     // "22:00"
	To       string `json:"to"`       // "07:00"; before From: of the next day. The same: the whole day
	Days     []int  `json:"days"`     // on which they begin; 0 is Sunday
	Timezone string `json:"timezone"` // of the IANA database, as "Europe/Berlin"
}

// hours are quiet hours that were checked.
type hours struct {
	on       bool
	from, to int // minutes of a day
	days     [7]bool
	zone     *time.Location
}

// check reads quiet hours. What it says is for people.
func (q QuietHours) check() (h hours, err error) {
	h.on = q.On
	if h.from, err = minuteOf(q.From); err != nil {
		return h, fmt.Errorf("quietHours.from %w", err)
	}
	if h.to, err = minuteOf(q.To); err != nil {
		return h, fmt.Errorf("quietHours.to %w", err)
	}
	for _, day := range q.Days {
		if day < 0 || day > 6 {
			return h, fmt.Errorf("quietHours.days holds %d: days are 0 (Sunday) to 6 (Saturday)", day)
		}
		h.days[day] = true
	}
	if q.Timezone == "" || q.Timezone == "Local" || len(q.Timezone) > 64 {
		return h, fmt.Errorf("quietHours.timezone must be a name like Europe/Berlin")
	}
	if h.zone, err = time.LoadLocation(q.Timezone); err != nil {
		return h, fmt.Errorf("quietHours.timezone %q isn't known: it must be a name like Europe/Berlin", q.Timezone)
	}
	return h, nil
}

func minuteOf(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("must be a time like 22:00")
	}
	return t.Hour()*60 + t.Minute(), nil
}

// quiet reports whether they are on at a time. What a clock shows counts: on the night when
// it is set back they are an hour longer.
func (h hours) quiet(at time.Time) bool {
	if !h.on {
		return false
	}
	local := at.In(h.zone)
	minute, today := local.Hour()*60+local.Minute(), int(local.Weekday())
	if h.from < h.to {
		return h.days[today] && minute >= h.from && minute < h.to
	}
	yesterday := (today + 6) % 7
	return h.days[today] && minute >= h.from || h.days[yesterday] && minute < h.to
}

// daysOf writes days as digits, the first first.
func daysOf(days []int) string {
	days = slices.Compact(slices.Sorted(slices.Values(days)))
	text := make([]byte, 0, 7)
	for _, d := range days {
		text = append(text, '0'+byte(d))
	}
	return string(text)
}

// parseDays reads what daysOf wrote.
func parseDays(text string) []int {
	days := []int{}
	for _, c := range []byte(text) {
		days = append(days, int(c-'0'))
	}
	return days
}

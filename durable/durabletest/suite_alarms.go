package durabletest

import (
	"fmt"
	"slices"
	"time"

	"snug/durable"
)

// at returns a time n milliseconds after some whole second.
func at(n int64) time.Time { return time.UnixMilli(1_700_000_000_000 + n).UTC() }

func testAlarmSetReplaceClear(f *fixture) {
	o := f.claim(testID("object"))
	f.wantAlarm(o.record.ID, durable.Alarm{})
	o.setAlarm(durable.Alarm{Due: at(10), Scheduled: at(10)})
	f.wantAlarm(o.record.ID, durable.Alarm{Due: at(10), Scheduled: at(10)})
	o.write(put("k", "")) // a batch that says nothing of the alarm leaves it
	f.wantAlarm(o.record.ID, durable.Alarm{Due: at(10), Scheduled: at(10)})
	o.setAlarm(durable.Alarm{Due: at(20), Scheduled: at(10), Retries: 6})
	f.wantAlarm(o.record.ID, durable.Alarm{Due: at(20), Scheduled: at(10), Retries: 6})
	o.setAlarm(durable.Alarm{Due: at(20), Scheduled: at(10), Retries: 7}) // same time, other content
	f.wantAlarm(o.record.ID, durable.Alarm{Due: at(20), Scheduled: at(10), Retries: 7})
	o.setAlarm(durable.Alarm{Due: at(5), Scheduled: at(5)})
	f.wantAlarm(o.record.ID, durable.Alarm{Due: at(5), Scheduled: at(5)})
	o.setAlarm(durable.Alarm{})
	f.wantAlarm(o.record.ID, durable.Alarm{})
	o.setAlarm(durable.Alarm{}) // none to clear

	// The last of a chain counts, and none of those before it stays behind.
	first, second, third := o.batch(), o.batch(), o.batch()
	first.Alarm = &durable.Alarm{Due: at(1), Scheduled: at(1)}
	second.Alarm = &durable.Alarm{}
	third.Alarm = &durable.Alarm{Due: at(3), Scheduled: at(3)}
	f.commit(first, second, third)
	f.wantAlarm(o.record.ID, durable.Alarm{Due: at(3), Scheduled: at(3)})
	o.write(delRange("", "")) // the slot is not a key
	f.wantAlarm(o.record.ID, durable.Alarm{Due: at(3), Scheduled: at(3)})
}

func testAlarmOrderAndLimit(f *fixture) {
	times := []time.Time{at(-86_400_000), at(0), at(1), at(2), at(2), at(300), at(70_000), time.Unix(1<<35, 0),
		time.UnixMilli(-1), time.UnixMilli(0), time.Unix(-1<<33, 0)}
	owners := make(map[durable.ID]time.Time)
	for i, due := range times {
		o := f.claim(testID(fmt.Sprint("object", i)))
		o.setAlarm(durable.Alarm{Due: due, Scheduled: due})
		owners[o.record.ID] = due
	}
	slices.SortFunc(times, time.Time.Compare)
	for _, now := range []time.Time{at(-1 << 40), at(-1), at(0), at(2), at(2).Add(time.Nanosecond),
		at(3).Add(-time.Nanosecond), at(300), time.Unix(1<<36, 0)} {
		for _, limit := range []int{0, 1, 3, 5, len(times), 1000} {
			n, _ := slices.BinarySearchFunc(times, now.Add(1), time.Time.Compare)
			n = min(n, limit)
			due, next := f.due(now, limit)
			if len(due) != n {
				f.Fatalf("%d alarms due at %v of at most %d, want %d", len(due), now, limit, n)
			}
			seen := make(map[durable.ID]bool)
			for i, r := range due {
				if !r.Alarm.Due.Equal(times[i]) || !owners[r.ID].Equal(times[i]) || seen[r.ID] || r.Class != "class" {
					f.Fatalf("alarm %d due at %v is %+v, want one of %v", i, now, r, times[i])
				}
				seen[r.ID] = true
			}
			if n == len(times) && !next.IsZero() || n < len(times) && !next.Equal(times[n]) {
				f.Fatalf("next alarm after %d of %v: %v", n, times, next)
			}
		}
	}
}

func testAlarmPrecision(f *fixture) {
	for i, extra := range []time.Duration{0, 1, time.Millisecond - 1, time.Millisecond} {
		o := f.claim(testID(fmt.Sprint("object", i)))
		asked := at(7).Add(extra)
		o.setAlarm(durable.Alarm{Due: asked, Scheduled: asked})
		want := at(8)
		if extra == 0 {
			want = at(7)
		}
		if due, _ := f.due(asked.Add(-1), 1); len(due) != 0 {
			f.Fatalf("alarm for %v is due before its time: %+v", asked, due)
		}
		f.wantAlarm(o.record.ID, durable.Alarm{Due: want, Scheduled: want})
		o.setAlarm(durable.Alarm{})
	}
}

func testAlarmRefusedWithBatch(f *fixture) {
	zombie := f.claim(testID("object"))
	zombie.setAlarm(durable.Alarm{Due: at(1), Scheduled: at(1)})
	f.claim(testID("object"))
	for _, alarm := range []durable.Alarm{{}, {Due: at(2), Scheduled: at(2)}} {
		b := zombie.batch()
		b.Alarm = &alarm
		f.wantRefused(b)
		f.wantAlarm(zombie.record.ID, durable.Alarm{Due: at(1), Scheduled: at(1)})
	}
}

func testAlarmKeptByClaim(f *fixture) {
	want := durable.Alarm{Due: at(9), Scheduled: at(3), Retries: 2}
	f.claim(testID("object")).setAlarm(want)
	for range 2 {
		o := f.claim(testID("object"))
		if !sameAlarm(o.record.Alarm, want) {
			f.Fatalf("claim returned the alarm %+v, want %+v", o.record.Alarm, want)
		}
		f.wantAlarm(o.record.ID, want)
		if due, _ := f.due(at(9), 1); !sameDue(due[0], o.record) {
			f.Fatalf("alarm due bears %+v, want %+v", due[0], o.record)
		}
		f.reopen()
	}
}

//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	o, err := parse([]string{"-rooms", "3, 40", "-quick", "-save", "laptop-2"})
	if err != nil || !slices.Equal(o.rooms, []int{3, 40}) || !o.quick || !o.pin || o.save != "laptop-2" {
		t.Errorf("%+v, %v", o, err)
	}
	for want, args := range map[string][]string{
		"read -rooms":      {"-rooms", "2,x"},
		"is no number":     {"-rooms", "0"},
		"from 1 to 5000":   {"-rooms", "5001"},
		"read -rate":       {"-rate", "0"},
		"read -save":       {"-save", "../up"},
		"none of the flag": {"fast"},
	} {
		if _, err := parse(args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}

func TestRowPicksByDeliveries(t *testing.T) {
	r := row{runs: []result{{deliveries: 3, sends: 30}, {deliveries: 1, sends: 10}, {deliveries: 2, sends: 20}}}
	if m, b := r.median().sends, r.best().sends; m != 20 || b != 30 {
		t.Errorf("median %v, best %v, want 20 and 30", m, b)
	}
	r.runs = r.runs[:2]
	if m := r.median().sends; m != 10 {
		t.Errorf("median of two is %v, want the lower", m)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range [][2]string{
		{whole(0), "0"}, {whole(999.6), "1,000"}, {whole(1234567), "1,234,567"},
		{millis(1234 * time.Microsecond), "1.23"}, {micros(1999 * time.Nanosecond), "2.00"}, {percent(.987), "99"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s, want %s", c[0], c[1])
		}
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var last tail
	if got := last.String(); got != "it said nothing" {
		t.Error(got)
	}
	for range tailBytes {
		_, _ = last.Write([]byte("ab"))
	}
	_, _ = last.Write([]byte("end\n"))
	if got := last.String(); len(got) > tailBytes || !strings.HasSuffix(got, "abend") {
		t.Errorf("%d bytes, ends with %q", len(got), got[len(got)-5:])
	}
}

//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	o, err := parse([]string{"-quick", "-save", "laptop-2", "-only", "fanout, idle", "-without", "workerd,gorilla"})
	if err != nil || !o.quick || !o.pin || o.save != "laptop-2" || len(o.only) != 2 || !o.only["idle"] || len(o.without) != 2 || !o.without["gorilla"] {
		t.Errorf("%+v, %v", o, err)
	}
	for want, args := range map[string][]string{
		"read -only":        {"-only", "fanout,fast"},
		"read -without":     {"-without", "nginx"},
		"read -save":        {"-save", "../up"},
		"none of the flags": {"fast"},
	} {
		if _, err := parse(args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}

func TestStatistics(t *testing.T) {
	r := runs{results: []result{{deliveries: 3, sends: 30}, {deliveries: 1, sends: 10}, {deliveries: 2, sends: 20}}}
	if v := r.of(sends); first(v) != 10 || median(v) != 20 || last(v) != 30 {
		t.Errorf("%v", v)
	}
	r.results = r.results[:2]
	if m := median(r.of(deliveries)); m != 1 {
		t.Errorf("median of two is %v, want the lower", m)
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

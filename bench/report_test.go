//go:build linux

package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for _, c := range [][2]string{
		{whole(0), "0"}, {whole(999.6), "1,000"}, {whole(1234567), "1,234,567"}, {whole(-1234), "-1,234"},
		{fixed(inMillis(1234*time.Microsecond), 2), "1.23"}, {fixed(inMicros(1999*time.Nanosecond), 2), "2.00"}, {mebibytes(1.5 * (1 << 20)), "1.5"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s, want %s", c[0], c[1])
		}
	}
}

func aTable() table {
	t := table{Title: "Fan-out", Columns: []string{"", "sends/s", "best"}}
	t.note("a | b")
	t.row("Snug", "1,000", "2,000")
	t.row("a peer with a long name", "not measured: <it isn't there>")
	return t
}

func TestTableAsText(t *testing.T) {
	var b strings.Builder
	aTable().text(&b)
	want := `
Fan-out
  a | b
                             sends/s   best
    Snug                       1,000  2,000
    a peer with a long name  not measured: <it isn't there>
`
	if b.String() != want {
		t.Errorf("%s\nwant %s", b.String(), want)
	}
}

func TestTableAsMarkdown(t *testing.T) {
	var b strings.Builder
	aTable().markdown(&b)
	want := `
## Fan-out

a \| b

|  | sends/s | best |
|---|--:|--:|
| Snug | 1,000 | 2,000 |
| a peer with a long name | not measured: &lt;it isn't there> |  |
`
	if b.String() != want {
		t.Errorf("%s\nwant %s", b.String(), want)
	}
}

// A picture is whole by itself: well-formed, nothing fetched, both colour schemes.
func TestChart(t *testing.T) {
	c := chart{"fanout", "Deliveries <best>", []panel{
		{"room of 100", barsOf([]bar{{"Bun & SQLite", 10, "10", false}, {"Snug", 40, "40", true}})},
		{"nothing", []bar{{"Snug", 0, "0", true}}},
		{"nobody", nil},
	}}
	text := c.svg()
	decoder := xml.NewDecoder(strings.NewReader(text))
	var widths []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			for _, a := range e.Attr {
				if a.Name.Local == "width" {
					widths = append(widths, a.Value)
				}
			}
		}
	}
	if got := strings.Join(widths, " "); got != "480.0 120.0 1.0" {
		t.Errorf("bars are %s wide", got)
	}
	if !strings.Contains(text, "prefers-color-scheme:dark") || strings.Contains(strings.Replace(text, "http://www.w3.org/2000/svg", "", 1), "http") {
		t.Errorf("%s", text)
	}
}

func TestJudge(t *testing.T) {
	goals := []goal{
		atLeast(15, "snug", "other", "a rate"), atMost(1.25, "snug", "other", "a cost"),
		absolute(false, 700, 0, "bytes", "bytes", "memory"), absolute(true, 3, 0, "reads/s", "bytes", "reads"),
		atLeast(1, "snug", "missing", "one"), atLeast(1, "missing", "snug", "two"), atLeast(1, "snug", "zero", "three"),
	}
	got := judge(goals, map[string]float64{"snug": 30, "other": 2, "bytes": 700, "zero": 0})
	want := [][]string{
		{"a rate", ">= 15.00x", "15.00x", "1.00", "met"}, {"a cost", "<= 1.25x", "15.00x", "12.00", "missed"},
		{"memory", "<= 700 bytes", "700 bytes", "1.00", "met"}, {"reads", ">= 3 reads/s", "700 reads/s", "233.33", "met"},
		{"one", ">= 1.00x", "", "", "not measured"}, {"two", ">= 1.00x", "", "", "not measured"}, {"three", ">= 1.00x", "", "", "not measured"},
	}
	for i, row := range want {
		if strings.Join(got.Rows[i], "|") != strings.Join(row, "|") {
			t.Errorf("%q, want %q", got.Rows[i], row)
		}
	}
}

func TestReportIsSaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	r := report{About: []string{"Snug dev"}, Figures: map[string]float64{}, charts: []chart{{"idle", "Memory", nil}}, out: io.Discard}
	r.add(aTable())
	r.set(2, "fanout", 100, "snug", "sends")
	if err := r.save(dir, "last"); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if text := read("last.txt"); !strings.HasPrefix(text, "Snug dev\n\nFan-out\n") {
		t.Errorf("%s", text)
	}
	if text := read("last.md"); !strings.Contains(text, "![Memory](last-idle.svg)") || !strings.Contains(text, "## Fan-out") {
		t.Errorf("%s", text)
	}
	var back report
	if err := json.Unmarshal([]byte(read("last.json")), &back); err != nil || back.Figures["fanout/100/snug/sends"] != 2 || len(back.Tables) != 1 {
		t.Errorf("%+v, %v", back, err)
	}
	if !strings.HasPrefix(read("last-idle.svg"), "<svg ") {
		t.Error("no picture")
	}
}

//go:build linux

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A table is what one scenario found, for people.
type table struct {
	Title   string
	Notes   []string // before it
	Columns []string // the first is of names
	Rows    [][]string
}

func (t *table) note(format string, args ...any) {
	t.Notes = append(t.Notes, fmt.Sprintf(format, args...))
}

func (t *table) row(cells ...string) { t.Rows = append(t.Rows, cells) }

// text writes the table in columns.
func (t table) text(w io.Writer) {
	fmt.Fprintf(w, "\n%s\n", t.Title)
	for _, n := range t.Notes {
		fmt.Fprintf(w, "  %s\n", n)
	}
	if len(t.Rows) == 0 {
		return
	}
	width := make([]int, len(t.Columns))
	for _, cells := range append([][]string{t.Columns}, t.Rows...) {
		if len(cells) == 2 && len(t.Columns) > 2 {
			continue // a name and a remark across the rest
		}
		for i, c := range cells {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, cells := range t.Rows {
		width[0] = max(width[0], utf8.RuneCountInString(cells[0]))
	}
	for _, cells := range append([][]string{t.Columns}, t.Rows...) {
		var line strings.Builder
		line.WriteString("    " + pad(cells[0], width[0], false))
		for i, c := range cells[1:] {
			left := len(cells) == 2 && len(t.Columns) > 2
			line.WriteString("  " + pad(c, width[i+1], !left))
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

func pad(s string, width int, right bool) string {
	space := strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
	if right {
		return space + s
	}
	return s + space
}

// markdown writes the table as a section of a document.
func (t table) markdown(w io.Writer) {
	fmt.Fprintf(w, "\n## %s\n", t.Title)
	for _, n := range t.Notes {
		fmt.Fprintf(w, "\n%s\n", escape(n))
	}
	if len(t.Rows) == 0 {
		return
	}
	line := func(cells []string) {
		for i := range t.Columns {
			c := ""
			if i < len(cells) {
				c = escape(cells[i])
			}
			fmt.Fprintf(w, "| %s ", c)
		}
		fmt.Fprintln(w, "|")
	}
	fmt.Fprintln(w)
	line(t.Columns)
	fmt.Fprintln(w, "|---"+strings.Repeat("|--:", len(t.Columns)-1)+"|")
	for _, cells := range t.Rows {
		line(cells)
	}
}

func escape(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(s)
}

// whole groups the digits of a number by thousands.
func whole(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	digits := strings.TrimPrefix(s, "-")
	sign := s[:len(s)-len(digits)]
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// fixed has so many digits behind the point.
func fixed(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }

// mebibytes shows bytes.
func mebibytes(bytes float64) string { return fixed(bytes/(1<<20), 1) }

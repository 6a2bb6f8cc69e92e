//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A report gathers all that a run finds.
type report struct {
	About   []string // what was measured, where
	Tables  []table
	Figures map[string]float64 // by name, such as fanout/100/snug/deliveries; targets are judged by them
	charts  []chart
	out     io.Writer // told each table as it comes
}

// add keeps a table and prints it.
func (r *report) add(t table) {
	r.Tables = append(r.Tables, t)
	t.text(r.out)
}

// set keeps a figure; the parts of its name are joined.
func (r *report) set(v float64, name ...any) {
	parts := make([]string, len(name))
	for i, p := range name {
		parts[i] = fmt.Sprint(p)
	}
	r.Figures[strings.Join(parts, "/")] = v
}

// save writes the report as NAME.txt, .md and .json into a folder, and a picture for
// each chart.
func (r *report) save(dir, name string) error {
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("create results (run it at the repository's root): %w", err)
	}
	var text, markdown strings.Builder
	for _, line := range r.About {
		fmt.Fprintln(&text, line)
	}
	fmt.Fprintf(&markdown, "# Benchmark of %s\n\n%s\n", time.Now().UTC().Format(time.DateOnly), strings.Join(r.About, "  \n"))
	for _, c := range r.charts {
		picture := name + "-" + c.name + ".svg"
		if err := os.WriteFile(filepath.Join(dir, picture), []byte(c.svg()), 0o644); err != nil {
			return fmt.Errorf("write plot: %w", err)
		}
		fmt.Fprintf(&markdown, "\n![%s](%s)\n", c.title, picture)
	}
	for _, t := range r.Tables {
		t.text(&text)
		t.markdown(&markdown)
	}
	values, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("encode figures: %w", err)
	}
	for ending, content := range map[string]string{"txt": text.String(), "md": markdown.String(), "json": string(values) + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name+"."+ending), []byte(content), 0o644); err != nil {
			return fmt.Errorf("write results: %w", err)
		}
	}
	return nil
}

package config

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// mask stands for a secret; its length tells nothing.
const mask = "********"

// Print writes what is in force as a config file, each value with its source.
// Secrets are masked and commented out, so that the output can be used as it is.
func (l *Loaded) Print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	group := ""
	for _, s := range l.table {
		key := s.Name
		if dot := strings.LastIndex(key, "."); dot >= 0 {
			if key[:dot] != group {
				group = key[:dot]
				fmt.Fprintf(table, "\n[%s]\n", group)
			}
			key = key[dot+1:]
		}
		v := l.origin[s.Name]
		switch {
		case s.Secret && v.text != "":
			fmt.Fprintf(table, "# %s = %q\t# %s\n", key, mask, v.source)
		case s.Name == "secret":
			fmt.Fprintf(table, "# %s is kept in the data folder\t# %s\n", key, v.source)
		case s.Secret:
			fmt.Fprintf(table, "# %s is not set\t# %s\n", key, v.source)
		default:
			fmt.Fprintf(table, "%s = %s\t# %s\n", key, tomlValue(s, v.text), v.source)
		}
	}
	return table.Flush()
}

func tomlValue(s Setting, text string) string {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return text
	}
	if s.Bool && (text == "true" || text == "false") {
		return text
	}
	// Go's own quoting has escapes that TOML hasn't.
	var quoted strings.Builder
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			quoted.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&quoted, `\u%04X`, r)
		default:
			quoted.WriteRune(r)
		}
	}
	return `"` + quoted.String() + `"`
}

// Help writes the settings for people.
func Help(w io.Writer) {
	for _, s := range Settings() {
		helpOn(w, s)
	}
	fmt.Fprintf(w, "  %-24s %s  [snug.toml, if there is one]\n      A config file in TOML; its keys are the flags without dashes in front.\n", "--config", configVariable)
	fmt.Fprintf(w, "\n%s\nIn a config file each is a table, [oidc.ID].\n", issuersHelp)
	for _, s := range issuerSettings("ID") {
		helpOn(w, s)
	}
}

func helpOn(w io.Writer, s Setting) {
	name := "--" + s.Name
	if s.Secret {
		name = "(no flag)"
	}
	fmt.Fprintf(w, "  %-24s %s", name, s.Env())
	switch {
	case s.Default != "":
		fmt.Fprintf(w, "  [%s]", s.Default)
	case s.Example != "":
		fmt.Fprintf(w, "  (%s)", s.Example)
	}
	fmt.Fprintf(w, "\n      %s\n", s.Help)
}

// Example writes .env.example: every setting with its default, commented out.
func Example(w io.Writer) {
	fmt.Fprint(w, "# Every setting of Snug. None is needed: copy this file to .env and change what you\n"+
		"# want. Flags and the environment come before this file, snug.toml after it.\n"+
		"# `snug config` prints what is in force.\n")
	for _, s := range Settings() {
		exampleOf(w, s)
	}
	fmt.Fprintf(w, "\n# %s\n# Here it is ACME.\n", strings.ReplaceAll(issuersHelp, "\n", "\n# "))
	for _, s := range issuerSettings("acme") {
		exampleOf(w, s)
	}
}

func exampleOf(w io.Writer, s Setting) {
	v := s.Default
	if v == "" || v == "0" && s.Example != "" {
		v = s.Example
	}
	if s.Secret {
		v = ""
	}
	fmt.Fprintf(w, "\n# %s\n", s.Help)
	if s.Also != "" {
		fmt.Fprintf(w, "# %s is the same setting.\n", s.Also)
	}
	if s.Default != "" && v != s.Default {
		fmt.Fprintf(w, "# Without it: %s.\n", s.Default)
	}
	fmt.Fprintf(w, "#%s=%s\n", s.Env(), v)
}

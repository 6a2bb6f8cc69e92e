package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"snug/cmd/snug/internal/config"
)

// A group is a command that does several things, each by a verb after its name.
type group struct {
	name  string
	about string
	verbs []verb
}

// A verb is one of them, such as ban of snug user.
type verb struct {
	name  string
	args  string // what stands after it, for people
	help  string
	least int // words that it takes, the verb itself left out
	most  int
	flags []ownFlag
	run   func(*invocation) error
}

// An ownFlag is one that isn't a setting's.
type ownFlag struct {
	name  string // without the dashes
	value bool   // is followed by one
}

// An invocation is a verb as somebody calls it.
type invocation struct {
	words          []string
	flags          map[string]string // own ones that were given
	settings       *config.Loaded
	stdout, stderr io.Writer
}

// given returns the value of an own flag, "" if it isn't there.
func (in *invocation) given(flag string) string { return in.flags[flag] }

func (in *invocation) has(flag string) bool {
	_, ok := in.flags[flag]
	return ok
}

// word returns the i-th word, "" if there are fewer.
func (in *invocation) word(i int) string {
	if i >= len(in.words) {
		return ""
	}
	return in.words[i]
}

// A usageError is what somebody typed wrong.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func wrongUse(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// command makes a row of the table of commands.
func (g group) command(help string) command {
	return command{name: g.name, help: help, run: g.run, more: g.help}
}

func (g group) run(args, environ []string, stdout, stderr io.Writer) int {
	err := g.invoke(args, environ, stdout, stderr)
	var wrong *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, config.ErrHelp):
		g.help(stdout)
		return exitOK
	}
	fmt.Fprintf(stderr, "snug: %v\n", err)
	if errors.As(err, &wrong) {
		return exitUsage
	}
	return exitError
}

func (g group) invoke(args, environ []string, stdout, stderr io.Writer) error {
	l, err := g.part(args)
	if err != nil {
		return err
	}
	v, words, err := g.choose(l)
	if err != nil {
		return err
	}
	settings, err := config.Load(l.settings, environ, ".")
	if errors.Is(err, config.ErrHelp) {
		return err
	}
	if err != nil {
		return wrongUse("%v", err)
	}
	return v.run(&invocation{words, l.own, settings, stdout, stderr})
}

// A line is a command line that was taken apart.
type line struct {
	words    []string
	own      map[string]string
	settings []string // flags of settings with their values, as they stood
}

// part tells the words of a command line from the flags, which may stand anywhere
// among them. Behind -- all are words.
func (g group) part(args []string) (line, error) {
	l := line{own: map[string]string{}}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			l.words = append(l.words, args[i+1:]...)
			break
		}
		if arg == "" || arg == "-" || arg[0] != '-' {
			l.words = append(l.words, arg)
			continue
		}
		name, value, given := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		if name == "h" || name == "help" {
			return line{}, config.ErrHelp
		}
		if own, ok := g.own(name); ok {
			if _, twice := l.own[name]; twice {
				return line{}, wrongUse("flag --%s stands there twice", name)
			}
			switch {
			case given && !own.value:
				return line{}, wrongUse("flag --%s takes no value", name)
			case own.value && !given:
				if i++; i == len(args) {
					return line{}, wrongUse("flag --%s: its value is missing", name)
				}
				value = args[i]
			}
			l.own[name] = value
			continue
		}
		known, valueNext := config.IsFlag(arg)
		if !known {
			return line{}, g.unknownFlag(name)
		}
		l.settings = append(l.settings, arg)
		if i++; valueNext && i < len(args) {
			l.settings = append(l.settings, args[i])
		} else {
			i--
		}
	}
	return l, nil
}

func (g group) own(name string) (ownFlag, bool) {
	for _, v := range g.verbs {
		for _, f := range v.flags {
			if f.name == name {
				return f, true
			}
		}
	}
	return ownFlag{}, false
}

func (g group) unknownFlag(name string) error {
	known := append(config.Flags(), "--help")
	for _, v := range g.verbs {
		for _, f := range v.flags {
			known = append(known, "--"+f.name)
		}
	}
	if near := config.Nearest("--"+name, known); near != "" {
		return wrongUse("flag --%s is unknown; did you mean %s?", name, near)
	}
	return wrongUse("flag --%s is unknown; snug help %s lists its own, snug help those of the settings", name, g.name)
}

// choose finds the verb, and checks the words and own flags that it was given.
func (g group) choose(l line) (verb, []string, error) {
	if len(l.words) == 0 {
		return verb{}, nil, wrongUse("what should snug %s do? snug help %s lists what it can", g.name, g.name)
	}
	name, words := l.words[0], l.words[1:]
	var known []string
	for _, v := range g.verbs {
		known = append(known, v.name)
		if v.name != name {
			continue
		}
		if len(words) < v.least || len(words) > v.most {
			return verb{}, nil, wrongUse("that takes other words: snug %s %s", g.name, v.synopsis())
		}
		for _, flag := range slices.Sorted(maps.Keys(l.own)) {
			if !slices.ContainsFunc(v.flags, func(f ownFlag) bool { return f.name == flag }) {
				return verb{}, nil, wrongUse("flag --%s is not for that: snug %s %s", flag, g.name, v.synopsis())
			}
		}
		return v, words, nil
	}
	if near := config.Nearest(name, known); near != "" {
		return verb{}, nil, wrongUse("command %s %s is unknown; did you mean %s %s?", g.name, name, g.name, near)
	}
	return verb{}, nil, wrongUse("command %s %s is unknown; snug help %s lists what there is", g.name, name, g.name)
}

func (v verb) synopsis() string { return strings.TrimSpace(v.name + " " + v.args) }

func (g group) help(w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", g.about)
	for _, v := range g.verbs {
		fmt.Fprintf(w, "  snug %s %s\n      %s\n", g.name, v.synopsis(), v.help)
	}
	fmt.Fprintln(w, "\nFlags may stand before or after the words; behind -- all are words. snug help lists\n"+
		"the settings, which are found as the server finds them: flags, the environment, .env\n"+
		"and snug.toml in the working folder.")
}

// Command snug is the chat server: one process, one data folder.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"snug/cmd/snug/internal/config"
)

// version is stamped by the build.
var version string

// Exit codes: an error of the person who started us is told from one of the run.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

type command struct {
	name, help string
	run        func(args, environ []string, stdout, stderr io.Writer) int
	more       func(io.Writer) // its own help; nil: the settings are all that it takes
}

func commands() []command {
	return []command{
		{name: "serve", help: "run the server (the default)", run: serve},
		userCommand().command("list people, let them in, invite, ban or delete them, change roles"),
		roomCommand().command("add rooms and list them"),
		{name: "reindex", help: "make the search index anew, in the running server or here", run: reindex},
		mailCommand().command("find out whether mails leave"),
		importCommand().command("take over the people of a better-auth server"),
		{name: "config", help: "print the settings in force and where each comes from", run: printConfig},
		{name: "version", help: "print the version", run: func(_, _ []string, stdout, _ io.Writer) int {
			fmt.Fprintln(stdout, "snug", buildVersion())
			return exitOK
		}},
		{name: "help", help: "print this, or with a command's name how that is used", run: help},
	}
}

// run picks the command. Without one, or with flags alone, that is serve.
func run(args, environ []string, stdout, stderr io.Writer) int {
	name, args := commandIn(args)
	if c, ok := findCommand(name, stderr); ok {
		return c.run(args, environ, stdout, stderr)
	}
	return exitUsage
}

// commandIn returns the name of the command, and the arguments around it: flags of
// settings may stand before it too.
func commandIn(args []string) (name string, rest []string) {
	for i := 0; i < len(args) && args[i] != ""; i++ {
		if args[i][0] != '-' {
			return args[i], slices.Concat(args[:i], args[i+1:])
		}
		known, valueNext := config.IsFlag(args[i])
		if !known {
			break // for serve to say what is wrong
		}
		if valueNext {
			i++
		}
	}
	return "serve", args
}

// findCommand returns the command of that name, or says that there is none.
func findCommand(name string, stderr io.Writer) (command, bool) {
	var known []string
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
		known = append(known, c.name)
	}
	fmt.Fprintf(stderr, "snug: command %s is unknown", name)
	if near := config.Nearest(name, known); near != "" {
		fmt.Fprintf(stderr, "; did you mean %s?\n", near)
	} else {
		fmt.Fprintln(stderr, "; snug help lists the commands")
	}
	return command{}, false
}

func help(args, _ []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == "--env-example" { // how .env.example is made
		config.Example(stdout)
		return exitOK
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		c, ok := findCommand(args[0], stderr)
		if !ok {
			return exitUsage
		}
		if c.more != nil {
			c.more(stdout)
			return exitOK
		}
	}
	fmt.Fprintln(stdout, "Snug is a chat server. Usage: snug [command] [flags]\n\nCommands:")
	for _, c := range commands() {
		fmt.Fprintf(stdout, "  %-18s %s\n", c.name, c.help)
	}
	fmt.Fprintln(stdout, "\nSettings, as flag, variable [default]. Flags come before the environment, that before\n"+
		"a .env file in the working folder, that before a config file:")
	config.Help(stdout)
	return exitOK
}

// load reads the settings; if it returns nil, the command is over with code.
func load(args, environ []string, stdout, stderr io.Writer) (l *config.Loaded, code int) {
	l, err := config.Load(args, environ, ".")
	switch {
	case errors.Is(err, config.ErrHelp):
		return nil, help(nil, nil, stdout, stderr)
	case err != nil:
		fmt.Fprintf(stderr, "snug: %v\n", err)
		return nil, exitUsage
	}
	return l, exitOK
}

func printConfig(args, environ []string, stdout, stderr io.Writer) int {
	l, code := load(args, environ, stdout, stderr)
	if l == nil {
		return code
	}
	if err := l.Print(stdout); err != nil {
		fmt.Fprintf(stderr, "snug: %v\n", err)
		return exitError
	}
	return exitOK
}

func serve(args, environ []string, stdout, stderr io.Writer) int {
	l, code := load(args, environ, stdout, stderr)
	if l == nil {
		return code
	}
	log := newLogger(l.Config, stderr)
	for _, warning := range l.Warnings() {
		log.Warn(warning)
	}

	// The first signal asks for a clean stop, the second for one at once.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	server, err := OpenServer(ctx, l.Config, log, buildVersion())
	if err != nil {
		fmt.Fprintf(stderr, "snug: %v\n", err)
		return exitError
	}
	go func() {
		<-signals
		log.Info("stopping")
		cancel()
		<-signals
		log.Warn("stopping at once")
		server.Hurry()
	}()
	if !slices.ContainsFunc(environ, func(v string) bool { return strings.HasPrefix(v, "GOGC=") }) {
		g := newGarbage()
		g.watch()
		defer g.close()
	}
	if err := server.Run(ctx); err != nil {
		log.Error("stopped", "err", err)
		return exitError
	}
	log.Info("stopped")
	return exitOK
}

func newLogger(c config.Config, w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// buildVersion is the stamp, or else what Go knows of the commit.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return "dev-" + s.Value[:12]
			}
		}
	}
	return "dev"
}

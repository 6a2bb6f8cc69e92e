package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"snug/auth"
	"snug/cmd/snug/internal/config"
)

func userCommand() group {
	return group{
		name: "user",
		about: "snug user looks after the accounts of a server. Where one runs on the data folder it does\n" +
			"what it is told at once; where none does, the command does it by itself.",
		verbs: []verb{
			{name: "list", args: "[TEXT] [--json]", most: 1, run: userList, flags: []ownFlag{{name: "json"}},
				help: "List the people in whose name or address TEXT occurs, or all; the latest first, at most 1,000."},
			{name: "link", args: "EMAIL", least: 1, most: 1, run: userLink,
				help: "Print a link that signs this person in, once, within 15 minutes."},
			{name: "invite", args: "[EMAIL] [--uses N] [--days N]", most: 1, run: userInvite,
				flags: []ownFlag{{name: "uses", value: true}, {name: "days", value: true}},
				help:  "Print a link to make an account with: once and within 7 days, unless told otherwise. With an address, for that address alone."},
			{name: "ban", args: "EMAIL [--reason TEXT]", least: 1, most: 1, run: userBan, flags: []ownFlag{{name: "reason", value: true}},
				help: "Keep a person out: sessions and API tokens end at once. The reason is shown by snug user list."},
			{name: "unban", args: "EMAIL", least: 1, most: 1, run: userDo(opUnban, "%s may sign in again"),
				help: "Let a person in again."},
			{name: "role", args: "EMAIL owner|admin|moderator|member", least: 2, most: 2, run: userRole,
				help: "Make a person something else on this server. The last owner stays one."},
			{name: "sign-out", args: "EMAIL", least: 1, most: 1, run: userDo(opSignOut, "%s is signed out everywhere"),
				help: "End all sessions of a person. API tokens stay."},
			{name: "drop-two-factor", args: "EMAIL", least: 1, most: 1, run: userDo(opFactor, "%s signs in without a second factor now"),
				help: "Ask a person who lost authenticator and backup codes for none any more. Make sure who is asking."},
			{name: "delete", args: "EMAIL [--yes]", least: 1, most: 1, run: userDelete, flags: []ownFlag{{name: "yes"}},
				help: "Delete a person's account. Messages stay, without the name. It asks first, unless told --yes."},
		},
	}
}

// operate does an operation for the command.
func (in *invocation) operate(name string, q order) (out outcome, direct bool, err error) {
	return operate(context.Background(), in.settings.Config, name, q, in.stderr)
}

// userDo is a verb that does an operation with an address and says so.
func userDo(name, done string) func(*invocation) error {
	return func(in *invocation) error {
		if _, _, err := in.operate(name, order{Email: in.word(0)}); err != nil {
			return err
		}
		fmt.Fprintf(in.stdout, done+".\n", in.word(0))
		return nil
	}
}

func userList(in *invocation) error {
	out, _, err := in.operate(opList, order{Text: in.word(0)})
	if err != nil {
		return err
	}
	if out.More {
		fmt.Fprintf(in.stderr, "snug: there are more: only the latest %d are listed. A text narrows the list.\n", len(out.People))
	}
	if in.has("json") {
		list := out.People
		if list == nil {
			list = []auth.Person{}
		}
		e := json.NewEncoder(in.stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(list)
	}
	table := tabwriter.NewWriter(in.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tE-MAIL\tROLE\tVERIFIED\tSINCE\tBANNED")
	for _, p := range out.People {
		banned := yesNo(p.Banned)
		if p.BanReason != "" {
			banned += ": " + p.BanReason
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n",
			printable(p.Name), printable(p.Email), p.Role, yesNo(p.Verified), p.CreatedAt.UTC().Format("2006-01-02"), printable(banned))
	}
	return table.Flush()
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// printable replaces what would do something else to a terminal or the table than
// show: people choose their names.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}

func userLink(in *invocation) error {
	return in.printLink(opLink, order{Email: in.word(0)})
}

func userInvite(in *invocation) error {
	q := order{Email: in.word(0)}
	for flag, to := range map[string]*int{"uses": &q.Uses, "days": &q.Days} {
		if !in.has(flag) {
			continue
		}
		n, err := strconv.Atoi(in.given(flag))
		if err != nil || n < 1 {
			return wrongUse("flag --%s: %q won't do; it takes a number from 1 up", flag, in.given(flag))
		}
		*to = n
	}
	return in.printLink(opInvite, q)
}

func (in *invocation) printLink(name string, q order) error {
	out, _, err := in.operate(name, q)
	if err == nil {
		fmt.Fprintln(in.stdout, out.Link)
	}
	return err
}

func userBan(in *invocation) error {
	if _, _, err := in.operate(opBan, order{Email: in.word(0), Reason: in.given("reason")}); err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "%s is banned.\n", in.word(0))
	return nil
}

func userRole(in *invocation) error {
	email, role := in.word(0), in.word(1)
	roles := []string{string(auth.RoleOwner), string(auth.RoleAdmin), string(auth.RoleModerator), string(auth.RoleMember)}
	known := false
	for _, r := range roles {
		known = known || r == role
	}
	if !known {
		if near := config.Nearest(role, roles); near != "" {
			return wrongUse("role %s is unknown; did you mean %s?", role, near)
		}
		return wrongUse("role %s is unknown; there are %s", role, strings.Join(roles, ", "))
	}
	if _, _, err := in.operate(opRole, order{Email: email, Role: auth.Role(role)}); err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "%s is %s now.\n", email, role)
	return nil
}

func userDelete(in *invocation) error {
	email := in.word(0)
	if !in.has("yes") {
		sure, err := in.confirm(fmt.Sprintf("Delete the account of %s for good?", email))
		if err != nil {
			return err
		}
		if !sure {
			return fmt.Errorf("nothing was deleted")
		}
	}
	_, direct, err := in.operate(opDelete, order{Email: email})
	if err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "The account of %s is deleted.\n", email)
	if direct {
		fmt.Fprintln(in.stdout, "The name goes from the messages when the server starts next.")
	}
	return nil
}

// confirm asks a person at a terminal. Who isn't at one has to say --yes.
func (in *invocation) confirm(question string) (bool, error) {
	if !terminal(os.Stdin) {
		return false, wrongUse("nobody is at a terminal to be asked: say --yes if you are sure")
	}
	fmt.Fprintf(in.stderr, "%s [y/N] ", question)
	said, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		fmt.Fprintln(in.stderr)
		return false, nil
	}
	switch strings.ToLower(strings.TrimSpace(said)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}

// terminal tells a person from a pipe, a file, and from nobody.
func terminal(f *os.File) bool {
	is, err := f.Stat()
	if err != nil || is.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	nobody, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(is, nobody)
}

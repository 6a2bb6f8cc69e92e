package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"snug/auth"
	"snug/cmd/snug/internal/config"
)

// An importWriter says what an import did, for the person who ran it. Nobody's
// address is printed unless that was asked for.
type importWriter struct {
	io.Writer
	verbose, dry bool
}

func (w importWriter) report(r *auth.ImportReport) {
	if w.dry {
		fmt.Fprintf(w, "Nothing was changed. This would be taken over:\n")
	} else {
		fmt.Fprintf(w, "Taken over:\n")
	}
	fmt.Fprintf(w, "%7d new people, %d there already\n", r.New, r.Known)
	for _, row := range []struct {
		n    int
		what string
	}{
		{r.Guests, "of them guests"}, {r.Passwords, "passwords: checked as they are, and hashed anew at the next sign-in"},
	} {
		w.row(row.n, row.what)
	}
	for _, provider := range slices.Sorted(maps.Keys(r.Accounts)) {
		w.row(r.Accounts[provider], "accounts at "+provider)
	}
	w.row(r.Passkeys, "passkeys")
	w.row(r.SecondFactors, fmt.Sprintf("second factors, with %d backup codes", r.BackupCodes))
	w.row(r.Completed, "second factors of people there already, which an earlier import couldn't read")
	w.row(r.Sessions, "sessions")
	w.notes("Otherwise than it was:", r.Changed())
	w.notes("Left where it is:", r.Left())
	if r.Tokens > 0 {
		fmt.Fprintf(w, "\nOf the providers' tokens none was kept: %d. Snug needs none.\n", r.Tokens)
	}
}

func (w importWriter) row(n int, what string) {
	if n > 0 {
		fmt.Fprintf(w, "%7d %s\n", n, what)
	}
}

// maxNamed people are named below a note, unless all are asked for.
const maxNamed = 5

func (w importWriter) notes(title string, notes []auth.ImportNote) {
	if len(notes) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, n := range notes {
		w.row(n.Count, n.What)
		named := n.People
		if !w.verbose {
			named = named[:min(len(named), maxNamed)]
		}
		var list []string
		for _, p := range named {
			name := printable(p.ID)
			if name == "" {
				name = "(no id)"
			}
			if w.verbose {
				name += " " + printable(p.Email)
			}
			list = append(list, short(name))
		}
		if more := n.Count - len(named); more > 0 && len(list) > 0 {
			list = append(list, fmt.Sprintf("and %d more", more))
		}
		between := ", "
		if w.verbose {
			between = "\n          "
		}
		if len(list) > 0 {
			fmt.Fprintf(w, "          %s\n", strings.Join(list, between))
		}
	}
}

// short cuts what a file has that nobody would read to its end.
func short(text string) string {
	const most = 200
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// hints say what is still to be done. given is the old server's secret, nil if it
// wasn't named.
func (w importWriter) hints(done importOutcome, cfg config.Config, given []byte) {
	r := done.report
	if list := named(done.inventory.Others); list != "" {
		fmt.Fprintf(w, "\nTables that nobody looked at: %s.\n", list)
	}
	if list := named(done.inventory.OtherColumns); list != "" {
		fmt.Fprintf(w, "\nColumns that Snug has no place for: %s.\n", list)
	}
	_, sessions := done.inventory.Rows["session"]
	var list []string
	hint := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if !r.Owned {
		hint("Nobody is an owner yet: snug user role EMAIL owner")
	}
	switch {
	case !sessions:
		hint("The file has no sessions, as they were kept elsewhere: everybody signs in once more.")
	case r.Sessions == 0:
	case given == nil:
		hint("The sessions live on if SNUG_SECRET or BETTER_AUTH_SECRET is the old server's secret, or SNUG_OLD_SECRETS has it.")
	case accepts(cfg, done.secret, given):
		hint("The sessions live on, for the secret is the same.")
	case len(given) < 32:
		hint("The old server's secret has less than 32 characters, which isn't safe: its sessions end, and everybody signs in once more.")
	default:
		hint("The sessions live on if SNUG_OLD_SECRETS has the old server's secret.")
	}
	if r.Sessions > 0 && !strings.HasPrefix(cfg.BaseURL, "https:") {
		hint("If the old server had https, its cookies are read once SNUG_BASE_URL is the https:// address of this one.")
	}
	for _, provider := range slices.Sorted(maps.Keys(r.Accounts)) {
		if !configured(cfg, provider) {
			hint("Set up the provider %s, with this very id and the client id that it had: people who come from there can't sign in yet.", provider)
		}
	}
	if len(r.Accounts) > 0 {
		base := cfg.BaseURL
		if base == "" {
			base = "SNUG_BASE_URL"
		}
		hint("Callback addresses are what they were, below the base URL: %s/api/auth/callback/ID. Where that changes, tell the provider.", base)
	}
	if r.Passkeys > 0 {
		hint("Passkeys work only under the host name that they were made for.")
	}
	if len(list) > 0 && r.New+r.Known > 0 {
		fmt.Fprintf(w, "\nNext:\n  - %s\n", strings.Join(list, "\n  - "))
	}
}

// named lists what a file calls things.
func named(names []string) string {
	const most = 30
	var list []string
	for _, n := range names[:min(len(names), most)] {
		list = append(list, short(printable(n)))
	}
	if len(names) > most {
		list = append(list, fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(list, ", ")
}

func configured(cfg config.Config, provider string) bool {
	switch provider {
	case "google":
		return cfg.Google.ID != ""
	case "github":
		return cfg.GitHub.ID != ""
	case "twitter":
		return cfg.Twitter.ID != ""
	}
	return slices.ContainsFunc(cfg.OIDC, func(o config.OIDC) bool { return o.ID == provider })
}

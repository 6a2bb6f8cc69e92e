package auth

import (
	"cmp"
	"maps"
	"slices"
)

// maxNoted people are named in a note. The rest are counted.
const maxNoted = 10_000

// An ImportReport says what an import did.
type ImportReport struct {
	New   int // people
	Known int // people who were here already
	// Of the new ones:
	Guests, Passwords, Sessions, Passkeys, SecondFactors, BackupCodes int
	Accounts                                                          map[string]int // at providers, by the provider's id
	Tokens                                                            int            // of providers, which aren't kept
	// Completed are second factors that an earlier import couldn't read.
	Completed int
	Owned     bool // the server has an owner
	changed   map[string]*ImportNote
	left      map[string]*ImportNote
}

// An ImportNote is something that wasn't taken over, or otherwise than it was.
type ImportNote struct {
	What   string // for people: what, and why
	Count  int
	People []ImportPerson // whom it concerns: at most 10,000, once for each time
}

// An ImportPerson is one by the id, and the address as it was in the file.
type ImportPerson struct{ ID, Email string }

func newImportReport() *ImportReport {
	return &ImportReport{Accounts: map[string]int{}, changed: map[string]*ImportNote{}, left: map[string]*ImportNote{}}
}

// Changed are the things that were taken over otherwise than they were.
func (r *ImportReport) Changed() []ImportNote { return sortedNotes(r.changed) }

// Left are the things that were not taken over.
func (r *ImportReport) Left() []ImportNote { return sortedNotes(r.left) }

// sortedNotes has those first that concern most.
func sortedNotes(notes map[string]*ImportNote) []ImportNote {
	var list []ImportNote
	for _, what := range slices.Sorted(maps.Keys(notes)) {
		list = append(list, *notes[what])
	}
	slices.SortStableFunc(list, func(a, b ImportNote) int { return cmp.Compare(b.Count, a.Count) })
	return list
}

// What is taken over otherwise than it was.
const (
	changedName     = "names that can't stand here: made anew from what is left of them, or from the address"
	changedAddress  = "addresses that mail can't reach: in their place there is one that stands for none, and nobody signs in by it"
	changedBan      = "bans that were to end: here they last until snug user unban"
	changedRole     = "roles that there are none of here: now members"
	changedFactor   = "second factors that can't be read: they are asked for and nobody can show them, so that only a provider, a passkey or a session opens the account. Import again with the right secret"
	changedCodes    = "backup codes that can't be read, or are of another make: the authenticator app works"
	changedPicture  = "pictures elsewhere than at Google, GitHub or X: shown to their owner alone, until they upload one"
	changedSession  = "sessions that were to last longer than 30 days: they end then"
	changedMoment   = "people for whom there is no telling when they came: they came today"
	changedNoSecond = "second factors that were begun and never used: not asked for"
)

// What is left where it is.
const (
	leftID         = "people whose id has other characters than letters, digits, - and _, more than 64 of them, or is reserved"
	leftRepeated   = "people with an id that another one in the file has"
	leftTaken      = "people whose address another one in the file has too, who confirmed it or had it first"
	leftAddress    = "people whose address somebody else has here"
	leftStranger   = "people whose id somebody with another address has here, or they themselves by now"
	leftDeleted    = "people who deleted their account here"
	leftGuest      = "guests without a session that they could come back with"
	leftAccount    = "accounts at providers that another user of the file has too, and had first"
	leftElsewhere  = "accounts at providers that somebody else has here"
	leftStrange    = "accounts at providers with an id that can't be one"
	leftLater      = "ways to sign in of people who were here already: added to the file since, or removed here"
	leftHash       = "passwords whose hash is of a make that Snug doesn't know: those people ask for a new password"
	leftSecondHash = "second passwords of one person"
	leftNoHash     = "password accounts without a password"
	leftOver       = "sessions that are over"
	leftForeign    = "sessions in which an admin was somebody else"
	leftBanned     = "sessions of people who are banned"
	leftMany       = "sessions beyond the latest 100 of one person"
	leftOdd        = "sessions without a token or a beginning that can be one"
	leftSession    = "sessions that are somebody else's here"
	leftImage      = "pictures without an https:// address that others could be shown"
	leftPasskey    = "passkeys that can't be read, or beyond the 20 of one person"
	leftKeyTaken   = "passkeys that somebody else has here"
	leftBeyond     = "rows beyond the 1,000 of a table that one person may have"
	leftStray      = "rows that belong to nobody in the file, in table " // and its name
)

func (r *ImportReport) add(more *ImportReport) {
	for _, n := range []struct{ to, by *int }{
		{&r.New, &more.New}, {&r.Known, &more.Known}, {&r.Guests, &more.Guests}, {&r.Passwords, &more.Passwords},
		{&r.Sessions, &more.Sessions}, {&r.Passkeys, &more.Passkeys}, {&r.SecondFactors, &more.SecondFactors},
		{&r.BackupCodes, &more.BackupCodes}, {&r.Tokens, &more.Tokens}, {&r.Completed, &more.Completed},
	} {
		*n.to += *n.by
	}
	for provider, n := range more.Accounts {
		r.Accounts[provider] += n
	}
	for _, notes := range []struct{ to, by map[string]*ImportNote }{{r.changed, more.changed}, {r.left, more.left}} {
		for what, by := range notes.by {
			to := noteOf(notes.to, what)
			to.Count += by.Count
			to.People = append(to.People, by.People[:min(len(by.People), maxNoted-len(to.People))]...)
		}
	}
}

func noteOf(notes map[string]*ImportNote, what string) *ImportNote {
	if notes[what] == nil {
		notes[what] = &ImportNote{What: what}
	}
	return notes[what]
}

func (n *ImportNote) count(p ImportPerson) {
	n.Count++
	if len(n.People) < maxNoted {
		n.People = append(n.People, p)
	}
}

// noteMany counts what is left and nobody's.
func (r *ImportReport) noteMany(what string, n int) {
	if n > 0 {
		noteOf(r.left, what).Count += n
	}
}

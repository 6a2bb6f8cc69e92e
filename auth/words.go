package auth

import "snug/language"

// words are all that auth says to people in one language, in mails and on its own pages.
// What the client shows it says in its own words, by the codes of replies.
type words struct {
	letters [letterKinds]letter
	// copyLink stands below a letter's button, before the link itself.
	copyLink string

	confirm   pageWords // text names the {email}
	errors    map[string]errorWords
	toSignIn  string // buttons of the error page
	toAccount string
	errorCode string // names the {code}
}

// pageWords are those of a page that asks something.
type pageWords struct{ title, text, button string }

// errorWords say what happened, and what to do.
type errorWords struct{ title, text string }

var catalogue = language.Texts[*words]{
	language.English: &english,
	language.Spanish: &spanish,
	language.German:  &german,
	language.Chinese: &chinese,
	language.Arabic:  &arabic,
}

// A letterKind names a mail by what it is about.
type letterKind int

const (
	letterVerify     letterKind = iota // confirm the address of an account
	letterTaken                        // somebody signed up with the address of an account
	letterReset                        // choose a new password
	letterPassword                     // the password is another one
	letterLink                         // sign in
	letterChange                       // have another address: the old one is asked
	letterNewAddress                   // … and the new one
	letterChanged                      // the old address is told
	letterWanted                       // somebody wanted the address of an account for theirs
	letterInvite
	letterDelete // delete the account
	letterKinds
)

// A letter is the words of a mail. In all of them {host} stands for the server, by its
// host and the name that it may have, and {more} for one more word of the mail's own.
// Nothing that a stranger chose stands in a mail, for it may be a stranger who makes us
// send it: addresses alone, which have no room for words, the names of those who may
// invite, and what those call the server who run it.
type letter struct {
	subject string
	above   []string // paragraphs
	button  string   // says what the link does
	below   []string
}

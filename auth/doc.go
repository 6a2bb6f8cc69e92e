// Package auth knows who someone is: accounts, passwords and sessions.
//
// It speaks, below /api/auth/, the HTTP protocol of the better-auth JavaScript
// client (1.3 to 1.7), so that the unmodified client signs people in against it.
// Where that protocol is looser than it should be, this package is strict, in
// ways that the client doesn't notice: see the comments where that is done.
//
// # Sessions
//
// A session is a random token in a signed, HttpOnly cookie. The database holds
// the token's SHA-256 only, and so does the memory: [Identity].SessionKey is that
// hash in hex, a name for the session that opens nothing. GET /get-session alone
// lengthens a session; [Service.Identify] never writes and never sets cookies.
//
// A session ends by sign-out, by being revoked, by a sign-in in the same browser, as
// the oldest of too many, at its time, with its user, and, in favour of one with
// another token, where what opens the account changes. Each of these is told to
// Config.OnSessionEnd: after the end is durable and Identify no longer knows the
// session, and before the HTTP reply leaves. Who keeps something open for a
// session (a socket) has to ask Identify again after having registered it: the
// session may have ended between the first question and the registration.
//
// # Mails
//
// A request that may lead to a mail is answered before anything is looked up for
// it: what it led to is done by one goroutine, from a bounded queue. So neither the
// answer nor its time tells who has an account. Links hold a token of which the
// database has the hash; those that confirm an address hold a JWT instead, as
// better-auth's do, and a hash of that where they work once only.
//
// No address, token or code is logged, with one exception that is meant: where
// Config.Mail is nil a link goes to the log, for whoever runs the server to pass on.
// Who reads that log can sign in as anybody. [Service.SignInLink] makes such a link
// on request.
//
// # Providers
//
// A sign-in at a provider is a flow: a state that is good once, for ten minutes, at
// that provider and in the browser where it began. It is used up before anything
// else is done with what comes back, and every end of it is a redirect: to where
// the page wanted, or to a page with a code that says why not.
//
// An account at a provider is known by the provider's ID and its id there. One that
// is new leads to the user with the same e-mail address if the provider has
// verified it, and we have too. If we haven't, anybody may have signed up with that
// address, so its owner gets the account, and every other way into it is gone. If
// the provider hasn't, nobody is let in by it. No token of a provider is kept.
//
// # Concurrency
//
// All methods may be called concurrently. OnSessionEnd is called from the
// goroutine that ended the session, several of them at once; it must not wait.
package auth

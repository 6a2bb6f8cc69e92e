package auth

import "time"

const (
	// sessionLife is how long a session lives without a visit, and the Max-Age of
	// its cookie.
	sessionLife = 7 * 24 * time.Hour
	// shortLife is that of a session that isn't to be remembered. Its cookie goes
	// with the browser; it never slides.
	shortLife = 24 * time.Hour
	// refreshAge is how old the last extension is before a visit extends again, so
	// that a session is written once a day and not at every page load.
	refreshAge = 24 * time.Hour
	// sessionMaxAge ends any session, however often it is used: a stolen cookie
	// doesn't live for ever.
	sessionMaxAge = 30 * 24 * time.Hour

	// maxSessions per user; a sign-in beyond it ends the oldest. More than a person
	// has devices, few enough to list.
	maxSessions = 100
	// maxUserAgent bytes are kept of the header, for the list of sessions.
	maxUserAgent = 512

	// maxBody of a request in bytes.
	maxBody = 64 << 10
	// maxCandidates is how many cookies of one name are tried. More than one comes
	// from a cookie set for a parent domain; a long row is an attack.
	maxCandidates = 8

	minPassword = 8   // UTF-16 units, as the client counts them
	maxPassword = 128 // the same
	maxEmail    = 254 // bytes: what SMTP can deliver to
	maxName     = 64  // code points
	maxURL      = 2048

	// cacheSize is how many sessions one generation of the cache holds, about 600
	// bytes each; there are two.
	cacheSize = 1 << 15

	// hashWait is how long a sign-in waits for its turn to hash a password before
	// it is told to come back.
	hashWait = 2 * time.Second
	// hashQueue is how many may wait for each that hashes: what hashWait can serve,
	// generously.
	hashQueue = 32

	// legacyEvery is how often sign-in looks whether there still are, or again, hashes
	// that were imported; it takes some 35 ms with 100,000 accounts.
	legacyEvery = 5 * time.Minute

	// limiterSize is how many keys a rate limiter remembers, about 150 bytes each.
	limiterSize = 1 << 16

	// bringInTime is how long a sign-in waits until the person is in a provider's rooms.
	bringInTime = 5 * time.Second

	// stateLife is how long somebody may take to sign in at a provider.
	stateLife = 10 * time.Minute
	// maxFlows are under way in one browser: 10 cookies of 120 bytes or so.
	maxFlows = 10
	// maxExtraScopes may be asked for beyond a provider's own.
	maxExtraScopes = 20
	// maxCallbackField bytes of a field are passed on from a provider's form: codes
	// are known to have 2,000.
	maxCallbackField = 4096
	// maxErrorCode and maxErrorText bytes are shown or passed on of what a provider
	// says went wrong.
	maxErrorCode = 200
	maxErrorText = 500

	// twoFactorLife is how long a sign-in waits for its second factor.
	twoFactorLife = 10 * time.Minute
	// deviceLife is how long a browser may leave out the second factor.
	deviceLife = 30 * 24 * time.Hour
	// maxCodeTries is how many wrong codes end a sign-in that waits for one.
	maxCodeTries = 5
	// maxFailures is how many wrong codes in a row lock the second factor of a user,
	// over all sign-ins. Each one more locks it for twice as long as the one before,
	// until that is maxLock. So whoever knows the password and guesses codes, of which
	// three are right at a time, has one chance in 150 a year.
	maxFailures = 10
	minLock     = 15 * time.Minute
	maxLock     = 4 * time.Hour

	backupCodes  = 10
	backupLength = 10 // letters and digits, 59 bits

	// maxGuests are here at a time, whoever may be behind them.
	maxGuests = 10_000

	// passkeyLife is how long an authenticator may take to answer, its user included.
	passkeyLife = 5 * time.Minute
	// maxPasskeys per user: they are all offered at once.
	maxPasskeys = 20
	// maxPasskeyResponse bytes of JSON may be the answer. It bounds the keys in it, so
	// that checking a signature takes milliseconds.
	maxPasskeyResponse = 16 << 10

	// methodLife is how long a browser remembers how it was signed in last.
	methodLife = 30 * 24 * time.Hour

	// maxSeen sessions are noted as seen between two sweeps.
	maxSeen = 1 << 17
	// seenBatch of them are stored in one transaction, tens of milliseconds, so that sign-ins get
	// their turn in between.
	seenBatch = 1000
	// seenTime is how long Close takes at most to store the last of them.
	seenTime = time.Second

	// maxTokens per user, and the longest that one may be good for.
	maxTokens    = 50
	maxTokenDays = 3650

	// freshAge is how old a session may be for what a password would else be asked
	// for.
	freshAge = 24 * time.Hour

	// maxInvites to the server are open at a time, and maxRoomInvites of one person who makes
	// them into rooms alone.
	maxInvites        = 1000
	maxRoomInvites    = 50
	maxInviteUses     = 1000
	maxInviteDays     = 365
	defaultInviteDays = 7
	// inviteCookieLife is how long a browser holds an invitation that was opened.
	inviteCookieLife = 24 * time.Hour

	// How long the links in mails are good for.
	verifyLife = time.Hour // of a JWT, which better-auth gives an hour
	resetLife  = time.Hour
	changeLife = time.Hour
	linkLife   = 10 * time.Minute
	deleteLife = 24 * time.Hour
	// operatorLinkLife is that of a link that an operator hands over by themselves.
	operatorLinkLife = 15 * time.Minute
	// maxTicket is the length of the longest JWT that is looked at: one with two
	// addresses has a thousand characters.
	maxTicket = 4096
	// expiredKept is how long a link whose time is over is kept, so that it can be told
	// from one that never was.
	expiredKept = time.Hour
	// maxErrands wait to be done. Each costs a write or two: some seconds' work.
	maxErrands = 1024

	// avatarSide of the pictures of people, in pixels: twice the largest that is
	// shown.
	avatarSide     = 256
	maxAvatarBytes = 8 << 20 // of an upload
	maxWanted      = 256     // pictures that wait to be fetched

	// maxGuestsAt one address: a house full of people, and a fraction of all guests.
	maxGuestsAt = 200

	// departRetry is the pause after a deleted account couldn't be forgotten.
	departRetry = 10 * time.Second
	departBatch = 100
	// departRest is how many times as long as forgetting took nothing is forgotten.
	departRest = 9

	// sweepEvery bounds how late the end of a session is noticed when the machine
	// slept through its timer.
	sweepEvery = time.Minute
	// sweepRetry is the pause after a sweep that failed.
	sweepRetry = time.Second
	// waitingAvatars may wait for the one that is looked at, and avatarsOfOne of one person.
	waitingAvatars = 8
	avatarsOfOne   = 1
	// sweepBatch rows are ended in one transaction, so that sign-ins get their turn
	// in between.
	sweepBatch = 500
)

// accountRate is how often sign-in is tried for one e-mail address, from wherever;
// it makes guessing with many machines slow. It is generous, for it also lets
// strangers keep someone out for that long.
func accountRate() Rate { return Rate{Limit: 30, Window: 5 * time.Minute} }

// guesserRate is how many of those tries one machine has: alone it can't use up all,
// and keep the owner of the account out by that.
func guesserRate() Rate { return Rate{Limit: 10, Window: 5 * time.Minute} }

// mailboxRate is how many mails that strangers can ask for one mailbox gets.
func mailboxRate() Rate { return Rate{Limit: 10, Window: time.Hour} }

// senderRate is how many of those one machine may ask for.
func senderRate() Rate { return Rate{Limit: 5, Window: time.Hour} }

// profileRate is how often a person may change their name or picture, or make an invitation: a
// change is told to all who see them, a picture takes a while to look at, and an invitation is a
// line of the audit log, which has an end.
func profileRate() Rate { return Rate{Limit: 20, Window: time.Minute} }

// mailRate is how often one address may make the server send mails.
func mailRate() Rate { return Rate{Limit: 3, Window: time.Minute} }

package httpapi

import "time"

const (
	// maxHeader bytes of a request. Cookies are a few hundred; a chain of proxies
	// adds a few more.
	maxHeader = 32 << 10
	// maxBody bytes of a request. Handlers have lower bounds of their own; this is
	// for those that forget.
	maxBody = 128 << 10
	// maxPicture bytes of an upload: what a phone's camera makes.
	maxPicture = 8 << 20

	headerTimeout = 10 * time.Second // a client that dawdles over its headers
	readTimeout   = 30 * time.Second // … or over its body
	writeTimeout  = 60 * time.Second // … or over our answer; not for sockets
	idleTimeout   = 2 * time.Minute  // longer than browsers keep a connection

	// readyTimeout bounds a probe of the storage; readyFor is how long its answer
	// is good, so that probes can't load the disk.
	readyTimeout = 5 * time.Second
	readyFor     = time.Second

	// pagesAtOnce are read for one person; a page of the longest messages keeps its
	// room busy for some tenths of a second. pagesWaiting more wait, for pageWait at
	// most: every open tab asks at once when the server comes back.
	pagesAtOnce  = 2
	pagesWaiting = 64
	pageWait     = 20 * time.Second

	// searchesAtOnce run, of all people: each may look at 20,000 messages. searchesWaiting
	// more wait, for pageWait at most.
	searchesAtOnce  = 4
	searchesWaiting = 64

	// exportsAtOnce are written, of one for each person: every message that there is
	// has to be looked at for each. exportsWaiting more wait, for pageWait at most.
	exportsAtOnce  = 2
	exportsWaiting = 32

	// downloadsAtOnce are sent to one person, and downloadsWaiting more wait: a page of
	// thumbnails, beside films that stand still.
	downloadsAtOnce  = 32
	downloadsWaiting = 256
	// uploadStep bytes have to come in each readTimeout: some 2 KiB a second.
	uploadStep = 64 << 10
	// uploadCount requests of uploads a person may make in uploadPer: each waits for the
	// disk, in a queue with all others that do.
	uploadCount = 600
	uploadPer   = time.Minute
	// settingCount changes of what is one's own a person may make in settingPer, beside
	// those that rooms and inboxes count: each is a write that all others wait for.
	settingCount = 200
	settingPer   = 10 * time.Second
	// finishTimeout is for looking at an upload when it is whole, and storing it.
	finishTimeout = 6 * time.Minute
	// signedFor is how long a signed address lasts.
	signedFor = time.Hour
	// maxMetadata bytes tell of an upload.
	maxMetadata = 4 << 10

	// upgradeAddresses is how many addresses the upgrade limit remembers, about 100
	// bytes each.
	upgradeAddresses = 1 << 16

	// hstsAge is how long browsers keep to https once they have seen it.
	hstsAge = 365 * 24 * time.Hour
)

// Package place says in words where an IP address is, for a person who looks
// through a list of sessions: "Galway, Ireland".
package place

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/oschwald/maxminddb-golang/v2"
)

const (
	thisComputer = "This computer"
	localNetwork = "Local network"

	// maxName bytes: Bangkok's full name has 168 letters, and no other city's more.
	maxName = 200
	// maxSniff networks are looked at to find out whether a database knows places,
	// some 10 ms. The first ones already do.
	maxSniff = 10_000
)

// Places knows where addresses are. Nil and the zero value work without a
// database: they know this computer and the local network. Methods may be called
// concurrently.
type Places struct {
	mu sync.RWMutex
	db *maxminddb.Reader // nil: none. Close must not unmap what Of reads
}

// Open reads a database in MaxMind's format that has cities or countries, such as
// GeoLite2-City, GeoLite2-Country or DB-IP's City Lite. The file stays mapped into
// memory until Close. A newer one is to be renamed to its place, and is seen by
// the next Open.
func Open(path string) (*Places, error) {
	// Its cache of strings is for those who look up all day, and locks where a fault
	// of memory (see lookUp) would leave it locked.
	db, err := maxminddb.Open(path, maxminddb.DisableStringCache())
	if err != nil {
		return nil, fmt.Errorf("open places %s: %w", path, err)
	}
	if err := sniff(db); err != nil {
		return nil, errors.Join(fmt.Errorf("open places %s: %w", path, err), db.Close())
	}
	return &Places{db: db}, nil
}

// Close forgets the database. Of goes on without it.
func (p *Places) Close() error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.db == nil {
		return nil
	}
	db := p.db
	p.db = nil
	if err := db.Close(); err != nil {
		return fmt.Errorf("close places: %w", err)
	}
	return nil
}

// Of returns "This computer", "Local network", "Galway, Ireland", "Ireland", or ""
// for an address that is elsewhere, one knows not where. A database that is
// damaged, or whose records have another form, knows less; it never makes Of fail.
func (p *Places) Of(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	switch {
	case addr.IsLoopback():
		return thisComputer
	case addr.IsPrivate(), addr.IsLinkLocalUnicast(), carrierGrade(addr):
		return localNetwork
	case !addr.IsGlobalUnicast() || p == nil: // the invalid address is neither
		return ""
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.db == nil {
		return ""
	}
	return lookUp(p.db, addr)
}

// carrierGrade addresses (RFC 6598) are those behind a provider's or a private
// overlay's translation: nobody comes from there over the internet.
func carrierGrade(addr netip.Addr) bool {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10).Contains(addr)
}

// lookUp outlives a file that is cut short while it is mapped: reading beyond its
// end is a fault of memory, which would end the process.
func lookUp(db *maxminddb.Reader, addr netip.Addr) (place string) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			place = ""
		}
	}()
	return words(db.Lookup(addr))
}

// words reads each name by itself, so that one of another form spoils none else.
func words(record maxminddb.Result) string {
	city, country := name(record, "city"), name(record, "country")
	switch {
	case city == "" || city == country: // Singapore
		return country
	case country == "":
		return city
	}
	return city + ", " + country
}

// name returns the English name; "" where there is none that can be shown.
func name(record maxminddb.Result, of string) string {
	var s string
	if err := record.DecodePath(&s, of, "names", "en"); err != nil {
		return ""
	}
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(s) > maxName || !utf8.ValidString(s) || strings.ContainsFunc(s, unprintable) {
		return ""
	}
	return s
}

// sniff returns an error unless the database has the name of a place. What a
// database calls itself doesn't tell: anyone may make one.
func sniff(db *maxminddb.Reader) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read it: %v", r)
		}
	}()
	left := maxSniff
	for record := range db.Networks() {
		if err := record.Err(); err != nil {
			return fmt.Errorf("read it: %w", err)
		}
		if words(record) != "" {
			return nil
		}
		if left--; left == 0 {
			break
		}
	}
	return fmt.Errorf("%s names no cities and no countries", db.Metadata.DatabaseType)
}

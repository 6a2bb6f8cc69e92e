package place_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"snug/place"
)

var seedFlag = flag.Uint64("seed", 0, "of the random tests; 0: another one each time")

type (
	m = mmdbtype.Map
	s = mmdbtype.String
)

func named(en string) m { return m{"names": m{"de": s("auf Deutsch"), "en": s(en)}} }

// database writes the bytes of a database with these networks.
func database(t testing.TB, kind string, version int, networks map[string]mmdbtype.DataType) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, IPVersion: version, BuildEpoch: 1, IncludeReservedNetworks: true, RecordSize: 24})
	if err != nil {
		t.Fatal(err)
	}
	for cidr, record := range networks {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, record); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := tree.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var cities = map[string]mmdbtype.DataType{
	"81.2.69.0/24":    m{"city": named("Galway"), "country": named("Ireland"), "registered_country": named("Elsewhere"), "location": m{"latitude": mmdbtype.Float64(53.3)}},
	"81.2.70.0/24":    m{"country": named("Ireland")},
	"81.2.71.0/24":    m{"city": named("Singapore"), "country": named("Singapore")},
	"2a02:8084::/32":  m{"city": named("Zürich"), "country": named("Switzerland")},
	"10.0.0.0/8":      m{"city": named("Nowhere"), "country": named("Liar")},
	"127.0.0.0/8":     m{"city": named("Nowhere"), "country": named("Liar")},
	"224.0.0.0/4":     m{"city": named("Nowhere"), "country": named("Liar")},
	"198.51.100.0/30": m{"city": named("Cork"), "country": m{"iso_code": s("IE"), "names": m{"de": s("Irland")}}},
	"198.51.100.4/30": m{"city": m{"geoname_id": mmdbtype.Uint32(1)}, "country": m{"iso_code": s("IE")}},
}

// weird records are those of other makers, and of none in their senses.
var weird = map[string]struct {
	record mmdbtype.DataType
	want   string
}{
	"203.0.113.1/32":  {s("Galway"), ""},
	"203.0.113.2/32":  {m{}, ""},
	"203.0.113.3/32":  {m{"city": s("Galway"), "country": named("Ireland")}, "Ireland"},
	"203.0.113.4/32":  {m{"city": m{"names": s("Galway")}, "country": named("Ireland")}, "Ireland"},
	"203.0.113.5/32":  {m{"city": m{"names": mmdbtype.Slice{s("Galway")}}, "country": named("Ireland")}, "Ireland"},
	"203.0.113.6/32":  {m{"city": m{"names": m{"en": mmdbtype.Uint64(1 << 60)}}, "country": named("Ireland")}, "Ireland"},
	"203.0.113.7/32":  {m{"city": named("Galway"), "country": mmdbtype.Slice{named("Ireland")}}, "Galway"},
	"203.0.113.8/32":  {m{"city": named(""), "country": named("Ireland")}, "Ireland"},
	"203.0.113.9/32":  {m{"city": named("Gal\nway"), "country": named("Ireland")}, "Ireland"},
	"203.0.113.10/32": {m{"city": named("\u202eyawlaG"), "country": named("Ireland")}, "Ireland"},
	"203.0.113.11/32": {m{"city": named("\xff\xfe"), "country": named("Ireland")}, "Ireland"},
	"203.0.113.12/32": {m{"city": named(strings.Repeat("x", 201)), "country": named("Ireland")}, "Ireland"},
	"203.0.113.13/32": {m{"city": named("<b>Galway</b> & 'so'"), "country": named("Ireland")}, "<b>Galway</b> & 'so', Ireland"}, // the page escapes
	"203.0.113.14/32": {mmdbtype.Slice{}, ""},
	"203.0.113.15/32": {mmdbtype.Bool(true), ""},
	"203.0.113.16/32": {m{"city": named(strings.Repeat("ö", 100))}, strings.Repeat("ö", 100)},
}

func write(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "city.mmdb")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string) *place.Places {
	t.Helper()
	p, err := place.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func want(t *testing.T, p *place.Places, addr, words string) {
	t.Helper()
	if got := p.Of(netip.MustParseAddr(addr)); got != words {
		t.Errorf("%s is %q, want %q", addr, got, words)
	}
}

// known are the addresses that need no database.
var known = map[string]string{
	"127.0.0.1":            "This computer",
	"127.9.9.9":            "This computer",
	"::1":                  "This computer",
	"::ffff:127.0.0.1":     "This computer",
	"10.0.0.1":             "Local network",
	"172.16.0.1":           "Local network",
	"172.31.255.255":       "Local network",
	"192.168.1.1":          "Local network",
	"::ffff:192.168.1.1":   "Local network",
	"169.254.1.1":          "Local network",
	"100.64.0.1":           "Local network",
	"100.127.255.255":      "Local network",
	"::ffff:100.100.0.1":   "Local network",
	"fe80::1":              "Local network",
	"fe80::1%eth0":         "Local network",
	"fd00::1":              "Local network",
	"fc00::1":              "Local network",
	"100.63.255.255":       "",
	"100.128.0.0":          "",
	"172.32.0.1":           "",
	"9.255.255.255":        "",
	"0.0.0.0":              "",
	"::":                   "",
	"255.255.255.255":      "",
	"224.0.0.1":            "",
	"ff02::1":              "",
	"8.8.8.8":              "",
	"2001:4860:4860::8888": "",
	"6440::1":              "", // its first bytes are those of 100.64.0.0
}

func TestWithoutDatabase(t *testing.T) {
	closed := open(t, write(t, database(t, "Test-City", 6, cities)))
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*place.Places{"nil": nil, "zero": {}, "closed": closed} {
		for addr, words := range known {
			want(t, p, addr, words)
		}
		want(t, p, "81.2.69.1", "")
		if got := p.Of(netip.Addr{}); got != "" {
			t.Errorf("%s: no address is %q", name, got)
		}
		if err := p.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCities(t *testing.T) {
	p := open(t, write(t, database(t, "Test-City", 6, cities)))
	for addr, words := range known { // whatever the database says of them
		want(t, p, addr, words)
	}
	for addr, words := range map[string]string{
		"81.2.69.142":         "Galway, Ireland",
		"::ffff:81.2.69.142":  "Galway, Ireland",
		"81.2.70.1":           "Ireland",
		"81.2.71.1":           "Singapore",
		"2a02:8084::1":        "Zürich, Switzerland",
		"2a02:8084::1%eth0":   "Zürich, Switzerland",
		"2a02:8085::1":        "",
		"198.51.100.1":        "Cork",
		"198.51.100.5":        "",
		"2002:5102:458e::1":   "Galway, Ireland", // 6to4
		"81.2.72.1":           "",
		"::ffff:198.51.100.1": "Cork",
	} {
		want(t, p, addr, words)
	}
	if got := p.Of(netip.Addr{}); got != "" {
		t.Errorf("no address is %q", got)
	}
}

func TestDatabaseOfIPv4(t *testing.T) {
	v4 := map[string]mmdbtype.DataType{"81.2.69.0/24": cities["81.2.69.0/24"]}
	p := open(t, write(t, database(t, "Test-City", 4, v4)))
	want(t, p, "81.2.69.142", "Galway, Ireland")
	want(t, p, "::ffff:81.2.69.142", "Galway, Ireland")
	want(t, p, "2a02:8084::1", "")
	want(t, p, "::1", "This computer")
}

func TestWeirdRecords(t *testing.T) {
	networks := map[string]mmdbtype.DataType{}
	for cidr, c := range weird {
		networks[cidr] = c.record
	}
	p := open(t, write(t, database(t, "Anything", 6, networks)))
	for cidr, c := range weird {
		want(t, p, netip.MustParsePrefix(cidr).Addr().String(), c.want)
	}
}

func TestNoDatabaseOfPlaces(t *testing.T) {
	asn := database(t, "GeoLite2-ASN", 6, map[string]mmdbtype.DataType{
		"81.2.69.0/24": m{"autonomous_system_number": mmdbtype.Uint32(64512), "autonomous_system_organization": s("Ireland")},
	})
	good := database(t, "Test-City", 6, cities)
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"ASN":       {asn, "GeoLite2-ASN names no cities and no countries"},
		"empty":     {nil, "file is empty"},
		"no mmdb":   {[]byte(strings.Repeat("city,country\n", 1000)), ""},
		"no record": {database(t, "Test-City", 6, nil), "names no cities"},
		"half":      {good[:len(good)/2], ""},
		"end only":  {good[len(good)/2:], ""},
		"zeros":     {append(make([]byte, len(good)-200), good[len(good)-200:]...), ""},
	} {
		p, err := place.Open(write(t, c.content))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "open places ") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if p != nil {
			t.Errorf("%s: there are places", name)
		}
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "none.mmdb"), t.TempDir()} {
		if _, err := place.Open(path); err == nil {
			t.Errorf("%s is opened", path)
		}
	}
}

// askAll asks for addresses of all kinds; the answers don't matter.
func askAll(p *place.Places) {
	for cidr := range cities {
		p.Of(netip.MustParsePrefix(cidr).Addr())
	}
	for cidr := range weird {
		p.Of(netip.MustParsePrefix(cidr).Addr())
	}
}

// A damaged file isn't opened, or knows less: it never brings the server down.
func TestDamagedFile(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	good := database(t, "Test-City", 6, cities)
	path := filepath.Join(t.TempDir(), "city.mmdb")
	opened := 0
	try := func(content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := place.Open(path)
		if err != nil {
			return
		}
		opened++
		askAll(p)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	for n := range len(good) {
		if n%7 == 0 || n < 200 || n > len(good)-200 {
			try(good[:n])
			try(good[n:])
		}
	}
	for range 2000 {
		bad := bytes.Clone(good)
		for range 1 + rng.IntN(20) {
			bad[rng.IntN(len(bad))] = byte(rng.Uint32())
		}
		try(bad)
	}
	if opened < 100 {
		t.Errorf("only %d files were opened: the damage tests nothing", opened)
	}
}

// Somebody copies a new database over the one that is in use.
func TestFileIsCutWhileInUse(t *testing.T) {
	networks := map[string]mmdbtype.DataType{}
	for i := range 2000 {
		networks[fmt.Sprintf("81.%d.%d.0/24", i/250, i%250)] = m{"city": named(fmt.Sprintf("City %d", i)), "country": named("Ireland")}
	}
	content := database(t, "Test-City", 6, networks)
	path := write(t, content)
	p := open(t, path)
	want(t, p, "81.2.69.1", "City 569, Ireland")
	for _, size := range []int{len(content) / 2, 5000, 0} {
		if err := os.Truncate(path, int64(size)); err != nil {
			t.Fatal(err)
		}
		for i := range 2000 {
			p.Of(netip.AddrFrom4([4]byte{81, byte(i / 250), byte(i % 250), 1}))
		}
	}
	want(t, p, "81.2.69.1", "")
	want(t, p, "127.0.0.1", "This computer")
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestAtOnce(t *testing.T) {
	p := open(t, write(t, database(t, "Test-City", 6, cities)))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 1000 {
				if got := p.Of(netip.MustParseAddr("81.2.69.1")); got != "Galway, Ireland" && got != "" {
					t.Errorf("got %q", got)
				}
				askAll(p)
			}
			if i == 0 { // while the others still ask
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	want(t, p, "81.2.69.1", "")
}

func FuzzOf(f *testing.F) {
	networks := map[string]mmdbtype.DataType{}
	for cidr, record := range cities {
		networks[cidr] = record
	}
	for cidr, c := range weird {
		networks[cidr] = c.record
	}
	p := open(f, write(f, database(f, "Test-City", 6, networks)))
	f.Add([]byte{81, 2, 69, 1}, "")
	f.Add([]byte{127, 0, 0, 1}, "")
	f.Add(bytes.Repeat([]byte{0xfe}, 16), "eth0")
	f.Add(append(append(make([]byte, 10), 0xff, 0xff), 203, 0, 113, 5), "")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, bits []byte, zone string) {
		addr, _ := netip.AddrFromSlice(bits)
		addr = addr.WithZone(zone)
		got, bare := p.Of(addr), (*place.Places)(nil).Of(addr)
		if bare != "" && got != bare {
			t.Errorf("%v is %q, with a database %q", addr, bare, got)
		}
		if mapped := p.Of(addr.Unmap()); mapped != got {
			t.Errorf("%v is %q, %q without its mapping", addr, got, mapped)
		}
		if len(got) > 402 || strings.ContainsAny(got, "\n\x00") {
			t.Errorf("%v is %q", addr, got)
		}
	})
}

package repolint

import (
	"strconv"
	"strings"
	"testing"
)

const module = "snug/"

// arrow says what the code of a package (and of those below it that have no
// row of their own) may import beside the standard library and its own
// internal packages. Tests may use further test kits, but see neverEvenInTests.
type arrow struct {
	pkg  string
	may  []string // import paths; one that ends in / stands for all below it
	why  string
	free bool // may import anything
}

var arrows = []arrow{
	{pkg: "cmd/snug", free: true, why: "it wires everything"},
	{pkg: "httpapi", may: []string{"snug/chat", "snug/auth", "snug/files", "snug/search", "snug/attention", "snug/push", "snug/exactjson", "snug/language", "snug/web", "snug/internal/openapi"},
		why: "HTTP only translates; what it needs of storage, it asks chat and auth for"},
	{pkg: "web", why: "it only serves files; the client knows the server by the wire protocol alone"},
	{pkg: "chat", may: []string{"snug/durable", "snug/db", "snug/exactjson", "snug/line"},
		why: "the domain knows neither HTTP routes nor accounts nor a storage engine"},
	{pkg: "search", may: []string{"snug/chat", "snug/db", "golang.org/x/text/"},
		why: "it follows the rooms and is told nothing by them but that there is something new"},
	{pkg: "attention", may: []string{"snug/chat", "snug/db", "snug/language", "snug/line"},
		why: "it follows the rooms as search does; how devices and mailboxes are reached is given to it"},
	{pkg: "push", may: []string{"snug/db"},
		why: "it wakes devices, and knows neither rooms nor why; the network that strangers name is given to it"},
	{pkg: "push/pushtest", why: "a test kit: the receiving side of pushes shares nothing with the sending one"},
	{pkg: "preview", may: []string{"snug/chat", "snug/fetch", "snug/turns", "golang.org/x/net/html", "golang.org/x/net/html/"},
		why: "what strangers' pages say is read apart from what people say"},
	{pkg: "auth", may: []string{"snug/auth/oauth", "snug/auth/betterauth", "snug/db", "snug/language", "snug/line", "snug/picture", "snug/turns", "snug/internal/openapi", "golang.org/x/crypto/", "golang.org/x/text/", "github.com/go-webauthn/webauthn/"},
		why: "credentials are reviewed alone"},
	{pkg: "auth/oauth", may: []string{"golang.org/x/oauth2", "golang.org/x/oauth2/", "github.com/coreos/go-oidc/v3/"},
		why: "it signs people in elsewhere and knows neither accounts nor sessions"},
	{pkg: "auth/betterauth", may: []string{"modernc.org/sqlite"},
		why: "what is in files from anywhere is read apart, and judged above"},
	{pkg: "bench/peers/go", free: true, why: "a module of its own: the servers that are measured beside ours are nobody's dependency"},
	{pkg: "auth/providertest", free: true, why: "a module of its own: the servers that it starts are nobody's dependency"},
	{pkg: "mail", may: []string{"github.com/wneessen/go-mail", "github.com/wneessen/go-mail/smtp"},
		why: "it sends what it is given, and knows neither accounts nor what the links open"},
	{pkg: "mail/mailtest", may: []string{"snug/mail", "github.com/emersion/go-smtp"},
		why: "a test kit that other packages' tests read their mails with"},
	{pkg: "certs", may: []string{"github.com/mholt/acmez/v3", "github.com/mholt/acmez/v3/acme"},
		why: "keys are handled apart, and it knows no server that shows them"},
	{pkg: "certs/certstest", may: []string{"github.com/letsencrypt/pebble/v2/", "github.com/miekg/dns"},
		why: "a test kit: a certificate authority for other packages' tests"},
	{pkg: "place", may: []string{"github.com/oschwald/maxminddb-golang/v2"},
		why: "it knows addresses, and nobody's"},
	{pkg: "db", may: []string{"modernc.org/sqlite", "modernc.org/sqlite/"},
		why: "it opens the tables' database and knows no table"},
	{pkg: "db/dbtest", may: []string{"snug/db"}, why: "a test kit that other packages' tests have their tables from"},
	{pkg: "durable", may: []string{"golang.org/x/"},
		why: "the runtime knows nothing of chat, so that it can be tested and measured with a counter"},
	{pkg: "durable/durabletest", may: []string{"snug/durable"},
		why: "a test kit that drags in a storage engine would test it along"},
	{pkg: "durable/store/pebble", may: []string{"snug/durable", "github.com/cockroachdb/pebble/v2", "github.com/cockroachdb/pebble/v2/"},
		why: "a backend implements what durable asks for and nothing above knows which one it is"},
	{pkg: "blob", may: []string{"github.com/minio/minio-go/v7", "github.com/minio/minio-go/v7/pkg/credentials"},
		why: "it keeps bytes under keys, and knows neither files nor those whose they are"},
	{pkg: "files", may: []string{"snug/blob", "snug/db", "snug/picture", "snug/turns", "golang.org/x/text/unicode/norm"},
		why: "it keeps what people upload, and knows neither rooms nor HTTP"},
	{pkg: "fetch", why: "what strangers make the server fetch is judged here, so it is reviewed alone"},
	{pkg: "language", why: "it knows languages and no texts, so that each package keeps its own"},
	{pkg: "turns", why: "what is done in turn is nothing to it, so that pictures and links share it"},
	{pkg: "exactjson", why: "frames and bodies are read with it, so it knows neither"},
	{pkg: "line", why: "what names may hold is the same for rooms and people, so it knows neither"},
	{pkg: "picture", may: []string{"golang.org/x/image/"},
		why: "what strangers make the server decode is bounded here, so it is reviewed alone"},
	{pkg: "bench", may: []string{"github.com/coder/websocket"},
		why: "it knows the wire protocol only, so that it measures what a client sees"},
	{pkg: "e2e", may: []string{"github.com/coder/websocket"},
		why: "it knows the wire protocol only, so that it tests what a client sees"},
	{pkg: "internal/openapi", why: "routes are described with it, so it is nothing but words"},
	{pkg: "internal/tsgen", may: []string{"snug/internal/gosource"}, why: "it reads source, and needs none of it to run"},
	{pkg: "internal/apigen", may: []string{"snug/httpapi", "snug/internal/gosource", "snug/internal/openapi"},
		why: "it writes down what the routes say of themselves"},
	{pkg: "internal", why: "tools of the repository stand apart from what they look at"},
}

// neverEvenInTests holds what no file of from may import, tests included.
var neverEvenInTests = []struct{ from, imported, why string }{
	{"chat", "snug/auth", "chat and auth never meet: httpapi turns an Identity into an Actor"},
	{"auth", "snug/chat", "chat and auth never meet: httpapi turns an Identity into an Actor"},
	{"files", "snug/chat", "chat and files never meet: cmd/snug gives each what it needs of the other"},
	{"chat", "snug/files", "chat and files never meet: cmd/snug gives each what it needs of the other"},
	{"chat", "snug/attention", "attention follows chat: cmd/snug gives chat the counts of mentions"},
	{"durable", "snug/chat", "a test of the runtime that needs a room tests the room"},
	{"durable", "snug/auth", "the runtime knows nobody"},
	{"bench", "snug/", "it knows the wire protocol only"},
	{"e2e", "snug/", "it knows the wire protocol only"},
	{"", "snug/cmd/", "the program imports packages, never the other way round"},
}

// nowhere holds standard packages with a better way to do what they do.
var nowhere = map[string]string{
	"log":            "log with the *slog.Logger that you were given",
	"expvar":         "it registers on a global mux: two servers run in one process",
	"net/http/pprof": "it registers on a global mux: two servers run in one process",
	"math/rand":      "math/rand/v2 where a test needs a seed, crypto/rand elsewhere",
	"io/ioutil":      "io and os have it",
}

func TestImportArrows(t *testing.T) {
	for _, f := range goFiles(t) {
		rule, ok := arrowOf(f.pkg)
		if !ok {
			t.Errorf("%s: package %q has no row in the table of arrows", f.path, f.pkg)
			continue
		}
		for _, spec := range f.ast.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			for _, ban := range neverEvenInTests {
				if within(f.pkg, ban.from) && matches(path, ban.imported) && !ownInternal(f.pkg, path) {
					t.Errorf("%s imports %s: %s", f.path, path, ban.why)
				}
			}
			example := strings.HasSuffix(f.path, "example_test.go") // log.Fatal is how an example gives up
			if why, ok := nowhere[path]; ok && !(example && path == "log") {
				t.Errorf("%s imports %s: %s", f.path, path, why)
			}
			if f.test || rule.free || standard(path) || ownInternal(f.pkg, path) {
				continue
			}
			if !anyMatches(path, rule.may) {
				t.Errorf("%s imports %s, which %s may not: %s", f.path, path, rule.pkg, rule.why)
			}
		}
	}
}

// Rules that nothing matches would pass for ever.
func TestArrowsPointAtPackages(t *testing.T) {
	have := map[string]bool{}
	for _, f := range goFiles(t) {
		have[f.pkg] = true
	}
	for _, rule := range arrows {
		for _, path := range rule.may {
			if pkg, ours := strings.CutPrefix(path, module); ours && len(have) > 0 && !have[pkg] {
				t.Errorf("the row of %s allows %s, which isn't there", rule.pkg, path)
			}
		}
	}
}

// arrowOf returns the row with the longest name that holds pkg.
func arrowOf(pkg string) (best arrow, ok bool) {
	for _, rule := range arrows {
		if within(pkg, rule.pkg) && len(rule.pkg) >= len(best.pkg) {
			best, ok = rule, true
		}
	}
	return best, ok
}

func within(pkg, folder string) bool {
	return folder == "" || pkg == folder || strings.HasPrefix(pkg, folder+"/")
}

func matches(path, pattern string) bool {
	if strings.HasSuffix(pattern, "/") {
		return strings.HasPrefix(path, pattern)
	}
	return path == pattern
}

func anyMatches(path string, patterns []string) bool {
	for _, p := range patterns {
		if matches(path, p) {
			return true
		}
	}
	return false
}

// standard: its first element has no dot and it isn't ours.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && !strings.HasPrefix(path, module)
}

// ownInternal: the compiler already guards internal packages; they are one
// piece with their importer.
func ownInternal(pkg, path string) bool {
	for _, top := range []string{"cmd/snug", "durable"} {
		if within(pkg, top) && strings.HasPrefix(path, module+top+"/internal/") {
			return true
		}
	}
	return false
}

package config_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/cmd/snug/internal/config"
)

// sources is one start of the program: what stands where.
type sources struct {
	args   []string
	env    []string
	dotenv string
	toml   string
}

func load(t *testing.T, s sources) (*config.Loaded, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{".env": s.dotenv, "snug.toml": s.toml} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Load(s.args, s.env, dir)
}

func TestDefaults(t *testing.T) {
	got, err := load(t, sources{env: []string{"PATH=/bin", "HOME=/root"}})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Addr: "127.0.0.1:3000", Data: "./data",
		TLS:      config.TLS{Directory: "https://acme-v02.api.letsencrypt.org/directory"},
		PostRate: config.Rate{Count: 10, Per: 10 * time.Second}, AuthRate: config.Rate{Count: 3, Per: 10 * time.Second},
		UpgradeRate: config.Rate{Count: 100, Per: 10 * time.Second},
		SignUp:      config.SignUp{Mode: "open"}, Passwords: true, OAuthCallback: "direct",
		SMTP:       config.SMTP{TLS: "starttls"},
		MaxMessage: 10_000, Heartbeat: 25 * time.Second, MinFree: 64 << 20, LogLevel: slog.LevelInfo, LogFormat: "text",
		MaxFile: 100 << 20, FileQuota: 2 << 30, MaxUploads: 30, Previews: true, Search: true, ImageWorkers: 1,
	}
	if !reflect.DeepEqual(got.Config, want) {
		t.Errorf("got  %+v\nwant %+v", got.Config, want)
	}
}

func TestPrecedence(t *testing.T) {
	all := sources{
		args:   []string{"--addr", ":1"},
		env:    []string{"SNUG_ADDR=:2"},
		dotenv: "SNUG_ADDR=:3\n",
		toml:   `addr = ":4"`,
	}
	for _, step := range []struct {
		name, want string
		drop       func(*sources)
	}{
		{"flag", ":1", func(s *sources) { s.args = nil }},
		{"environment", ":2", func(s *sources) { s.env = nil }},
		{".env", ":3", func(s *sources) { s.dotenv = "" }},
		{"file", ":4", func(s *sources) { s.toml = "" }},
		{"default", "127.0.0.1:3000", func(*sources) {}},
	} {
		got, err := load(t, all)
		if err != nil {
			t.Fatal(err)
		}
		if got.Addr != step.want {
			t.Errorf("%s: addr is %q, want %q", step.name, got.Addr, step.want)
		}
		step.drop(&all)
	}
}

func TestValues(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   sources
		got  func(*config.Loaded) any
		want any
	}{
		{"flag with =", sources{args: []string{"-addr=:9"}}, func(c *config.Loaded) any { return c.Addr }, ":9"},
		{"switch", sources{args: []string{"--insecure-http", "--base-url", "http://pi.local:3000/"}}, func(c *config.Loaded) any { return c.BaseURL }, "http://pi.local:3000"},
		{"origin is normalised", sources{env: []string{"SNUG_BASE_URL=HTTPS://Chat.Example.com:443/"}}, func(c *config.Loaded) any { return c.BaseURL }, "https://chat.example.com"},
		{"loopback needs no https", sources{env: []string{"SNUG_BASE_URL=http://localhost:3000"}}, func(c *config.Loaded) any { return c.BaseURL }, "http://localhost:3000"},
		{"IPv6 loopback", sources{env: []string{"SNUG_BASE_URL=http://[::1]:3000"}}, func(c *config.Loaded) any { return c.BaseURL }, "http://[::1]:3000"},
		{"list", sources{env: []string{"SNUG_TRUSTED_ORIGINS=https://a.example, http://b.example:80 ,"}}, func(c *config.Loaded) any { return c.TrustedOrigins }, []string{"https://a.example", "http://b.example"}},
		{"wildcard origins", sources{env: []string{"SNUG_TRUSTED_ORIGINS=https://*.Example.org/,*.example.org:8443,https://app-*-us.example.com,http://*.localhost:5173"}},
			func(c *config.Loaded) any { return c.TrustedOrigins },
			[]string{"https://*.example.org", "*.example.org:8443", "https://app-*-us.example.com", "http://*.localhost:5173"}},
		{"an empty flag takes back", sources{args: []string{"--addr="}, env: []string{"SNUG_ADDR=:2"}}, func(c *config.Loaded) any { return c.Addr }, "127.0.0.1:3000"},
		{"list in a file", sources{toml: `trusted-proxies = ["10.1.2.3/8", "::ffff:192.0.2.1"]`}, func(c *config.Loaded) any { return c.TrustedProxies },
			[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32")}},
		{"numbers and switches in a file", sources{toml: "max-message = 12\ninsecure-http = true"}, func(c *config.Loaded) any { return c.MaxMessage }, 12},
		{"rate", sources{env: []string{"SNUG_POST_RATE=100/1m30s"}}, func(c *config.Loaded) any { return c.PostRate }, config.Rate{Count: 100, Per: 90 * time.Second}},
		{"rate off", sources{env: []string{"SNUG_AUTH_RATE=0"}}, func(c *config.Loaded) any { return c.AuthRate }, config.Rate{}},
		{"days", sources{env: []string{"SNUG_RETAIN_AGE=90d"}}, func(c *config.Loaded) any { return c.RetainAge }, 90 * 24 * time.Hour},
		{"days and hours", sources{env: []string{"SNUG_RETAIN_AGE=1d12h"}}, func(c *config.Loaded) any { return c.RetainAge }, 36 * time.Hour},
		{"size", sources{env: []string{"SNUG_MIN_FREE=2GiB"}}, func(c *config.Loaded) any { return c.MinFree }, int64(2 << 30)},
		{"size in bytes", sources{toml: "min-free = 0"}, func(c *config.Loaded) any { return c.MinFree }, int64(0)},
		{"level", sources{env: []string{"SNUG_LOG_LEVEL=debug"}}, func(c *config.Loaded) any { return c.LogLevel }, slog.LevelDebug},
		{"empty variable is not set", sources{env: []string{"SNUG_ADDR="}}, func(c *config.Loaded) any { return c.Addr }, "127.0.0.1:3000"},
		{"the first system's name for the secret", sources{env: []string{"BETTER_AUTH_SECRET=" + secret}}, func(c *config.Loaded) any { return c.Secret }, secret},
		{".env quotes, comments, export", sources{dotenv: "# hello\n\nexport SNUG_ADDR=\":7\" # there\nSNUG_DATA=x y # z\n"},
			func(c *config.Loaded) any { return c.Addr + "|" + c.Data }, ":7|x y"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := tt.got(c); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

const secret = "0123456789abcdef0123456789abcdefXYZ"

func TestErrorsSayWhatAndWhereAndWhatWouldBeRight(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   sources
		want []string // parts of the error
	}{
		{"unknown flag", sources{args: []string{"--adr", ":1"}}, []string{"--adr", "--addr"}},
		{"unknown variable", sources{env: []string{"SNUG_BASEURL=x"}}, []string{"SNUG_BASEURL", "SNUG_BASE_URL"}},
		{"unknown key in .env", sources{dotenv: "SNUG_ADDR=:1\nSNUG_DATE=x\n"}, []string{".env line 2", "SNUG_DATE", "SNUG_DATA"}},
		{"unknown key in the file", sources{toml: `post_rate = "1/1s"`}, []string{"snug.toml", "post_rate", "post-rate"}},
		{"a table in the file", sources{toml: "[addr]\nport = 3"}, []string{"snug.toml", "addr"}},
		{"not TOML", sources{toml: "addr = "}, []string{"snug.toml", "line 1"}},
		{"nothing near", sources{args: []string{"--frobnicate"}}, []string{"--frobnicate", "snug help"}},
		{"missing value", sources{args: []string{"--addr"}}, []string{"--addr", "missing"}},
		{"argument", sources{args: []string{"now"}}, []string{`"now"`}},
		{"not a line", sources{dotenv: "hello\n"}, []string{".env line 1"}},
		{"config file isn't there", sources{args: []string{"--config", "nope.toml"}}, []string{"nope.toml"}},

		{"addr", sources{args: []string{"--addr", "localhost"}}, []string{"addr", `"localhost"`, "host:port", "flag --addr"}},
		{"addr port", sources{args: []string{"--addr", ":70000"}}, []string{"addr", `":70000"`}},
		{"base url path", sources{args: []string{"--base-url", "https://x.example/chat"}}, []string{"base-url", "without a path"}},
		{"base url scheme", sources{args: []string{"--base-url", "x.example"}}, []string{"base-url", "https://"}},
		{"plain http", sources{env: []string{"SNUG_BASE_URL=http://chat.example.com"}}, []string{"base-url", "environment SNUG_BASE_URL", "https", "insecure-http"}},
		{"plain http in private", sources{env: []string{"SNUG_BASE_URL=http://192.168.0.2:3000"}}, []string{"insecure-http"}},
		{"wildcard origin of everyone", sources{args: []string{"--trusted-origins", "https://*"}}, []string{"trusted-origins", "https://*.example.com"}},
		{"wildcard at the end", sources{args: []string{"--trusted-origins", "https://app.example.*"}}, []string{"trusted-origins"}},
		{"wildcard in a name", sources{args: []string{"--trusted-origins", "*example.org"}}, []string{"trusted-origins"}},
		{"wildcard with the scheme's port", sources{args: []string{"--trusted-origins", "https://*.example.org:443"}}, []string{"trusted-origins"}},
		{"wildcard scheme", sources{args: []string{"--trusted-origins", "*://a.example.org"}}, []string{"trusted-origins"}},
		{"origin without scheme", sources{args: []string{"--trusted-origins", "a.example.org"}}, []string{"trusted-origins"}},
		{"wildcard origin", sources{args: []string{"--trusted-origins", "https://*.example"}}, []string{"trusted-origins", "https://*.example"}},
		{"proxies", sources{args: []string{"--trusted-proxies", "10.0.0.0/8,nginx"}}, []string{"trusted-proxies", `"nginx"`}},
		{"rate", sources{env: []string{"SNUG_POST_RATE=10"}}, []string{"post-rate", "10/10s"}},
		{"rate of none", sources{env: []string{"SNUG_POST_RATE=0/10s"}}, []string{"post-rate"}},
		{"rate without time", sources{env: []string{"SNUG_POST_RATE=10/0s"}}, []string{"post-rate"}},
		{"age", sources{env: []string{"SNUG_RETAIN_AGE=-1h"}}, []string{"retain-age", "90d"}},
		{"huge age", sources{env: []string{"SNUG_RETAIN_AGE=999999d"}}, []string{"retain-age"}},
		{"number", sources{env: []string{"SNUG_MAX_MESSAGE=1e3"}}, []string{"max-message", "from 1 to 16000"}},
		{"size", sources{env: []string{"SNUG_MIN_FREE=64MB"}}, []string{"min-free", "64MiB"}},
		{"huge size", sources{env: []string{"SNUG_MIN_FREE=9223372036854775807GiB"}}, []string{"min-free"}},
		{"level", sources{env: []string{"SNUG_LOG_LEVEL=loud"}}, []string{"log-level", "debug, info, warn or error"}},
		{"switch", sources{env: []string{"SNUG_INSECURE_HTTP=maybe"}}, []string{"insecure-http", "true or false"}},
		{"secret on the command line", sources{args: []string{"--secret", secret}}, []string{"--secret", "SNUG_SECRET"}},
		{"two secrets", sources{env: []string{"SNUG_SECRET=" + secret, "BETTER_AUTH_SECRET=" + secret + "1"}}, []string{"SNUG_SECRET", "BETTER_AUTH_SECRET", "differ"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.in)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("no %q in %q", part, err)
				}
			}
		})
	}
}

// A list of one is spoken of as what it is, and of several the one that is wrong is named.
func TestErrorsOfLists(t *testing.T) {
	for value, want := range map[string]string{
		"x":               `"x" won't do; it takes a domain such as example.com`,
		" x, ":            `" x, " won't do; it takes a domain such as example.com, which "x" isn't`,
		"example.org,y z": `"example.org,y z" won't do; it takes a domain such as example.com, which "y z" isn't`,
	} {
		_, err := load(t, sources{args: []string{"--sign-up", "domain", "--sign-up-domains", value}})
		if want = "setting sign-up-domains (flag --sign-up-domains): " + want; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	for _, bad := range []string{"short-secret-value", "better-auth-secret-123456789", "better-auth-secret-12345678901234567890", strings.Repeat("a", 40)} {
		_, err := load(t, sources{env: []string{"SNUG_SECRET=" + bad}})
		if err == nil {
			t.Errorf("secret %q was taken", bad)
		} else if strings.Contains(err.Error(), bad) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
	c, err := load(t, sources{dotenv: "BETTER_AUTH_SECRET=" + secret + "\n"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), secret) || strings.Contains(out.String(), secret[:8]) {
		t.Errorf("the secret is printed:\n%s", &out)
	}
	if !strings.Contains(out.String(), ".env line 1") {
		t.Errorf("its source is not printed:\n%s", &out)
	}
}

// A file that is broken around the secret must not bring it to the screen and
// from there to a log.
func TestBrokenFilesDoNotShowTheSecret(t *testing.T) {
	const secret = "hunter2hunter2hunter2hunter2hunter2"
	for _, s := range []sources{
		{dotenv: "SNUG_SECRET=\\\n" + secret + "\n"},
		{dotenv: "SNUG_SECRET \"" + secret + "\"\n"},
		{dotenv: "SNUG_SECRET: " + secret + "=\n"},
		{dotenv: secret + "==\n"},
		{toml: "secret = " + secret},
		{toml: "secret = \"" + secret},
		{toml: "secret: " + secret},
		{toml: "secret = [\"" + secret + "\", 3]"},
		{toml: "secret = \"" + secret + "\"\nsecret = \"" + secret + "\""},
	} {
		_, err := load(t, s)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// What `snug config` prints is a config file that says the same.
func TestPrintedConfigCanBeLoaded(t *testing.T) {
	in := sources{
		args: []string{"--addr", ":5", "--insecure-http"},
		env:  []string{"SNUG_POST_RATE=0", "SNUG_MAX_MESSAGE=77", "SNUG_TRUSTED_PROXIES=10.0.0.1,::1", `SNUG_DATA=a "b" \c`},
	}
	first, err := load(t, in)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := first.Print(&out); err != nil {
		t.Fatal(err)
	}
	second, err := load(t, sources{toml: out.String()})
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if !reflect.DeepEqual(first.Config, second.Config) {
		t.Errorf("got  %+v\nwant %+v\n%s", second.Config, first.Config, &out)
	}
}

// .env.example is the settings' reference: it must not lag behind.
func TestExampleFile(t *testing.T) {
	var want bytes.Buffer
	config.Example(&want)
	got, err := os.ReadFile("../../../../.env.example")
	if err != nil {
		t.Fatalf("%v\nrun: go run ./cmd/snug help --env-example > .env.example", err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error(".env.example is not what the settings say; run: go run ./cmd/snug help --env-example > .env.example")
	}
}

// A person who takes every line of the example into use gets a server.
func TestExampleFileIsValid(t *testing.T) {
	var example bytes.Buffer
	config.Example(&example)
	var lines []string
	for line := range strings.Lines(example.String()) {
		if rest, ok := strings.CutPrefix(line, "#SNUG_"); ok {
			line = "SNUG_" + rest
		}
		lines = append(lines, line)
	}
	if _, err := load(t, sources{dotenv: strings.Join(lines, "")}); err != nil {
		t.Error(err)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"serve", "config", "version", "help"}
	for in, want := range map[string]string{"server": "serve", "confg": "config", "verison": "version", "halp": "help", "destroy": ""} {
		if got := config.Nearest(in, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("--addr", "SNUG_ADDR=:1\n", "addr = 1")
	f.Add("--oidc.acme.issuer=https://a.example", "SNUG_OIDC_ACME_CLIENT_ID=x\nSNUG_TRUSTED_ORIGINS=*.a.example", "[oidc.a]\nname = 1")
	f.Add("--retain-age=1d2", "export SNUG_SECRET='", "x = [1, 2]")
	f.Fuzz(func(t *testing.T, arg, dotenv, toml string) {
		// Whatever it is, it is an answer and not a crash.
		_, _ = load(t, sources{args: []string{arg}, dotenv: dotenv, toml: toml})
	})
}

// A command that takes words beside its flags must know which are values.
func TestIsFlag(t *testing.T) {
	for _, tt := range []struct {
		arg         string
		known, next bool
	}{
		{"--data", true, true}, {"-data", true, true}, {"--data=x", true, false}, {"--config", true, true}, {"--config=x", true, false},
		{"--guests", true, false}, {"--guests=false", true, false}, {"--oidc.acme.issuer", true, true}, {"--oidc.acme.issuer=x", true, false},
		{"--secret", true, true}, // so that nobody takes the secret for a word
		{"--dta", false, false}, {"--help", false, false}, {"data", false, false}, {"", false, false}, {"-", false, false}, {"--", false, false},
		{"--oidc.acme.issuers", false, false},
	} {
		if known, next := config.IsFlag(tt.arg); known != tt.known || next != tt.next {
			t.Errorf("%q: known %t, value next %t", tt.arg, known, next)
		}
	}
	if all := config.Flags(); !slices.Contains(all, "--data") || slices.Contains(all, "--secret") {
		t.Errorf("flags %v", all)
	}
}

// Package config says what a Snug server can be told, and gathers it: flags
// over environment over .env over a config file over the default. A key that
// nobody knows is an error wherever it stands.
package config

import (
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Config is what is in force. Load fills it; each field is one Setting.
type Config struct {
	Addr           string
	Data           string
	ServerName     string
	BaseURL        string // an origin without a slash at its end; "" when none is set
	InsecureHTTP   bool
	TLS            TLS
	PushServices   []string // origins
	TrustedOrigins []string // in the form that browsers send, or patterns with * for auth.Origins
	TrustedProxies []netip.Prefix
	WebDir         string   // a folder with a built front end; "" is the one in the binary
	Secret         string   // "" means the one kept in the data folder
	OldSecrets     []string // what they signed is still accepted

	SignUp          SignUp
	RequireVerified bool // addresses must be confirmed: asked for, or because SignUp goes by domain
	Passwords       bool
	MagicLinks      bool // only where there is SMTP to send them
	Guests          bool
	SMTP            SMTP

	Google        GoogleClient
	GitHub        OAuthClient
	Twitter       OAuthClient
	OIDC          []OIDC // sorted by ID
	OAuthCallback string // direct or page
	PlaceDatabase string // path of a .mmdb file; "" is none

	PostRate    Rate
	AuthRate    Rate
	UpgradeRate Rate

	MaxMessage     int           // characters
	RetainMessages int           // 0: all
	RetainAge      time.Duration // 0: for ever
	Heartbeat      time.Duration
	MinFree        int64 // bytes of the data folder's disk; 0: no such limit

	MaxFile      int64 // bytes; 0: no files are taken
	FileQuota    int64 // bytes of a person's files; 0: no limit
	Previews     bool  // of links
	Search       bool
	MaxUploads   int // of a person, at once
	ImageWorkers int // pictures that are decoded at once
	S3           S3  // where files are; without an endpoint they are in the data folder

	LogLevel  slog.Level
	LogFormat string // text or json
}

// TLS says how the server speaks it: with the certificate in two files, or with those
// that it gets for some domains, or, where both are empty, not at all.
type TLS struct {
	Certificate, Key string   // paths
	Domains          []string // host names in lower case
	Email            string
	Directory        string // URL of the authority's
	Roots            string // path; "" is what the system trusts
	HTTPAddr         string // where plain HTTP leads to https; "" is nowhere
}

// On reports whether the server speaks TLS.
func (t TLS) On() bool { return t.Certificate != "" || len(t.Domains) > 0 }

// S3 says where a bucket is.
type S3 struct {
	Endpoint, Region, Bucket, Prefix, AccessKey, SecretKey string
}

// Rate is Count events in any Per; the zero Rate is no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// Setting is one row of the table that flags, variables, files, the help text
// and .env.example are made from.
type Setting struct {
	// Name is the flag without its dashes and the key in a config file, where dots
	// are tables. The environment variable is SNUG_ and the name in capitals.
	Name    string
	Default string
	Example string // for help and .env.example, where the default says too little
	Help    string
	Secret  bool   // never printed, and no flag: command lines are public
	Also    string // a second variable that is the same setting
	Bool    bool   // as a flag it needs no value

	set func(*Config, string) error
}

// Env is the setting's environment variable.
func (s Setting) Env() string { return "SNUG_" + envName(s.Name) }

// Settings returns the table, in the order in which people read it. The settings
// of the OIDC issuers are not in it: there are as many as somebody writes down.
func Settings() []Setting {
	return slices.Concat(serverSettings(), tlsSettings(), signInSettings(), mailSettings(), providerSettings(), limitSettings(), fileSettings(), logSettings())
}

func serverSettings() []Setting {
	return []Setting{
		{Name: "addr", Default: "127.0.0.1:3000", Example: ":3000",
			Help: "Where to listen, host:port. Without a host: on all addresses, so that others on the network get in.",
			set:  func(c *Config, v string) error { return parseAddr(v, &c.Addr) }},
		{Name: "data", Default: "./data",
			Help: "The folder that holds everything: accounts, rooms, messages, the secret. Back it up as a whole.",
			set:  func(c *Config, v string) error { return parseText(v, &c.Data) }},
		{Name: "base-url", Example: "https://chat.example.com",
			Help: "Where people find the server. Once set, requests for other names and from other origins are refused.",
			set:  func(c *Config, v string) error { return parseOrigin(v, &c.BaseURL) }},
		{Name: "server-name", Example: "The Corner Table",
			Help: "What the server is called in titles, mails and the installed app. Without it whoever owns the server names it there.",
			set:  func(c *Config, v string) error { return parseText(v, &c.ServerName) }},
		{Name: "insecure-http", Default: "false", Bool: true,
			Help: "Accept an http:// base-url that isn't this machine. Passwords then cross the network in the clear: only at home.",
			set:  func(c *Config, v string) error { return parseBool(v, &c.InsecureHTTP) }},
		{Name: "trusted-origins", Example: "https://app.example.com,https://example.com",
			Help: "Further origins whose pages may use this server, separated by commas. A * stands for any text: https://*.example.com.",
			set:  func(c *Config, v string) error { return parseList(v, &c.TrustedOrigins, parseOriginPattern) }},
		{Name: "push-services", Example: "https://push.example.internal",
			Help: "Push services of your own network, as origins, separated by commas. Without it pushes go to those of the public web alone.",
			set:  func(c *Config, v string) error { return parseList(v, &c.PushServices, parseOrigin) }},
		{Name: "trusted-proxies", Example: "127.0.0.1,10.0.0.0/8",
			Help: "Reverse proxies in front, as addresses or CIDR ranges. Only their X-Forwarded-For and X-Forwarded-Host are believed.",
			set:  func(c *Config, v string) error { return parseList(v, &c.TrustedProxies, parsePrefix) }},
		{Name: "secret", Secret: true, Also: "BETTER_AUTH_SECRET", Example: "32 random characters or more",
			Help: "Signs the cookies. Without one, a secret is made at the first start and kept in the data folder.",
			set:  func(c *Config, v string) error { return parseSecret(v, &c.Secret) }},
		{Name: "old-secrets", Secret: true,
			Help: "Earlier secrets, separated by commas: cookies that they signed are still accepted.",
			set:  func(c *Config, v string) error { return parseSecrets(v, &c.OldSecrets) }},
		{Name: "web-dir",
			Help: "A folder with another built front end, served in place of the one in the binary.",
			set:  func(c *Config, v string) error { return parseText(v, &c.WebDir) }},
	}
}

func limitSettings() []Setting {
	return []Setting{
		{Name: "post-rate", Default: "10/10s",
			Help: "Posts per person and room; 0 is no limit.",
			set:  func(c *Config, v string) error { return parseRate(v, &c.PostRate) }},
		{Name: "auth-rate", Default: "3/10s",
			Help: "Tries to sign in or up per address; 0 is no limit per address. What is limited per account and per mailbox stays.",
			set:  func(c *Config, v string) error { return parseRate(v, &c.AuthRate) }},
		{Name: "upgrade-rate", Default: "100/10s",
			Help: "New sockets per address, loopback excepted; 0 is no limit.",
			set:  func(c *Config, v string) error { return parseRate(v, &c.UpgradeRate) }},

		// At most what fits a frame of 64 KiB, at four bytes each.
		{Name: "max-message", Default: "10000",
			Help: "The most characters in a message.",
			set:  func(c *Config, v string) error { return parseInt(v, 1, 16_000, &c.MaxMessage) }},
		{Name: "retain-messages", Default: "0", Example: "100000",
			Help: "Messages kept per room; 0 keeps all.",
			set:  func(c *Config, v string) error { return parseInt(v, 0, math.MaxInt32, &c.RetainMessages) }},
		{Name: "retain-age", Default: "0", Example: "365d",
			Help: "How long messages are kept, such as 90d or 12h; 0 is for ever.",
			set:  func(c *Config, v string) error { return parseDuration(v, 0, 100*365*day, &c.RetainAge) }},
		{Name: "heartbeat", Default: "25s",
			Help: "How often a quiet socket is asked whether it is still there. Keep it below the idle time-out of a proxy in front.",
			set:  func(c *Config, v string) error { return parseDuration(v, time.Second, 10*time.Minute, &c.Heartbeat) }},

		{Name: "min-free", Default: "64MiB",
			Help: "How much of the disk stays free: with less left, posts are refused in words instead of failing half-way. 0 is no such limit.",
			set:  func(c *Config, v string) error { return parseSize(v, &c.MinFree) }},
	}
}

func logSettings() []Setting {
	return []Setting{
		{Name: "log-level", Default: "info",
			Help: "debug, info, warn or error. Messages and passwords are never logged.",
			set:  func(c *Config, v string) error { return parseLevel(v, &c.LogLevel) }},
		{Name: "log-format", Default: "text",
			Help: "text or json.",
			set:  func(c *Config, v string) error { return parseOneOf(v, &c.LogFormat, "text", "json") }},
	}
}

// IsLoopback reports whether a host name means this very machine.
func IsLoopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	host = strings.ToLower(host)
	return host == "localhost" || len(host) > 10 && strings.HasSuffix(host, ".localhost")
}

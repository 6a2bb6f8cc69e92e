package config_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"snug/cmd/snug/internal/config"
)

const (
	acme  = "SNUG_OIDC_ACME_ISSUER=https://login.acme.example\nSNUG_OIDC_ACME_CLIENT_ID=snug\n"
	mails = "SNUG_BASE_URL=https://chat.example\nSNUG_SMTP_HOST=smtp.example\nSNUG_MAIL_FROM=Snug <chat@example.org>\n"
)

func TestSignInValues(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   sources
		got  func(*config.Loaded) any
		want any
	}{
		{"old secrets", sources{dotenv: "SNUG_OLD_SECRETS=" + secret + ", " + secret + "2\n"},
			func(c *config.Loaded) any { return c.OldSecrets }, []string{secret, secret + "2"}},
		{"google by the providers' usual names", sources{env: []string{"GOOGLE_CLIENT_ID=i", "GOOGLE_CLIENT_SECRET=s", "SNUG_GOOGLE_EMAIL_DOMAINS=Example.org,b.example"}},
			func(c *config.Loaded) any { return c.Google },
			config.GoogleClient{ID: "i", Secret: "s", EmailDomains: []string{"example.org", "b.example"}}},
		{"id and secret from two sources", sources{args: []string{"--google-client-id", "i"}, dotenv: "GOOGLE_CLIENT_SECRET=s\n"},
			func(c *config.Loaded) any { return c.Google }, config.GoogleClient{ID: "i", Secret: "s"}},
		{"google elsewhere", sources{env: []string{"SNUG_GOOGLE_ISSUER=http://127.0.0.1:9/"}},
			func(c *config.Loaded) any { return c.Google.Issuer }, "http://127.0.0.1:9/"},
		{"github enterprise", sources{env: []string{"GITHUB_CLIENT_ID=i", "GITHUB_CLIENT_SECRET=s", "SNUG_GITHUB_URL=https://git.example/", "SNUG_GITHUB_API_URL=https://git.example/api/v3/"}},
			func(c *config.Loaded) any { return c.GitHub },
			config.OAuthClient{ID: "i", Secret: "s", URL: "https://git.example", APIURL: "https://git.example/api/v3"}},
		{"github enterprise in short", sources{args: []string{"--github-url=https://git.example"}},
			func(c *config.Loaded) any { return c.GitHub }, config.OAuthClient{URL: "https://git.example"}},
		{"twitter", sources{toml: "twitter-client-id = \"i\"\ntwitter-client-secret = \"s\""},
			func(c *config.Loaded) any { return c.Twitter }, config.OAuthClient{ID: "i", Secret: "s"}},
		{"smtp", sources{dotenv: mails + "SNUG_SMTP_PORT=465\nSNUG_SMTP_TLS=tls\nSNUG_SMTP_USER=u\nSNUG_SMTP_PASSWORD=p\n"},
			func(c *config.Loaded) any { return c.SMTP },
			config.SMTP{Host: "smtp.example", Port: 465, User: "u", Password: "p", TLS: "tls", From: "Snug <chat@example.org>"}},
		{"sender without a name", sources{args: []string{"--mail-from", "chat@example.org"}},
			func(c *config.Loaded) any { return c.SMTP.From }, "chat@example.org"},
		{"sign-up by domain asks for verified addresses", sources{args: []string{"--sign-up=domain", "--sign-up-domains=Example.org, b.example"}},
			func(c *config.Loaded) any { return []any{c.SignUp, c.RequireVerified} },
			[]any{config.SignUp{Mode: "domain", Domains: []string{"example.org", "b.example"}}, true}},
		{"sign-up closed", sources{args: []string{"--sign-up", "closed"}},
			func(c *config.Loaded) any { return []any{c.SignUp, c.RequireVerified} }, []any{config.SignUp{Mode: "closed"}, false}},
		{"magic links wait for mail", sources{args: []string{"--magic-links"}}, func(c *config.Loaded) any { return c.MagicLinks }, false},
		{"magic links with mail", sources{dotenv: mails}, func(c *config.Loaded) any { return c.MagicLinks }, true},
		{"magic links off", sources{args: []string{"--magic-links=false"}, dotenv: mails}, func(c *config.Loaded) any { return c.MagicLinks }, false},
		{"magic links alone", sources{args: []string{"--passwords=false"}, dotenv: mails}, func(c *config.Loaded) any { return c.Passwords }, false},
		{"a provider alone", sources{args: []string{"--passwords=false"}, env: []string{"GOOGLE_CLIENT_ID=i", "GOOGLE_CLIENT_SECRET=s"}},
			func(c *config.Loaded) any { return c.Passwords }, false},
		{"an issuer alone", sources{args: []string{"--passwords=false"}, dotenv: acme}, func(c *config.Loaded) any { return c.Passwords }, false},
		{"guests, page, folders", sources{args: []string{"--guests", "--oauth-callback=page", "--web-dir", "w", "--place-database", "p.mmdb"}},
			func(c *config.Loaded) any { return []any{c.Guests, c.OAuthCallback, c.WebDir, c.PlaceDatabase} }, []any{true, "page", "w", "p.mmdb"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := tt.got(c); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestSignInErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   sources
		want []string // parts of the error
	}{
		{"id alone", sources{env: []string{"GOOGLE_CLIENT_ID=i"}},
			[]string{"google-client-id", "environment GOOGLE_CLIENT_ID", "needs google-client-secret", "SNUG_GOOGLE_CLIENT_SECRET or GOOGLE_CLIENT_SECRET"}},
		{"secret alone", sources{dotenv: "GITHUB_CLIENT_SECRET=s\n"}, []string{"github-client-secret", ".env line 1", "needs github-client-id", "GITHUB_CLIENT_ID"}},
		{"two ids", sources{env: []string{"TWITTER_CLIENT_ID=i", "SNUG_TWITTER_CLIENT_ID=j"}}, []string{"TWITTER_CLIENT_ID", "SNUG_TWITTER_CLIENT_ID", "differ"}},
		{"plain http", sources{args: []string{"--github-url", "http://git.example", "--github-api-url", "https://git.example"}}, []string{"github-url", "https://"}},
		{"a query", sources{args: []string{"--google-issuer", "https://a.example?b"}}, []string{"google-issuer", "question mark"}},
		{"an API without its server", sources{args: []string{"--github-api-url", "https://git.example"}}, []string{"github-api-url", "needs github-url"}},
		{"another", sources{args: []string{"--twitter-api-url", "https://x.example"}}, []string{"twitter-api-url", "needs twitter-url"}},
		{"a secret as a flag", sources{args: []string{"--google-client-secret", "s"}}, []string{"--google-client-secret", "SNUG_GOOGLE_CLIENT_SECRET"}},

		{"mail without base-url", sources{args: []string{"--smtp-host=smtp.example", "--mail-from=a@b.example"}}, []string{"smtp-host", "needs base-url", "SNUG_BASE_URL"}},
		{"mail without sender", sources{args: []string{"--smtp-host=smtp.example", "--base-url=https://a.example"}}, []string{"smtp-host", "needs mail-from", "SNUG_MAIL_FROM"}},
		{"user without password", sources{dotenv: mails + "SNUG_SMTP_USER=u\n"}, []string{"smtp-user", "needs smtp-password"}},
		{"password without user", sources{dotenv: mails + "SNUG_SMTP_PASSWORD=p\n"}, []string{"smtp-password", "needs smtp-user"}},
		{"host with port", sources{args: []string{"--smtp-host=smtp.example:25"}}, []string{"smtp-host", "without a port"}},
		{"port", sources{args: []string{"--smtp-port=0"}}, []string{"smtp-port", "from 1 to 65535"}},
		{"tls", sources{args: []string{"--smtp-tls=ssl"}}, []string{"smtp-tls", "starttls, tls or none"}},
		{"password in the clear", sources{dotenv: mails + "SNUG_SMTP_USER=u\nSNUG_SMTP_PASSWORD=p\n", args: []string{"--smtp-tls=none"}}, []string{"smtp-tls", "flag --smtp-tls", "smtp-password"}},
		{"sender", sources{args: []string{"--mail-from=Snug"}}, []string{"mail-from", "Snug <chat@example.com>"}},
		{"sender with a line end", sources{args: []string{"--mail-from=Snug\r\nBcc: a@b.example <chat@example.org>"}}, []string{"mail-from"}},
		{"sender with an encoded line end", sources{args: []string{"--mail-from==?utf-8?q?a=0d=0aBcc:_x?= <chat@example.org>"}}, []string{"mail-from"}},

		{"sign-up", sources{args: []string{"--sign-up=nobody"}}, []string{"sign-up", "open, invite, domain or closed"}},
		{"domain without domains", sources{args: []string{"--sign-up=domain"}}, []string{"sign-up", "flag --sign-up", "SNUG_SIGN_UP_DOMAINS"}},
		{"domain with an empty list", sources{toml: "sign-up = \"domain\"\nsign-up-domains = [\" \"]"}, []string{"SNUG_SIGN_UP_DOMAINS"}},
		{"domains without domain", sources{toml: `sign-up-domains = ["a.example"]`}, []string{"sign-up-domains", "file snug.toml", "sign-up (default) is open"}},
		{"not a domain", sources{args: []string{"--sign-up=domain", "--sign-up-domains=a.example,@b.example"}}, []string{"sign-up-domains", `"@b.example"`, "example.com"}},
		{"no way in", sources{args: []string{"--passwords=false"}}, []string{"passwords", "flag --passwords", "provider", "smtp-host"}},
		{"no way in with mail", sources{args: []string{"--passwords=false", "--magic-links=false"}, dotenv: mails}, []string{"passwords"}},
		{"callback", sources{args: []string{"--oauth-callback=spa"}}, []string{"oauth-callback", "direct or page"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, tt.in, tt.want) })
	}
}

func TestWarnings(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   sources
		want []string // a part of each warning, in order
	}{
		{"none", sources{}, nil},
		{"mail as it should be", sources{dotenv: mails, args: []string{"--require-verified-email"}}, nil},
		{"verified without mail", sources{args: []string{"--require-verified-email"}}, []string{"links are only in this log"}},
		{"domain without mail", sources{args: []string{"--sign-up=domain", "--sign-up-domains=a.example"}}, []string{"links are only in this log"}},
		{"mail settings without a host", sources{args: []string{"--mail-from=a@b.example"}}, []string{"without smtp-host"}},
		{"mail in the clear", sources{dotenv: mails, args: []string{"--smtp-tls=none"}}, []string{"smtp-tls=none"}},
		{"mail in the clear on this machine", sources{dotenv: mails, args: []string{"--smtp-tls=none", "--smtp-host=localhost"}}, nil},
		{"guests beside a closed door", sources{args: []string{"--guests", "--sign-up=invite"}}, []string{"guests"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, tt.in)
			if err != nil {
				t.Fatal(err)
			}
			got := c.Warnings()
			if len(got) != len(tt.want) {
				t.Fatalf("got %q, want %d", got, len(tt.want))
			}
			for i, part := range tt.want {
				if !strings.Contains(got[i], part) {
					t.Errorf("no %q in %q", part, got[i])
				}
			}
		})
	}
}

// Every secret of a working set is planted, and every way to the screen tried.
func TestNoSecretIsPrinted(t *testing.T) {
	const planted = "hunter2hunter2hunter2hunter2hunter2"
	var dotenv strings.Builder
	dotenv.WriteString(acme + mails + "SNUG_SMTP_USER=u\n")
	for _, id := range []string{"GOOGLE", "GITHUB", "TWITTER"} {
		dotenv.WriteString(id + "_CLIENT_ID=i\n" + id + "_CLIENT_SECRET=" + planted + "\n")
	}
	for _, name := range []string{"SECRET", "OLD_SECRETS", "SMTP_PASSWORD", "OIDC_ACME_CLIENT_SECRET"} {
		dotenv.WriteString("SNUG_" + name + "=" + planted + "\n")
	}
	c, err := load(t, sources{dotenv: dotenv.String()})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") || strings.Count(out.String(), "********") != 7 {
		t.Errorf("want 7 masked secrets:\n%s", &out)
	}
	for _, s := range []sources{
		{dotenv: "SNUG_OLD_SECRETS=" + planted + ",hunter2\n"},
		{dotenv: "SNUG_GOOGLE_CLIENT_SECRET=" + planted + "\n"},
		{dotenv: "SNUG_SMTP_PASSWORD=" + planted + "\n"},
		{dotenv: "SNUG_OIDC_ACME_CLIENT_SECRET=" + planted + "\n"},
		{dotenv: "SNUG_OIDC_GITHUB_CLIENT_SECRET=" + planted + "\n"},
		{dotenv: "SNUG_OIDC_ACME_CLIENT_SECRETS=" + planted + "\n"},
		{toml: "[oidc.acme]\nclient-secret = [\"" + planted + "\", 3]"},
		{toml: "oidc = \"" + planted + "\""},
		{args: []string{"--oidc.acme.client-secret=" + planted}},
		{args: []string{"--smtp-host", "smtp://u:" + planted + "@smtp.example:587"}},
		{args: []string{"--smtp-host", "smtp://u:hunter2/hunter2@smtp.example:587"}},
		{args: []string{"--google-issuer", "https://u:" + planted + "@a.example"}},
		{args: []string{"--trusted-origins", "https://a.example,https://u:" + planted + "@a.example"}},
	} {
		if _, err := load(t, s); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func wantError(t *testing.T, in sources, parts []string) {
	t.Helper()
	_, err := load(t, in)
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in %q", part, err)
		}
	}
}

package config_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"snug/cmd/snug/internal/config"
)

var wholeAcme = config.OIDC{
	ID: "acme", Issuer: "https://login.acme.example/", ClientID: "snug", ClientSecret: "s3cret", Name: "Acme, Inc.",
	Scopes: []string{"groups", "roles"}, EmailDomains: []string{"acme.example", "b.example"},
	Claim: "groups=staff=1", Rooms: []string{"welcome", "staff"},
}

func TestIssuers(t *testing.T) {
	defaults := config.OIDC{ID: "acme", Issuer: "https://login.acme.example", ClientID: "snug", Name: "acme"}
	second := config.OIDC{ID: "b2", Issuer: "http://127.0.0.1:5556/dex", ClientID: "c", Name: "b2"}
	for _, tt := range []struct {
		name string
		in   sources
		want []config.OIDC
	}{
		{"variables", sources{env: []string{
			"SNUG_OIDC_ACME_ISSUER=https://login.acme.example/", "SNUG_OIDC_ACME_CLIENT_ID=snug", "SNUG_OIDC_ACME_CLIENT_SECRET=s3cret",
			"SNUG_OIDC_ACME_NAME=Acme, Inc.", "SNUG_OIDC_ACME_SCOPES=groups, roles", "SNUG_OIDC_ACME_EMAIL_DOMAINS=Acme.example,b.example",
			"SNUG_OIDC_ACME_CLAIM=groups=staff=1", "SNUG_OIDC_ACME_ROOMS=welcome,staff",
		}}, []config.OIDC{wholeAcme}},
		{"a table", sources{toml: `
			[oidc.acme]
			issuer = "https://login.acme.example/"
			client-id = "snug"
			client-secret = "s3cret"
			name = "Acme, Inc."
			scopes = ["groups", "roles"]
			email-domains = ["acme.example", "b.example"]
			claim = "groups=staff=1"
			rooms = ["welcome", "staff"]`}, []config.OIDC{wholeAcme}},
		{"defaults", sources{dotenv: acme}, []config.OIDC{defaults}},
		{"dotted keys", sources{toml: "oidc.acme.issuer = \"https://login.acme.example\"\noidc.acme.client-id = \"snug\""}, []config.OIDC{defaults}},
		{"one from all sources", sources{args: []string{"--oidc.acme.issuer=https://login.acme.example"}, env: []string{"SNUG_OIDC_ACME_CLIENT_ID=snug"},
			dotenv: "SNUG_OIDC_ACME_ISSUER=https://loses.example\n", toml: "[oidc.acme]\nname = \"acme\"\nclient-id = \"loses\""}, []config.OIDC{defaults}},
		{"two, sorted", sources{dotenv: acme, toml: "[oidc.b2]\nissuer = \"http://127.0.0.1:5556/dex\"\nclient-id = \"c\""}, []config.OIDC{defaults, second}},
		{"an empty variable begins none", sources{env: []string{"SNUG_OIDC_ACME_ISSUER="}}, nil},
		{"an id like the end of a key", sources{env: []string{"SNUG_OIDC_ID_ISSUER=https://login.acme.example", "SNUG_OIDC_ID_CLIENT_ID=snug", "SNUG_OIDC_ID_NAME=acme"}},
			[]config.OIDC{{ID: "id", Issuer: defaults.Issuer, ClientID: "snug", Name: "acme"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(c.OIDC, tt.want) {
				t.Errorf("got  %+v\nwant %+v", c.OIDC, tt.want)
			}
		})
	}
}

func TestIssuerErrors(t *testing.T) {
	var many strings.Builder
	for i := range 21 {
		fmt.Fprintf(&many, "SNUG_OIDC_A%d_ISSUER=https://a.example\nSNUG_OIDC_A%d_CLIENT_ID=x\n", i, i)
	}
	for _, tt := range []struct {
		name string
		in   sources
		want []string // parts of the error
	}{
		{"no issuer", sources{env: []string{"SNUG_OIDC_ACME_CLIENT_ID=x"}}, []string{"acme", "has no issuer", "SNUG_OIDC_ACME_ISSUER"}},
		{"no client id", sources{toml: "[oidc.acme]\nissuer = \"https://a.example\""}, []string{"acme", "has no client-id", "SNUG_OIDC_ACME_CLIENT_ID"}},
		{"empty table", sources{toml: "[oidc.acme]"}, []string{"snug.toml", "oidc.acme", "issuer"}},
		{"no table", sources{toml: "[oidc]\nissuer = \"https://a.example\""}, []string{"snug.toml", "oidc.issuer", "[oidc.acme]"}},
		{"a table in a table", sources{toml: "[oidc.acme.issuer]\nurl = \"https://a.example\""}, []string{"snug.toml", "oidc.acme.issuer"}},
		{"a misspelt table", sources{toml: "[odic.acme]\nissuer = \"https://a.example\""}, []string{"odic", "did you mean oidc?"}},

		{"unknown key", sources{toml: "[oidc.acme]\nisuer = \"x\""}, []string{"snug.toml", "oidc.acme.isuer", "did you mean oidc.acme.issuer?"}},
		{"unknown variable", sources{env: []string{"SNUG_OIDC_ACME_CLIENTID=x"}}, []string{"did you mean SNUG_OIDC_ACME_CLIENT_ID?"}},
		{"unknown in .env", sources{dotenv: acme + "SNUG_OIDC_ACME_ROOM=x\n"}, []string{".env line 3", "did you mean SNUG_OIDC_ACME_ROOMS?"}},
		{"unknown flag", sources{args: []string{"--oidc.acme.scope=x"}}, []string{"did you mean --oidc.acme.scopes?"}},
		{"flag with dashes", sources{args: []string{"--oidc-ac-issuer=x"}}, []string{"did you mean --oidc.ID.issuer?"}},
		{"id left out", sources{env: []string{"SNUG_OIDC_CLIENT_ID=x"}}, []string{"did you mean SNUG_OIDC_ID_CLIENT_ID?"}},
		{"the secret as a flag", sources{args: []string{"--oidc.acme.client-secret=x"}}, []string{"command line", "SNUG_OIDC_ACME_CLIENT_SECRET"}},

		{"underscore in the id", sources{env: []string{"SNUG_OIDC_MY_CORP_CLIENT_ID=x"}}, []string{"SNUG_OIDC_MY_CORP_CLIENT_ID", `"my_corp"`, "letters and digits"}},
		{"dash in the id", sources{toml: "[oidc.my-corp]\nissuer = \"https://a.example\""}, []string{`"my-corp"`, "letters and digits"}},
		{"capital in the id", sources{toml: "[oidc.Acme]\nissuer = \"https://a.example\""}, []string{`"Acme"`, "lower case"}},
		{"dot in the id", sources{toml: "[oidc.\"a.b\"]\nissuer = \"https://a.example\""}, []string{`"a.b"`}},
		{"long id", sources{args: []string{"--oidc." + strings.Repeat("a", 33) + ".issuer=https://a.example"}}, []string{"1 to 32"}},
		{"lower case variable", sources{env: []string{"SNUG_OIDC_acme_ISSUER=x"}}, []string{"did you mean SNUG_OIDC_ACME_ISSUER?"}},
		{"too many", sources{dotenv: many.String()}, []string{"21", "20"}},

		{"plain http", sources{dotenv: acme, args: []string{"--oidc.acme.issuer=http://login.acme.example"}}, []string{"oidc.acme.issuer", "flag --oidc.acme.issuer", "https://"}},
		{"not a URL", sources{dotenv: acme, args: []string{"--oidc.acme.issuer=login.acme.example"}}, []string{"oidc.acme.issuer", "https://"}},
		{"scopes with spaces", sources{dotenv: acme, args: []string{"--oidc.acme.scopes=openid email"}}, []string{"oidc.acme.scopes", "commas"}},
		{"claim", sources{dotenv: acme, args: []string{"--oidc.acme.claim=staff"}}, []string{"oidc.acme.claim", "groups=staff"}},
		{"room", sources{dotenv: acme, args: []string{"--oidc.acme.rooms=global,#staff"}}, []string{"oidc.acme.rooms", `"#staff"`, "global"}},
		{"name", sources{dotenv: acme, args: []string{"--oidc.acme.name=a\nb"}}, []string{"oidc.acme.name"}},
		{"domain", sources{dotenv: acme, args: []string{"--oidc.acme.email-domains=acme"}}, []string{"oidc.acme.email-domains", "example.com"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, tt.in, tt.want) })
	}
	// Accounts are stored under these names already, and callbacks answered.
	for _, id := range []string{"google", "github", "twitter", "credential", "email", "passkey", "magic-link", "anonymous"} {
		wantError(t, sources{args: []string{"--oidc." + id + ".issuer=https://a.example", "--oidc." + id + ".client-id=x"}}, []string{id, "can't be the id"})
	}
}

// What is printed says the same again once the secrets, which it leaves out, come
// from elsewhere; and whatever stands in a value, it is TOML.
func TestPrintedSignInCanBeLoaded(t *testing.T) {
	secrets := []string{"SNUG_OIDC_ACME_CLIENT_SECRET=x", "GOOGLE_CLIENT_SECRET=y", "SNUG_SMTP_PASSWORD=z"}
	first, err := load(t, sources{
		env: secrets,
		toml: mailsTOML + `
			google-client-id = "0077"
			google-email-domains = ["a.example", "b.example"]
			smtp-user = "a\u0007\u007f\t\"\\é"
			passwords = false
			sign-up = "domain"
			sign-up-domains = "a.example"
			trusted-origins = "https://*.a.example"
			[oidc.zeta]
			issuer = "https://z.example"
			client-id = "12"
			name = "-0"
			[oidc.acme]
			issuer = "https://login.acme.example/"
			client-id = "snug"
			claim = "groups=staff"
			rooms = "a,b"`,
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := first.Print(&out); err != nil {
		t.Fatal(err)
	}
	second, err := load(t, sources{env: secrets, toml: out.String()})
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if !reflect.DeepEqual(first.Config, second.Config) {
		t.Errorf("got  %+v\nwant %+v\n%s", second.Config, first.Config, &out)
	}
	for _, part := range []string{"\n[oidc.acme]\nissuer = ", "\n# client-secret = \"********\"", "# environment SNUG_OIDC_ACME_CLIENT_SECRET", "\n# client-secret is not set"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no %q in\n%s", part, &out)
		}
	}
}

const mailsTOML = `
	base-url = "https://chat.example"
	smtp-host = "smtp.example"
	mail-from = "Snug <chat@example.org>"
`

func TestHelpShowsHowIssuersAreSet(t *testing.T) {
	var out bytes.Buffer
	config.Help(&out)
	for _, part := range []string{"[oidc.ID]", "--oidc.ID.issuer", "SNUG_OIDC_ID_CLIENT_SECRET", "(no flag)"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no %q in the help", part)
		}
	}
}

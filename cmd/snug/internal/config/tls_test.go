package config_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"snug/cmd/snug/internal/config"
)

const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

func TestTLS(t *testing.T) {
	domains := []string{"chat.example.com", "www.example.com"}
	for _, tt := range []struct {
		name string
		args []string
		want config.TLS
		base string
	}{
		{"none", nil, config.TLS{Directory: letsEncrypt}, ""},
		{"domains", []string{"--tls-domains", "Chat.example.com, www.example.com", "--addr", ":443"},
			config.TLS{Domains: domains, Directory: letsEncrypt, HTTPAddr: ":80"}, "https://chat.example.com"},
		{"domains and a base URL", []string{"--tls-domains", "chat.example.com,www.example.com", "--base-url", "https://www.example.com:8443", "--http-addr", "off"},
			config.TLS{Domains: domains, Directory: letsEncrypt}, "https://www.example.com:8443"},
		{"another authority", []string{"--tls-domains", "chat.example.com,www.example.com", "--tls-acme-url", "https://ca.example:9000/acme", "--tls-acme-roots", "ca.pem", "--tls-email", "ops@example.com", "--http-addr", ":8080"},
			config.TLS{Domains: domains, Directory: "https://ca.example:9000/acme", Roots: "ca.pem", Email: "ops@example.com", HTTPAddr: ":8080"}, "https://chat.example.com"},
		{"files", []string{"--tls-cert", "c.pem", "--tls-key", "k.pem", "--base-url", "https://chat.example.com"},
			config.TLS{Certificate: "c.pem", Key: "k.pem", Directory: letsEncrypt}, "https://chat.example.com"},
		{"files and plain HTTP", []string{"--tls-cert", "c.pem", "--tls-key", "k.pem", "--base-url", "https://localhost:3000", "--http-addr", ":80"},
			config.TLS{Certificate: "c.pem", Key: "k.pem", Directory: letsEncrypt, HTTPAddr: ":80"}, "https://localhost:3000"},
		{"no plain HTTP anyway", []string{"--http-addr", "off"}, config.TLS{Directory: letsEncrypt}, ""},
		// What mails need is there too.
		{"mail", []string{"--tls-domains", "chat.example.com,www.example.com", "--smtp-host", "localhost", "--mail-from", "snug@example.com"},
			config.TLS{Domains: domains, Directory: letsEncrypt, HTTPAddr: ":80"}, "https://chat.example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := load(t, sources{args: tt.args})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(c.TLS, tt.want) || c.BaseURL != tt.base || c.TLS.On() != (len(tt.want.Domains) > 0 || tt.want.Certificate != "") {
				t.Errorf("got %+v and %s", c.TLS, c.BaseURL)
			}
		})
	}
}

func TestTLSErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want []string // parts of the error
	}{
		{"a key alone", []string{"--tls-key", "k.pem"}, []string{"tls-key", "needs tls-cert", "SNUG_TLS_CERT"}},
		{"a certificate alone", []string{"--tls-cert", "c.pem"}, []string{"tls-cert", "needs tls-key", "SNUG_TLS_KEY"}},
		{"files without a base URL", []string{"--tls-cert", "c.pem", "--tls-key", "k.pem"}, []string{"needs base-url", "SNUG_BASE_URL"}},
		{"both ways", []string{"--tls-cert", "c.pem", "--tls-key", "k.pem", "--tls-domains", "a.example.com"}, []string{"tls-cert", "tls-domains", "leave one"}},
		{"an address", []string{"--tls-domains", "a.example.com,192.0.2.1"}, []string{"tls-domains", `"192.0.2.1"`, "a domain"}},
		{"an IPv6 address", []string{"--tls-domains", "2001:db8::1"}, []string{"tls-domains", "a domain"}},
		{"a wildcard", []string{"--tls-domains", "*.example.com"}, []string{"tls-domains", "a domain"}},
		{"a port", []string{"--tls-domains", "a.example.com:443"}, []string{"tls-domains", "a domain"}},
		{"twice", []string{"--tls-domains", "a.example.com,A.example.com"}, []string{"tls-domains", "a.example.com stands there twice"}},
		{"too many", []string{"--tls-domains", strings.Repeat("x.example.com,", 101)}, []string{"tls-domains"}},
		{"plain base URL", []string{"--tls-domains", "a.example.com", "--base-url", "http://localhost:3000"}, []string{"base-url", "https://"}},
		{"plain authority", []string{"--tls-domains", "a.example.com", "--tls-acme-url", "http://ca.example"}, []string{"tls-acme-url", "https://"}},
		{"an authority for nothing", []string{"--tls-acme-url", "https://ca.example"}, []string{"tls-acme-url", "needs tls-domains"}},
		{"an address for nothing", []string{"--tls-email", "ops@example.com"}, []string{"tls-email", "needs tls-domains"}},
		{"no address", []string{"--tls-domains", "a.example.com", "--tls-email", "Ops <ops@example.com>"}, []string{"tls-email", "e-mail address"}},
		{"http to nowhere", []string{"--http-addr", ":80"}, []string{"http-addr", "tls-domains"}},
		{"http to nothing", []string{"--tls-domains", "a.example.com", "--http-addr", "on"}, []string{"http-addr", "host:port", "or off"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, sources{args: tt.args})
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

func TestTLSWarnings(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string // "": none
	}{
		{[]string{"--tls-domains", "a.example.com", "--addr", ":443"}, ""},
		{[]string{"--tls-domains", "a.example.com"}, "only this machine can"},
		{[]string{"--tls-domains", "a.example.com", "--addr", ":443", "--base-url", "https://b.example.com"}, "isn't one of tls-domains"},
	} {
		c, err := load(t, sources{args: tt.args})
		if err != nil {
			t.Fatal(err)
		}
		got := c.Warnings()
		if tt.want == "" && len(got) > 0 || tt.want != "" && !slices.ContainsFunc(got, func(w string) bool { return strings.Contains(w, tt.want) }) {
			t.Errorf("%v: %q, want %q", tt.args, got, tt.want)
		}
	}
}

package oauth_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"snug/auth/oauth"
)

func TestIssuer(t *testing.T) {
	s := newIssuer(t)
	s.issues(s.key.sign(s.claims(nil)))
	f, err := exchange(t, s.provider())
	want := oauth.Profile{AccountID: "s-1", Name: "Ada Lovelace", Email: "ada@example.org", EmailVerified: true, Image: "https://img.example/ada"}
	if !slices.Equal(f.Scopes, []string{"a", "b"}) {
		t.Errorf("got scopes %q", f.Scopes)
	}
	if f.Scopes = nil; err != nil || f.AccountID != want.AccountID || f.Name != want.Name || f.Email != want.Email || !f.EmailVerified || f.Image != want.Image {
		t.Errorf("got %+v, %v, want %+v", f, err, want)
	}
	if len(s.requests("/userinfo")) > 0 {
		t.Error("asked for what the id_token says")
	}
	if form := s.requests("/token")[0].PostForm; form.Get("client_secret") != secret || form.Get("code_verifier") != verifier || form.Get("code") != code {
		t.Errorf("got %v", form)
	}
}

// How the client's secret goes to the token endpoint follows from discovery, and
// the code is sent once.
func TestIssuerClient(t *testing.T) {
	for _, tt := range []struct {
		methods any
		secret  string
		basic   bool
	}{
		{nil, secret, true}, // what OpenID Connect Discovery says of silence
		{[]string{"client_secret_basic"}, secret, true},
		{[]string{"client_secret_basic", "client_secret_post"}, secret, false},
		{[]string{"none"}, "", false},
		{nil, "", false},
	} {
		s := newIssuer(t)
		s.metadata["token_endpoint_auth_methods_supported"] = tt.methods
		s.says("/token", 401, object{"error": "invalid_client"})
		_, err := exchange(t, s.provider(func(c *oauth.Config) { c.ClientSecret = tt.secret }))
		wantKind(t, err, oauth.ErrCode)
		asked := s.requests("/token")
		if len(asked) != 1 {
			t.Fatalf("the code was sent %d times", len(asked))
		}
		user, password, basic := asked[0].BasicAuth()
		if basic != tt.basic || basic && (user != clientID || password != secret) || !basic && asked[0].PostForm.Get("client_secret") != tt.secret {
			t.Errorf("%v: got %q, %q, %v", tt.methods, user, password, asked[0].PostForm)
		}
	}
}

// The issuer's name in the callback, RFC 9207.
func TestIssuerInCallback(t *testing.T) {
	for _, tt := range []struct {
		name   string
		says   bool
		issuer func(s *issuer) string
		want   error
	}{
		{"absent", false, func(s *issuer) string { return "" }, nil},
		{"present", false, func(s *issuer) string { return s.url }, nil},
		{"promised", true, func(s *issuer) string { return s.url }, nil},
		{"promised and absent", true, func(s *issuer) string { return "" }, oauth.ErrIssuer},
		{"another", false, func(s *issuer) string { return "https://leak.example" }, oauth.ErrIssuer},
		{"longer", false, func(s *issuer) string { return s.url + "/" }, oauth.ErrIssuer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newIssuer(t)
			s.metadata["authorization_response_iss_parameter_supported"] = tt.says
			s.issues(s.key.sign(s.claims(nil)))
			r := response()
			r.Issuer = tt.issuer(s)
			_, err := s.provider().Exchange(t.Context(), r)
			wantKind(t, err, tt.want)
			if sent := len(s.requests("/token")) > 0; sent != (tt.want == nil) {
				t.Errorf("code sent: %v", sent)
			}
		})
	}
}

// A sign-in without a nonce would take any id_token.
func TestNonceIsRequired(t *testing.T) {
	s := newIssuer(t)
	s.issues(s.key.sign(s.claims(object{"nonce": ""})))
	r := response()
	r.Nonce = ""
	_, err := s.provider().Exchange(t.Context(), r)
	wantKind(t, err, oauth.ErrNonce)
}

// Many issuers put nothing but the account into the id_token.
func TestUserInfo(t *testing.T) {
	bare := object{"name": nil, "email": nil, "email_verified": nil, "picture": nil}
	full := object{"sub": "s-1", "name": "Ada", "email": "ada@example.org", "email_verified": "true", "picture": "https://img.example/a"}
	for _, tt := range []struct {
		name     string
		token    object
		info     any // an object, or a status
		claim    string
		want     error
		email    string
		verified bool
		person   string
	}{
		{"all of it", bare, full, "", nil, "ada@example.org", true, "Ada"},
		{"of somebody else", bare, object{"sub": "s-2", "email": "victim@example.org", "email_verified": true}, "", oauth.ErrUserInfo, "", false, ""},
		{"of nobody", bare, object{"email": "victim@example.org"}, "", oauth.ErrUserInfo, "", false, ""},
		{"denied", bare, 401, "", oauth.ErrUserInfo, "", false, ""},
		{"broken", bare, 500, "", oauth.ErrUnavailable, "", false, ""},
		// An address from one place isn't verified by the word of the other.
		{"unverified in the id_token", object{"name": nil, "email": "victim@example.org", "email_verified": nil}, full, "", nil, "victim@example.org", false, "Ada"},
		{"verified, but not the address", object{"email": nil, "email_verified": true}, object{"sub": "s-1", "email": "victim@example.org"}, "", nil, "victim@example.org", false, "Ada Lovelace"},
		{"id_token stands", object{"email": nil, "email_verified": nil}, full, "", nil, "ada@example.org", true, "Ada Lovelace"},
		{"no address", object{"email": nil, "email_verified": nil}, object{"sub": "s-1"}, "", nil, "", false, "Ada Lovelace"},
		{"a claim", nil, object{"sub": "s-1", "groups": []string{"staff"}}, "groups=staff", nil, "ada@example.org", true, "Ada Lovelace"},
		{"no claim", nil, object{"sub": "s-1"}, "groups=staff", oauth.ErrNotAllowed, "", false, ""},
		{"claim of the id_token", object{"name": nil, "groups": []string{"guests"}}, object{"sub": "s-1", "groups": []string{"staff"}}, "groups=staff", oauth.ErrNotAllowed, "", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newIssuer(t)
			s.issues(s.key.sign(s.claims(tt.token)))
			if status, ok := tt.info.(int); ok {
				s.says("/userinfo", status, "leak")
			} else {
				s.says("/userinfo", 200, tt.info)
			}
			f, err := exchange(t, s.provider(func(c *oauth.Config) { c.Claim = tt.claim }))
			wantKind(t, err, tt.want)
			if f.Email != tt.email || f.EmailVerified != tt.verified || f.Name != tt.person {
				t.Errorf("got %+v", f)
			}
			if asked := s.requests("/userinfo"); len(asked) != 1 || asked[0].Header.Get("Authorization") != "Bearer "+accessToken {
				t.Errorf("got %v", asked)
			}
		})
	}
}

func TestClaims(t *testing.T) {
	for _, tt := range []struct {
		name     string
		change   object
		verified bool
		person   string
	}{
		{"true", object{"email_verified": true}, true, "Ada Lovelace"},
		{"true in quotes", object{"email_verified": "true"}, true, "Ada Lovelace"},
		{"false", object{"email_verified": false}, false, "Ada Lovelace"},
		{"false in quotes", object{"email_verified": "false"}, false, "Ada Lovelace"},
		{"one", object{"email_verified": 1}, false, "Ada Lovelace"},
		{"null", object{"email_verified": "null"}, false, "Ada Lovelace"},
		{"silent", object{"email_verified": nil}, false, "Ada Lovelace"},
		{"two names", object{"name": nil, "given_name": "Ada", "family_name": "King"}, true, "Ada King"},
		{"one name", object{"name": nil, "given_name": "Ada"}, true, "Ada"},
		{"user name", object{"name": nil, "preferred_username": "ada"}, true, "ada"},
		{"address for a user name", object{"name": nil, "preferred_username": "ada@example.org"}, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newIssuer(t)
			delete(s.metadata, "userinfo_endpoint")
			s.issues(s.key.sign(s.claims(tt.change)))
			f, err := exchange(t, s.provider())
			if err != nil || f.EmailVerified != tt.verified || f.Name != tt.person {
				t.Errorf("got %+v, %v", f, err)
			}
		})
	}
}

func TestWhoIsLetIn(t *testing.T) {
	domains := []string{"example.org", "@Example.COM"}
	for _, tt := range []struct {
		name    string
		domains []string
		claim   string
		change  object
		in      bool
	}{
		{"of the domain", domains, "", nil, true},
		{"of the other, in capitals", domains, "", object{"email": "Ada@EXAMPLE.com"}, true},
		{"unverified", domains, "", object{"email_verified": false}, false},
		{"silent", domains, "", object{"email_verified": nil}, false},
		{"of another", domains, "", object{"email": "ada@example.net"}, false},
		{"below it", domains, "", object{"email": "ada@evil.example.org"}, false},
		{"ends like it", domains, "", object{"email": "ada@evilexample.org"}, false},
		{"begins like it", domains, "", object{"email": "ada@example.org.evil.net"}, false},
		{"two at once", domains, "", object{"email": "ada@example.org@evil.net"}, false},
		{"the other way round", domains, "", object{"email": "ada@evil.net@example.org"}, false},
		{"no address", domains, "", object{"email": nil}, false},

		{"in the list", nil, "groups=staff", object{"groups": []string{"guests", "staff"}}, true},
		{"the value", nil, "groups=staff", object{"groups": "staff"}, true},
		{"true", nil, "member=true", object{"member": true}, true},
		{"number", nil, "org=7", object{"org": 7}, true},
		{"value with =", nil, "dn=cn=staff,o=x", object{"dn": "cn=staff,o=x"}, true},
		{"name that is an address", nil, "https://example.org/groups=staff", object{"https://example.org/groups": []string{"staff"}}, true},
		{"another value", nil, "groups=staff", object{"groups": []string{"staffers"}}, false},
		{"longer value", nil, "groups=staff", object{"groups": "staff,admins"}, false},
		{"no such claim", nil, "groups=staff", nil, false},
		{"absent, wanted as null", nil, "groups=null", nil, false},
		{"an object", nil, "groups=staff", object{"groups": object{"staff": true}}, false},
		{"list in a list", nil, "groups=staff", object{"groups": []any{[]string{"staff"}}}, false},

		{"both", domains, "groups=staff", object{"groups": "staff"}, true},
		{"domain alone", domains, "groups=staff", nil, false},
		{"claim alone", domains, "groups=staff", object{"groups": "staff", "email": "a@example.net"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newIssuer(t)
			delete(s.metadata, "userinfo_endpoint")
			s.issues(s.key.sign(s.claims(tt.change)))
			p := s.provider(func(c *oauth.Config) { c.EmailDomains, c.Claim = tt.domains, tt.claim })
			want := oauth.ErrNotAllowed
			if tt.in {
				want = nil
			}
			_, err := exchange(t, p)
			wantKind(t, err, want)
			_, err = p.VerifyIDToken(t.Context(), s.key.sign(s.claims(tt.change)), nonce)
			wantKind(t, err, want)
		})
	}
}

func TestVerifyIDToken(t *testing.T) {
	now := time.Now().Unix()
	for _, tt := range []struct {
		name   string
		change object
		nonce  string
		want   error
	}{
		{"with a nonce", nil, nonce, nil},
		{"without one", object{"nonce": nil}, "", nil},
		{"nonce that isn't asked for", nil, "", nil},
		{"old enough to be sure", object{"iat": now - 3500}, nonce, nil},
		{"a clock a little ahead", object{"iat": now + 60}, nonce, nil},
		{"wrong nonce", nil, "leak-other", oauth.ErrNonce},
		{"missing nonce", object{"nonce": nil}, nonce, oauth.ErrNonce},
		{"of yesterday, still valid", object{"iat": now - 3700, "exp": now + 86400}, nonce, oauth.ErrUserInfo},
		{"of no time", object{"iat": nil}, nonce, oauth.ErrUserInfo},
		{"of tomorrow", object{"iat": now + 3600, "exp": now + 86400}, nonce, oauth.ErrUserInfo},
		{"expired", object{"exp": now - 1}, nonce, oauth.ErrUserInfo},
		{"for another client", object{"aud": "leak"}, nonce, oauth.ErrUserInfo},
		{"of another issuer", object{"iss": "https://leak.example"}, nonce, oauth.ErrIssuer},
		{"of nobody", object{"sub": ""}, nonce, oauth.ErrUserInfo},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newIssuer(t)
			f, err := s.provider().VerifyIDToken(t.Context(), s.key.sign(s.claims(tt.change)), tt.nonce)
			wantKind(t, err, tt.want)
			if (f.AccountID == "s-1" && f.EmailVerified) != (tt.want == nil) {
				t.Errorf("got %+v", f)
			}
		})
	}
	s := newIssuer(t)
	for _, forged := range []string{
		"", "leak", unsigned(object{"alg": "none"}, s.claims(nil)) + ".",
		hs256(object{"alg": "HS256"}, []byte(secret), s.claims(nil)), rsaKey("first", 1).sign(s.claims(nil)),
	} {
		_, err := s.provider().VerifyIDToken(t.Context(), forged, nonce)
		wantKind(t, err, oauth.ErrUserInfo)
	}
}

func TestDiscovery(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		change object
		want   error
	}{
		{"good", 200, nil, nil},
		{"says nothing of algorithms", 200, object{"id_token_signing_alg_values_supported": nil}, nil},
		{"without userinfo", 200, object{"userinfo_endpoint": ""}, nil},
		{"broken", 500, nil, oauth.ErrUnavailable},
		{"not there", 404, nil, oauth.ErrUnavailable},
		{"another name", 200, object{"issuer": "https://leak.example"}, oauth.ErrUnavailable},
		{"no name", 200, object{"issuer": ""}, oauth.ErrUnavailable},
		{"no keys", 200, object{"jwks_uri": ""}, oauth.ErrUnavailable},
		{"plain token endpoint", 200, object{"token_endpoint": "http://leak.example/token"}, oauth.ErrUnavailable},
		{"script", 200, object{"authorization_endpoint": "javascript:leak()"}, oauth.ErrUnavailable},
		{"HS256 only", 200, object{"id_token_signing_alg_values_supported": []string{"HS256", "none"}}, oauth.ErrUnavailable},
		{"wrong kind", 200, object{"token_endpoint": []string{"leak"}}, oauth.ErrUnavailable},
		{"huge", 200, object{"x": strings.Repeat("x", 1<<20)}, oauth.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newIssuer(t)
			for k, v := range tt.change {
				s.metadata[k] = v
			}
			if tt.status != 200 || tt.change != nil {
				s.says("/.well-known/openid-configuration", tt.status, s.metadata)
			}
			s.issues(s.key.sign(s.claims(nil)))
			p := s.provider()
			_, err := p.AuthURL(t.Context(), request())
			wantKind(t, err, tt.want)
			_, err = exchange(t, p)
			wantKind(t, err, tt.want)
		})
	}
}

// An issuer out there mustn't point us at what listens on this machine.
func TestIssuerCantPointInside(t *testing.T) {
	s := newIssuer(t)
	s.metadata["issuer"] = "https://id.example"
	proxy := &http.Client{Transport: to(s.url)}
	p := s.provider(func(c *oauth.Config) { c.Issuer, c.HTTP = "https://id.example", proxy })
	_, err := p.AuthURL(t.Context(), request())
	wantKind(t, err, oauth.ErrUnavailable)
}

// to sends all requests to one server.
type to string

func (base to) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "http", strings.TrimPrefix(string(base), "http://"), ""
	return http.DefaultTransport.RoundTrip(r)
}

// People can't know whether an issuer's name ends in a slash; its id_tokens do.
func TestSlashAtTheEnd(t *testing.T) {
	for _, inside := range []string{"", "/"} {
		for _, given := range []string{"", "/"} {
			s := newIssuer(t)
			s.metadata["issuer"] = s.url + inside
			s.issues(s.key.sign(s.claims(object{"iss": s.url + inside})))
			if _, err := exchange(t, s.provider(func(c *oauth.Config) { c.Issuer = s.url + given })); err != nil {
				t.Errorf("%q for %q: %v", given, inside, err)
			}
		}
	}
}

// The real Google, behind our own server: its endpoints are built in, and its name
// has two spellings.
func TestGoogle(t *testing.T) {
	for _, tt := range []struct {
		iss, callback string
		want          error
	}{
		{"https://accounts.google.com", "", nil},
		{"accounts.google.com", "", nil},
		{"https://accounts.google.com", "https://accounts.google.com", nil},
		{"https://accounts.google.com", "accounts.google.com", nil},
		{"https://accounts.google.com", "https://accounts.google.com.evil.example", oauth.ErrIssuer},
		{"https://accounts.google.com.evil.example", "", oauth.ErrIssuer},
		{"http://accounts.google.com", "", oauth.ErrIssuer},
	} {
		s := newIssuer(t)
		reply := tokenReply()
		reply["id_token"] = s.key.sign(s.claims(object{"iss": tt.iss}))
		s.says("/token", 200, reply)
		keys := s.routes["/keys"]
		s.handle("/oauth2/v3/certs", keys)
		p := must(oauth.NewGoogle(oauth.Config{ID: "google", ClientID: clientID, ClientSecret: secret, HTTP: &http.Client{Transport: to(s.url)}}))(t)
		r := response()
		r.Issuer = tt.callback
		f, err := p.Exchange(t.Context(), r)
		wantKind(t, err, tt.want)
		if err == nil && (f.AccountID != "s-1" || s.requests("/token")[0].PostForm.Get("client_secret") != secret) {
			t.Errorf("got %+v", f)
		}
		if len(s.requests("/.well-known/openid-configuration")) > 0 {
			t.Error("asked for what is built in")
		}
	}
}

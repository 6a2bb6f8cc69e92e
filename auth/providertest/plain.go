package providertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/go-oauth2/oauth2/v4"
	"github.com/go-oauth2/oauth2/v4/errors"
	"github.com/go-oauth2/oauth2/v4/manage"
	"github.com/go-oauth2/oauth2/v4/models"
	"github.com/go-oauth2/oauth2/v4/server"
	"github.com/go-oauth2/oauth2/v4/store"
)

// plain is an authorization server without OpenID Connect, go-oauth2's, with APIs
// behind its access tokens.
type plain struct {
	*server.Server
	mux *http.ServeMux
	url string
	// answer writes what the token endpoint says.
	answer func(w http.ResponseWriter, r *http.Request, status int, body map[string]any)
}

// newPlain returns one with a client. known says whether somebody has an account.
func newPlain(t testing.TB, authorize, token, id, secret string, callbacks []string, known func(login string) bool) *plain {
	t.Helper()
	m := manage.NewDefaultManager()
	m.MustTokenStorage(store.NewMemoryTokenStore())
	clients := store.NewClientStore()
	if err := clients.Set(id, &models.Client{ID: id, Secret: secret}); err != nil {
		t.Fatal(err)
	}
	m.MapClientStorage(clients)
	m.SetValidateURIHandler(func(_, callback string) error {
		for _, c := range callbacks {
			if c == callback {
				return nil
			}
		}
		return errors.ErrInvalidRedirectURI
	})
	p := &plain{
		Server: server.NewServer(server.NewConfig(), m),
		mux:    http.NewServeMux(),
		answer: func(w http.ResponseWriter, _ *http.Request, status int, body map[string]any) { reply(w, status, body) },
	}
	p.SetInternalErrorHandler(func(err error) *errors.Response {
		if err == errors.ErrInvalidRedirectURI { // which the library has no answer for
			return errors.NewResponse(errors.ErrInvalidGrant, http.StatusBadRequest)
		}
		return nil
	})
	p.SetUserAuthorizationHandler(func(w http.ResponseWriter, r *http.Request) (string, error) {
		switch login := r.PostFormValue("login"); {
		case r.Method != http.MethodPost || login != "" && !known(login):
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, `<!doctype html><title>Sign in</title><form method="post"><input name="login"><button>Authorize</button></form>
<form method="post"><button>Cancel</button></form>`)
			return "", nil
		case login == "":
			return "", errors.ErrAccessDenied
		default:
			return login, nil
		}
	})
	p.mux.HandleFunc(authorize, func(w http.ResponseWriter, r *http.Request) {
		if err := p.HandleAuthorizeRequest(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	p.mux.HandleFunc("POST "+token, func(w http.ResponseWriter, r *http.Request) {
		said := httptest.NewRecorder()
		err := p.HandleTokenRequest(said, r)
		var body map[string]any
		if err == nil {
			err = json.Unmarshal(said.Body.Bytes(), &body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		p.answer(w, r, said.Code, body)
	})
	return p
}

// start returns the address, once all is set.
func (p *plain) start(t testing.TB) string {
	s := httptest.NewServer(p.mux)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p.url
}

// api answers those who bear a token with what fn returns for them; nil is 403.
func (p *plain) api(path string, fn func(r *http.Request, token oauth2.TokenInfo) any) {
	p.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		token, err := p.ValidationBearerToken(r)
		if err != nil {
			reply(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials"})
			return
		}
		if body := fn(r, token); body != nil {
			reply(w, http.StatusOK, body)
		} else {
			reply(w, http.StatusForbidden, map[string]any{"message": "Forbidden"})
		}
	})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// What can't be written to somebody who has gone is no loss.
	_ = json.NewEncoder(w).Encode(body)
}

func (p *plain) login(t testing.TB, authURL string, form url.Values) string {
	t.Helper()
	b := newBrowser(t, p.url)
	page := b.get(authURL)
	if b.left == "" {
		page = b.submit(page, form)
	}
	return b.callback(page)
}

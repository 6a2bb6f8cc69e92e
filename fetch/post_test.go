package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"snug/fetch"
)

func TestPost(t *testing.T) {
	w := newWeb(t, fetch.Options{})
	type got struct {
		method, body string
		header       http.Header
	}
	came := make(chan got, 1)
	w.HandleFunc("/take", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		came <- got{r.Method, string(body), r.Header}
		rw.Header().Set("Retry-After", "7")
		rw.WriteHeader(http.StatusTooManyRequests)
	})
	header := http.Header{"Ttl": {"60"}, "content-encoding": {"aes128gcm"}}
	answer, err := w.Post(t.Context(), w.url("/take"), header, []byte("hello"))
	if err != nil || answer.Status != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "7" {
		t.Fatalf("%+v, %v", answer, err)
	}
	if g := <-came; g.method != http.MethodPost || g.body != "hello" || g.header.Get("TTL") != "60" || g.header.Get("Content-Encoding") != "aes128gcm" {
		t.Errorf("%+v", g)
	}
	w.HandleFunc("/away", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/take", http.StatusTemporaryRedirect)
	})
	if answer, err := w.Post(t.Context(), w.url("/away"), nil, []byte("x")); err != nil || answer.Status != http.StatusTemporaryRedirect {
		t.Errorf("a redirect: %+v, %v", answer, err)
	}
	select {
	case <-came:
		t.Error("a redirect was followed")
	default:
	}
	for _, url := range []string{"https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://169.254.169.254/", "https://10.0.0.1/",
		"http://a.example.com:" + w.port + "/take", "https://a.example.com:22/", "https://user@a.example.com:" + w.port + "/take", "file:///etc/passwd", "https://[x"} {
		if _, err := w.Post(t.Context(), url, nil, []byte("x")); !errors.Is(err, fetch.ErrBlocked) {
			t.Errorf("%s: %v", url, err)
		}
	}
	w.HandleFunc("/broken", raw("nothing like HTTP"))
	if _, err := w.Post(t.Context(), w.url("/broken"), nil, nil); !errors.Is(err, fetch.ErrBroken) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Post(ctx, w.url("/take"), nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

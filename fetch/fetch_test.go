package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snug/fetch"
)

// answers resolves every name to these addresses.
func answers(texts ...string) fetch.Resolver {
	var addrs []netip.Addr
	for _, text := range texts {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	return func(context.Context, string) ([]netip.Addr, error) { return slices.Clone(addrs), nil }
}

// unasked fails the test when it is asked.
func unasked(t *testing.T) fetch.Resolver {
	return func(_ context.Context, host string) ([]netip.Addr, error) {
		t.Errorf("asked for the address of %q", host)
		return nil, errors.New("not to be asked")
	}
}

// A web is a server on the loopback that a Fetcher may reach as the host of any
// name below example.com, on the server's port.
type web struct {
	*http.ServeMux
	*fetch.Fetcher
	server *httptest.Server
	port   string
}

func newWeb(t *testing.T, o fetch.Options) *web {
	t.Helper()
	w := &web{ServeMux: http.NewServeMux()}
	server := httptest.NewUnstartedServer(w)
	w.server = server
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if o.AllowHTTP {
		server.Start()
	} else {
		server.StartTLS()
	}
	t.Cleanup(server.Close)
	_, w.port, _ = net.SplitHostPort(server.Listener.Addr().String())
	if o.Resolver == nil {
		o.Resolver = answers("127.0.0.1")
	}
	w.Fetcher = fetch.New(o)
	w.exempt(w.Fetcher)
	return w
}

// exempt lets f reach the server.
func (w *web) exempt(f *fetch.Fetcher) {
	var roots *x509.CertPool
	if config := w.server.Client().Transport.(*http.Transport).TLSClientConfig; config != nil {
		roots = config.RootCAs
	}
	f.Exempt(netip.MustParseAddrPort(w.server.Listener.Addr().String()), roots)
}

func (w *web) url(path string) string { return "https://a.example.com:" + w.port + path }

func (w *web) get(t *testing.T, path string) (fetch.Result, error) {
	t.Helper()
	return w.Get(t.Context(), w.url(path), fetch.GetOptions{MaxBytes: 1000})
}

// answer serves one body.
func answer(body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		io.WriteString(w, body)
	}
}

// raw serves bytes as they are.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		io.WriteString(conn, text)
		conn.Close()
	}
}

func zip(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

func TestGet(t *testing.T) {
	w := newWeb(t, fetch.Options{})
	var seen http.Header
	w.HandleFunc("/a", func(rw http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		answer("hello", "Content-Type", "image/png", "Set-Cookie", "a=b")(rw, r)
	})
	w.HandleFunc("/to-a", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Set-Cookie", "a=b; Domain=example.com")
		http.Redirect(rw, r, "/a?x=1#part", http.StatusFound)
	})
	for _, path := range []string{"/to-a", "/a?x=1"} {
		got, err := w.get(t, path)
		if err != nil || string(got.Body) != "hello" || got.ContentType != "image/png" || got.FinalURL != w.url("/a?x=1") {
			t.Errorf("%s: got %+v, %v", path, got, err)
		}
		want := http.Header{"User-Agent": {"Snug"}, "Accept": {"*/*"}, "Accept-Encoding": {"gzip"}, "Connection": {"close"}}
		if fmt.Sprint(seen) != fmt.Sprint(want) {
			t.Errorf("%s: sent %v", path, seen)
		}
	}
}

// A proxy would do the resolving and the dialling for us, unjudged.
func TestNoProxy(t *testing.T) {
	var proxied atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	defer proxy.Close()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	w := newWeb(t, fetch.Options{})
	w.HandleFunc("/", answer("hello"))
	if _, err := w.get(t, "/"); err != nil || proxied.Load() != 0 {
		t.Errorf("got %v, %d through the proxy", err, proxied.Load())
	}
}

func TestBegin(t *testing.T) {
	long := strings.Repeat("x", 5000)
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, long); err != nil {
				return
			}
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"longer": answer(long), "endless": endless, "gzip": answer(zip(long), "Content-Encoding", "gzip"), "shorter": answer(long[:1000]),
	} {
		w := newWeb(t, fetch.Options{})
		w.HandleFunc("/", handler)
		got, err := w.Get(t.Context(), w.url("/"), fetch.GetOptions{MaxBytes: 1000, Begin: true})
		if err != nil || string(got.Body) != long[:1000] {
			t.Errorf("%s: %d bytes, %v", name, len(got.Body), err)
		}
	}
}

func TestAnswers(t *testing.T) {
	const secret = "TOP-SECRET"
	long := strings.Repeat("x", 1000)
	rows := []struct {
		name   string
		answer http.HandlerFunc
		want   error // nil: the body is 1000 x
	}{
		{"as long as may be", answer(long), nil},
		{"a byte more", answer(long + "x"), fetch.ErrTooLarge},
		{"a byte more in chunks", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, long)
			w.(http.Flusher).Flush()
			io.WriteString(w, "x")
		}, fetch.ErrTooLarge},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := io.WriteString(w, long); err != nil {
					return
				}
			}
		}, fetch.ErrTooLarge},
		{"lies of a huge length", raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + secret), fetch.ErrTooLarge},
		{"shorter than it says", raw("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + secret), fetch.ErrBroken},
		{"longer than it says", raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + long + secret), nil},
		{"two lengths", raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 10\r\n\r\n" + secret), fetch.ErrBroken},
		{"a negative length", raw("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + secret), fetch.ErrBroken},
		{"chunks cut short", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + secret), fetch.ErrBroken},
		{"ends with the connection", raw("HTTP/1.1 200 OK\r\n\r\n" + long), nil},
		{"gzip", answer(zip(long), "Content-Encoding", "gzip"), nil},
		{"gzip bomb", answer(zip(strings.Repeat("\x00", 16<<20)), "Content-Encoding", "gzip"), fetch.ErrTooLarge},
		{"gzip in gzip", answer(zip(zip(long)), "Content-Encoding", "gzip, gzip"), fetch.ErrBroken},
		{"gzip without end or text", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			for {
				if _, err := io.WriteString(w, zip("")); err != nil {
					return
				}
			}
		}, fetch.ErrTooLarge},
		{"gzip that isn't", answer(secret+long, "Content-Encoding", "gzip"), fetch.ErrBroken},
		{"gzip cut short", answer(zip(long)[:15], "Content-Encoding", "gzip"), fetch.ErrBroken},
		{"an encoding that wasn't asked for", answer(secret, "Content-Encoding", "br"), fetch.ErrBroken},
		{"a long header", answer(long, "A", strings.Repeat("a", 64<<10)), fetch.ErrBroken},
		{"an endless header", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := io.WriteString(conn, "A: "+long+"\r\n"); err != nil {
					return
				}
			}
		}, fetch.ErrBroken},
		{"interim answers without end", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			for {
				if _, err := io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nA: "+long+"\r\n\r\n"); err != nil {
					return
				}
			}
		}, fetch.ErrBroken},
		{"not HTTP", raw("SSH-2.0-" + secret + "\r\n"), fetch.ErrBroken},
		{"a broken header", raw("HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n"), fetch.ErrBroken},
		{"nothing", raw(""), fetch.ErrBroken},
		{"not found", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, secret, http.StatusNotFound) }, fetch.ErrStatus},
		{"no content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, fetch.ErrStatus},
		{"another protocol", raw("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n" + secret), fetch.ErrStatus},
		{"a redirect to nowhere", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) }, fetch.ErrStatus},
		{"a redirect to what is no URL", raw("HTTP/1.1 302 Found\r\nLocation: https://[" + secret + "\r\n\r\n"), fetch.ErrBroken},
	}
	w := newWeb(t, fetch.Options{})
	for i, row := range rows {
		w.HandleFunc(fmt.Sprint("/", i), row.answer)
	}
	for i, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := w.get(t, fmt.Sprint("/", i))
			switch {
			case row.want == nil && (err != nil || string(got.Body) != long):
				t.Errorf("got %q, %v", got.Body, err)
			case row.want != nil && (!errors.Is(err, row.want) || got.Body != nil):
				t.Errorf("got %q, %v, want %v", got.Body, err, row.want)
			case err != nil && strings.Contains(err.Error(), secret):
				t.Errorf("the error repeats the answer: %v", err)
			}
		})
	}
	var status fetch.StatusError
	w.HandleFunc("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	if _, err := w.get(t, "/gone"); !errors.As(err, &status) || status != http.StatusGone {
		t.Errorf("got %v", err)
	}
}

func TestRedirects(t *testing.T) {
	w := newWeb(t, fetch.Options{Resolver: func(_ context.Context, host string) ([]netip.Addr, error) {
		if host == "inside.example.com" {
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	reached := 0
	w.HandleFunc("/end", func(rw http.ResponseWriter, r *http.Request) { reached++; answer("end")(rw, r) })
	w.HandleFunc("/loop", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/loop", http.StatusFound) })
	w.HandleFunc("/left/{n}", func(rw http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		to := fmt.Sprint("/left/", n-1)
		if n == 1 {
			to = "/end"
		}
		http.Redirect(rw, r, to, http.StatusTemporaryRedirect)
	})
	rows := map[string]struct {
		to   string
		want error
	}{
		"three":            {"/left/2", nil}, // the first is /to itself
		"four":             {"/left/3", fetch.ErrRedirects},
		"loop":             {"/loop", fetch.ErrRedirects},
		"another host":     {"https://b.example.com:" + w.port + "/end", nil},
		"without scheme":   {"//b.example.com:" + w.port + "/end", nil},
		"loopback":         {"https://127.0.0.1/end", fetch.ErrBlocked},
		"metadata":         {"https://169.254.169.254/latest", fetch.ErrBlocked},
		"mapped":           {"https://[::ffff:127.0.0.1]:" + w.port + "/end", fetch.ErrBlocked},
		"a private name":   {"https://inside.example.com/end", fetch.ErrBlocked},
		"localhost":        {"https://localhost/end", fetch.ErrBlocked},
		"decimal":          {"https://2130706433/end", fetch.ErrBlocked},
		"another port":     {"https://a.example.com:22/end", fetch.ErrBlocked},
		"down to http":     {"http://a.example.com/end", fetch.ErrBlocked},
		"a file":           {"file:///etc/passwd", fetch.ErrBlocked},
		"with userinfo":    {"https://user@a.example.com:" + w.port + "/end", fetch.ErrBlocked},
		"a very long URL":  {"/" + strings.Repeat("a", 5000), fetch.ErrBroken},
		"javascript":       {"javascript:alert(1)", fetch.ErrBlocked},
		"an unlisted host": {"https://c.example.com:" + w.port + "/end", fetch.ErrBlocked},
	}
	hosts := []string{"a.example.com", "b.example.com", "inside.example.com", "127.0.0.1", "169.254.169.254", "localhost", "::ffff:127.0.0.1"}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			path := "/to-" + strings.ReplaceAll(name, " ", "-")
			w.HandleFunc(path, func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Location", row.to)
				rw.WriteHeader(http.StatusMovedPermanently)
			})
			before := reached
			_, err := w.Get(t.Context(), w.url(path), fetch.GetOptions{Hosts: hosts})
			if !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
			if (reached > before) != (row.want == nil) {
				t.Error("it was reached, or wasn't")
			}
		})
	}
	if _, err := w.Get(t.Context(), w.url("/end"), fetch.GetOptions{Hosts: []string{"b.example.com"}}); !errors.Is(err, fetch.ErrBlocked) {
		t.Errorf("unlisted from the start: %v", err)
	}
}

func TestHTTP(t *testing.T) {
	w := newWeb(t, fetch.Options{AllowHTTP: true})
	w.HandleFunc("/", answer("plain"))
	got, err := w.Get(t.Context(), "http://a.example.com:"+w.port+"/", fetch.GetOptions{})
	if err != nil || string(got.Body) != "plain" {
		t.Errorf("got %q, %v", got.Body, err)
	}
}

// With http allowed, what began with https still doesn't go on without.
func TestNoWayDown(t *testing.T) {
	w := newWeb(t, fetch.Options{})
	w.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "http://a.example.com:"+w.port+"/", http.StatusFound)
	})
	f := fetch.New(fetch.Options{AllowHTTP: true, Resolver: answers("127.0.0.1")})
	w.exempt(f)
	if _, err := f.Get(t.Context(), w.url("/"), fetch.GetOptions{}); !errors.Is(err, fetch.ErrBlocked) {
		t.Errorf("got %v", err)
	}
}

// The name is public when it is judged and private when it is asked for again. It
// is asked for once a visit, and what was answered then is what is dialled.
func TestRebinding(t *testing.T) {
	asked := 0
	w := newWeb(t, fetch.Options{Resolver: func(_ context.Context, host string) ([]netip.Addr, error) {
		asked++
		if asked == 1 {
			return answers("127.0.0.1")(t.Context(), host) // the exempt one
		}
		return answers("127.0.0.2")(t.Context(), host) // private
	}})
	w.HandleFunc("/once", answer("once"))
	if got, err := w.get(t, "/once"); err != nil || string(got.Body) != "once" || asked != 1 {
		t.Fatalf("got %q, %v, asked %d times", got.Body, err, asked)
	}
	// The second visit of the same name gets the second answer judged.
	asked = 0
	w.HandleFunc("/again", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/once", http.StatusFound) })
	if _, err := w.get(t, "/again"); !errors.Is(err, fetch.ErrBlocked) || asked != 2 {
		t.Errorf("got %v, asked %d times", err, asked)
	}
}

// Of several addresses the private ones are passed over.
func TestMixedAnswer(t *testing.T) {
	w := newWeb(t, fetch.Options{Resolver: answers("127.0.0.9", "10.0.0.1", "::1", "fe80::1", "::ffff:127.0.0.1", "127.0.0.1")})
	w.HandleFunc("/", answer("right"))
	if got, err := w.get(t, "/"); err != nil || string(got.Body) != "right" {
		t.Errorf("got %q, %v", got.Body, err)
	}
}

func TestStrangersAreNotTrusted(t *testing.T) {
	w := newWeb(t, fetch.Options{})
	w.HandleFunc("/", answer("hello"))
	for _, u := range []string{"https://example.org:" + w.port + "/", "https://a.b.example.com:" + w.port + "/"} {
		if _, err := w.Get(t.Context(), u, fetch.GetOptions{}); !errors.Is(err, fetch.ErrUnreachable) {
			t.Errorf("%s: the certificate isn't of that name, and got %v", u, err)
		}
	}
	port := w.port
	w.server.Close()
	if _, err := w.Get(t.Context(), "https://a.example.com:"+port+"/", fetch.GetOptions{}); !errors.Is(err, fetch.ErrUnreachable) {
		t.Errorf("nobody listens, and got %v", err)
	}
}

// Whoever stalls, wherever, takes as long as Timeout and no longer.
func TestStallingServers(t *testing.T) {
	stall := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			io.WriteString(conn, text)
			io.Copy(io.Discard, conn) // until the other side goes
		}
	}
	w := newWeb(t, fetch.Options{Timeout: 100 * time.Millisecond})
	w.HandleFunc("/silent", stall(""))
	w.HandleFunc("/header", stall("HTTP/1.1 200 OK\r\nA: "))
	w.HandleFunc("/body", stall("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"))
	w.HandleFunc("/gzip", stall("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"+zip("a")[:12]))
	w.HandleFunc("/drip", func(rw http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			<-tick.C
			if _, err := io.WriteString(rw, "x"); err != nil {
				return
			}
			if http.NewResponseController(rw).Flush() != nil {
				return
			}
		}
	})
	for _, path := range []string{"/silent", "/header", "/body", "/gzip", "/drip"} {
		if got, err := w.Get(t.Context(), w.url(path), fetch.GetOptions{}); !errors.Is(err, fetch.ErrTimeout) || got.Body != nil {
			t.Errorf("%s: got %q, %v", path, got.Body, err)
		}
	}
	// One that takes the connection and doesn't shake hands.
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	f := fetch.New(fetch.Options{Timeout: 100 * time.Millisecond, Resolver: answers("127.0.0.1")})
	addr := netip.MustParseAddrPort(mute.Addr().String())
	f.Exempt(addr, nil)
	if _, err := f.Get(t.Context(), fmt.Sprintf("https://a.example.com:%d/", addr.Port()), fetch.GetOptions{}); !errors.Is(err, fetch.ErrTimeout) {
		t.Errorf("handshake: %v", err)
	}
}

func TestCallerGoesAway(t *testing.T) {
	w := newWeb(t, fetch.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	returned := make(chan struct{})
	w.HandleFunc("/", func(http.ResponseWriter, *http.Request) {
		cancel()
		<-returned
	})
	_, err := w.Get(ctx, w.url("/"), fetch.GetOptions{})
	close(returned)
	if !errors.Is(err, context.Canceled) || errors.Is(err, fetch.ErrTimeout) {
		t.Errorf("got %v", err)
	}
}

// Ten seconds in all, the wait for a turn and for the name server included.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fetch.New(fetch.Options{AtOnce: 1, Waiting: 1, Resolver: func(ctx context.Context, _ string) ([]netip.Addr, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		get := func() error {
			_, err := f.Get(t.Context(), "https://a.example.com/", fetch.GetOptions{})
			return err
		}
		start := time.Now()
		done := make(chan error, 2)
		go func() { done <- get() }()
		synctest.Wait()
		time.Sleep(4 * time.Second)
		go func() { done <- get() }()
		synctest.Wait()
		if err := get(); !errors.Is(err, fetch.ErrBusy) {
			t.Errorf("a third: %v", err)
		}
		if _, err := f.Get(t.Context(), "https://localhost/", fetch.GetOptions{}); !errors.Is(err, fetch.ErrBlocked) {
			t.Errorf("what is refused needs no turn: %v", err)
		}
		for _, want := range []time.Duration{10 * time.Second, 14 * time.Second} {
			if err := <-done; !errors.Is(err, fetch.ErrTimeout) || time.Since(start) != want {
				t.Errorf("got %v after %v, want it after %v", err, time.Since(start), want)
			}
		}
		// Every place is free again.
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, err := f.Get(ctx, "https://a.example.com/", fetch.GetOptions{})
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// socketName is the socket in the data folder where a running server takes the
	// commands of its operators. Whoever may open it may do everything, so that the
	// user whom the server runs as is the only one.
	socketName = "control.sock"
	// maxSocketPath bytes fit into an address of a Unix socket everywhere: some
	// systems have 104, of which one ends it.
	maxSocketPath = 100

	// controlPath is what operations are posted to: the version, then their name. A
	// change after which an old command and a new server misunderstand each other
	// makes it another version.
	controlPath = "/v1/"

	maxOrder         = 256 << 10 // bytes of an order: some thousand rooms; the others have a fraction of it
	maxOutcome       = 4 << 20   // of an outcome: maxListed people have a fraction of it
	controlConns     = 16        // connections at once; further ones wait in the kernel
	controlStep      = 5 * time.Second
	operationTimeout = 30 * time.Second // of one operation, with the wait for its turn
)

// A controlRefusal is what the socket answers when something is wrong. Error is for
// the person who asked.
type controlRefusal struct {
	Error string `json:"error"`
}

// control takes the commands of operators on the socket, one after the other.
type control struct {
	path   string // of the socket
	server *http.Server
	ended  chan error // holds what Serve returned
}

// openControl makes the socket in the data folder, which the caller has to itself,
// and serves it. A socket that a server left there that was killed is replaced.
func openControl(folder string, o office, log *slog.Logger) (*control, error) {
	listener, err := listenControl(folder)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	c := &control{path: filepath.Join(folder, socketName), ended: make(chan error, 1)}
	c.server = &http.Server{
		Handler:        controlHandler(o),
		ReadTimeout:    controlStep,
		WriteTimeout:   controlStep + operationTimeout,
		IdleTimeout:    controlStep,
		MaxHeaderBytes: 4 << 10,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() { c.ended <- c.server.Serve(listener) }()
	return c, nil
}

// close takes no further command and lets the one that is under way end. Where ctx
// ends first that is cut short.
func (c *control) close(ctx context.Context) error {
	removed := os.Remove(c.path)
	if errors.Is(removed, fs.ErrNotExist) {
		removed = nil
	}
	if c.server.Shutdown(ctx) != nil { // out of time
		_ = c.server.Close()
	}
	if err := <-c.ended; !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(fmt.Errorf("serve control socket: %w", err), removed)
	}
	return removed
}

func controlHandler(o office) http.Handler {
	turn := make(chan struct{}, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+controlPath+"{operation}", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), operationTimeout)
		defer cancel()
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			answer(w, http.StatusServiceUnavailable, controlRefusal{"the server has too many commands to do: try again"})
			return
		}
		var q order
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder))
		d.DisallowUnknownFields()
		if err := d.Decode(&q); err != nil {
			answer(w, http.StatusBadRequest, controlRefusal{"the running server doesn't understand the command: is it of another version?"})
			return
		}
		out, err := o.perform(ctx, r.PathValue("operation"), q)
		switch {
		case errors.Is(err, errNoOperation):
			notControl(w, r)
		case err != nil:
			answer(w, http.StatusUnprocessableEntity, controlRefusal{err.Error()})
		default:
			answer(w, http.StatusOK, out)
		}
	})
	mux.HandleFunc("/", notControl)
	return mux
}

func notControl(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusNotFound, controlRefusal{"the running server is of another version, which doesn't know this command: start it again with this one"})
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // who has gone needs no answer
}

// listenControl listens on a socket that nobody else could open at any moment: it is
// made in a folder that only we may enter, and moved to its place.
func listenControl(folder string) (net.Listener, error) {
	private := filepath.Join(folder, "control.new")
	if err := os.RemoveAll(private); err != nil { // of a start that was killed
		return nil, err
	}
	if err := os.Mkdir(private, 0o700); err != nil {
		return nil, err
	}
	defer os.Remove(private)
	near, forget, err := nearby(private)
	if err != nil {
		return nil, err
	}
	defer forget()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: filepath.Join(near, socketName)})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false) // it won't be there any more
	made := filepath.Join(private, socketName)
	err = os.Chmod(made, 0o600)
	if err == nil {
		err = os.Rename(made, filepath.Join(folder, socketName))
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close(), os.Remove(made))
	}
	return &fewConns{Listener: listener, slots: make(chan struct{}, controlConns), closed: make(chan struct{})}, nil
}

// nearby returns a path of the folder that is short enough for the address of the
// socket in it: that is bounded, and data folders may lie deep. It holds until
// forget is called.
func nearby(folder string) (path string, forget func(), err error) {
	fits := func(path string) bool { return len(filepath.Join(path, socketName)) <= maxSocketPath }
	if fits(folder) {
		return folder, func() {}, nil
	}
	whole, err := filepath.Abs(folder)
	if err != nil {
		return "", nil, err
	}
	aside, err := os.MkdirTemp("", "snug-") // nobody else may enter it
	if err != nil {
		return "", nil, err
	}
	forget = func() { _ = os.RemoveAll(aside) } // the link, not what it leads to
	path = filepath.Join(aside, "d")
	if !fits(path) {
		forget()
		return "", nil, fmt.Errorf("the paths of the data folder and of the folder for temporary files are both longer than the %d bytes that a socket can have", maxSocketPath)
	}
	if err := os.Symlink(whole, path); err != nil {
		forget()
		return "", nil, err
	}
	return path, forget, nil
}

// dialControl opens a connection to the server that runs on the data folder.
func dialControl(ctx context.Context, folder string) (net.Conn, error) {
	near, forget, err := nearby(folder)
	if err != nil {
		return nil, err
	}
	defer forget()
	dialer := net.Dialer{Timeout: controlStep}
	return dialer.DialContext(ctx, "unix", filepath.Join(near, socketName))
}

// fewConns has so many connections open at once.
type fewConns struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (l *fewConns) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &fewConn{Conn: conn, release: sync.OnceFunc(func() { <-l.slots })}, nil
}

func (l *fewConns) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type fewConn struct {
	net.Conn
	release func()
}

func (c *fewConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}

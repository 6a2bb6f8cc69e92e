package websocket

import (
	"bufio"
	"crypto/sha1" // RFC 6455 §4.2.2 fixes it; it guards nothing
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// acceptGUID is from RFC 6455 §1.3.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// handshakeWait bounds the writing of the handshake's reply.
const handshakeWait = 10 * time.Second

// ErrHandshake is wrapped by every refusal of Upgrade; the reply has been sent.
var ErrHandshake = errors.New("websocket handshake refused")

// IsUpgrade reports whether r asks for a WebSocket.
func IsUpgrade(r *http.Request) bool {
	return hasToken(r.Header, "Connection", "upgrade") && hasToken(r.Header, "Upgrade", "websocket")
}

func hasToken(h http.Header, name, token string) bool {
	for _, value := range h.Values(name) {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// Options say what a server speaks.
type Options struct {
	Subprotocols []string                      // of those that the client offers, the first that is in here is chosen
	Deflate      bool                          // permessage-deflate, if the client offers it
	Refuse       func(status int, text string) // writes the reply of a refusal; nil: as plain text
}

// Accepted is a connection whose opening handshake is done.
type Accepted struct {
	Conn        net.Conn
	Early       []byte // what the client sent ahead
	Subprotocol string // "": none
	Deflate     bool   // permessage-deflate was negotiated: give the Decoder its Inflaters
}

// Upgrade answers the opening handshake and takes the connection over. On an
// error the reply has been sent.
func Upgrade(w http.ResponseWriter, r *http.Request, o Options) (Accepted, error) {
	refuse := func(status int, text string) (Accepted, error) {
		if o.Refuse != nil {
			o.Refuse(status, text)
		} else {
			http.Error(w, text, status)
		}
		return Accepted{}, errors.Join(ErrHandshake, errors.New(text))
	}
	if !IsUpgrade(r) {
		w.Header().Set("Upgrade", "websocket")
		return refuse(http.StatusUpgradeRequired, "expected a websocket")
	}
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		return refuse(http.StatusMethodNotAllowed, "a websocket begins with GET")
	}
	if r.Header.Get("Sec-WebSocket-Version") != "13" {
		w.Header().Set("Sec-WebSocket-Version", "13")
		return refuse(http.StatusUpgradeRequired, "websocket version must be 13")
	}
	if !r.ProtoAtLeast(1, 1) {
		return refuse(http.StatusBadRequest, "a websocket needs HTTP/1.1")
	}
	keys := r.Header.Values("Sec-WebSocket-Key")
	if len(keys) != 1 {
		return refuse(http.StatusBadRequest, "Sec-WebSocket-Key must be there once")
	}
	key := strings.TrimSpace(keys[0])
	if raw, err := base64.StdEncoding.DecodeString(key); err != nil || len(raw) != 16 {
		return refuse(http.StatusBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64")
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return refuse(http.StatusInternalServerError, "this connection can't become a websocket")
	}
	sum := sha1.Sum([]byte(key + acceptGUID))
	reply := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	accepted := Accepted{Conn: conn, Subprotocol: choose(r, o.Subprotocols)}
	if accepted.Subprotocol != "" {
		reply += "Sec-WebSocket-Protocol: " + accepted.Subprotocol + "\r\n"
	}
	if o.Deflate {
		if answer := negotiateDeflate(r.Header); answer != "" {
			accepted.Deflate = true
			reply += "Sec-WebSocket-Extensions: " + answer + "\r\n"
		}
	}
	accepted.Early, err = takeEarly(rw.Reader)
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(handshakeWait))
	}
	if err == nil {
		_, err = conn.Write([]byte(reply + "\r\n"))
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		return Accepted{}, errors.Join(ErrHandshake, err, conn.Close())
	}
	return accepted, nil
}

func choose(r *http.Request, subprotocols []string) string {
	for _, value := range r.Header.Values("Sec-WebSocket-Protocol") {
		for part := range strings.SplitSeq(value, ",") {
			if offered := strings.TrimSpace(part); slices.Contains(subprotocols, offered) {
				return offered
			}
		}
	}
	return ""
}

func takeEarly(r *bufio.Reader) ([]byte, error) {
	early, err := r.Peek(r.Buffered())
	return slices.Clone(early), err
}

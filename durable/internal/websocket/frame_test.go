package websocket

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"snug/durable/internal/websocket/wstest"
)

func TestCloseCodes(t *testing.T) {
	valid := map[int]bool{}
	for _, span := range [][2]int{{1000, 1003}, {1007, 1014}, {3000, 4999}} {
		for code := span[0]; code <= span[1]; code++ {
			valid[code] = true
		}
	}
	for code := range 1 << 16 {
		want := "error 1002 close code is not allowed"
		if valid[code] {
			want = fmt.Sprintf("close %d x", code)
		}
		payload := wstest.Close(code, "x").Payload
		if got := describe(OpClose, []byte(payload)); got != want {
			t.Errorf("code %d: got %q, want %q", code, got, want)
		}
	}
}

// A server's frames, read back by what knows nothing of who wrote them.
func TestEncode(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 70000} {
		payload := strings.Repeat("x", n)
		frame := Frame(OpText, []byte(payload))
		if cap(frame)-len(frame) > maxServerHeader {
			t.Errorf("%d bytes of payload: a frame of %d bytes holds %d", n, len(frame), cap(frame))
		}
		in := bytes.NewReader(frame)
		if got, err := wstest.Read(in); err != nil || in.Len() != 0 || !got.Is(wstest.Text(payload)) {
			t.Errorf("%d bytes: got %v, %v", n, got, err)
		}
	}
	for _, c := range []struct {
		code int
		want string
	}{{1000, "\x88\x05\x03\xe8bye"}, {CodeNoStatus, "\x88\x00"}} {
		if got := string(CloseFrame(c.code, "bye")); got != c.want {
			t.Errorf("code %d: got %q, want %q", c.code, got, c.want)
		}
	}
}

package websocket

import (
	"net/http"
	"strings"
	"testing"
)

func TestNegotiateDeflate(t *testing.T) {
	const plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	const window = plain + "; server_max_window_bits=15"
	for _, c := range []struct{ offers, want string }{
		{"", ""},
		{"permessage-deflate", plain},
		{"  permessage-deflate\t", plain},
		{"permessage-deflate; client_max_window_bits", plain}, // what browsers offer
		{"permessage-deflate; client_max_window_bits=8", plain},
		{"permessage-deflate; client_max_window_bits=15", plain},
		{`permessage-deflate; client_max_window_bits="10"`, plain},
		{`permessage-deflate; client_max_window_bits="1\0"`, plain},
		{"permessage-deflate;server_no_context_takeover;client_no_context_takeover", plain},
		{"permessage-deflate ; server_no_context_takeover ; client_max_window_bits = 9", plain},
		{"permessage-deflate; server_max_window_bits=15", window},
		{`permessage-deflate; server_max_window_bits="15"; client_max_window_bits`, window},

		// not ours
		{"x-webkit-deflate-frame", ""},
		{"permessage-deflate-2", ""},
		{"PERMESSAGE-DEFLATE", ""},
		{"permessage-bzip2; permessage-deflate", ""},
		{"foo; x=\", permessage-deflate, \"", ""},
		{"foo; x=\"\\\", permessage-deflate", ""},

		// a window that we can't keep to
		{"permessage-deflate; server_max_window_bits=8", ""},
		{"permessage-deflate; server_max_window_bits=14", ""},

		// what mustn't be
		{"permessage-deflate; server_max_window_bits", ""},
		{"permessage-deflate; server_max_window_bits=", ""},
		{"permessage-deflate; server_max_window_bits=16", ""},
		{"permessage-deflate; server_max_window_bits=015", ""},
		{"permessage-deflate; client_max_window_bits=", ""},
		{"permessage-deflate; client_max_window_bits=7", ""},
		{"permessage-deflate; client_max_window_bits=16", ""},
		{"permessage-deflate; client_max_window_bits=08", ""},
		{"permessage-deflate; client_max_window_bits=+9", ""},
		{"permessage-deflate; server_no_context_takeover=1", ""},
		{"permessage-deflate; client_no_context_takeover=", ""},
		{"permessage-deflate; no_such_parameter", ""},
		{"permessage-deflate; client_max_window_bits; client_max_window_bits", ""},
		{"permessage-deflate; server_no_context_takeover; server_no_context_takeover", ""},
		{"permessage-deflate; server_max_window_bits=15; server_max_window_bits=15", ""},
		{"permessage-deflate=1", ""},
		{"permessage-deflate;", ""},
		{"permessage-deflate; ; client_max_window_bits", ""},
		{`permessage-deflate; client_max_window_bits="10`, ""},
		{`permessage-deflate; client_max_window_bits=10"`, ""},
		{`permessage-deflate; client_max_window_bits="10"0`, ""},
		{`permessage-deflate; client_max_window_bits=""`, ""},
		{`permessage-deflate; client_max_window_bits="10\`, ""},
		{`"permessage-deflate"`, ""},
		{"; permessage-deflate", ""},
		{",,,", ""},

		// the first that can be accepted
		{"permessage-deflate; server_max_window_bits=10, permessage-deflate", plain},
		{"permessage-deflate; server_max_window_bits=15, permessage-deflate", window},
		{"foo, permessage-deflate; bar, , permessage-deflate; client_max_window_bits", plain},
		{"foo\npermessage-deflate; bar\npermessage-deflate", plain}, // of three header lines
	} {
		h := http.Header{"Sec-Websocket-Extensions": strings.Split(c.offers, "\n")}
		if got := negotiateDeflate(h); got != c.want {
			t.Errorf("%s\ngot  %q\nwant %q", c.offers, got, c.want)
		}
	}
	if got := negotiateDeflate(http.Header{}); got != "" {
		t.Errorf("no offer: got %q", got)
	}
}

// FuzzNegotiate checks that no offer crashes us, that we answer in one of two
// ways, and only what a client that offers so little can have meant.
func FuzzNegotiate(f *testing.F) {
	f.Add("permessage-deflate; client_max_window_bits, permessage-deflate")
	f.Add(`permessage-deflate; server_max_window_bits="1\5"`)
	f.Add(`x; y="a\",;", permessage-deflate; server_no_context_takeover`)
	f.Fuzz(func(t *testing.T, offers string) {
		answer := negotiateDeflate(http.Header{"Sec-Websocket-Extensions": {offers}})
		window := strings.HasSuffix(answer, "; server_max_window_bits=15")
		switch {
		case answer == "":
			if strings.Trim(offers, " \t,") == "permessage-deflate" {
				t.Errorf("%q is declined", offers)
			}
		case strings.TrimSuffix(answer, "; server_max_window_bits=15") != deflateAnswer:
			t.Errorf("%q: answer %q", offers, answer)
		case !strings.Contains(offers, "permessage-deflate"), window && !strings.Contains(offers, "server_max_window_bits"):
			t.Errorf("%q: nobody offered %q", offers, answer)
		}
		// An offer in front that is sure to be accepted, and one that is sure not to be.
		if got := negotiateDeflate(http.Header{"Sec-Websocket-Extensions": {"permessage-deflate", offers}}); got != deflateAnswer {
			t.Errorf("behind a good offer %q changes the answer to %q", offers, got)
		}
		if got := negotiateDeflate(http.Header{"Sec-Websocket-Extensions": {"permessage-deflate; x", offers}}); got != answer {
			t.Errorf("behind a bad offer %q is answered with %q, not %q", offers, got, answer)
		}
	})
}

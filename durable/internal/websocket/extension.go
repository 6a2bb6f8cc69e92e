package websocket

import (
	"iter"
	"net/http"
	"slices"
	"strings"
)

// deflateAnswer accepts permessage-deflate. That the client begins anew with
// each message spares us 32 KB for each client, and that we do makes a message
// the same bytes for all of them.
const deflateAnswer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// negotiateDeflate returns the answer to the first offer of permessage-deflate
// that can be accepted; "" where there is none.
func negotiateDeflate(h http.Header) string {
	for _, value := range h.Values("Sec-WebSocket-Extensions") {
		for offer := range splitUnquoted(value, ',') {
			if answer := answerDeflate(offer); answer != "" {
				return answer
			}
		}
	}
	return ""
}

// answerDeflate accepts or declines an offer; it declines what is malformed, and
// as RFC 7692 §7.1 demands what it doesn't know, what is there twice, and values
// that may not be.
func answerDeflate(offer string) string {
	answer := deflateAnswer
	var seen []string
	for part := range splitUnquoted(offer, ';') {
		name, value, hasValue := strings.Cut(part, "=")
		name = trimSpace(name)
		value, ok := unquote(trimSpace(value))
		if !ok || slices.Contains(seen, name) {
			return ""
		}
		if len(seen) == 0 {
			ok = name == "permessage-deflate" && !hasValue
		} else {
			switch name {
			case "server_no_context_takeover", "client_no_context_takeover":
				ok = !hasValue
			case "server_max_window_bits":
				// The deflater of the standard library always uses all of the
				// window of 32 KB.
				ok = hasValue && value == "15"
				answer += "; server_max_window_bits=15"
			case "client_max_window_bits":
				// We can read every window, so we ask for none.
				ok = !hasValue || isWindowBits(value)
			default:
				ok = false
			}
		}
		if !ok {
			return ""
		}
		seen = append(seen, name)
	}
	return answer
}

// isWindowBits reports whether value is a number from 8 to 15, without leading
// zeros.
func isWindowBits(value string) bool {
	return value == "8" || value == "9" || len(value) == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5'
}

// splitUnquoted splits at each sep that stands outside of quotes.
func splitUnquoted(s string, sep byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		begin, quoted := 0, false
		for i := 0; i < len(s); i++ {
			switch {
			case s[i] == '"':
				quoted = !quoted
			case s[i] == '\\' && quoted:
				i++
			case s[i] == sep && !quoted:
				if !yield(s[begin:i]) {
					return
				}
				begin = i + 1
			}
		}
		yield(s[begin:])
	}
}

// unquote returns what a quoted string says; what isn't quoted stays.
func unquote(s string) (string, bool) {
	if !strings.ContainsRune(s, '"') {
		return s, true
	}
	if len(s) < 2 || s[0] != '"' {
		return "", false
	}
	var said strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return said.String(), i == len(s)-1
		case s[i] == '\\' && i < len(s)-1:
			i++
			said.WriteByte(s[i])
		default:
			said.WriteByte(s[i])
		}
	}
	return "", false
}

func trimSpace(s string) string { return strings.Trim(s, " \t") }

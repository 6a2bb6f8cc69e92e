package auth_test

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// errorCodes are those of the protocol's table of callbacks, in the spellings of
// both versions, and ours.
const errorCodes = `access_denied state_not_found please_restart_the_process state_mismatch no_code oauth_provider_not_found invalid_code
	unable_to_get_user_info email_not_found account_not_linked signup_disabled unable_to_create_user unable_to_link_account unable_to_create_session
	internal_server_error email_doesn't_match email_does_not_match account_already_linked_to_different_user issuer_mismatch issuer_missing
	nonce_binding_missing email_not_verified no_callback_url invalid_token token_expired user_not_found unauthorized INVALID_TOKEN TOKEN_EXPIRED
	USER_NOT_FOUND banned invite_required domain_not_allowed not_allowed provider_unavailable server_error temporarily_unavailable`

func TestErrorPageSaysWhatToDo(t *testing.T) {
	g := newRig(t)
	text := func(code string) string {
		p := g.jar().get("/error?error=" + url.QueryEscape(code))
		m := regexp.MustCompile(`(?s)<main>\s*<h1>(.+)</h1>\s*<p>(.+)</p>\s*<a href="(/[a-z-]+)">(.+)</a>\s*</main>`).FindStringSubmatch(p.text)
		if p.Code != 200 || m == nil {
			t.Fatalf("%s: %d %s", code, p.Code, p.text)
		}
		if words := m[1] + " " + m[2]; strings.ContainsAny(words, "!{}_") || strings.Contains(words, "Oops") || strings.Contains(words, "<") {
			t.Errorf("%s: %s", code, words)
		}
		return m[1] + m[2]
	}
	unknown := text("what_is_this")
	for _, code := range strings.Fields(errorCodes) {
		if text(code) == unknown {
			t.Errorf("%s has no words", code)
		}
	}
	for _, code := range []string{"", "Unknown", "{title}", "%s"} {
		if text(code) != unknown {
			t.Errorf("%q: %s", code, text(code))
		}
	}
}

// Each code that a callback can end with has words.
func TestEveryCodeOfOursHasWords(t *testing.T) {
	source, err := os.ReadFile("callback.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`(?:failure\{code: |\{(?:oauth|db)?\.?[Ee]rr\w+, )"([^"]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(codes) < 20 {
		t.Fatalf("found %d codes: is the pattern right?", len(codes))
	}
	for _, m := range codes {
		if !strings.Contains(" "+strings.Join(strings.Fields(errorCodes), " ")+" ", " "+m[1]+" ") {
			t.Errorf("%s isn't tested", m[1])
		}
	}
}

package auth

import (
	"cmp"
	"html"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"snug/language"
)

// The places that an error page leads to.
const (
	toSignIn  = "/sign-in"
	toAccount = "/account"
)

// otherError stands for the codes that nothing is known of.
const otherError = ""

// errorOf returns the code that has words (words.errors) for one of better-auth 1.3.9 and
// 1.7, of the provider's own of OAuth 2.0, or of ours: otherError if it knows the code not.
func errorOf(code string) string {
	switch code = strings.ToLower(code); code {
	case "invalid_callback_request":
		return "state_not_found"
	case "state_security_mismatch":
		return "state_mismatch"
	case "nonce_binding_missing":
		return "unable_to_get_user_info"
	case "issuer_missing":
		return "issuer_mismatch"
	case "signup_disabled":
		return "sign_up_closed"
	case "banned_user":
		return "banned"
	case "failed_to_create_user":
		return "unable_to_create_user"
	case "failed_to_create_session":
		return "unable_to_create_session"
	case "temporarily_unavailable", "server_error":
		return "provider_unavailable"
	case "invalid_scope", "invalid_request", "unauthorized_client", "unsupported_response_type", "redirect_uri_mismatch":
		return "invalid_client"
	case "login_required", "consent_required", "account_selection_required":
		return "interaction_required"
	case "email_does_not_match", "email_doesnt_match":
		return "email_doesn't_match"
	case "token_expired", "user_not_found":
		return "invalid_token"
	}
	if _, ok := english.errors[code]; ok {
		return code
	}
	return otherError
}

// knownCode is the code if there are words for it, and "other" for any text that
// somebody else made up.
func knownCode(code string) string {
	if errorOf(code) != otherError {
		return code
	}
	return "other"
}

// errorPage is where a sign-in that leads over other sites ends when it fails.
func (s *Service) errorPage(c *call) error {
	code := c.r.URL.Query().Get("error")
	if code == "" || len(code) > maxErrorCode {
		code = "Unknown"
	}
	code = strings.ToValidUTF8(code, string(utf8.RuneError))
	lang, known := language.Of(c.r), errorOf(code)
	words := catalogue.In(lang)
	next, button := toSignIn, words.toSignIn
	switch known {
	case "unable_to_link_account", "email_doesn't_match", "account_already_linked_to_different_user":
		next, button = toAccount, words.toAccount
	}
	footer := lang.Fill(html.EscapeString(words.errorCode), "code", `<span id="errorCode">`+html.EscapeString(code)+`</span>`)
	main := strings.NewReplacer("{text}", html.EscapeString(words.errors[known].text), "{next}", next, "{button}", html.EscapeString(button)).Replace(errorMain)
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	s.writePage(c.w, lang, words.errors[known].title, main, "<footer>"+footer+"</footer>\n", "'none'")
	return nil
}

const errorMain = `<p>{text}</p>
<a href="{next}">{button}</a>`

// writePage writes a page of the server's own, for where there may be no client: it
// has no script, and its forms lead to formAction alone.
func (s *Service) writePage(w http.ResponseWriter, lang language.Code, title, main, footer, formAction string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action "+formAction+"; frame-ancestors 'none'")
	w.WriteHeader(http.StatusOK)
	fill := strings.NewReplacer("{title}", html.EscapeString(title), "{main}", main, "{footer}", footer,
		"{lang}", string(lang), "{dir}", lang.Dir(), "{server}", html.EscapeString(cmp.Or(s.cfg.ServerName(), product)))
	io.WriteString(w, fill.Replace(pageHTML)) // an error is the reader's leaving
}

const pageHTML = `<!DOCTYPE html>
<html lang="{lang}" dir="{dir}">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} · {server}</title>
<style>
:root {
	color-scheme: light dark;
	--paper: oklch(0.985 0.006 85); --surface: oklch(1 0 0); --ink: oklch(0.22 0.015 60); --muted: oklch(0.5 0.015 65);
	--line: oklch(0.9 0.01 80); --accent: oklch(0.55 0.13 45); --strong: oklch(0.47 0.125 45); --on: oklch(1 0 0);
}
@media (prefers-color-scheme: dark) {
	:root {
		--paper: oklch(0.19 0.01 60); --surface: oklch(0.225 0.012 60); --ink: oklch(0.94 0.01 85); --muted: oklch(0.7 0.015 75);
		--line: oklch(0.31 0.012 65); --accent: oklch(0.74 0.12 55); --strong: oklch(0.8 0.11 58); --on: oklch(0.18 0.02 50);
	}
}
* { box-sizing: border-box; }
body {
	margin: 0; min-height: 100vh; min-height: 100dvh; padding: 24px 16px; display: grid; place-content: center; justify-items: center; gap: 20px;
	background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
svg { display: block; }
main {
	width: min(400px, calc(100vw - 32px)); padding: 28px; background: var(--surface);
	border: 1px solid var(--line); border-radius: 10px; overflow-wrap: anywhere;
}
h1 { margin: 0 0 8px; font-size: 22px; line-height: 1.25; font-weight: 600; text-wrap: balance; }
p { margin: 0 0 24px; }
a, button {
	display: inline-block; padding: 10px 16px; border: 0; border-radius: 6px; font: inherit; font-weight: 600; text-decoration: none;
	cursor: pointer; background: var(--accent); color: var(--on);
}
a:hover, button:hover { background: var(--strong); }
a:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
footer { font-size: 12px; color: var(--muted); overflow-wrap: anywhere; max-width: min(400px, calc(100vw - 32px)); text-align: center; }
</style>
</head>
<body>
<svg width="40" height="40" viewBox="0 0 32 32" aria-hidden="true">
<rect width="32" height="32" rx="8" fill="var(--accent)"/>
<path fill="var(--on)" d="M8 12.5A4.5 4.5 0 0 1 12.5 8h7A4.5 4.5 0 0 1 24 12.5v3a4.5 4.5 0 0 1-4.5 4.5H16l-4.6 3.7c-.6.5-1.4.1-1.4-.7v-3.5A4.5 4.5 0 0 1 8 16z"/>
<circle cx="13" cy="14" r="1.5" fill="var(--accent)"/><circle cx="19" cy="14" r="1.5" fill="var(--accent)"/>
</svg>
<main>
<h1>{title}</h1>
{main}
</main>
{footer}</body>
</html>
`

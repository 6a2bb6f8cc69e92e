package auth

import (
	"cmp"
	"html"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// errorWords say what happened, and what to do.
type errorWords struct {
	title, text string
	next        string // a path of this server
	button      string
}

// The places that an error page leads to.
const (
	toSignIn  = "/sign-in"
	toAccount = "/account"
)

// wordsFor explains the codes of better-auth 1.3.9 and 1.7, the provider's own of
// OAuth 2.0, and ours; false if it knows the code not.
func wordsFor(code string) (errorWords, bool) {
	again := func(title, text string) errorWords { return errorWords{title, text, toSignIn, "Back to sign-in"} }
	linking := func(title, text string) errorWords { return errorWords{title, text, toAccount, "Back to your account"} }
	switch strings.ToLower(code) {
	case "access_denied":
		return again("You weren't signed in", "The sign-in was cancelled, or the provider didn't allow it. Try again, or choose another way to sign in."), true
	case "state_not_found", "invalid_callback_request":
		return again("This sign-in is incomplete", "The answer of the provider came without what belongs to it. Begin again from the sign-in page."), true
	case "please_restart_the_process":
		return again("This sign-in is over", "It took longer than ten minutes, or it was finished already, perhaps in another tab. Begin again from the sign-in page."), true
	case "state_mismatch", "state_security_mismatch":
		return again("This sign-in began somewhere else", "Each sign-in ends in the browser where it began, and under the same address. Begin again here, and let this site keep cookies."), true
	case "no_code":
		return again("The provider sent no answer", "It sent you back without saying who you are. Begin again from the sign-in page."), true
	case "no_callback_url":
		return again("There was nowhere to go", "You may be signed in. Open the first page to see."), true
	case "oauth_provider_not_found":
		return again("This provider isn't in use here", "Choose one of the ways that the sign-in page shows."), true
	case "invalid_code":
		return again("The provider took its answer back", "This happens when a page is loaded twice. Begin again from the sign-in page. If it happens each time, tell whoever runs this server: its client secret may be wrong."), true
	case "unable_to_get_user_info", "nonce_binding_missing":
		return again("The provider didn't say who you are", "Its answer was incomplete or couldn't be trusted. Try again. If it happens each time, tell whoever runs this server."), true
	case "issuer_mismatch", "issuer_missing":
		return again("The answer came from somebody else", "It isn't from the provider that you chose, so nothing was done with it. Begin again from the sign-in page."), true
	case "email_not_found":
		return again("The provider gave no e-mail address", "An account here needs one. Add an address to your account there and let it be shared, or sign in another way."), true
	case "email_not_verified":
		return again("Your e-mail address isn't confirmed", "Open the link in the mail that you got when you signed up, or confirm the address at your provider. Then sign in again."), true
	case "account_not_linked":
		return again("That address has an account here already", "The provider hasn't confirmed that the address is yours. Sign in the way you did before, and connect the provider on your account page."), true
	case "not_allowed":
		return again("This account may not come in", "The server takes only certain people of this provider, and this account isn't among them. Choose another account, or ask whoever runs the server."), true
	case "signup_disabled", "sign_up_closed":
		return again("No new accounts", "This server takes no new accounts. If you have one, sign in the way you did before."), true
	case "invite_required":
		return again("You need an invitation", "New accounts are by invitation here. Open the link of your invitation in this browser, then sign in again."), true
	case "domain_not_allowed":
		return again("Not with this address", "New accounts need a confirmed address of certain domains, or an invitation. Choose another account, or ask whoever runs the server."), true
	case "banned", "banned_user":
		return again("You can't come in", "This account was banned from this server. If you think that is wrong, write to whoever runs it."), true
	case "unable_to_create_user", "failed_to_create_user":
		return again("Your account couldn't be made", "Nothing was stored. If you have an account here, sign in the way you did before; if not, try again in a minute."), true
	case "unable_to_create_session", "failed_to_create_session":
		return again("You couldn't be signed in", "The server couldn't store it. Try again in a minute."), true
	case "provider_unavailable", "temporarily_unavailable", "server_error":
		return again("The provider doesn't answer", "It has trouble, or can't be reached from here. Try again in a minute, or sign in another way."), true
	case "invalid_scope", "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_client", "redirect_uri_mismatch":
		return again("The provider refused this server", "It isn't set up there as it should be. Tell whoever runs this server, or sign in another way."), true
	case "login_required", "consent_required", "interaction_required", "account_selection_required":
		return again("The provider has to ask you something", "Begin again, and answer on its page."), true
	case "unable_to_link_account":
		return linking("The account wasn't connected", "Its e-mail address has to be confirmed there, and you have to stay signed in here until it is done. Try again from your account page."), true
	case "email_doesn't_match", "email_does_not_match", "email_doesnt_match":
		return linking("The addresses differ", "An account can be connected only if it has the same e-mail address as yours here. Change one of the two, then try again."), true
	case "account_already_linked_to_different_user":
		return linking("It belongs to another account", "Somebody signs in here with it already. If that is you, sign in with it and disconnect it there first."), true
	case "invalid_token", "token_expired", "user_not_found":
		return again("This link doesn't work any more", "It was used already, or it is too old. Ask for a new one."), true
	case "unauthorized":
		return again("You aren't signed in", "Sign in, then open the link again."), true
	case internalError:
		return again("Something broke here", "It isn't your fault, and nothing was stored. Try again in a minute. If it happens each time, tell whoever runs this server."), true
	}
	return again("You couldn't be signed in", "Begin again from the sign-in page. If it happens each time, tell whoever runs this server."), false
}

// knownCode is the code if there are words for it, and "other" for any text that
// somebody else made up.
func knownCode(code string) string {
	if _, ok := wordsFor(code); ok {
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
	words, _ := wordsFor(code)
	fill := strings.NewReplacer(
		"{text}", html.EscapeString(words.text), "{next}", words.next, "{button}", words.button, "{code}", html.EscapeString(code))
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	s.writePage(c.w, words.title, fill.Replace(errorMain), fill.Replace(errorFooter), "'none'")
	return nil
}

const (
	errorMain = `<p>{text}</p>
<a href="{next}">{button}</a>`
	errorFooter = `<footer>Error code: <span id="errorCode">{code}</span></footer>
`
)

// writePage writes a page of the server's own, for where there may be no client: it
// has no script, and its forms lead to formAction alone.
func (s *Service) writePage(w http.ResponseWriter, title, main, footer, formAction string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action "+formAction+"; frame-ancestors 'none'")
	w.WriteHeader(http.StatusOK)
	fill := strings.NewReplacer("{title}", html.EscapeString(title), "{main}", main, "{footer}", footer,
		"{server}", html.EscapeString(cmp.Or(s.cfg.ServerName(), product)))
	io.WriteString(w, fill.Replace(pageHTML)) // an error is the reader's leaving
}

const pageHTML = `<!DOCTYPE html>
<html lang="en">
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

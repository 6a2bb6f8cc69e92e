package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"snug/db"
)

// A refusal is an error that the client is meant to read: pages show the message,
// programs compare the code. Messages are those of better-auth 1.3.9, and a code
// is its message in capitals, unless noted.
type refusal struct {
	status  int
	code    string // "": the body is empty
	message string
	word    string        // stands for the code in a redirect, where that differs
	retry   time.Duration // when it is worth trying again; 0 where that is no help
}

func (e *refusal) Error() string { return e.message }

var (
	errNotFound     = &refusal{status: 404}
	errUnauthorized = &refusal{status: 401}
	errInternal     = &refusal{status: 500}

	errMalformed  = &refusal{status: 400, code: "VALIDATION_ERROR", message: "Request body is not JSON"}
	errValidation = &refusal{status: 400, code: "VALIDATION_ERROR", message: "Invalid body parameters"}
	errTooLarge   = &refusal{status: 413, code: "PAYLOAD_TOO_LARGE", message: "Request body is too large"}

	errOrigin = &refusal{status: 403, code: "INVALID_ORIGIN", message: "Invalid origin"}
	// 1.7 refuses these two, 1.3.9 doesn't.
	errNoOrigin   = &refusal{status: 403, code: "MISSING_OR_NULL_ORIGIN", message: "Missing or null Origin"}
	errNavigation = &refusal{status: 403, code: "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
		message: "Cross-site navigation login blocked. This request appears to be a CSRF attack."}
	errCallback = &refusal{status: 403, code: "INVALID_CALLBACKURL", message: "Invalid callbackURL"}

	errGetSession    = &refusal{status: 500, code: "FAILED_TO_GET_SESSION", message: "Failed to get session"}
	errEmail         = &refusal{status: 400, code: "INVALID_EMAIL", message: "Invalid email"}
	errCredentials   = &refusal{status: 401, code: "INVALID_EMAIL_OR_PASSWORD", message: "Invalid email or password"}
	errShortPassword = &refusal{status: 400, code: "PASSWORD_TOO_SHORT", message: "Password too short"}
	errLongPassword  = &refusal{status: 400, code: "PASSWORD_TOO_LONG", message: "Password too long"}
	errTaken         = &refusal{status: 422, code: "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
		message: "User already exists. Use another email."}

	errBanned = &refusal{status: 403, code: "BANNED_USER", message: "You have been banned from this server"}
	// better-auth knows these two of passwords alone, and no invitations.
	errSignUpClosed = &refusal{status: 403, code: "SIGN_UP_CLOSED", message: "This server takes no new accounts",
		word: "new_user_signup_disabled"}
	errUninvited = &refusal{status: 403, code: "INVITE_REQUIRED", message: "You need an invitation to make an account here"}
	errDomain    = &refusal{status: 403, code: "DOMAIN_NOT_ALLOWED", message: "This server takes only addresses of certain domains"}

	errQuery          = &refusal{status: 400, code: "VALIDATION_ERROR", message: "Invalid query parameters"}
	errRedirect       = &refusal{status: 403, code: "INVALID_REDIRECTURL", message: "Invalid redirectURL"}
	errEmailFixed     = &refusal{status: 400, code: "EMAIL_CAN_NOT_BE_UPDATED", message: "Email can not be updated"}
	errSameEmail      = &refusal{status: 400, code: "EMAIL_IS_THE_SAME", message: "Email is the same"}
	errUnverified     = &refusal{status: 403, code: "EMAIL_NOT_VERIFIED", message: "Email not verified"}
	errPassword       = &refusal{status: 400, code: "INVALID_PASSWORD", message: "Invalid password"}
	errNoPassword     = &refusal{status: 400, code: "CREDENTIAL_ACCOUNT_NOT_FOUND", message: "Credential account not found"}
	errPasswordsOff   = &refusal{status: 400, code: "EMAIL_AND_PASSWORD_IS_NOT_ENABLED", message: "Email and password is not enabled"}
	errPasswordSignUp = &refusal{status: 400, code: "EMAIL_AND_PASSWORD_SIGN_UP_IS_NOT_ENABLED",
		message: "Email and password sign up is not enabled"}
	errResetOff = &refusal{status: 400, code: "RESET_PASSWORD_ISNT_ENABLED", message: "Reset password isn't enabled"}
	errVerified = &refusal{status: 400, code: "YOU_CAN_ONLY_SEND_A_VERIFICATION_EMAIL_TO_AN_UNVERIFIED_EMAIL",
		message: "You can only send a verification email to an unverified email"}
	errForeignEmail = &refusal{status: 400, code: "YOU_CAN_ONLY_SEND_A_VERIFICATION_EMAIL_TO_YOUR_OWN_EMAIL",
		message: "You can only send a verification email to your own email"}
	errStale = &refusal{status: 400, code: "SESSION_EXPIRED_REAUTHENTICATE_TO_PERFORM_THIS_ACTION",
		message: "Session expired. Re-authenticate to perform this action."}
	errUserInfo = &refusal{status: 404, code: "FAILED_TO_GET_USER_INFO", message: "Failed to get user info"}
	// Each part of the protocol has its own way to refuse a token.
	errToken         = &refusal{status: 400, code: "INVALID_TOKEN", message: "Invalid token"}
	errDeleteToken   = &refusal{status: 404, code: "INVALID_TOKEN", message: "Invalid token"}
	errLinkToken     = &refusal{status: 401, code: "INVALID_TOKEN", message: "Invalid token"}
	errLinkExpired   = &refusal{status: 401, code: "EXPIRED_TOKEN", message: "Token expired"}
	errTicket        = &refusal{status: 401, code: "INVALID_TOKEN", message: "invalid_token", word: "invalid_token"}
	errTicketExpired = &refusal{status: 401, code: "TOKEN_EXPIRED", message: "token_expired", word: "token_expired"}
	errTicketUser    = &refusal{status: 401, code: "USER_NOT_FOUND", message: "user_not_found", word: "user_not_found"}
	errTicketSession = &refusal{status: 401, code: "UNAUTHORIZED", message: "unauthorized", word: "unauthorized"}
	// better-auth lets the last owner go: it has none.
	errOnlyOwner = &refusal{status: 403, code: "LAST_OWNER",
		message: "You are the only owner of this server. Make somebody else one first"}

	// better-auth takes any name and image.
	errName         = &refusal{status: 400, code: "INVALID_NAME", message: "Name must have 1 to 64 visible characters"}
	errReservedName = &refusal{status: 400, code: "RESERVED_NAME", message: "This name is reserved"}
	errImage        = &refusal{status: 400, code: "INVALID_IMAGE", message: "Image must be an https address"}

	// Of our own interface.
	errGuest           = &refusal{status: 403, code: "GUESTS_CAN_NOT", message: "Guests can't do this. Make an account first"}
	errTokenName       = &refusal{status: 400, code: "INVALID_NAME", message: "Name must have 1 to 64 characters"}
	errScopes          = &refusal{status: 400, code: "INVALID_SCOPES", message: "Scopes must be some of messages:read, messages:write and rooms:write"}
	errNoPicture       = &refusal{status: 400, code: "NOT_A_PICTURE", message: "This isn't a PNG, JPEG, GIF or WebP picture, or it is broken"}
	errPictureTooLarge = &refusal{status: 413, code: "PICTURE_TOO_LARGE", message: "The picture is too large. Use one of at most 8 MB and 40 megapixels"}
	errForbidden       = &refusal{status: 403, code: "FORBIDDEN", message: "Your role doesn't allow this"}
	errNoInvite        = &refusal{status: 404, code: "INVITE_NOT_FOUND", message: "This invitation is used up, expired or revoked, or who made it may not invite any more"}
	errTooManyInvites  = &refusal{status: 409, code: "TOO_MANY_INVITES", message: "There are 1,000 open invitations. Revoke some first"}
	errTooManyLinks    = &refusal{status: 409, code: "TOO_MANY_INVITES", message: "You have 50 open invitations into rooms. Revoke some first"}
	errInviteRoom      = &refusal{status: 403, code: "ROOM_NOT_YOURS", message: "There is no such room that you may invite people to"}
	errInviteShut      = &refusal{status: 403, code: "ROOM_SHUT", message: "The room that this invitation leads into doesn't take you: you were removed from it, or it takes nobody else"}
	errInviteGone      = &refusal{status: 404, code: "ROOM_NOT_FOUND", message: "The room that this invitation leads into is gone"}
	errInviteFor       = &refusal{status: 403, code: "INVITE_FOR_ANOTHER", message: "This invitation is for another e-mail address"}
	errTooManyTokens   = &refusal{status: 409, code: "TOO_MANY_TOKENS", message: "You have 50 tokens. Revoke one that you don't need any more"}

	errStorage = &refusal{status: 503, code: "STORAGE_UNAVAILABLE", retry: 5 * time.Second,
		message: "The server can't store anything right now. Please try again later."}

	// Most likely nobody reads it; but no answer would be a 200 to whoever does.
	errBrokenOff = &refusal{status: 503, code: "BROKEN_OFF", retry: time.Second,
		message: "The request was broken off: it may have been done or not"}
)

func errTooMany(retry time.Duration) *refusal {
	// The protocol gives no code here.
	return &refusal{status: 429, message: "Too many requests. Please try again later.", retry: retry}
}

func errMediaType(got string, form bool) *refusal {
	allowed := "application/json"
	if form {
		allowed = "application/x-www-form-urlencoded, application/json"
	}
	return &refusal{status: 415, code: "UNSUPPORTED_MEDIA_TYPE",
		message: fmt.Sprintf("Content-Type %q is not allowed. Allowed types: %s", got, allowed)}
}

// refuse writes the answer to an error. What isn't a refusal is our fault: it is
// logged and not shown.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var e *refusal
	switch {
	case errors.As(err, &e):
	case errors.Is(err, errHashBusy):
		e = errTooMany(hashWait)
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		e = errBrokenOff
	case errors.Is(err, db.ErrDiskFull), errors.Is(err, db.ErrBusy), errors.Is(err, db.ErrFailed):
		e = errStorage
	default:
		e = errInternal
	}
	if e.status >= 500 && e != errBrokenOff {
		s.log.Error("request failed", "route", s.routeOf(r), "err", err)
	}
	h := w.Header()
	if e.retry > 0 {
		seconds := strconv.Itoa(int((e.retry + time.Second - 1) / time.Second))
		h.Set("X-Retry-After", seconds) // the client's
		h.Set("Retry-After", seconds)   // everybody's
	}
	if e.message == "" {
		if e.status == http.StatusUnauthorized { // as better-auth has it
			h.Set("Content-Type", "application/json")
		}
		w.WriteHeader(e.status)
		return
	}
	writeJSON(w, e.status, refusalJSON{e.code, e.message})
}

// refusalJSON is a refusal as the client reads it.
type refusalJSON struct {
	Code    string `json:"code,omitempty"` // for programs
	Message string `json:"message"`        // for people
}

// writeJSON writes a body without escapes that only HTML needs.
func writeJSON(w http.ResponseWriter, status int, value any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		panic(fmt.Sprintf("encode reply: %v", err)) // only a type that can't be encoded gets here
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// A stamp is a time as the client expects it. It takes any other number of
// fraction digits for a different time, or for no time at all.
type stamp time.Time

func (t stamp) MarshalText() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z"), nil
}

// sessionJSON is a session in a browser.
type sessionJSON struct {
	ID        string `json:"id"`
	Token     string `json:"token"`
	UserID    string `json:"userId"`
	ExpiresAt stamp  `json:"expiresAt"`
	CreatedAt stamp  `json:"createdAt"`
	UpdatedAt stamp  `json:"updatedAt"`
	IPAddress string `json:"ipAddress"`
	UserAgent string `json:"userAgent"`
}

func (x session) json(token string) sessionJSON {
	return sessionJSON{x.id, token, x.userID, stamp(x.expires), stamp(x.created), stamp(x.updated), x.ipAddress, x.userAgent}
}

// userJSON is somebody as they see themselves.
type userJSON struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	Email         string  `json:"email"`
	EmailVerified bool    `json:"emailVerified"`
	Image         *string `json:"image"`
	CreatedAt     stamp   `json:"createdAt"`
	UpdatedAt     stamp   `json:"updatedAt"`
	// Of plugins of better-auth, and left out where they say no.

	Role      Role `json:"role,omitempty"`
	Anonymous bool `json:"isAnonymous,omitempty"` // a guest
	TwoFactor bool `json:"twoFactorEnabled,omitempty"`
}

func (u user) json() userJSON {
	return userJSON{u.id, u.name, u.email, u.emailVerified, u.image, stamp(u.created), stamp(u.updated), u.role, u.anonymous, u.twoFactor}
}

// statusJSON tells that it is done.
type statusJSON struct {
	Status bool `json:"status"`
}

// A body holds the properties of a request. Names are compared exactly, unknown
// ones are ignored, and of a repeated one the last counts.
type body map[string]json.RawMessage

// readBody reads JSON, or a form where one is allowed. No body is an empty one.
func readBody(w http.ResponseWriter, r *http.Request, form bool) (body, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, errMalformed
	}
	header := r.Header.Get("Content-Type")
	if len(raw) == 0 && header == "" {
		return body{}, nil
	}
	kind, _, err := mime.ParseMediaType(header)
	switch {
	case err == nil && kind == "application/json":
	case err == nil && kind == "application/x-www-form-urlencoded" && form:
		return parseForm(string(raw))
	default:
		name, _, _ := strings.Cut(header, ";")
		return nil, errMediaType(name, form)
	}
	if len(raw) == 0 {
		return body{}, nil
	}
	var b body
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return nil, errMalformed
	}
	if json.Unmarshal(raw, &b) != nil || b == nil {
		return nil, errValidation // an array, a string, null
	}
	return b, nil
}

func parseForm(raw string) (body, error) {
	values, err := url.ParseQuery(raw)
	if err != nil || !utf8.ValidString(raw) {
		return nil, errValidation
	}
	b := body{}
	for name, all := range values {
		text := all[len(all)-1]
		quoted, err := json.Marshal(text)
		if err != nil || !utf8.ValidString(text) {
			return nil, errValidation
		}
		b[name] = quoted
	}
	return b, nil
}

// text returns a string property; ok tells whether it is there at all.
func (b body) text(name string) (text string, ok bool, err error) {
	raw, ok := b[name]
	if !ok {
		return "", false, nil
	}
	if raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return "", false, errValidation
	}
	return text, true, nil
}

// required returns a string property that must be there.
func (b body) required(name string) (string, error) {
	text, ok, err := b.text(name)
	if err == nil && !ok {
		err = errValidation
	}
	return text, err
}

// flag returns a boolean property, or its default.
func (b body) flag(name string, missing bool) (bool, error) {
	switch raw, ok := b[name]; {
	case !ok:
		return missing, nil
	case string(raw) == "true":
		return true, nil
	case string(raw) == "false":
		return false, nil
	}
	return false, errValidation
}

// texts returns a property that is a list of at most limit strings; nil if it
// isn't there.
func (b body) texts(name string, limit int) ([]string, error) {
	raw, ok := b[name]
	if !ok {
		return nil, nil
	}
	var list []string
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil || len(list) > limit {
		return nil, errValidation
	}
	return list, nil
}

// number returns a whole number between low and high; false if it is null or isn't
// there.
func (b body) number(name string, low, high int) (n int, given bool, err error) {
	raw, ok := b[name]
	if !ok || string(raw) == "null" {
		return 0, false, nil
	}
	if json.Unmarshal(raw, &n) != nil || n < low || n > high {
		return 0, false, errValidation
	}
	return n, true, nil
}

// address returns the property that is an e-mail address.
func (b body) address(name string) (string, error) {
	email, err := b.required(name)
	if err != nil {
		return "", err
	}
	if email, err = cleanEmail(email); err != nil {
		return "", errValidation // as better-auth has it everywhere but at sign-in
	}
	return email, nil
}

// optional is text for a property that may be null.
func (b body) optional(name string) (text string, given bool, err error) {
	if raw, ok := b[name]; !ok || string(raw) == "null" {
		return "", false, nil
	}
	return b.text(name)
}

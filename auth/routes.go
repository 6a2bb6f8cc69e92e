package auth

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"snug/internal/openapi"
)

// Short names for the table.
type (
	why   = map[int]string
	other = map[int]openapi.Response
)

func of[B any]() reflect.Type      { return reflect.TypeFor[B]() }
func gives[A any]() []reflect.Type { return openapi.JSON[A]() }

// routeTable has the routes below /api: those under /auth are the protocol's, the
// others our own. A * at the end is one more element of the path.
func (s *Service) routeTable() map[string]route {
	html := []string{"text/html"}
	param, number := openapi.Param[string], openapi.Param[float64]
	return map[string]route{
		"GET /auth/ok": {handle: s.ok, about: openapi.Operation{
			Summary: "Whether the account service is there", Says: "It is.",
			Answer: gives[okReply](),
		}},
		"GET /auth/error": {handle: s.errorPage, about: openapi.Operation{
			Summary: "A page that shows a sign-in error", Says: "A page.",
			Media: html, Parameters: []openapi.Parameter{param("error", "The error's code.", "")},
		}},
		"GET /auth/get-session": {handle: s.getSession, about: openapi.Operation{
			Summary: "Who I am", Says: "The session, or null where there is none. Lengthens a session that is used.",
			Answer: gives[*sessionReply](),
		}},
		"GET /auth/list-sessions": {handle: s.listSessions, about: openapi.Operation{
			Summary: "My sessions", Says: "Those that live. In the place of the others' tokens stand their ids.",
			Who: openapi.Session, Answer: gives[[]listedJSON](),
		}},
		"POST /auth/sign-up/email": {handle: s.signUpEmail, family: "sign-up", form: true, about: openapi.Operation{
			Summary: "Make an account", Says: "Made and signed in, if the address need not be confirmed first.",
			Body: of[signUpBody](), Answer: gives[signUpReply](),
			Refusals: why{
				400: "A field won't do.",
				403: "This server doesn't take them, or another site's page asks.",
				422: "The e-mail address has an account.",
			},
		}},
		"POST /auth/sign-in/email": {handle: s.signInEmail, family: "sign-in", form: true, about: openapi.Operation{
			Summary: "Sign in", Says: "Signed in, or a second factor is wanted.",
			Body: of[signInBody](), Answer: slices.Concat(gives[signInReply](), gives[twoFactorReply]()),
			Refusals: why{401: "Wrong e-mail address or password.", 403: "Banned, not confirmed, or another site's page asks."},
		}},
		"POST /auth/sign-in/social": {handle: s.signInSocial, family: "social", about: openapi.Operation{
			Summary: "Begin to sign in at a provider",
			Says:    "Where to send the browser. A cookie binds it to this browser, for ten minutes. With idToken: the end of it.",
			Body:    of[socialBody](), Answer: slices.Concat(gives[departureReply](), gives[signInReply]()),
			Refusals: why{
				401: "The id_token can't be believed, or leads to no account.",
				403: "The origin or an address to return to is foreign, or the person isn't let in.",
				404: "There is no such provider, or it has no id_tokens.",
				503: "The provider doesn't answer.",
			},
		}},
		"POST /auth/link-social": {handle: s.linkSocial, family: "social", about: openapi.Operation{
			Summary: "Begin to connect my account at a provider",
			Says:    "Where to send the browser. A cookie binds it to this browser, for ten minutes. With idToken: the end of it.",
			Who:     openapi.Session, Body: of[socialBody](), Answer: slices.Concat(gives[departureReply](), gives[linkedReply]()),
			Refusals: why{
				401: "The id_token leads to no account that may be connected; or, without a body, nobody is signed in.",
				403: "The origin or an address to return to is foreign.",
				404: "There is no such provider, or it has no id_tokens.",
				503: "The provider doesn't answer.",
			},
		}},
		"GET /auth/callback/*": {handle: s.callbackGet, param: "provider", about: openapi.Operation{
			Summary: "Where a provider sends the browser back",
			Says:    "The page that fetches this address, if the server is set up that way and a browser goes there.",
			Media:   html,
			Parameters: []openapi.Parameter{
				param("provider", "As in the options.", ""),
				param("state", "Good once, in the browser where it began.", ""),
				param("code", "What opens the profile there.", ""),
				param("error", "Why there is no code.", ""),
				param("error_description", "The same in words.", ""),
				param("iss", "Who the provider says it is.", ""),
			},
			Other: other{302: {Says: "To where the page wanted, signed in; or to where it wanted on failure, with error=…."}},
		}},
		"POST /auth/callback/*": {handle: s.callbackPost, foreign: true, form: true, param: "provider", about: openapi.Operation{
			Summary: "The same for providers that answer by a form",
			Body:    of[callbackBody](), Parameters: []openapi.Parameter{param("provider", "As in the options.", "")},
			Other: other{302: {Says: "To the same address by GET."}},
		}},
		"GET /auth/list-accounts": {handle: s.listAccounts, about: openapi.Operation{
			Summary: "My ways to sign in", Says: "A password has the providerId credential.",
			Who: openapi.Session, Answer: gives[[]linkedAccount](),
		}},
		"POST /auth/unlink-account": {handle: s.unlinkAccount, about: openapi.Operation{
			Summary: "Take one of my ways to sign in away", Says: "It is gone.",
			Who: openapi.Session, Body: of[unlinkBody](), Answer: gives[statusJSON](),
			Refusals: why{
				400: "There is no such account, or it is the last one that works.",
				403: "The session is over a day old, or another site's page asks.",
			},
		}},
		"POST /auth/sign-out": {handle: s.signOut, about: openapi.Operation{
			Summary: "Sign out", Says: "Signed out; the session's sockets are closed.",
			Answer: gives[successReply](),
		}},
		"POST /auth/revoke-session": {handle: s.revokeSession, about: openapi.Operation{
			Summary: "End one of my sessions", Says: "Ended, if it was mine.",
			Who: openapi.Session, Body: of[tokenBody](), Answer: gives[statusJSON](),
		}},
		"POST /auth/revoke-sessions": {handle: s.revokeSessions, about: openapi.Operation{
			Summary: "End all of my sessions", Says: "Ended, this one too.",
			Who: openapi.Session, Answer: gives[statusJSON](),
		}},
		"POST /auth/revoke-other-sessions": {handle: s.revokeOtherSessions, about: openapi.Operation{
			Summary: "End all of my sessions but this one", Says: "Ended.",
			Who: openapi.Session, Answer: gives[statusJSON](),
		}},
		"POST /auth/update-user": {handle: s.updateUser, about: openapi.Operation{
			Summary: "Change my name or picture", Says: "Done; others see it at once.",
			Who: openapi.Session, Body: of[profileBody](), Answer: gives[statusJSON](),
			Refusals: why{400: "A name or an image that won't do, or an e-mail address: that has its own way.", 429: "Too many changes in a minute."},
		}},
		"POST /auth/delete-user": {handle: s.deleteMe, about: openapi.Operation{
			Summary: "Delete my account", Says: "It is gone, or a mail asks once more: the message says which.",
			Who: openapi.Session, Description: "Sessions and sockets end first. Messages stay, without the name.", Body: of[deletionBody](),
			Answer:   gives[deletedReply](),
			Refusals: why{400: "A wrong password; or none, and a session older than a day.", 404: "A token that isn't good."},
		}},
		"GET /auth/delete-user/callback": {handle: s.deleteCallback, about: openapi.Operation{
			Summary:    "Where the link of the mail leads",
			Parameters: []openapi.Parameter{param("token", "From the mail.", "required"), param("callbackURL", "Where to go on.", "")},
			Other:      other{302: {Says: "Deleted, and on to callbackURL."}}, Refusals: why{404: "A token that isn't good, or no session."},
		}},
		"POST /auth/sign-in/anonymous": {handle: s.signInAnonymous, family: "sign-in", about: openapi.Operation{
			Summary: "Come in as a guest", Says: "Signed in.",
			Body: of[guestBody](), Answer: gives[signUpReply](), Refusals: why{400: "Somebody is signed in already."},
			Other: other{404: {Says: "This server takes no guests."}},
		}},
		"POST /auth/delete-anonymous-user": {handle: s.deleteAnonymousUser, about: openapi.Operation{
			Summary: "Leave as a guest", Says: "The guest is forgotten.",
			Who: openapi.Session, Answer: gives[successReply](),
		}},
		"POST /auth/two-factor/enable": {handle: s.enableTwoFactor, family: "two-factor", about: openapi.Operation{
			Summary: "Begin to ask for a second factor",
			Says:    "For the app, and codes for when it is lost. It is in force once verify-totp got a code.",
			Who:     openapi.Session, Body: of[enrolBody](), Answer: gives[enrolReply](),
			Refusals: why{400: "A wrong password.", 403: "No password, and a session that isn't of today; a guest; or another site's page."},
		}},
		"POST /auth/two-factor/disable": {handle: s.disableTwoFactor, family: "two-factor", about: openapi.Operation{
			Summary: "Ask for no second factor any more", Says: "Done.",
			Who: openapi.Session, Body: of[proofBody](), Answer: gives[statusJSON](),
			Refusals: why{400: "A wrong password.", 403: "No password, and a session that isn't of today; a guest; or another site's page."},
		}},
		"POST /auth/two-factor/get-totp-uri": {handle: s.getTOTPURI, family: "two-factor", about: openapi.Operation{
			Summary: "What the app was given", Says: "Again.",
			Who: openapi.Session, Body: of[proofBody](), Answer: gives[totpURIReply](),
			Refusals: why{400: "A wrong password.", 403: "No password, and a session that isn't of today; a guest; or another site's page."},
		}},
		"POST /auth/two-factor/generate-backup-codes": {handle: s.generateBackupCodes, family: "two-factor", about: openapi.Operation{
			Summary: "New backup codes in place of the old ones", Says: "Shown this once.",
			Who: openapi.Session, Body: of[proofBody](), Answer: gives[backupCodesReply](),
			Refusals: why{400: "A wrong password.", 403: "No password, and a session that isn't of today; a guest; or another site's page."},
		}},
		"POST /auth/two-factor/verify-totp": {handle: s.verifyTOTP, family: "two-factor", about: openapi.Operation{
			Summary: "Give a code of the app", Says: "Signed in; or, with a session, confirmed.",
			Body: of[codeBody](), Answer: gives[secondFactorReply](),
			Refusals: why{401: "A wrong code, one that was used, or nothing that waits for it."},
		}},
		"POST /auth/two-factor/verify-backup-code": {handle: s.verifyBackupCode, family: "two-factor", about: openapi.Operation{
			Summary: "Give a backup code", Says: "Signed in; or, with a session, confirmed.",
			Body: of[backupCodeBody](), Answer: gives[secondFactorReply](),
			Refusals: why{401: "A wrong code, one that was used, or nothing that waits for it."},
		}},
		"POST /auth/send-verification-email": {handle: s.sendVerification, mails: true, about: openapi.Operation{
			Summary: "Ask for the mail that confirms my address", Says: "Whether or not there is such an account.",
			Body: of[verificationBody](), Answer: gives[statusJSON](),
			Refusals: why{400: "With a session: confirmed already, or another address."},
		}},
		"GET /auth/verify-email": {handle: s.verifyEmail, about: openapi.Operation{
			Summary: "Where the link of that mail leads", Says: "Without callbackURL; or the page with a button to press.",
			Media:      html,
			Parameters: []openapi.Parameter{param("token", "From the mail.", "required"), param("callbackURL", "Where to go on.", "")},
			Answer:     gives[verifiedReply](), Other: other{302: {Says: "To callbackURL, with error=… if the token isn't good."}},
			Refusals: why{401: "A token that isn't good, without callbackURL."},
		}},
		"POST /auth/verify-email": {handle: s.verifyEmail, form: true, about: openapi.Operation{
			Summary: "Press the button of the page that the link opens", Says: "Without callbackURL.",
			Parameters: []openapi.Parameter{param("token", "From the mail.", "required"), param("callbackURL", "Where to go on.", "")},
			Answer:     gives[verifiedReply](), Other: other{302: {Says: "To callbackURL, with error=… if the token isn't good."}},
			Refusals: why{401: "A token that isn't good, without callbackURL."},
		}},
		"POST /auth/change-email": {handle: s.changeEmail, family: "change-email", mails: true, about: openapi.Operation{
			Summary: "Change my e-mail address", Says: "Always; mails ask both addresses.",
			Who: openapi.Session, Body: of[emailBody](), Answer: gives[statusJSON](),
			Refusals: why{400: "Not an address, or the one that I have."},
		}},
		"POST /auth/change-password": {handle: s.changePassword, family: "change-password", about: openapi.Operation{
			Summary: "Change my password", Says: "With the new session's token, if there is one.",
			Who: openapi.Session, Body: of[passwordBody](), Answer: gives[signUpReply](),
			Refusals: why{400: "A wrong password, a new one that is too short or too long, or an account that has none."},
		}},
		"POST /auth/sign-in/magic-link": {handle: s.requestLink, family: "magic-link", mails: true, about: openapi.Operation{
			Summary: "Ask for a link that signs in", Says: "Whether or not there is such an account.",
			Body: of[linkBody](), Answer: gives[statusJSON](), Refusals: why{400: "Not an address."},
			Other: other{404: {Says: "This server sends none."}},
		}},
		"GET /auth/magic-link/verify": {handle: s.verifyLink, about: openapi.Operation{
			Summary: "Sign in by a link", Says: "Without callbackURL: signed in, or a second factor is wanted.",
			Parameters: []openapi.Parameter{
				param("token", "From the link.", "required"),
				param("callbackURL", "Where to go on.", ""),
				param("newUserCallbackURL", "Where new people go on.", ""),
				param("errorCallbackURL", "Where to go if it fails.", ""),
			},
			Answer:   slices.Concat(gives[signUpReply](), gives[twoFactorReply]()),
			Other:    other{302: {Says: "To callbackURL, or to errorCallbackURL with error=…."}},
			Refusals: why{401: "A link that was used, or is too old.", 403: "Another site's page asks."},
		}},
		"POST /auth/request-password-reset": {handle: s.requestReset, mails: true, about: openapi.Operation{
			Summary: "Ask for a link to choose a new password", Says: "Whether or not there is such an account.",
			Body: of[resetRequestBody](), Answer: gives[messageReply](), Refusals: why{400: "Not an address."},
		}},
		"POST /auth/forget-password": {handle: s.requestReset, mails: true, about: openapi.Operation{
			Summary: "Ask for a link to choose a new password: the older name", Says: "Whether or not there is such an account.",
			Body: of[resetRequestBody](), Answer: gives[messageReply](), Refusals: why{400: "Not an address."},
		}},
		"GET /auth/reset-password/*": {handle: s.openReset, param: "token", about: openapi.Operation{
			Summary:    "Where that link leads",
			Parameters: []openapi.Parameter{param("token", "From the mail.", ""), param("callbackURL", "Where to go on.", "required")},
			Other:      other{302: {Says: "To callbackURL, with token=… or error=INVALID_TOKEN."}},
		}},
		"POST /auth/reset-password": {handle: s.resetPassword, about: openapi.Operation{
			Summary: "Choose a new password", Says: "All sessions have ended.",
			Body: of[resetBody](), Answer: gives[statusJSON](),
			Parameters: []openapi.Parameter{param("token", "From the mail, if the body has none.", "")},
			Refusals:   why{400: "A token that isn't good, or a password that won't do."},
		}},
		"GET /auth/passkey/generate-register-options": {handle: s.registerOptions, about: openapi.Operation{
			Summary: "Begin to add a passkey", Says: "For navigator.credentials.create. A cookie binds it to this browser, for five minutes.",
			Who: openapi.Session, Answer: gives[webAuthn](), Refusals: why{403: "A session older than a day."},
		}},
		"POST /auth/passkey/verify-registration": {handle: s.verifyRegistration, family: "passkey", about: openapi.Operation{
			Summary: "Add the passkey", Says: "Added.",
			Who: openapi.Session, Body: of[registrationBody](), Answer: gives[passkeyJSON](),
			Refusals: why{400: "A response that isn't good, or too many passkeys."},
		}},
		"GET /auth/passkey/generate-authenticate-options": {handle: s.authenticateOptions, family: "passkey-options", about: openapi.Operation{
			Summary: "Begin to sign in with a passkey", Says: "For navigator.credentials.get.",
			Answer: gives[webAuthn](),
		}},
		"POST /auth/passkey/generate-authenticate-options": {handle: s.authenticateOptions, family: "passkey-options", about: openapi.Operation{
			Summary: "Begin to sign in with a passkey", Says: "For navigator.credentials.get.",
			Answer: gives[webAuthn](),
		}},
		"POST /auth/passkey/verify-authentication": {handle: s.verifyAuthentication, family: "passkey", about: openapi.Operation{
			Summary: "Sign in with a passkey", Says: "Signed in, or a second factor is wanted.",
			Body: of[assertionBody](), Answer: slices.Concat(gives[sessionReply](), gives[twoFactorReply]()),
			Refusals: why{401: "A response that isn't good."},
		}},
		"GET /auth/passkey/list-user-passkeys": {handle: s.listPasskeys, about: openapi.Operation{
			Summary: "My passkeys", Says: "All of them.",
			Who: openapi.Session, Answer: gives[[]passkeyJSON](),
		}},
		"POST /auth/passkey/delete-passkey": {handle: s.deletePasskey, about: openapi.Operation{
			Summary: "Remove a passkey", Says: "Removed.",
			Who: openapi.Session, Body: of[idBody](), Answer: gives[statusJSON](),
			Refusals: why{400: "It is the last way to sign in.", 404: "There is no such passkey of mine."},
		}},
		"POST /auth/passkey/update-passkey": {handle: s.updatePasskey, about: openapi.Operation{
			Summary: "Rename a passkey", Says: "Renamed.",
			Who: openapi.Session, Body: of[passkeyNameBody](), Answer: gives[renamedReply](),
			Refusals: why{404: "There is no such passkey of mine."},
		}},
		"GET /account": {handle: s.account, about: openapi.Operation{
			Summary: "How my account stands", Says: "With what else there is to know.",
			Who: openapi.Session, Answer: gives[accountReply](),
		}},
		"POST /account/avatar": {handle: s.uploadAvatar, raw: true, about: openapi.Operation{
			Summary: "Upload my picture", Says: "Cut to a square, encoded anew and served from here.",
			Who: openapi.Session, BodyMedia: "image/*", Answer: gives[pictureReply](),
			Parameters: []openapi.Parameter{
				number("x", "Left edge of the crop, as a fraction of the width.", ""),
				number("y", "Its upper edge, as a fraction of the height.", ""),
				number("size", "Its side, as a fraction of the shorter side; without one, the largest square in the middle.", ""),
			},
			Refusals: why{400: "Not a PNG, JPEG, GIF or WebP picture, or a crop that isn't within it.", 413: "Over 8 MiB or 40 megapixels.", 429: "Too many pictures at once, or changes in a minute."},
		}},
		"POST /account/avatar/remove": {handle: s.removeAvatar, about: openapi.Operation{
			Summary: "Remove my picture", Says: "Removed.",
			Who: openapi.Session, Answer: gives[statusJSON](), Refusals: why{429: "Too many changes in a minute."},
		}},
		"GET /avatars/*": {handle: s.avatar, param: "id", about: openapi.Operation{
			Summary: "A picture of a person", Says: "A square.",
			Media: []string{"image/jpeg", "image/png"},
			Parameters: []openapi.Parameter{
				param("id", "From an image of ours.", ""),
				param("v", "The version that is meant: with the present one the answer never changes.", ""),
			},
			Other: other{304: {Says: "As before."}, 404: {Says: "There is none."}},
		}},
		"GET /account/options": {handle: s.options, about: openapi.Operation{
			Summary: "How one signs in here", Says: "For the page that offers it; no session is needed.",
			Answer: gives[optionsJSON](),
		}},
		"GET /account/invites": {handle: s.listInvites, about: openapi.Operation{
			Summary: "Open invitations", Says: "The latest first: my own, and for owners and admins all that let people onto the server, or did.",
			Who: openapi.Session, Answer: gives[[]inviteJSON](),
		}},
		"POST /account/invites": {handle: s.createInvite, mails: true, about: openapi.Operation{
			Summary: "Invite somebody", Says: "With the link, shown this once. Owners and admins invite to the server; others to a room of theirs, people who have an account.",
			Who: openapi.Session, Body: of[inviteBody](), Answer: gives[madeInvite](),
			Refusals: why{403: "The role doesn't allow it, or another site's page asks.", 409: "There are 1,000, or of one person into rooms 50."},
		}},
		"POST /account/invites/revoke": {handle: s.revokeInvite, about: openapi.Operation{
			Summary: "Revoke an invitation", Says: "Revoked.",
			Who: openapi.Session, Body: of[idBody](), Answer: gives[statusJSON](),
		}},
		"POST /account/invites/open": {handle: s.openInvite, family: "invite", about: openapi.Operation{
			Summary: "Accept an invitation", Says: "A cookie holds it for a day, for whichever way one signs up.",
			Body: of[tokenBody](), Answer: gives[openedJSON](), Refusals: why{404: "Used up, expired or revoked, or who made it may not invite any more."},
		}},
		"POST /account/invites/accept": {handle: s.acceptInvite, family: "invite", about: openapi.Operation{
			Summary: "Enter the room that an invitation leads into", Says: "I am a member of it.",
			Who: openapi.Session, Body: of[tokenBody](), Answer: gives[acceptedJSON](),
			Refusals: why{403: "It is for another address, the room doesn't take me, or another site's page asks.", 404: "Used up, expired or revoked, who made it may not invite any more, or the room is gone."},
		}},
		"GET /account/tokens": {handle: s.listTokens, about: openapi.Operation{
			Summary: "My API tokens", Says: "The latest first.",
			Who: openapi.Session, Answer: gives[[]tokenJSON](),
		}},
		"POST /account/tokens": {handle: s.createToken, about: openapi.Operation{
			Summary: "Make an API token", Says: "With the token itself, shown this once.",
			Who: openapi.Session, Body: of[newTokenBody](), Answer: gives[madeToken](),
			Refusals: why{400: "No name, or scopes that aren't.", 409: "There are 50."},
		}},
		"POST /account/tokens/revoke": {handle: s.revokeToken, about: openapi.Operation{
			Summary: "Revoke an API token", Says: "Revoked; its sockets are closed.",
			Who: openapi.Session, Body: of[idBody](), Answer: gives[statusJSON](),
		}},
	}
}

// Interface describes the routes.
func Interface() openapi.Interface {
	all := openapi.Interface{
		Names: map[reflect.Type]string{
			of[userJSON](): "AuthUser", of[sessionJSON](): "AuthSession", of[listedJSON](): "Session", of[tokenJSON](): "ApiToken",
			of[openedJSON](): "Invitation", of[refusalJSON](): "AuthRefusal", of[optionsJSON](): "SignInOptions",
			of[Export](): "ExportedUser", of[idToken](): "IdToken", of[statusJSON](): "StatusReply",
		},
		Parameters: map[string]string{},
	}
	for name, r := range (&Service{}).routeTable() { // the handlers aren't called
		method, path, _ := strings.Cut(name, " ")
		path = "/api" + strings.Replace(path, "*", "{"+r.param+"}", 1)
		all.Routes = append(all.Routes, openapi.Route{Method: method, Path: path, Operation: r.operation(method, path)})
	}
	return all
}

// Refusal is the type of what is answered to what is turned down.
func Refusal() reflect.Type { return of[refusalJSON]() }

// operation adds what follows from the rest of the row: what serve refuses by itself.
func (r route) operation(method, path string) openapi.Operation {
	o := r.about
	o.Tag, o.Dialect, o.Form = "my account", openapi.Accounts, r.form
	if strings.HasPrefix(path, "/api/auth/") {
		o.Tag = "accounts"
	}
	refusals := why{503: ""}
	if r.family != "" || r.mails {
		refusals[429] = ""
	}
	if o.Parameters != nil {
		refusals[400] = ""
	}
	if method == "POST" && !r.foreign {
		refusals[403] = ""
	}
	if method == "POST" && !r.raw {
		refusals[400], refusals[413], refusals[415] = "", "", ""
		if o.Body == nil {
			o.Body = of[struct{}]()
		}
	}
	if o.Who == openapi.Session && o.Refusals[401] == "" {
		o.Other = maps.Clone(o.Other)
		if o.Other == nil {
			o.Other = other{}
		}
		o.Other[401] = openapi.Response{Says: "Nobody is signed in. The answer is empty."}
	}
	maps.Copy(refusals, o.Refusals)
	o.Refusals = refusals
	return o
}

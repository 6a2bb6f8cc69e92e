package auth

import (
	"net/http"
	"strings"
)

// A route is one method of one path.
type route struct {
	// family names the routes that share one limit per address; "" is not limited.
	family string
	mails  bool // makes the server send a mail: limited more
	form   bool // takes an HTML form too
	// foreign: other sites send browsers here, so that the origin says nothing. The
	// handler finds out by itself what the request is worth.
	foreign bool
	raw     bool // the handler reads the body
	handle  func(*call) error
}

// A call is a request on its way through a handler.
type call struct {
	w     http.ResponseWriter
	r     *http.Request
	param string // what stands for the * of the route
	body  body   // of a POST
}

func (c *call) reply(value any) error {
	writeJSON(c.w, http.StatusOK, value)
	return nil
}

// redirect answers with a redirect, in the form of the protocol.
func (c *call) redirect(target string) error {
	c.w.Header().Set("Location", target)
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(http.StatusFound)
	return nil
}

// routeTable has the routes below /api: those under /auth are the protocol's, the
// others our own. A * at the end is one more element of the path.
func (s *Service) routeTable() map[string]route {
	return map[string]route{
		"GET /auth/ok":                     {handle: s.ok},
		"GET /auth/error":                  {handle: s.errorPage},
		"GET /auth/get-session":            {handle: s.getSession},
		"GET /auth/list-sessions":          {handle: s.listSessions},
		"POST /auth/sign-up/email":         {handle: s.signUpEmail, family: "sign-up", form: true},
		"POST /auth/sign-in/email":         {handle: s.signInEmail, family: "sign-in", form: true},
		"POST /auth/sign-in/social":        {handle: s.signInSocial, family: "social"},
		"POST /auth/link-social":           {handle: s.linkSocial, family: "social"},
		"GET /auth/callback/*":             {handle: s.callbackGet},
		"POST /auth/callback/*":            {handle: s.callbackPost, foreign: true, form: true},
		"GET /auth/list-accounts":          {handle: s.listAccounts},
		"POST /auth/unlink-account":        {handle: s.unlinkAccount},
		"POST /auth/sign-out":              {handle: s.signOut},
		"POST /auth/revoke-session":        {handle: s.revokeSession},
		"POST /auth/revoke-sessions":       {handle: s.revokeSessions},
		"POST /auth/revoke-other-sessions": {handle: s.revokeOtherSessions},
		"POST /auth/update-user":           {handle: s.updateUser},
		"POST /auth/delete-user":           {handle: s.deleteMe},
		"GET /auth/delete-user/callback":   {handle: s.deleteCallback},

		"POST /auth/sign-in/anonymous":     {handle: s.signInAnonymous, family: "sign-in"},
		"POST /auth/delete-anonymous-user": {handle: s.deleteAnonymousUser},

		"POST /auth/two-factor/enable":                {handle: s.enableTwoFactor, family: "two-factor"},
		"POST /auth/two-factor/disable":               {handle: s.disableTwoFactor, family: "two-factor"},
		"POST /auth/two-factor/get-totp-uri":          {handle: s.getTOTPURI, family: "two-factor"},
		"POST /auth/two-factor/generate-backup-codes": {handle: s.generateBackupCodes, family: "two-factor"},
		"POST /auth/two-factor/verify-totp":           {handle: s.verifyTOTP, family: "two-factor"},
		"POST /auth/two-factor/verify-backup-code":    {handle: s.verifyBackupCode, family: "two-factor"},

		"POST /auth/send-verification-email": {handle: s.sendVerification, mails: true},
		"GET /auth/verify-email":             {handle: s.verifyEmail},
		"POST /auth/verify-email":            {handle: s.verifyEmail, form: true},
		"POST /auth/change-email":            {handle: s.changeEmail, family: "change-email", mails: true},
		"POST /auth/change-password":         {handle: s.changePassword, family: "change-password"},
		"POST /auth/sign-in/magic-link":      {handle: s.requestLink, family: "magic-link", mails: true},
		"GET /auth/magic-link/verify":        {handle: s.verifyLink},
		"POST /auth/request-password-reset":  {handle: s.requestReset, mails: true},
		"POST /auth/forget-password":         {handle: s.requestReset, mails: true},
		"GET /auth/reset-password/*":         {handle: s.openReset},
		"POST /auth/reset-password":          {handle: s.resetPassword},

		"GET /auth/passkey/generate-register-options":      {handle: s.registerOptions},
		"POST /auth/passkey/verify-registration":           {handle: s.verifyRegistration, family: "passkey"},
		"GET /auth/passkey/generate-authenticate-options":  {handle: s.authenticateOptions, family: "passkey-options"},
		"POST /auth/passkey/generate-authenticate-options": {handle: s.authenticateOptions, family: "passkey-options"},
		"POST /auth/passkey/verify-authentication":         {handle: s.verifyAuthentication, family: "passkey"},
		"GET /auth/passkey/list-user-passkeys":             {handle: s.listPasskeys},
		"POST /auth/passkey/delete-passkey":                {handle: s.deletePasskey},
		"POST /auth/passkey/update-passkey":                {handle: s.updatePasskey},

		"GET /account":                 {handle: s.account},
		"POST /account/avatar":         {handle: s.uploadAvatar, raw: true},
		"POST /account/avatar/remove":  {handle: s.removeAvatar},
		"GET /avatars/*":               {handle: s.avatar},
		"GET /account/options":         {handle: s.options},
		"GET /account/invites":         {handle: s.listInvites},
		"POST /account/invites":        {handle: s.createInvite, mails: true},
		"POST /account/invites/revoke": {handle: s.revokeInvite},
		"POST /account/invites/open":   {handle: s.openInvite, family: "invite"},
		"GET /account/tokens":          {handle: s.listTokens},
		"POST /account/tokens":         {handle: s.createToken},
		"POST /account/tokens/revoke":  {handle: s.revokeToken},
	}
}

// find returns the route of a request; the path is matched exactly, so that there
// is one way to spell a route and one counter for it.
func (s *Service) find(r *http.Request) (rt route, param string, ok bool) {
	path, ok := strings.CutPrefix(r.URL.Path, "/api")
	if !ok {
		return route{}, "", false
	}
	if rt, ok = s.routes[r.Method+" "+path]; ok {
		return rt, "", !strings.HasSuffix(path, "*")
	}
	slash := strings.LastIndexByte(path, '/')
	rt, ok = s.routes[r.Method+" "+path[:slash+1]+"*"]
	param = path[slash+1:]
	return rt, param, ok && param != ""
}

// routeOf names the route of a request in a log. The path isn't written, for some
// hold a secret.
func (s *Service) routeOf(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/api")
	if _, param, ok := s.find(r); ok {
		return strings.TrimSuffix(path, param)
	}
	return "none"
}

// Handler serves everything below /api/auth/, /api/account and /api/avatars/. What
// isn't there, or not with this method, is 404 with an empty body: were it a page,
// the client would take it for a session.
func (s *Service) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		rt, param, ok := s.find(r)
		if !ok {
			s.refuse(w, r, errNotFound)
			return
		}
		if err := s.serve(rt, &call{w: w, r: r, param: param}); err != nil {
			s.refuse(w, r, err)
		}
	})
}

func (s *Service) serve(rt route, c *call) error {
	// Before the counters, so that a foreign page can't use up its visitor's tries.
	if c.r.Method != http.MethodGet && !rt.foreign {
		if err := s.checkOrigin(c.r, rt.family != ""); err != nil {
			return err
		}
	}
	if rt.family != "" {
		if wait := s.addresses.allow(rt.family+" "+s.clientIP(c.r), s.now()); wait > 0 {
			return errTooMany(wait)
		}
	}
	if rt.mails {
		if wait := s.mails.allow(s.clientIP(c.r), s.now()); wait > 0 {
			return errTooMany(wait)
		}
	}
	if c.r.Method != http.MethodGet && !rt.raw {
		var err error
		if c.body, err = readBody(c.w, c.r, rt.form); err != nil {
			return err
		}
	}
	return rt.handle(c)
}

func (s *Service) ok(c *call) error {
	return c.reply(struct {
		OK bool `json:"ok"`
	}{true})
}

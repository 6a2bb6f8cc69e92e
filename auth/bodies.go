package auth

// What requests bring, for the description of the routes: handlers read a body by its
// properties, as the protocol is particular about each. A test compares the names.

// targetsBody tells where to send the browser: paths of this server, or URLs of allowed
// origins.
type targetsBody struct {
	CallbackURL        string `json:"callbackURL,omitempty"`
	ErrorCallbackURL   string `json:"errorCallbackURL,omitempty"`   // if it fails
	NewUserCallbackURL string `json:"newUserCallbackURL,omitempty"` // with a new account
}

type signUpBody struct {
	Name        string `json:"name"`
	Email       string `json:"email" openapi:"format=email"`
	Password    string `json:"password" openapi:"minLength=8,maxLength=128"` // lengths in UTF-16 units
	Image       string `json:"image,omitempty" openapi:"format=uri"`
	CallbackURL string `json:"callbackURL,omitempty"`
	RememberMe  bool   `json:"rememberMe,omitempty" openapi:"default=true"`
}

type signInBody struct {
	Email       string `json:"email" openapi:"format=email"`
	Password    string `json:"password"`
	RememberMe  bool   `json:"rememberMe,omitempty" openapi:"default=true"`
	CallbackURL string `json:"callbackURL,omitempty"`
}

type socialBody struct {
	Provider string `json:"provider"` // as in the options
	targetsBody
	DisableRedirect bool     `json:"disableRedirect,omitempty"`
	RequestSignUp   bool     `json:"requestSignUp,omitempty"` // makes no difference
	Scopes          []string `json:"scopes,omitempty" openapi:"maxItems=20"`
	LoginHint       string   `json:"loginHint,omitempty"`
	IDToken         *idToken `json:"idToken,omitempty"` // of a page that has been there by itself
}

type callbackBody struct {
	State            string `json:"state,omitempty"`
	Code             string `json:"code,omitempty"`
	Error            string `json:"error,omitempty"`
	ErrorDescription string `json:"error_description,omitempty"`
	Issuer           string `json:"iss,omitempty"`
}

type unlinkBody struct {
	ProviderID string `json:"providerId,omitempty"`
	AccountID  string `json:"accountId,omitempty"` // the id of the row, or the one at the provider
}

type tokenBody struct {
	Token string `json:"token"`
}

type idBody struct {
	ID string `json:"id"`
}

type profileBody struct {
	Name  string  `json:"name,omitempty" openapi:"minLength=1,maxLength=64"`
	Image *string `json:"image,omitempty" openapi:"nullable,maxLength=2048"` // an https URL, or null for none; others see it once it is served from here
}

type deletionBody struct {
	Password    string `json:"password,omitempty"`
	Token       string `json:"token,omitempty"` // from the mail
	CallbackURL string `json:"callbackURL,omitempty"`
}

type guestBody struct {
	Name *string `json:"name,omitempty" openapi:"nullable,minLength=1,maxLength=64"`
}

// proofBody shows once more who it is. Who has no password needs a session of today.
type proofBody struct {
	Password *string `json:"password,omitempty" openapi:"nullable"`
}

type enrolBody struct {
	proofBody
	Issuer *string `json:"issuer,omitempty" openapi:"nullable,maxLength=64"` // what the app shows
}

type codeBody struct {
	Code        string `json:"code"`
	TrustDevice bool   `json:"trustDevice,omitempty"` // don't ask in this browser for 30 days
}

type backupCodeBody struct {
	codeBody
	DisableSession bool `json:"disableSession,omitempty"`
}

type verificationBody struct {
	Email       string `json:"email" openapi:"format=email"`
	CallbackURL string `json:"callbackURL,omitempty"`
}

type emailBody struct {
	NewEmail    string `json:"newEmail" openapi:"format=email"`
	CallbackURL string `json:"callbackURL,omitempty"`
}

type passwordBody struct {
	CurrentPassword     string `json:"currentPassword"`
	NewPassword         string `json:"newPassword" openapi:"minLength=8,maxLength=128"` // lengths in UTF-16 units
	RevokeOtherSessions bool   `json:"revokeOtherSessions,omitempty"`
}

type linkBody struct {
	Email string  `json:"email" openapi:"format=email"`
	Name  *string `json:"name,omitempty" openapi:"nullable"` // of a new account
	targetsBody
}

type resetRequestBody struct {
	Email      string `json:"email" openapi:"format=email"`
	RedirectTo string `json:"redirectTo,omitempty"` // a path of this server, or a URL of an allowed origin
}

type resetBody struct {
	NewPassword string `json:"newPassword" openapi:"minLength=8,maxLength=128"` // lengths in UTF-16 units
	Token       string `json:"token,omitempty"`                                 // from the mail; it may stand in the query instead
}

// webAuthn is as WebAuthn has it, with bytes in base64url.
type webAuthn map[string]any

type registrationBody struct {
	Response webAuthn `json:"response"`
	Name     *string  `json:"name,omitempty" openapi:"nullable,maxLength=64"`
}

type assertionBody struct {
	Response webAuthn `json:"response"`
}

type passkeyNameBody struct {
	ID   string `json:"id"`
	Name string `json:"name" openapi:"minLength=1,maxLength=64"`
}

type inviteBody struct {
	Email         *string `json:"email,omitempty" openapi:"nullable"` // the only address that may use it; it is mailed there
	Uses          *int    `json:"uses,omitempty" openapi:"nullable,minimum=1,maximum=1000,default=1"`
	ExpiresInDays *int    `json:"expiresInDays,omitempty" openapi:"nullable,minimum=1,maximum=365,default=7"`
	Room          *string `json:"room,omitempty" openapi:"nullable"` // slug of a room that it leads into
}

type newTokenBody struct {
	Name          string  `json:"name" openapi:"minLength=1,maxLength=64"`
	Scopes        []Scope `json:"scopes" openapi:"minItems=1"`
	ExpiresInDays *int    `json:"expiresInDays,omitempty" openapi:"nullable,minimum=1,maximum=3650"` // null: it doesn't
}

package oauth

import "time"

const (
	// maxReply bytes of any reply are read. Profiles and key sets are far smaller.
	maxReply = 1 << 20
	// requestTime ends one request, its reply included.
	requestTime = 10 * time.Second
	// exchangeTime ends an exchange, which makes up to five requests one after the
	// other: somebody looks at a blank page meanwhile.
	exchangeTime = 20 * time.Second

	// metadataAge is how long an issuer's endpoints are taken for granted.
	metadataAge = 24 * time.Hour
	// keysAge is how long a key is trusted that the issuer may have withdrawn.
	keysAge = time.Hour
	// keysRest is how long keys aren't fetched after a fetch that brought no key for
	// the token at hand. Anybody can send tokens of unknown keys; they mustn't make
	// us send the issuer as many requests.
	keysRest = 10 * time.Second
	// maxKeys of a set are tried.
	maxKeys = 64
	// minRSA bits of a key: what RFC 7518 asks for.
	minRSA = 2048

	// idTokenAge is how old an id_token may be that a page brings by itself. One
	// that we fetched has the nonce to say that it is new.
	idTokenAge = time.Hour
	// clockSkew is how far an issuer's clock may be ahead of ours.
	clockSkew = 5 * time.Minute
	// maxIDToken bytes.
	maxIDToken = 16 << 10

	maxID        = 32   // bytes of a provider's ID: it stands in addresses
	maxScopes    = 32   // that a page may ask for
	maxLoginHint = 320  // bytes
	maxAccountID = 255  // bytes, as OpenID Connect bounds sub
	maxName      = 256  // code points; longer ones are cut
	maxEmail     = 254  // bytes: what SMTP can deliver to
	maxImage     = 2048 // bytes
)

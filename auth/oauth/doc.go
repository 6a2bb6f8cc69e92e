// Package oauth signs people in with an account that they have elsewhere: at
// Google, GitHub, X, or any issuer of OpenID Connect.
//
// A [Provider] is one such place. [Provider.AuthURL] says where to send a browser,
// [Provider.Exchange] turns what the browser brings back into a [Profile]. Nothing
// is kept between the two: the state, the PKCE verifier and the nonce are the
// caller's, who binds them to the browser and to the provider, and lets each be
// used once.
//
// # What is checked
//
// An id_token has to be signed with RS256 or ES256, by a key that the issuer
// publishes, for this client, in time, and to hold the nonce that was sent; the
// hash of the access token and the issuer in the callback are checked where they
// are present. GitHub and X have no id_token: their profile is asked for with the
// access token. An e-mail address counts as verified only if the provider says so
// of that very address, and a user name never becomes an address.
//
// # What a provider can do to us
//
// Little: replies end at 1 MiB, requests after 10 s, an exchange after 20 s, and no
// redirect is followed. Endpoints are https, unless they are on this machine. The
// provider's tokens are dropped as soon as the profile is read, and no error holds
// a code, a token or a piece of a reply.
//
// # Concurrency
//
// All methods of a Provider may be called concurrently. Constructors do no I/O: an
// issuer is asked for its endpoints when they are first needed, once for all who
// wait, and again after a failure.
package oauth

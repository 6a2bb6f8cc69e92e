// Package providertest starts the servers that people sign in with, on this
// machine, for tests: an issuer of OpenID Connect that is like Google, a GitHub and
// an X. Behind each is a library that others run as their provider, so that a test
// here fails where a real sign-in would: on a code that is used twice, a wrong PKCE
// verifier, a foreign callback.
//
// Its Login methods do what a browser does, as far as the callback, whose address
// they return. The servers end with the test.
//
// It is a module of its own, because those libraries bring much along that Snug
// doesn't need. When the dependencies of Snug change, it has to follow:
//
//	cd auth/providertest && go get -t ./...
package providertest

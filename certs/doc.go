// Package certs has the certificates that a TLS server shows: [Files], which the
// operator or a program of theirs renews, or those of [ACME], which it gets from a
// certificate authority by itself (RFC 8555) and renews in time.
package certs

import "crypto/tls"

// serverConfig is that of a server of HTTP. Session tickets are the standard
// library's: their keys are made at the start and change daily.
func serverConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: get,
	}
}

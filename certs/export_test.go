package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"time"

	"github.com/mholt/acmez/v3/acme"
)

// FolderOf is where what an authority gave is kept.
func FolderOf(directory string) string {
	return folderOf(directory)
}

// PlantAccount keeps an account that an authority never made.
func PlantAccount(folder, directory, location string) error {
	kept, err := openStore(folder, directory)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	return kept.putAccount(acme.Account{Location: location, PrivateKey: key}, "")
}

// RenewAt and RetryAfter are when, without an authority's advice, something is done.
func RenewAt(leaf *x509.Certificate) time.Time { return renewAt(leaf) }
func RetryAfter(fails int) time.Duration       { return retryAfter(fails) }

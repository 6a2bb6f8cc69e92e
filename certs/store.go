package certs

import (
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/mholt/acmez/v3/acme"
)

// store keeps what one authority gave: an account, and a file for each domain with its
// key and its certificates, so that no crash leaves one without the other. Each
// authority has a folder of its own: what a test authority gave must not be shown once
// a real one is set.
type store struct {
	dir string
}

func openStore(folder, directory string) (store, error) {
	s := store{filepath.Join(folder, folderOf(directory))}
	return s, os.MkdirAll(s.dir, 0o700)
}

// folderOf names the folder for an authority, for people and without a clash.
func folderOf(directory string) string {
	host := "authority"
	if u, err := url.Parse(directory); err == nil {
		host = strings.ReplaceAll(u.Host, ":", "_")
	}
	sum := sha256.Sum256([]byte(directory))
	return host + "-" + hex.EncodeToString(sum[:4])
}

// certificate returns the one for a domain; fs.ErrNotExist if there is none.
func (s store) certificate(domain string) (*tls.Certificate, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, domain+".pem"))
	if err != nil {
		return nil, err
	}
	return parsePair(domain, text)
}

// parsePair reads a key and the certificates that belong to it.
func parsePair(domain string, text []byte) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, err
	}
	return &pair, pair.Leaf.VerifyHostname(domain)
}

func (s store) putCertificate(domain string, text []byte) error {
	return s.write(domain+".pem", text)
}

// A storedAccount is an account as its file has it.
type storedAccount struct {
	Location string `json:"location"`
	Email    string `json:"email,omitempty"`
	Key      string `json:"key"` // PKCS #8 in PEM
}

const accountFile = "account.json"

// account returns the account, with the address that it was made with; fs.ErrNotExist
// if there is none.
func (s store) account() (a acme.Account, email string, err error) {
	text, err := os.ReadFile(filepath.Join(s.dir, accountFile))
	if err != nil {
		return a, "", err
	}
	var stored storedAccount
	if err := json.Unmarshal(text, &stored); err != nil {
		return a, "", err
	}
	block, _ := pem.Decode([]byte(stored.Key))
	if block == nil {
		return a, "", errors.New("there is no key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return a, "", err
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return a, "", errors.New("the key can't sign")
	}
	return acme.Account{Status: acme.StatusValid, Location: stored.Location, PrivateKey: key}, stored.Email, nil
}

func (s store) putAccount(a acme.Account, email string) error {
	key, err := encodeKey(a.PrivateKey)
	if err != nil {
		return err
	}
	text, err := json.Marshal(storedAccount{a.Location, email, string(key)})
	if err != nil {
		return err
	}
	return s.write(accountFile, text)
}

// dropAccount forgets an account that the authority doesn't know.
func (s store) dropAccount() error {
	err := os.Remove(filepath.Join(s.dir, accountFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func encodeKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// write replaces a file whole or not at all, for its owner's eyes only.
func (s store) write(name string, text []byte) error {
	draft, err := os.OpenFile(filepath.Join(s.dir, name+".new"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = draft.Write(text)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Rename(draft.Name(), filepath.Join(s.dir, name)); err != nil {
		return err
	}
	dir, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

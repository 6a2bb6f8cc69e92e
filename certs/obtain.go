package certs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
)

// obtain gets a certificate for a domain, with a new key. It tells the authority what
// it replaces, if anything.
func (a *ACME) obtain(ctx context.Context, domain string, replaces *x509.Certificate) (*tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, obtainTimeout)
	defer cancel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	request, err := acmez.NewCSR(key, []string{domain})
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	chains, err := a.order(ctx, request, replaces)
	if isProblem(err, acme.ProblemTypeAccountDoesNotExist) {
		a.o.Logger.Warn("the authority doesn't know the account; another one is made")
		if err := a.store.dropAccount(); err != nil {
			return nil, fmt.Errorf("forget account: %w", err)
		}
		chains, err = a.order(ctx, request, replaces)
	}
	if err != nil {
		return nil, err
	}
	if len(chains) == 0 {
		return nil, errors.New("the authority gave no certificate")
	}
	encoded, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	text := bytes.Join([][]byte{encoded, chains[0].ChainPEM}, nil) // the first is the one that the authority prefers
	pair, err := parsePair(domain, text)
	if err != nil {
		return nil, fmt.Errorf("the authority gave a certificate that won't do: %w", err)
	}
	if err := a.store.putCertificate(domain, text); err != nil {
		// It does for as long as this process runs. To ask for another one because of
		// that would use up what the authority gives in a week.
		a.o.Logger.Error("keep certificate", "domain", domain, "err", err)
	}
	return pair, nil
}

func (a *ACME) order(ctx context.Context, request *x509.CertificateRequest, replaces *x509.Certificate) ([]acme.Certificate, error) {
	account, err := a.account(ctx)
	if err != nil {
		return nil, err
	}
	parameters, err := acmez.OrderParametersFromCSR(account, request)
	if err != nil {
		return nil, fmt.Errorf("make order: %w", err)
	}
	parameters.Replaces = replaces
	return a.client.ObtainCertificate(ctx, parameters)
}

// account returns the account at the authority, and makes it the first time.
func (a *ACME) account(ctx context.Context) (acme.Account, error) {
	account, email, err := a.store.account()
	known := err == nil
	if known && (email == a.o.Email || a.o.Email == "") {
		return account, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		a.o.Logger.Warn("the kept account is no good; another one is made", "err", err)
	}
	if known {
		account.Contact = a.contact()
		account, err = a.client.UpdateAccount(ctx, account)
	} else {
		account, err = a.newAccount(ctx)
	}
	if err != nil {
		return account, fmt.Errorf("make account at the authority: %w", err)
	}
	if err := a.store.putAccount(account, a.o.Email); err != nil {
		return account, fmt.Errorf("keep account: %w", err)
	}
	return account, nil
}

func (a *ACME) newAccount(ctx context.Context) (acme.Account, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return acme.Account{}, err
	}
	return a.client.NewAccount(ctx, acme.Account{Contact: a.contact(), TermsOfServiceAgreed: true, PrivateKey: key})
}

func (a *ACME) contact() []string {
	if a.o.Email == "" {
		return nil
	}
	return []string{"mailto:" + a.o.Email}
}

func isProblem(err error, kind string) bool {
	var problem acme.Problem
	return errors.As(err, &problem) && problem.Type == kind
}

// Package credential holds what a process proves itself by, and knows others by: certificates, bearer tokens, and the roles that these stand for. Files are
// read again when they change, so that a renewal needs no restart.
package credential

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"google.golang.org/grpc/credentials"
)

// Files name PEM files: a certificate with the chain behind it, its key, and the authorities that others' certificates must come from. Either both of Cert and Key are set, or none.
type Files struct{ Cert, Key, CA string }

// Identity is a certificate and the authorities that are trusted, as the files have them at each handshake.
type Identity struct{ state *reloaded[trust] }

// trust is what the files hold.
type trust struct {
	pair  []tls.Certificate // none if there is no certificate
	roots *x509.CertPool
}

// Open reads the files. report, if not nil, is told when they change and can't be used; then what was read before stays.
func Open(f Files, report func(error)) (*Identity, error) {
	if f.CA == "" {
		return nil, errors.New("no certificates of authorities to know others by")
	}
	if (f.Cert == "") != (f.Key == "") {
		return nil, errors.New("a certificate and its key go together")
	}
	paths := []string{f.CA}
	if f.Cert != "" {
		paths = append(paths, f.Cert, f.Key)
	}
	state, err := newReloaded(report, func(texts [][]byte) (trust, error) {
		t := trust{roots: x509.NewCertPool()}
		if !t.roots.AppendCertsFromPEM(texts[0]) {
			return trust{}, fmt.Errorf("%s: no certificate in it", f.CA)
		}
		if f.Cert != "" {
			pair, err := tls.X509KeyPair(texts[1], texts[2])
			if err != nil {
				return trust{}, fmt.Errorf("%s, %s: %w", f.Cert, f.Key, err)
			}
			t.pair = []tls.Certificate{pair}
		}
		return t, nil
	}, paths...)
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	return &Identity{state}, nil
}

// Server returns what a gRPC server speaks TLS by. With demand every client must have a certificate of the authorities; without, one that it shows must still be theirs.
func (i *Identity) Server(demand bool) credentials.TransportCredentials {
	auth := tls.VerifyClientCertIfGiven
	if demand {
		auth = tls.RequireAndVerifyClientCert
	}
	return &transport{func() *tls.Config {
		now := i.state.get()
		return &tls.Config{
			MinVersion: tls.VersionTLS13, Certificates: now.pair, ClientCAs: now.roots, ClientAuth: auth,
			SessionTicketsDisabled: true, // a resumed session would not be looked at anew
		}
	}}
}

// Client returns what a gRPC client speaks TLS by. Servers are known by the host of the address that is dialled.
func (i *Identity) Client() credentials.TransportCredentials {
	return &transport{func() *tls.Config {
		now := i.state.get()
		return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: now.pair, RootCAs: now.roots}
	}}
}

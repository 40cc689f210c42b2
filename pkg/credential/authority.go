package credential

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Authority is a certificate authority in memory, for one machine, a trial or a test. Keys are on P-256.
type Authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// PEM is a certificate and its key as text.
type PEM struct{ Cert, Key []byte }

// backdated allows for clocks that are behind.
const backdated = 5 * time.Minute

// NewAuthority makes an authority whose certificate is good for the given time from now on.
func NewAuthority(now time.Time, life time.Duration) (*Authority, PEM, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, PEM{}, fmt.Errorf("certificate authority: %w", err)
	}
	t := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Octet CA"}, NotBefore: now.Add(-backdated), NotAfter: now.Add(life),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	cert, text, err := signed(t, t, key, key)
	if err != nil {
		return nil, PEM{}, fmt.Errorf("certificate authority: %w", err)
	}
	return &Authority{cert, key}, text, nil
}

// Issue makes a certificate under a name, for clients, and for servers too if there are hosts: names and IP addresses that these are reached under.
func (a *Authority) Issue(now time.Time, life time.Duration, name string, hosts ...string) (PEM, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return PEM{}, fmt.Errorf("certificate %s: %w", name, err)
	}
	t := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-backdated), NotAfter: now.Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if len(hosts) > 0 {
		t.ExtKeyUsage = append(t.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	_, text, err := signed(t, a.cert, key, a.key)
	if err != nil {
		return PEM{}, fmt.Errorf("certificate %s: %w", name, err)
	}
	return text, nil
}

func signed(t, parent *x509.Certificate, key, by crypto.Signer) (*x509.Certificate, PEM, error) {
	var err error
	if t.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, PEM{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), by)
	if err != nil {
		return nil, PEM{}, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, PEM{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, PEM{
		Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
	}, err
}

package credential

import (
	"crypto/ed25519"
	"encoding/hex"
	"net"
	"strings"
)

// A token of a coordinator is a key (Ed25519, RFC 8032), which never leaves its process: workers are shown a proof that it made for the address of that one worker, and know the hash of its public half. So a worker that is
// taken over has nothing that another one, or a coordinator, takes. A proof says no time, since clocks may be wrong, and is worth nothing to anybody but the worker that it is for.
const (
	keyPrefix   = "octet_key_"
	proofPrefix = "octet_proof_" // then the public key, _ and the signature, in hex
	proofText   = "octet: a coordinator calls the worker at "
)

// NewKey returns a token that is a key.
func NewKey() Token { return Token(keyPrefix + strings.TrimPrefix(string(NewToken()), tokenPrefix)) }

// key returns the key that a token is; false if it is none.
func (t Token) key() (ed25519.PrivateKey, bool) {
	text, ok := strings.CutPrefix(string(t), keyPrefix)
	seed, err := hex.DecodeString(text)
	if !ok || err != nil || len(seed) != ed25519.SeedSize {
		return nil, false
	}
	return ed25519.NewKeyFromSeed(seed), true
}

// shown returns what a server knows a token by: itself, or the public half of a key.
func (t Token) shown() Token {
	if key, ok := t.key(); ok {
		return public(key.Public().(ed25519.PublicKey))
	}
	return t
}

func public(key ed25519.PublicKey) Token {
	return Token(keyPrefix + "public_" + hex.EncodeToString(key))
}

// For returns what a caller sends to the server at an address, HOST:PORT: the token, or a key's proof for that server.
func (t Token) For(audience string) string {
	key, ok := t.key()
	if !ok {
		return string(t)
	}
	sign := ed25519.Sign(key, []byte(proofText+canonical(audience)))
	return proofPrefix + hex.EncodeToString(key.Public().(ed25519.PublicKey)) + "_" + hex.EncodeToString(sign)
}

// proven returns what a server at an address knows a caller by who sent this: the token itself, or the public half of the key that made a proof for this server. False if it is no proof for this one.
func proven(sent, audience string) (Token, bool) {
	text, ok := strings.CutPrefix(sent, proofPrefix)
	if !ok {
		return Token(sent), !strings.HasPrefix(sent, keyPrefix) // what is known of a key proves nothing
	}
	first, second, _ := strings.Cut(text, "_")
	key, err1 := hex.DecodeString(first)
	sign, err2 := hex.DecodeString(second)
	if err1 != nil || err2 != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, []byte(proofText+canonical(audience)), sign) {
		return "", false
	}
	return public(key), true
}

// canonical returns an address as both ends write it: gRPC leaves out the port of HTTPS.
func canonical(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		host, port = strings.Trim(addr, "[]"), "443"
	}
	return net.JoinHostPort(strings.ToLower(host), port)
}

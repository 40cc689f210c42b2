package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// Bearer sends a token along with each call, as RFC 6750 has it. It implements credentials.PerRPCCredentials. A token goes over TLS, or to this machine itself; a call
// that would send it elsewhere fails with UNAUTHENTICATED and sends nothing.
type Bearer struct{ token func() Token }

// OpenBearer sends the token that a file holds.
func OpenBearer(path string) (*Bearer, error) {
	file, err := newReloaded(nil, func(texts [][]byte) (Token, error) {
		t := bytes.TrimSpace(texts[0])
		if len(t) == 0 || bytes.ContainsFunc(t, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return "", errors.New("want one token, of printable ASCII, and nothing else")
		}
		return Token(t), nil
	}, path)
	if err != nil {
		return nil, fmt.Errorf("token of %s: %w", path, err)
	}
	return &Bearer{file.get}, nil
}

// NewBearer sends a token.
func NewBearer(t Token) *Bearer { return &Bearer{func() Token { return t }} }

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b *Bearer) GetRequestMetadata(ctx context.Context, uri ...string) (map[string]string, error) {
	info, _ := credentials.RequestInfoFromContext(ctx)
	if credentials.CheckSecurityLevel(info.AuthInfo, credentials.PrivacyAndIntegrity) != nil && !(len(uri) > 0 && toLoopback(uri[0])) {
		return nil, status.Error(codes.Unauthenticated, "the token is not sent, since the connection is not encrypted: --tls-ca says whose certificates to trust")
	}
	audience := ""
	if len(uri) > 0 {
		if u, err := url.Parse(uri[0]); err == nil {
			audience = u.Host
		}
	}
	return map[string]string{"authorization": "Bearer " + b.token().For(audience)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials: GetRequestMetadata looks at the connection itself.
func (b *Bearer) RequireTransportSecurity() bool { return false }

func toLoopback(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && Loopback(u.Host)
}

// Loopback reports whether HOST:PORT, or HOST, is this machine under a name that leads nowhere else.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

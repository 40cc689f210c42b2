package credential

import (
	"context"
	"crypto/tls"
	"net"

	"google.golang.org/grpc/credentials"
)

// transport is TLS by a configuration that is asked for at each handshake. A callback of one configuration can't replace the roots that a client
// verifies a server by.
type transport struct{ config func() *tls.Config }

// ClientHandshake implements credentials.TransportCredentials.
func (t *transport) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return credentials.NewTLS(t.config()).ClientHandshake(ctx, authority, conn)
}

// ServerHandshake implements credentials.TransportCredentials.
func (t *transport) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return credentials.NewTLS(t.config()).ServerHandshake(conn)
}

// Info implements credentials.TransportCredentials.
func (t *transport) Info() credentials.ProtocolInfo { return credentials.NewTLS(t.config()).Info() }

// Clone implements credentials.TransportCredentials.
func (t *transport) Clone() credentials.TransportCredentials { return &transport{t.config} }

// OverrideServerName implements credentials.TransportCredentials: the name is that of the address, and nothing overrides it.
func (t *transport) OverrideServerName(string) error { return nil }

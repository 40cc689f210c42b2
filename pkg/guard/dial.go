package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// forbidden are addresses that no coordinator and no worker has, and that services of the machine's surroundings have, which trust whoever reaches them.
var forbidden = []struct {
	prefix netip.Prefix
	why    string
}{
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local, where clouds hand out credentials"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fd00:ec2::/32"), "a cloud's metadata"},
	{netip.MustParsePrefix("fd00:c1::/32"), "a cloud's metadata"},
	{netip.MustParsePrefix("fd20:ce::254/128"), "a cloud's metadata"},
	{netip.MustParsePrefix("192.0.0.192/32"), "a cloud's metadata"},
	{netip.MustParsePrefix("100.100.100.200/32"), "a cloud's metadata"},
	{netip.MustParsePrefix("168.63.129.16/32"), "a cloud's metadata"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
	{netip.MustParsePrefix("0.0.0.0/8"), "no address of a machine"},
	{netip.MustParsePrefix("::/128"), "no address of a machine"},
}

// ErrForbidden says that an address is not dialled.
var ErrForbidden = errors.New("no connection")

// Dial connects to HOST:PORT over TCP. Other networks, sockets of this machine's services among them, can't be reached, nor can addresses that are forbidden: looked at is
// the one that is connected to, whatever name led there.
func Dial(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{Control: func(_, at string, _ syscall.RawConn) error { return allowed(at) }}
	return d.DialContext(ctx, "tcp", addr)
}

// allowed returns an error for an IP:PORT that is forbidden.
func allowed(at string) error {
	p, err := netip.ParseAddrPort(at)
	if err != nil {
		return err
	}
	ip := embedded(p.Addr().Unmap().WithZone(""))
	for _, f := range forbidden {
		if f.prefix.Contains(ip) {
			return fmt.Errorf("%w to %s: %s", ErrForbidden, ip, f.why)
		}
	}
	return nil
}

// translated are addresses of IPv6 that stand for those of IPv4, and where these begin in them.
var translated = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},     // RFC 3056
}

// embedded returns the IPv4 address that a gateway makes of an IPv6 one; all others stay what they are.
func embedded(ip netip.Addr) netip.Addr {
	for _, t := range translated {
		if t.prefix.Contains(ip) {
			b := ip.As16()
			return netip.AddrFrom4([4]byte(b[t.at : t.at+4]))
		}
	}
	return ip
}

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
	ip := p.Addr().Unmap().WithZone("")
	for _, f := range forbidden {
		if f.prefix.Contains(ip) {
			return fmt.Errorf("%w to %s: %s", ErrForbidden, ip, f.why)
		}
	}
	return nil
}

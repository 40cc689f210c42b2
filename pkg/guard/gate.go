package guard

import (
	"container/list"
	"net"
	"net/netip"
	"sync"

	"github.com/octetlite/octet/pkg/credential"
)

// Bounds are how many connections a server holds.
type Bounds struct {
	Most       int // in all
	PerAddress int // of one address, those of members not counted; of IPv6 the network of 64 bits counts as one
}

// What of the bounds whom gets. The quarter that is left is for members alone.
const (
	unprovenPart  = 4 // of both bounds, for connections of which nobody knows yet whose they are
	knownPart     = 2 // of Most, for those of clients and people
	namespacePart = 8 // of Most, for one namespace
)

// Standing is what is known of the one at a connection's other end.
type Standing int

// The standings.
const (
	Unproven Standing = iota // no call was let through; a certificate alone proves little, where there are tokens
	Known                    // one was
	Member                   // one with a token of role worker or coordinator
)

// Ended is why a gate ended a connection.
type Ended string

// The reasons.
const (
	EndedAddress  Ended = "address"  // its address had too many that were unproven; the oldest goes
	EndedUnproven Ended = "unproven" // there were too many of those in all; the oldest goes, of the address that has the most of them
	EndedFull     Ended = "full"     // there were as many as there may be, and none unproven; the one that came last goes
)

// Reasons are all of them.
var Reasons = []Ended{EndedAddress, EndedUnproven, EndedFull}

// Gate bounds the connections of a server. Those that prove nothing give way to newer ones, whose clients so get in however many there are; those that somebody known has are ended by nobody, and members get in when
// everybody else has what they may.
type Gate struct {
	bounds Bounds
	report func(from string, why Ended)

	mu     sync.Mutex
	count  [Member + 1]int
	last   int // connection's number
	hosts  map[netip.Prefix]*host
	spaces map[string]int // connections by the namespaces of who has them
	ended  map[Ended]int
}

// host is an address that connections come from.
type host struct {
	unproven list.List // of *conn, the oldest first
	known    int
	members  int
}

// NewGate returns a gate. report, if not nil, is told of each connection that it ends: where it came from, and why.
func NewGate(b Bounds, report func(from string, why Ended)) *Gate {
	if report == nil {
		report = func(string, Ended) {}
	}
	return &Gate{bounds: b, report: report, hosts: map[netip.Prefix]*host{}, spaces: map[string]int{}, ended: map[Ended]int{}}
}

// Counts returns how many connections there are of each standing, and how many were ended for each reason.
func (g *Gate) Counts() (now [Member + 1]int, ended map[Ended]int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ended = map[Ended]int{}
	for _, why := range Reasons {
		ended[why] = g.ended[why]
	}
	return g.count, ended
}

// Listen has the gate stand in front of a listener.
func (g *Gate) Listen(l net.Listener) net.Listener { return &gated{l, g} }

type gated struct {
	net.Listener
	gate *Gate
}

// Accept returns the next connection for which there is room.
func (l *gated) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: raw, gate: l.gate}
		if l.gate.enter(c) {
			return c, nil
		}
	}
}

// conn is a connection that a gate counts. What is below the lock is the gate's.
type conn struct {
	net.Conn
	gate *Gate

	number    int // those that came before have lower ones
	at        *host
	key       netip.Prefix
	standing  Standing
	place     *list.Element // among those of its host that are unproven
	namespace string
	gone      bool
}

// remote is the address of who is at the other end, by which calls find their connection.
type remote struct {
	net.Addr
	conn *conn
}

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return remote{c.Conn.RemoteAddr(), c} }

// Close implements net.Conn.
func (c *conn) Close() error {
	c.gate.leave(c)
	return c.Conn.Close()
}

// origin returns the address that a connection counts for.
func origin(a net.Addr) netip.Prefix {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{} // all that have none count as one
	}
	ip := at.Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // there are so many bits
	return p
}

// enter takes a connection in, for which others may have to go; false if it was ended instead.
func (g *Gate) enter(c *conn) bool {
	g.mu.Lock()
	g.last++
	c.number = g.last
	c.key = origin(c.Conn.RemoteAddr())
	c.at = g.hosts[c.key]
	if c.at == nil {
		c.at = &host{}
		g.hosts[c.key] = c.at
	}
	c.place = c.at.unproven.PushBack(c)
	g.count[Unproven]++
	out, why := g.surplus(c)
	if out != nil {
		g.remove(out)
		g.ended[why]++
	}
	g.mu.Unlock()
	if out == nil {
		return true
	}
	_ = out.Conn.Close() // whatever it says, it is gone
	g.report(out.Conn.RemoteAddr().String(), why)
	return out != c
}

// surplus returns the connection that has to go since another one came, and why; nil if there is room. The caller holds the lock.
func (g *Gate) surplus(c *conn) (*conn, Ended) {
	total := 0
	for _, n := range g.count {
		total += n
	}
	switch {
	case c.at.unproven.Len() > max(g.bounds.PerAddress/unprovenPart, 1):
		return c.at.oldest(), EndedAddress
	case total > g.bounds.Most && g.count[Unproven] == 1:
		return c, EndedFull
	case total > g.bounds.Most, g.count[Unproven] > max(g.bounds.Most/unprovenPart, 1):
		return g.mostUnproven().oldest(), EndedUnproven
	}
	return nil, ""
}

// mostUnproven returns the host that has the most unproven connections, of several the one with the oldest. There is one. The caller holds the lock.
func (g *Gate) mostUnproven() (most *host) {
	for _, h := range g.hosts {
		n := h.unproven.Len()
		if n > 0 && (most == nil || n > most.unproven.Len() || n == most.unproven.Len() && h.oldest().number < most.oldest().number) {
			most = h
		}
	}
	return most
}

func (h *host) oldest() *conn { return h.unproven.Front().Value.(*conn) }

// leave takes note that a connection ends.
func (g *Gate) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.remove(c)
}

// remove has a connection count no more. The caller holds the lock.
func (g *Gate) remove(c *conn) {
	if c.gone {
		return
	}
	c.gone = true
	g.uncount(c)
	if c.namespace != "" {
		if g.spaces[c.namespace]--; g.spaces[c.namespace] == 0 {
			delete(g.spaces, c.namespace)
		}
	}
	if c.at.unproven.Len()+c.at.known+c.at.members == 0 {
		delete(g.hosts, c.key)
	}
}

// uncount takes a connection from those of its standing. The caller holds the lock.
func (g *Gate) uncount(c *conn) {
	g.count[c.standing]--
	switch c.standing {
	case Unproven:
		c.at.unproven.Remove(c.place)
	case Known:
		c.at.known--
	case Member:
		c.at.members--
	}
}

// prove takes note of who is at the other end of a connection; false if such have as many as they may. Then it stays what it was.
func (g *Gate) prove(c *conn, standing Standing, namespace string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	adopts, rises := namespace != "" && c.namespace == "", standing > c.standing
	switch {
	case c.gone: // it ends by itself
		return true
	case adopts && g.spaces[namespace] >= max(g.bounds.Most/namespacePart, 1):
		return false
	case rises && standing == Known && (c.at.known >= g.bounds.PerAddress || g.count[Known] >= max(g.bounds.Most/knownPart, 1)):
		return false
	}
	if adopts {
		c.namespace = namespace
		g.spaces[namespace]++
	}
	if rises {
		g.uncount(c)
		c.standing = standing
		g.count[standing]++
		if standing == Known {
			c.at.known++
		} else {
			c.at.members++
		}
	}
	return true
}

// vouch takes note of who makes a call on a connection that an address leads to; false if such have too many. Of connections that no gate counts it takes none.
func vouch(a net.Addr, standing Standing, namespace string) bool {
	r, ok := a.(remote)
	return !ok || r.conn.gate.prove(r.conn, standing, namespace)
}

// standingOf returns that of a caller who was let through.
func standingOf(c credential.Caller) Standing {
	switch c.Role {
	case credential.Worker, credential.Coordinator:
		return Member
	case "":
		return Unproven // a call that anybody may make
	default:
		return Known
	}
}

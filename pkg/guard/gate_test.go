package guard

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/credential"
)

// queue is a listener that gives out connections from wherever is said.
type queue chan net.Conn

func (q queue) Accept() (net.Conn, error) {
	c, ok := <-q
	if !ok {
		return nil, io.EOF
	}
	return c, nil
}
func (q queue) Close() error   { close(q); return nil }
func (q queue) Addr() net.Addr { return &net.TCPAddr{} }

// far is a connection from an address.
type far struct {
	net.Conn
	from *net.TCPAddr
}

func (f far) RemoteAddr() net.Addr { return f.from }

// door is a gate with a listener behind it.
type door struct {
	t     *testing.T
	queue queue
	l     net.Listener
	gate  *Gate
	port  int
	ended []Ended
}

func newDoor(t *testing.T, b Bounds) *door {
	d := &door{t: t, queue: make(queue, 1)}
	d.gate = NewGate(b, func(_ string, why Ended) { d.ended = append(d.ended, why) })
	d.l = d.gate.Listen(d.queue)
	return d
}

// come has a connection come from an IP, and returns the server's side of it; it must be let in.
func (d *door) come(ip string) net.Conn {
	d.t.Helper()
	here, there := net.Pipe()
	d.t.Cleanup(func() { there.Close() })
	d.port++
	d.queue <- far{here, &net.TCPAddr{IP: net.ParseIP(ip), Port: d.port}}
	c, err := d.l.Accept()
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// proves has a caller call on a connection.
func proves(c net.Conn, role credential.Role, namespace string) bool {
	return vouch(c.RemoteAddr(), standingOf(credential.Caller{Role: role}), namespace)
}

// over reports whether a connection was ended.
func over(c net.Conn) bool {
	return errors.Is(c.SetDeadline(time.Time{}), io.ErrClosedPipe)
}

// Whoever proves nothing gives way: the oldest of an address that has too many, or of the one that has the most; what somebody known has stays, and others still come in.
func TestGate(t *testing.T) {
	d := newDoor(t, Bounds{Most: 40, PerAddress: 16}) // 10 unproven in all, 4 of an address
	var flood []net.Conn
	for range 100 {
		flood = append(flood, d.come("203.0.113.1"))
	}
	for i, c := range flood {
		if stays := i >= 96; over(c) == stays {
			t.Errorf("connection %d of 100 of one address is ended: %v", i, !stays)
		}
	}
	client := d.come("203.0.113.1") // its neighbour behind one address
	if !proves(client, credential.Client, "a") {
		t.Fatal("a client is turned away")
	}
	for i := range 100 { // of an address each
		d.come(fmt.Sprintf("198.51.100.%d", i))
	}
	worker := d.come("192.0.2.1")
	if !proves(worker, credential.Worker, "") || over(client) {
		t.Error("strangers keep a client or a worker out")
	}
	if now, ended := d.gate.Counts(); now != [3]int{9, 1, 1} || ended[EndedAddress] != 97 || ended[EndedUnproven] == 0 || ended[EndedAddress]+ended[EndedUnproven] != len(d.ended) {
		t.Errorf("there are %v connections, ended are %v", now, ended)
	}
	for i := range 20 { // of one network
		d.come(fmt.Sprintf("2001:db8::%x", i))
	}
	if n := d.gate.hosts[origin(&net.TCPAddr{IP: net.ParseIP("2001:db8::77")})].unproven.Len(); n > 4 {
		t.Errorf("a network has %d connections that prove nothing", n)
	}
	client.Close()
	client.Close()
	worker.Close()
	if now, _ := d.gate.Counts(); now != [3]int{10, 0, 0} {
		t.Errorf("behind their end %v connections count", now)
	}
}

// Clients, too, have bounds: of an address, of a namespace, and in all. Members come in behind all of them.
func TestGateBoundsClients(t *testing.T) {
	d := newDoor(t, Bounds{Most: 40, PerAddress: 3})
	for i := range 5 {
		if in := proves(d.come("203.0.113.1"), credential.Operator, ""); in != (i < 3) {
			t.Errorf("connection %d of an address is taken: %v", i, in)
		}
	}
	for i := range 8 { // 5 of a namespace
		if in := proves(d.come(fmt.Sprintf("203.0.113.%d", 10+i)), credential.Client, "a"); in != (i < 5) {
			t.Errorf("connection %d of a namespace is taken: %v", i, in)
		}
	}
	for i := range 20 { // 20 in all
		if in := proves(d.come(fmt.Sprintf("203.0.113.%d", 30+i)), credential.Client, fmt.Sprintf("n%d", i)); in != (i < 12) {
			t.Errorf("connection %d of all clients' is taken: %v", 8+i, in)
		}
	}
	for i := range 20 {
		if c := d.come("203.0.113.1"); !proves(c, credential.Coordinator, "") || over(c) {
			t.Fatalf("member %d does not get in", i)
		}
	}
	here, there := net.Pipe() // nobody is left to make room: the newcomer goes
	defer there.Close()
	d.queue <- far{here, &net.TCPAddr{IP: net.ParseIP("203.0.113.99")}}
	d.queue.Close()
	if _, err := d.l.Accept(); !errors.Is(err, io.EOF) {
		t.Errorf("one more than there may be: %v", err)
	}
	if _, ended := d.gate.Counts(); ended[EndedFull] != 1 {
		t.Errorf("ended are %v", ended)
	}
}

// What a gate counts is what there is, whatever comes in which order.
func TestGateCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d := newDoor(t, Bounds{Most: 32, PerAddress: 8})
	var open []net.Conn
	for range 3000 {
		if r.IntN(3) > 0 || len(open) == 0 {
			if now, _ := d.gate.Counts(); now[Known]+now[Member] < 31 {
				open = append(open, d.come(fmt.Sprintf("203.0.113.%d", r.IntN(6))))
			}
		}
		i := r.IntN(len(open))
		switch c := open[i]; r.IntN(4) {
		case 0:
			c.Close()
			open = append(open[:i], open[i+1:]...)
		case 1:
			proves(c, credential.Client, []string{"", "a", "b"}[r.IntN(3)])
		case 2:
			proves(c, credential.Worker, "")
		}
		var want [3]int
		spaces := map[string]int{}
		for _, c := range open {
			if c := c.(*conn); !c.gone {
				want[c.standing]++
				if c.namespace != "" {
					spaces[c.namespace]++
				}
			}
		}
		now, _ := d.gate.Counts()
		if now != want || now[0] > 8 || now[0]+now[1]+now[2] > 32 || len(spaces) != len(d.gate.spaces) || spaces["a"] != d.gate.spaces["a"] {
			t.Fatalf("it counts %v and %v, there are %v and %v", now, d.gate.spaces, want, spaces)
		}
	}
	for _, c := range open {
		c.Close()
	}
	if len(d.gate.hosts) != 0 || len(d.gate.spaces) != 0 {
		t.Errorf("nothing is left but %v, %v", d.gate.hosts, d.gate.spaces)
	}
}

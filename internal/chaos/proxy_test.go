//go:build chaos && unix

package chaos

import (
	"io"
	"net"
	"os/exec"
	"sync"
	"testing"

	"github.com/octetlite/octet/internal/freeport"
)

// proxied is a network on loopback, with a proxy in front of each node, one in front of what each member of etcd has for the others, and one between each other node and each member.
type proxied struct {
	listens, peers map[Node]string
	fronts         map[Node]*proxy
	peerFronts     map[Node]*proxy
	etcds          map[[2]Node]*proxy // by node and member
}

func newProxies(t *testing.T) *proxied {
	t.Helper()
	n := &proxied{map[Node]string{}, map[Node]string{}, map[Node]*proxy{}, map[Node]*proxy{}, map[[2]Node]*proxy{}}
	for _, node := range all {
		n.listens[node] = freeport.Addr(t)
		n.fronts[node] = newProxy(t, n.listens[node])
	}
	for _, member := range Etcds {
		n.peers[member] = freeport.Addr(t)
		n.peerFronts[member] = newProxy(t, n.peers[member])
		for _, node := range all {
			n.etcds[[2]Node{node, member}] = newProxy(t, n.listens[member])
		}
	}
	return n
}

func (n *proxied) listen(node Node) string       { return n.listens[node] }
func (n *proxied) address(node Node) string      { return n.fronts[node].addr }
func (n *proxied) etcd(node, member Node) string { return n.etcds[[2]Node{node, member}].addr }

func (n *proxied) peer(member Node) (listen, address string) {
	return n.peers[member], n.peerFronts[member].addr
}

func (n *proxied) command(_ Node, program string, args ...string) *exec.Cmd {
	return exec.Command(program, args...)
}

func (n *proxied) dial(node Node) (net.Conn, error) {
	return net.DialTimeout("tcp", n.listens[node], dialWithin)
}

func (n *proxied) isolate(node Node, on bool) error {
	n.fronts[node].set(on)
	if p := n.peerFronts[node]; p != nil {
		p.set(on)
	}
	for ends, p := range n.etcds {
		if ends[0] == node || ends[1] == node {
			p.set(on)
		}
	}
	return nil
}

func (n *proxied) oneway(from, to Node, on bool) error {
	p := n.etcds[[2]Node{from, to}]
	if p == nil || n.peers[from] != "" {
		return errUnable
	}
	p.set(on)
	return nil
}

// proxy passes connections on, and holds back what comes while it is cut.
type proxy struct {
	addr, to string

	mu   sync.Mutex
	open chan struct{} // closed unless the proxy is cut
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{addr: l.Addr().String(), to: to, open: make(chan struct{})}
	close(p.open)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.pass(c)
		}
	}()
	return p
}

func (p *proxy) set(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
		if cut {
			p.open = make(chan struct{})
		}
	default:
		if !cut {
			close(p.open)
		}
	}
}

func (p *proxy) wait() {
	p.mu.Lock()
	open := p.open
	p.mu.Unlock()
	<-open
}

func (p *proxy) pass(c net.Conn) {
	defer c.Close()
	p.wait()
	s, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer s.Close()
	go func() {
		defer c.Close()
		defer s.Close()
		p.copy(c, s)
	}()
	p.copy(s, c)
}

func (p *proxy) copy(to io.Writer, from io.Reader) {
	_, _ = io.Copy(to, held{from, p}) // a connection that breaks is closed on both sides
}

// held reads what a proxy lets through.
type held struct {
	io.Reader
	*proxy
}

func (h held) Read(b []byte) (int, error) {
	n, err := h.Reader.Read(b)
	h.wait()
	return n, err
}

//go:build chaos && unix

package chaos

import (
	"io"
	"net"
	"os/exec"
	"sync"
	"testing"
)

// proxied is a network on loopback, with a proxy in front of each node, and one between each node and etcd.
type proxied struct {
	listens map[Node]string
	fronts  map[Node]*proxy
	etcds   map[Node]*proxy
}

func newProxies(t *testing.T) *proxied {
	t.Helper()
	n := &proxied{map[Node]string{}, map[Node]*proxy{}, map[Node]*proxy{}}
	for _, node := range all {
		n.listens[node] = freePort(t)
		n.fronts[node] = newProxy(t, n.listens[node])
		n.etcds[node] = newProxy(t, n.listens[Etcd]) // etcd is the first of all
	}
	return n
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (n *proxied) listen(node Node) string  { return n.listens[node] }
func (n *proxied) address(node Node) string { return n.fronts[node].addr }
func (n *proxied) etcd(node Node) string    { return n.etcds[node].addr }

func (n *proxied) command(_ Node, program string, args ...string) *exec.Cmd {
	return exec.Command(program, args...)
}

func (n *proxied) isolate(node Node, on bool) error {
	n.fronts[node].set(on)
	n.etcds[node].set(on)
	if node == Etcd {
		for _, p := range n.etcds {
			p.set(on)
		}
	}
	return nil
}

func (n *proxied) blind(node Node, on bool) error {
	n.etcds[node].set(on)
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

//go:build chaos && unix

package chaos

import (
	"errors"
	"net"
	"os/exec"
	"testing"
)

// network connects the nodes and the clients of a run.
type network interface {
	// listen returns the HOST:PORT at which a node's program listens.
	listen(n Node) string
	// address returns the HOST:PORT at which others reach a node.
	address(n Node) string
	// etcd returns the HOST:PORT at which a node finds a member of etcd.
	etcd(n, member Node) string
	// peer returns the HOST:PORT at which a member of etcd listens for others, and the one at which they find it.
	peer(member Node) (listen, address string)
	// command prepares a program that a node runs; "" for clients.
	command(n Node, program string, args ...string) *exec.Cmd
	// isolate cuts a node off from all others, or joins it to them again. What is sent meanwhile is lost without a word, and sent again by TCP.
	isolate(n Node, on bool) error
	// oneway has what a node sends to another get lost, or not any more; errUnable if this network can't.
	oneway(from, to Node, on bool) error
	// dial connects to where a node listens, from outside of all nodes.
	dial(n Node) (net.Conn, error)
}

// errUnable is that of a fault which a network can't bring about.
var errUnable = errors.New("this network can't do that")

// newNetwork makes a network of namespaces where this process may, else one of proxies.
func newNetwork(t *testing.T, name string) network {
	t.Helper()
	why := *proxies
	if why == "" {
		n, err := newNamespaces(t, name)
		if err == nil {
			t.Log("network: a namespace for each node, and a bridge")
			return n
		}
		why = err.Error()
	}
	t.Logf("network: PROXIES ON LOOPBACK, which cut off nodes, but not what workers say to coordinators, and in one direction only what goes to etcd: %s", why)
	return newProxies(t)
}

//go:build chaos && unix

package chaos

import (
	"os/exec"
	"testing"
)

// network connects the nodes and the clients of a run.
type network interface {
	// listen returns the HOST:PORT at which a node's program listens.
	listen(n Node) string
	// address returns the HOST:PORT at which others reach a node.
	address(n Node) string
	// etcd returns the HOST:PORT at which a node finds etcd.
	etcd(n Node) string
	// command prepares a program that a node runs; "" for clients.
	command(n Node, program string, args ...string) *exec.Cmd
	// isolate cuts a node off from all others, or joins it to them again. What is sent meanwhile is lost without a word, and sent again by TCP.
	isolate(n Node, on bool) error
	// blind has what a node sends to etcd get lost, or not any more.
	blind(n Node, on bool) error
}

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
	t.Logf("network: PROXIES ON LOOPBACK, which cut off nodes, but not what workers say to coordinators: %s", why)
	return newProxies(t)
}

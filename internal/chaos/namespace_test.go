//go:build chaos && linux

package chaos

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// namespaces are network namespaces: one for each node, and one with a bridge between them, in which clients run. Addresses are those of this network alone.
type namespaces struct{ name string }

const hub Node = "hub"

func newNamespaces(t *testing.T, name string) (*namespaces, error) {
	if os.Getuid() != 0 {
		return nil, fmt.Errorf("not root")
	}
	n := &namespaces{name}
	t.Cleanup(func() {
		for _, node := range append(slices.Clone(all), hub) {
			_ = ip("netns", "del", n.space(node)) // it may not have come about
		}
	})
	do := func(args string) error { return ip(strings.Fields(args)...) }
	steps := []string{
		"netns add " + n.space(hub), "-n " + n.space(hub) + " link set lo up",
		"-n " + n.space(hub) + " link add br0 type bridge", "-n " + n.space(hub) + " addr add 10.0.0.254/24 dev br0", "-n " + n.space(hub) + " link set br0 up",
	}
	for i, node := range all {
		steps = append(steps,
			"netns add "+n.space(node),
			fmt.Sprintf("-n %s link add %s type veth peer name eth0 netns %s", n.space(hub), port(node), n.space(node)),
			fmt.Sprintf("-n %s link set %s master br0 up", n.space(hub), port(node)),
			fmt.Sprintf("-n %s addr add 10.0.0.%d/24 dev eth0", n.space(node), i+1),
			fmt.Sprintf("-n %s link set eth0 up", n.space(node)),
			fmt.Sprintf("-n %s link set lo up", n.space(node)),
		)
	}
	for _, s := range steps {
		if err := do(s); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (n *namespaces) space(node Node) string { return n.name + "-" + string(node) }

// port is the node's end at the bridge.
func port(n Node) string { return fmt.Sprintf("port%d", slices.Index(all, n)) }

func (n *namespaces) listen(node Node) string {
	return fmt.Sprintf("10.0.0.%d:8470", slices.Index(all, node)+1)
}

func (n *namespaces) address(node Node) string { return n.listen(node) }

func (n *namespaces) etcd(_, member Node) string { return n.listen(member) }

func (n *namespaces) peer(member Node) (listen, address string) {
	host, _, _ := strings.Cut(n.listen(member), ":")
	return host + ":8480", host + ":8480"
}

// dial enters the hub's namespace with a thread, which ends with its goroutine, since it can't be used for anything else.
func (n *namespaces) dial(node Node) (conn net.Conn, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		space, openErr := os.Open("/var/run/netns/" + n.space(hub))
		if err = openErr; err != nil {
			return
		}
		defer space.Close()
		if err = unix.Setns(int(space.Fd()), unix.CLONE_NEWNET); err == nil {
			conn, err = net.DialTimeout("tcp", n.listen(node), dialWithin)
		}
	}()
	<-done
	return conn, err
}

func (n *namespaces) command(node Node, program string, args ...string) *exec.Cmd {
	if node == "" {
		node = hub
	}
	return exec.Command("ip", append([]string{"netns", "exec", n.space(node), program}, args...)...)
}

func (n *namespaces) isolate(node Node, on bool) error {
	state := "up"
	if on {
		state = "down"
	}
	return ip("-n", n.space(hub), "link", "set", port(node), state)
}

func (n *namespaces) oneway(from, to Node, on bool) error {
	host, _, _ := strings.Cut(n.listen(to), ":")
	if on { // the address of nobody
		return ip("-n", n.space(from), "neigh", "replace", host, "lladdr", "02:00:00:00:00:01", "dev", "eth0", "nud", "permanent")
	}
	return ip("-n", n.space(from), "neigh", "del", host, "dev", "eth0")
}

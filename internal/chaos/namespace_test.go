//go:build chaos && unix

package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
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
func (n *namespaces) etcd(Node) string         { return n.listen(Etcd) }

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

func (n *namespaces) blind(node Node, on bool) error {
	host, _, _ := strings.Cut(n.listen(Etcd), ":")
	if on { // the address of nobody
		return ip("-n", n.space(node), "neigh", "replace", host, "lladdr", "02:00:00:00:00:01", "dev", "eth0", "nud", "permanent")
	}
	return ip("-n", n.space(node), "neigh", "del", host, "dev", "eth0")
}

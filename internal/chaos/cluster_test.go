//go:build chaos && unix

package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/octetlite/octet/internal/clock"
)

// programs are what all runs share.
type programs struct{ octet, etcd string }

func build(t *testing.T) programs {
	t.Helper()
	bin := t.TempDir()
	p := programs{filepath.Join(bin, "octet"), filepath.Join(bin, "etcd")}
	for _, args := range [][]string{
		{"-tags", "failpoint", "-o", p.octet, "github.com/octetlite/octet/cmd/octet"},
		{"-modfile=../../tools/etcd.mod", "-o", p.etcd, "go.etcd.io/etcd/server/v3"},
	} {
		if out, err := exec.Command("go", append([]string{"build"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("go build %v: %v\n%s", args, err, out)
		}
	}
	return p
}

// cluster is what a run breaks.
type cluster struct {
	t         *testing.T
	plan      Plan
	programs  programs
	cases     []conversion
	net       network
	dir       string
	nodes     []Node
	processes map[Node]*process
	disks     map[Node]bool // which can be filled

	suffers map[int]Node   // who suffers a fault of the plan, by its place, where that shows only then
	unable  map[int]string // faults that could not be brought about, by their place, and why
}

func newCluster(t *testing.T, p programs, plan Plan, cases []conversion, dir string) *cluster {
	t.Helper()
	c := &cluster{t: t, plan: plan, programs: p, cases: cases, dir: dir, nodes: plan.Nodes(), processes: map[Node]*process{}, disks: map[Node]bool{}, suffers: map[int]Node{}, unable: map[int]string{}}
	c.net = newNetwork(t, fmt.Sprintf("octet-%d-%d", os.Getpid(), plan.Seed))
	for _, n := range c.nodes {
		if err := os.MkdirAll(c.folder(n), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range plan.Faults {
		if f.Kind == Fill && !c.disks[f.Node] {
			c.disks[f.Node] = mount(t, c.store(f.Node), 24)
		}
	}
	for n, by := range plan.Off {
		if err := c.setClock(n, by); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range c.nodes {
		c.processes[n] = &process{node: n, command: func() *exec.Cmd { return c.command(n) }, log: filepath.Join(dir, string(n)+".log")}
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			c.processes[n].kill()
		}
	})
	return c
}

// folder is a node's own.
func (c *cluster) folder(n Node) string { return filepath.Join(c.dir, string(n)) }

// store is the folder of a node's blobs.
func (c *cluster) store(n Node) string {
	name := string(n) + "/cache"
	if slices.Contains(Coordinators, n) {
		name = "store"
	}
	folder := filepath.Join(c.dir, name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		c.t.Error(err)
	}
	return folder
}

// command prepares a node's program.
func (c *cluster) command(n Node) *exec.Cmd {
	if class(n) == "etcd" {
		return c.member(n)
	}
	var etcds []string
	for _, member := range Etcds[:c.plan.Members] {
		etcds = append(etcds, c.net.etcd(n, member))
	}
	args := []string{"--etcd", strings.Join(etcds, ","), "--listen", c.net.listen(n), "--advertise", c.net.address(n), "--data-dir", c.folder(n), "--worker-ttl", lease.String(), "--insecure"}
	role := []string{"worker", "--slots", "1"}
	if slices.Contains(Coordinators, n) {
		role = []string{"coordinator", "--store", c.store(n), "--lease", lease.String(), "--collect-every", collectEvery.String(), "--verify-shards", "0.1"}
	}
	cmd := c.net.command(n, c.programs.octet, append(role, args...)...)
	cmd.Env = append(cmd.Environ(), clock.Variable+"="+c.clock(n))
	return cmd
}

// collectEvery is short, so that what is set aside by a clock that was set is noticed.
const collectEvery = 200 * time.Millisecond

// clock is the file that says by how much the clock of a node is off.
func (c *cluster) clock(n Node) string { return filepath.Join(c.folder(n), "clock") }

// setClock has the clock of a node be off.
func (c *cluster) setClock(n Node, by time.Duration) error {
	next := c.clock(n) + ".next"
	if err := os.WriteFile(next, []byte(by.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(next, c.clock(n))
}

// member prepares the program of a member of etcd. Processes die here, and the machine does not: what they wrote is there without a flush.
func (c *cluster) member(n Node) *exec.Cmd {
	at, all := "http://"+c.net.listen(n), []string{}
	for _, m := range Etcds[:c.plan.Members] {
		_, address := c.net.peer(m)
		all = append(all, string(m)+"=http://"+address)
	}
	listen, address := c.net.peer(n)
	return c.net.command(n, c.programs.etcd, "--name", string(n), "--data-dir", c.folder(n), "--log-level", "error", "--unsafe-no-fsync", "--listen-client-urls", at, "--advertise-client-urls", at,
		"--listen-peer-urls", "http://"+listen, "--initial-advertise-peer-urls", "http://"+address, "--initial-cluster", strings.Join(all, ","))
}

// leader returns the member of etcd that leads; the first one if none says so.
func (c *cluster) leader() Node {
	for _, n := range Etcds[:c.plan.Members] {
		conn, err := c.net.dial(n)
		if err != nil {
			continue
		}
		text, err := metrics(conn)
		if err == nil && strings.Contains(text, "\netcd_server_is_leader 1\n") {
			return n
		}
	}
	return Etcds[0]
}

// dialWithin bounds how long a member of etcd is asked.
const dialWithin = time.Second / 2

// metrics returns those of a member of etcd, over a connection to it, which it closes.
func metrics(conn net.Conn) (string, error) {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(dialWithin)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, "GET /metrics HTTP/1.0\r\n\r\n"); err != nil {
		return "", err
	}
	text, err := io.ReadAll(conn)
	return string(text), err
}

// addresses are those of the coordinators, as clients are given them.
func (c *cluster) addresses() string {
	var list []string
	for _, n := range Coordinators {
		list = append(list, c.net.address(n))
	}
	return strings.Join(list, ",")
}

// begin starts all nodes. The first coordinator leads.
func (c *cluster) begin(ctx context.Context) error {
	for _, n := range c.nodes {
		p := c.processes[n]
		if err := p.start(c.plan.Armed[n]); err != nil {
			return err
		}
		for n == Coordinators[0] {
			log, err := os.ReadFile(p.log)
			if err != nil {
				return err
			}
			if bytes.Contains(log, []byte(`"msg":"coordinator_started"`)) {
				break
			}
			if ctx.Err() != nil {
				return fmt.Errorf("%s does not start: %s", n, log)
			}
			time.Sleep(again / 10)
		}
	}
	return nil
}

// do is what a fault does, and undo what ends it.
func (c *cluster) do(i int) (err error) {
	f := c.plan.Faults[i]
	if f.Node == Leader {
		f.Node = c.leader()
		c.suffers[i] = f.Node
	}
	p := c.processes[f.Node]
	switch f.Kind {
	case Kill:
		p.kill()
	case Stop:
		p.signal(syscall.SIGSTOP)
	case Isolate:
		return c.net.isolate(f.Node, true)
	case Blind, Oneway:
		if err := c.cut(f, true); errors.Is(err, errUnable) {
			c.unable[i] = err.Error()
		} else if err != nil {
			return err
		}
	case Fill:
		if c.disks[f.Node] {
			return fill(c.store(f.Node))
		}
	case Damage, Spoil:
		if f.Kind == Damage {
			p.kill()
		}
		var what []string
		what, err = damage(c.store(f.Node), f.Pick, f.Kind == Spoil)
		c.t.Logf("%s %s: %s", f.Kind, f.Node, strings.Join(what, ", "))
	case Fail:
		p.kill()
		return p.start(f.Failpoint)
	case Clock:
		return c.setClock(f.Node, f.By)
	}
	return err
}

// cut has what the node of a fault sends get lost, or not any more.
func (c *cluster) cut(f Fault, on bool) error {
	to := []Node{f.To}
	if f.Kind == Blind {
		to = Etcds[:c.plan.Members]
	}
	for _, n := range to {
		if err := c.net.oneway(f.Node, n, on); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) undo(i int) error {
	f := c.plan.Faults[i]
	if f.Node == Leader {
		f.Node = c.suffers[i]
	}
	p := c.processes[f.Node]
	switch f.Kind {
	case Kill, Damage:
		return p.start("")
	case Stop:
		p.signal(syscall.SIGCONT)
	case Isolate:
		return c.net.isolate(f.Node, false)
	case Blind, Oneway:
		if c.unable[i] == "" {
			return c.cut(f, false)
		}
	case Fill:
		if c.disks[f.Node] {
			return unfill(c.store(f.Node))
		}
	case Spoil:
	case Fail:
		return p.disarm()
	case Clock:
		return c.setClock(f.Node, 0)
	}
	return nil
}

// suffer carries out the plan's faults, at their times from start on, and returns when the last one is over.
func (c *cluster) suffer(start time.Time) error {
	type step struct {
		at time.Duration
		do func() error
	}
	var steps []step
	for i, f := range c.plan.Faults {
		steps = append(steps, step{f.At, func() error { return c.do(i) }}, step{f.At + f.For, func() error { return c.undo(i) }})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return int(a.at - b.at) })
	for _, s := range steps {
		time.Sleep(time.Until(start.Add(s.at)))
		if err := s.do(); err != nil {
			return err
		}
	}
	for _, n := range c.nodes {
		if err := c.processes[n].disarm(); err != nil {
			return err
		}
	}
	return nil
}

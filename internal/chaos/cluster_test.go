//go:build chaos && unix

package chaos

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
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
	processes map[Node]*process
	disks     map[Node]bool // which can be filled
}

func newCluster(t *testing.T, p programs, plan Plan, cases []conversion, dir string) *cluster {
	t.Helper()
	c := &cluster{t: t, plan: plan, programs: p, cases: cases, dir: dir, processes: map[Node]*process{}, disks: map[Node]bool{}}
	c.net = newNetwork(t, fmt.Sprintf("octet-%d-%d", os.Getpid(), plan.Seed))
	for _, n := range all {
		if err := os.MkdirAll(c.folder(n), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range plan.Faults {
		if f.Kind == Fill && !c.disks[f.Node] {
			c.disks[f.Node] = mount(t, c.store(f.Node), 24)
		}
	}
	for _, n := range all {
		c.processes[n] = &process{node: n, command: func() *exec.Cmd { return c.command(n) }, log: filepath.Join(dir, string(n)+".log")}
	}
	t.Cleanup(func() {
		for _, n := range all {
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
	at := "http://" + c.net.listen(n)
	if n == Etcd {
		peer := "http://127.0.0.1:0" // a member that is alone needs no others
		return c.net.command(n, c.programs.etcd, "--data-dir", c.folder(n), "--log-level", "error", "--listen-client-urls", at, "--advertise-client-urls", at,
			"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer)
	}
	args := []string{"--etcd", c.net.etcd(n), "--listen", c.net.listen(n), "--advertise", c.net.address(n), "--data-dir", c.folder(n), "--worker-ttl", lease.String(), "--insecure"}
	if slices.Contains(Coordinators, n) {
		return c.net.command(n, c.programs.octet, append([]string{"coordinator", "--store", c.store(n), "--lease", lease.String()}, args...)...)
	}
	return c.net.command(n, c.programs.octet, append([]string{"worker", "--slots", "1"}, args...)...)
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
	for _, n := range all {
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
func (c *cluster) do(f Fault) (err error) {
	p := c.processes[f.Node]
	switch f.Kind {
	case Kill:
		p.kill()
	case Stop:
		p.signal(syscall.SIGSTOP)
	case Isolate:
		return c.net.isolate(f.Node, true)
	case Blind:
		return c.net.blind(f.Node, true)
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
	}
	return err
}

func (c *cluster) undo(f Fault) error {
	p := c.processes[f.Node]
	switch f.Kind {
	case Kill, Damage:
		return p.start("")
	case Stop:
		p.signal(syscall.SIGCONT)
	case Isolate:
		return c.net.isolate(f.Node, false)
	case Blind:
		return c.net.blind(f.Node, false)
	case Fill:
		if c.disks[f.Node] {
			return unfill(c.store(f.Node))
		}
	case Spoil:
	case Fail:
		return p.disarm()
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
	for _, f := range c.plan.Faults {
		steps = append(steps, step{f.At, func() error { return c.do(f) }}, step{f.At + f.For, func() error { return c.undo(f) }})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return int(a.at - b.at) })
	for _, s := range steps {
		time.Sleep(time.Until(start.Add(s.at)))
		if err := s.do(); err != nil {
			return err
		}
	}
	for _, n := range all {
		if err := c.processes[n].disarm(); err != nil {
			return err
		}
	}
	return nil
}

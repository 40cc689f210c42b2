//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/octetlite/octet/internal/freeport"
)

// patience is how long the test waits for anything that must happen, ten times what it takes on a machine that has much else to do.
const patience = 5 * time.Minute

// convertUnderFaults converts the model on a cluster of processes with a folder each: etcd, a coordinator and three workers. One worker is killed in the middle of a
// shard; one is stopped there until its lease is gone, and then goes on.
func convertUnderFaults(t *testing.T, model string) string {
	t.Helper()
	h := newHost(t)
	addr := freeport.Addr(t)
	coordinator := h.coordinator(addr, t.TempDir())
	coordinator.wait(t, "coordinator_started", nil)
	workers := h.workers(3)
	for range workers {
		coordinator.wait(t, "worker_found", nil)
	}

	result := beginConversion(t, model, heavyData, "--coordinator", addr)
	killed, stopped := workers[0], workers[1]
	killed.wait(t, "shard_started", nil)
	killed.signal(t, syscall.SIGKILL)
	stopped.wait(t, "shard_started", nil)
	stopped.signal(t, syscall.SIGSTOP)
	// A starved worker may lose its lease as well, and come back: only these two count.
	await := func(message, id string) {
		for found := ""; found != id; {
			coordinator.wait(t, message, func(e map[string]any) { found = fmt.Sprint(e["worker"]) })
		}
	}
	gone := map[string]bool{}
	for !gone[killed.id] || !gone[stopped.id] {
		coordinator.wait(t, "worker_gone", func(e map[string]any) { gone[fmt.Sprint(e["worker"])] = true })
	}
	stopped.signal(t, syscall.SIGCONT)
	await("worker_found", stopped.id)
	return result.wait(t)
}

// host runs the programs of a cluster: etcd at once, coordinators and workers as they are asked for. A lease is 2 seconds long.
type host struct {
	t       *testing.T
	program string
	server  string   // etcd's program
	etcd    string   // its address
	flags   []string // of coordinators: tests count attempts
}

const lease = 2 * time.Second

// newHost has the programs built, and starts etcd, with arguments of its own if there are some.
func newHost(t *testing.T, args ...string) *host { //nolint:unparam // the soak gives some, behind a build tag
	t.Helper()
	return (&host{program: built(t, octetProgram), server: built(t, etcdProgram)}).in(t, args...)
}

// The programs that tests have built, once for all of them: how they are built is how go build is called.
const (
	octetProgram = "github.com/octetlite/octet/cmd/octet"
	etcdProgram  = "-modfile=../../tools/etcd.mod go.etcd.io/etcd/server/v3"
)

// builds are the programs that were built, in a folder that goes when all tests are over.
var builds struct {
	sync.Mutex
	dir      string
	programs map[string]string
}

// built returns a program, which is built if no test did so before.
func built(t *testing.T, how string) string {
	t.Helper()
	builds.Lock()
	defer builds.Unlock()
	if program := builds.programs[how]; program != "" {
		return program
	}
	if builds.dir == "" {
		dir, err := os.MkdirTemp("", "octet-test-") //nolint:usetesting // it outlives the test
		if err != nil {
			t.Fatal(err)
		}
		builds.dir, builds.programs = dir, map[string]string{}
	}
	args := strings.Fields(how)
	program := filepath.Join(builds.dir, fmt.Sprint(len(builds.programs)), "octet")
	if out, err := exec.Command("go", slices.Concat([]string{"build", "-o", program}, args)...).CombinedOutput(); err != nil {
		t.Fatalf("go build %v: %v\n%s", args, err, out)
	}
	builds.programs[how] = program
	return program
}

// tests runs all tests, and removes what they have built.
type tests struct{ *testing.M }

func (m tests) Run() int {
	code := m.M.Run()
	if err := os.RemoveAll(builds.dir); err != nil && code == 0 { // of nothing if nothing was built
		return 1
	}
	return code
}

// in returns the host with an etcd of its own, for a test.
func (h *host) in(t *testing.T, args ...string) *host {
	t.Helper()
	client, peer := freeport.Addr(t), freeport.Addr(t)
	start(t, "etcd", h.server, append(args, "--data-dir", t.TempDir(), "--log-level", "error", "--unsafe-no-fsync", // processes die here, and the machine does not
		"--listen-client-urls", "http://"+client, "--advertise-client-urls", "http://"+client,
		"--listen-peer-urls", "http://"+peer, "--initial-advertise-peer-urls", "http://"+peer, "--initial-cluster", "default=http://"+peer)...)
	return &host{t, h.program, h.server, client, []string{"--verify-shards", "0"}}
}

func (h *host) coordinator(addr, store string) *process {
	h.t.Helper()
	return start(h.t, "coordinator "+addr, h.program, append([]string{"coordinator", "--etcd", h.etcd, "--listen", addr, "--data-dir", h.t.TempDir(), "--store", store,
		"--worker-ttl", lease.String(), "--lease", lease.String()}, h.flags...)...)
}

// workers starts workers with one slot each and further flags, and waits until they are registered.
func (h *host) workers(n int, flags ...string) (all []*process) {
	h.t.Helper()
	for i := range n {
		w := start(h.t, fmt.Sprintf("worker %d", i), h.program, append([]string{"worker", "--etcd", h.etcd, "--slots", "1", "--data-dir", h.t.TempDir(), "--worker-ttl", lease.String()}, flags...)...)
		w.wait(h.t, "worker_started", func(e map[string]any) { w.id = fmt.Sprint(e["worker"]) })
		all = append(all, w)
	}
	return all
}

// process is a running program whose log is read as it comes.
type process struct {
	name string
	id   string // of a worker
	cmd  *exec.Cmd

	mu   sync.Mutex
	log  []string
	next int // the first line that no wait has seen
	more chan struct{}
}

// start runs a program, with its log read, until the test ends.
func start(t *testing.T, name, program string, args ...string) *process {
	t.Helper()
	p := &process{name: name, cmd: exec.Command(program, args...), more: make(chan struct{}, 1)}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	p.cmd.Dir = t.TempDir()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.read(r)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill() // it may be dead already
		p.cmd.Wait()         // its status says that it was killed
		<-read
		if t.Failed() {
			for _, line := range p.log {
				t.Logf("%s: %s", name, line)
			}
		}
	})
	return p
}

func (p *process) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		p.mu.Lock()
		p.log = append(p.log, lines.Text())
		p.mu.Unlock()
		select {
		case p.more <- struct{}{}:
		default:
		}
	}
}

// wait waits for a line of the log with the given message, behind those that an earlier wait found.
func (p *process) wait(t *testing.T, message string, found func(entry map[string]any)) {
	t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		for p.next < len(p.log) {
			var e map[string]any
			line := p.log[p.next]
			p.next++
			if json.Unmarshal([]byte(line), &e) == nil && e["msg"] == message {
				p.mu.Unlock()
				if found != nil {
					found(e)
				}
				return
			}
		}
		p.mu.Unlock()
		select {
		case <-p.more:
		case <-deadline:
			t.Fatalf("%s: no %q", p.name, message)
		}
	}
}

// skip has the next wait look at what is logged from now on.
func (p *process) skip() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = len(p.log)
}

// entries returns the lines of the log with the given message.
func (p *process) entries(message string) (all []map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.log {
		var e map[string]any
		if json.Unmarshal([]byte(line), &e) == nil && e["msg"] == message {
			all = append(all, e)
		}
	}
	return all
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
}

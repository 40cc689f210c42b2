package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/sandbox"
)

const (
	childName  = "sandbox-child"
	parentName = "sandbox-parent"
)

// TestMain is the child, too, when it is started under that name.
func TestMain(m *testing.M) {
	if os.Args[0] == childName {
		sandbox.Undisturbed()
		if err := sandbox.Serve(os.Stdin, os.Stdout, "v1", handlers); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Args[0] == parentName {
		parent()
	}
	os.Exit(m.Run())
}

// parent starts a child, says which, and keeps it busy for ever.
func parent() {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	s, err := sandbox.New(sandbox.Config{Command: []string{childName}, Path: self, Version: "v1"})
	if err != nil {
		panic(err)
	}
	pid, err := s.Call(context.Background(), "pid", nil, sandbox.Host{})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(pid))
	_, err = s.Call(context.Background(), "spin", nil, sandbox.Host{})
	panic(err)
}

// sink keeps what is allocated.
var sink [][]byte

var handlers = map[string]sandbox.Handler{
	"echo": func(_ context.Context, _ *sandbox.Caller, request []byte) ([]byte, error) { return request, nil },
	"fail": func(_ context.Context, _ *sandbox.Caller, request []byte) ([]byte, error) {
		return nil, errors.New(string(request))
	},
	"panic": func(_ context.Context, _ *sandbox.Caller, request []byte) ([]byte, error) { panic(string(request)) },
	"pid": func(context.Context, *sandbox.Caller, []byte) ([]byte, error) {
		return []byte(strconv.Itoa(os.Getpid())), nil
	},
	"bomb": func(context.Context, *sandbox.Caller, []byte) ([]byte, error) {
		for {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			sink = append(sink, b)
		}
	},
	"block": func(_ context.Context, c *sandbox.Caller, request []byte) ([]byte, error) {
		n, err := strconv.Atoi(string(request))
		debug.SetGCPercent(-1) // the collector would want more memory
		debug.SetMemoryLimit(math.MaxInt64)
		b := make([]byte, n)
		c.Tell([]byte("it has its block"))
		time.Sleep(200 * time.Millisecond)
		sink = append(sink, b)
		return nil, err
	},
	"nest": func(context.Context, *sandbox.Caller, []byte) ([]byte, error) { return []byte{byte(deep(1))}, nil },
	"garble": func(ctx context.Context, _ *sandbox.Caller, _ []byte) ([]byte, error) {
		if _, err := os.Stdout.Write(bytes.Repeat([]byte{0xff}, 100)); err != nil {
			return nil, err
		}
		<-ctx.Done()
		return nil, nil
	},
	"spin": func(_ context.Context, c *sandbox.Caller, _ []byte) ([]byte, error) {
		c.Tell([]byte("spinning"))
		for i := 0; ; i++ {
			if i < 0 {
				return nil, nil
			}
		}
	},
	"wait": func(ctx context.Context, c *sandbox.Caller, _ []byte) ([]byte, error) {
		c.Tell([]byte("waiting"))
		<-ctx.Done()
		return []byte("ended"), nil
	},
	"exit": func(context.Context, *sandbox.Caller, []byte) ([]byte, error) { os.Exit(7); return nil, nil },
	"asked": func(ctx context.Context, c *sandbox.Caller, request []byte) ([]byte, error) {
		c.Tell([]byte("asking"))
		a, err := c.Ask(ctx, "what", request)
		if string(a) == "die" {
			os.Exit(7)
		}
		return a, err
	},
	// asks and then works for as long as the answer says.
	"work": func(ctx context.Context, c *sandbox.Caller, _ []byte) ([]byte, error) {
		a, err := c.Ask(ctx, "how long", nil)
		if err != nil {
			return nil, err
		}
		d, err := time.ParseDuration(string(a))
		time.Sleep(d)
		return nil, err
	},
	"reach": func(_ context.Context, _ *sandbox.Caller, request []byte) ([]byte, error) {
		return []byte(strings.Join(append(reached(), reachedBySystemCalls(string(request))...), ", ")), nil
	},
	"read": func(_ context.Context, _ *sandbox.Caller, request []byte) ([]byte, error) {
		return os.ReadFile(string(request))
	},
	"write": func(_ context.Context, _ *sandbox.Caller, request []byte) ([]byte, error) {
		return nil, os.WriteFile(string(request), []byte("x"), 0o600)
	},
	"file": func(_ context.Context, _ *sandbox.Caller, request []byte) ([]byte, error) {
		fd, err := strconv.Atoi(string(request))
		if err != nil {
			return nil, err
		}
		return nil, os.NewFile(uintptr(fd), "inherited").Close()
	},
	"env": func(context.Context, *sandbox.Caller, []byte) ([]byte, error) {
		return []byte(strings.Join(os.Environ(), "\n")), nil
	},
}

func deep(n int) int {
	if n == 0 {
		return 0
	}
	return deep(n+1) + 1
}

// reached names what this process can do that a child must not.
func reached() (all []string) {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
		all = append(all, "listens")
	}
	if c, err := net.Dial("udp", "169.254.169.254:80"); err == nil {
		c.Close()
		all = append(all, "dials")
	}
	if exec.Command("/proc/self/exe", "-test.list=none").Run() == nil {
		all = append(all, "executes")
	}
	if p, err := os.FindProcess(os.Getppid()); err == nil && p.Signal(syscall.Signal(0)) == nil {
		all = append(all, "signals")
	}
	return all
}

func open(t *testing.T, change ...func(*sandbox.Config)) *sandbox.Sandbox {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := sandbox.Config{Command: []string{childName}, Path: self, Version: "v1", Memory: sandbox.LeastMemory}
	for _, f := range change {
		f(&c)
	}
	s, err := sandbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func call(t *testing.T, s *sandbox.Sandbox, name, request string) string {
	t.Helper()
	out, err := s.Call(t.Context(), name, []byte(request), sandbox.Host{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

// dies makes a call that must take its child along, and returns how.
func dies(t *testing.T, s *sandbox.Sandbox, name string) *sandbox.Death {
	t.Helper()
	_, err := s.Call(t.Context(), name, nil, sandbox.Host{})
	d, ok := errors.AsType[*sandbox.Death](err)
	if !ok {
		t.Fatalf("%s: %v, want a death", name, err)
	}
	return d
}

func TestCalls(t *testing.T) {
	s := open(t)
	large := strings.Repeat("x", 5<<20)
	for _, text := range []string{"", "hello", large} {
		if got := call(t, s, "echo", text); got != text {
			t.Errorf("%d bytes came back as %d", len(text), len(got))
		}
	}
	first := call(t, s, "pid", "")
	_, err := s.Call(t.Context(), "fail", []byte("no"), sandbox.Host{})
	if f, ok := errors.AsType[*sandbox.Failed](err); !ok || f.Text != "no" {
		t.Errorf("%v", err)
	}
	_, err = s.Call(t.Context(), "panic", []byte("oh"), sandbox.Host{})
	if p, ok := errors.AsType[*sandbox.Panic](err); !ok || p.Value != "oh" || !strings.Contains(p.Stack, "sandbox_test.go") {
		t.Errorf("%v", err)
	}
	if _, err = s.Call(t.Context(), "nothing", nil, sandbox.Host{}); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("%v", err)
	}
	if second := call(t, s, "pid", ""); second != first {
		t.Errorf("children %s and %s: want one", first, second)
	}
}

func TestQuestions(t *testing.T) {
	s := open(t)
	var told string
	out, err := s.Call(t.Context(), "asked", []byte("weather"), sandbox.Host{
		Told: func(data []byte) { told = string(data) },
		Asked: func(_ context.Context, name string, data []byte) ([]byte, error) {
			return []byte(name + string(data)), nil
		},
	})
	if err != nil || string(out) != "whatweather" || told != "asking" {
		t.Errorf("%q, told %q, %v", out, told, err)
	}
	for _, h := range []sandbox.Host{{}, {Asked: func(context.Context, string, []byte) ([]byte, error) { return nil, errors.New("may ask nothing") }}} {
		if _, err := s.Call(t.Context(), "asked", nil, h); err == nil || !strings.Contains(err.Error(), "may ask nothing") {
			t.Errorf("%v", err)
		}
	}
}

// TestBombs demands that what takes a child along takes nothing else along, and is named.
// TestBlock demands that the bound of memory holds for one large block, too, which a kernel may map without a look at it, and that what is within the bound can be had.
// TestCompanyOfABomb demands that calls beside one that takes the child along come to their end.
// TestSilence demands that a call which never ends is ended, and that what it asks for may take its time.
func TestSilence(t *testing.T) {
	s := open(t, func(c *sandbox.Config) { c.Silence = 2 * time.Second })
	if d := dies(t, s, "spin"); d.Cause != sandbox.Silent {
		t.Errorf("%+v", d)
	}
	_, err := s.Call(t.Context(), "asked", nil, sandbox.Host{Asked: func(context.Context, string, []byte) ([]byte, error) {
		time.Sleep(3 * time.Second) // what is asked for comes from afar
		return nil, nil
	}})
	if err != nil {
		t.Error(err)
	}
	// What comes late leaves the call all of its time.
	s = open(t, func(c *sandbox.Config) { c.Silence = 6 * time.Second })
	_, err = s.Call(t.Context(), "work", nil, sandbox.Host{Asked: func(context.Context, string, []byte) ([]byte, error) {
		time.Sleep(3500 * time.Millisecond)
		return []byte("3500ms"), nil
	}})
	if err != nil {
		t.Error(err)
	}
}

func TestCancelledCalls(t *testing.T) {
	s := open(t, func(c *sandbox.Config) { c.Grace = time.Minute })
	before := call(t, s, "pid", "")
	ctx, cancel := context.WithCancel(t.Context())
	out, err := s.Call(ctx, "wait", nil, sandbox.Host{Told: func([]byte) { cancel() }}) // when it has begun
	if err != nil || string(out) != "ended" {
		t.Errorf("%q, %v", out, err)
	}
	if after := call(t, s, "pid", ""); after != before {
		t.Error("a call that ended when it should took the child along")
	}
	s = open(t, func(c *sandbox.Config) { c.Grace = 100 * time.Millisecond })
	before = call(t, s, "pid", "")
	ctx, cancel = context.WithCancel(t.Context())
	if _, err := s.Call(ctx, "spin", nil, sandbox.Host{Told: func([]byte) { cancel() }}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if after := call(t, s, "pid", ""); after == before {
		t.Error("a call that did not end left the child alive")
	}
}

func TestNothingIsInReach(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("protections of Linux")
	}
	inside, outside := t.TempDir(), t.TempDir()
	for _, dir := range []string{inside, outside} {
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("OCTET_SECRET", "hunter2")
	var held []sandbox.Protection
	s := open(t, func(c *sandbox.Config) {
		c.Folders = []string{inside}
		c.Started = func(_ int, h []sandbox.Protection) { held = h }
	})
	if env := call(t, s, "env", ""); strings.Contains(env, "hunter2") {
		t.Errorf("the environment is %q", env)
	}
	if got := call(t, s, "read", filepath.Join(inside, "file")); got != "text" {
		t.Errorf("%q", got)
	}
	if _, err := s.Call(t.Context(), "write", []byte(filepath.Join(inside, "new")), sandbox.Host{}); err == nil {
		t.Error("a child can write")
	}
	for _, p := range []sandbox.Protection{sandbox.BoundedMemory, sandbox.NoWriting, sandbox.NoTrace, sandbox.NoPrivileges, sandbox.NoSystemCalls} {
		if p == sandbox.BoundedMemory && !sandbox.Enforced() || withCgo && (p == sandbox.NoPrivileges || p == sandbox.NoSystemCalls) {
			continue
		}
		if !slices.Contains(held, p) {
			t.Errorf("%s is not among %v", p, held)
		}
	}
	t.Logf("held: %v", held)
	if slices.Contains(held, sandbox.NoSystemCalls) {
		if got := call(t, s, "reach", filepath.Join(inside, "file")); got != "" {
			t.Errorf("a child %s", got)
		}
	}
	if slices.Contains(held, sandbox.NoFiles) {
		if _, err := s.Call(t.Context(), "read", []byte(filepath.Join(outside, "file")), sandbox.Host{}); err == nil {
			t.Error("a child can read files of other folders")
		}
	}
}

func TestChildrenThatCannotStart(t *testing.T) {
	for want, change := range map[string]func(*sandbox.Config){
		`version "v1"`: func(c *sandbox.Config) { c.Version = "v2" },
		"no such file": func(c *sandbox.Config) { c.Path = "/nowhere/octet" },
		"EOF":          func(c *sandbox.Config) { c.Command = []string{"test", "-test.run=^$", "-test.list=^$"} },
	} {
		s := open(t, change)
		if err := s.Start(t.Context()); err == nil {
			t.Errorf("a child started, want %s", want)
		}
		_, err := s.Call(t.Context(), "echo", nil, sandbox.Host{})
		if _, died := errors.AsType[*sandbox.Death](err); err == nil || died || !strings.Contains(err.Error(), want) && want != "EOF" {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestClose(t *testing.T) {
	s := open(t)
	pid, err := strconv.Atoi(call(t, s, "pid", ""))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if p, err := os.FindProcess(pid); err == nil && p.Signal(syscall.Signal(0)) == nil {
		t.Error("the child lives on")
	}
	if _, err := s.Call(t.Context(), "echo", nil, sandbox.Host{}); err == nil {
		t.Error("a sandbox that is closed makes calls")
	}
}

// TestOrphans demands that a child ends when its parent is killed, busy as it may be: its input is closed then.
func TestOrphans(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks into /proc")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: self, Args: []string{parentName}, Stderr: os.Stderr}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	_, scanErr := fmt.Fscan(out, &pid)
	if err := errors.Join(scanErr, cmd.Process.Kill()); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its status says that it was killed
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") { // nobody may have taken note of its end
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the child lives on: %s", stat)
		}
	}
}

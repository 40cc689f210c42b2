package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// screen is a terminal whose output is kept.
type screen struct {
	t     *testing.T
	ptmx  *os.File // our side
	tty   *os.File // the program's
	mu    sync.Mutex
	text  []byte
	ended chan struct{}
}

func newScreen(t *testing.T, width, height int) *screen {
	t.Helper()
	ptmx, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	fd := int(ptmx.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, ptmx: ptmx, tty: tty, ended: make(chan struct{})}
	s.resize(width, height)
	go func() {
		defer close(s.ended)
		part := make([]byte, 1<<16)
		for {
			n, err := ptmx.Read(part)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.text = append(s.text, part[:n]...)
			s.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_, _ = ptmx.WriteString("q\n") // a program that still reads, raw or by lines, has the other side open
		tty.Close()
		<-s.ended // reading ends when nobody has the other side open
		ptmx.Close()
	})
	return s
}

func (s *screen) resize(width, height int) {
	s.t.Helper()
	if err := unix.IoctlSetWinsize(int(s.ptmx.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(width), Row: uint16(height)}); err != nil {
		s.t.Fatal(err)
	}
}

// wait waits until what was written, without what an earlier wait found, fulfils a condition.
func (s *screen) wait(what string, ok func(text string) bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		text := string(s.text)
		if ok(text) {
			s.text = nil
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		if time.Now().After(deadline) {
			s.t.Fatalf("no %s in %q", what, text)
		}
	}
}

// On a terminal octet top is live: it follows the terminal's size and the coordinator, outlives the latter, and gives the terminal back when q is typed.
func TestTopLive(t *testing.T) {
	s := newScreen(t, 80, 24)
	before, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	status := make(chan int, 1)
	var errs bytes.Buffer
	begin := func(addr string) {
		go func() {
			status <- run(t.Context(), []string{"top", "--every", "100ms", "--coordinator", addr}, streams{s.tty, s.tty, &errs})
		}()
	}
	holds := func(all ...string) func(string) bool {
		return func(text string) bool {
			for _, one := range all {
				if !strings.Contains(text, one) {
					return false
				}
			}
			return true
		}
	}
	withCluster(t, 1, func(addr string) {
		begin(addr)
		s.wait("first view", holds(screenOn, "leader "+addr, "workers 1 with 1 slots", "jobs none", "q quits"))
		s.resize(30, 10)
		s.wait("narrow view", holds("workers 1 with 1 slots, 0 in …"))
		s.resize(120, 30)
		octet(t, "convert", writeConv(t), "-o", t.TempDir()+"/out.tflite", "--data", "random:normal?samples=8", "--coordinator", addr)
		s.wait("the job", holds("jobs 1 succeeded", "conv.tflite"))
	})
	s.wait("trouble", holds("conv.tflite", "cluster: ")) // the last view stays
	if _, err := s.ptmx.WriteString("q"); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-status:
		if code != 0 {
			t.Errorf("status %d: %s", code, errs.String())
		}
	case <-time.After(patience):
		t.Fatal("q does not quit")
	}
	s.wait("end", func(text string) bool { return strings.HasSuffix(text, screenOff) })
	after, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if *after != *before {
		t.Error("the terminal is not as it was")
	}
}

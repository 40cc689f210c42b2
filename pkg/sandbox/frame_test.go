package sandbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFrames(t *testing.T) {
	var pipe bytes.Buffer
	w := writer{w: &pipe}
	sent := []frame{
		{kind: hello, data: []byte{}}, {kind: ask, call: 1, question: 1<<32 - 1, name: "what", data: []byte("about it")},
		{kind: result, call: 7, data: bytes.Repeat([]byte("x"), 3*atOnce+5)}, {kind: tell, call: 3, name: strings.Repeat("n", maxName), data: []byte{}},
	}
	for _, f := range sent {
		if err := w.send(f); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range sent {
		got, err := receive(&pipe)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(frame{})); diff != "" {
			t.Errorf("frame %d: %.200s", i, diff)
		}
	}
	if _, err := receive(&pipe); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last: %v", err)
	}
	if err := w.send(frame{name: strings.Repeat("n", maxName+1)}); err == nil || pipe.Len() > 0 {
		t.Errorf("a name that is too long: %v", err)
	}
}

// A length alone takes no memory.
func TestFramesThatAreShorterThanTheySay(t *testing.T) {
	head := binary.BigEndian.AppendUint32(nil, maxFrame)
	head = append(head, make([]byte, fixed+100)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := receive(bytes.NewReader(head))
	runtime.ReadMemStats(&after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 3*atOnce {
		t.Errorf("%d bytes were taken", n)
	}
	if _, err := receive(bytes.NewReader(bytes.Repeat([]byte{0xff}, 100))); err == nil || !strings.Contains(err.Error(), "the limit is") {
		t.Errorf("%v", err)
	}
}

// What is read is what is sent again, and nothing makes the reader fail otherwise than by an error.
func FuzzReceive(f *testing.F) {
	var pipe bytes.Buffer
	w := writer{w: &pipe}
	for _, x := range []frame{{kind: begin, call: 1, name: "shard", data: []byte("task")}, {kind: answer, question: 3}} {
		pipe.Reset()
		if err := w.send(x); err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(pipe.Bytes()))
	}
	f.Add([]byte{0, 0, 0, 9, 'T', 0, 0, 0, 1, 0, 0, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 10, 'T', 0, 0, 0, 1, 0, 0, 0, 0, 9})
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := receive(bytes.NewReader(data))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := (&writer{w: &again}).send(got); err != nil || !bytes.HasPrefix(data, again.Bytes()) {
			t.Errorf("%x is sent as %x, %v", data, again.Bytes(), err)
		}
	})
}

func TestEnvironment(t *testing.T) {
	if got := environment([]string{"AWS_SECRET_ACCESS_KEY=x", "OCTET_TOKEN_FILE=y", "GODEBUG=cpu.avx2=off", "HOME=/root"}); !cmp.Equal(got, []string{"GODEBUG=cpu.avx2=off"}) {
		t.Errorf("a child gets %v", got)
	}
	if got := environment(nil); got == nil {
		t.Error("an environment that is nil is the parent's")
	}
}

func TestDeaths(t *testing.T) {
	state := new(os.ProcessState)
	for stderr, want := range map[string]Cause{
		"runtime: goroutine stack exceeds 67108864-byte limit\nfatal error: stack overflow":          Stack,
		"fatal error: runtime: out of memory\n\ngoroutine 1":                                         Memory,
		"runtime: cannot allocate memory\nfatal error: x":                                            Memory,
		"runtime: failed to create new OS thread (have 9 already; errno=11)\nfatal error: newosproc": Memory,
		"panic: oh\n\ngoroutine 7 [running]":                                                         Crash,
		"runtime/cgo: pthread_create failed: Resource temporarily unavailable":                       Memory,
		"SIGSEGV: segmentation violation\nPC=0x40a2b1 m=3 sigcode=1 addr=0x0":                        Memory,
		"panic: runtime error: nil pointer\n[signal SIGSEGV: segmentation violation code=0x1]":       Crash,
		"unexpected fault address 0x1\nfatal error: fault\n[signal SIGSEGV: segmentation violation]": Crash,
	} {
		if d := deathOf(state, stderr, 1<<30); d.Cause != want {
			t.Errorf("%q is %s: %v", stderr, d.Cause, d)
		}
	}
	d := &Death{Cause: Crash, State: "exit status 2", Stderr: "warning\npanic: oh\n\ngoroutine 7"}
	if got := d.Error(); got != "the process died (exit status 2): panic: oh" {
		t.Error(got)
	}
	f := &first{limit: 5}
	for range 3 {
		if n, err := f.Write([]byte("abc")); n != 3 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if f.String() != "abcab" {
		t.Errorf("%q", f.String())
	}
}

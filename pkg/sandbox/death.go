package sandbox

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// Cause is what a child died of.
type Cause string

// The causes.
const (
	Memory  Cause = "memory"  // it wanted more than it may have
	Stack   Cause = "stack"   // something was nested too deep
	Silent  Cause = "silent"  // a call told nothing for too long
	Stuck   Cause = "stuck"   // a call that was to end went on
	Crash   Cause = "crash"   // anything else, such as a bug
	Garbled Cause = "garbled" // it said what makes no sense
)

// Death is the end of a child in the middle of a call.
type Death struct {
	Cause  Cause
	Limit  int64         // of its memory, in bytes; 0 without
	After  time.Duration // of Silent: how long that was
	State  string        // how the process ended, in the system's words
	Stderr string        // the beginning of what it wrote there

	innocent bool // the call that gets this had no part in it
}

func (d *Death) Error() string {
	switch d.Cause {
	case Memory:
		if d.Limit > 0 {
			return fmt.Sprintf("more memory was wanted than the %d MiB that are allowed", d.Limit>>20)
		}
		return "more memory was wanted than there is"
	case Stack:
		return "it is nested too deep: the stack overflowed"
	case Silent:
		return fmt.Sprintf("there was no progress for %v, and the process was killed", d.After)
	case Stuck:
		return "it did not end when it was cancelled, and the process was killed"
	case Garbled:
		return "the process said what makes no sense"
	default:
		return fmt.Sprintf("the process died (%s)%s", d.State, colon(firstLine(d.Stderr)))
	}
}

func colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// firstLine returns the line that says why a Go program died.
func firstLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, l := range lines {
		if strings.HasPrefix(l, "fatal error: ") || strings.HasPrefix(l, "panic: ") {
			return l
		}
	}
	return lines[0]
}

// deathOf tells from how a process ended and what it wrote what it died of.
func deathOf(state *os.ProcessState, stderr string, limit int64) *Death {
	d := &Death{Cause: Crash, Limit: limit, State: state.String(), Stderr: stderr}
	switch {
	case strings.Contains(stderr, "stack exceeds") || strings.Contains(stderr, "stack overflow"):
		d.Cause = Stack
	case strings.Contains(stderr, "out of memory") || strings.Contains(stderr, "cannot allocate memory") ||
		strings.Contains(stderr, "failed to create new OS thread") || strings.Contains(stderr, "pthread_create failed"): // which wants memory for a stack
		d.Cause = Memory
	case limit > 0 && strings.HasPrefix(strings.TrimSpace(stderr), "SIGSEGV: segmentation violation"):
		// A crash within Go's runtime, which says "panic:" or "fatal error:" first of those elsewhere. It has been seen where the runtime could not have memory for itself.
		d.Cause = Memory
	case stderr == "" && killedBySystem(state):
		d.Cause, d.Limit = Memory, 0 // nobody else kills silently
	}
	return d
}

// first keeps the beginning of what is written to it.
type first struct {
	mu    sync.Mutex
	limit int
	text  []byte
}

// Write takes everything.
func (f *first) Write(data []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text = append(f.text, data[:min(len(data), f.limit-len(f.text))]...)
	return len(data), nil
}

func (f *first) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.ToValidUTF8(string(f.text), "\uFFFD")
}

// Failed is the error that a handler returned, as text.
type Failed struct{ Text string }

func (e *Failed) Error() string { return e.Text }

// Panic is what a handler panicked of; the child lives on.
type Panic struct{ Value, Stack string }

func (e *Panic) Error() string { return "panic: " + e.Value }

// Package sandbox does work on what strangers gave in processes of its own, so that what takes too much memory or never ends takes such a process along and nothing else.
//
// A child is the same program, started again with a command that calls Serve. It is told what to do over its standard input, tells how it goes over its standard output, and asks over both
// for what it may not get by itself: it has no environment, no network, and of files only those of some folders, and them to read. One child serves all calls, each in a goroutine, so that
// what they load is in memory once. When it dies, nobody knows which call it died of: each is made again, in a child of its own, one at a time. The call that takes this one along, too,
// has shown whose fault it is.
package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"
)

// Config says how children are started, and what they may.
type Config struct {
	// Command is a program and its arguments, its name among them. It calls Serve.
	Command []string
	// Path is the file to start; Command's first word if it is empty.
	Path string
	// Version is what Serve is given too: a child of another version is not used.
	Version string
	// Memory bounds what a child allocates, in bytes; 0 for no bound. See Enforced.
	Memory int64
	// Silence is how long a call may tell nothing, before the child counts as stuck and is killed; 0 for as long as it likes. What it asks for does not count.
	Silence time.Duration
	// Grace is how long a call may go on when its context has ended, before the child is killed; 3 seconds if 0.
	Grace time.Duration
	// Folders are those that a child may read.
	Folders []string
	// Started, if not nil, is told of each child that serves.
	Started func(pid int, held []Protection)
	// Died, if not nil, is told of each child that died of itself, or had to be killed.
	Died func(pid int, d *Death)
}

// LeastMemory is the smallest bound of memory that a child can be started with, in bytes.
const LeastMemory = 256 << 20

// Sandbox is a place where calls are made in children. It is safe for concurrent use.
type Sandbox struct {
	config Config
	alone  chan struct{} // held by the call that has a child of its own

	mu     sync.Mutex // held while a child starts, too
	shared *child
	closed bool
}

// New returns a sandbox. Start, or its first call, starts a child.
func New(c Config) (*Sandbox, error) {
	switch {
	case len(c.Command) == 0:
		return nil, errors.New("sandbox: no command")
	case c.Memory != 0 && c.Memory < LeastMemory:
		return nil, fmt.Errorf("sandbox: %d bytes of memory: want at least %d", c.Memory, LeastMemory)
	case c.Silence < 0 || c.Grace < 0:
		return nil, errors.New("sandbox: times must not be negative")
	}
	c.Grace = cmp.Or(c.Grace, 3*time.Second)
	c.Path = cmp.Or(c.Path, c.Command[0])
	var folders []string
	for _, f := range c.Folders {
		abs, err := filepath.Abs(f)
		if err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		folders = append(folders, abs)
	}
	c.Folders = folders
	return &Sandbox{config: c, alone: make(chan struct{}, 1)}, nil
}

// Start starts the child that calls share, unless there is one: what keeps children from starting is known before there is work for them.
func (s *Sandbox) Start(ctx context.Context) error {
	_, err := s.child(ctx)
	return err
}

// Host is what a call may turn to.
type Host struct {
	// Told is told how the call goes, the newest alone if there is more than it can take; nil if nobody cares.
	Told func(data []byte)
	// Asked answers the call's questions, maybe several at a time; nil if it may ask none.
	Asked func(ctx context.Context, name string, data []byte) ([]byte, error)
}

// maxInnocent is how often a call is made anew in company because others took the child along.
const maxInnocent = 3

// Call makes a call in a child. What the handler returns is the result; its error comes back as a *Failed, a panic as a *Panic. A call that takes two children along is
// a *Death; other errors are none of the call's.
func (s *Sandbox) Call(ctx context.Context, name string, request []byte, host Host) ([]byte, error) {
	for range maxInnocent {
		c, err := s.child(ctx)
		if err != nil {
			return nil, err
		}
		result, err := c.call(ctx, name, request, host)
		d, died := errors.AsType[*Death](err)
		switch {
		case !died:
			return result, err
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !d.innocent:
			return s.callAlone(ctx, name, request, host)
		}
	}
	return s.callAlone(ctx, name, request, host)
}

// callAlone makes a call in a child of its own.
func (s *Sandbox) callAlone(ctx context.Context, name string, request []byte, host Host) ([]byte, error) {
	select {
	case s.alone <- struct{}{}:
		defer func() { <-s.alone }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := start(ctx, s.config)
	if err != nil {
		return nil, err
	}
	defer c.close()
	result, err := c.call(ctx, name, request, host)
	if _, died := errors.AsType[*Death](err); died && ctx.Err() != nil {
		err = ctx.Err()
	}
	return result, err
}

var errClosed = errors.New("sandbox: it is closed")

// child returns the child that calls share, which is started if there is none.
func (s *Sandbox) child(ctx context.Context) (*child, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	if s.shared != nil && !s.shared.ended() {
		return s.shared, nil
	}
	c, err := start(ctx, s.config)
	if err != nil {
		return nil, err
	}
	s.shared = c
	return c, nil
}

// Close ends the child that calls share, and those calls. It returns when the child is gone. A call in a child of its own ends with its context.
func (s *Sandbox) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.shared != nil {
		s.shared.close()
	}
}

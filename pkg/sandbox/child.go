package sandbox

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	startWithin = time.Minute // on a machine that is busy
	maxAsks     = 256         // at a time, of one child
	keptStderr  = 8 << 10     // bytes
)

// settings are what a child is told first.
type settings struct {
	Memory  int64    `json:"memory,omitempty"`
	Threads int      `json:"threads"` // GOMAXPROCS
	Folders []string `json:"folders,omitempty"`
}

// greeting is what it says then.
type greeting struct {
	Version string       `json:"version"`
	Held    []Protection `json:"held"`
}

// child is a process that makes calls.
type child struct {
	config Config
	cmd    *exec.Cmd
	in     io.WriteCloser
	send   writer
	stderr first
	asks   chan struct{}
	dead   chan struct{} // closed when the process is gone and death is set

	mu    sync.Mutex
	calls map[uint32]*call
	next  uint32
	why   *Death // it is being killed for this
	by    uint32 // the call that it is killed for; 0 if there is none
	death *Death
}

// call is one that a child is about.
type call struct {
	ctx     context.Context
	host    Host
	told    chan []byte // the newest
	outcome chan outcome
	asking  atomic.Int32  // questions that are not answered
	heard   chan struct{} // an answer was given
}

type outcome struct {
	data []byte
	err  error
}

// start starts a child and waits until it serves.
func start(ctx context.Context, c Config) (*child, error) {
	k := &child{config: c, asks: make(chan struct{}, maxAsks), dead: make(chan struct{}), calls: map[uint32]*call{}, stderr: first{limit: keptStderr}}
	k.cmd = &exec.Cmd{Path: c.Path, Args: c.Command, Env: environment(os.Environ()), Stderr: &k.stderr, SysProcAttr: apart()}
	var err error
	if k.in, err = k.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	k.send.w = k.in
	keepFiles()
	if err := k.cmd.Start(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	greeted := make(chan error, 1)
	var held []Protection
	r := bufio.NewReaderSize(out, 64<<10)
	go func() {
		var err error
		held, err = k.greet(r)
		greeted <- err
		if err == nil {
			err = k.listen(r)
		}
		k.bury(err)
	}()
	timer := time.NewTimer(startWithin)
	defer timer.Stop()
	select {
	case err = <-greeted:
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = errors.New("it did not begin in time")
	}
	if err != nil {
		k.close()
		if ctx.Err() == nil {
			err = fmt.Errorf("sandbox: start %s: %w%s", strings.Join(c.Command, " "), err, colon(firstLine(k.stderr.String())))
		}
		return nil, err
	}
	if c.Started != nil {
		c.Started(k.cmd.Process.Pid, held)
	}
	return k, nil
}

// passed are the variables of the environment that a child gets: they tune Go's runtime and hold no secrets.
var passed = []string{"GODEBUG=", "GOGC=", "GOTRACEBACK="}

func environment(all []string) []string {
	env := []string{} // not nil, which would be the parent's
	for _, v := range all {
		for _, p := range passed {
			if strings.HasPrefix(v, p) {
				env = append(env, v)
			}
		}
	}
	return env
}

// greet sets the child up.
func (k *child) greet(r io.Reader) ([]Protection, error) {
	text, err := json.Marshal(settings{Memory: k.config.Memory, Threads: threads(), Folders: k.config.Folders})
	if err != nil {
		return nil, err
	}
	if err := k.send.send(frame{kind: setUp, data: text}); err != nil {
		return nil, err
	}
	f, err := receive(r)
	switch {
	case err != nil:
		return nil, err
	case f.kind == failed:
		return nil, errors.New(text64(f.data))
	case f.kind != hello:
		return nil, errors.New("it does not say hello")
	}
	var g greeting
	if err := json.Unmarshal(f.data, &g); err != nil {
		return nil, err
	}
	if g.Version != k.config.Version {
		return nil, fmt.Errorf("it has version %q, this process %q", g.Version, k.config.Version)
	}
	return g.Held, nil
}

// listen takes what the child sends, until it ends. An error is of what makes no sense.
func (k *child) listen(r io.Reader) error {
	for {
		f, err := receive(r)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		k.mu.Lock()
		c := k.calls[f.call]
		if f.kind == result || f.kind == failed || f.kind == broken {
			delete(k.calls, f.call)
		}
		k.mu.Unlock()
		if c == nil {
			continue // it was given up
		}
		switch f.kind {
		case tell:
			select {
			case <-c.told:
			default:
			}
			c.told <- f.data
		case ask:
			select {
			case k.asks <- struct{}{}:
			default:
				return fmt.Errorf("more than %d questions at a time", maxAsks)
			}
			c.asking.Add(1)
			go k.reply(c, f)
		case result:
			c.outcome <- outcome{data: f.data}
		case failed:
			c.outcome <- outcome{err: &Failed{text64(f.data)}}
		case broken:
			c.outcome <- outcome{err: &Panic{f.name, text64(f.data)}}
		default:
			return fmt.Errorf("message %q", f.kind)
		}
	}
}

// reply answers a question.
func (k *child) reply(c *call, f frame) {
	defer func() {
		c.asking.Add(-1)
		<-k.asks
		select {
		case c.heard <- struct{}{}:
		default:
		}
	}()
	a := frame{kind: answer, call: f.call, question: f.question}
	var err error
	if c.host.Asked == nil {
		err = errors.New("this call may ask nothing")
	} else {
		a.data, err = c.host.Asked(c.ctx, f.name, f.data)
	}
	if err != nil {
		a.kind, a.data = refuse, []byte(err.Error())
	}
	_ = k.send.send(a) // a child that can't be reached is about to be buried
}

// bury takes note of a child's end, and tells those who wait for it. An error is what it said that makes no sense.
func (k *child) bury(err error) {
	if err != nil {
		k.kill(&Death{Cause: Garbled, Stderr: err.Error()}, 0)
	}
	_ = k.in.Close()
	_ = k.cmd.Wait() // the state says it
	k.mu.Lock()
	d := k.why
	if d == nil {
		d = deathOf(k.cmd.ProcessState, k.stderr.String(), k.config.Memory)
	}
	d.State = k.cmd.ProcessState.String()
	k.death = d
	k.mu.Unlock()
	if k.config.Died != nil && d.Cause != "" {
		k.config.Died(k.cmd.Process.Pid, d)
	}
	close(k.dead)
}

// kill kills the process, for the sake of a call or of none. The first reason counts.
func (k *child) kill(why *Death, by uint32) {
	k.mu.Lock()
	if k.why == nil {
		why.Limit = k.config.Memory
		k.why, k.by = why, by
	}
	k.mu.Unlock()
	_ = k.cmd.Process.Kill() // one that has ended is fine
}

// close ends the process and waits for that.
func (k *child) close() {
	k.kill(&Death{}, 0)
	<-k.dead
}

// ended reports whether no more calls can be made.
func (k *child) ended() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.why != nil || k.death != nil
}

// call makes a call. A *Death means that the child is gone.
func (k *child) call(ctx context.Context, name string, request []byte, host Host) ([]byte, error) {
	c := &call{ctx: ctx, host: host, told: make(chan []byte, 1), outcome: make(chan outcome, 1), heard: make(chan struct{}, 1)}
	k.mu.Lock()
	k.next++
	id := k.next
	k.calls[id] = c
	k.mu.Unlock()
	// A child that does not read would hold the writer up.
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_ = k.send.send(frame{kind: begin, call: id, name: name, data: request})
	}()
	silence := time.NewTimer(k.patience())
	defer silence.Stop()
	over := ctx.Done()
	var grace <-chan time.Time
	for {
		select {
		case data := <-c.told:
			silence.Reset(k.patience())
			if host.Told != nil {
				host.Told(data)
			}
		case <-c.heard:
			silence.Reset(k.patience()) // its time begins when it has what it asked for
		case o := <-c.outcome:
			return o.data, o.err
		case <-over:
			over = nil
			go func() {
				<-sent
				_ = k.send.send(frame{kind: cancel, call: id})
			}()
			timer := time.NewTimer(k.config.Grace)
			defer timer.Stop()
			grace = timer.C
		case <-grace:
			grace = nil
			k.kill(&Death{Cause: Stuck}, id)
		case <-silence.C:
			if c.asking.Load() > 0 {
				silence.Reset(k.patience())
				continue
			}
			k.kill(&Death{Cause: Silent, After: k.config.Silence}, id)
		case <-k.dead:
			select {
			case o := <-c.outcome: // its last words
				return o.data, o.err
			default:
			}
			return nil, k.deathFor(id)
		}
	}
}

// patience is how long a call may tell nothing.
func (k *child) patience() time.Duration {
	if k.config.Silence == 0 {
		return 1<<63 - 1
	}
	return k.config.Silence
}

// deathFor returns the child's death as it concerns a call.
func (k *child) deathFor(id uint32) *Death {
	k.mu.Lock()
	defer k.mu.Unlock()
	d := *k.death
	d.innocent = k.why != nil && k.by != id && k.why.Cause != Garbled
	return &d
}

// text64 bounds a text that a child sends.
func text64(data []byte) string {
	return strings.ToValidUTF8(string(data[:min(len(data), maxText)]), "\uFFFD")
}

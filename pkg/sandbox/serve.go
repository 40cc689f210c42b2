package sandbox

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"
)

// maxStack bounds the stack of a goroutine in a child, in bytes: what nests deeper is hostile.
const maxStack = 64 << 20

// Handler does what a call asks for. Its context ends when the caller's does.
type Handler func(ctx context.Context, c *Caller, request []byte) ([]byte, error)

// Caller is the other side of a call, as the child sees it.
type Caller struct {
	server *server
	id     uint32
}

type server struct {
	writer
	mu      sync.Mutex
	calls   map[uint32]context.CancelFunc
	answers map[uint32]chan frame
	next    uint32
}

// Serve makes this process a child: it takes its protections, and serves calls until the parent is gone, which is no error. Nothing else may write to out.
func Serve(in io.Reader, out io.Writer, version string, handlers map[string]Handler) error {
	s := &server{writer: writer{w: out}, calls: map[uint32]context.CancelFunc{}, answers: map[uint32]chan frame{}}
	r := bufio.NewReaderSize(in, 64<<10)
	held, err := begun(r)
	if err != nil {
		return errors.Join(err, s.send(frame{kind: failed, data: []byte(err.Error())}))
	}
	text, err := json.Marshal(greeting{Version: version, Held: held})
	if err != nil {
		return err
	}
	if err := s.send(frame{kind: hello, data: text}); err != nil {
		return err
	}
	for {
		f, err := receive(r)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		switch f.kind {
		case begin:
			s.begin(f, handlers[f.name])
		case cancel:
			s.mu.Lock()
			if end := s.calls[f.call]; end != nil {
				end()
			}
			s.mu.Unlock()
		case answer, refuse:
			s.mu.Lock()
			a := s.answers[f.question]
			delete(s.answers, f.question)
			s.mu.Unlock()
			if a != nil {
				a <- f
			}
		default:
			return fmt.Errorf("message %q", f.kind)
		}
	}
}

// begun takes the settings and the protections.
func begun(r io.Reader) ([]Protection, error) {
	f, err := receive(r)
	if err != nil {
		return nil, err
	}
	if f.kind != setUp {
		return nil, fmt.Errorf("message %q before the settings", f.kind)
	}
	var set settings
	if err := json.Unmarshal(f.data, &set); err != nil {
		return nil, err
	}
	if set.Threads > 0 {
		runtime.GOMAXPROCS(set.Threads)
	}
	debug.SetMaxStack(maxStack)
	if set.Memory > 0 {
		debug.SetMemoryLimit(set.Memory / 8 * 7) // the collector works harder before there is no more
	}
	return confine(set)
}

// begin begins a call.
func (s *server) begin(f frame, h Handler) {
	ctx, end := context.WithCancel(context.Background())
	s.mu.Lock()
	s.calls[f.call] = end
	s.mu.Unlock()
	go func() {
		reply := s.run(ctx, f, h)
		end()
		s.mu.Lock()
		delete(s.calls, f.call)
		s.mu.Unlock()
		if err := s.send(reply); err != nil { // it may be too large
			_ = s.send(frame{kind: failed, call: f.call, data: []byte(err.Error())})
		}
	}()
}

func (s *server) run(ctx context.Context, f frame, h Handler) (reply frame) {
	defer func() {
		if p := recover(); p != nil {
			value := fmt.Sprint(p)
			reply = frame{kind: broken, call: f.call, name: value[:min(len(value), maxName)], data: debug.Stack()}
		}
	}()
	if h == nil {
		return frame{kind: failed, call: f.call, data: fmt.Appendf(nil, "no call is named %q", f.name)}
	}
	data, err := h(ctx, &Caller{s, f.call}, f.data)
	if err != nil {
		return frame{kind: failed, call: f.call, data: []byte(err.Error())}
	}
	return frame{kind: result, call: f.call, data: data}
}

// Tell tells the caller how the call goes. Of what comes fast it gets the newest alone.
func (c *Caller) Tell(data []byte) { _ = c.server.send(frame{kind: tell, call: c.id, data: data}) }

// Ask asks the caller for something. What it refuses is a *Failed.
func (c *Caller) Ask(ctx context.Context, name string, data []byte) ([]byte, error) {
	a := make(chan frame, 1)
	s := c.server
	s.mu.Lock()
	s.next++
	q := s.next
	s.answers[q] = a
	s.mu.Unlock()
	if err := s.send(frame{kind: ask, call: c.id, question: q, name: name, data: data}); err != nil {
		return nil, err
	}
	select {
	case f := <-a:
		if f.kind == refuse {
			return nil, &Failed{string(f.data)}
		}
		return f.data, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func threads() int { return runtime.GOMAXPROCS(0) }

package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// halfOpen is a connection over which nothing comes any more once it is frozen, and what is sent is lost without a word.
type halfOpen struct {
	net.Conn
	frozen, closed chan struct{}
	once           sync.Once
}

func (h *halfOpen) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	select {
	case <-h.frozen:
		<-h.closed
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (h *halfOpen) Write(p []byte) (int, error) {
	select {
	case <-h.frozen:
		return len(p), nil
	default:
		return h.Conn.Write(p)
	}
}

func (h *halfOpen) Close() error {
	h.once.Do(func() { close(h.closed) })
	return h.Conn.Close()
}

// A client that waits over a connection whose other end is gone without a word notices that, and waits over another one. How long its job takes is no reason to give up.
func TestHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		frozen := make(chan struct{})
		f.job = func(n int) (*octetv1.Job, error) {
			switch n {
			case 0:
				return &octetv1.Job{Id: "j-1", State: octetv1.JobState_JOB_STATE_CALIBRATING}, nil
			case 1:
				<-frozen // the first stream says no more
				time.Sleep(time.Hour)
				return nil, nil
			default:
				time.Sleep(10 * time.Minute) // the second one is over a connection that is whole
				return &octetv1.Job{Id: "j-1", State: octetv1.JobState_JOB_STATE_SUCCEEDED}, nil
			}
		}
		dials := 0
		c, err := Dial("passthrough:///fake", grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			conn, err := f.listener.DialContext(ctx)
			if dials++; dials > 1 {
				return conn, err
			}
			return &halfOpen{Conn: conn, frozen: frozen, closed: make(chan struct{})}, err
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		time.AfterFunc(5*time.Minute, func() { close(frozen) })
		start := time.Now()
		j, err := c.Watch(t.Context(), "j-1", nil)
		took := time.Since(start) - 15*time.Minute
		if err != nil || !j.State.Final() || dials != 2 || took < 0 || took > 2*keepAlive {
			t.Errorf("%v, %v, over %d connections, %v late", j.State, err, dials, took)
		}
	})
}

// A reader that takes its time with what has come does not use up what is left for a connection to be made again.
func TestFetchByASlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		data := bytes.Repeat([]byte("octet"), 1<<20)
		d := store.Of(data)
		f.blobs[string(d)] = data
		r, _, err := f.dial().Blobs.Fetch(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got := make([]byte, 1<<20)
		if _, err := io.ReadFull(r, got); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		f.halt()
		f.start()
		rest, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(append(got, rest...), data) {
			t.Errorf("%d bytes, %v", len(rest), err)
		}
	})
}

// A stream over which nothing is pushed for a while, but that is whole, has all its patience when the coordinator is away.
func TestPushNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.samples.every = 1
		s, err := f.dial().OpenStream(t.Context(), "s", pairInputs)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			time.Sleep(patience - 5*time.Second)
			if i == 0 {
				f.halt()
				time.AfterFunc(40*time.Second, f.start)
			}
			if err := errors.Join(s.Push(t.Context(), pair(i)), s.Flush(t.Context())); err != nil {
				t.Fatal(err)
			}
		}
		if ref, err := s.Finish(t.Context()); err != nil || ref.Digest != store.Of(pairs(3)) {
			t.Errorf("%v, %v", ref, err)
		}
	})
}

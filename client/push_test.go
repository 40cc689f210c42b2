package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// fakeSamples has one stream, of samples of eight bytes.
type fakeSamples struct {
	octetv1.UnimplementedSampleServiceServer

	mu        sync.Mutex
	data      []byte // committed
	calls     int
	finished  bool
	every     int                  // samples that are committed at a time; what is over when a call ends is forgotten
	cut       int                  // bytes after which a call breaks; 0 for never
	hold      chan struct{}        // if not nil, nothing is read until it is closed
	pushed    func(call int) error // in front of each call of PushSamples
	lie       func(n int64) int64  // changes what is told to be committed
	creates   func(call int) error // in front of each call of CreateStream
	finishing func() error         // in front of each call of FinishStream
	inputs    []*octetv1.StreamInput
}

const fakeSize = 8

func (f *fakeSamples) CreateStream(_ context.Context, req *octetv1.CreateStreamRequest) (*octetv1.CreateStreamResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.creates != nil {
		if err := f.creates(f.calls); err != nil {
			return nil, err
		}
	}
	f.inputs = req.GetInputs()
	return &octetv1.CreateStreamResponse{Stream: &octetv1.Stream{StreamId: req.GetStreamId(), Inputs: req.GetInputs(), SampleSize: fakeSize}}, nil // what it had may be more by now
}

func (f *fakeSamples) PushSamples(call grpc.BidiStreamingServer[octetv1.PushSamplesRequest, octetv1.PushSamplesResponse]) error {
	first, err := call.Recv()
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.calls++
	n, hold, pushed := f.calls, f.hold, f.pushed
	have := bytes.Clone(f.data)
	f.mu.Unlock()
	if first.GetStreamId() != "s" || len(first.GetData()) > 0 {
		return status.Error(codes.InvalidArgument, "the first message")
	}
	if pushed != nil {
		if err := pushed(n); err != nil {
			return err
		}
	}
	tell := func() error {
		n := int64(len(f.data) / fakeSize)
		if f.lie != nil {
			n = f.lie(n)
		}
		return call.Send(&octetv1.PushSamplesResponse{Committed: n})
	}
	if err := tell(); err != nil {
		return err
	}
	if hold != nil {
		select {
		case <-hold:
		case <-call.Context().Done():
			return call.Context().Err()
		}
	}
	got := 0
	for {
		m, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		f.mu.Lock()
		if m.GetSample()*fakeSize+m.GetOffset() != int64(len(have)) || m.GetStreamId() != "" || len(m.GetData()) == 0 || len(m.GetData()) > chunk {
			f.mu.Unlock()
			return status.Errorf(codes.Aborted, "sample %d, offset %d, %d bytes, behind %d", m.GetSample(), m.GetOffset(), len(m.GetData()), len(have))
		}
		have = append(have, m.GetData()...)
		if whole := len(have) / (f.every * fakeSize) * f.every * fakeSize; whole > len(f.data) {
			f.data = bytes.Clone(have[:whole])
			if err := tell(); err != nil {
				f.mu.Unlock()
				return err
			}
		}
		got += len(m.GetData())
		broken := f.cut > 0 && got >= f.cut
		f.mu.Unlock()
		if broken {
			return status.Error(codes.Unavailable, "the coordinator dies")
		}
	}
}

func (f *fakeSamples) FinishStream(_ context.Context, req *octetv1.FinishStreamRequest) (*octetv1.FinishStreamResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.finishing != nil {
		if err := f.finishing(); err != nil {
			return nil, err
		}
	}
	if req.GetSamples() != int64(len(f.data)/fakeSize) {
		return nil, status.Error(codes.FailedPrecondition, "another number of samples")
	}
	f.finished = true
	return &octetv1.FinishStreamResponse{Stream: &octetv1.Stream{Dataset: &octetv1.Blob{Digest: string(store.Of(f.data)), Size: 1}}}, nil
}

var pairInputs = []dataset.Input{
	{Name: "a", DType: tensor.Float32, Shape: tensor.Shape{1, 1}},
	{Name: "b", DType: tensor.UInt8, Shape: tensor.Shape{1, 4}},
}

// pair is the i-th sample.
func pair(i int) map[string]*tensor.Tensor {
	return map[string]*tensor.Tensor{
		"a": tensor.F32(tensor.Shape{1, 1}, float32(i)),
		"b": tensor.Of(tensor.UInt8, tensor.Shape{4}, []uint8{uint8(i), uint8(i >> 8), uint8(i >> 16), 7}), // without the leading 1
	}
}

func pairs(n int) (all []byte) {
	for i := range n {
		p := pair(i)
		all = append(append(all, p["a"].Data...), p["b"].Data...)
	}
	return all
}

// Calls break again and again, the coordinator is away for a while and forgets what it had not committed: each sample arrives once, in order.
func TestPushSurvivesCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.samples.every, f.samples.cut = 3, 200
		s, err := f.dial().OpenStream(t.Context(), "s", pairInputs)
		if err != nil {
			t.Fatal(err)
		}
		const n = 300
		for i := range n {
			if err := s.Push(t.Context(), pair(i)); err != nil {
				t.Fatal(err)
			}
			switch {
			case i == 100:
				f.halt()
				go func() {
					time.Sleep(40 * time.Second)
					f.start()
				}()
			case i%10 == 0:
				time.Sleep(time.Second)
			}
		}
		ref, err := s.Finish(t.Context())
		if err != nil || ref.Digest != store.Of(pairs(n)) || f.samples.calls < 5 {
			t.Errorf("%v, %v, after %d calls", ref, err, f.samples.calls)
		}
		if s.Committed() != n || s.Samples() != n {
			t.Errorf("%d of %d samples are committed", s.Committed(), s.Samples())
		}
		if err := s.Push(t.Context(), pair(n)); err == nil {
			t.Error("a sample behind the end is taken")
		}
	})
}

// A client that begins anew goes on where the stream is.
func TestStreamIsOpenedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.samples.every = 1
		c := f.dial()
		for _, n := range []int{0, 5, 6} {
			s, err := c.OpenStream(t.Context(), "s", pairInputs)
			if err != nil {
				t.Fatal(err)
			}
			if s.Samples() != n {
				t.Fatalf("%d samples, want %d", s.Samples(), n)
			}
			for i := n; i < 5 || i == n; i++ {
				if err := s.Push(t.Context(), pair(i)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.Close()
		}
		if !bytes.Equal(f.samples.data, pairs(7)) {
			t.Errorf("the stream holds % x", f.samples.data)
		}
	})
}

// Push waits when the coordinator does not get along, and as long as its context says.
func TestPushWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.samples.every, f.samples.hold = 1, make(chan struct{})
		s, err := f.dial().OpenStream(t.Context(), "s", pairInputs)
		if err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.data = make([]byte, keepBytes) // of samples that were pushed
		s.change()
		s.mu.Unlock()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		if err := s.Push(ctx, pair(0)); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Hour {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		close(f.samples.hold)
		if err := s.Push(t.Context(), pair(0)); err != nil {
			t.Error(err)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		s.Close()
	})
}

func TestPushGivesUp(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(f *fakeSamples)
		want   string
	}{
		"another client": {func(f *fakeSamples) {
			f.pushed = func(int) error { return status.Error(codes.Aborted, "another call") }
		}, "another call"},
		"a full stream": {func(f *fakeSamples) {
			f.pushed = func(int) error { return status.Error(codes.ResourceExhausted, "full") }
		}, "full"},
		"a finished stream": {func(f *fakeSamples) {
			f.pushed = func(int) error { return status.Error(codes.FailedPrecondition, "finished") }
		}, "finished"},
		"nobody leads": {func(f *fakeSamples) {
			f.pushed = func(int) error { return status.Error(codes.Unavailable, "starting") }
		}, "starting"},
		"other inputs": {func(f *fakeSamples) {
			f.creates = func(int) error { return status.Error(codes.AlreadyExists, "other inputs") }
		}, "other inputs"},
		"samples from above": {func(f *fakeSamples) { f.lie = func(n int64) int64 { return n + min(n, 1) } }, "somebody else"},
		"samples are lost":   {func(f *fakeSamples) { f.lie = func(n int64) int64 { return min(n, 4-n) } }, "somebody else"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				f.samples.every = 1
				tt.change(f.samples)
				s, err := f.dial().OpenStream(t.Context(), "s", pairInputs)
				if err == nil {
					for i := range 4 {
						if err = s.Push(t.Context(), pair(i)); err == nil {
							err = s.Flush(t.Context())
						}
					}
					s.Close()
				}
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v, want %q", err, tt.want)
				}
			})
		})
	}
}

func TestPushChecksSamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.samples.every = 1
		s, err := f.dial().OpenStream(t.Context(), "s", pairInputs)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		good := pair(0)
		for want, bad := range map[string]map[string]*tensor.Tensor{
			"1 tensors":               {"a": good["a"]},
			`no tensor for input "b"`: {"a": good["a"], "c": good["b"]},
			"f32[4]":                  {"a": good["a"], "b": tensor.New(tensor.Float32, tensor.Shape{4})},
			"u8[1,5]":                 {"a": good["a"], "b": tensor.New(tensor.UInt8, tensor.Shape{1, 5})},
		} {
			if err := s.Push(t.Context(), bad); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
		if s.Samples() != 0 {
			t.Error("a bad sample is taken")
		}
	})
}

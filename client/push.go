package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/tensor"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// keepBytes is how much of what is not committed a Stream keeps before Push waits: enough for the coordinator to fill a chunk while another one is on its way.
const keepBytes = 16 << 20

// Stream pushes samples to a coordinator as they come about. What was pushed is kept until the coordinator has it on record; a connection that breaks, or a coordinator that
// dies, is gone back to, and samples that it does not have are sent again. It is safe for concurrent use, and samples are in the order of the calls of Push.
type Stream struct {
	ID     string
	Inputs []dataset.Input

	api   octetv1.SampleServiceClient
	size  int // bytes of a sample
	close context.CancelFunc
	done  chan struct{} // closed when nothing is sent any more

	mu      sync.Mutex
	changed chan struct{} // closed at each change of what follows
	ready   bool          // the coordinator has said what it has
	base    int           // samples committed
	data    []byte        // those that were pushed behind them
	err     error         // why there will be no more
}

// OpenStream opens a stream of samples, or goes on with the one of that id. The inputs are the model's, in the model's order; their shapes are those of one sample, with
// a leading 1 where the model takes many. Samples says where to go on. The context bounds the opening, and ends the stream when it ends.
func (c *Client) OpenStream(ctx context.Context, id string, inputs []dataset.Input) (*Stream, error) {
	var created *octetv1.Stream
	for tries := newTries(contactPatience); ; {
		resp, err := c.samples.CreateStream(ctx, &octetv1.CreateStreamRequest{StreamId: id, Inputs: inputsToWire(inputs)})
		if err == nil {
			created = resp.GetStream()
			break
		}
		c.follow(tries, err)
		if !tries.again(ctx, err) {
			return nil, failed(ctx, fmt.Sprintf("open stream %q", id), err)
		}
	}
	run, stop := context.WithCancel(ctx)
	s := &Stream{
		ID: id, Inputs: inputs, api: c.samples, size: int(created.GetSampleSize()), close: stop, done: make(chan struct{}), changed: make(chan struct{}), base: int(created.GetSamples()),
	}
	go s.run(run)
	if err := s.wait(ctx, func() bool { return s.ready }); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Samples returns the number of samples that the stream has, committed or not: the number of the next one.
func (s *Stream) Samples() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pushed()
}

// Committed returns the number of samples that the coordinator has on record.
func (s *Stream) Committed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

func (s *Stream) pushed() int { return s.base + len(s.data)/s.size }

// Push appends a sample: a tensor for each input, by its name. It takes a copy. When much is on its way, it waits for the coordinator.
func (s *Stream) Push(ctx context.Context, sample map[string]*tensor.Tensor) error {
	if len(sample) != len(s.Inputs) {
		return fmt.Errorf("stream %q: a sample of %d tensors, the model has %d inputs", s.ID, len(sample), len(s.Inputs))
	}
	for _, in := range s.Inputs {
		t := sample[in.Name]
		switch {
		case t == nil:
			return fmt.Errorf("stream %q: the sample has no tensor for input %v", s.ID, in)
		case t.DType != in.DType || !t.Shape.Equal(in.Shape) && !(len(in.Shape) > 0 && in.Shape[0] == 1 && t.Shape.Equal(in.Shape[1:])):
			return fmt.Errorf("stream %q: input %v: the sample has %v%v", s.ID, in, t.DType, t.Shape)
		}
	}
	if err := s.wait(ctx, func() bool { return len(s.data) < max(keepBytes, 2*s.size) }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	for _, in := range s.Inputs {
		s.data = append(s.data, sample[in.Name].Data...)
	}
	s.change()
	return nil
}

// Flush waits until all that was pushed is on record.
func (s *Stream) Flush(ctx context.Context) error {
	n := s.Samples()
	return s.wait(ctx, func() bool { return s.base >= n })
}

// Finish flushes the stream and ends it: it is a dataset from then on, whose manifest is returned. A call that failed may be repeated.
func (s *Stream) Finish(ctx context.Context) (Ref, error) {
	if err := s.Flush(ctx); err != nil {
		return Ref{}, err
	}
	n := s.Samples()
	s.Close()
	for tries := newTries(contactPatience); ; {
		resp, err := s.api.FinishStream(ctx, &octetv1.FinishStreamRequest{StreamId: s.ID, Samples: int64(n)})
		if err == nil {
			return refFromWire(resp.GetStream().GetDataset()), nil
		}
		if !tries.again(ctx, err) {
			return Ref{}, failed(ctx, fmt.Sprintf("finish stream %q", s.ID), err)
		}
	}
}

// Close stops sending. What is not committed does not reach the stream, which stays open: OpenStream goes on with it.
func (s *Stream) Close() {
	s.close()
	<-s.done
}

// change wakes those who wait. The caller holds the lock.
func (s *Stream) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// wait waits until something is so, which is looked at under the lock, or never will be.
func (s *Stream) wait(ctx context.Context, so func() bool) error {
	for {
		s.mu.Lock()
		now, err, changed := so(), s.err, s.changed
		s.mu.Unlock()
		switch {
		case now:
			return nil
		case err != nil:
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("stream %q: %w", s.ID, ctx.Err())
		}
	}
}

// run sends what is pushed, until the context ends or there is no point in it.
func (s *Stream) run(ctx context.Context) {
	defer close(s.done)
	tries := newTries(contactPatience)
	for {
		start := time.Now()
		err := s.call(ctx, tries)
		if time.Since(start) > contactPatience {
			tries.progress() // it worked until now
		}
		if code := status.Code(err); code == codes.Aborted || code == codes.ResourceExhausted || !tries.again(ctx, err) {
			s.mu.Lock()
			s.err = failed(ctx, fmt.Sprintf("stream %q", s.ID), err)
			s.change()
			s.mu.Unlock()
			return
		}
	}
}

// call sends what is pushed by one call of PushSamples. It returns when that breaks.
func (s *Stream) call(ctx context.Context, tries *tries) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	call, err := s.api.PushSamples(ctx)
	if err != nil {
		return err
	}
	if err := call.Send(&octetv1.PushSamplesRequest{StreamId: s.ID}); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	// The first answer says where to go on.
	if err := s.answer(call, tries, true); err != nil {
		return err
	}
	tries.answered()
	broken := make(chan error, 1)
	go func() {
		for {
			if err := s.answer(call, tries, false); err != nil {
				broken <- err
				return
			}
		}
	}()
	return s.send(ctx, call, broken)
}

// answer takes in what the coordinator says to have.
func (s *Stream) answer(call grpc.BidiStreamingClient[octetv1.PushSamplesRequest, octetv1.PushSamplesResponse], tries *tries, first bool) error {
	resp, err := call.Recv()
	if errors.Is(err, io.EOF) {
		return status.Error(codes.Unavailable, "the call ended early")
	}
	if err != nil {
		return err
	}
	n := int(resp.GetCommitted())
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case first && !s.ready:
		s.base, s.ready = n, true
	case n < s.base || n > s.pushed():
		return fmt.Errorf("the coordinator has %d samples, %d were committed and %d pushed: somebody else changes the stream", n, s.base, s.pushed())
	case n > s.base:
		s.data = append([]byte(nil), s.data[(n-s.base)*s.size:]...)
		s.base = n
		tries.progress()
	}
	s.change()
	return nil
}

// send sends what is pushed behind what the coordinator has, as it comes.
func (s *Stream) send(ctx context.Context, call grpc.BidiStreamingClient[octetv1.PushSamplesRequest, octetv1.PushSamplesResponse], broken <-chan error) error {
	s.mu.Lock()
	sample, offset := s.base, 0
	s.mu.Unlock()
	for {
		s.mu.Lock()
		changed := s.changed
		from := max((sample-s.base)*s.size+offset, 0)                   // less if the coordinator has what it was not sent, which it then says
		part := slices.Clone(s.data[from:min(from+chunk, len(s.data))]) // gRPC may still look at the one before
		s.mu.Unlock()
		if len(part) > 0 {
			err := call.Send(&octetv1.PushSamplesRequest{Sample: int64(sample), Offset: int64(offset), Data: part})
			if errors.Is(err, io.EOF) {
				return <-broken // the coordinator has ended the call, and says why
			}
			if err != nil {
				return err
			}
			offset += len(part)
			sample, offset = sample+offset/s.size, offset%s.size
			continue
		}
		select {
		case <-changed:
		case err := <-broken:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

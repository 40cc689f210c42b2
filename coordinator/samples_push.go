package coordinator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

const (
	// commitWithin is how long a sample that has arrived waits for others to be committed with.
	commitWithin = time.Second
	// maxStreamSamples bounds a stream's samples, and so the shards of a job on it.
	maxStreamSamples = 1 << 20
)

// push is a call that appends to a stream.
type push struct {
	server *Server
	*stream
	record StreamRecord // what is committed
	buffer []byte       // the samples behind the last full chunk, committed ones in front
	answer chan int     // the latest answer that is not on its way
}

// push appends what a call brings to a stream, and answers each time that something was committed.
func (s *Server) push(st *stream, first *octetv1.PushSamplesRequest, call grpc.BidiStreamingServer[octetv1.PushSamplesRequest, octetv1.PushSamplesResponse]) error {
	ctx, release, err := s.claim(call.Context(), st)
	if err != nil {
		return err
	}
	defer release()
	done, err := s.usages.push(st.Namespace, int64(st.chunk*st.sampleBytes))
	if err != nil {
		return err
	}
	defer done()
	p := &push{server: s, stream: st, record: s.record(st), answer: make(chan int, 1)}
	if p.record.Dataset != nil {
		return status.Errorf(codes.FailedPrecondition, "stream %q is finished: it has %d samples", st.ID, p.record.Samples)
	}
	if p.buffer, err = s.pieces(ctx, &p.record); err != nil {
		return err
	}
	// A client that does not read answers must not keep others from the stream: so they are sent apart.
	sent := make(chan error, 1)
	go func() {
		var err error
		for n := range p.answer {
			if err == nil {
				err = call.Send(&octetv1.PushSamplesResponse{Committed: int64(n)})
			}
		}
		sent <- err
	}()
	p.tell()
	err = p.receive(ctx, first, received(ctx, call.Recv))
	close(p.answer)
	select {
	case sendErr := <-sent:
		return cmp.Or(err, sendErr)
	case <-ctx.Done():
		return cmp.Or(err, cause(ctx))
	}
}

// tell answers what is committed, in place of an earlier answer that is not on its way yet.
func (p *push) tell() {
	select {
	case <-p.answer:
	default:
	}
	p.answer <- p.record.Samples // nobody else puts anything there
}

// message is what came of waiting for one.
type message struct {
	*octetv1.PushSamplesRequest
	err error
}

// received returns what a call brings, until it ends or the context does.
func received(ctx context.Context, receive func() (*octetv1.PushSamplesRequest, error)) <-chan message {
	all := make(chan message)
	go func() {
		for {
			m, err := receive()
			select {
			case all <- message{m, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return all
}

func (p *push) receive(ctx context.Context, first *octetv1.PushSamplesRequest, rest <-chan message) error {
	if err := p.add(ctx, first); err != nil {
		return err
	}
	var due <-chan time.Time // when what waits is committed
	for {
		switch waits := p.waiting() > 0; {
		case !waits:
			due = nil
		case due == nil:
			due = time.After(commitWithin)
		}
		select {
		case <-ctx.Done():
			return cause(ctx)
		case <-due:
			due = nil
			if err := p.piece(ctx); err != nil {
				return err
			}
		case m := <-rest:
			switch {
			case errors.Is(m.err, io.EOF):
				return p.end(ctx)
			case m.err != nil:
				return m.err
			}
			if err := p.add(ctx, m.PushSamplesRequest); err != nil {
				return err
			}
		}
	}
}

// waiting returns the number of whole samples that are not committed.
func (p *push) waiting() int {
	return len(p.record.Chunks)*p.chunk + len(p.buffer)/p.sampleBytes - p.record.Samples
}

// add takes in a message, and commits the chunks that it fills.
func (p *push) add(ctx context.Context, m *octetv1.PushSamplesRequest) error {
	data := m.GetData()
	switch {
	case len(data) == 0:
		return nil
	case len(data) > chunk:
		return status.Errorf(codes.InvalidArgument, "%d bytes in a message, the limit is %d", len(data), chunk)
	}
	next := int64(len(p.record.Chunks)*p.chunk + len(p.buffer)/p.sampleBytes)
	if at := int64(len(p.buffer) % p.sampleBytes); m.GetSample() != next || m.GetOffset() != at {
		return status.Errorf(codes.Aborted, "the data begin at byte %d of sample %d, and byte %d of sample %d is next", m.GetOffset(), m.GetSample(), at, next)
	}
	end := (int64(len(p.record.Chunks))*int64(p.chunk*p.sampleBytes) + int64(len(p.buffer)+len(data)) + int64(p.sampleBytes) - 1) / int64(p.sampleBytes)
	if limit := min(p.server.config.StreamBytes/int64(p.sampleBytes), maxStreamSamples); end > limit {
		if err := p.piece(ctx); err != nil {
			return err
		}
		return status.Errorf(codes.ResourceExhausted, "the stream is full: the limit is %d samples of %d bytes", limit, p.sampleBytes)
	}
	p.buffer = append(p.buffer, data...)
	for full := p.chunk * p.sampleBytes; len(p.buffer) >= full; {
		if err := p.fill(ctx, p.buffer[:full]); err != nil {
			return err
		}
		p.buffer = p.buffer[:copy(p.buffer, p.buffer[full:])]
	}
	return nil
}

// fill commits a chunk.
func (p *push) fill(ctx context.Context, data []byte) error {
	b, release, err := p.server.putChunk(ctx, data)
	if err != nil {
		return p.failed(ctx, err)
	}
	defer release()
	r := p.record
	r.Chunks, r.Pieces = append(slices.Clip(r.Chunks), b), nil
	r.Samples = len(r.Chunks) * p.chunk
	return p.commit(ctx, r)
}

// piece commits the whole samples that wait for a chunk to be full. There are at most as many pieces of it as samples.
func (p *push) piece(ctx context.Context) error {
	from := (p.record.Samples - len(p.record.Chunks)*p.chunk) * p.sampleBytes
	to := len(p.buffer) - len(p.buffer)%p.sampleBytes
	if from == to {
		return nil
	}
	b, release, err := p.server.put(ctx, p.buffer[from:to])
	if err != nil {
		return p.failed(ctx, err)
	}
	defer release()
	r := p.record
	r.Pieces = append(slices.Clip(r.Pieces), b)
	r.Samples += (to - from) / p.sampleBytes
	return p.commit(ctx, r)
}

func (p *push) commit(ctx context.Context, r StreamRecord) error {
	if err := p.server.commit(ctx, p.stream, r); err != nil {
		return err
	}
	p.record = p.server.record(p.stream)
	p.tell()
	return nil
}

// end commits what is there when the client has nothing more to say.
func (p *push) end(ctx context.Context) error {
	if err := p.piece(ctx); err != nil {
		return err
	}
	if n := len(p.buffer) % p.sampleBytes; n > 0 {
		return status.Errorf(codes.InvalidArgument, "the data end in sample %d, behind %d of its %d bytes", p.record.Samples, n, p.sampleBytes)
	}
	return nil
}

// failed returns the status of what the store says.
func (p *push) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return cause(ctx)
	}
	return p.server.trouble(err)
}

// statusOf gives an error its status code, if it has none.
func statusOf(err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	return storeStatus(err)
}

// putChunk is put of samples that become the caller's: its namespace has the chunk as if it had uploaded it, and may name it in datasets.
func (s *Server) putChunk(ctx context.Context, data []byte) (b Blob, release func(), err error) {
	if err := s.usages.add(ctx, s.folder, credential.CallerOf(ctx).Namespace, int64(len(data)), s.config.NamespaceBytes); err != nil {
		return Blob{}, nil, err
	}
	if b, release, err = s.put(ctx, data); err != nil {
		return b, nil, err
	}
	if err := s.own(ctx, store.Digest(b.Digest)); err != nil {
		release()
		return b, nil, err
	}
	return b, release, nil
}

// pieces reads what a stream has committed behind its last full chunk.
func (s *Server) pieces(ctx context.Context, r *StreamRecord) (all []byte, err error) {
	for _, b := range r.Pieces {
		data, err := s.read(ctx, "samples", b.Digest, b.Size)
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
			return nil, status.Errorf(codes.DataLoss, "samples of stream %q are lost: %v", r.ID, err)
		case err != nil:
			return nil, storeStatus(err)
		}
		all = append(all, data...)
	}
	return all, nil
}

// finishStream makes the manifest of a stream that takes no more samples.
func (s *Server) finishStream(ctx context.Context, st *stream, samples int64) error {
	ctx, release, err := s.claim(ctx, st)
	if err != nil {
		return err
	}
	defer release()
	r := s.record(st)
	if err := r.holds(samples); err != nil || r.Dataset != nil {
		return err
	}
	tail, err := s.pieces(ctx, &r)
	if err != nil {
		return err
	}
	if len(tail) > 0 {
		b, release, err := s.putChunk(ctx, tail)
		if err != nil {
			return statusOf(err)
		}
		defer release()
		r.Chunks, r.Pieces = append(slices.Clip(r.Chunks), b), nil
	}
	m, err := manifestOf(&r)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	b, release, err := s.put(ctx, m)
	if err == nil {
		defer release()
		err = s.own(ctx, store.Digest(b.Digest))
	}
	if err != nil {
		return storeStatus(err)
	}
	r.Dataset = &b
	return s.commit(ctx, st, r)
}

// holds reports whether a stream has as many samples as its client knows of.
func (r *StreamRecord) holds(samples int64) error {
	switch {
	case int64(r.Samples) != samples:
		return status.Error(codes.FailedPrecondition, fmt.Sprintf("stream %q holds %d samples, not %d: push what is missing, and wait for it to be committed", r.ID, r.Samples, samples))
	case samples == 0:
		return status.Errorf(codes.FailedPrecondition, "stream %q holds no samples: a dataset needs at least one", r.ID)
	}
	return nil
}

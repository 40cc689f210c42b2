package worker

import (
	"context"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

const (
	// progressEvery is the least time between two progress messages.
	progressEvery = 200 * time.Millisecond
	// movesEvery is the time between two looks at whether bytes move.
	movesEvery = time.Second
)

// reporter tells the coordinator how far a shard is. A message that can't be sent means that the call is over, which its context tells.
type reporter struct {
	stream grpc.ServerStreamingServer[octetv1.RunShardResponse]

	mu   sync.Mutex
	done int64
	last time.Time
}

// samples takes down how many samples are done, and tells it from time to time.
func (r *reporter) samples(done int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = done
	r.send()
}

// alive tells that there is progress, though no sample was computed.
func (r *reporter) alive() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.send()
}

func (r *reporter) send() {
	if now := time.Now(); now.Sub(r.last) >= progressEvery {
		r.last = now
		_ = r.stream.Send(&octetv1.RunShardResponse{SamplesDone: r.done})
	}
}

// reportMoves has a shard count as alive while bytes come from its stores or go there: a model may take longer to arrive than a coordinator waits for a sample. Shards that
// wait for the same bytes all do. The returned function ends that.
func (s *Server) reportMoves(ctx context.Context, r *reporter) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() {
		look := time.NewTicker(movesEvery)
		defer look.Stop()
		for seen := s.moved.Load(); ; {
			select {
			case <-ctx.Done():
				return
			case <-look.C:
			}
			if now := s.moved.Load(); now != seen {
				seen = now
				r.alive()
			}
		}
	})
	return func() {
		cancel()
		group.Wait()
	}
}

// counted is a fetch whose bytes are counted.
func (s *Server) counted(fetch store.Fetch) store.Fetch {
	return func(ctx context.Context, d store.Digest) (io.ReadCloser, int64, error) {
		r, size, err := fetch(ctx, d)
		if err != nil {
			return nil, 0, err
		}
		return &countedReader{r, s}, size, nil
	}
}

type countedReader struct {
	io.ReadCloser
	server *Server
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.server.moved.Add(int64(n))
	return n, err
}

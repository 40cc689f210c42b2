package coordinator

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/dataset"
)

// stream is a stream of samples. What is committed is in the journal; what else was received is known to the call that pushes it, and to nobody else.
type stream struct {
	sampleBytes int
	chunk       int           // samples in each chunk but maybe the last
	turn        chan struct{} // holds something while somebody changes the stream
	journal     StreamJournal // of the term
	term        context.Context

	// The server's lock guards the rest.
	StreamRecord
	displace context.CancelCauseFunc // ends the call that changes the stream, or did so last
	changed  chan struct{}           // closed when the record changes, or the stream is forgotten
	gone     bool
}

// newStream returns a stream of the present term. The caller holds the lock.
func (s *Server) newStream(r StreamRecord) (*stream, error) {
	size, chunk, err := dataset.Chunks(r.Inputs)
	return &stream{
		sampleBytes: size, chunk: chunk, turn: make(chan struct{}, 1), journal: s.Journal, term: s.ctx, StreamRecord: r, changed: make(chan struct{}),
	}, err
}

// errDisplaced ends a call that changes a stream when the next one comes.
var errDisplaced = status.Error(codes.Aborted, "another call pushes to the stream, or it was finished or deleted")

func noStream(id string) error { return status.Errorf(codes.NotFound, "no stream %q", id) }

// openStreams makes the streams of the journal known.
func (s *Server) openStreams(all []StreamRecord) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range all {
		st, err := s.newStream(r)
		if err != nil {
			return err
		}
		s.streams[r.key()] = st
	}
	return nil
}

// stream returns one of the caller's streams.
func (s *Server) stream(ctx context.Context, id string) (*stream, error) {
	if err := s.serves(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.streams[streamKey(credential.CallerOf(ctx).Namespace, id)]
	if st == nil {
		return nil, noStream(id)
	}
	return st, nil
}

// record returns what is committed of a stream.
func (s *Server) record(st *stream) StreamRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	return st.StreamRecord
}

// claim makes the caller the only one who changes a stream, until it releases it. Who did so before is told to stop, and waited for. The context that it returns ends when
// the next one comes, or the term ends.
func (s *Server) claim(ctx context.Context, st *stream) (mine context.Context, release func(), err error) {
	mine, cancel := context.WithCancelCause(ctx)
	s.mu.Lock()
	if st.displace != nil {
		st.displace(errDisplaced)
	}
	st.displace = cancel
	s.mu.Unlock()
	stop := context.AfterFunc(st.term, func() { cancel(errStopping) })
	select {
	case st.turn <- struct{}{}:
	case <-mine.Done():
		stop()
		return nil, nil, cause(mine)
	}
	release = func() {
		stop()
		cancel(context.Canceled)
		<-st.turn
	}
	s.mu.Lock()
	gone := st.gone
	s.mu.Unlock()
	if gone {
		release()
		return nil, nil, noStream(st.ID)
	}
	return mine, release, nil
}

// cause returns the status of what was ended early.
func cause(ctx context.Context) error {
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return status.FromContextError(err).Err()
	}
	return err
}

// commit puts a stream's new state on record. The caller has claimed the stream.
func (s *Server) commit(ctx context.Context, st *stream, r StreamRecord) error {
	had := len(s.record(st).Chunks)
	r.Changed, r.Count = s.stamp(), len(r.Chunks)
	if err := s.persist(ctx, "stream "+r.ID, func(ctx context.Context) error { return st.journal.SaveStream(ctx, r, had) }); err != nil {
		if ctx.Err() != nil {
			return cause(ctx)
		}
		return status.Error(codes.Unavailable, err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.metrics.pushed.Add(float64(max(r.Samples-st.Samples, 0)))
	st.StreamRecord = r
	close(st.changed)
	st.changed = make(chan struct{})
	return nil
}

// forgetStream removes a stream, unless it is used or, when it is only for its age, changed after a time.
func (s *Server) forgetStream(ctx context.Context, st *stream, age bool, limit time.Time) (err error) {
	_, release, err := s.claim(ctx, st)
	if err != nil {
		return err
	}
	defer release()
	s.mu.Lock()
	r, user := st.StreamRecord, s.user(st)
	s.mu.Unlock()
	switch {
	case age && (r.Changed.After(limit) || r.Dataset != nil && user != ""):
		return nil
	case !age && user != "":
		return status.Errorf(codes.FailedPrecondition, "job %s reads the stream: cancel it first", user)
	}
	if err := s.once(ctx, func(ctx context.Context) error { return st.journal.DeleteStream(ctx, r) }); err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.gone = true
	delete(s.streams, r.key())
	close(st.changed)
	s.log.Info("stream_deleted", zap.String("stream", r.ID), zap.String("namespace", r.Namespace), zap.Int("samples", r.Samples), zap.Bool("expired", age))
	return nil
}

// user returns a job that is not over and reads a stream; "" if there is none. The caller holds the lock.
func (s *Server) user(st *stream) string {
	for id, e := range s.jobs {
		if !e.State.Final() && e.Spec.Stream != "" && streamKey(e.Namespace, e.Spec.Stream) == st.key() {
			return id
		}
	}
	return ""
}

// expireStreams forgets streams that nothing happened to for long, and returns their number. Jobs that wait for one to be finished fail.
func (s *Server) expireStreams(ctx context.Context) (n int) {
	limit := s.agesAgo(s.config.StreamTTL)
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.streams))
	s.mu.Unlock()
	for _, st := range all {
		if s.record(st).Changed.After(limit) {
			continue
		}
		if err := s.forgetStream(ctx, st, true, limit); err != nil {
			s.log.Warn("expire_failed", zap.String("stream", st.ID), zap.Error(err))
		} else {
			n++
		}
	}
	return n
}

// useStreams adds the blobs that streams consist of. The caller holds the lock.
func (s *Server) useStreams(used map[string]bool) {
	for _, st := range s.streams {
		for _, list := range [][]Blob{st.Chunks, st.Pieces} {
			for _, b := range list {
				used[b.Digest] = true
			}
		}
		if st.Dataset != nil {
			used[st.Dataset.Digest] = true
		}
	}
}

// streamsOf returns what a caller sees of the streams, in the order of their ids and namespaces.
func (s *Server) streamsOf(caller credential.Caller) []StreamRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []StreamRecord
	for _, st := range s.streams {
		if caller.Sees(st.Namespace) {
			all = append(all, st.StreamRecord)
		}
	}
	slices.SortFunc(all, func(a, b StreamRecord) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Namespace, b.Namespace))
	})
	return all
}

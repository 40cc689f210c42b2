package coordinator

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/registry"
)

// resignWithin bounds how long a coordinator that stops takes to give up its term.
const resignWithin = 2 * time.Second

// Run stands for election, leads for as long as its term goes on, and stands again when it is over, until the context ends. leads, if not nil, is called with true when
// clients can be served, and with false when they no longer can. It is called once. A store that is not that of the other coordinators is an error.
func (s *Server) Run(ctx context.Context, leads func(bool)) error {
	if leads == nil {
		leads = func(bool) {}
	}
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := s.shareStore(ctx); err != nil {
		return err
	}
	group.Go(func() { s.election.Follow(ctx, s.follow) })
	for {
		t, err := s.election.Campaign(ctx, s.config.Advertise)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("coordinator: %w", err)
		}
		err = s.lead(ctx, t, leads)
		resign, done := context.WithTimeout(context.WithoutCancel(ctx), resignWithin)
		t.Resign(resign)
		done()
		if err != nil || ctx.Err() != nil {
			return err
		}
		s.log.Warn("deposed", zap.Int64("term", t.Number))
	}
}

// follow takes note of who leads.
func (s *Server) follow(addr string) {
	s.mu.Lock()
	s.leader = addr
	s.mu.Unlock()
	s.log.Info("leader", zap.String("addr", addr), zap.Bool("self", addr == s.config.Advertise))
}

// elected makes everything of a term anew. The returned function ends the term.
func (s *Server) elected(ctx context.Context, t *Term) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.term = term{
		Term: t, depose: cancel, machine: NewMachine(), history: newHistory(time.Now()), jobs: map[string]*entry{}, published: newIndex(), attempts: map[attemptKey]context.CancelFunc{},
		peers: map[string]*peer{}, streams: map[string]*stream{}, ctx: ctx, wake: time.AfterFunc(time.Hour, func() { s.post(Tick{}) }),
	}
	s.machine.Stall, s.machine.NamespaceShards, s.machine.Weights = s.config.Stall, s.config.Limits.NamespaceShards, s.config.Weights
	s.machine.Audit.Share = s.config.Audit
	rand.Read(s.machine.Audit.Seed[:]) // never fails
	s.phase = starting
	return ctx, func() {
		cancel()
		s.stop()
		s.group.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.wake.Stop()
	}
}

// lead takes up the jobs of the journal and works until the context or the term ends. An error is one that a further term would not mend.
func (s *Server) lead(ctx context.Context, t *Term, leads func(bool)) error {
	all := ctx
	ctx, end := s.elected(ctx, t)
	defer s.retire(all)
	defer end()
	s.group.Go(func() {
		select {
		case <-t.Over:
			s.depose()
		case <-ctx.Done():
		}
	})
	if err := s.readClock(ctx, t); err != nil {
		return s.unless(ctx, err)
	}
	s.mu.Lock()
	s.phase = dated
	s.mu.Unlock()
	sets, err := patiently(ctx, s, s.registry.Watch)
	if err != nil {
		return s.unless(ctx, err)
	}
	records, err := patiently(ctx, s, t.Journal.Load)
	if err != nil {
		return s.unless(ctx, err)
	}
	streams, err := patiently(ctx, s, t.Journal.LoadStreams)
	if err != nil {
		return s.unless(ctx, err)
	}
	if err := s.openStreams(streams); err != nil {
		return s.unless(ctx, err)
	}
	s.open(records)
	s.log.Info("coordinator_started", zap.Int("jobs", len(records)), zap.String("advertise", s.config.Advertise), zap.Int64("term", t.Number))
	s.group.Go(func() { s.save(ctx) })
	s.group.Go(func() { s.collectOften(ctx) })
	s.group.Go(func() { s.keepHistory(ctx) })
	leads(true)
	defer leads(false)
	for {
		select {
		case <-ctx.Done():
			return nil
		case set, ok := <-sets:
			switch {
			case ok:
				s.meet(set)
			case ctx.Err() == nil:
				return errors.New("coordinator: the registry ended its watch")
			}
		}
	}
}

// patiently reads what a term begins with, again and again while etcd has trouble that passes, until the context ends.
func patiently[T any](ctx context.Context, s *Server, read func(context.Context) (T, error)) (T, error) {
	for {
		got, err := read(ctx)
		if err == nil || !registry.Passes(err) {
			return got, err
		}
		s.log.Warn("start_delayed", zap.Error(err))
		if !sleep(ctx, journalPause) {
			return got, err
		}
	}
}

// unless returns an error that came up under a term's context, unless that has ended, or the error is that the term has.
func (s *Server) unless(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, ErrDeposed) {
		return nil //nolint:nilerr // what fails behind the end of a term is no fault
	}
	return fmt.Errorf("coordinator: %w", err)
}

// retire makes the server a follower, unless it is about to end.
func (s *Server) retire(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() == nil {
		s.phase = following
	}
}

// open makes the jobs of the journal known, all at once, and takes up those that are not over, the oldest first.
func (s *Server) open(records []Record) {
	slices.SortFunc(records, func(a, b Record) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	s.mu.Lock()
	for _, r := range records {
		s.know(r)
	}
	s.phase = serving
	s.mu.Unlock()
	for _, r := range records {
		if !r.State.Final() {
			s.post(r.created())
		}
	}
}

// stop ends what depends on a term.
func (s *Server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = stopping
	s.notify()
	for _, p := range s.peers {
		p.conn.Close()
	}
	for _, e := range s.jobs {
		e.cancel()
		trace.SpanFromContext(e.ctx).End()
	}
}

// know makes a job of the journal known; false if it is already. The caller holds the lock.
func (s *Server) know(r Record) bool {
	if s.jobs[r.ID] != nil {
		return false
	}
	ctx, cancel := context.WithCancel(s.traceJob(s.ctx, r))
	if r.State.Final() {
		cancel()
	} else {
		s.unfinished.add(r.Namespace, 1)
	}
	s.jobs[r.ID] = &entry{Record: r, ctx: ctx, cancel: cancel}
	s.published.put(r)
	s.notify()
	return true
}

// adopt takes up a job that was put into the journal.
func (s *Server) adopt(r Record) {
	s.mu.Lock()
	news := s.know(r)
	s.mu.Unlock()
	if news && !r.State.Final() {
		s.post(r.created())
	}
}

// post feeds an event to the machine and carries out the effects. A server that is about to end takes no more events: its successor finds in the
// journal what was decided.
func (s *Server) post(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != serving || s.ctx.Err() != nil {
		return
	}
	now := time.Now()
	effects := s.machine.Step(now, e)
	s.observe(now, e, effects)
	for _, f := range effects {
		s.carryOut(now, f)
	}
	if _, ok := e.(ShardProgress); !ok {
		if at, ok := s.machine.Wake(now); ok {
			s.wake.Reset(at.Sub(now) + time.Millisecond)
		}
	}
	s.notify()
}

// notify wakes those who watch. The caller holds the lock.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// changes returns a channel that is closed at the next change of what clients see.
func (s *Server) changes() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// job returns a copy of a job's record, and the context that ends when it does; false if it is forgotten.
func (s *Server) job(id string) (Record, context.Context, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.jobs[id]
	if e == nil {
		return Record{}, nil, false
	}
	return e.Record, e.ctx, true
}

// amend changes the record of a job that is not over.
func (s *Server) amend(id string, change func(r *Record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.jobs[id]; e != nil && !e.State.Final() {
		change(&e.Record)
	}
}

// hold keeps a blob from being collected until the returned function is called: by then a job refers to it, or it may go.
func (s *Server) hold(digest string) (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[digest]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.release(digest)
	}
}

// release ends a hold. The caller holds the lock.
func (s *Server) release(digest string) {
	if s.held[digest]--; s.held[digest] == 0 {
		delete(s.held, digest)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

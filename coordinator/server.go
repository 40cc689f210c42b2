package coordinator

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Config are a coordinator's settings.
type Config struct {
	// Advertise is the HOST:PORT at which workers reach this coordinator's BlobService.
	Advertise string
	// JobTTL is how long a job that has ended is kept; 7 days if 0.
	JobTTL time.Duration
	// BlobGrace is how long a blob that no job refers to is kept; 1 hour if 0.
	BlobGrace time.Duration
	// CollectEvery is the time between collections of what has expired; 10 minutes if 0.
	CollectEvery time.Duration
}

func (c Config) withDefaults() Config {
	c.JobTTL = cmp.Or(c.JobTTL, 7*24*time.Hour)
	c.BlobGrace = cmp.Or(c.BlobGrace, time.Hour)
	c.CollectEvery = cmp.Or(c.CollectEvery, 10*time.Minute)
	return c
}

// Validate reports settings that can't work.
func (c Config) Validate() error {
	if c.Advertise == "" {
		return fmt.Errorf("no address to advertise to workers")
	}
	if c.JobTTL < 0 || c.BlobGrace < 0 || c.CollectEvery < 0 {
		return fmt.Errorf("times must not be negative")
	}
	return nil
}

// Server is a coordinator: it feeds the Machine and carries out what it decides.
type Server struct {
	config   Config
	journal  Journal
	registry registry.Registry
	folder   *store.Folder
	log      *zap.Logger
	prepares chan struct{} // bounds how many models are in memory at a time

	mu        sync.Mutex
	machine   *Machine
	records   map[string]*Record // as the machine has them
	published map[string]Record  // as the journal has them: what clients see
	changed   chan struct{}      // closed at each change of what clients see
	attempts  map[attemptKey]context.CancelFunc
	peers     map[string]*peer
	saves     []Record // to be written to the journal, in order
	saveReady chan struct{}
	wake      *time.Timer

	ctx   context.Context // ends with Run
	group sync.WaitGroup
}

type attemptKey struct {
	job            string
	shard, attempt int
}

// NewServer returns a coordinator that keeps jobs in the journal and blobs in the folder, and finds workers in the registry.
func NewServer(c Config, j Journal, r registry.Registry, f *store.Folder, log *zap.Logger) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("coordinator: %w", err)
	}
	return &Server{
		config: c.withDefaults(), journal: j, registry: r, folder: f, log: log, prepares: make(chan struct{}, 2),
		machine: NewMachine(), records: map[string]*Record{}, published: map[string]Record{}, changed: make(chan struct{}),
		attempts: map[attemptKey]context.CancelFunc{}, peers: map[string]*peer{}, saveReady: make(chan struct{}, 1),
	}, nil
}

// Register adds the services to a gRPC server.
func (s *Server) Register(g grpc.ServiceRegistrar) {
	octetv1.RegisterBlobServiceServer(g, &blobService{folder: s.folder, server: s})
	octetv1.RegisterConversionServiceServer(g, &conversionService{server: s})
}

// Run takes up the jobs of the journal and works until the context ends. ready, if not nil, is called when clients can be served.
func (s *Server) Run(ctx context.Context, ready func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer s.group.Wait()
	defer cancel()
	s.ctx = ctx
	s.wake = time.AfterFunc(time.Hour, func() { s.post(Tick{}) })
	defer s.wake.Stop()
	sets, err := s.registry.Watch(ctx)
	if err != nil {
		return fmt.Errorf("coordinator: %w", err)
	}
	records, err := s.journal.Load(ctx)
	if err != nil {
		return fmt.Errorf("coordinator: %w", err)
	}
	s.group.Go(func() { s.save(ctx) })
	slices.SortFunc(records, func(a, b Record) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	for _, r := range records {
		s.adopt(r)
	}
	s.log.Info("coordinator_started", zap.Int("jobs", len(records)), zap.String("advertise", s.config.Advertise))
	if ready != nil {
		ready()
	}
	collect := time.NewTicker(s.config.CollectEvery)
	defer collect.Stop()
	for {
		select {
		case <-ctx.Done():
			s.closePeers()
			return nil
		case set, ok := <-sets:
			if !ok {
				return nil
			}
			s.meet(set)
		case <-collect.C:
			s.expire(ctx)
		}
	}
}

// adopt makes a job of the journal known, and takes it up if it is not over.
func (s *Server) adopt(r Record) {
	s.mu.Lock()
	s.records[r.ID] = &r
	s.published[r.ID] = r
	s.notify()
	s.mu.Unlock()
	if !r.State.Final() {
		s.post(Created{Job: r.ID})
	}
}

// post feeds an event to the machine and carries out the effects.
func (s *Server) post(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, f := range s.machine.Step(now, e) {
		s.carryOut(now, f)
	}
	if at, ok := s.machine.Wake(now); ok {
		s.wake.Reset(at.Sub(now) + time.Millisecond)
	}
	s.notify()
}

// notify wakes those who watch. The caller holds the lock.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// start runs f in a goroutine that Run waits for. The caller holds the lock.
func (s *Server) start(f func(ctx context.Context)) {
	if s.ctx.Err() == nil {
		s.group.Go(func() { f(s.ctx) })
	}
}

// save writes records to the journal in order, for as long as it takes, and shows clients what is written.
func (s *Server) save(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.saveReady:
		}
		for {
			s.mu.Lock()
			if len(s.saves) == 0 {
				s.mu.Unlock()
				break
			}
			r := s.saves[0]
			s.mu.Unlock()
			if err := s.journal.Save(ctx, r); err != nil {
				s.log.Warn("journal_write_failed", zap.String("job", r.ID), zap.Error(err))
				if !isGone(err) {
					if !sleep(ctx, time.Second) {
						return
					}
					continue
				}
			}
			s.mu.Lock()
			s.saves = s.saves[1:]
			if _, ok := s.published[r.ID]; ok {
				s.published[r.ID] = r
			}
			s.notify()
			s.mu.Unlock()
		}
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

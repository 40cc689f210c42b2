// Package worker runs shards: it registers, takes what a coordinator gives it, and keeps models and samples in a bounded cache.
package worker

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/sandbox"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Config are a worker's settings.
type Config struct {
	// Advertise is the HOST:PORT at which coordinators reach this worker.
	Advertise string
	// Slots is the number of shards that run at a time; each takes one core.
	Slots int
	// CacheBytes bounds the cache of models and samples on disk; 10 GiB if 0.
	CacheBytes int64
	// Models is the number of models kept ready in memory, if there is no sandbox; 4 if 0.
	Models int
	// Sandbox is where models and samples are read and shards computed, by what Child returns; nil for this process. It may read the cache's folder.
	Sandbox *sandbox.Sandbox
	// Backlog is the number of shards that are taken beyond those that run, to run when a slot is free; 32 for each slot if 0, 256 at most unless there are more slots. What waits
	// takes a message's memory, and a coordinator sends no more than a few seconds of work.
	Backlog int
	// Drain is how long shards that run may go on when the worker is told to stop; 30 seconds if 0.
	Drain time.Duration
	// Memory is what coordinators may plan with for models and shards, in bytes; 0 to leave memory out of their plans.
	Memory int64
	// UntilIdle is how long the worker stays without a shard before it leaves on its own; 0 for ever.
	UntilIdle time.Duration
	// Version of the program, for people.
	Version string
	// Objects reads data that lie in S3 or on HTTP servers, as far as this worker may; nil for a worker that reads none.
	Objects dataset.Objects
}

func (c Config) withDefaults() Config {
	c.CacheBytes = cmp.Or(c.CacheBytes, 10<<30)
	c.Models = cmp.Or(c.Models, 4)
	c.Backlog = cmp.Or(c.Backlog, max(c.Slots, min(32*c.Slots, 256)))
	c.Drain = cmp.Or(c.Drain, 30*time.Second)
	return c
}

// Validate reports settings that can't work.
func (c Config) Validate() error {
	switch {
	case c.Advertise == "":
		return errors.New("no address to advertise to coordinators")
	case c.Slots < 1:
		return fmt.Errorf("%d slots, want at least 1", c.Slots)
	case c.CacheBytes < 0 || c.Models < 0 || c.Drain < 0 || c.UntilIdle < 0 || c.Backlog < 0 || c.Memory < 0:
		return errors.New("sizes and times must not be negative")
	}
	return nil
}

// Server is a worker.
type Server struct {
	octetv1.UnimplementedWorkerServiceServer
	config   Config
	registry registry.Registry
	folder   *store.Folder // the cache's
	cache    *store.Cache
	log      *zap.Logger
	id       string
	stores   stores
	bench    *bench // without a sandbox

	terms   terms
	metrics *metrics

	mu      sync.Mutex
	busy    int // shards that run or wait for a slot
	running sync.WaitGroup
	resting *time.Timer   // until the worker is idle; nil without Config.UntilIdle
	pauses  int           // numbers what resting counts
	idle    chan struct{} // closed when the worker leaves on its own

	slots   chan struct{} // holds one for each shard that runs
	leaving chan struct{} // closed when no more shards begin
	moved   atomic.Int64  // bytes that came from stores, or went there

	life context.Context // ends when shards must
	kill context.CancelFunc
}

// NewServer returns a worker that keeps its cache in a folder of its own. The options for dialling coordinators come after its own: transport
// credentials, for example.
func NewServer(ctx context.Context, c Config, r registry.Registry, folder *store.Folder, log *zap.Logger, dial ...grpc.DialOption) (*Server, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	cache, err := store.NewCache(ctx, folder, c.CacheBytes)
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	id := "w-" + strings.ToLower(rand.Text()[:12])
	life, kill := context.WithCancel(context.WithoutCancel(ctx))
	s := &Server{
		config: c, registry: r, folder: folder, cache: cache, log: log.With(zap.String("worker", id)), id: id,
		stores: stores{dial: dial, all: map[string]*connection{}},
		bench:  newBench(c.Models, c.Memory/plannedParts*keptParts), idle: make(chan struct{}), life: life, kill: kill, slots: make(chan struct{}, c.Slots), leaving: make(chan struct{}),
	}
	s.metrics = newMetrics(s)
	return s, nil
}

// ID returns the id under which the worker registers.
func (s *Server) ID() string { return s.id }

// Register adds the service to a gRPC server.
func (s *Server) Register(g grpc.ServiceRegistrar) { octetv1.RegisterWorkerServiceServer(g, s) }

// withdrawWithin bounds how long a worker that stops takes to say so.
const withdrawWithin = 2 * time.Second

// Run announces the worker until the context ends, or Config.UntilIdle has passed without a shard; then it says that it takes no more shards, waits for those that run, ends those that
// take too long, and withdraws. ready, if not nil, is called once the worker is announced. The gRPC server must serve already. It is called once.
func (s *Server) Run(ctx context.Context, ready func()) error {
	reg, err := s.register(ctx)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	s.log.Info("worker_started", zap.String("advertise", s.config.Advertise), zap.Int("slots", s.config.Slots), zap.Int64("memory", s.config.Memory))
	if ready != nil {
		ready()
	}
	s.mu.Lock()
	if s.busy == 0 {
		s.rest()
	}
	s.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-s.idle:
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Drain)
	defer cancel()
	s.refuse()
	s.announced("drain", reg.Drain)
	s.drain(stop)
	s.kill()
	s.announced("withdraw", reg.Close)
	s.stores.close()
	return nil
}

// registerPause lies between two attempts to register.
const registerPause = time.Second

// register announces the worker. While the registry has trouble that passes, it tries again, until the context ends.
func (s *Server) register(ctx context.Context) (registry.Registration, error) {
	for {
		reg, err := s.registry.Register(ctx, registry.Worker{
			ID: s.id, Addr: s.config.Advertise, Slots: s.config.Slots, Backlog: s.config.Backlog, Numerics: numerics.Version, Memory: s.config.Memory, Version: s.config.Version,
		})
		if err == nil || !registry.Passes(err) {
			return reg, err
		}
		s.log.Warn("register_failed", zap.Error(err))
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(registerPause):
		}
	}
}

// announced tells the registry that the worker stops, whether it hears it or not.
func (s *Server) announced(what string, tell func(ctx context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.life), withdrawWithin)
	defer cancel()
	if err := tell(ctx); err != nil {
		s.log.Warn(what+"_failed", zap.Error(err))
	}
}

// begin takes a place, which end gives back.
func (s *Server) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch limit := s.config.Slots + s.config.Backlog; {
	case s.stopping():
		return errors.New("the worker is stopping")
	case s.busy >= limit:
		return fmt.Errorf("all %d slots are in use, and %d more shards wait", s.config.Slots, s.config.Backlog)
	}
	s.work()
	s.busy++
	s.running.Add(1)
	return nil
}

// refuse has no more shards begin.
func (s *Server) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopping() {
		close(s.leaving)
	}
}

func (s *Server) stopping() bool {
	select {
	case <-s.leaving:
		return true
	default:
		return false
	}
}

// slot waits for a slot, which release gives back. Those who still wait when the worker is told to stop get none.
func (s *Server) slot(ctx context.Context) (release func(), err error) {
	select {
	case s.slots <- struct{}{}:
		if !s.stopping() {
			return func() { <-s.slots }, nil
		}
		<-s.slots
		return nil, errStopping
	case <-s.leaving:
		return nil, errStopping
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
}

func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
	s.running.Done()
	if s.busy == 0 && !s.stopping() {
		s.rest()
	}
}

// drain waits for the shards that run, until the context ends.
func (s *Server) drain(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		s.log.Warn("drain_timed_out", zap.Int("running", s.busy))
	}
}

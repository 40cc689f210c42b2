package coordinator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/internal/clock"
	"github.com/octetlite/octet/pkg/registry"
	"github.com/octetlite/octet/pkg/sandbox"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Config are a coordinator's settings.
type Config struct {
	// Advertise is the HOST:PORT at which workers reach this coordinator's BlobService.
	Advertise string
	// Stall is how long a worker may show no progress of a shard, before the shard is given to another; 10 minutes if 0.
	Stall time.Duration
	// JobTTL is how long a job that has ended is kept; 7 days if 0.
	JobTTL time.Duration
	// BlobGrace is how long a blob that no job refers to is kept; 1 hour if 0.
	BlobGrace time.Duration
	// UploadTTL is how long what has arrived of an upload is kept after its last byte; 24 hours if 0.
	UploadTTL time.Duration
	// CollectEvery is the time between collections of what has expired; 10 minutes if 0.
	CollectEvery time.Duration
	// StreamTTL is how long a stream of samples is kept after the last thing that happened to it; 24 hours if 0.
	StreamTTL time.Duration
	// StreamBytes bounds the samples of a stream; 64 GiB if 0.
	StreamBytes int64
	// Streams bounds how many streams a namespace has; 100 if 0.
	Streams int
	// Version of the program, for people.
	Version string
	// Tracing takes spans of jobs and of what is done for them; nil for none.
	Tracing trace.TracerProvider
	// NamespaceBytes bounds what each namespace may have in the store, in bytes; no bound if 0.
	NamespaceBytes int64
	// Sandbox is where what jobs are about is read first, by what Child returns; nil for this process alone. It may read the folder of the store.
	Sandbox *sandbox.Sandbox
	// AdoptStore makes this coordinator's store that of the cluster, whose own is lost.
	AdoptStore bool
	// Weights are the shares of namespaces beside those of others; 1 for those that are not named.
	Weights Weights
	// Audit is the share of shards that another worker computes once more before their job goes on, 0 to 1.
	Audit float64
	// Limits bound what clients may ask for.
	Limits Limits
	// Allow returns an error for the URL of an object, in S3 or on an HTTP server, that workers may not read; nil if they may read none.
	Allow func(url string) error
}

func (c Config) withDefaults() Config {
	c.Stall = cmp.Or(c.Stall, 10*time.Minute)
	c.JobTTL = cmp.Or(c.JobTTL, 7*24*time.Hour)
	c.BlobGrace = cmp.Or(c.BlobGrace, time.Hour)
	c.UploadTTL = cmp.Or(c.UploadTTL, 24*time.Hour)
	c.CollectEvery = cmp.Or(c.CollectEvery, 10*time.Minute)
	c.StreamTTL = cmp.Or(c.StreamTTL, 24*time.Hour)
	c.StreamBytes = cmp.Or(c.StreamBytes, 64<<30)
	c.Streams = cmp.Or(c.Streams, 100)
	return c
}

// Validate reports settings that can't work.
func (c Config) Validate() error {
	if c.Advertise == "" {
		return errors.New("no address to advertise to workers")
	}
	if c.Stall < 0 || c.JobTTL < 0 || c.BlobGrace < 0 || c.UploadTTL < 0 || c.CollectEvery < 0 || c.NamespaceBytes < 0 || c.StreamTTL < 0 {
		return errors.New("times and sizes must not be negative")
	}
	if c.StreamBytes < 0 || c.Streams < 0 {
		return errors.New("bounds of streams must not be negative")
	}
	if !(c.Audit >= 0 && c.Audit <= 1) {
		return fmt.Errorf("a share of %v of all shards to compute once more: want 0 to 1", c.Audit)
	}
	if !c.Limits.valid() {
		return errors.New("limits must not be negative")
	}
	for _, w := range c.Weights {
		if w < 1 || w > maxWeight {
			return fmt.Errorf("the weight of a namespace is %d: want 1 to %d", w, maxWeight)
		}
	}
	return nil
}

// maxPrepares bounds how many jobs are read or finished at a time, since each holds its model in memory.
const maxPrepares = 2

// maxManifests bounds how many manifests are read at a time when jobs are created.
const maxManifests = 4

// Server is a coordinator: it feeds the Machine and carries out what it decides.
type Server struct {
	config   Config
	election Election
	registry registry.Registry
	folder   *store.Folder
	log      *zap.Logger
	metrics  *metrics
	tracer   trace.Tracer
	dial     []grpc.DialOption
	turns    *turns     // bounds how many models are in memory at a time
	small    *turns     // bounds how many manifests are, of jobs that are created
	large    *turns     // the same of those that are larger than smallManifest
	collects sync.Mutex // one collection at a time
	creates  sync.Mutex // one stream is created at a time
	usages   usages
	ages     *ages
	wall     func() time.Time // the wall clock

	inspections sync.Mutex // one at a time

	mu        sync.Mutex
	phase     phase
	leader    string         // the address of the coordinator that leads, as far as is known
	held      map[string]int // digests that are about to be referred to
	troubled  time.Time      // when the log last said that the store fails
	changed   chan struct{}  // closed at each change of what clients see
	saveReady chan struct{}
	term                     // what is begun anew each time this coordinator is elected
	group     sync.WaitGroup // what the end of a term waits for
}

// term is what a server knows while it leads, and how it is told that it does not.
type term struct {
	*Term
	depose     func() // ends ctx
	machine    *Machine
	history    *history
	jobs       map[string]*entry // as the machine has them
	published  index             // as the journal has them: what clients see
	unfinished tally             // of jobs
	coming     tally             // jobs that are about to be created
	texts      tally             // bytes that those take of the journal
	pace       pace
	attempts   map[attemptKey]context.CancelFunc
	peers      map[string]*peer
	streams    map[string]*stream // by their keys
	saves      []Record           // to be written to the journal, in order
	wake       *time.Timer
	ctx        context.Context
}

// phase is where a server stands.
type phase int

const (
	following phase = iota // another coordinator leads, or nobody yet
	starting               // elected, and the journal is not read yet
	dated                  // and the time by which ages count is: blobs may come
	serving
	stopping
)

// entry is a job as the machine has it.
type entry struct {
	Record
	ctx    context.Context // ends when the job does
	cancel context.CancelFunc
	parts  []Blob // manifests of the chunks that a job on a stream calibrates on, as far as they were planned
}

type attemptKey struct {
	job            string
	shard, attempt int
}

// NewServer returns a coordinator that stands for election, keeps jobs in the journal of its term and blobs in the folder, which all coordinators must share, and finds
// workers in the registry. The options for dialling workers come after its own: transport credentials, for example.
func NewServer(c Config, e Election, r registry.Registry, f *store.Folder, log *zap.Logger, dial ...grpc.DialOption) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("coordinator: %w", err)
	}
	s := &Server{
		config: c.withDefaults(), election: e, registry: r, folder: f, log: log, metrics: newMetrics(), tracer: tracerOf(c.Tracing), dial: dial, turns: newTurns(maxPrepares, c.Weights), small: newTurns(maxManifests, c.Weights), large: newTurns(1, c.Weights), ages: &ages{keep: c.withDefaults().longest()}, wall: clock.Now,
		changed: make(chan struct{}), held: map[string]int{}, saveReady: make(chan struct{}, 1),
	}
	f.SetClock(s.stamp)
	return s, nil
}

// Services are the names of what Register adds, which only the coordinator that leads serves.
func Services() []string {
	return []string{
		octetv1.BlobService_ServiceDesc.ServiceName, octetv1.ConversionService_ServiceDesc.ServiceName, octetv1.SampleService_ServiceDesc.ServiceName,
		octetv1.OperationsService_ServiceDesc.ServiceName,
	}
}

// Register adds the services to a gRPC server. Until Run is ready they answer UNAVAILABLE, but for the transfer of blobs by a coordinator that was elected.
func (s *Server) Register(g grpc.ServiceRegistrar) {
	octetv1.RegisterBlobServiceServer(g, &blobService{folder: s.folder, server: s})
	octetv1.RegisterConversionServiceServer(g, &conversionService{server: s})
	octetv1.RegisterSampleServiceServer(g, &sampleService{server: s})
	octetv1.RegisterOperationsServiceServer(g, &operationsService{server: s})
}

// serves returns an error unless the journal is read and the server is not about to end: what it could say of jobs would be wrong.
func (s *Server) serves() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.phase {
	case following:
		return notLeading(s.leader)
	case starting, dated:
		return errStarting
	case stopping:
		return errStopping
	default:
		return nil
	}
}

// leads returns an error if another coordinator is to be asked.
func (s *Server) leads() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.phase {
	case following:
		return notLeading(s.leader)
	case starting:
		return errStarting
	default:
		return nil
	}
}

// writer returns the journal of the present term, for a call that was begun while the server served.
func (s *Server) writer() Journal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Journal
}

var (
	errStarting = status.Error(codes.Unavailable, "the coordinator is starting")
	errStopping = status.Error(codes.Unavailable, "the coordinator is stopping")
)

package coordinator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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
	// UploadTTL is how long what has arrived of an upload is kept after its last byte; 24 hours if 0.
	UploadTTL time.Duration
	// CollectEvery is the time between collections of what has expired; 10 minutes if 0.
	CollectEvery time.Duration
}

func (c Config) withDefaults() Config {
	c.JobTTL = cmp.Or(c.JobTTL, 7*24*time.Hour)
	c.BlobGrace = cmp.Or(c.BlobGrace, time.Hour)
	c.UploadTTL = cmp.Or(c.UploadTTL, 24*time.Hour)
	c.CollectEvery = cmp.Or(c.CollectEvery, 10*time.Minute)
	return c
}

// Validate reports settings that can't work.
func (c Config) Validate() error {
	if c.Advertise == "" {
		return errors.New("no address to advertise to workers")
	}
	if c.JobTTL < 0 || c.BlobGrace < 0 || c.UploadTTL < 0 || c.CollectEvery < 0 {
		return errors.New("times must not be negative")
	}
	return nil
}

// maxPrepares bounds how many jobs are read or finished at a time, since each holds its model in memory.
const maxPrepares = 2

// Server is a coordinator: it feeds the Machine and carries out what it decides.
type Server struct {
	config   Config
	journal  Journal
	registry registry.Registry
	folder   *store.Folder
	log      *zap.Logger
	dial     []grpc.DialOption
	turns    chan struct{} // bounds how many models are in memory at a time
	collects sync.Mutex    // one collection at a time

	mu        sync.Mutex
	phase     phase
	machine   *Machine
	jobs      map[string]*entry // as the machine has them
	published index             // as the journal has them: what clients see
	changed   chan struct{}     // closed at each change of what clients see
	attempts  map[attemptKey]context.CancelFunc
	peers     map[string]*peer
	held      map[string]int // digests that are about to be referred to
	saves     []Record       // to be written to the journal, in order
	saveReady chan struct{}
	wake      *time.Timer

	ctx   context.Context // ends with Run
	group sync.WaitGroup  // what Run waits for
}

// phase is where a server stands between its start and its end.
type phase int

const (
	starting phase = iota // the journal is not read yet
	serving
	stopping
)

// entry is a job as the machine has it.
type entry struct {
	Record
	ctx    context.Context // ends when the job does
	cancel context.CancelFunc
}

type attemptKey struct {
	job            string
	shard, attempt int
}

// NewServer returns a coordinator that keeps jobs in the journal and blobs in the folder, and finds workers in the registry. The options for dialling
// workers come after its own: transport credentials, for example.
func NewServer(c Config, j Journal, r registry.Registry, f *store.Folder, log *zap.Logger, dial ...grpc.DialOption) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("coordinator: %w", err)
	}
	return &Server{
		config: c.withDefaults(), journal: j, registry: r, folder: f, log: log, dial: dial, turns: make(chan struct{}, maxPrepares),
		machine: NewMachine(), jobs: map[string]*entry{}, published: newIndex(), changed: make(chan struct{}),
		attempts: map[attemptKey]context.CancelFunc{}, peers: map[string]*peer{}, held: map[string]int{}, saveReady: make(chan struct{}, 1),
	}, nil
}

// Register adds the services to a gRPC server. Until Run is ready they answer UNAVAILABLE, but for the transfer of blobs.
func (s *Server) Register(g grpc.ServiceRegistrar) {
	octetv1.RegisterBlobServiceServer(g, &blobService{folder: s.folder, server: s})
	octetv1.RegisterConversionServiceServer(g, &conversionService{server: s})
}

// serves returns an error unless the journal is read and the server is not about to end: what it could say of jobs would be wrong.
func (s *Server) serves() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.phase {
	case starting:
		return status.Error(codes.Unavailable, "the coordinator is starting")
	case stopping:
		return errStopping
	default:
		return nil
	}
}

var errStopping = status.Error(codes.Unavailable, "the coordinator is stopping")

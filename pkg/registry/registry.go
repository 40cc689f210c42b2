// Package registry tells who works: workers announce themselves under a lease, and coordinators watch.
package registry

import "context"

// Worker is what a worker announces.
type Worker struct {
	ID       string // unique; a worker that comes back after a restart has a new one
	Addr     string // HOST:PORT of its gRPC server
	Slots    int    // shards that it runs at a time
	Backlog  int    // shards that it takes beyond those, to run when a slot is free
	Numerics int    // the version of its arithmetic
	Memory   int64  // bytes that models and shards may take; 0 if it does not tell
	Version  string // of the program, for people
	Draining bool   // it is about to stop: it takes no more shards, and goes on with those that it has
}

// Registry is where workers are found. It is safe for concurrent use.
type Registry interface {
	// Register announces a worker until the registration is closed. A registration whose lease is lost is made again by itself. The
	// context bounds the call, not the registration.
	Register(ctx context.Context, w Worker) (Registration, error)
	// Watch sends the set of workers, ordered by ID, at once and after each change, until the context ends; then the channel is closed.
	Watch(ctx context.Context) (<-chan []Worker, error)
}

// Registration is a worker that is announced.
type Registration interface {
	// Drain announces that the worker takes no more shards.
	Drain(ctx context.Context) error
	// Close withdraws the worker at once.
	Close(ctx context.Context) error
}

package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
)

// Etcd is a Registry in etcd, in the form of client/v3's naming/endpoints: PREFIX/ID holds the address, and the rest as metadata.
type Etcd struct {
	client *clientv3.Client
	prefix string
	ttl    time.Duration
}

// retry is the pause between attempts to reach etcd.
const retry = 500 * time.Millisecond

// NewEtcd returns the registry under a prefix. A worker that is not heard of for ttl, at least a second, is gone.
func NewEtcd(client *clientv3.Client, prefix string, ttl time.Duration) *Etcd {
	return &Etcd{client, strings.TrimSuffix(prefix, "/"), max(ttl, time.Second)}
}

// metadata is what an endpoint carries beside its address.
type metadata struct {
	Slots    int    `json:"slots"`
	Numerics int    `json:"numerics"`
	Version  string `json:"version"`
	Backlog  int    `json:"backlog,omitempty"`
	Draining bool   `json:"draining,omitempty"`
	Memory   int64  `json:"memory,omitempty"`
}

// Register implements Registry.
func (e *Etcd) Register(ctx context.Context, w Worker) (Registration, error) {
	manager, err := endpoints.NewManager(e.client, e.prefix)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	life, stop := context.WithCancel(context.Background())
	r := &etcdRegistration{registry: e, manager: manager, worker: w, stop: stop, done: make(chan struct{})}
	alive, err := r.announce(ctx, life)
	if err != nil {
		stop()
		return nil, err
	}
	go r.keep(life, alive)
	return r, nil
}

type etcdRegistration struct {
	registry *Etcd
	manager  endpoints.Manager
	stop     context.CancelFunc
	done     chan struct{}

	mu     sync.Mutex
	worker Worker
	lease  clientv3.LeaseID
}

// announce makes a lease, puts the worker under it, and keeps the lease alive for as long as life goes on.
func (r *etcdRegistration) announce(ctx, life context.Context) (<-chan *clientv3.LeaseKeepAliveResponse, error) {
	lease, err := r.registry.client.Grant(ctx, int64(r.registry.ttl/time.Second))
	if err != nil {
		return nil, fmt.Errorf("registry: lease: %w", err)
	}
	r.mu.Lock()
	r.lease = lease.ID // from here on Close must know of it
	r.mu.Unlock()
	if err := r.put(ctx); err != nil {
		return nil, err
	}
	alive, err := r.registry.client.KeepAlive(life, lease.ID)
	if err != nil {
		return nil, fmt.Errorf("registry: keep alive: %w", err)
	}
	return alive, nil
}

// put writes what the worker announces under its lease. One at a time, so that what was announced last stays.
func (r *etcdRegistration) put(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.worker
	point := endpoints.Endpoint{Addr: w.Addr, Metadata: metadata{w.Slots, w.Numerics, w.Version, w.Backlog, w.Draining, w.Memory}}
	if err := r.manager.AddEndpoint(ctx, r.registry.prefix+"/"+w.ID, point, clientv3.WithLease(r.lease)); err != nil {
		return fmt.Errorf("registry: announce %s: %w", w.ID, err)
	}
	return nil
}

// Drain implements Registration.
func (r *etcdRegistration) Drain(ctx context.Context) error {
	r.mu.Lock()
	r.worker.Draining = true
	r.mu.Unlock()
	return r.put(ctx)
}

// keep announces the worker again whenever its lease is lost, until life ends.
func (r *etcdRegistration) keep(life context.Context, alive <-chan *clientv3.LeaseKeepAliveResponse) {
	defer close(r.done)
	for {
		for range alive {
		}
		for {
			if life.Err() != nil {
				return
			}
			ctx, cancel := context.WithTimeout(life, r.registry.ttl)
			again, err := r.announce(ctx, life)
			cancel()
			if err == nil {
				alive = again
				break
			}
			select {
			case <-life.Done():
			case <-time.After(retry):
			}
		}
	}
}

// Close implements Registration.
func (r *etcdRegistration) Close(ctx context.Context) error {
	r.stop()
	<-r.done
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.registry.client.Revoke(ctx, r.lease); err != nil && !errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return fmt.Errorf("registry: withdraw %s: %w", r.worker.ID, err)
	}
	return nil
}

// Watch implements Registry. While etcd can't be reached, the last known set stands.
func (e *Etcd) Watch(ctx context.Context) (<-chan []Worker, error) {
	manager, err := endpoints.NewManager(e.client, e.prefix)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	ctx = clientv3.WithRequireLeader(ctx) // a member that is cut off must not keep its watchers in the dark
	first, err := manager.NewWatchChannel(ctx)
	if err != nil {
		return nil, fmt.Errorf("registry: watch: %w", err)
	}
	out := make(chan []Worker)
	go func() {
		defer close(out)
		updates := first
		for updates != nil {
			e.follow(ctx, updates, out)
			updates = e.rewatch(ctx, manager)
		}
	}()
	return out, nil
}

// follow sends the present set, then one after each update, until the channel of updates ends. What is there already is in the channel when
// NewWatchChannel returns, as one update, or nothing is.
func (e *Etcd) follow(ctx context.Context, updates endpoints.WatchChannel, out chan<- []Worker) {
	defer func() {
		for range updates { // whoever sends must not be left waiting; the channel is closed when the context ends
		}
	}()
	workers := map[string]Worker{}
	select {
	case batch := <-updates:
		e.update(workers, batch)
	default:
	}
	for {
		select {
		case out <- sorted(workers):
		case <-ctx.Done():
			return
		}
		select {
		case <-ctx.Done():
			return
		case batch, ok := <-updates:
			if !ok {
				return
			}
			e.update(workers, batch)
		}
	}
}

func (e *Etcd) update(workers map[string]Worker, batch []*endpoints.Update) {
	for _, u := range batch {
		id := strings.TrimPrefix(u.Key, e.prefix+"/")
		delete(workers, id)
		if u.Op == endpoints.Add {
			if w, ok := workerOf(id, u.Endpoint); ok {
				workers[id] = w
			}
		}
	}
}

// rewatch starts over after a while, for as long as it takes; nil once the context has ended.
func (e *Etcd) rewatch(ctx context.Context, manager endpoints.Manager) endpoints.WatchChannel {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retry):
		}
		if updates, err := manager.NewWatchChannel(ctx); err == nil {
			return updates
		}
	}
}

func workerOf(id string, p endpoints.Endpoint) (Worker, bool) {
	text, err := json.Marshal(p.Metadata)
	if err != nil {
		return Worker{}, false
	}
	var m metadata
	if err := json.Unmarshal(text, &m); err != nil || m.Slots < 1 {
		return Worker{}, false
	}
	return Worker{ID: id, Addr: p.Addr, Slots: m.Slots, Backlog: max(m.Backlog, 0), Numerics: m.Numerics, Version: m.Version, Memory: max(m.Memory, 0), Draining: m.Draining}, true
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/octetlite/octet/coordinator"
	"github.com/octetlite/octet/worker"
)

// clusterConfig are the settings of a cluster within this process.
type clusterConfig struct {
	workers int
	slots   int       // per worker
	listen  string    // of the coordinator
	dir     string    // for everything
	secure  *security // nil for none
	watched *telemetry
	box     boxFlags     // how models and samples are read
	objects *objectFlags // what jobs may read elsewhere; nil for nothing
}

// embeddedTTL is the lease of workers that live in the same process as their coordinator.
const embeddedTTL = 5 * time.Second

// runCluster runs etcd, a coordinator and workers in this process, each with a data folder of its own, talking gRPC over loopback. It calls ready with the
// coordinator's address once all workers are registered, and works until the context ends.
func runCluster(ctx context.Context, c clusterConfig, log *zap.Logger, ready func(addr string)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lock, err := lockDir(c.dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	server, err := startEtcd(ctx, filepath.Join(c.dir, "etcd"), log)
	if err != nil {
		return err
	}
	defer server.Close()
	etcd, err := dialEtcd(ctx, []string{server.addr}, server.identity, log)
	if err != nil {
		return err
	}
	defer etcd.Close()

	objects := cmp.Or(c.objects, &objectFlags{})
	parts := newParts(cancel)
	secureCoordinator, secureWorker := cmp.Or(c.secure, &security{log: log}).members()
	watched := c.watched
	if watched == nil {
		watched = newTelemetry(tracingOf(ctx))
	}
	at, err := embedded("coordinator", c.listen, etcd, c.dir, secureCoordinator, watched)
	if err != nil {
		return err
	}
	at.box = c.box
	at.box.silence = modelTimeout
	parts.start("coordinator", func(up func()) error { return at.coordinator(ctx, coordinator.Config{}, candidate{}, objects, up) })
	for i := range c.workers {
		name := fmt.Sprintf("worker-%d", i)
		parts.start(name, func(up func()) error {
			at, err := embedded(name, "127.0.0.1:0", etcd, c.dir, secureWorker, watched)
			if err != nil {
				return err
			}
			at.name, at.box = name, c.box
			return at.worker(ctx, worker.Config{Slots: c.slots, Memory: worker.Planned(c.box.bound()) / int64(c.workers)}, objects, up)
		})
	}
	if parts.allUp(ctx) {
		ready(at.advertise)
	}
	return parts.wait()
}

// embedded returns the site of a server of the cluster, which has a folder of its name in dir.
func embedded(name, addr string, etcd *clientv3.Client, dir string, secure *security, watched *telemetry) (*site, error) {
	gate := secure.gate()
	var advertise string // is known before the server serves
	g, err := listen(addr, gate, append(watched.server(), secure.server(func() string { return advertise })...)...)
	if err != nil {
		return nil, err
	}
	if err := watched.register(connections{gate}, name); err != nil {
		return nil, err
	}
	watched.watch(g)
	advertise = g.local()
	return &site{
		grpcServer: g, advertise: advertise, etcd: etcd, ttl: embeddedTTL, dir: filepath.Join(dir, name), dial: append(secure.dial(), watched.dial()...), log: secure.log, telemetry: watched,
	}, nil
}

// parts are servers that live and die together.
type parts struct {
	cancel context.CancelFunc
	group  sync.WaitGroup
	up     sync.WaitGroup
	mu     sync.Mutex
	errs   []error
}

func newParts(cancel context.CancelFunc) *parts { return &parts{cancel: cancel} }

// start runs a part until it ends; if it fails, all parts are told to stop. The part calls up when it serves.
func (p *parts) start(name string, run func(up func()) error) {
	var once sync.Once
	p.up.Add(1)
	up := func() { once.Do(p.up.Done) }
	p.group.Go(func() {
		defer up()
		if err := run(up); err != nil {
			p.mu.Lock()
			p.errs = append(p.errs, fmt.Errorf("%s: %w", name, err))
			p.mu.Unlock()
			p.cancel()
		}
	})
}

// allUp waits until every part serves; false if one failed, or the context ended.
func (p *parts) allUp(ctx context.Context) bool {
	p.up.Wait()
	return ctx.Err() == nil
}

func (p *parts) wait() error {
	p.group.Wait()
	return errors.Join(p.errs...)
}

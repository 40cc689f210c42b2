package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/octetlite/octet/pkg/registry"
)

// The prefix of everything in etcd, and how long etcd may take to get ready.
const (
	etcdPrefix  = "/octet"
	etcdTimeout = 60 * time.Second
	etcdQuota   = 1 << 30 // bytes

	etcdPatience = 2 * time.Second // before the log says that etcd does not answer
)

// etcdReconnect is how often an etcd that is away is tried again. gRPC's own pauses grow to minutes, for which a lease would be lost once more.
var etcdReconnect = grpc.ConnectParams{
	Backoff: backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second}, MinConnectTimeout: 5 * time.Second,
}

// localEtcd is an etcd in this process.
type localEtcd struct {
	*embed.Etcd
	level zap.AtomicLevel // of its log
	addr  string          // of its clients
}

// Close stops it. It logs its own closing of listeners as errors, which are kept from the user.
func (e *localEtcd) Close() {
	e.level.SetLevel(zap.FatalLevel)
	e.Etcd.Close()
}

// startEtcd starts an etcd in this process, on loopback, that compacts itself hourly.
func startEtcd(ctx context.Context, dir string, log *zap.Logger) (*localEtcd, error) {
	level := zap.NewAtomicLevelAt(max(log.Level(), zap.ErrorLevel))
	cfg := embed.NewConfig()
	cfg.Name = "octet"
	cfg.Dir = dir
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(log.Named("etcd").WithOptions(zap.IncreaseLevel(level)))
	cfg.QuotaBackendBytes = etcdQuota
	cfg.AutoCompactionMode, cfg.AutoCompactionRetention = embed.CompactorModePeriodic, "1h"
	loopback := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	cfg.ListenClientUrls, cfg.ListenPeerUrls = []url.URL{loopback}, []url.URL{loopback}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	server, err := embed.StartEtcd(cfg)
	if err != nil {
		return nil, fmt.Errorf("etcd in %s: %w", dir, err)
	}
	e := &localEtcd{server, level, server.Clients[0].Addr().String()}
	select {
	case <-e.Server.ReadyNotify():
		return e, nil
	case err = <-e.Err():
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(etcdTimeout):
		err = errors.New("did not get ready")
	}
	e.Close()
	return nil, fmt.Errorf("etcd in %s: %w", dir, err)
}

// dialEtcd returns a client, once etcd answers. That it does not answer yet is logged: in a cluster that starts, etcd may well be the last.
func dialEtcd(ctx context.Context, endpoints []string, log *zap.Logger) (*clientv3.Client, error) {
	c, err := clientv3.New(clientv3.Config{
		Endpoints: endpoints, DialOptions: []grpc.DialOption{grpc.WithConnectParams(etcdReconnect)}, DialTimeout: 10 * time.Second, DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 5 * time.Second,
		Logger: log.Named("etcd").WithOptions(zap.IncreaseLevel(zap.ErrorLevel)),
	})
	if err != nil {
		return nil, fmt.Errorf("etcd %v: %w", endpoints, err)
	}
	ask, cancel := context.WithTimeout(ctx, etcdTimeout)
	defer cancel()
	soon := time.AfterFunc(etcdPatience, func() {
		log.Warn("waiting_for_etcd", zap.Strings("endpoints", endpoints), zap.NamedError("reason", reach(ask, endpoints)), zap.Duration("at_most", etcdTimeout))
	})
	defer soon.Stop()
	_, err = c.Get(ask, etcdPrefix, clientv3.WithCountOnly())
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("etcd %s does not answer: %w", strings.Join(endpoints, ", "), cmp.Or(reach(ctx, endpoints), fmt.Errorf("it kept silent for %v", etcdTimeout)))
	default:
		err = fmt.Errorf("etcd %s: %w", strings.Join(endpoints, ", "), err)
	}
	return nil, errors.Join(err, c.Close())
}

// reach tries to connect to endpoints and returns why the last one can't be reached; nil if one can.
func reach(ctx context.Context, endpoints []string) error {
	ctx, cancel := context.WithTimeout(ctx, etcdPatience)
	defer cancel()
	var last error
	for _, e := range endpoints {
		_, addr, scheme := strings.Cut(e, "://")
		if !scheme {
			addr = e
		}
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		last = err
	}
	return last
}

// workersIn returns the registry of workers in etcd.
func workersIn(c *clientv3.Client, ttl time.Duration) registry.Registry {
	return registry.NewEtcd(c, etcdPrefix+"/workers", ttl)
}

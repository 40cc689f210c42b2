package main

import (
	"context"
	"net"
	"time"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
)

// site is what a server of a cluster stands on: a listener, etcd, and a data folder of its own.
type site struct {
	*grpcServer
	advertise string // HOST:PORT at which others reach it
	etcd      *clientv3.Client
	ttl       time.Duration // of workers' leases
	dir       string
	dial      []grpc.DialOption // for calling other members
	telemetry *telemetry
	name      string // of this part among others in the process; "" if there are none
	log       *zap.Logger
	box       boxFlags // how models and samples are read
}

// run serves while work runs. Once work says that it is ready, the server is healthy, and ready is called if it is not nil.
func (s *site) run(ctx context.Context, work func(ctx context.Context, ready func()) error, ready func()) error {
	return s.serve(ctx, s.log, func(ctx context.Context) error {
		return work(ctx, func() {
			s.ready()
			if ready != nil {
				ready()
			}
		})
	})
}

// siteFlags are the flags of the daemons.
type siteFlags struct {
	log               logFlags
	telemetry         telemetryFlags
	box               boxFlags
	security          serverFlags
	etcd              etcdFlags
	ttl               time.Duration
	listen, advertise string
	dir               string
}

// add adds the flags: who calls this server, where it listens by default, and what its folder is for.
func (f *siteFlags) add(cmd *cobra.Command, callers, listen, dir, holds string) {
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", listen, "HOST:PORT to serve at; port 0 takes a free one")
	flags.StringVar(&f.advertise, "advertise", "", "HOST:PORT at which "+callers+" reach this process (default: where it listens)")
	flags.StringVar(&f.dir, "data-dir", dir, "folder for "+holds+", which no other process may use")
	f.etcd.add(cmd)
	f.security.add(cmd)
	f.telemetry.add(cmd)
	flags.DurationVar(&f.ttl, "worker-ttl", 5*time.Second, "a worker not heard of for so long is gone")
	f.log.add(cmd, "info")
}

// with opens the site that the flags describe, and runs f on it. settings are what the flags say of the daemon itself: what is wrong with them is said before anybody is waited for.
func (f *siteFlags) with(ctx context.Context, s streams, settings interface{ Validate() error }, run func(*site) error) error {
	if err := f.box.check(); err != nil {
		return err
	}
	if err := settings.Validate(); err != nil {
		return &usageError{err}
	}
	if err := wantAddress("--listen", f.listen); err != nil {
		return err
	}
	if f.advertise != "" {
		if err := wantAddress("--advertise", f.advertise); err != nil {
			return err
		}
	}
	log, err := f.log.logger(s)
	if err != nil {
		return err
	}
	lock, err := lockDir(f.dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	secure, err := f.security.open(f.listen, log)
	if err != nil {
		return err
	}
	watched, unwatch, err := f.telemetry.open(ctx, log)
	if err != nil {
		return err
	}
	defer unwatch()
	gate := secure.gate()
	var advertise string // is known before the server serves
	g, err := listen(f.listen, gate, append(watched.server(), secure.server(func() string { return advertise })...)...)
	if err != nil {
		return err
	}
	defer g.listener.Close()
	if err := watched.register(connections{gate}, ""); err != nil {
		return err
	}
	watched.watch(g)
	advertise, err = g.addr(f.advertise)
	if err != nil {
		return err
	}
	etcd, err := f.etcd.dial(ctx, &f.security, secure.identity, log)
	if err != nil {
		return err
	}
	defer etcd.Close()
	return run(&site{
		grpcServer: g, advertise: advertise, etcd: etcd, ttl: f.ttl, dir: f.dir, dial: append(secure.dial(), watched.dial()...), log: log, telemetry: watched, box: f.box,
	})
}

// wantAddress reports a flag's value that is no HOST:PORT.
func wantAddress(flag, addr string) error {
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
		return usagef("%s %q: want HOST:PORT", flag, addr)
	}
	return nil
}

package main

import (
	"context"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/worker"
)

type workerFlags struct {
	log               logFlags
	etcd              etcdFlags
	listen, advertise string
	dir               string
	config            worker.Config
}

func newWorker(s streams) *cobra.Command {
	f := workerFlags{config: worker.Config{Version: version()}}
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Run a worker of a cluster",
		Long: `Run a worker of a cluster: it registers in etcd under a lease, and runs the shards that
coordinators give it. Models and samples are fetched from the coordinator and kept in a bounded cache
in the data directory, which no other process may use.`,
		Example: `  octet worker --etcd etcd-0:2379 --listen 0.0.0.0:8471 --advertise $(hostname):8471 --data-dir /var/cache/octet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := f.log.logger(s)
			if err != nil {
				return err
			}
			etcd, err := dialEtcd(cmd.Context(), f.etcd.endpoints, log)
			if err != nil {
				return err
			}
			defer etcd.Close()
			g, err := listen(f.listen)
			if err != nil {
				return err
			}
			if f.config.Advertise, err = g.addr(f.advertise); err != nil {
				return err
			}
			return serveWorker(cmd.Context(), g, f.config, f.etcd.ttl, etcd, f.dir, log, nil)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:0", "HOST:PORT to serve at; port 0 takes a free one")
	flags.StringVar(&f.advertise, "advertise", "", "HOST:PORT that coordinators reach this worker at (default: where it listens)")
	flags.StringVar(&f.dir, "data-dir", "octet-worker", "folder for the cache")
	flags.IntVar(&f.config.Slots, "slots", runtime.GOMAXPROCS(0), "shards to run at a time; each takes one core")
	flags.Int64Var(&f.config.CacheBytes, "cache-bytes", 10<<30, "bound of the cache on disk")
	flags.IntVar(&f.config.Models, "models", 4, "models kept ready in memory")
	flags.DurationVar(&f.config.Drain, "drain", 10*time.Second, "how long shards may go on when the worker is told to stop")
	f.etcd.add(cmd)
	f.log.add(cmd, "info")
	return cmd
}

// serveWorker serves until the context ends. ready, if not nil, is called when the worker is registered.
func serveWorker(ctx context.Context, g *grpcServer, c worker.Config, ttl time.Duration, etcd *clientv3.Client, dir string, log *zap.Logger, ready func()) error {
	folder, err := store.NewFolder(filepath.Join(dir, "cache"))
	if err != nil {
		return err
	}
	server, err := worker.NewServer(ctx, c, workersIn(etcd, ttl), folder, log.Named("worker"))
	if err != nil {
		return err
	}
	server.Register(g)
	return g.serve(ctx, log, func(ctx context.Context) error {
		return server.Run(ctx, func() {
			g.ready()
			if ready != nil {
				ready()
			}
		})
	})
}

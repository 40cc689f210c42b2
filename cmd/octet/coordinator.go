package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/octetlite/octet/coordinator"
	"github.com/octetlite/octet/pkg/store"
)

// etcdFlags say where etcd is.
type etcdFlags struct {
	endpoints []string
	ttl       time.Duration
}

func (f *etcdFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.endpoints, "etcd", []string{"127.0.0.1:2379"}, "endpoints of etcd, HOST:PORT,...")
	cmd.Flags().DurationVar(&f.ttl, "worker-ttl", 5*time.Second, "a worker not heard of for so long is gone")
}

type coordinatorFlags struct {
	log               logFlags
	etcd              etcdFlags
	listen, advertise string
	dir               string
	config            coordinator.Config
}

func newCoordinator(s streams) *cobra.Command {
	var f coordinatorFlags
	cmd := &cobra.Command{
		Use:   "coordinator",
		Short: "Run the coordinator of a cluster",
		Long: `Run the coordinator of a cluster: it serves ConversionService and BlobService to clients, finds
workers in etcd, gives them shards, and merges what comes back. Jobs survive a restart: they are in
etcd, and their blobs in the data directory.`,
		Example: `  octet coordinator --etcd etcd-0:2379,etcd-1:2379 --listen 0.0.0.0:8470 --advertise $(hostname):8470 --data-dir /var/lib/octet`,
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
			return serveCoordinator(cmd.Context(), g, f.config, f.etcd.ttl, etcd, f.dir, log, nil)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8470", "HOST:PORT to serve at")
	flags.StringVar(&f.advertise, "advertise", "", "HOST:PORT that workers reach this coordinator at (default: where it listens)")
	flags.StringVar(&f.dir, "data-dir", "octet-coordinator", "folder for blobs")
	flags.DurationVar(&f.config.JobTTL, "job-ttl", 7*24*time.Hour, "how long jobs that have ended are kept")
	flags.DurationVar(&f.config.BlobGrace, "blob-grace", time.Hour, "how long blobs that no job refers to are kept")
	flags.DurationVar(&f.config.CollectEvery, "collect-every", 10*time.Minute, "time between removals of what has expired")
	f.etcd.add(cmd)
	f.log.add(cmd, "info")
	return cmd
}

// serveCoordinator serves until the context ends. ready, if not nil, is called when clients can be served.
func serveCoordinator(ctx context.Context, g *grpcServer, c coordinator.Config, ttl time.Duration, etcd *clientv3.Client, dir string, log *zap.Logger, ready func()) error {
	folder, err := store.NewFolder(filepath.Join(dir, "blobs"))
	if err != nil {
		return err
	}
	server, err := coordinator.NewServer(c, coordinator.NewEtcdJournal(etcd, etcdPrefix), workersIn(etcd, ttl), folder, log.Named("coordinator"))
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

package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/coordinator"
	"github.com/octetlite/octet/pkg/store"
)

func newCoordinator(s streams) *cobra.Command {
	var f siteFlags
	var c coordinator.Config
	cmd := &cobra.Command{
		Use:   "coordinator",
		Short: "Run the coordinator of a cluster",
		Long: `Run the coordinator of a cluster: it serves ConversionService and BlobService to clients, finds
workers in etcd, gives them shards, and merges what comes back. Jobs survive a restart: they are in
etcd, and their blobs in the data directory.`,
		Example: `  octet coordinator --etcd etcd-0:2379,etcd-1:2379 --listen 0.0.0.0:8470 --advertise $(hostname):8470 --data-dir /var/lib/octet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd.Context(), s, func(at *site) error { return at.coordinator(cmd.Context(), c, nil) })
		},
	}
	f.add(cmd, "workers", "127.0.0.1:8470", "octet-coordinator", "blobs")
	flags := cmd.Flags()
	flags.DurationVar(&c.JobTTL, "job-ttl", 7*24*time.Hour, "how long jobs that have ended are kept")
	flags.DurationVar(&c.BlobGrace, "blob-grace", time.Hour, "how long blobs that no job refers to are kept")
	flags.DurationVar(&c.CollectEvery, "collect-every", 10*time.Minute, "time between removals of what has expired")
	return cmd
}

// coordinator serves until the context ends. ready, if not nil, is called when clients can be served.
func (s *site) coordinator(ctx context.Context, c coordinator.Config, ready func()) error {
	folder, err := store.NewFolder(filepath.Join(s.dir, "blobs"))
	if err != nil {
		return err
	}
	c.Advertise = s.advertise
	server, err := coordinator.NewServer(c, coordinator.NewEtcdJournal(s.etcd, etcdPrefix), workersIn(s.etcd, s.ttl), folder, s.log.Named("coordinator"))
	if err != nil {
		return err
	}
	server.Register(s)
	return s.run(ctx, server.Run, ready)
}

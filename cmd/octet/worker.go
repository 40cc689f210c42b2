package main

import (
	"cmp"
	"context"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/worker"
)

func newWorker(s streams) *cobra.Command {
	var f siteFlags
	var c worker.Config
	var o objectFlags
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Run a worker of a cluster",
		Long: `Run a worker of a cluster: it registers in etcd under a lease, and runs the shards that
coordinators give it. Models and samples are fetched from the coordinator and kept in a bounded cache
in the data directory.

With --until-idle it leaves when no shard came for that long, with exit status 0: for batch systems, where
workers are jobs of their own that should end when the work is done.`,
		Example: `  octet worker --etcd https://etcd-0:2379 --listen 0.0.0.0:8471 --advertise $(hostname):8471 --data-dir /var/cache/octet \
    --tls-ca ca.pem --tls-cert cert.pem --tls-key key.pem --token-file worker.token
  octet worker --etcd https://etcd-0:2379 --listen 0.0.0.0:8471 --advertise $(hostname):8471 --until-idle 5m`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.UntilIdle < 0 {
				return usagef("--until-idle %v: want a time, or 0 to stay", c.UntilIdle)
			}
			if c.Memory < 0 {
				return usagef("--memory %d: want bytes, or 0 for the default", c.Memory)
			}
			settings := c
			settings.Advertise = f.listen // what others are told is known later
			return f.with(cmd.Context(), s, settings, func(at *site) error { return at.worker(cmd.Context(), c, &o, nil) })
		},
	}
	f.add(cmd, "coordinators", "127.0.0.1:0", "octet-worker", "the cache")
	flags := cmd.Flags()
	perCore(flags, &c.Slots, "slots", "shards to run at a time; each takes one core")
	flags.Int64Var(&c.CacheBytes, "cache-bytes", 10<<30, "bound of the cache on disk")
	f.box.add(cmd, "sample-timeout", sampleTimeout, sampleTimeoutUsage)
	o.addServer(cmd)
	o.addCache(cmd)
	flags.Int64Var(&c.Memory, "memory", 0, "bytes for models and shards that coordinators plan with (default: three quarters of what --sandbox-memory allows)")
	flags.IntVar(&c.Models, "models", 4, "models kept ready in memory")
	flags.DurationVar(&c.Drain, "drain", 30*time.Second, "how long shards that run may go on when the worker is told to stop")
	flags.DurationVar(&c.UntilIdle, "until-idle", 0, "leave when there was no shard for so long; 0 to stay. Longer than the pauses between the jobs of a batch")
	return cmd
}

// worker serves until the context ends, or it is idle for as long as the settings say. ready, if not nil, is called when the worker is registered.
func (s *site) worker(ctx context.Context, c worker.Config, o *objectFlags, ready func()) error {
	if _, err := o.open(); err != nil {
		return err
	}
	c.Objects = o
	folder, err := store.NewFolder(filepath.Join(s.dir, "cache"))
	if err != nil {
		return err
	}
	c.Advertise, c.Version = s.advertise, version()
	c.Memory = cmp.Or(c.Memory, worker.Planned(s.box.bound()))
	if c.Sandbox, err = s.box.open(ctx, cmp.Or(c.Models, 4), folder.Root(), s.telemetry, s.log.Named("worker")); err != nil {
		return err
	}
	if c.Sandbox != nil {
		defer c.Sandbox.Close()
	}
	server, err := worker.NewServer(ctx, c, workersIn(s.etcd, s.ttl), folder, s.log.Named("worker"), s.dial...)
	if err != nil {
		return err
	}
	if err := s.telemetry.register(server.Metrics(), s.name); err != nil {
		return err
	}
	server.Register(s)
	return s.run(ctx, server.Run, ready)
}

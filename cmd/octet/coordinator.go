package main

import (
	"cmp"
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
	var e candidate
	var o objectFlags
	cmd := &cobra.Command{
		Use:   "coordinator",
		Short: "Run the coordinator of a cluster",
		Long: `Run the coordinator of a cluster: it serves ConversionService and BlobService to clients, finds
workers in etcd, gives them shards, and merges what comes back. Jobs survive a restart: they are in
etcd, and their blobs in the store.

There may be several coordinators. One of them leads, which the others find out from etcd; when it
is not heard of for the time of its lease, another takes over its jobs where they are. For this all
must share the store: a folder on a file system that all of them see. Clients are given all their
addresses.`,
		Example: `  octet coordinator --etcd https://etcd-0:2379,https://etcd-1:2379 --listen 0.0.0.0:8470 --advertise $(hostname):8470 --data-dir /var/lib/octet \
    --tls-ca ca.pem --tls-cert cert.pem --tls-key key.pem --tokens tokens --token-file coordinator.token
  octet coordinator --etcd https://etcd-0:2379,https://etcd-1:2379 --listen 0.0.0.0:8470 --advertise $(hostname):8470 --store /mnt/shared/octet --lease 3s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if e.lease < time.Second || e.lease%time.Second != 0 {
				return usagef("--lease %v: want whole seconds, at least one", e.lease)
			}
			settings := c
			settings.Advertise = f.listen // what others are told is known later
			return f.with(cmd.Context(), s, settings, func(at *site) error { return at.coordinator(cmd.Context(), c, e, &o, nil) })
		},
	}
	f.add(cmd, "workers", "127.0.0.1:8470", "octet-coordinator", "blobs")
	flags := cmd.Flags()
	flags.StringVar(&e.store, "store", "", "folder for blobs, which all coordinators share (default: blobs in the data directory)")
	o.addServer(cmd)
	flags.BoolVar(&c.AdoptStore, "adopt-store", false, "take the store for the cluster's, whose own is gone for good")
	flags.DurationVar(&e.lease, "lease", 5*time.Second, "a coordinator that leads and is not heard of for so long is succeeded; whole seconds")
	flags.DurationVar(&c.Stall, "stall", 10*time.Minute, "a shard whose worker shows no progress for so long is given to another")
	flags.Float64Var(&c.Audit, "verify-shards", 0.01, "share of shards that another worker computes once more, 0 to 1; a job of which two workers disagree fails, and names them")
	flags.IntVar(&c.Limits.Jobs, "max-jobs", 10_000, "jobs that are not over; more are turned away, and told when to try again (0: no bound)")
	flags.IntVar(&c.Limits.NamespaceJobs, "max-jobs-per-namespace", 0, "the same for each client's namespace (0: no bound)")
	flags.IntVar(&c.Limits.NamespaceShards, "max-shards-per-namespace", 0, "shards of a namespace that run at a time (0: no bound)")
	flags.StringToIntVar((*map[string]int)(&c.Weights), "namespace-weight", nil, "NAME=N,...: shares of namespaces beside those of others (default: 1 each)")
	flags.Lookup("namespace-weight").DefValue = "" // not "[]"
	flags.DurationVar(&c.JobTTL, "job-ttl", 7*24*time.Hour, "how long jobs that have ended are kept")
	flags.DurationVar(&c.BlobGrace, "blob-grace", time.Hour, "how long blobs that no job refers to are kept")
	f.box.add(cmd, "model-timeout", modelTimeout, modelTimeoutUsage)
	flags.Int64Var(&c.NamespaceBytes, "namespace-bytes", 0, "bytes that the clients of each namespace may have in the store (default: no limit)")
	flags.DurationVar(&c.StreamTTL, "stream-ttl", 24*time.Hour, "how long streams of samples that nothing happens to are kept")
	flags.Int64Var(&c.StreamBytes, "stream-bytes", 64<<30, "bytes that the samples of a stream may have")
	flags.IntVar(&c.Streams, "max-streams", 100, "streams of samples that a namespace may have")
	flags.DurationVar(&c.CollectEvery, "collect-every", 10*time.Minute, "time between removals of what has expired")
	return cmd
}

// candidate is how a coordinator stands for election.
type candidate struct {
	store string        // folder; "" for one in the data folder
	lease time.Duration // 0 if there are no others
}

func (e candidate) election(s *site) coordinator.Election {
	if e.lease == 0 {
		return coordinator.Alone(coordinator.NewEtcdJournal(s.etcd, etcdPrefix))
	}
	return coordinator.NewEtcdElection(s.etcd, etcdPrefix, e.lease, s.log.Named("coordinator"))
}

// coordinator serves until the context ends. leads, if not nil, is called when clients can be served.
func (s *site) coordinator(ctx context.Context, c coordinator.Config, e candidate, o *objectFlags, leads func()) error {
	allow, err := o.allow()
	if err != nil {
		return err
	}
	c.Allow = allow.Check
	folder, err := store.NewFolder(cmp.Or(e.store, filepath.Join(s.dir, "blobs")))
	if err != nil {
		return err
	}
	c.Advertise, c.Version, c.Tracing = s.advertise, version(), s.telemetry.tracers()
	if c.Sandbox, err = s.box.open(ctx, 1, folder.Root(), s.telemetry, s.log.Named("coordinator")); err != nil {
		return err
	}
	if c.Sandbox != nil {
		defer c.Sandbox.Close()
	}
	server, err := coordinator.NewServer(c, e.election(s), workersIn(s.etcd, s.ttl), folder, s.log.Named("coordinator"), s.dial...)
	if err != nil {
		return err
	}
	if err := s.telemetry.register(server.Metrics(), ""); err != nil {
		return err
	}
	server.Register(s)
	s.serves(false, coordinator.Services()...)
	return s.run(ctx, func(ctx context.Context, ready func()) error {
		ready()
		return server.Run(ctx, func(now bool) {
			s.serves(now, coordinator.Services()...)
			if now && leads != nil {
				leads()
			}
		})
	}, nil)
}

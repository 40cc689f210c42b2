package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/credential"
)

func newUp(s streams) *cobra.Command {
	var log logFlags
	var secure serverFlags
	var watch telemetryFlags
	c := clusterConfig{objects: &objectFlags{}}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run a whole cluster in one process: etcd, coordinator and workers",
		Long: `Run a whole cluster in one process: etcd, a coordinator and workers, talking gRPC over loopback
as they would between machines. Jobs survive a restart with the same data directory. Ctrl-C stops it.`,
		Example: `  octet up --workers 4
  octet convert model.tflite -o int8.tflite --data samples.npz --coordinator 127.0.0.1:8470`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.workers < 1 || c.slots < 1 {
				return usagef("--workers and --slots must be at least 1")
			}
			if err := errors.Join(c.box.check(), wantAddress("--listen", c.listen)); err != nil {
				return err
			}
			logger, err := log.logger(s)
			if err != nil {
				return err
			}
			if c.dir == "" {
				if c.dir, err = dataDir(); err != nil {
					return err
				}
			}
			if c.secure, err = secure.open(c.listen, logger); err != nil {
				return err
			}
			watched, unwatch, err := watch.open(cmd.Context(), logger)
			if err != nil {
				return err
			}
			defer unwatch()
			c.watched = watched
			return runCluster(cmd.Context(), c, logger, func(addr string) {
				fmt.Fprintf(s.out, "octet is up: coordinator at %s, %d workers, data in %s\n", addr, c.workers, c.dir)
				if watch.listen != "" {
					fmt.Fprintf(s.out, "  metrics at http://%s/metrics\n", watched.addr)
				}
				if c.secure.identity == nil {
					fmt.Fprintln(s.out, openTo(c.listen))
				}
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&c.workers, "workers", 2, "number of workers")
	flags.IntVar(&c.slots, "slots", 1, "shards that each worker runs at a time")
	flags.StringVar(&c.listen, "listen", "127.0.0.1:8470", "HOST:PORT of the coordinator")
	flags.StringVar(&c.dir, "data-dir", "", "folder for etcd, blobs and caches (default: octet in the user's data folder)")
	c.box.add(cmd, "sample-timeout", sampleTimeout, sampleTimeoutUsage)
	c.objects.addServer(cmd)
	c.objects.addCache(cmd)
	secure.add(cmd)
	watch.add(cmd)
	log.add(cmd, "warn")
	return cmd
}

// openTo says who can reach a coordinator without TLS.
func openTo(listen string) string {
	if credential.Loopback(listen) {
		return "  without TLS, so for this machine only"
	}
	return "  INSECURE: without TLS, open to everybody on the network"
}

// dataDir returns the user's folder for this program's data, by the XDG convention.
func dataDir() (string, error) {
	base := os.Getenv("XDG_DATA_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", usagef("no home folder: say --data-dir")
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "octet"), nil
}

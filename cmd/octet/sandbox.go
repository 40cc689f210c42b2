package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/octetlite/octet/coordinator"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/sandbox"
	"github.com/octetlite/octet/worker"
)

// newSandbox returns the command that makes this process a child of a sandbox. People have no use for it.
func newSandbox(s streams) *cobra.Command {
	var models int
	cmd := &cobra.Command{
		Use:    "sandbox",
		Short:  "Read models and samples for a worker or a coordinator, which starts this by itself",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			sandbox.Undisturbed()
			calls := coordinator.Child()
			maps.Copy(calls, worker.Child(models))
			return sandbox.Serve(s.in, s.out, sandboxVersion(), calls)
		},
	}
	cmd.Flags().IntVar(&models, "models", 4, "models kept ready in memory")
	return cmd
}

// sandboxVersion is what this process and its children agree on.
func sandboxVersion() string { return fmt.Sprintf("%s, numerics %d", version(), numerics.Version) }

// boxFlags say what reads models and samples.
type boxFlags struct {
	off     bool
	memory  int64
	silence time.Duration
}

// Workers' bound of time.
const (
	sampleTimeout      = 4 * time.Minute // twice, which comes before a coordinator gives a shard to another worker
	sampleTimeoutUsage = "a sample, or reading a model, that takes longer, and does so again, fails its job; 0 for no bound"
)

// A coordinator's bound of time.
const (
	modelTimeout      = 30 * time.Minute
	modelTimeoutUsage = "a model that takes longer to read, and does so again, fails its job; 0 for no bound"
)

// add adds the flags: the name of the bound of time, its default, and what it says.
func (f *boxFlags) add(cmd *cobra.Command, timeout string, silence time.Duration, usage string) {
	flags := cmd.Flags()
	flags.BoolVar(&f.off, "no-sandbox", false, "DANGEROUS with models or samples of strangers: read them in this process, which one of them may then take along")
	flags.Int64Var(&f.memory, "sandbox-memory", 0, "bytes that the process which reads models and samples may take (default: three quarters of the machine's memory)")
	flags.DurationVar(&f.silence, timeout, silence, usage)
}

// check reports what can't be.
func (f *boxFlags) check() error {
	switch {
	case f.memory != 0 && f.memory < sandbox.LeastMemory:
		return usagef("--sandbox-memory %d: want at least %d", f.memory, sandbox.LeastMemory)
	case f.silence < 0:
		return usagef("a negative time-out")
	}
	return nil
}

// bound returns what a child may take, in bytes; 0 for no bound.
func (f *boxFlags) bound() int64 {
	memory := f.memory
	if memory == 0 {
		memory = max(machineMemory()/4*3, 0)
	}
	if memory > 0 {
		memory = max(memory, sandbox.LeastMemory)
	}
	return memory
}

// open returns a sandbox whose children may read a folder; nil if it is off. The caller closes it.
func (f *boxFlags) open(ctx context.Context, models int, folder string, t *telemetry, log *zap.Logger) (*sandbox.Sandbox, error) {
	if f.off {
		log.Warn("no_sandbox", zap.String("means", "a model or a sample can take this process along"))
		return nil, nil
	}
	path, err := self()
	if err != nil {
		return nil, err
	}
	memory := f.bound()
	var lacks sync.Once
	box, err := sandbox.New(sandbox.Config{
		Command: []string{"octet", "sandbox", "--models", strconv.Itoa(models)}, Path: path, Version: sandboxVersion(), Memory: memory, Silence: f.silence,
		Folders: []string{folder},
		Started: func(pid int, held []sandbox.Protection) {
			log.Info("sandbox_started", zap.Int("pid", pid), zap.Any("protections", held), zap.Int64("memory", memory))
			lacking := sandbox.Lacking(held)
			t.protected(held, lacking)
			if len(lacking) > 0 {
				lacks.Do(func() {
					log.Warn("sandbox_lacks", zap.Any("protections", lacking), zap.String("means", "this system does not have them: models and samples are read without"))
				})
			}
		},
		Died: func(pid int, d *sandbox.Death) {
			log.Warn("sandbox_died", zap.Int("pid", pid), zap.String("cause", string(d.Cause)), zap.String("state", d.State), zap.String("stderr", d.Stderr))
		},
	})
	if err != nil {
		return nil, err
	}
	if err := box.Start(ctx); err != nil {
		box.Close()
		return nil, fmt.Errorf("%w (--no-sandbox does without it)", err)
	}
	return box, nil
}

// self returns this program's file: the one that runs, where the system tells, and not one that took its place.
func self() (string, error) {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil {
		return running, nil
	}
	return os.Executable()
}

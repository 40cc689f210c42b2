// Command octet turns trained models into TensorFlow Lite flatbuffers, above all into fully int8 ones, on one machine or on a cluster.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run executes the command line and returns the exit status.
func run(ctx context.Context, args []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	service, name := serviceOf(root, args)
	tracing := tracingOf(ctx)
	if tracing == nil {
		var err error
		if tracing, err = openTracing(ctx, os.Getenv, service, func(err error) { fmt.Fprintln(s.err, "octet: traces:", err) }); err != nil {
			return conclude(ctx, s.err, root, err)
		}
	}
	if tracing != nil {
		defer tracing.flush()
		ctx = withTracing(ctx, tracing)
	}
	var cmd *cobra.Command
	execute := func(ctx context.Context) (err error) {
		cmd, err = root.ExecuteContextC(ctx)
		return err
	}
	if name == "" {
		err := execute(ctx)
		return conclude(ctx, s.err, cmd, err)
	}
	err := tracing.command(ctx, name, execute)
	return conclude(ctx, s.err, cmd, err)
}

// serviceOf returns the name that a command line's process has in traces, and that of the span around it; "" for daemons, which take part in the traces of others.
func serviceOf(root *cobra.Command, args []string) (service, span string) {
	cmd, _, err := root.Find(args)
	if err != nil {
		return "octet", "octet"
	}
	switch cmd.Name() {
	case "coordinator", "worker", "up":
		return "octet-" + cmd.Name(), ""
	}
	return "octet", cmd.CommandPath()
}

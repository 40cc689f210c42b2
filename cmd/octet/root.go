package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/convert"
)

// The exit statuses.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitBroken      = 4
	exitInterrupted = 130 // as shells have it for Ctrl-C
)

// errInterrupted is the error of a command that was told to stop before its work was done.
var errInterrupted = errors.New("interrupted")

// usageError is a command line that can't be understood.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "octet",
		Short: "Turn trained models into int8 TensorFlow Lite flatbuffers",
		Long: `Octet turns trained models into TensorFlow Lite flatbuffers, above all into fully
int8-quantized ones, on one machine or on a cluster.

Exit status: 0 done, 1 failed (of diff: the models differ), 2 wrong usage, 3 refused (the model holds something that
is not supported), 4 a limit of --max-drop or --min-sqnr is broken, 130 interrupted. Every flag can also be set in the environment:
--data-dir is OCTET_DATA_DIR.`,
		Example: `  octet convert model.tflite -o model_int8.tflite --data samples.npz
  octet inspect model_int8.tflite
  octet demo`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
		Args:          noCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return errors.Join(notEmpty(cmd.Flags()), fromEnvironment(cmd.Flags(), os.LookupEnv))
		},
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetVersionTemplate(versionLine())
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(
		newConvert(s), newBatch(s), newVerify(s), newInspect(s), newRun(s), newDiff(s), newStats(s), newRecipe(s),
		newUp(s), newCoordinator(s), newWorker(s), newJobs(s), newSamples(s), newTop(s), newStore(s), newCerts(s), newToken(s), newDemo(s), newMan(s), newSandbox(s), newVersion(s),
	)
	addHelp(root)
	wrapArgs(root)
	return root
}

// noCommand is the Args of a command that only has subcommands.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2 // edits
	hint := ""
	if close := cmd.SuggestionsFor(args[0]); len(close) > 0 {
		hint = fmt.Sprintf("; do you mean %s?", strings.Join(close, " or "))
	}
	return usagef("unknown command %q for %q%s", args[0], cmd.CommandPath(), hint)
}

// want is the Args of a command that takes an argument for each name; a last name that ends in … takes any number from 1.
func want(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		many := strings.HasSuffix(names[len(names)-1], "…")
		switch n := len(args); {
		case n < len(names):
			return usagef("%s is missing", strings.TrimSuffix(names[n], "…"))
		case n > len(names) && !many:
			return usagef("want %s only, have %q too", strings.Join(names, " "), args[len(names):])
		}
		return nil
	}
}

// wrapArgs turns what cobra says about the number of arguments into usage errors.
func wrapArgs(cmd *cobra.Command) {
	if args := cmd.Args; args != nil {
		cmd.Args = func(cmd *cobra.Command, list []string) error {
			if err := args(cmd, list); err != nil {
				return &usageError{err}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}

// notEmpty refuses flags that are set to nothing, as a shell does with a variable that it does not know.
func notEmpty(flags *pflag.FlagSet) error {
	var first error
	flags.Visit(func(f *pflag.Flag) {
		if text := f.Value.String(); first == nil && (text == "" || text == "[]") {
			first = usagef("--%s is empty", f.Name)
		}
	})
	return first
}

// fromEnvironment sets each flag that the command line does not set from OCTET_NAME, if that is there and not empty. Such flags do not count as changed:
// they say what to do where it matters.
func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var first error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed || first != nil || f.Name == "help" || f.Name == "version" {
			return
		}
		name := "OCTET_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value, ok := lookup(name); ok && value != "" {
			if err := f.Value.Set(value); err != nil {
				first = usagef("%s=%q: want %s", name, value, kindOfFlag(f))
			}
		}
	})
	return first
}

// perCore adds a flag of a number that is one for each core by default. Help and manual say so, rather than what it comes to on the machine that wrote them.
func perCore(flags *pflag.FlagSet, n *int, name, usage string) {
	flags.IntVar(n, name, runtime.GOMAXPROCS(0), usage)
	flags.Lookup(name).DefValue = "one per core"
}

// kindOfFlag says what a flag takes.
func kindOfFlag(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "true or false"
	case "int", "int64":
		return "a whole number"
	case "duration":
		return "a duration, such as 1m30s"
	}
	return "a " + f.Value.Type()
}

// conclude prints an error as one line and returns the exit status that it has.
func conclude(ctx context.Context, w io.Writer, cmd *cobra.Command, err error) int {
	if err == nil {
		return 0
	}
	code := exitFailed
	var usage *usageError
	var job *client.JobError
	var many *batchError
	switch {
	case errors.As(err, &usage):
		code = exitUsage
		err = fmt.Errorf("%w (see '%s --help')", err, cmd.CommandPath())
	case convert.KindOf(err) == convert.Refused:
		code = exitRefused
	case errors.As(err, &job) && job.Kind == "refused":
		code = exitRefused
	case errors.As(err, new(*brokenError)):
		code = exitBroken
	case errors.As(err, &many):
		code = many.code
	case errors.Is(err, errInterrupted):
		code = exitInterrupted
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		code, err = exitInterrupted, errInterrupted
	}
	text := rpcWords.ReplaceAllString(strings.TrimSpace(err.Error()), "") + spaceHint(err)
	fmt.Fprintln(w, "octet: "+strings.ReplaceAll(text, "\n", "; "))
	return code
}

// spaceHint returns what can be done about a full disk on which lies what is needed meanwhile; "" about other errors.
func spaceHint(err error) string {
	path, ok := errors.AsType[*fs.PathError](err)
	if !ok || !errors.Is(path, syscall.ENOSPC) || !strings.HasPrefix(path.Path, filepath.Join(os.TempDir(), tempPrefix)) {
		return ""
	}
	return ": what is needed meanwhile lies there; TMPDIR names a folder on another disk for it"
}

// rpcWords are what gRPC puts in front of a server's words.
var rpcWords = regexp.MustCompile(`rpc error: code = \w+ desc = `)

package main

import (
	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logFlags are the flags of commands that log.
type logFlags struct{ level, format string }

func (f *logFlags) add(cmd *cobra.Command, level string) {
	cmd.Flags().StringVar(&f.level, "log-level", level, "debug, info, warn or error")
	cmd.Flags().StringVar(&f.format, "log-format", "json", "json or console")
	complete(cmd, "log-level", "debug", "info", "warn", "error")
	complete(cmd, "log-format", "json", "console")
}

// logger returns a logger to the command's error stream.
func (f *logFlags) logger(s streams) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(f.level)
	if err != nil {
		return nil, usagef("--log-level: %w", err)
	}
	c := zap.NewProductionEncoderConfig()
	c.EncodeTime = zapcore.ISO8601TimeEncoder
	var enc zapcore.Encoder
	switch f.format {
	case "json":
		enc = zapcore.NewJSONEncoder(c)
	case "console":
		enc = zapcore.NewConsoleEncoder(c)
	default:
		return nil, usagef("--log-format: %q is neither json nor console", f.format)
	}
	return zap.New(zapcore.NewCore(enc, zapcore.Lock(zapcore.AddSync(s.err)), level)), nil
}

// complete offers fixed values of a flag to shells.
func complete(cmd *cobra.Command, flag string, values ...string) {
	// The only error is that of a flag that does not exist or is completed twice, which a test of the whole tree would show.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// completeFile offers files with the given extensions as a command's only argument.
func completeFile(cmd *cobra.Command, extensions ...string) {
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

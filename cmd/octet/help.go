package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how wide the flags of help are at most.
const helpWidth = 120

// commandGroups are the groups in which help lists commands; what is in none comes last.
var commandGroups = []struct{ id, title, commands string }{
	{"models", "Models", "convert batch inspect run verify diff stats recipe"},
	{"clusters", "Clusters", "up coordinator worker jobs samples top store certs token"},
}

// flagGroups are the groups in which help lists the flags of commands that have many; what is in none comes first.
var flagGroups = []struct{ title, flags string }{
	{"What to make of a model", "quantize recipe weight-bits block-size weight-fit per-tensor per-tensor-dense keep-float io compat strict fold"},
	{"Samples and ranges", "data ranges calibrator observe stats on-bad-sample cache no-cache"},
	{"What to convert of a model", "signature batch input-shapes tags inputs outputs set"},
	{"Comparing with the float model", "verify holdout labels task score max-drop min-sqnr report"},
	{"On a cluster", "coordinator detach priority patience"},
	{"Addresses, etcd and leases", "listen advertise etcd etcd-ca etcd-cert etcd-key lease worker-ttl"},
	{"Who may do what", "tls-ca tls-cert tls-key token-file tokens client-certs insecure"},
	{"Sandboxes", "no-sandbox sandbox-memory sample-timeout model-timeout"},
	{"S3 and HTTP servers", "s3-endpoint allow-http allow-s3 object-cache-bytes"},
	{"Logs, metrics and profiles", "log-format log-level metrics-listen pprof"},
	{"Limits", "max-jobs max-jobs-per-namespace max-shards-per-namespace max-streams namespace-bytes namespace-weight stream-bytes job-ttl stream-ttl blob-grace " +
		"collect-every stall cache-bytes memory models slots until-idle drain"},
}

// manyFlags is how many flags a command has that are listed in groups.
const manyFlags = 14

// addHelp gives a program's commands their help, its words for what it does not know included.
func addHelp(root *cobra.Command) {
	for _, g := range commandGroups {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, cmd := range root.Commands() {
			if slices.Contains(strings.Fields(g.commands), cmd.Name()) {
				cmd.GroupID = g.id
			}
		}
	}
	root.SetUsageFunc(func(cmd *cobra.Command) error { return usage(cmd.OutOrStderr(), cmd) })
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return &usageError{meant(cmd.Flags(), err)} })
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" {
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				about, rest, err := cmd.Root().Find(args)
				if err == nil && len(rest) > 0 {
					err = noCommand(about, rest)
				}
				if err != nil {
					return err
				}
				about.InitDefaultHelpFlag()
				return about.Help()
			}
		}
	}
}

// meant adds the flags that are spelled much like one that is not known.
func meant(flags *pflag.FlagSet, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	known := &cobra.Command{SuggestionsMinimumDistance: 2} // edits
	flags.VisitAll(func(f *pflag.Flag) {
		known.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	if close := known.SuggestionsFor(unknown.GetSpecifiedName()); len(close) > 0 {
		return fmt.Errorf("%w; do you mean --%s?", err, strings.Join(close, " or --"))
	}
	return err
}

// usage writes what follows a command's description in its help.
func usage(w io.Writer, cmd *cobra.Command) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if does := strings.Contains(cmd.Use, " "); does || !cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s [command]\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	for _, g := range cmd.Groups() {
		list(&b, g.Title, cmd, g.ID)
	}
	title := "Commands"
	if len(cmd.Groups()) > 0 {
		title = "Others"
	}
	list(&b, title, cmd, "")
	writeFlags(&b, cmd.Flags())
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n'%s [command] --help' says more about a command.\n", cmd.CommandPath())
	} else if cmd.HasParent() {
		fmt.Fprintf(&b, "\n'%s --help' lists exit statuses, and says how flags are set in the environment.\n", cmd.Root().Name())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// list writes the commands of a group, in its order.
func list(b *strings.Builder, title string, cmd *cobra.Command, group string) {
	commands := slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool {
		return c.GroupID != group || !c.IsAvailableCommand() && c.Name() != "help"
	})
	if len(commands) == 0 {
		return
	}
	for _, g := range commandGroups {
		if g.id == group {
			order := strings.Fields(g.commands)
			slices.SortFunc(commands, func(a, b *cobra.Command) int { return slices.Index(order, a.Name()) - slices.Index(order, b.Name()) })
		}
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	for _, c := range commands {
		fmt.Fprintf(b, "  %-*s %s\n", c.NamePadding(), c.Name(), c.Short)
	}
}

// writeFlags writes what flags there are, in groups if there are many.
func writeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	count := 0
	flags.VisitAll(func(*pflag.Flag) { count++ })
	if count < manyFlags {
		fmt.Fprintf(b, "\nFlags:\n%s", flagLines(flags))
		return
	}
	var groups strings.Builder
	for _, g := range flagGroups {
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		set.SortFlags = false
		for name := range strings.FieldsSeq(g.flags) {
			if f := flags.Lookup(name); f != nil {
				set.AddFlag(f)
			}
		}
		if set.HasFlags() {
			fmt.Fprintf(&groups, "\n%s:\n%s", g.title, flagLines(set))
		}
	}
	other := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.VisitAll(func(f *pflag.Flag) {
		if !slices.ContainsFunc(flagGroups, func(g struct{ title, flags string }) bool { return slices.Contains(strings.Fields(g.flags), f.Name) }) {
			other.AddFlag(f)
		}
	})
	fmt.Fprintf(b, "\nFlags:\n%s%s", flagLines(other), groups.String())
}

// flagLines writes a line or two for each flag. Lists are strings to who writes them, and a default that is nothing is none.
func flagLines(flags *pflag.FlagSet) string {
	words := strings.NewReplacer("stringArray ", "string      ", "stringToInt ", "string      ", " strings ", " string  ", " (default )", "")
	return words.Replace(flags.FlagUsagesWrapped(helpWidth))
}

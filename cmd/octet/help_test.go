package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What help groups is there, and once.
func TestHelpGroups(t *testing.T) {
	root := newRoot(streams{})
	commands, flags := map[string]bool{}, map[string]bool{}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		commands[cmd.CommandPath()] = true
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = true })
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
	grouped := map[string]string{}
	for _, g := range flagGroups {
		for name := range strings.FieldsSeq(g.flags) {
			if !flags[name] {
				t.Errorf("%s: no command has --%s", g.title, name)
			}
			if other, ok := grouped[name]; ok {
				t.Errorf("--%s is in %q and %q", name, other, g.title)
			}
			grouped[name] = g.title
		}
	}
	for _, g := range commandGroups {
		for name := range strings.FieldsSeq(g.commands) {
			if !commands["octet "+name] {
				t.Errorf("%s: there is no command %s", g.title, name)
			}
		}
	}
}

// Each flag of a command stands in its help once, in whichever group.
func TestHelpHasAllFlags(t *testing.T) {
	for _, cmd := range newRoot(streams{}).Commands() {
		var b strings.Builder
		if err := usage(&b, cmd); err != nil {
			t.Fatal(err)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			line := "\n      --" + f.Name + " "
			if f.Shorthand != "" {
				line = "\n  -" + f.Shorthand + ", --" + f.Name + " "
			}
			if n := strings.Count(b.String(), line); n != 1 && !f.Hidden {
				t.Errorf("%s: help has --%s %d times", cmd.Name(), f.Name, n)
			}
		})
	}
}

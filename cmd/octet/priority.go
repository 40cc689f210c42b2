package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// priorities are the values of --priority.
var priorities = []string{"low", "normal", "high"}

func isPriority(name string) bool { return name == "" || slices.Contains(priorities, name) }

func addPriority(cmd *cobra.Command, value *string) {
	cmd.Flags().StringVar(value, "priority", "normal", "with --coordinator: how urgent the job is among those of its namespace: "+strings.Join(priorities, ", "))
	complete(cmd, "priority", priorities...)
}

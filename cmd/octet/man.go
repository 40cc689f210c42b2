package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan(s streams) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man",
		Short: "Write the pages of the manual",
		Long: `Write a page of the manual for each command, in section 1. Their date is that of SOURCE_DATE_EPOCH, in seconds since
1970, if that is set.`,
		Example: `  octet man --dir ~/.local/share/man/man1 && man octet-convert`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			header := &doc.GenManHeader{Section: "1", Source: "octet " + version(), Manual: "Octet"}
			if err := doc.GenManTree(cmd.Root(), header, dir); err != nil {
				return fmt.Errorf("manual: %w", err)
			}
			pages, err := filepath.Glob(filepath.Join(dir, "octet*.1"))
			if err == nil {
				fmt.Fprintf(s.out, "%d pages in %s\n", len(pages), strings.TrimSuffix(dir, "/"))
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "man1", "folder to write to")
	return cmd
}

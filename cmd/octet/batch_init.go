package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/zoo"
)

// newZoo is the file that `octet batch init` writes, but for the list of models.
const newZoo = `# What 'octet batch' converts. Paths are relative to this file; docs/batch.md says what else it may hold.
version: 1

# What models have that say nothing else: keys are flags of 'octet convert'.
defaults:
  data: noise         # a dataset below, or what --data takes; {dir}, {stem}, {folder} and {name} are parts of a model's path, and its name
  # holdout: 10%      # the last samples, over which results are compared with the float model
  # calibrator: minmax

datasets:
  noise: random:normal?samples=16   # to try things out: give samples of what the models will see
  # photos: photos?resize=224x224&mean=127.5&std=127.5
  # beside: '{dir}/samples.npz'

schemes:
  - float16
  - dynamic
  - int8
  # - {name: int8-mse, scheme: int8, calibrator: mse, io: float32}
  # - {name: mixed, recipe: recipe.yaml}

models:
`

func newBatchInit(s streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "init FOLDER",
		Short: "Write a zoo.yaml that lists the models in a folder",
		Long: `Write a zoo.yaml that lists the models in a folder and below, to be edited: it names the schemes and datasets to begin
with, and what else may be said.`,
		Example: `  octet batch init models
  octet batch models/zoo.yaml -o out --dry-run`,
		Args: want("FOLDER"),
		RunE: func(_ *cobra.Command, args []string) error {
			if output == "" {
				output = filepath.Join(args[0], "zoo.yaml")
			}
			return writeZoo(s, args[0], output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the file to write (default: zoo.yaml in the folder)")
	return cmd
}

// writeZoo writes a zoo of the models in a folder, to a file that is not there yet.
func writeZoo(s streams, folder, file string) error {
	paths, err := zoo.Find(folder)
	if err != nil {
		return &convert.Error{Kind: convert.BadInput, Err: err}
	}
	if _, err := os.Stat(file); err == nil {
		return usagef("%s is there already: name another file with -o", file)
	}
	var b strings.Builder
	b.WriteString(newZoo)
	from, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return err
	}
	for _, p := range paths {
		to, err := filepath.Abs(p)
		if err != nil {
			return err
		}
		if to, err = filepath.Rel(from, to); err != nil {
			return err
		}
		fmt.Fprintf(&b, "  - %s\n", quoted(filepath.ToSlash(to)))
	}
	if err := createFile(file, func(w io.Writer) error {
		_, err := io.WriteString(w, b.String())
		return err
	}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s lists %d models: edit it, and look at 'octet batch %s -o out --dry-run'\n", file, len(paths), file)
	return err
}

// quoted returns a text as YAML has it.
func quoted(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == "" && text != "" && text[0] != '-' {
		return text
	}
	return strconv.Quote(text)
}

package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/recipe"
)

func newRecipe(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recipe",
		Short: "Look at recipes, which give each operator a scheme of its own",
		Args:  noCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRecipeCheck(s))
	return cmd
}

func newRecipeCheck(s streams) *cobra.Command {
	var asJSON bool
	var f sourceFlags
	cmd := &cobra.Command{
		Use:   "check SOURCE RECIPE",
		Short: "Show what the operators and tensors of a model get by a recipe, and by which rule",
		Long: `Show what each operator of a model gets by a recipe, and by which rule, as 'octet convert --recipe'
would apply it; below an operator its constants that rules name, in front activations with a range. What the scheme can't do of that, 'octet convert' says at the end.`,
		Example: `  octet recipe check model.tflite recipe.yaml
  octet recipe check model.keras recipe.json --json | jq '.operators[] | select(.gets == "none")'`,
		Args: want("SOURCE", "RECIPE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var opt convert.Options
			if _, err := setRecipe(&opt, args[1]); err != nil {
				return err
			}
			source, _, done, err := f.open(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer done()
			float, err := load(source, opt)
			if err != nil {
				return err
			}
			plan, err := opt.Plan(float)
			if err != nil {
				return err
			}
			c := recipeCheck{args[0], args[1], opt.Scheme, plan.Rows, plan.Notes}
			if asJSON {
				return writeJSON(s.out, c)
			}
			return c.print(s.out)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.signature, "signature", "", "of a SavedModel: the signature (default: serving_default)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	completeFile(cmd, "tflite", "pb", "keras", "h5", "hdf5", "yaml", "yml", "json")
	return cmd
}

// recipeCheck is what `octet recipe check` tells.
type recipeCheck struct {
	Source    string         `json:"source"`
	Recipe    string         `json:"recipe"`
	Scheme    convert.Scheme `json:"scheme"`
	Operators []recipe.Row   `json:"operators"`
	Notes     []string       `json:"notes,omitempty"`
}

func (c *recipeCheck) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "GRAPH\tOPERATOR\tGETS\tBY\tRESULT")
	for _, r := range c.Operators {
		by := "-"
		switch {
		case r.Rule > 0:
			by = fmt.Sprintf("rule %d, line %d", r.Rule, r.Line)
		case r.Line > 0:
			by = "the head"
		}
		what, name := r.Op, r.Output
		switch {
		case r.Tensor != "" && r.Op == "":
			what, name = "activation", r.Tensor
		case r.Tensor != "":
			what, name = "  its constant", r.Tensor
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", r.Graph, what, r.Gets, by, name) // the name is last: it may be very long
	}
	for _, n := range c.Notes {
		fmt.Fprintf(t, "note: %s\n", n)
	}
	return t.Flush()
}

// setRecipe reads a recipe into options, and returns its text.
func setRecipe(o *convert.Options, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, recipe.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if err := o.SetRecipe(path, content); err != nil {
		return nil, &convert.Error{Kind: convert.BadInput, Source: path, Err: err}
	}
	return content, nil
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/compare"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/store"
)

// errDiffer is the error of a comparison that found differences.
var errDiffer = errors.New("the models differ")

type diffFlags struct {
	data, signature string
	all, json       bool
	objects         objectFlags
}

// difference is what `octet diff` tells.
type difference struct {
	Verdict     string               `json:"verdict"` // "same file", "same model, other layout" or "different"
	Differences []compare.Difference `json:"differences"`
	Samples     int                  `json:"samples,omitempty"`
	Outputs     []apart              `json:"outputs,omitempty"`
	Tensors     []apart              `json:"tensors,omitempty"`
}

func newDiff(s streams) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff A.tflite B.tflite [--data SPEC]",
		Short: "Tell how two models differ",
		Long: `Compare two .tflite files, of any makers: signatures, graphs, operators with their versions and attributes,
tensors with their types and parameters, and the content of constants (in steps, where it is integers).
Operators are aligned in their order, tensors by name or by what they are to these operators.

In which order tensors are listed, and what lies where in a file, is no difference: such files hold
the same model in another layout.

With --data (see 'octet convert --help') both models also run, and the real numbers of their outputs, by
position, and of activations of the same name are compared. Samples are real numbers, as with 'octet run --float'.

Exit status: 0 if both hold the same model, 1 if they differ, as diff has it.`,
		Example: `  octet diff old.tflite new.tflite
  octet diff ours.tflite theirs.tflite --data samples.npz --all
  octet diff a.tflite b.tflite --json | jq .verdict`,
		Args: want("A.tflite", "B.tflite"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := f.compare(cmd.Context(), s, args[0], args[1])
			if err != nil {
				return err
			}
			if f.json {
				err = writeJSON(s.out, d)
			} else {
				err = d.print(s.out, f.all)
			}
			if err == nil && d.Verdict == verdictDifferent {
				return errDiffer
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "a dataset over which both models run")
	flags.StringVar(&f.signature, "signature", "", "the signature to run (default: the first)")
	f.objects.add(cmd)
	flags.BoolVar(&f.all, "all", false, "list every difference, not only the first of each kind")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return []cobra.Completion{"tflite"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return cmd
}

// The verdicts.
const (
	verdictSame      = "same file"
	verdictLayout    = "same model, other layout"
	verdictDifferent = "different"
)

func (f *diffFlags) compare(ctx context.Context, s streams, a, b string) (*difference, error) {
	var files [2][]byte
	var models [2]*ir.Model
	for i, path := range []string{a, b} {
		var err error
		if files[i], err = f.objects.readFile(ctx, path); err != nil {
			return nil, err
		}
		source := convert.Source{Name: path, Data: files[i]}
		if !source.Flatbuffer() {
			return nil, &convert.Error{Kind: convert.BadInput, Source: path, Err: errors.New("not a .tflite file"), Hint: "'octet convert' makes one"}
		}
		if models[i], err = convert.Decode(source); err != nil {
			return nil, err
		}
	}
	d := &difference{Verdict: verdictDifferent, Differences: compare.Models(models[0], models[1])}
	switch {
	case bytes.Equal(files[0], files[1]):
		d.Verdict, d.Differences = verdictSame, []compare.Difference{}
	case len(d.Differences) == 0:
		d.Verdict, d.Differences = verdictLayout, []compare.Difference{}
	}
	if f.data == "" {
		return d, nil
	}
	return d, f.run(ctx, s, d, []string{a, b}, models)
}

// run runs both models over the dataset.
func (f *diffFlags) run(ctx context.Context, s streams, d *difference, paths []string, models [2]*ir.Model) error {
	var runners [2]*runner
	for i, m := range models {
		var err error
		if runners[i], err = newRunner(paths[i], m, f.signature); err != nil {
			return err
		}
		runners[i].real()
	}
	tmp, err := tempDir()
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	folder, err := store.NewFolder(tmp)
	if err != nil {
		return err
	}
	bar := newProgress(s.err)
	defer bar.close()
	files := store.NewOverlay(folder)
	manifest, err := dataset.Build(ctx, f.data, runners[0].inputs, files, f.objects.option())
	if err != nil {
		return err
	}
	samples, err := dataset.Open(ctx, manifest, files, f.objects.option())
	if err != nil {
		return err
	}
	defer samples.Close()
	distances, err := newDistances(runners[0], runners[1])
	if err != nil {
		return err
	}
	for i := range manifest.Len() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		in, err := samples.Sample(i)
		if err != nil {
			return err
		}
		if err := distances.sample(in); err != nil {
			return fmt.Errorf("sample %d: %w", i, err)
		}
		bar.show("run", int64(i+1), int64(manifest.Len()), "samples")
	}
	bar.close()
	d.Samples = manifest.Len()
	d.Outputs, d.Tensors = distances.outputs, distances.tensors()
	return nil
}

// print writes a summary, and then the differences, without all the first of each kind only.
func (d *difference) print(w io.Writer, all bool) error {
	fmt.Fprintln(w, d.Verdict)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var kinds []string
	count := map[string]int{}
	for _, x := range d.Differences {
		kind := x.Kind + "\t" + x.What
		if count[kind]++; count[kind] == 1 {
			kinds = append(kinds, kind)
		}
	}
	for _, k := range kinds {
		fmt.Fprintf(t, "  %d\t%s\n", count[k], k)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if d.Samples > 0 {
		fmt.Fprintf(w, "\nover %s:\n", countSamples(d.Samples))
		for _, x := range d.Outputs {
			fmt.Fprintf(t, "  output\t%s\t%s\n", clipName(x.Name), x)
		}
		worst := slices.Clone(d.Tensors)
		slices.SortStableFunc(worst, apart.compare)
		n := min(len(worst), listed)
		if all {
			n = len(worst)
		}
		for _, x := range worst[:n] {
			fmt.Fprintf(t, "  tensor\t%s\t%s\n", clipName(x.Name), x)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		if n < len(worst) {
			fmt.Fprintf(w, "  and %d other tensors (--all lists them)\n", len(worst)-n)
		}
	}
	told := map[string]int{}
	for _, x := range d.Differences {
		kind := x.Kind + "\t" + x.What
		told[kind]++
		if told[kind] > listed && !all {
			continue
		}
		fmt.Fprintf(w, "%s%s\n", map[bool]string{true: "\n", false: ""}[told[kind] == 1], differenceText(x))
	}
	for _, k := range kinds {
		if count[k] > listed && !all {
			fmt.Fprintf(w, "\n%d others of: %s (--all lists them)\n", count[k]-listed, strings.ReplaceAll(k, "\t", " "))
		}
	}
	return nil
}

// differenceText writes a difference in lines: what it is about, and below each model's side.
func differenceText(x compare.Difference) string {
	where := ""
	if x.Graph > 0 {
		where = fmt.Sprintf(" (graph %d)", x.Graph)
	}
	text := fmt.Sprintf("%s %s: %s%s", x.Kind, x.Name, x.What, where)
	if x.A != "" {
		text += "\n  - " + x.A
	}
	if x.B != "" {
		text += "\n  + " + x.B
	}
	return text
}

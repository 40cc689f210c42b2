package main

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"regexp"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/calibrate"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/quantize"
)

func newStats(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Look at statistics that 'octet convert --stats' wrote, and join them",
		Args:  noCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStatsShow(s), newStatsMerge(s))
	return cmd
}

func newStatsShow(s streams) *cobra.Command {
	var calibrator, pattern string
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "List the ranges of tensors, with small histograms",
		Long: `List the ranges of tensors, of all or of those that --tensor names. --calibrator shows the ranges that it
would choose for int8, beside those that were seen.

Where the file holds histograms, each is drawn from the least to the greatest element, in columns
whose height is the logarithm of how many elements they hold.`,
		Example: `  octet convert model.tflite -o int8.tflite --data samples.npz --stats stats.json --observe histograms
  octet stats show stats.json --tensor 'conv*' --calibrator mse`,
		Args: want("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := calibrate.Parse(calibrator)
			if err != nil {
				return usagef("--calibrator: %v", err)
			}
			stats, err := readStats(args[0])
			if err != nil {
				return err
			}
			chosen, err := c.Apply(stats, calibrate.Int8)
			if err != nil {
				return err
			}
			return showStats(s.out, stats, chosen, quantize.Glob(pattern))
		},
	}
	cmd.Flags().StringVar(&calibrator, "calibrator", "", "how ranges are chosen: "+strings.Join(calibrate.Names(), ", ")+" (default: minmax)")
	cmd.Flags().StringVar(&pattern, "tensor", "*", "the tensors to list, by their names, with * and ?")
	complete(cmd, "calibrator", calibrate.Names()...)
	completeFile(cmd, "json")
	return cmd
}

func newStatsMerge(s streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "merge FILE... -o OUT",
		Short: "Join the statistics of one model over several datasets",
		Long: `Join the statistics of one model over several datasets, as if these were one dataset in
the order of the files. The files must hold the same: ranges alone, or histograms, or the
ranges of samples as well.`,
		Example: `  octet stats merge day.json night.json -o all.json
  octet convert model.tflite -o int8.tflite --ranges all.json`,
		Args: want("FILE…"),
		RunE: func(_ *cobra.Command, args []string) error {
			if output == "" {
				return usagef("-o OUT is required")
			}
			if err := checkOutputs([]string{output}, args); err != nil {
				return err
			}
			var parts []*calib.Stats
			for _, path := range args {
				p, err := readStats(path)
				if err != nil {
					return err
				}
				parts = append(parts, p)
			}
			all, err := calib.Join(parts...)
			if err != nil {
				return err
			}
			data, err := all.Encode()
			if err != nil {
				return err
			}
			if err := writeFile(output, data); err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.out, "%s: %s, %d tensors\n", output, countSamples(all.Samples), len(all.Tensors))
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the file to write (required)")
	completeFile(cmd, "json")
	return cmd
}

func readStats(path string) (*calib.Stats, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if (convert.Source{Data: data}).Flatbuffer() {
		return nil, &convert.Error{Kind: convert.BadInput, Source: path, Err: errors.New("a flatbuffer, not statistics as --stats writes them"), Hint: "'octet convert --ranges' takes a calibrated one as it is"}
	}
	stats, err := calib.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return stats, nil
}

// showStats lists what was seen of the tensors that a name fits, and the ranges that were chosen if these are others.
func showStats(w io.Writer, seen, chosen *calib.Stats, names *regexp.Regexp) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "model\t%s\n", seen.Model)
	if seen.Dataset != "" {
		fmt.Fprintf(t, "dataset\t%s\n", seen.Dataset)
	}
	fmt.Fprintf(t, "kind\t%s\n", seen.Kind)
	if seen.Numerics > 0 {
		fmt.Fprintf(t, "numerics\t%d\n", seen.Numerics)
	}
	fmt.Fprintf(t, "holds\t%v\n", seen.Spec)
	fmt.Fprintf(t, "samples\t%d\n", seen.Samples)
	for _, k := range seen.Skipped[:min(len(seen.Skipped), listed)] {
		fmt.Fprintf(t, "left out\t%s: %s\n", k.Source, k.Reason)
	}
	if n := len(seen.Skipped); n > listed {
		fmt.Fprintf(t, "left out\t%d samples in all\n", n)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	beside := chosen != seen
	fmt.Fprintln(w)
	fmt.Fprint(t, "graph\ttensor\tmin\tmax")
	if beside {
		fmt.Fprint(t, "\tseen from\tto")
	}
	fmt.Fprint(t, "\telements\tnot finite")
	if seen.Spec.Histogram {
		fmt.Fprint(t, "\thistogram")
	}
	fmt.Fprintln(t, "\tname")
	some := false
	for i, x := range seen.Tensors {
		if !names.MatchString(x.Name) {
			continue
		}
		some = true
		r := chosen.Tensors[i].Range
		fmt.Fprintf(t, "%d\t%d\t%.6g\t%.6g", x.Subgraph, x.Index, r.Min, r.Max)
		if beside {
			fmt.Fprintf(t, "\t%.6g\t%.6g", x.Range.Min, x.Range.Max)
		}
		fmt.Fprintf(t, "\t%d\t%d", x.Range.Count, x.Range.NaN+x.Range.Inf)
		if seen.Spec.Histogram {
			fmt.Fprintf(t, "\t%s", drawing(x.Histogram))
		}
		fmt.Fprintf(t, "\t%s\n", x.Name) // last: names may be very long
	}
	if !some {
		return errors.New("no tensor has such a name")
	}
	return t.Flush()
}

// drawing returns a histogram as a line of columns, each as high as the logarithm of what it counts; nothing for none.
func drawing(h *calib.Histogram) string {
	if h == nil {
		return ""
	}
	const width = 40
	heights := []rune(" ▁▂▃▄▅▆▇█")
	columns := make([]uint64, min(width, len(h.Counts)))
	for i, c := range h.Counts {
		columns[i*len(columns)/len(h.Counts)] += c
	}
	most := 1
	for _, c := range columns {
		most = max(most, bits.Len64(c))
	}
	var b strings.Builder
	for _, c := range columns {
		b.WriteRune(heights[(bits.Len64(c)*(len(heights)-1)+most-1)/most])
	}
	return b.String()
}

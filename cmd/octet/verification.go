package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/octetlite/octet/pkg/verify"
)

// printVerification prints what a comparison found: the score, the outputs, and the worst activations and operators.
func printVerification(w io.Writer, r *verify.Result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	printComparison(t, r)
	if err := t.Flush(); err != nil || len(r.Tensors) == 0 {
		return err
	}
	alone := ""
	if r.Unpaired > 0 {
		alone = fmt.Sprintf(" (%d others of the quantized model are compared with none)", r.Unpaired)
	}
	fmt.Fprintf(w, "\nThe worst of %d activations%s:\n", len(r.Tensors), alone)
	fmt.Fprintln(t, "  SQNR\tcosine\tgreatest error\tsaturated\ttype\tmade by\tname")
	for _, x := range r.WorstTensors()[:min(len(r.Tensors), listed)] {
		fmt.Fprintf(t, "  %.2f dB\t%.6f\t%.4g\t%.3g %%\t%s\t%s\t%s\n", x.SQNR, x.Cosine, x.Max, percent(x.Saturated, x.Elements), x.Type, x.Op, clipName(x.Name))
	}
	if err := t.Flush(); err != nil || len(r.Operators) == 0 {
		return err
	}
	fmt.Fprintln(w, "\nThe operators that lose most:")
	fmt.Fprintln(t, "  drop\tSQNR\toperator\tresult")
	for _, o := range r.WorstOperators()[:min(len(r.Operators), listed)] {
		if o.Drop == nil || *o.Drop <= 0 {
			break
		}
		fmt.Fprintf(t, "  %.2f dB\t%.2f dB\t%s\t%s\n", *o.Drop, o.SQNR, o.Op, clipName(o.Output))
	}
	return t.Flush()
}

// printComparison prints the score and the outputs, as rows of a table.
func printComparison(t io.Writer, r *verify.Result) {
	fmt.Fprintf(t, "compared\tover %s with the float model\n", countSamples(r.Samples))
	for _, k := range r.Skipped[:min(len(r.Skipped), listed)] {
		fmt.Fprintf(t, "left out\t%s: %s\n", k.Source, k.Reason)
	}
	if n := len(r.Skipped); n > listed {
		fmt.Fprintf(t, "left out\t%d samples in all\n", n)
	}
	printScore(t, r.Score)
	outputs := r.Outputs
	if n := len(outputs); n > listed {
		fmt.Fprintf(t, "outputs\t%d, of which these are the worst\n", n)
		outputs = r.WorstOutputs()[:listed]
	}
	for _, o := range outputs {
		if o.Integers > 0 {
			fmt.Fprintf(t, "output\t%q: %d of %d integers are equal\n", clipName(o.Name), o.Equal, o.Integers)
			continue
		}
		fmt.Fprintf(t, "output\t%q: SQNR %.2f dB, cosine %.6f, greatest error %.4g of %.4g to %.4g\n", clipName(o.Name), o.SQNR, o.Cosine, o.Max, o.Low, o.High)
	}
}

// printScore prints how often the models were right.
func printScore(w io.Writer, s *verify.Score) {
	if s == nil {
		return
	}
	fmt.Fprintf(w, "agreement\t%.4g %% of %d answers of %q (%s)\n", 100*s.Agreement, s.Answers, clipName(s.Output), s.Task)
	if s.Labels != "" || s.Task == verify.Segment {
		what, float, quantized := "top-1", s.Float.Top1, s.Quantized.Top1
		if s.Float.MeanIoU != nil {
			what, float, quantized = "mean IoU", *s.Float.MeanIoU, *s.Quantized.MeanIoU
		}
		fmt.Fprintf(w, "%s\t%.4g %%, of the float model %.4g %%: a drop of %.4g points\n", what, 100*quantized, 100*float, s.Drop)
	}
	if s.Labels != "" && s.Float.Top5 != nil {
		fmt.Fprintf(w, "top-5\t%.4g %%, of the float model %.4g %%\n", 100**s.Quantized.Top5, 100**s.Float.Top5)
	}
}

// clipName shortens the name of a value, which may list many others', from its front.
func clipName(name string) string {
	const most = 60
	if r := []rune(name); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return name
}

func percent(part, whole uint64) float64 { return 100 * float64(part) / float64(max(whole, 1)) }

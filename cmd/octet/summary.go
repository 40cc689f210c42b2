package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/verify"
)

// listed is the number of skipped samples, of outputs, and of kinds of float operators that the text form shows.
const listed = 10

// fromCache says that statistics were measured by an earlier run.
const fromCache = "cache"

// fromShared says that statistics were measured for another result of this process.
const fromShared = "shared"

// minMax is the calibrator that goes without saying.
const minMax = "minmax"

// summary is what `octet convert` tells at the end.
type summary struct {
	Source      string           `json:"source"`
	Output      string           `json:"output"`
	Job         string           `json:"job,omitempty"`
	Scheme      convert.Scheme   `json:"scheme"`
	IO          string           `json:"io,omitempty"`
	Compat      string           `json:"compat,omitempty"`
	Calibrator  string           `json:"calibrator,omitempty"`
	Choice      *convert.Choice  `json:"calibrator_choice,omitempty"`
	SourceBytes int              `json:"source_bytes"`
	OutputBytes int              `json:"output_bytes"`
	Seconds     float64          `json:"seconds"`
	Samples     uint64           `json:"samples,omitempty"`
	Fed         []fed            `json:"inputs,omitempty"` // what calibration saw of the model's inputs
	Skipped     []calib.Skip     `json:"skipped,omitempty"`
	StatsFrom   string           `json:"statistics_from,omitempty"` // fromCache, or the job that measured them; "" if this conversion did
	Report      *quantize.Report `json:"report,omitempty"`
	Notes       []string         `json:"notes,omitempty"`

	Verification *verify.Result `json:"verification,omitempty"`
}

func newSummary(f *convertFlags, opt convert.Options, report *quantize.Report) *summary {
	s := &summary{Scheme: opt.Scheme, Report: report, IO: ioName(f, opt)}
	if opt.Scheme != convert.None {
		s.Compat = f.compat
	}
	if opt.Scheme.Calibrated() {
		s.Calibrator = opt.Calibrator.String()
	}
	return s
}

// ioName names the type of quantized inputs and outputs; "" where they stay as they are.
func ioName(f *convertFlags, opt convert.Options) string {
	if !opt.Scheme.Calibrated() {
		return ""
	}
	return cmp.Or(f.io, ownIO[opt.Scheme])
}

// ownIO is the type that inputs and outputs have by default.
var ownIO = map[convert.Scheme]string{convert.Int8: "int8", convert.Int16x8: "int16"}

// fed is what samples held for an input.
type fed struct {
	Name string  `json:"name"`
	Min  float32 `json:"min"`
	Max  float32 `json:"max"`
}

// setStats says what was measured. The model is the float one or what was made of it, whose inputs have the same names, and the signature the one that
// was run.
func (s *summary) setStats(stats *calib.Stats, model *ir.Model, signature string) {
	s.Samples, s.Skipped = stats.Samples, stats.Skipped
	run, err := shard.Signature(model, signature)
	if err != nil || stats.Samples == 0 {
		return
	}
	for _, p := range run.Inputs {
		i := slices.IndexFunc(stats.Tensors, func(t calib.Tensor) bool { return t.Name == p.Value.Name })
		if i >= 0 && stats.Tensors[i].Range.Count > 0 {
			s.Fed = append(s.Fed, fed{p.Name, stats.Tensors[i].Range.Min, stats.Tensors[i].Range.Max})
		}
	}
}

func (s *summary) print(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s, %.0f %% of %s (%s)\n",
		s.Output, bytesText(int64(s.OutputBytes)), 100*float64(s.OutputBytes)/float64(max(s.SourceBytes, 1)), s.Source, bytesText(int64(s.SourceBytes)))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if s.Job != "" {
		fmt.Fprintf(t, "job\t%s\n", s.Job)
	}
	if s.Samples > 0 {
		fmt.Fprintf(t, "calibrated\tover %s%s\n", countSamples(s.Samples), s.measured())
	}
	for _, i := range s.Fed[:min(len(s.Fed), listed)] {
		fmt.Fprintf(t, "input\t%s: %g to %g\n", i.Name, i.Min, i.Max)
	}
	for _, k := range s.Skipped[:min(len(s.Skipped), listed)] {
		fmt.Fprintf(t, "left out\t%s: %s\n", k.Source, k.Reason)
	}
	if n := len(s.Skipped); n > listed {
		fmt.Fprintf(t, "left out\t%d samples in all\n", n)
	}
	switch {
	case s.Choice != nil:
		s.printChoice(t)
	case s.Calibrator != "" && s.Calibrator != minMax:
		fmt.Fprintf(t, "calibrator\t%s\n", s.Calibrator)
	}
	if s.IO != "" {
		hint := ""
		switch s.IO {
		case "int8":
			hint = " (for runtimes that refuse int8: --io uint8 or --io float32)"
		case "int16":
			hint = " (for callers that have floats: --io float32)"
		}
		fmt.Fprintf(t, "inputs, outputs\t%s%s\n", s.IO, hint)
	}
	if s.Report != nil {
		s.printReport(t)
	}
	if s.Verification != nil {
		printComparison(t, s.Verification)
	}
	for _, note := range s.Notes {
		fmt.Fprintf(t, "note\t%s\n", note)
	}
	fmt.Fprintf(t, "took\t%.2f s\n", s.Seconds)
	return t.Flush()
}

// measured says where the statistics come from, if this conversion did not measure them.
func (s *summary) measured() string {
	switch s.StatsFrom {
	case "":
		return ""
	case fromCache:
		return ": statistics from the cache of earlier runs"
	default:
		return ": statistics of job " + s.StatsFrom
	}
}

func (s *summary) printChoice(w io.Writer) {
	fmt.Fprintf(w, "calibrator\t%s: its model is the closest to the float one (held-out samples: %d)\n", s.Calibrator, s.Choice.Samples)
	for _, k := range s.Choice.Skipped {
		fmt.Fprintf(w, "left out\t%s: %s\n", k.Source, k.Reason)
	}
	for _, t := range s.Choice.Trials {
		fmt.Fprintf(w, "  %s\t%.2f dB\n", t.Calibrator, t.SQNR)
	}
}

// shortened cuts off what is too long for a line, such as a name that TensorFlow's converter put together from all that it fused.
func shortened(name string) string {
	const most = 60
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}

func (s *summary) printReport(w io.Writer) {
	r := s.Report
	stored := ""
	if !s.Scheme.Calibrated() || r.Weights > 0 {
		stored = fmt.Sprintf(": %d are stored in fewer bits", r.Weights)
		if s.Scheme.Calibrated() {
			stored = fmt.Sprintf(": %d of float operators are stored in fewer bits", r.Weights)
		}
	}
	fmt.Fprintf(w, "constants\t%s of %s%s\n", bytesText(int64(r.Bytes)), bytesText(int64(r.SourceBytes)), stored)
	what := "operators"
	switch n := len(r.Float); {
	case !s.Scheme.Calibrated():
		what = "operators' weights"
	case n == 0:
		fmt.Fprintf(w, "operators\tall %s\n", s.Scheme)
	default:
		fmt.Fprintf(w, "operators\t%d of %d %s\n", r.Operators-n, r.Operators, s.Scheme)
	}
	groups := quantize.GroupFloat(r.Float)
	for _, g := range groups[:min(len(groups), listed)] {
		g.Output = shortened(g.Output)
		fmt.Fprintf(w, "stays float\t%s: %s\n", g.Name(), g.Reason)
	}
	if len(groups) > listed {
		fmt.Fprintf(w, "stays float\t%d %s in all: --json lists them\n", len(r.Float), what)
	}
	for _, note := range s.Report.Notes {
		fmt.Fprintf(w, "note\t%s\n", note)
	}
}

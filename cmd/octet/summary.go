package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/quantize"
)

// listed is the number of skipped samples and float operators that the text form shows.
const listed = 10

// summary is what `octet convert` tells at the end.
type summary struct {
	Source      string           `json:"source"`
	Output      string           `json:"output"`
	Job         string           `json:"job,omitempty"`
	Scheme      convert.Scheme   `json:"scheme"`
	IO          string           `json:"io,omitempty"`
	Compat      string           `json:"compat,omitempty"`
	SourceBytes int              `json:"source_bytes"`
	OutputBytes int              `json:"output_bytes"`
	Seconds     float64          `json:"seconds"`
	Samples     uint64           `json:"samples,omitempty"`
	Skipped     []calib.Skip     `json:"skipped,omitempty"`
	Report      *quantize.Report `json:"report,omitempty"`
	Notes       []string         `json:"notes,omitempty"`
}

func newSummary(f *convertFlags, opt convert.Options, report *quantize.Report) *summary {
	s := &summary{Scheme: opt.Scheme, Report: report}
	if opt.Scheme == convert.Int8 {
		s.IO, s.Compat = f.io, f.compat
	}
	return s
}

func (s *summary) setStats(stats *calib.Stats) { s.Samples, s.Skipped = stats.Samples, stats.Skipped }

func (s *summary) print(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s, %.0f %% of %s\n", s.Output, bytesText(int64(s.OutputBytes)), 100*float64(s.OutputBytes)/float64(max(s.SourceBytes, 1)), s.Source)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if s.Job != "" {
		fmt.Fprintf(t, "job\t%s\n", s.Job)
	}
	if s.Samples > 0 {
		fmt.Fprintf(t, "calibrated\tover %d samples\n", s.Samples)
	}
	for _, k := range s.Skipped[:min(len(s.Skipped), listed)] {
		fmt.Fprintf(t, "left out\t%s: %s\n", k.Source, k.Reason)
	}
	if n := len(s.Skipped); n > listed {
		fmt.Fprintf(t, "left out\t%d samples in all\n", n)
	}
	if s.Scheme == convert.Int8 {
		hint := ""
		if s.IO == "int8" {
			hint = " (for runtimes that refuse int8: --io uint8 or --io float32)"
		}
		fmt.Fprintf(t, "inputs, outputs\t%s%s\n", s.IO, hint)
	}
	if s.Report != nil {
		s.printReport(t)
	}
	for _, note := range s.Notes {
		fmt.Fprintf(t, "note\t%s\n", note)
	}
	fmt.Fprintf(t, "took\t%.2f s\n", s.Seconds)
	return t.Flush()
}

func (s *summary) printReport(w io.Writer) {
	float := s.Report.Float
	if len(float) == 0 {
		fmt.Fprintf(w, "operators\tall int8\n")
	}
	for _, o := range float[:min(len(float), listed)] {
		fmt.Fprintf(w, "stays float\t%s %q: %s\n", o.Op, o.Output, o.Reason)
	}
	if n := len(float); n > listed {
		fmt.Fprintf(w, "stays float\t%d operators in all: --json lists them\n", n)
	}
	for _, note := range s.Report.Notes {
		fmt.Fprintf(w, "note\t%s\n", note)
	}
}

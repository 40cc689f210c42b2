package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/client"
)

func newJobsExplain(s streams) *cobra.Command {
	var asJSON bool
	var attempts int
	cmd := jobCommand("explain ID", "Tell why a job waits, what ran where, and how each attempt ended", want("ID"), func(cmd *cobra.Command, c *client.Client, args []string) error {
		if attempts < 0 || attempts > maxExplained {
			return usagef("--attempts %d: want 0 to %d", attempts, maxExplained)
		}
		e, err := c.Explain(cmd.Context(), args[0], attempts)
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(s.out, e)
		}
		return showExplanation(s.out, e)
	})
	cmd.Long = `Tell why a job waits, what ran where, and how each attempt ended.

Of a job with thousands of attempts those that failed and the latest are shown. Of what happened before
the coordinator began to lead the journal has the sums, and the latest attempts: 24 that failed and 24 others.`
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().IntVar(&attempts, "attempts", 50, "show at most so many attempts, the latest; 0 for 1000")
	return cmd
}

// maxExplained is the coordinator's bound.
const maxExplained = 5000

// showExplanation writes an explanation for a person.
func showExplanation(w io.Writer, e client.Explanation) error {
	if err := showJob(w, e.Job); err != nil {
		return err
	}
	for i, r := range e.Reasons {
		if i == 0 {
			fmt.Fprintln(w, "\nwhy")
		}
		fmt.Fprintf(w, "  %s\n", printable(r))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(e.States) > 0 {
		fmt.Fprintln(t, "\nstates")
		for i, c := range e.States {
			stayed := ""
			if i+1 < len(e.States) {
				stayed = "\t" + shortDuration(e.States[i+1].Time.Sub(c.Time))
			}
			fmt.Fprintf(t, "  %s\t%s%s\n", clockText(c.Time), c.State, stayed)
		}
	}
	if len(e.Workers) > 0 {
		fmt.Fprintln(t, "\nworker\tattempts\taccepted\tfailed\tsamples\tbusy\tms/sample")
		for _, s := range e.Workers {
			each := "-"
			if s.Samples > 0 {
				each = fmt.Sprintf("%.2f", time.Duration(s.Busy).Seconds()*1000/float64(s.Samples))
			}
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%s\t%s\n", printable(s.Worker), s.Attempts, s.Accepted, s.Failed, s.Samples, shortDuration(time.Duration(s.Busy)), each)
		}
	}
	if len(e.Attempts) > 0 {
		fmt.Fprintln(t, "\nshard\tattempt\tsamples\tworker\tbegan\ttook\toutcome")
		for _, a := range e.Attempts {
			showAttempt(t, a)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if left := e.AttemptsTotal - len(e.Attempts); left > 0 {
		fmt.Fprintf(w, "%d more attempts: --attempts N, --json\n", left)
	}
	if e.Job.Created.Before(e.KnownSince) {
		fmt.Fprintf(w, "attempts before %s are not known\n", clockText(e.KnownSince))
	}
	return nil
}

func showAttempt(w io.Writer, a client.Attempt) {
	took, outcome := "-", a.Outcome
	if !a.End.IsZero() {
		took = shortDuration(a.End.Sub(a.Start))
	}
	if a.Outcome == "running" {
		outcome = fmt.Sprintf("running, %d done", a.Done)
	}
	if a.Lost && a.Outcome != "lost" {
		outcome += ", its worker's lease is gone"
	}
	shard := fmt.Sprint(a.Shard)
	if a.Phase > 0 {
		shard += fmt.Sprintf(" (phase %d)", a.Phase)
	}
	if a.Error != "" {
		outcome += "\t" + printable(a.Error)
	}
	fmt.Fprintf(w, "%s\t%d\t%d-%d\t%s\t%s\t%s\t%s\n", shard, a.Attempt, a.First, a.First+a.Samples-1, printable(a.Worker), clockText(a.Start), took, outcome)
}

// clockText writes a time of the day, and the date if that is another.
func clockText(t time.Time) string {
	t = t.Local()
	if y, m, d := t.Date(); y == time.Now().Year() && m == time.Now().Month() && d == time.Now().Day() {
		return t.Format("15:04:05.0")
	}
	return t.Format("2006-01-02 15:04:05")
}

// shortDuration writes a duration with three digits that matter.
func shortDuration(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

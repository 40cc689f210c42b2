package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"text/tabwriter"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/octetlite/octet/pkg/zoo"
)

// lockedWriter is a writer for several goroutines.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// plainOpen says of a model what is wrong with its file.
func plainOpen(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file or folder", path)
	}
	return err
}

// tally shows what became of items as it happens: a line each, and on a terminal a bar below all others.
type tally struct {
	mu                  sync.Mutex
	bar                 *progress
	all                 *mpb.Bar // nil where there is no terminal
	done, failed, total int
}

func newTally(b *batch, total int) *tally {
	t := &tally{bar: b.bar, total: total}
	for _, w := range b.work {
		if w.why == "" {
			t.done++
		}
	}
	if b.bar.bars != nil {
		t.all = b.bar.bars.AddBar(int64(total), mpb.BarPriority(1<<30),
			mpb.PrependDecorators(decor.Name("results ", decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.CountersNoUnit("%d/%d "), decor.Any(func(decor.Statistics) string { return t.failures() }), decor.Elapsed(decor.ET_STYLE_GO)))
		t.all.SetCurrent(int64(t.done))
	}
	return t
}

func (t *tally) failures() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == 0 {
		return ""
	}
	return fmt.Sprintf("%d failed ", t.failed)
}

// ended shows an item that has ended.
func (t *tally) ended(w *work) {
	t.mu.Lock()
	t.done++
	if s := w.result.State; s == zoo.Failed || s == zoo.Refused {
		t.failed++
	}
	line := fmt.Sprintf("[%d/%d] %s: %s\n", t.done, t.total, w, resultText(&w.result))
	done := t.done
	t.mu.Unlock()
	if t.all == nil {
		_, _ = io.WriteString(t.bar.w, line) // what can't be shown is in the table
		return
	}
	_, _ = io.WriteString(t.bar.bars, line)
	t.all.SetCurrent(int64(done))
}

func (t *tally) close() {
	if t.all != nil {
		t.all.Abort(false)
	}
}

// resultText says in a line what became of an item.
func resultText(r *zoo.Result) string {
	if !r.State.Made() {
		return fmt.Sprintf("%s: %s", r.State, r.Error)
	}
	text := bytesText(r.Bytes)
	if r.SQNR != nil {
		text += ", " + decibels(*r.SQNR)
	}
	if n := r.FloatCount(); n > 0 {
		text += fmt.Sprintf(", %d of %d operators float", n, r.Operators)
	}
	switch r.State {
	case zoo.Broken:
		text += ": " + r.Error
	case zoo.Same:
		text += ", " + r.Notes[0]
	default:
		text += fmt.Sprintf(", %.2f s", r.Seconds)
	}
	return text
}

// printPlan prints what would be done.
func (b *batch) printPlan() error {
	if b.flags.json {
		type row struct {
			Name     string `json:"name"`
			Scheme   string `json:"scheme"`
			Source   string `json:"source"`
			Data     string `json:"data,omitempty"`
			Priority int    `json:"priority,omitempty"`
			Output   string `json:"output"`
			Why      string `json:"why,omitempty"`
			Same     string `json:"same_as,omitempty"`
		}
		rows := []row{}
		for _, w := range b.work {
			r := row{Name: w.Name, Scheme: w.Scheme, Source: w.Path, Data: w.flags.data, Priority: w.Priority, Output: outputName(w.Item), Why: w.why}
			if w.first != nil {
				r.Same = outputName(w.first.Item)
			}
			rows = append(rows, r)
		}
		return writeJSON(b.streams.out, rows)
	}
	t := tabwriter.NewWriter(b.streams.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "MODEL\tSCHEME\tSOURCE\tDATA\tTO DO")
	todo, copies := 0, 0
	for _, w := range b.work {
		what := "nothing: it is done"
		switch {
		case w.why != "" && w.first != nil:
			copies++
			what = "copy: the same as " + w.first.String()
		case w.why != "":
			todo++
			what = "convert: " + w.why
		}
		data := w.flags.data
		if data == "" {
			data = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", w.Name, w.Scheme, w.Path, data, what)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(b.streams.out, "%d results: %d to convert, of %d models; %d to copy; %d are done\n", len(b.work), todo, len(b.groups()), copies, len(b.work)-todo-copies)
	return err
}

// printTable prints what became of all items.
func printTable(w io.Writer, all *zoo.Table, folder string) error {
	n := all.Totals
	if n.Kept == n.Items {
		_, err := fmt.Fprintf(w, "nothing to do: all %d results are in %s, and nothing has changed\n", n.Items, folder)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "MODEL\tSCHEME\tSTATE\tSIZE\tOF SOURCE\tSQNR\tAGREE\tTOOK\tSTAYS FLOAT")
	for i := range all.Items {
		r := &all.Items[i]
		if !r.State.Made() {
			fmt.Fprintf(t, "%s\t%s\t%s\t-\t-\t-\t-\t-\t-\n", r.Name, r.Scheme, r.State)
			continue
		}
		sqnr, agree, float := "-", "-", "-"
		if r.SQNR != nil {
			sqnr = decibels(*r.SQNR)
		}
		if r.Agreement != nil {
			agree = fmt.Sprintf("%.4g %%", 100**r.Agreement)
		}
		if k := r.FloatCount(); k > 0 {
			float = fmt.Sprintf("%d of %d: %s", k, r.Operators, shortened(zoo.FloatText(r)))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.0f %%\t%s\t%s\t%.2f s\t%s\n", r.Name, r.Scheme, r.State, bytesText(r.Bytes),
			100*float64(r.Bytes)/float64(max(r.SourceBytes, 1)), sqnr, agree, r.Seconds, float)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i := range all.Items {
		if r := &all.Items[i]; r.Error != "" {
			fmt.Fprintf(w, "%s %s: %s: %s\n", r.Name, r.Scheme, r.State, r.Error)
		}
	}
	_, err := fmt.Fprintf(w, "%d results in %s, %s: %d converted, %d as before, %d equal to others, %d beyond a limit, %d refused, %d failed, %d left; took %.2f s\n",
		n.Items, folder, bytesText(n.Bytes), n.Converted, n.Kept, n.Same, n.Broken, n.Refused, n.Failed, n.Pending, all.Seconds)
	return err
}

// decibels writes a ratio of the signal to the error, of which package verify has 200 dB for none.
func decibels(db float64) string {
	if db >= 200 {
		return "equal"
	}
	return fmt.Sprintf("%.2f dB", db)
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
)

// profile tells where the time of a run goes. Times are seconds, medians over all runs.
type profile struct {
	Runs  int         `json:"runs"`
	Time  float64     `json:"seconds"` // of a run
	Kinds []timedKind `json:"kinds"`   // the longest first
	Nodes []timedNode `json:"nodes"`   // in the order of graphs and nodes; those that ran
}

// timedKind is what all nodes of one operator take together.
type timedKind struct {
	Op    string `json:"op"`
	Nodes int    `json:"nodes"`
	timing
}

// timedNode is what one node takes.
type timedNode struct {
	Graph  int    `json:"graph"`
	Node   int    `json:"node"`
	Op     string `json:"op"`
	Output string `json:"output"` // the name of its first result
	timing
}

// timing is the time of some calls.
type timing struct {
	Calls float64 `json:"calls"`        // in a run, on average
	Time  float64 `json:"seconds"`      // of all calls in a run, without what they call
	Share float64 `json:"share"`        // of the time of all nodes
	Mean  float64 `json:"mean_seconds"` // of a call
}

// place is a node's position.
type place struct{ graph, node int }

// stopwatch sums up what nodes take, run by run.
type stopwatch struct {
	now   func() time.Duration
	open  []call
	spent map[place]time.Duration // in this run
	calls map[place]int           // in all runs
	times map[place][]time.Duration
	total []time.Duration
}

// call is a node that has begun.
type call struct {
	begun, inner time.Duration // inner is what other nodes took meanwhile
}

func newStopwatch(now func() time.Duration) *stopwatch {
	return &stopwatch{now: now, spent: map[place]time.Duration{}, calls: map[place]int{}, times: map[place][]time.Duration{}}
}

// tell is what a session's Trace calls.
func (w *stopwatch) tell(graph, node int, done bool) {
	now := w.now()
	if !done {
		w.open = append(w.open, call{begun: now})
		return
	}
	last := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	took := now - last.begun
	if n := len(w.open); n > 0 {
		w.open[n-1].inner += took
	}
	at := place{graph, node}
	w.spent[at] += took - last.inner
	w.calls[at]++
}

// end ends a run that took so long.
func (w *stopwatch) end(took time.Duration) {
	runs := len(w.total)
	for at, d := range w.spent {
		for len(w.times[at]) < runs { // it was not called before
			w.times[at] = append(w.times[at], 0)
		}
		w.times[at] = append(w.times[at], d)
	}
	clear(w.spent)
	w.total = append(w.total, took)
}

// profile returns what was measured of a model's nodes.
func (w *stopwatch) profile(m *ir.Model) *profile {
	p := &profile{Runs: len(w.total), Time: median(w.total, len(w.total)), Kinds: []timedKind{}, Nodes: []timedNode{}}
	kinds, all := map[string]*timedKind{}, 0.0
	for g, graph := range m.Graphs {
		for i, n := range graph.Nodes {
			at := place{g, i}
			if w.calls[at] == 0 {
				continue
			}
			t := timedNode{Graph: g, Node: i, Op: opName(n), timing: timing{Calls: float64(w.calls[at]) / float64(p.Runs), Time: median(w.times[at], p.Runs)}}
			if len(n.Outputs) > 0 {
				t.Output = n.Outputs[0].Name
			}
			k := kinds[t.Op]
			if k == nil {
				k = &timedKind{Op: t.Op}
				kinds[t.Op] = k
			}
			k.Nodes++
			k.Calls += t.Calls
			k.Time += t.Time
			all += t.Time
			p.Nodes = append(p.Nodes, t)
		}
	}
	for i := range p.Nodes {
		p.Nodes[i].finish(all)
	}
	for _, k := range kinds {
		k.finish(all)
		p.Kinds = append(p.Kinds, *k)
	}
	slices.SortFunc(p.Kinds, func(a, b timedKind) int { return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Op, b.Op)) })
	return p
}

func (t *timing) finish(all float64) {
	t.Mean = t.Time / t.Calls
	if all > 0 {
		t.Share = t.Time / all
	}
}

// median returns the median in seconds of n times, of which those that are not listed are 0.
func median(times []time.Duration, n int) float64 {
	sorted := make([]time.Duration, n)
	copy(sorted, times)
	slices.Sort(sorted)
	return (sorted[n/2] + sorted[(n-1)/2]).Seconds() / 2
}

// takeProfile runs n samples, each so many times, and measures their nodes.
func takeProfile(ctx context.Context, r *runner, samples *dataset.Reader, n, repeat int, bar *progress) (*profile, error) {
	start := time.Now()
	w := newStopwatch(func() time.Duration { return time.Since(start) })
	session := r.session()
	for i := range n {
		in, err := samples.Sample(i)
		if err != nil {
			return nil, err
		}
		in = r.fed(in)
		if i == 0 {
			if _, err := session.Run(in, nil); err != nil {
				return nil, fmt.Errorf("sample %d: %w", i, err)
			}
		}
		for k := range repeat {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			begun := w.now()
			if _, err := session.Trace(in, w.tell); err != nil {
				return nil, fmt.Errorf("sample %d: %w", i, err)
			}
			w.end(w.now() - begun)
			bar.show("profile", int64(i*repeat+k+1), int64(n*repeat), "runs")
		}
	}
	return w.profile(r.model), nil
}

// print writes a table by kind, and one of the nodes that take longest.
func (p *profile) print(w io.Writer) {
	fmt.Fprintf(w, "%d runs, %s each (median)\n\n", p.Runs, durationText(p.Time))
	fmt.Fprintf(w, "time\tshare\tcalls\tmean\tnodes\toperator\n")
	for _, k := range p.Kinds {
		fmt.Fprintf(w, "%s\t%d\t%s\n", k.timing, k.Nodes, k.Op)
	}
	nodes := slices.Clone(p.Nodes)
	slices.SortStableFunc(nodes, func(a, b timedNode) int { return cmp.Compare(b.Time, a.Time) })
	fmt.Fprintf(w, "\ntime\tshare\tcalls\tmean\tnode\toperator\tresult (of %d nodes the %d that take longest)\n", len(nodes), min(len(nodes), listed))
	for _, t := range nodes[:min(len(nodes), listed)] {
		number := fmt.Sprint(t.Node)
		if t.Graph > 0 {
			number = fmt.Sprintf("%d.%d", t.Graph, t.Node)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.timing, number, t.Op, clipName(t.Output))
	}
}

// String writes the first cells of a row.
func (t timing) String() string {
	return fmt.Sprintf("%s\t%.1f %%\t%.4g\t%s", durationText(t.Time), 100*t.Share, t.Calls, durationText(t.Mean))
}

// durationText writes seconds for people, in three digits.
func durationText(seconds float64) string {
	switch {
	case seconds >= 1:
		return fmt.Sprintf("%.3g s", seconds)
	case seconds >= 1e-3:
		return fmt.Sprintf("%.3g ms", 1e3*seconds)
	}
	return fmt.Sprintf("%.3g µs", 1e6*seconds)
}

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/octetlite/octet/internal/testmodel"
)

// TestStopwatch measures a loop of a body of two nodes: its own time is without theirs, and the median run counts.
func TestStopwatch(t *testing.T) {
	var now time.Duration
	w := newStopwatch(func() time.Duration { return now })
	node := func(graph, node int, took time.Duration, inside ...func()) {
		w.tell(graph, node, false)
		for _, f := range inside {
			f()
		}
		now += took * time.Second
		w.tell(graph, node, true)
	}
	for _, iterations := range []int{2, 0, 4} {
		begun := now
		var inside []func()
		for range iterations {
			inside = append(inside, func() { node(1, 0, 2) }, func() { node(2, 0, 3) }, func() { node(2, 1, 1) })
		}
		inside = append(inside, func() { node(1, 0, 2) })
		node(0, 0, 10, inside...)
		w.end(now - begun)
	}
	got := w.profile(testmodel.While())
	want := &profile{
		Runs: 3, Time: 24,
		Kinds: []timedKind{
			{"WHILE", 1, timing{1, 10, 10. / 24, 10}},
			{"ADD", 2, timing{4, 8, 8. / 24, 2}},
			{"LESS", 1, timing{3, 6, 6. / 24, 2}},
		},
		Nodes: []timedNode{
			{0, 0, "WHILE", "i/end", timing{1, 10, 10. / 24, 10}},
			{1, 0, "LESS", "less", timing{3, 6, 6. / 24, 2}},
			{2, 0, "ADD", "i/next", timing{2, 6, 6. / 24, 3}},
			{2, 1, "ADD", "x/next", timing{2, 2, 2. / 24, 1}},
		},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(timedKind{}, timedNode{}), cmpopts.EquateApprox(1e-9, 0)); d != "" {
		t.Error(d)
	}
}

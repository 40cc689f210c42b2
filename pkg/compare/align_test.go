package compare

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/ir"
)

// nodes makes operators with results of these names, which may be empty; the operator is the name's first letter.
func nodes(names ...string) []*ir.Node {
	list := make([]*ir.Node, len(names))
	for i, n := range names {
		list[i] = &ir.Node{Op: n[:1], Outputs: []*ir.Value{{Name: n}}}
	}
	return list
}

// total is the weight of an alignment.
func total(list []couple) (sum int32) {
	for _, p := range list {
		if p.a != nil && p.b != nil {
			x, y := kinds([]*ir.Node{p.a}, []*ir.Node{p.b})
			sum += weight(x[0], y[0])
		}
	}
	return sum
}

// most is the most weight that an alignment can have, by the whole table.
func most(a, b []*ir.Node) int32 {
	x, y := kinds(a, b)
	best := make([][]int32, len(x)+1)
	best[len(x)] = make([]int32, len(y)+1)
	for i, k := range slices.Backward(x) {
		best[i] = make([]int32, len(y)+1)
		for j, l := range slices.Backward(y) {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if w := weight(k, l); w > 0 {
				best[i][j] = max(best[i][j], best[i+1][j+1]+w)
			}
		}
	}
	return best[0][0]
}

// TestAlignIsBest aligns random lists of nodes: each node occurs once, in its order, pairs are of one kind, and no alignment has more weight.
func TestAlignIsBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`[ABC][0-4]`), 0, 40)
		a, b := nodes(names.Draw(t, "a")...), nodes(names.Draw(t, "b")...)
		var x, y []*ir.Node
		list := align(a, b)
		for _, p := range list {
			if p.a != nil {
				x = append(x, p.a)
			}
			if p.b != nil {
				y = append(y, p.b)
			}
			if p.a != nil && p.b != nil && p.a.Op != p.b.Op {
				t.Fatalf("%s is paired with %s", p.a.Op, p.b.Op)
			}
		}
		if !slices.Equal(x, a) || !slices.Equal(y, b) {
			t.Fatal("nodes are lost, doubled or out of order")
		}
		if got, want := total(list), most(a, b); got != want {
			t.Fatalf("weight %d, %d is possible", got, want)
		}
	})
}

// TestAlignPairsEarly has the first of equal partners taken.
func TestAlignPairsEarly(t *testing.T) {
	a, b := nodes("Ax", "Ay"), nodes("Az")
	if list := align(a, b); len(list) != 2 || list[0] != (couple{a[0], b[0]}) || list[1] != (couple{a: a[1]}) {
		t.Errorf("got %v", list)
	}
}

// TestAlignLargeGraphs aligns two graphs of 20,000 nodes that differ from the first node to the last, in memory that a quadratic table would exceed fifty times.
func TestAlignLargeGraphs(t *testing.T) {
	const n, bound = 20_000, 32 << 20
	var left, right []string
	for i := range n {
		op := string(rune('A' + i*i%7))
		left = append(left, fmt.Sprintf("%s%d", op, i))
		if i%50 != 0 { // a fiftieth is missing, another one is new
			right = append(right, fmt.Sprintf("%s%d", op, i))
		} else {
			right = append(right, fmt.Sprintf("Z%d", i))
		}
	}
	a, b := nodes(left...), nodes(append(right, "Z")...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	list := align(a, b)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > bound {
		t.Errorf("%d MiB were allocated, %d are allowed", took>>20, bound>>20)
	}
	if got, want := total(list), int32(n-n/50)*sameName; got != want {
		t.Errorf("weight %d, want %d", got, want)
	}
}

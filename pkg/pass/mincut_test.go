package pass

import (
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

// TestCutIsCheapest compares cuts of small random networks with the cheapest of all.
func TestCutIsCheapest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 7).Draw(t, "nodes")
		c := newCut()
		for range n - 2 {
			c.node()
		}
		type edge struct{ a, b, capacity int }
		var edges []edge
		for range rapid.IntRange(0, 20).Draw(t, "edges") {
			e := edge{rapid.IntRange(0, n-1).Draw(t, "a"), rapid.IntRange(0, n-1).Draw(t, "b"), rapid.IntRange(0, 4).Draw(t, "capacity")}
			edges = append(edges, e)
			c.edge(e.a, e.b, e.capacity)
		}
		cost := func(sink uint) (sum int) {
			for _, e := range edges {
				if sink>>e.a&1 == 0 && sink>>e.b&1 == 1 {
					sum += e.capacity
				}
			}
			return sum
		}
		best, most := unlimited, 0
		for sink := uint(2); sink < 1<<n; sink++ {
			if sink&1 != 0 || sink&2 == 0 {
				continue
			}
			if x := cost(sink); x < best || x == best && bits.OnesCount(sink) > most {
				best, most = x, bits.OnesCount(sink)
			}
		}
		got, side, ok := c.run(best + 1)
		if !ok || got != best {
			t.Fatalf("cost %d, %v, want %d: %v", got, ok, best, edges)
		}
		var sink uint
		for i, s := range side {
			if s {
				sink |= 1 << i
			}
		}
		if sink&3 != 2 || cost(sink) != best || bits.OnesCount(sink) != most {
			t.Errorf("cut %b costs %d and has %d nodes on the sink's side, want %d and %d: %v", sink, cost(sink), bits.OnesCount(sink), best, most, edges)
		}
	})
}

package report

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/calib"
)

// TestLayout lays random graphs out: boxes lie below what they read or in a later column, and nothing overlaps.
func TestLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "boxes")
		var edges [][2]int
		for to := 1; to < n; to++ {
			for range rapid.IntRange(0, 3).Draw(t, "reads") {
				edges = append(edges, [2]int{rapid.IntRange(max(0, to-10), to-1).Draw(t, "from"), to})
			}
		}
		l := newLayout(n, edges)
		for _, e := range edges {
			from, to := l.boxes[e[0]], l.boxes[e[1]]
			if from.rank >= to.rank {
				t.Fatalf("box %d on rank %d reads %d on rank %d", e[1], to.rank, e[0], from.rank)
			}
			if from.rank/l.perColumn == to.rank/l.perColumn && from.y >= to.y {
				t.Fatalf("box %d at y=%d reads %d at y=%d of the same column", e[1], to.y, e[0], from.y)
			}
		}
		for r, rank := range l.ranks {
			for i, p := range rank {
				if p.x-p.width()/2 < 0 || p.x+p.width()/2 > l.width || p.y < 0 || p.y+boxHeight > l.height {
					t.Fatalf("rank %d: place at %d, %d is outside of %d × %d", r, p.x, p.y, l.width, l.height)
				}
				if i > 0 && p.x-rank[i-1].x < distance(rank[i-1], p)-1 {
					t.Fatalf("rank %d: places at %d and %d overlap", r, rank[i-1].x, p.x)
				}
			}
		}
	})
}

func TestOutside(t *testing.T) {
	h := calib.Histogram{Counts: []uint64{1, 2, 3, 4}} // in bins of width 1 from 0 on
	for _, c := range []struct{ low, high, want float64 }{{-1, 9, 0}, {0, 4, 0}, {1, 4, 0.1}, {0, 3, 0.4}, {1.5, 2.5, 0.75}, {5, 6, 1}} {
		got := outside(&h, c.low, c.high)
		if got < c.want-1e-12 || got > c.want+1e-12 {
			t.Errorf("%v to %v: %v are outside, want %v", c.low, c.high, got, c.want)
		}
	}
}

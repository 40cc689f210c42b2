package kernel

import (
	"math"
	"testing"
)

// around returns numbers near x: neighbours, and some farther away.
func around(x float32) (list []float32) {
	n := ordered(x)
	for d := 0; d < 1<<14; d += 1 + d/16 {
		list = append(list, unordered(n-d), unordered(n+d))
	}
	return list
}

// TestCells looks up the bins of numbers by their cells: of numbers everywhere, and near each end of a bin of the argument or a result.
func TestCells(t *testing.T) {
	for _, f := range joints {
		told, all := 0, 0
		for _, top := range []float32{0.013, 0.3, 1.1, 3.7, 6, 12, 90, 700} {
			for _, below := range []float32{0, 0.1, 1} {
				// The histograms of everything between two numbers.
				x := make([]float32, 20_001)
				lo, hi := -below*top, top
				for i := range x {
					x[i] = lo + (hi-lo)*float32(i)/float32(len(x)-1)
				}
				var h [mostJoined]F32Histogram
				y := make([]float32, len(x))
				var exps [mostJoined]int
				for i := range f.of.count() + 1 {
					values := x
					if i > 0 {
						f.of.list[i-1].Map(y, x)
						values = y
					}
					h[i] = directly(values)
					exps[i] = h[i].Exp
				}
				c := cellsOf(f.of, exps, h[0].First, h[0].Last()+1)
				all++
				if !c.ok {
					continue
				}
				told++
				for b := h[0].First; b <= h[0].Last(); b++ {
					x = append(x, around(c.begin(b))...)
				}
				for i := range f.of.count() { // where a result passes the end of a bin
					f.of.list[i].Map(y, x[:len(y)])
					for k := 1; k < len(y); k++ {
						if bin(y[k], exps[i+1]) != bin(y[k-1], exps[i+1]) {
							from, to := ordered(x[k-1]), ordered(x[k])
							one := []float32{0}
							for to-from > 1 {
								one[0] = unordered((from + to) / 2)
								f.of.list[i].Map(one, one)
								if bin(one[0], exps[i+1]) == bin(y[k-1], exps[i+1]) {
									from = (from + to) / 2
								} else {
									to = (from + to) / 2
								}
							}
							x = append(x, around(unordered(to))...)
						}
					}
				}
				checkCells(t, f.name, c, x)
			}
		}
		if told < all*3/4 {
			t.Errorf("%s: cells are told apart in %d of %d cases", f.name, told, all)
		}
	}
}

// checkCells looks up the bins of numbers.
func checkCells(t *testing.T, name string, c *cells, x []float32) {
	t.Helper()
	var y [mostJoined][]float32
	y[0] = x
	for i := range c.joint.count() {
		y[i+1] = make([]float32, len(x))
		c.joint.list[i].Map(y[i+1], x)
	}
	for k, v := range x {
		if at := bin(v, c.exps[0]); at < c.lo || at >= c.hi || v != v || math.Abs(float64(v)) > 1e30 {
			continue
		}
		var want [mostJoined]int
		for i := range c.joint.count() + 1 {
			want[i] = bin(y[i][k], c.exps[i])
		}
		d := want[1] - int(c.least)
		switch {
		case want[0] < int(c.turn):
			d = -d
		case want[0] == int(c.turn):
			d = 0
		}
		if i := want[0] + 2*d + 4*want[2] - c.first; i < 0 || i >= len(c.of) || !c.known[i] || c.of[i] != [mostJoined]int32{int32(want[0]), int32(want[1]), int32(want[2])} {
			t.Fatalf("%s, bins of 2^%v: %v is in bins %v and not in a cell of these", name, c.exps, v, want)
		}
	}
}

// TestCellsHaveNumbersOf16Bits wants no cells where there are more numbers than these hold.
func TestCellsHaveNumbersOf16Bits(t *testing.T) {
	for _, c := range []struct {
		exp int // of the logistic function's bins
		ok  bool
	}{{-12, true}, {-13, false}} {
		got := cellsOf(JointSwish, [mostJoined]int{-6, -10, c.exp}, -1300, 600)
		if got.ok != c.ok || len(got.of) <= cellNumbers != c.ok || len(got.of) < cellNumbers/2 {
			t.Errorf("bins of 2^%d: %d numbers of cells, fit to be counted: %v, want %v", c.exp, len(got.of), got.ok, c.ok)
		}
	}
}

package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestJointGeluFarBelow counts GELU of numbers that are far below 0, most of them, where it is off by more than a few units in the last place and flat.
func TestJointGeluFarBelow(t *testing.T) {
	r := rand.New(rand.NewPCG(90, 91))
	for _, c := range []struct{ lo, hi float32 }{{-5.6, 0.5}, {-5.6, 0.1}, {-5.6, -0.2}, {-5.3, -3}, {-5.44, -4.5}, {-6, 0}, {-20, 0.01}, {-300, 4}} {
		check := func() {
			j := jointly{of: JointGelu}
			for range 6 {
				x := make([]float32, 8192)
				for i := range x {
					x[i] = c.lo + float32(r.Float32()*(c.hi-c.lo))
				}
				j.sample(t, x, JointRun)
			}
			j.check(t, fmt.Sprintf("numbers from %v to %v", c.lo, c.hi))
		}
		check()
		withLesserVariants(check)
	}
}

// TestGeluIsCountedWhereItIsSteep wants cells for bins of usual widths, and none where GELU's error may take it through ends of bins over several bins of the argument.
func TestGeluIsCountedWhereItIsSteep(t *testing.T) {
	for _, c := range []struct {
		exp int // of GELU's bins
		ok  bool
	}{{-8, true}, {-10, true}, {-13, false}} {
		if got := cellsOf(JointGelu, [mostJoined]int{-9, c.exp}, -3000, 100).ok; got != c.ok {
			t.Errorf("bins of 2^%d: cells can be told apart: %v, want %v", c.exp, got, c.ok)
		}
	}
}

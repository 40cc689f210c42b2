package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// seeing is a kernel that takes the range of its result.
type seeing interface {
	Run(out, in []float32)
	RunScan(out, in []float32, scan *F32Scan)
}

// checkScan compares the result that a kernel lets be seen, and its range, with the result alone and what F32MinMax finds of it.
func checkScan(t *testing.T, k seeing, inputs, outputs int) {
	t.Helper()
	in := ended(t, inputs)
	values(rand.New(rand.NewPCG(61, uint64(outputs))), in, 300)
	check := func() {
		t.Helper()
		want := make([]float32, outputs)
		k.Run(want, in)
		out, intact := guarded(t, outputs)
		var scan F32Scan
		scan.Start(true)
		k.RunScan(out, in, &scan)
		intact()
		same(t, "with its range", out, want)
		got, ok := scan.Range(outputs)
		if want := F32MinMax(out); !ok || got != want {
			t.Errorf("range %+v (%v), want %+v", got, ok, want)
		}
	}
	check()
	withLesserVariants(check)
	withoutVariants(check)
}

// TestRunScan lets the results of layers be seen.
func TestRunScan(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 62))
	fill := func(n int) []float32 {
		x := make([]float32, n)
		values(r, x, 0)
		return x
	}
	check := func(t *testing.T, inputs, outputs int) func(k seeing, err error) {
		t.Helper()
		return func(k seeing, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			checkScan(t, k, inputs, outputs)
		}
	}
	for _, rows := range []int{1, 8} {
		t.Run(fmt.Sprintf("%d windows as wide as the image", rows), func(t *testing.T) {
			s := F32ConvSpec{Window: Window{H: rows + 1, W: 3, OH: rows, OW: 1, KH: 2, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, C: 5, OC: 130}
			k, err := NewF32Conv(s, fill(s.OC*s.taps()*s.C), nil)
			check(t, 2*s.H*s.W*s.C, 2*s.OH*s.OW*s.OC)(k, err)
		})
	}
	for i := range 60 {
		groups := 1 + r.IntN(3)*r.IntN(2)
		s := F32ConvSpec{Window: draw(r, 14, 4), C: groups * (1 + r.IntN(9)), OC: groups * (1 + r.IntN(40)), Groups: groups, Clamp: clamps[i%len(clamps)]}
		t.Run(fmt.Sprintf("conv_%d_%v_c%d_oc%d_g%d", i, s.Window, s.C, s.OC, groups), func(t *testing.T) {
			k, err := NewF32Conv(s, fill(s.OC*s.taps()*s.C/groups), fill(s.OC))
			check(t, 2*s.H*s.W*s.C, 2*s.OH*s.OW*s.OC)(k, err)
		})
		s.Groups = 1
		s.OH, s.OW = 1+r.IntN(9), 1+r.IntN(9)
		t.Run(fmt.Sprintf("transposed_%d_%v_c%d_oc%d", i, s.Window, s.C, s.OC), func(t *testing.T) {
			k, err := NewF32TransposeConv(s, fill(s.OC*s.taps()*s.C), fill(s.OC))
			check(t, 2*s.H*s.W*s.C, 2*s.OH*s.OW*s.OC)(k, err)
		})
		f := F32FullyConnectedSpec{K: 1 + r.IntN(40), N: 1 + r.IntN(150), Clamp: s.Clamp}
		t.Run(fmt.Sprintf("connected_%d_%dx%d", i, f.K, f.N), func(t *testing.T) {
			rows := 1 + r.IntN(30)
			k, err := NewF32FullyConnected(f, fill(f.N*f.K), fill(f.N))
			check(t, rows*f.K, rows*f.N)(k, err)
		})
	}
}

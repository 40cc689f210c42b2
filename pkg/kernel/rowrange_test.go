package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// rowed is a layer that is computed as a whole or by rows of the result.
type rowed interface {
	RunScan(out, in []float32, scan *F32Scan)
	RunRows(out, in []float32, from, to int, scan *F32Scan)
}

// TestRunRows computes results range by range: they are those of the whole, and so is what was seen of them.
func TestRunRows(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 62))
	fill := func(n int) []float32 {
		x := make([]float32, n)
		values(r, x, 0)
		return x
	}
	check := func(t *testing.T, l rowed, inputs, outputs, rows int) {
		t.Helper()
		in, want := fill(inputs), make([]float32, outputs)
		values(r, in, 50)
		l.RunScan(want, in, nil)
		for range 4 {
			out, intact := guarded(t, outputs)
			var scan F32Scan
			scan.Start(true)
			for from := 0; from < rows; {
				to := from + 1 + r.IntN(min(rows-from, 1+r.IntN(rows)))
				l.RunRows(out, in, from, to, &scan)
				from = to
			}
			intact()
			same(t, "by rows", out, want)
			got, ok := scan.Range(outputs)
			if want := F32MinMax(out); !ok || got != want {
				t.Errorf("range %+v (%v), want %+v", got, ok, want)
			}
		}
	}
	both := func(t *testing.T, make func() (rowed, error), inputs, outputs, rows int) {
		t.Helper()
		with := func() {
			l, err := make()
			if err != nil {
				t.Fatal(err)
			}
			check(t, l, inputs, outputs, rows)
			withoutVariants(func() { check(t, l, inputs, outputs, rows) })
		}
		with()
		withLesserVariants(with)
	}
	t.Run("windows as wide as the image", func(t *testing.T) {
		s := F32ConvSpec{Window: Window{H: 9, W: 3, OH: 8, OW: 1, KH: 2, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, C: 5, OC: 130}
		w := fill(s.OC * s.taps() * s.C)
		both(t, func() (rowed, error) { return NewF32Conv(s, w, nil) }, s.H*s.W*s.C, s.OH*s.OW*s.OC, s.OH)
	})
	for i := range 60 {
		groups := 1 + r.IntN(3)*r.IntN(2)
		s := F32ConvSpec{Window: draw(r, 14, 4), C: groups * (1 + r.IntN(9)), OC: groups * (1 + r.IntN(40)), Groups: groups, Clamp: clamps[i%len(clamps)]}
		t.Run(fmt.Sprintf("conv_%d_%v_c%d_oc%d_g%d", i, s.Window, s.C, s.OC, groups), func(t *testing.T) {
			w, b := fill(s.OC*s.taps()*s.C/groups), fill(s.OC)
			both(t, func() (rowed, error) { return NewF32Conv(s, w, b) }, s.H*s.W*s.C, s.OH*s.OW*s.OC, s.OH)
		})
		s.Groups = 1
		s.OH, s.OW = 1+r.IntN(9), 1+r.IntN(9)
		t.Run(fmt.Sprintf("transposed_%d_%v_c%d_oc%d", i, s.Window, s.C, s.OC), func(t *testing.T) {
			w, b := fill(s.OC*s.taps()*s.C), fill(s.OC)
			both(t, func() (rowed, error) { return NewF32TransposeConv(s, w, b) }, s.H*s.W*s.C, s.OH*s.OW*s.OC, s.OH)
		})
		f := F32FullyConnectedSpec{K: 1 + r.IntN(40), N: 1 + r.IntN(150), Clamp: s.Clamp}
		t.Run(fmt.Sprintf("connected_%d_%dx%d", i, f.K, f.N), func(t *testing.T) {
			rows, w, b := 1+r.IntN(30), fill(f.N*f.K), fill(f.N)
			both(t, func() (rowed, error) { return NewF32FullyConnected(f, w, b) }, rows*f.K, rows*f.N, rows)
		})
	}
}

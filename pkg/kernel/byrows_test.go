package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// byRows is a kernel that computes an image's result as a whole or by rows.
type byRows interface {
	RunScan(out, in []float32, scan *F32Scan)
	RunRows(out, in []float32, from, to int, scan *F32Scan)
}

// checkByRows compares rows, computed in groups as soon as the input's rows that they see are there, with the whole result and its range. The image has c channels,
// the result oc.
func checkByRows(t *testing.T, k byRows, w Window, c, oc int) {
	t.Helper()
	r := rand.New(rand.NewPCG(61, uint64(w.OH*w.W*oc)))
	in, want := ended(t, w.H*w.W*c), make([]float32, w.OH*w.OW*oc)
	values(r, in, 300)
	var whole F32Scan
	whole.Start(true)
	k.RunScan(want, in, &whole)
	check := func() {
		t.Helper()
		out, intact := guarded(t, len(want))
		var scan F32Scan
		scan.Start(true)
		coming := ended(t, len(in))
		for i := range coming {
			coming[i] = float32(math.NaN())
		}
		for from := 0; from < w.OH; {
			to := min(w.OH, from+1+r.IntN(5))
			rows := min(w.H, max(0, (to-1)*w.StrideH-w.Top+(w.KH-1)*w.DilationH+1))
			copy(coming, in[:rows*w.W*c])
			k.RunRows(out, coming, from, to, &scan)
			from = to
		}
		intact()
		same(t, "by rows", out, want)
		got, ok := scan.Range(len(out))
		if seen, _ := whole.Range(len(out)); !ok || got != seen {
			t.Fatalf("range by rows %+v (%v), as a whole %+v", got, ok, seen)
		}
	}
	check()
	withLesserVariants(check)
	withoutVariants(check)
}

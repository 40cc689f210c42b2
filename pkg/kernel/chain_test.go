package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// chainTest are layers of which each reads what the one before makes.
type chainTest struct {
	links []F32Link
	sizes []int // of the images between them, from the first operand to the last result
}

// conv adds a convolution with random weights.
func (c *chainTest) conv(t testing.TB, r *rand.Rand, s F32ConvSpec) {
	t.Helper()
	weights, bias := make([]float32, s.OC*s.taps()*s.C), make([]float32, s.OC)
	values(r, weights, 0)
	values(r, bias, 0)
	l, err := NewF32Conv(s, weights, bias)
	if err != nil {
		t.Fatal(err)
	}
	c.add(l, s.H*s.W*s.C, s.OH*s.OW*s.OC)
}

// depthwise adds a depthwise convolution with random weights.
func (c *chainTest) depthwise(t testing.TB, r *rand.Rand, s F32DepthwiseSpec) {
	t.Helper()
	s.Multiplier = 1
	weights, bias := make([]float32, s.taps()*s.C), make([]float32, s.C)
	values(r, weights, 0)
	values(r, bias, 0)
	l, err := NewF32Depthwise(s, weights, bias)
	if err != nil {
		t.Fatal(err)
	}
	c.add(l, s.H*s.W*s.C, s.OH*s.OW*s.C)
}

func (c *chainTest) add(l F32Link, in, out int) {
	if c.links == nil {
		c.sizes = []int{in}
	}
	c.links, c.sizes = append(c.links, l), append(c.sizes, out)
}

// apart computes n images layer by layer, and returns all results.
func (c *chainTest) apart(in []float32, n int, scans *[MaxChain]*F32Scan) [][]float32 {
	var all [][]float32
	for i, l := range c.links {
		out := make([]float32, n*c.sizes[i+1])
		l.(seeing).RunScan(out, in, scans[i])
		all, in = append(all, out), out
	}
	return all
}

// newScans returns scans that look.
func newScans() *[MaxChain]*F32Scan {
	var scans [MaxChain]*F32Scan
	for i := range scans {
		scans[i] = new(F32Scan)
		scans[i].Start(true)
	}
	return &scans
}

// drawChain returns a chain of random layers.
func drawChain(t testing.TB, r *rand.Rand) (c chainTest) {
	t.Helper()
	w, ch := draw(r, 22, 5), 8+r.IntN(30)
	for i := range 2 + r.IntN(MaxChain-1) {
		clamp := clamps[r.IntN(len(clamps))]
		if r.IntN(2) == 0 || i == 0 && r.IntN(2) == 0 {
			if i > 0 {
				w = Window{H: w.OH, W: w.OW, OH: w.OH, OW: w.OW, KH: 1, KW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
			}
			s := F32ConvSpec{Window: w, C: ch, OC: 8 + r.IntN(40), Clamp: clamp}
			c.conv(t, r, s)
			ch = s.OC
			continue
		}
		if i > 0 {
			w = Window{H: w.OH, W: w.OW, KH: 1 + r.IntN(5), KW: 1 + r.IntN(7), StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(2), DilationH: 1 + r.IntN(4)/3, DilationW: 1 + r.IntN(4)/3}
			w.Top, w.Left = r.IntN((w.KH-1)*w.DilationH+1), r.IntN((w.KW-1)*w.DilationW+1)
			w.OH, w.OW = 1+(w.H-1+w.Top)/w.StrideH, 1+(w.W-1+w.Left)/w.StrideW
			w.OH -= r.IntN(w.OH) / 2 // what lies below is not seen
		}
		c.depthwise(t, r, F32DepthwiseSpec{Window: w, C: ch, Clamp: clamp})
	}
	return c
}

// TestChain compares chains, however many rows are computed at a time, with their layers one after the other: results and ranges.
func TestChain(t *testing.T) {
	r := rand.New(rand.NewPCG(71, 72))
	count := 120
	if testing.Short() {
		count = 20
	}
	for i := range count {
		c, n := drawChain(t, r), 1+i%2
		in := ended(t, n*c.sizes[0])
		values(r, in, []int{0, 300}[i%2])
		wantScans := newScans()
		want := c.apart(in, n, wantScans)
		last := want[len(want)-1]
		chain, _, _ := linked(c.links)
		if chain == nil {
			t.Fatalf("%d: no chain", i)
		}
		check := func(what string) {
			t.Helper()
			for _, rows := range []int{1, 2, 3, 5, 8, 100} {
				chain.plan(rows)
				out, intact := guarded(t, len(last))
				scratch, kept := guarded(t, chain.Scratch())
				for j := range scratch {
					scratch[j] = guard
				}
				got := newScans()
				chain.Run(out, in, scratch, got)
				intact()
				kept()
				what := fmt.Sprintf("%d, %s, %d rows at a time", i, what, rows)
				same(t, what, out, last)
				for j, image := range want {
					a, ok := got[j].Range(len(image))
					if b, _ := wantScans[j].Range(len(image)); !ok || a != b {
						t.Fatalf("%s: layer %d has the range %+v (%v), want %+v", what, j, a, ok, b)
					}
				}
			}
		}
		check("variants")
		withLesserVariants(func() { check("lesser variants") })
		withoutVariants(func() { check("generic") })
	}
}

// TestChainFits wants chains within a number of bytes, and none where layers don't fit together, or gain nothing.
func TestChainFits(t *testing.T) {
	r := rand.New(rand.NewPCG(73, 74))
	pointwise := func(n, c, oc int) F32ConvSpec { return F32ConvSpec{Window: square(n, 1, 1), C: c, OC: oc} }
	var c chainTest
	c.conv(t, r, pointwise(60, 8, 48))
	c.depthwise(t, r, F32DepthwiseSpec{Window: square(60, 3, 2), C: 48})
	c.conv(t, r, pointwise(30, 48, 16))
	var all *F32Chain
	for _, kb := range []int{64, 128, 256, 2048} {
		chain := NewF32Chain(c.links, kb<<10)
		if chain == nil {
			t.Fatalf("no chain within %d kB", kb)
		}
		if size := 4 * chain.Scratch(); size > kb<<10 {
			t.Errorf("a chain within %d kB takes %d", kb, size>>10)
		}
		if all != nil && chain.Scratch() <= all.Scratch() {
			t.Errorf("a chain within %d kB takes no more than with less", kb)
		}
		all = chain
	}
	if len(all.steps) != 3 {
		t.Errorf("%d steps where there is room for the image", len(all.steps))
	}
	if NewF32Chain(c.links, 16<<10) != nil {
		t.Error("a chain within less than its rows take")
	}
	if NewF32Chain(c.links[:1], 1<<20) != nil {
		t.Error("a chain of one layer")
	}
	c.conv(t, r, F32ConvSpec{Window: square(30, 3, 1), C: 16, OC: 16})
	if NewF32Chain(c.links, 1<<20) != nil {
		t.Error("a chain with a window over channels behind its first layer")
	}
	var heavy chainTest
	heavy.conv(t, r, pointwise(8, 256, 256))
	heavy.depthwise(t, r, F32DepthwiseSpec{Window: square(8, 3, 1), C: 256})
	if NewF32Chain(heavy.links, 384<<10) != nil {
		t.Error("a chain whose weights are read more often than its images")
	}
}

func BenchmarkChain(b *testing.B) {
	r := rand.New(rand.NewPCG(75, 76))
	for _, c := range []struct {
		name  string
		build func(c *chainTest)
	}{
		{"MobileNetV2's begin", func(c *chainTest) {
			c.conv(b, r, F32ConvSpec{Window: square(224, 3, 2), C: 3, OC: 32})
			c.depthwise(b, r, F32DepthwiseSpec{Window: square(112, 3, 1), C: 32})
			c.conv(b, r, F32ConvSpec{Window: square(112, 1, 1), C: 32, OC: 16})
			c.conv(b, r, F32ConvSpec{Window: square(112, 1, 1), C: 16, OC: 96})
			c.depthwise(b, r, F32DepthwiseSpec{Window: square(112, 3, 2), C: 96})
			c.conv(b, r, F32ConvSpec{Window: square(56, 1, 1), C: 96, OC: 24})
		}},
		{"56x56x144", func(c *chainTest) {
			c.conv(b, r, F32ConvSpec{Window: square(56, 1, 1), C: 24, OC: 144})
			c.depthwise(b, r, F32DepthwiseSpec{Window: square(56, 3, 1), C: 144})
			c.conv(b, r, F32ConvSpec{Window: square(56, 1, 1), C: 144, OC: 24})
		}},
	} {
		var layers chainTest
		c.build(&layers)
		in, out := make([]float32, layers.sizes[0]), make([]float32, layers.sizes[len(layers.sizes)-1])
		values(r, in, 0)
		chain := NewF32Chain(layers.links, 768<<10)
		scratch, scans := make([]float32, chain.Scratch()), newScans()
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				chain.Run(out, in, scratch, scans)
			}
		})
		var between [][]float32
		for _, size := range layers.sizes[1:] {
			between = append(between, make([]float32, size))
		}
		b.Run(c.name+", apart", func(b *testing.B) {
			for b.Loop() {
				x := in
				for i, l := range layers.links {
					l.(seeing).RunScan(between[i], x, scans[i])
					x = between[i]
				}
			}
		})
	}
}

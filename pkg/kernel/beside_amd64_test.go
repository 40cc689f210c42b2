//go:build amd64 && !purego

package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestCountsBesideProducts computes products of many sizes while there are bins to count, and demands what both are alone.
func TestCountsBesideProducts(t *testing.T) {
	if !variants() {
		t.Skip("no variants run; TestVariantsRun fails where the processor has them")
	}
	for _, n := range []int{8, 15, 16, 24, 32, 37, 64, 72} {
		for _, k := range []int{1, 3, 4, 7, 32, 61} {
			for _, rows := range []int{1, 2, 3, 5, 6, 7, 8, 20, 300} {
				for _, waiting := range []int{0, 256, 1000, 30_000} {
					check := func() { besideProduct(t, rows, k, n, waiting) }
					check()
					withLesserVariants(check)
				}
			}
		}
	}
}

func besideProduct(t *testing.T, rows, k, n, waiting int) {
	t.Helper()
	name := fmt.Sprintf("%d×%d·%d×%d beside %d bins", rows, k, k, n, waiting)
	r := rand.New(rand.NewPCG(uint64(rows*k*n), uint64(waiting)))
	f, err := NewF32FullyConnected(F32FullyConnectedSpec{K: k, N: n, Clamp: F32Clamp{On: true, Lo: -1, Hi: 2}}, normal(r, n*k), normal(r, n))
	if err != nil {
		t.Fatal(err)
	}
	in, want, got := normal(r, rows*k), make([]float32, rows*n), make([]float32, rows*n)
	f.Run(want, in)
	var counter F32Counter
	var before, of F32Tally
	x := samples(r, 0, waiting)
	before.histogram.extend(slices.Min(append(x, 0)), slices.Max(append(x, 0)))
	counter.add(&before, x)
	for range 2 { // the second time there are bins for the result, too
		var scan F32Scan
		scan.Start(true)
		scan.Count(&counter, &of)
		f.RunScan(got, in, &scan)
		if !slices.Equal(got, want) {
			t.Fatalf("%s: the product is another one", name)
		}
	}
	counter.Flush()
	if h, want := before.Histogram(), directly(x); waiting > 0 && !sameHistogram(h, &want) {
		t.Errorf("%s: counted before: %s, want %s", name, describe(h), describe(&want))
	}
	if h, want := of.Histogram(), directly(append(want, want...)); !sameHistogram(h, &want) {
		t.Errorf("%s: counted of the product: %s, want %s", name, describe(h), describe(&want))
	}
}

// TestProductsCountBeside demands that bins which wait are counted while a product is computed, as many as there are steps for.
func TestProductsCountBeside(t *testing.T) {
	if !variants() {
		t.Skip("no variants run; TestVariantsRun fails where the processor has them")
	}
	check := func() {
		const rows, k = 240, 64
		for _, n := range []int{16, 24, 32} {
			if n > panelWidth && n != 24 {
				continue
			}
			r := rand.New(rand.NewPCG(70, 71))
			f, err := NewF32FullyConnected(F32FullyConnectedSpec{K: k, N: n}, normal(r, n*k), nil)
			if err != nil {
				t.Fatal(err)
			}
			var counter F32Counter
			var tally, of F32Tally
			x := samples(r, 0, 1<<14)
			tally.histogram.extend(slices.Min(x), slices.Max(x))
			counter.add(&tally, x)
			q := counter.queueOf(&tally)
			held := q.waiting()
			var scan F32Scan
			scan.Start(true)
			scan.Count(&counter, &of)
			f.RunScan(make([]float32, rows*n), normal(r, rows*k), &scan)
			height := tileHeight(n)
			want := min(held, rows/height*k*tileBeside(n, height))
			if n := held - q.waiting(); n != want || n == 0 {
				t.Errorf("%d of %d bins were counted beside a product of %d columns, want %d", n, held, n, want)
			}
		}
	}
	check()
	withLesserVariants(check)
}

// normal returns n numbers.
func normal(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	values(r, x, 0)
	return x
}

// TestSpikesAreLeftOut demands that numbers of the two fullest bins don't wait to be counted, once these are known.
func TestSpikesAreLeftOut(t *testing.T) {
	if !variants() {
		t.Skip("no variants run; TestVariantsRun fails where the processor has them")
	}
	check := func() {
		x := spiked(rand.New(rand.NewPCG(74, 75)), 9*countRun, -2, 2)
		var c F32Counter
		var tally F32Tally
		c.add(&tally, x)
		c.Flush()
		c.add(&tally, x)
		q := c.queueOf(&tally)
		before := q.last
		c.add(&tally, x[:countRun])
		if n := q.last - before; n == 0 || n > countRun*7/10 {
			t.Errorf("%d of %d bins are left to be counted", n, countRun)
		}
	}
	check()
	withLesserVariants(check)
}

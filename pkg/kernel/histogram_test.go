package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// directly counts finite numbers with the width that their range asks for, by the definition.
func directly(x []float32) F32Histogram {
	var lo, hi float64
	n := 0
	for _, v := range x {
		if f := float64(v); f-f == 0 {
			lo, hi = min(lo, f), max(hi, f)
			n++
		}
	}
	if n == 0 {
		return F32Histogram{}
	}
	h := F32Histogram{Exp: MinExp}
	index := func(f float64) int { return int(math.Floor(math.Ldexp(f, -h.Exp))) }
	for math.Floor(math.Ldexp(hi, -h.Exp))-math.Floor(math.Ldexp(lo, -h.Exp)) >= MaxBins {
		h.Exp++
	}
	h.First = index(lo)
	h.Counts = make([]uint64, index(hi)-h.First+1)
	for _, v := range x {
		if f := float64(v); f-f == 0 {
			h.Counts[index(f)-h.First]++
		}
	}
	return h
}

func sameHistogram(a, b *F32Histogram) bool {
	return len(a.Counts) == len(b.Counts) && (len(a.Counts) == 0 || a.Exp == b.Exp && a.First == b.First && slices.Equal(a.Counts, b.Counts))
}

func describe(h *F32Histogram) string {
	return fmt.Sprintf("%d numbers in bins %d to %d of 2^%d", h.Total(), h.First, h.Last(), h.Exp)
}

// counted includes x in pieces of the given size.
func counted(x []float32, piece int) *F32Histogram {
	var c F32Counter
	var tally F32Tally
	var scan F32Scan
	scan.Start(true)
	scan.Count(&c, &tally)
	for rest := x; len(rest) > 0; {
		n := min(piece, len(rest))
		scan.Include(rest[:n])
		rest = rest[n:]
	}
	c.Flush()
	if r, ok := scan.Range(len(x)); !ok || r != F32MinMax(x) || math.Signbit(float64(r.Min)) && r.Min == 0 || math.Signbit(float64(r.Max)) && r.Max == 0 {
		panic(fmt.Sprintf("range %+v, want %+v", r, F32MinMax(x)))
	}
	return tally.Histogram()
}

// sparse sets numbers to 0 or, rarely, to what is no number.
func sparse(r *rand.Rand, x []float32, zeros, rare int) {
	for i := range x {
		if r.IntN(100) < zeros {
			x[i] = 0
		}
		if rare > 0 && r.IntN(rare) == 0 {
			x[i] = []float32{float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), float32(math.Copysign(0, -1)), 1e-45, -1e-45}[r.IntN(6)]
		}
	}
}

// samples returns n numbers as a kind of activation holds them.
func samples(r *rand.Rand, kind, n int) []float32 {
	x := make([]float32, n)
	scale := float32(math.Ldexp(1+r.Float64(), r.IntN(200)-100))
	for i := range x {
		switch kind {
		case 0:
			x[i] = float32(r.NormFloat64()) * scale
		case 1: // mostly zeros
			x[i] = max(0, float32(r.NormFloat64()-0.7)) * scale
		case 2: // few zeros
			x[i] = max(0, float32(r.NormFloat64()+2)) * scale
		case 3:
			x[i] = -float32(r.ExpFloat64()) * scale
		case 4: // all of float32
			for {
				if x[i] = math.Float32frombits(r.Uint32()); x[i]-x[i] == 0 {
					break
				}
			}
		case 5: // no larger than the least normal number
			x[i] = math.Float32frombits(r.Uint32() & 0x80ffffff)
		case 6:
			x[i] = scale
		}
	}
	return x
}

const sampleKinds = 7

func TestHistogramIsTheDirectCount(t *testing.T) {
	r := rand.New(rand.NewPCG(62, 63))
	for kind := range sampleKinds {
		for _, n := range []int{0, 1, 7, 31, 32, 33, 63, 257, 1000, 1040, 5000, 30011} {
			for _, rare := range []int{0, 2000, 3} {
				x := samples(r, kind, n)
				sparse(r, x, 0, rare)
				want := directly(x)
				for _, piece := range []int{n + 1, 4096, 700, 13} {
					check := func() {
						if got := counted(x, piece); !sameHistogram(got, &want) {
							t.Fatalf("kind %d, %d numbers in pieces of %d: %s, want %s", kind, n, piece, describe(got), describe(&want))
						}
					}
					check()
					withLesserVariants(check)
					withoutVariants(check)
				}
			}
		}
	}
}

// Any order of the numbers, any way to divide them, and any order and grouping of the parts gives the same histogram.
func TestHistogramDoesNotDependOnTheSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var x []float32
		for range rapid.IntRange(1, 4).Draw(t, "kinds") {
			x = append(x, samples(r, r.IntN(sampleKinds), r.IntN(1500))...)
		}
		sparse(r, x, r.IntN(100), rapid.SampledFrom([]int{0, 5, 300}).Draw(t, "rare"))
		want := directly(x)
		r.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
		var parts []*F32Histogram
		for len(x) > 0 {
			n := min(1+r.IntN(len(x)), len(x))
			parts = append(parts, counted(x[:n], 1+r.IntN(n)))
			x = x[n:]
		}
		for len(parts) > 1 {
			i, j := r.IntN(len(parts)), r.IntN(len(parts)-1)
			if j >= i {
				j++
			}
			before := parts[j].Clone()
			parts[i].Merge(parts[j])
			if !sameHistogram(before, parts[j]) {
				t.Fatal("merging changed what was merged")
			}
			parts = slices.Delete(parts, j, j+1)
		}
		got := &F32Histogram{}
		if len(parts) > 0 {
			got = parts[0]
		}
		if !sameHistogram(got, &want) {
			t.Fatalf("%s, want %s", describe(got), describe(&want))
		}
	})
}

// TestHistogramBounds counts the numbers that need the narrowest and the widest bins.
func TestHistogramBounds(t *testing.T) {
	const least = math.SmallestNonzeroFloat32
	for _, c := range []struct {
		x                []float32
		exp, first, last int
	}{
		{[]float32{0}, MinExp, 0, 0},
		{[]float32{-least, least}, MinExp, -1, 0},
		{[]float32{math.MaxFloat32}, MaxExp - 1, 0, MaxBins - 1},
		{[]float32{-math.MaxFloat32, math.MaxFloat32}, MaxExp, -MaxBins / 2, MaxBins/2 - 1},
		{[]float32{2047.5}, 0, 0, 2047},
		{[]float32{2048}, 1, 0, 1024},
		{[]float32{-2047}, 0, -2047, 0},
		{[]float32{-2047.5}, 1, -1024, 0},
		{[]float32{-1, 2046.5}, 0, -1, 2046},
		{[]float32{-1.5, 2046.5}, 1, -1, 1023},
		{[]float32{2048, -least}, 1, -1, 1024}, // too small for a product: rounded down all the same
	} {
		x := slices.Repeat(c.x, 600)
		check := func() {
			h := counted(x, len(x))
			if h.Exp != c.exp || h.First != c.first || h.Last() != c.last || h.Total() != uint64(len(x)) {
				t.Errorf("%v: %s, want bins %d to %d of 2^%d", c.x, describe(h), c.first, c.last, c.exp)
			}
			if want := directly(x); !sameHistogram(h, &want) {
				t.Errorf("%v: not the direct count", c.x)
			}
		}
		check()
		withLesserVariants(check)
		withoutVariants(check)
	}
}

// TestHistogramOfEqualNumbers counts more of them than the table holds.
func TestHistogramOfEqualNumbers(t *testing.T) {
	for _, lo := range []float32{-2, 0} {
		x := make([]float32, 300_000)
		for i := range x {
			x[i] = 3
		}
		x[0] = lo
		want := directly(x)
		if got := counted(x, len(x)); !sameHistogram(got, &want) {
			t.Errorf("%s, want %s", describe(got), describe(&want))
		}
	}
}

// spiked returns numbers of which many are lo or hi, and some are almost that.
func spiked(r *rand.Rand, n int, lo, hi float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		switch r.IntN(5) {
		case 0:
			x[i] = lo
		case 1:
			x[i] = hi
		default:
			x[i] = min(max(float32(r.NormFloat64()), lo-1), hi+1)
		}
	}
	return x
}

// TestHistogramOfSpikes counts large tensors again and again, so that their fullest bins are known.
func TestHistogramOfSpikes(t *testing.T) {
	for _, spikes := range [][2]float32{{0, 6}, {-2, 2}, {-0.25, 1}, {0.5, 0.5}, {-1e-30, 3}} {
		r := rand.New(rand.NewPCG(72, 73))
		var all [][]float32
		for range 4 {
			all = append(all, spiked(r, 40_000, spikes[0], spikes[1]))
		}
		want := directly(slices.Concat(all...))
		check := func() {
			var c F32Counter
			var tally F32Tally
			for _, x := range all {
				c.add(&tally, x)
				c.Flush()
				tally.Histogram()
			}
			if h := tally.Histogram(); !sameHistogram(h, &want) {
				t.Errorf("%v: %s, want %s", spikes, describe(h), describe(&want))
			}
		}
		check()
		withLesserVariants(check)
		withoutVariants(check)
	}
}

// TestHistogramsInTurn has one counter count for several histograms.
func TestHistogramsInTurn(t *testing.T) {
	r := rand.New(rand.NewPCG(64, 65))
	var c F32Counter
	var got [3]F32Tally
	var all [3][]float32
	for i := range 40 {
		x := samples(r, i%sampleKinds, 300+r.IntN(3000))
		h := r.IntN(3)
		c.add(&got[h], x)
		all[h] = append(all[h], x...)
	}
	c.Flush()
	for i := range got {
		if h, want := got[i].Histogram(), directly(all[i]); !sameHistogram(h, &want) {
			t.Errorf("%d: %s, want %s", i, describe(h), describe(&want))
		}
	}
}

// TestHistogramOfNothing begins to count again and again where there is nothing to be counted, or no finite number.
func TestHistogramOfNothing(t *testing.T) {
	for _, x := range [][]float32{nil, slices.Repeat([]float32{float32(math.NaN())}, 2000)} {
		var c F32Counter
		var tally F32Tally
		for range 5 {
			c.add(&tally, x)
			c.Flush()
		}
		if h := tally.Histogram(); len(h.Counts) > 0 {
			t.Errorf("%s of %d that are none", describe(h), len(x))
		}
	}
}

func TestHistogramDoesNotAllocate(t *testing.T) {
	x := samples(rand.New(rand.NewPCG(66, 67)), 0, 5000)
	var c F32Counter
	var tally F32Tally
	run := func() {
		c.add(&tally, x)
		c.Flush()
		tally.Histogram()
	}
	run()
	if n := testing.AllocsPerRun(10, run); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzHistogram(f *testing.F) {
	f.Add(uint64(1), 100, 3, 50)
	f.Add(uint64(2), 3000, 0, 900)
	f.Fuzz(func(t *testing.T, seed uint64, n, rare, piece int) {
		r := rand.New(rand.NewPCG(seed, 68))
		x := samples(r, r.IntN(sampleKinds), int(uint(n)%5000))
		sparse(r, x, r.IntN(100), int(uint(rare)%100))
		want := directly(x)
		check := func() {
			if got := counted(x, 1+int(uint(piece)%5000)); !sameHistogram(got, &want) {
				t.Errorf("%s, want %s", describe(got), describe(&want))
			}
		}
		check()
		withLesserVariants(check)
	})
}

func BenchmarkHistogram(b *testing.B) {
	r := rand.New(rand.NewPCG(60, 61))
	for kind, name := range []string{"normal", "mostly zeros", "few zeros"} {
		b.Run(name, func(b *testing.B) {
			x := samples(r, kind, 1<<14)
			var c F32Counter
			var tally F32Tally
			b.SetBytes(4 << 14)
			for b.Loop() {
				var scan F32Scan
				scan.Start(true)
				scan.Count(&c, &tally)
				scan.Include(x)
				c.Flush()
			}
		})
	}
}

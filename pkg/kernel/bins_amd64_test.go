//go:build amd64 && !purego && unix

package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// edges returns numbers in and beside bins of the width 2^exp, of which all lie in bins of 16 bits: their ends, what is next to these, zeros and denormal numbers.
func edges(r *rand.Rand, n, exp int) []float32 {
	x := make([]float32, n)
	for i := range x {
		bin := r.IntN(2*MaxBins) - MaxBins
		if r.IntN(4) == 0 {
			bin = []int{-1 << 15, 1<<15 - 1, -1, 0, 1}[r.IntN(5)]
		}
		at := float32(float64(bin) * power(exp))
		switch r.IntN(6) {
		case 0:
			x[i] = at
		case 1:
			x[i] = math.Nextafter32(at, float32(math.Inf(1)))
		case 2: // in the bin before, which is there for all but the first
			x[i] = math.Nextafter32(at, float32(math.Inf(-1)))
			if bin == -1<<15 {
				x[i] = at
			}
		case 3:
			x[i] = []float32{0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 0x1p-126, -0x1p-126}[r.IntN(6)]
		case 4:
			x[i] = math.Float32frombits(r.Uint32() & 0x807fffff)
		default:
			x[i] = float32((float64(bin) + r.Float64()) * power(exp))
			if got := math.Floor(float64(x[i]) * power(-exp)); got != float64(bin) {
				x[i] = at // it was rounded up to the end
			}
		}
	}
	return x
}

// endedBins returns memory for n bins, behind which there is none.
func endedBins(t *testing.T, n int) []waitingBin {
	f := ended(t, (n+1)/2)
	return unsafe.Slice((*waitingBin)(unsafe.Pointer(&f[0])), 2*len(f))[2*len(f)-n:]
}

// TestBins finds the bins of numbers at their ends for all widths there can be, and looks for nothing behind what it is given.
func TestBins(t *testing.T) {
	if !variants() {
		t.Skip("no variants run; TestVariantsRun fails where the processor has them")
	}
	r := rand.New(rand.NewPCG(100, 101))
	var x [5][]float32
	var dst [5][]waitingBin
	sizes := [5]int{16, 32, 48, 256, 1008}
	for i, n := range sizes {
		x[i], dst[i] = ended(t, n), endedBins(t, n+countBehind)
	}
	for exp := MinExp; exp <= mostMagic; exp++ {
		for i, n := range sizes {
			copy(x[i], edges(r, n, exp))
			check := func() { binsOf(t, x[i], dst[i], exp) }
			check()
			withLesserVariants(check)
		}
	}
}

// binsOf compares the bins of x that variants find with those of the definition, all of them and without the two most frequent ones.
func binsOf(t *testing.T, x []float32, dst []waitingBin, exp int) {
	t.Helper()
	var want []int
	count := map[int]int{}
	for _, v := range x {
		b := bin(v, exp)
		want = append(want, b)
		count[b]++
	}
	slices.Sort(want)
	extrema := [2]float32{slices.Min(x), slices.Max(x)}
	var found [2]float32
	same := func(what string, got []waitingBin, want []int) {
		t.Helper()
		sorted := make([]int, len(got))
		for i, b := range got {
			sorted[i] = int(b)
		}
		slices.Sort(sorted)
		if !slices.Equal(sorted, want) {
			t.Errorf("%s of %d numbers, width 2^%d: %v, want %v", what, len(x), exp, sorted, want)
		}
		if found != extrema {
			t.Errorf("%s of %d numbers, width 2^%d: extrema %v, want %v", what, len(x), exp, found, extrema)
		}
	}
	allBins(&dst[countBehind:][0], &x[0], len(x), exp, &found)
	same("bins", dst[countBehind:][:len(x)], want)

	spikes := [2]int32{int32(bin(x[0], exp)), noBin}
	if b := int32(bin(x[1], exp)); b != spikes[0] {
		spikes[1] = b
	}
	if spikes[0] == -1<<15 { // which no histogram has, and is noBin
		return
	}
	others := slices.DeleteFunc(slices.Clone(want), func(b int) bool { return int32(b) == spikes[0] || int32(b) == spikes[1] })
	if spikes[1] == noBin {
		others = slices.DeleteFunc(slices.Clone(want), func(b int) bool { return int32(b) == spikes[0] || b == -1<<15 })
	}
	found = [2]float32{}
	left, first := otherBins(&dst[0], &x[0], len(x), exp, &found, &spikes)
	if first != count[int(spikes[0])] {
		t.Errorf("%d of %d numbers, width 2^%d, are in bin %d, want %d", first, len(x), exp, spikes[0], count[int(spikes[0])])
	}
	same("other bins", dst[:left], others)
}

// TestBinsOfNoNumbers demands that a single NaN or infinity among numbers is found at any place, in a block of any size.
func TestBinsOfNoNumbers(t *testing.T) {
	if !variants() {
		t.Skip("no variants run; TestVariantsRun fails where the processor has them")
	}
	check := func() {
		for _, n := range []int{16, 32, 48, 80} {
			dst := make([]waitingBin, n+countBehind)
			for i := range n {
				for _, odd := range []float32{float32(math.NaN()), math.Float32frombits(0xffc00001), math.Float32frombits(0x7f800001), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -math.MaxFloat32} {
					x := make([]float32, n)
					for j := range x {
						x[j] = float32(j%7) - 3
					}
					x[i] = odd
					h := F32Histogram{Exp: -8, First: -1024, Counts: make([]uint64, MaxBins)}
					var found [2]float32
					allBins(&dst[0], &x[0], n, h.Exp, &found)
					if h.covers(found[0], found[1]) {
						t.Errorf("%v is number %d of %d, but the extrema found are %v", odd, i, n, found)
					}
					found = [2]float32{}
					otherBins(&dst[0], &x[0], n, h.Exp, &found, &[2]int32{0, noBin})
					if h.covers(found[0], found[1]) {
						t.Errorf("%v is number %d of %d, but without spikes the extrema found are %v", odd, i, n, found)
					}
				}
			}
		}
	}
	check()
	withLesserVariants(check)
}

// nearest reports whether the processor rounds to the nearest number.
//
//go:noinline
func nearest(one, most, less float32) bool {
	return one+most > one && one+less == one && -one-most < -one && -one-less == -one
}

// TestRoundingIsRestored demands that arithmetic rounds to the nearest number after each kernel, as it did before.
func TestRoundingIsRestored(t *testing.T) {
	if !variants() {
		t.Skip("no variants run; TestVariantsRun fails where the processor has them")
	}
	x, dst := make([]float32, 64), make([]waitingBin, 64+countBehind)
	var found [2]float32
	var both [2][2]float32
	by := [mostJoined]float32{magic(0), magic(0), magic(0)}
	check := func() {
		for name, kernel := range map[string]func(){
			"nothing":    func() {},
			"allBins":    func() { allBins(&dst[0], &x[0], 64, 0, &found) },
			"otherBins":  func() { otherBins(&dst[0], &x[0], 64, 0, &found, &[2]int32{0, noBin}) },
			"joint1Asm":  func() { joint1Asm(&dst[0], &x[0], &x[0], 64, &by, &[3]int32{}, &both) },
			"joint2Asm":  func() { joint2Asm(&dst[0], &x[0], &x[0], &x[0], 64, &by, &[3]int32{}, &both) },
			"countAsm":   func() { countAsm(new(countEntry), &make([]waitingBin, 8)[0], 8) },
			"F32Counter": func() { counted(x, 64) },
		} {
			kernel()
			if !nearest(1, 0x1.8p-24, 0x1p-25) {
				t.Fatalf("after %s, arithmetic does not round to the nearest number", name)
			}
		}
	}
	check()
	withLesserVariants(check)
}

// TestNumbersInNoCell demands an error where a cell was counted that is not known.
func TestNumbersInNoCell(t *testing.T) {
	if !JointWins() {
		t.Skip("nothing is counted at once; TestVariantsRun fails where the processor has what it takes")
	}
	j := jointly{of: JointLogistic}
	for i := range 3 {
		x := make([]float32, 4096)
		for k := range x {
			x[k] = float32(k%1000)/100 - 5
		}
		j.sample(t, x, JointRun)
		s := j.tallies[0].shared
		if err := j.tallies[1].Err(); err != nil || i > 0 && (s == nil || s.cells == nil) {
			t.Fatalf("counts %+v, error %v", s, err)
		}
	}
	s := j.tallies[0].shared
	unknown := *s.cells
	unknown.known = make([]bool, len(unknown.known))
	s.cells = &unknown
	j.tallies[1].Histogram()
	if err := j.tallies[1].Err(); err == nil {
		t.Error("no error though numbers lie in no cell that is known")
	}
}

// TestMostCounted looks for the greatest count at each place of a table.
func TestMostCounted(t *testing.T) {
	if !variants() {
		t.Skip("no variants run; TestVariantsRun fails where the processor has them")
	}
	for _, n := range []int{1, 7, 8, 9, 40} {
		for i := range n {
			for part := range 2 {
				for _, most := range []uint16{0, 3, 1<<15 + 1, 1<<16 - 1} {
					table := slices.Repeat([]countEntry{{most / 2, most / 3}}, n)
					table[i][part] = most
					if got := mostCounted(table); got != int(most) {
						t.Errorf("%d at %d of %d: found %d", most, i, n, got)
					}
				}
			}
		}
	}
}

// TestTablesAreEmptiedBeforeTheyOverflow counts far more numbers than an entry holds, of few values and at one go, so that no fullest bins are known.
func TestTablesAreEmptiedBeforeTheyOverflow(t *testing.T) {
	for _, few := range []int{2, 3, 17} {
		check := func() {
			r := rand.New(rand.NewPCG(102, uint64(few)))
			x := make([]float32, 500_000)
			for i := range x {
				x[i] = float32(r.IntN(few)) + 1
			}
			x[0] = -3 // so that bin 0, if anything, would be left out
			var c F32Counter
			var tally F32Tally
			c.add(&tally, x)
			c.Flush()
			want := directly(x)
			if h := tally.Histogram(); !sameHistogram(h, &want) {
				t.Errorf("%d values: %s, want %s", few, describe(h), describe(&want))
			}
		}
		check()
		withLesserVariants(check)
	}
}

func BenchmarkBins(b *testing.B) {
	if !variants() {
		b.Skip("no variants run")
	}
	r := rand.New(rand.NewPCG(103, 104))
	x, dst := samples(r, 0, 1024), make([]waitingBin, 1024+countBehind)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	var found [2]float32
	for name, f := range map[string]func(){
		"extrema": func() { F32MinMax(x) },
		"all":     func() { allBins(&dst[0], &x[0], len(x), -9, &found) },
		"others":  func() { otherBins(&dst[0], &x[0], len(x), -9, &found, &[2]int32{0, noBin}) },
	} {
		b.Run(fmt.Sprintf("%s/%d", name, len(x)), func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
}

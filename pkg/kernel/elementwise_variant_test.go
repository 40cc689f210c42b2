package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// vectorRows are the rows that have variants.
var vectorRows = []struct {
	name string
	row  Row[float32, float32]
}{
	{"Add", Add[float32]},
	{"Sub", Sub[float32]},
	{"Mul", Mul[float32]},
	{"Div", Div[float32]},
	{"Maximum", Maximum[float32]},
	{"Minimum", Minimum[float32]},
	{"SquaredDifference", SquaredDifference[float32]},
	{"Prelu", F32Prelu},
}

// vectorUnaries are functions of slices that have variants.
var vectorUnaries = []struct {
	name string
	run  func(dst, src []float32)
}{
	{"Relu", func(dst, src []float32) { Clamp(dst, src, 0, inf) }},
	{"Relu6", func(dst, src []float32) { Clamp(dst, src, 0, 6) }},
	{"ReluN1To1", func(dst, src []float32) { Clamp(dst, src, -1, 1) }},
	{"HardSwish", F32HardSwish},
	{"LeakyRelu", func(dst, src []float32) { F32LeakyRelu(dst, src, 0.3) }},
	{"steep LeakyRelu", func(dst, src []float32) { F32LeakyRelu(dst, src, -2) }},
	{"Square", Square[float32]},
	{"Abs", Abs[float32]},
	{"Neg", Neg[float32]},
	{"Sign", Sign[float32]},
	{"Floor", F32Floor},
	{"Ceil", F32Ceil},
	{"Round", F32Round},
	{"Sqrt", F32MapSqrt},
	{"Rsqrt", F32MapRsqrt},
}

func TestVectorRows(t *testing.T) {
	r := rand.New(rand.NewPCG(40, 41))
	for _, c := range vectorRows {
		t.Run(c.name, func(t *testing.T) {
			for n := 1; n < 80; n++ {
				for _, width := range [][2]int{{n, n}, {n, 1}, {1, n}} {
					a, b := ended(t, width[0]), ended(t, width[1])
					values(r, a, 3)
					values(r, b, 3)
					if n > 3 && width[0] == width[1] {
						copy(b, a[:n/3]) // equal ones
					}
					got, intact := guarded(t, n)
					c.row(got, a, b)
					intact()
					want := make([]float32, n)
					withoutVariants(func() { c.row(want, a, b) })
					same(t, "variant", got, want)
					for k, x := range [][]float32{a, b} {
						if len(x) != n {
							continue
						}
						place := [2][]float32{a, b}
						place[k] = slices.Clone(x)
						c.row(place[k], place[0], place[1])
						same(t, "in place", place[k], want)
					}
				}
			}
		})
	}
}

// TestRepeatedLines repeats lines of all lengths over longer runs, in place as well.
func TestRepeatedLines(t *testing.T) {
	r := rand.New(rand.NewPCG(50, 51))
	for _, c := range vectorRows {
		t.Run(c.name, func(t *testing.T) {
			for line := 2; line < 130; line++ {
				lines := 1 + r.IntN(20) + 300/line*r.IntN(3)
				long, short := ended(t, lines*line), ended(t, line)
				values(r, long, 9)
				values(r, short, 9)
				repeated := slices.Repeat(short, lines)
				got, intact := guarded(t, len(long))
				want := make([]float32, len(long))
				for range 2 {
					c.row(got, long, short)
					intact()
					withoutVariants(func() { c.row(want, long, repeated) })
					same(t, "right operand", got, want)
					withoutVariants(func() { c.row(got, long, short) })
					same(t, "right operand, generic", got, want)
					c.row(got, short, long)
					intact()
					withoutVariants(func() { c.row(want, repeated, long) })
					same(t, "left operand", got, want)
					copy(got, long)
					c.row(got, short, got)
					same(t, "in place", got, want)
				}
				if n := testing.AllocsPerRun(2, func() { c.row(got, long, short) }); n != 0 {
					t.Fatalf("%v allocations in a run", n)
				}
			}
		})
	}
}

func TestVectorUnaries(t *testing.T) {
	r := rand.New(rand.NewPCG(42, 43))
	for _, c := range vectorUnaries {
		t.Run(c.name, func(t *testing.T) {
			for n := range 80 {
				x := ended(t, n)
				values(r, x, 3)
				got, intact := guarded(t, n)
				c.run(got, x)
				intact()
				want := make([]float32, n)
				withoutVariants(func() { c.run(want, x) })
				same(t, "variant", got, want)
				c.run(x, x)
				same(t, "in place", x, want)
			}
		})
	}
}

func FuzzVectorRows(f *testing.F) {
	f.Add(uint64(1), 100, 3)
	f.Fuzz(func(t *testing.T, seed uint64, n, rare int) {
		r := rand.New(rand.NewPCG(seed, 44))
		x, y := make([]float32, uint(n)%500+1), make([]float32, uint(n)%500+1)
		values(r, x, int(uint(rare)%100))
		values(r, y, int(uint(rare)%100))
		got, want := make([]float32, len(x)), make([]float32, len(x))
		for _, c := range vectorRows {
			for _, width := range [][2]int{{len(x), len(y)}, {len(x), 1}, {1, len(y)}} {
				a, b := x[:width[0]], y[:width[1]]
				c.row(got, a, b)
				withoutVariants(func() { c.row(want, a, b) })
				same(t, c.name, got, want)
			}
		}
		for _, c := range vectorUnaries {
			c.run(got, x)
			withoutVariants(func() { c.run(want, x) })
			same(t, c.name, got, want)
		}
	})
}

// TestBinaryClampBroadcasts limits results of rows shorter and longer than what is limited at once.
func TestBinaryClampBroadcasts(t *testing.T) {
	r := rand.New(rand.NewPCG(45, 46))
	for _, n := range []int{1, 3, 24, 100, clampRun - 1, clampRun, clampRun + 1} {
		m := 3*clampRun/n + 2
		a, b := make([]float32, m*n), make([]float32, n)
		values(r, a, 9)
		values(r, b, 9)
		got, intact := guarded(t, m*n)
		BinaryClamp(got, a, []int{m, n}, b, []int{n}, Add, -0.5, 1)
		intact()
		want := make([]float32, m*n)
		Binary(want, a, []int{m, n}, b, []int{n}, Add[float32])
		for i, x := range want {
			want[i] = bounded(x, -0.5, 1)
		}
		same(t, "clamped", got, want)
	}
}

// TestBroadcastOfEach gives an operand one element for each line, on either side, beside all elements and beside a line, and has the result looked at.
func TestBroadcastOfEach(t *testing.T) {
	r := rand.New(rand.NewPCG(64, 65))
	for line := 2; line < 1200; line += 1 + line/7 {
		outer, lines := 1+r.IntN(3), 2+r.IntN(40)+500/line*r.IntN(4)
		shape, each := []int{outer, 2, lines, line}, []int{outer, 1 + r.IntN(2), lines, 1}
		for _, other := range [][]int{shape, {line}, {outer, 1, 1, line}} {
			if slices.Equal(other, shape) || each[1] == 2 {
				checkBroadcast(t, r, other, each, shape)
				checkBroadcast(t, r, each, other, shape)
			}
		}
	}
}

// checkBroadcast compares a row on operands of two shapes with the same on operands that were broadcast before.
func checkBroadcast(t *testing.T, r *rand.Rand, aShape, bShape, shape []int) {
	t.Helper()
	a, b := ended(t, elements(aShape)), ended(t, elements(bShape))
	values(r, a, 50)
	values(r, b, 50)
	n := elements(shape)
	wide := func(x []float32, from []int) []float32 {
		out := make([]float32, n)
		BroadcastTo(raw(out), raw(x), 4, from, shape)
		return out
	}
	want := make([]float32, n)
	withoutVariants(func() { Sub(want, wide(a, aShape), wide(b, bShape)) })
	got, intact := guarded(t, n)
	run := func() {
		var scan F32Scan
		scan.Start(true)
		F32BinaryScan(got, a, aShape, b, bShape, Sub, F32Clamp{}, &scan)
		if seen, ok := scan.Range(n); !ok || seen != F32MinMax(want) {
			t.Fatalf("%v and %v: range %+v (%v), want %+v", aShape, bShape, seen, ok, F32MinMax(want))
		}
	}
	run()
	intact()
	same(t, "variant", got, want)
	withoutVariants(run)
	same(t, "generic", got, want)
	if allocs := testing.AllocsPerRun(2, func() { F32BinaryScan(got, a, aShape, b, bShape, Sub, F32Clamp{}, nil) }); allocs != 0 {
		t.Fatalf("%v allocations in a run", allocs)
	}
}

func BenchmarkBroadcast(b *testing.B) {
	shape := []int{1, 12, 12, 24}
	for _, c := range []struct {
		name string
		b    []int
	}{{"same", shape}, {"number", nil}, {"channels", []int{24}}, {"pixels", []int{1, 12, 12, 1}}} {
		b.Run(c.name, func(b *testing.B) {
			x, y, dst := make([]float32, elements(shape)), make([]float32, elements(c.b)), make([]float32, elements(shape))
			b.SetBytes(int64(4 * len(dst)))
			for b.Loop() {
				F32BinaryScan(dst, x, shape, y, c.b, Sub, F32Clamp{}, nil)
			}
		})
	}
}

func BenchmarkRows(b *testing.B) {
	const n = 4096
	x, y, dst := make([]float32, n), make([]float32, n), make([]float32, n)
	values(rand.New(rand.NewPCG(47, 48)), x, 0)
	values(rand.New(rand.NewPCG(49, 50)), y, 0)
	report := func(b *testing.B) {
		b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/n, "ns/element")
	}
	for _, c := range vectorRows {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.row(dst, x, y)
			}
			report(b)
		})
	}
	for _, c := range vectorUnaries {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.run(dst, x)
			}
			report(b)
		})
	}
}

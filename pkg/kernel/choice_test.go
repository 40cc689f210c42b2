package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// vectorTests are the comparisons that have variants.
var vectorTests = []struct {
	name string
	row  Row[float32, bool]
	is   func(x, y float32) bool
}{
	{"Equal", Equal[float32], func(x, y float32) bool { return x == y }},
	{"NotEqual", NotEqual[float32], func(x, y float32) bool { return x != y }},
	{"Less", Less[float32], func(x, y float32) bool { return x < y }},
	{"LessEqual", LessEqual[float32], func(x, y float32) bool { return x <= y }},
	{"Greater", Greater[float32], func(x, y float32) bool { return x > y }},
	{"GreaterEqual", GreaterEqual[float32], func(x, y float32) bool { return x >= y }},
}

// flags returns n results between bytes that are neither true nor false, and a check that these are intact and the results proper.
func flags(t *testing.T, n int) ([]bool, func()) {
	const margin, mark = 67, 0xa5
	all := slices.Repeat([]byte{mark}, n+2*margin)
	return unsafe.Slice((*bool)(unsafe.Pointer(&all[margin])), n), func() {
		t.Helper()
		for i, v := range all {
			if outside := i < margin || i >= margin+n; outside && v != mark || !outside && v > 1 {
				t.Fatalf("byte %d of %d results is %#x", i-margin, n, v)
			}
		}
	}
}

// TestVectorTests compares runs of all lengths with runs, single numbers and lines that are repeated.
func TestVectorTests(t *testing.T) {
	r := rand.New(rand.NewPCG(70, 71))
	for _, c := range vectorTests {
		t.Run(c.name, func(t *testing.T) {
			for n := 1; n < 200; n++ {
				widths := [][2]int{{n, n}, {n, 1}, {1, n}}
				for line := 2; line < n; line++ {
					if n%line == 0 {
						widths = append(widths, [2]int{n, line}, [2]int{line, n})
					}
				}
				for _, width := range widths {
					a, b := ended(t, width[0]), ended(t, width[1])
					values(r, a, 3)
					values(r, b, 3)
					copy(b, a[:(len(a)+1)/2]) // equal ones
					got, intact := flags(t, n)
					check := func(what string) {
						t.Helper()
						c.row(got, a, b)
						intact()
						for i, is := range got {
							x, y := a[i%len(a)], b[i%len(b)]
							if is != c.is(x, y) {
								t.Fatalf("%s, %d and %d elements: result %d of %v and %v is %v", what, len(a), len(b), i, x, y, is)
							}
						}
					}
					check("variant")
					clear(got)
					withoutVariants(func() { check("generic") })
				}
			}
		})
	}
}

// TestSelectRuns chooses from runs of all lengths and single numbers, in place as well.
func TestSelectRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(72, 73))
	for n := 1; n < 130; n++ {
		for _, width := range [][3]int{{n, n, n}, {n, n, 1}, {n, 1, n}, {n, 1, 1}, {1, n, n}, {1, n, 1}, {1, 1, n}} {
			cond, _ := flags(t, width[0])
			for i := range cond {
				cond[i] = r.IntN(2) == 0
			}
			a, b := ended(t, width[1]), ended(t, width[2])
			values(r, a, 3)
			values(r, b, 3)
			want := make([]float32, n)
			for i := range want {
				want[i] = b[i%len(b)]
				if cond[i%len(cond)] {
					want[i] = a[i%len(a)]
				}
			}
			got, intact := guarded(t, n)
			run := func(dst, a, b []float32) {
				Select(raw(dst), 4, cond, width[:1], raw(a), width[1:2], raw(b), width[2:])
			}
			check := func() {
				clear(got)
				run(got, a, b)
				intact()
				same(t, "result", got, want)
				if len(a) == n {
					copy(got, a)
					run(got, got, b)
					same(t, "in place of the first", got, want)
				}
				if len(b) == n {
					copy(got, b)
					run(got, a, got)
					same(t, "in place of the second", got, want)
				}
			}
			check()
			withoutVariants(check)
		}
	}
}

func BenchmarkChoice(b *testing.B) {
	const n = 4096
	x, y, dst, cond := make([]float32, n), make([]float32, n), make([]float32, n), make([]bool, n)
	values(rand.New(rand.NewPCG(74, 75)), x, 0)
	values(rand.New(rand.NewPCG(76, 77)), y, 0)
	report := func(b *testing.B) { b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/n, "ns/element") }
	for _, c := range vectorTests {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.row(cond, x, y)
			}
			report(b)
		})
	}
	Less(cond, x, y)
	b.Run("Select", func(b *testing.B) {
		for b.Loop() {
			Select(raw(dst), 4, cond, []int{n}, raw(x), []int{n}, raw(y), []int{n})
		}
		report(b)
	})
	b.Run("Select/number", func(b *testing.B) {
		for b.Loop() {
			Select(raw(dst), 4, cond, []int{n}, raw(x), []int{n}, raw(y[:1]), []int{1})
		}
		report(b)
	})
}

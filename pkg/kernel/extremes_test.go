package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// extremum joins numbers as F32Reduce says: in ascending order, a NaN in either being the result, and the later one of equals.
func extremum(x []float32, step int, fold Fold) float32 {
	best := x[0]
	for i := step; i < len(x); i += step {
		if v := x[i]; best == best && !(fold == MaxOf && best > v || fold == MinOf && best < v) {
			best = v
		}
	}
	return best
}

// TestExtremes looks for the greatest and the least number along lines and over rows of all lengths, zeros of both signs being extrema of many.
func TestExtremes(t *testing.T) {
	r := rand.New(rand.NewPCG(80, 81))
	for n := 1; n < 300; n += 1 + n/40 {
		for _, lines := range []int{1, 2, 3, 17, 70} {
			x := ended(t, lines*n)
			for _, rare := range []int{0, 3, 40, 2000} {
				for _, fold := range []Fold{MaxOf, MinOf} {
					values(r, x, rare)
					if rare > 0 && r.IntN(2) == 0 { // no number is beyond zero
						for i, v := range x {
							if v != 0 {
								x[i] = float32(math.Copysign(float64(v), float64(fold-MaxOf)-0.5))
							}
						}
					}
					got, intact := guarded(t, lines)
					check := func(what string) {
						clear(got)
						F32Reduce(got, x, []int{lines, n}, []int{1}, fold)
						intact()
						for i, v := range got {
							if want := extremum(x[i*n:][:n], 1, fold); !sameFloat(v, want) {
								t.Fatalf("%s, line %d of %d elements: %v, want %v", what, i, n, v, want)
							}
						}
					}
					check("variant")
					withoutVariants(func() { check("generic") })
					over, intactOver := guarded(t, n)
					checkOver := func(what string) {
						clear(over)
						F32Reduce(over, x, []int{lines, n}, []int{0}, fold)
						intactOver()
						for i, v := range over {
							if want := extremum(x[i:], n, fold); !sameFloat(v, want) {
								t.Fatalf("%s, column %d of %d rows: %v, want %v", what, i, lines, v, want)
							}
						}
					}
					checkOver("variant")
					withoutVariants(func() { checkOver("generic") })
				}
			}
		}
	}
}

// TestArgOfLines looks for the places of extrema along lines, which are compared one by one, and along columns.
func TestArgOfLines(t *testing.T) {
	r := rand.New(rand.NewPCG(88, 89))
	for n := 1; n < 80; n++ {
		x := ended(t, 5*n)
		for _, rare := range []int{0, 1, 3, 40} {
			values(r, x, rare)
			columns := make([]float32, len(x))
			for i, v := range x {
				columns[i%n*5+i/n] = v
			}
			for name, run := range map[string]func(dst []int32, src []float32, shape []int, axis int){"greatest": ArgMax[float32, int32], "least": ArgMin[float32, int32]} {
				got, want := make([]int32, 5), make([]int32, 5)
				run(want, columns, []int{n, 5}, 0)
				check := func() {
					run(got, x, []int{5, n}, 1)
					if !slices.Equal(got, want) {
						t.Fatalf("%s of lines of %d at %v, want %v: %v", name, n, got, want, x)
					}
				}
				check()
				withoutVariants(check)
			}
		}
	}
}

// BenchmarkLines computes along lines of several lengths.
func BenchmarkLines(b *testing.B) {
	x, y, at := make([]float32, 1<<13), make([]float32, 1<<13), make([]int32, 1<<13)
	values(rand.New(rand.NewPCG(90, 91)), x, 0)
	for _, n := range []int{3, 10, 21, 100, 1000} {
		lines := len(x) / n
		for name, run := range map[string]func(){
			"ArgMax":      func() { ArgMax(at[:lines], x[:lines*n], []int{lines, n}, 1) },
			"L2Normalize": func() { F32L2Normalize(y[:lines*n], x[:lines*n], n) },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					run()
				}
				b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(lines*n), "ns/element")
			})
		}
	}
}

func BenchmarkExtremes(b *testing.B) {
	for _, shape := range [][]int{{4096, 4}, {1024, 10}, {256, 64}, {64, 1000}, {400, 96}, {4096, 3}} {
		x, dst := make([]float32, elements(shape)), make([]float32, shape[0]+shape[1])
		values(rand.New(rand.NewPCG(82, 83)), x, 0)
		for axis, name := range []string{"rows", "lines"} {
			b.Run(fmt.Sprintf("%s/%dx%d", name, shape[0], shape[1]), func(b *testing.B) {
				for b.Loop() {
					F32Reduce(dst[:shape[1-axis]], x, shape, []int{axis}, MaxOf)
				}
				b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/float64(len(x)), "ns/element")
			})
		}
	}
}

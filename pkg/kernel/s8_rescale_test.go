package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// drawScales returns how sums of n channels become int8, by multipliers of the given kind.
func drawScales(r *rand.Rand, kind string, n int) S8Result {
	s := S8Result{Zero: int32(r.IntN(256) - 128), Lo: -128, Hi: 127}
	switch r.IntN(4) {
	case 0:
		s.Lo = s.Zero
	case 1:
		s.Lo, s.Hi = -100, int32(r.IntN(228)-100)
	}
	for range n {
		m := int32(1<<30 + r.IntN(1<<30))
		switch r.IntN(8) {
		case 0:
			m = math.MaxInt32
		case 1:
			m = 1 << 30
		}
		switch kind {
		case "factors":
			s.Factor = append(s.Factor, math.Exp2(-20*r.Float64()))
			if r.IntN(4) == 0 {
				s.Factor[len(s.Factor)-1] = 0.5
			}
		case "any":
			s.Scale = append(s.Scale, NewMultiplier(m, r.IntN(66)-34))
		case "small":
			s.Scale = append(s.Scale, NewMultiplier(m, -1-r.IntN(22)))
		}
	}
	return s
}

// s8Results returns a result of 20 channels of each kind.
func s8Results(t testing.TB) map[string]S8Result {
	results := map[string]S8Result{}
	for _, kind := range []string{"any", "small", "factors"} {
		s, err := drawScales(rand.New(rand.NewPCG(64, 65)), kind, 20).spread(20)
		if err != nil {
			t.Fatal(err)
		}
		if kind == "small" {
			s.within(func(int) int64 { return 1 << 29 })
		}
		results[kind] = s
	}
	return results
}

// drawSums fills sums with numbers of all sizes below limit, and with such that a multiplier takes close to halves.
func drawSums(r *rand.Rand, sums []int32, limit int64) {
	for i := range sums {
		v := r.Int64N(2*limit-1) - limit + 1
		switch r.IntN(8) {
		case 0:
			v = limit - 1
		case 1:
			v = 1 - limit
		case 2:
			v = int64(r.IntN(7)) - 3
		case 3:
			v = (2*int64(r.IntN(512)) - 511) << r.IntN(22)
		default:
			v >>= r.IntN(28)
		}
		sums[i] = int32(max(min(v, limit-1), 1-limit))
	}
	if limit > math.MaxInt32 {
		sums[0] = math.MinInt32
	}
}

// TestS8RescaledRows compares what becomes of rows of sums with what becomes of each sum.
func TestS8RescaledRows(t *testing.T) {
	r := rand.New(rand.NewPCG(60, 61))
	for _, kind := range []string{"any", "small", "factors"} {
		t.Run(kind, func(t *testing.T) {
			limit := int64(1) << 31
			if kind == "small" {
				limit = 1 << 30
			}
			for n := 1; n < 70; n++ {
				channels := n + r.IntN(9)
				s, err := drawScales(r, kind, channels).spread(channels)
				if err != nil {
					t.Fatal(err)
				}
				s.within(func(c int) int64 { return limit - 1 + int64(r.IntN(20)/19)<<31 })
				for rows := range 10 {
					first, sumsRow, outRow := r.IntN(channels-n+1), n+r.IntN(3), n+r.IntN(3)
					sums := int32s(ended(t, max(0, (rows-1)*sumsRow+n)))
					if len(sums) > 0 {
						drawSums(r, sums, limit)
					}
					got, want := make([]int8, rows*outRow+9), make([]int8, rows*outRow+9)
					s.rows(got, outRow, sums, sumsRow, rows, first, n)
					for i := range rows {
						for j := range n {
							want[i*outRow+j] = s.of(sums[i*sumsRow+j], first+j)
						}
					}
					check := func(what string, got []int8) {
						t.Helper()
						for i := range want {
							if got[i] != want[i] {
								sum := sums[i/outRow*sumsRow+i%outRow]
								t.Fatalf("%s: result %d of %d×%d of sum %d is %d, want %d", what, i, rows, n, sum, got[i], want[i])
							}
						}
					}
					check("rows", got)
					withLesserVariants(func() {
						clear(got)
						s.rows(got, outRow, sums, sumsRow, rows, first, n)
						check("lesser variants", got)
					})
					withoutVariants(func() {
						clear(got)
						s.rows(got, outRow, sums, sumsRow, rows, first, n)
						check("generic", got)
					})
				}
			}
		})
	}
}

// int32s is x as integers.
func int32s(x []float32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func BenchmarkS8RescaledRows(b *testing.B) {
	const rows, n = 64, 96
	r := rand.New(rand.NewPCG(62, 63))
	for _, kind := range []string{"any", "small", "factors"} {
		b.Run(kind, func(b *testing.B) {
			s, err := drawScales(r, kind, n).spread(n)
			if err != nil {
				b.Fatal(err)
			}
			s.within(func(int) int64 { return 1 << 29 })
			sums, out := make([]int32, rows*n), make([]int8, rows*n)
			drawSums(r, sums, 1<<29)
			benchmarkProducts(b, rows*n/2, func() { s.rows(out, n, sums, n, rows, 0, n) })
		})
	}
}

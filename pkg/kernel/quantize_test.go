package kernel

import (
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestHighMul compares with the exact quotient: halves go up, towards zero for negative products.
func TestHighMul(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int32().Draw(t, "a"), rapid.Int32().Draw(t, "b")
		exact := new(big.Rat).SetFrac64(int64(a)*int64(b), 1<<31)
		exact.Add(exact, big.NewRat(1, 2))
		floor := new(big.Int).Div(exact.Num(), exact.Denom()) // rounds down: the denominator is positive
		want := floor.Int64()
		if a == math.MinInt32 && b == a {
			want = math.MaxInt32
		}
		if got := int64(HighMul(a, b)); got != want {
			t.Fatalf("HighMul(%d, %d) = %d, want %d", a, b, got, want)
		}
	})
	for _, c := range []struct{ a, b, want int32 }{
		{math.MinInt32, math.MinInt32, math.MaxInt32},
		{1 << 30, 1, 1}, {1 << 30, -1, 0}, {3, 1 << 29, 1}, {3 << 29, 1, 1}, {1 << 30, 3, 2}, {-(1 << 30), 3, -1},
	} {
		if got := HighMul(c.a, c.b); got != c.want {
			t.Errorf("HighMul(%d, %d) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestShifts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n := rapid.Int32().Draw(t, "x"), rapid.IntRange(0, 31).Draw(t, "n")
		want := int32(math.Round(math.Ldexp(float64(x), -n)))
		if got := ShiftRound(x, n); got != want {
			t.Fatalf("ShiftRound(%d, %d) = %d, want %d", x, n, got, want)
		}
	})
}

func TestRescale(t *testing.T) {
	for _, c := range []struct {
		x, multiplier int32
		shift         int
		want          int32
	}{
		{100, 1 << 30, 1, 100},
		{100, 1 << 30, 0, 50},
		{-101, 1 << 30, 0, -50}, // -50.5: HighMul rounds up
		{101, 1 << 30, -1, 26},  // 50.5 to 51, 25.5 to 26: rounded twice
		{7, 1 << 30, 5, 112},
	} {
		if got := Rescale(c.x, c.multiplier, c.shift); got != c.want {
			t.Errorf("Rescale(%d, %d, %d) = %d, want %d", c.x, c.multiplier, c.shift, got, c.want)
		}
	}
}

func TestQuantize(t *testing.T) {
	got := make([]int8, 11)
	src := []float32{0, 0.25, -0.25, 0.24, 0.75, -0.75, 64, -64, inf, -inf, nan}
	Quantize(got, src, []float32{0.5}, []int64{3}, 1)
	if diff := cmp.Diff([]int8{3, 4, 2, 3, 5, 1, 127, -125, 127, -128, 3}, got); diff != "" {
		t.Error(diff)
	}
	back := make([]float32, 2)
	Dequantize(back, []int8{-128, 127}, []float32{0.5}, []int64{3}, 1)
	if diff := cmp.Diff([]float32{-65.5, 62}, back); diff != "" {
		t.Error(diff)
	}
	// 1.55 / 0.1 is below 15.5, though 1.55 * 10 is 15.5 in float32.
	Quantize(got[:1], []float32{1.55}, []float32{0.1}, []int64{0}, 1)
	if got[0] != 15 {
		t.Errorf("1.55 in steps of 0.1 is %d, want 15", got[0])
	}
	// Channels 0 and 1 along the middle axis of [2 2 2].
	axis := make([]int16, 8)
	Quantize(axis, []float32{1, 2.5, 1, 2, 3, -4.5, 3, 4}, []float32{1, 0.5}, []int64{0, 10}, 2)
	if diff := cmp.Diff([]int16{1, 3, 12, 14, 3, -5, 16, 18}, axis); diff != "" {
		t.Error(diff)
	}
	out := make([]float32, 8)
	Dequantize(out, axis, []float32{1, 0.5}, []int64{0, 10}, 2)
	if diff := cmp.Diff([]float32{1, 3, 1, 2, 3, -5, 3, 4}, out); diff != "" {
		t.Error(diff)
	}
}

func TestQuantizeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scale := rapid.Float32Range(1e-6, 1e6).Draw(t, "scale")
		zero := int64(rapid.IntRange(-128, 127).Draw(t, "zero"))
		q := []int8{int8(rapid.IntRange(-128, 127).Draw(t, "q"))}
		x, back := make([]float32, 1), make([]int8, 1)
		Dequantize(x, q, []float32{scale}, []int64{zero}, 1)
		Quantize(back, x, []float32{scale}, []int64{zero}, 1)
		if back[0] != q[0] {
			t.Fatalf("%d becomes %v becomes %d", q[0], x[0], back[0])
		}
	})
}

func TestRequantize(t *testing.T) {
	got := make([]int8, 4)
	Requantize(got, []int8{-128, 0, 3, 127}, 3, -1, NewMultiplier(1<<30, 2)) // twice the scale
	if diff := cmp.Diff([]int8{-128, -7, -1, 127}, got); diff != "" {
		t.Error(diff)
	}
	Requantize(got[:1], []int8{-5}, 0, 0, NewMultiplier(1<<30, 0))
	if got[0] != -2 {
		t.Errorf("-2.5 becomes %d, want -2: the first rounding is up", got[0])
	}
	short := make([]int16, 1)
	Requantize(short, []int8{-10}, 0, 0, NewMultiplier(1<<30, -1))
	if short[0] != -3 {
		t.Errorf("-5 / 2 becomes %d, want -3: the second rounding is away from zero", short[0])
	}
	wide := make([]uint8, 2)
	Requantize(wide, []int8{-128, 127}, -128, 0, NewMultiplier(1<<30, 1))
	if diff := cmp.Diff([]uint8{0, 255}, wide); diff != "" {
		t.Error(diff)
	}
}

func TestFakeQuant(t *testing.T) {
	got := make([]float32, 6)
	F32FakeQuant(got, []float32{-9, -1, 0, 0.3, 2.6, 9}, -1, 6.5, 4, false)
	// Steps of 0.5 from -1 to 6.5.
	if diff := cmp.Diff([]float32{-1, -1, 0, 0.5, 2.5, 6.5}, got); diff != "" {
		t.Error(diff)
	}
	F32FakeQuant(got[:2], []float32{0.26, 100}, 0.1, 7.1, 3, true)
	// 6 steps from 1 to 7; zero lies below the range and moves onto its first number.
	step := float32(7.1-0.1) / 6
	if diff := cmp.Diff([]float32{0, 6 * step}, got[:2], near); diff != "" {
		t.Error(diff)
	}
}

func TestDensify(t *testing.T) {
	// A 4x4 matrix in blocks of 2x2: rows of blocks dense, columns of blocks compressed, blocks dense.
	//  1 2 0 0
	//  3 4 0 0
	//  0 0 5 6
	//  0 0 7 8
	dims := []SparseDim{{Size: 2}, {Segments: []int{0, 1, 2}, Indices: []int{0, 1}}, {Size: 2}, {Size: 2}}
	got := make([]byte, 16)
	if err := Densify(got, []byte{1, 2, 3, 4, 5, 6, 7, 8}, 1, []int{4, 4}, []int{0, 1, 2, 3}, []int{0, 1}, dims); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]byte{1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8}, got); diff != "" {
		t.Error(diff)
	}
	// Columns first, without blocks: column 1 holds 9 in row 2.
	dims = []SparseDim{{Size: 2}, {Segments: []int{0, 0, 1}, Indices: []int{2}}}
	got = make([]byte, 6)
	if err := Densify(got, []byte{9}, 1, []int{3, 2}, []int{1, 0}, nil, dims); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]byte{0, 0, 0, 0, 0, 9}, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzDensify makes sure that contradicting parameters are errors.
func FuzzDensify(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 1, 2, 2, 0}, []byte{9})
	f.Add([]byte{0, 1, 2, 3, 0, 1, 5, 0, 1, 2, 0, 1, 2, 2}, []byte{1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, p, values []byte) {
		next := func() int {
			if len(p) == 0 {
				return 0
			}
			v := int(int8(p[0])) % 8
			p = p[1:]
			return v
		}
		rank := next()&1 + 1
		blocks := make([]int, next()&1)
		shape := make([]int, rank)
		for i := range shape {
			shape[i] = next() & 7
		}
		for i := range blocks {
			blocks[i] = next()
		}
		order := make([]int, rank+len(blocks))
		dims := make([]SparseDim, len(order))
		for i := range dims {
			order[i] = next()
			dims[i].Size = next()
			if next()&1 != 0 {
				dims[i].Segments = []int{next(), next(), next()}
				dims[i].Indices = []int{next(), next()}
			}
		}
		_ = Densify(make([]byte, elements(shape)), values, 1, shape, order, blocks, dims)
	})
}

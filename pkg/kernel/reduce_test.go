package kernel

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// nanEqual compares floats with all NaNs equal.
var nanEqual = cmp.Comparer(func(a, b float32) bool { return a == b || a != a && b != b })

var nan, inf = float32(math.NaN()), float32(math.Inf(1))

// TestReduce compares with a plain loop over all indices. The numbers are small integers, so that every order of adding is exact.
func TestReduce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, "shape", 0, 5, 4)
		var axes, out []int
		for i, d := range shape {
			if rapid.Bool().Draw(t, "reduced") {
				axes = append(axes, i)
				d = 1
			}
			out = append(out, d)
		}
		src := make([]float32, elements(shape))
		ints := make([]int32, len(src))
		bools := make([]bool, len(src))
		for i := range src {
			ints[i] = int32(rapid.IntRange(-3, 3).Draw(t, "x"))
			src[i] = float32(ints[i])
			bools[i] = ints[i] > 0
		}
		for fold, c := range []struct {
			first float64
			join  func(a, b float64) float64
		}{
			SumOf:  {0, func(a, b float64) float64 { return a + b }},
			MeanOf: {0, func(a, b float64) float64 { return a + b }},
			ProdOf: {1, func(a, b float64) float64 { return a * b }},
			MaxOf:  {math.Inf(-1), math.Max},
			MinOf:  {math.Inf(1), math.Min},
		} {
			acc := slices.Repeat([]float64{c.first}, elements(out))
			count := make([]int, len(acc))
			for i, index := range coords(shape) {
				for k := range index {
					index[k] = min(index[k], out[k]-1)
				}
				at := flat(out, index)
				acc[at] = c.join(acc[at], float64(src[i]))
				count[at]++
			}
			want, wantInts := make([]float32, len(acc)), make([]int32, len(acc))
			for i, a := range acc {
				want[i] = float32(a)
				wantInts[i] = int32(max(math.MinInt32, min(math.MaxInt32, a)))
				if Fold(fold) == MeanOf && count[i] > 0 {
					want[i] = float32(a / float64(count[i]))
					wantInts[i] = int32(a) / int32(count[i])
				}
			}
			got, gotInts := make([]float32, len(acc)), make([]int32, len(acc))
			F32Reduce(got, src, shape, axes, Fold(fold))
			Reduce(gotInts, ints, shape, axes, Fold(fold))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("fold %d: %s", fold, diff)
			}
			if diff := cmp.Diff(wantInts, gotInts); diff != "" {
				t.Fatalf("integers, fold %d: %s", fold, diff)
			}
		}
		wantAny, wantAll := make([]bool, elements(out)), slices.Repeat([]bool{true}, elements(out))
		for i, index := range coords(shape) {
			for k := range index {
				index[k] = min(index[k], out[k]-1)
			}
			at := flat(out, index)
			wantAny[at] = wantAny[at] || bools[i]
			wantAll[at] = wantAll[at] && bools[i]
		}
		got := make([]bool, len(wantAny))
		Any(got, bools, shape, axes)
		if diff := cmp.Diff(wantAny, got); diff != "" {
			t.Fatal(diff)
		}
		All(got, bools, shape, axes)
		if diff := cmp.Diff(wantAll, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestSumOrder holds the sum to its documented order, on numbers where the order shows.
func TestSumOrder(t *testing.T) {
	x := make([]float32, 1003)
	for i := range x {
		x[i] = float32(math.Ldexp(float64(i%13)-6.3, (i*7)%90-45))
	}
	for n := range x {
		var lane, squares [8]float64
		for k, v := range x[:n] {
			lane[k%8] += float64(v)
			squares[k%8] += float64(float64(v) * float64(v))
		}
		tree := func(l [8]float64) float64 {
			return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
		}
		if got, want := F32Sum(x[:n]), tree(lane); got != want {
			t.Fatalf("sum of %d numbers is %v, want %v", n, got, want)
		}
		if got, want := F32SumSquares(x[:n]), tree(squares); got != want {
			t.Fatalf("sum of %d squares is %v, want %v", n, got, want)
		}
	}
}

// TestReduceWide covers more results side by side than one block of accumulators.
func TestReduceWide(t *testing.T) {
	const rows, cols = 3, 2*reduceBlock + 17
	src := make([]float32, rows*cols)
	want := make([]float32, cols)
	for i := range src {
		src[i] = float32(i % 11)
		want[i%cols] += src[i]
	}
	got := make([]float32, cols)
	F32Reduce(got, src, []int{rows, cols}, []int{0}, SumOf)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReduceSpecials(t *testing.T) {
	src := []float32{1, nan, -inf, 2, inf, inf}
	got := make([]float32, 3)
	F32Reduce(got, src, []int{3, 2}, []int{1}, MaxOf)
	if diff := cmp.Diff([]float32{nan, 2, inf}, got, nanEqual); diff != "" {
		t.Error(diff)
	}
	F32Reduce(got, src, []int{3, 2}, []int{1}, MinOf)
	if diff := cmp.Diff([]float32{nan, -inf, inf}, got, nanEqual); diff != "" {
		t.Error(diff)
	}
	// 1e8 + 1 does not fit a float32: the sum is made in float64.
	F32Reduce(got[:1], []float32{1e8, 1, -1e8}, []int{3}, []int{0}, SumOf)
	if got[0] != 1 {
		t.Errorf("1e8 + 1 - 1e8 = %v", got[0])
	}
	if n := testing.AllocsPerRun(10, func() { F32Reduce(got, src, []int{3, 2}, []int{1}, SumOf) }); n != 0 {
		t.Errorf("F32Reduce allocates %v times", n)
	}
}

func TestArg(t *testing.T) {
	// Columns [1 3 3], [nan 2 -1], [nan nan nan].
	src := []float32{1, nan, nan, 3, 2, nan, 3, -1, nan}
	got := make([]int32, 3)
	ArgMax(got, src, []int{3, 3}, 0)
	if diff := cmp.Diff([]int32{1, 1, 0}, got); diff != "" {
		t.Error(diff)
	}
	ArgMin(got, src, []int{3, 3}, 0)
	if diff := cmp.Diff([]int32{0, 2, 0}, got); diff != "" {
		t.Error(diff)
	}
	last := make([]int64, 2)
	ArgMax(last, []int8{1, 5, 5, -1, -2, -3}, []int{2, 3}, 1)
	if diff := cmp.Diff([]int64{1, 0}, last); diff != "" {
		t.Error(diff)
	}
}

func TestTopK(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		rows := rapid.IntRange(1, 3).Draw(t, "rows")
		src := rapid.SliceOfN(rapid.SampledFrom([]float32{-1, 0, 1, 2, 3, inf, -inf, nan}), n*rows, n*rows).Draw(t, "src")
		values, indices := make([]float32, k*rows), make([]int32, k*rows)
		TopK(values, indices, src, n, k)
		for r := range rows {
			row := src[r*n : (r+1)*n]
			order := make([]int32, n)
			for i := range order {
				order[i] = int32(i)
			}
			slices.SortStableFunc(order, func(a, b int32) int {
				x, y := float64(row[a]), float64(row[b])
				switch {
				case x > y || x == x && y != y:
					return -1
				case x < y || x != x && y == y:
					return 1
				}
				return 0
			})
			if diff := cmp.Diff(order[:k], indices[r*k:(r+1)*k]); diff != "" && k > 0 {
				t.Fatalf("row %v: %s", row, diff)
			}
			for i, at := range order[:k] {
				if got := values[r*k+i]; got != row[at] && row[at] == row[at] {
					t.Fatalf("row %v: value %d is %v", row, i, got)
				}
			}
		}
	})
}

func TestCumSum(t *testing.T) {
	src := []int32{1, 2, 3, 4, 5, 6}
	for _, c := range []struct {
		axis               int
		exclusive, reverse bool
		want               []int32
	}{
		{1, false, false, []int32{1, 3, 6, 4, 9, 15}},
		{1, true, false, []int32{0, 1, 3, 0, 4, 9}},
		{1, false, true, []int32{6, 5, 3, 15, 11, 6}},
		{1, true, true, []int32{5, 3, 0, 11, 6, 0}},
		{0, false, false, []int32{1, 2, 3, 5, 7, 9}},
		{0, true, true, []int32{4, 5, 6, 0, 0, 0}},
	} {
		got := make([]int32, 6)
		CumSum(got, src, []int{2, 3}, c.axis, c.exclusive, c.reverse)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("axis %d exclusive %v reverse %v: %s", c.axis, c.exclusive, c.reverse, diff)
		}
	}
}

func TestSegment(t *testing.T) {
	src := []float32{1, 2, 3, 4, 5, 6, 7, 8}
	ids := []int32{2, 0, -1, 2}
	for _, c := range []struct {
		fold  Fold
		first float32
		want  []float32
	}{
		{SumOf, 0, []float32{3, 4, 0, 0, 8, 10}},
		{ProdOf, 1, []float32{3, 4, 1, 1, 7, 16}},
		{MaxOf, -9, []float32{3, 4, -9, -9, 7, 8}},
		{MinOf, 9, []float32{3, 4, 9, 9, 1, 2}},
	} {
		got := make([]float32, 6)
		Segment(got, src, ids, 2, c.fold, c.first)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("fold %d: %s", c.fold, diff)
		}
	}
}

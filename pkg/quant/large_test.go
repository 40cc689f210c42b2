package quant

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/octetlite/octet/pkg/tensor"
)

// numbers returns elements around multiples of a half of the scale, among them halves, their neighbours, and now and then what is no number.
func numbers(n int, scale float32) []float32 {
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	special := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Copysign(0, -1)), math.MaxFloat32, math.SmallestNonzeroFloat32}
	data := make([]float32, n)
	for i := range data {
		x := float32(float32(rng.IntN(600)-300) / 2 * scale)
		switch rng.IntN(8) {
		case 0:
			x = math.Nextafter32(x, float32(math.Inf(1)))
		case 1:
			x = math.Nextafter32(x, float32(math.Inf(-1)))
		case 2:
			if rng.IntN(100) == 0 {
				x = special[rng.IntN(len(special))]
			}
		}
		data[i] = x
	}
	return data
}

// TestLargeConstants demands of constants that several goroutines quantize what the definition says of each element.
func TestLargeConstants(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(5))
	for _, shape := range []tensor.Shape{{3, 7, 11, 1009}, {1009, 3, 7, 11}, {300_001}, {1, 300_001}, {300_001, 1}, {2, 1, 3}} {
		scale := float32(0.0390625)
		data := numbers(shape.Elements(), scale)
		for axis := PerTensorAxis; axis < len(shape); axis++ {
			channels, inner := 1, 1
			if axis != PerTensorAxis {
				channels, inner = shape[axis], shape[axis+1:].Elements()
			}
			most, scales := make([]float64, channels), make([]float64, channels)
			for i, x := range data {
				c := i / inner % channels
				most[c] = max(most[c], math.Abs(float64(x)))
			}
			for c, m := range largestAlong(data, shape, axis) {
				if m != most[c] && m == m || (m == m) != (most[c] == most[c]) {
					t.Fatalf("%v, axis %d: the largest of channel %d is %v, want %v", shape, axis, c, m, most[c])
				}
				scales[c] = float64(scale)
			}
			for _, bits := range []int{8, 16, 32, 64} {
				typ := &Type{Scale: scales, Axis: axis, Bits: bits, Rule: Largest}
				q, r := typ.Quantize(tensor.F32(shape, data...)), typ.reciprocals()
				limit := map[int]float64{8: math.MaxInt8, 16: math.MaxInt16, 32: math.MaxInt32, 64: maxInt64}[bits]
				for i, x := range data {
					want := int64(clip(float64(float32(x*r[i/inner%channels])), -limit, limit))
					if got := integer(q, i); got != want {
						t.Fatalf("%v, axis %d, %d bits: element %d, %v, is %d, want %d", shape, axis, bits, i, x, got, want)
					}
				}
			}
		}
	}
}

func TestFinite(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	data := make([]float32, 100_003)
	for i := range data {
		data[i] = float32(i%2*2-1) * math.MaxFloat32
	}
	if !Finite(data) || !Finite(nil) {
		t.Error("the largest numbers are not finite")
	}
	for _, at := range []int{0, 50_001, 100_002} {
		for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			before := data[at]
			if data[at] = float32(x); Finite(data) {
				t.Errorf("%v as element %d is finite", x, at)
			}
			data[at] = before
		}
	}
}

func integer(q *tensor.Tensor, i int) int64 {
	switch q.DType {
	case tensor.Int8:
		return int64(tensor.View[int8](q)[i])
	case tensor.Int16:
		return int64(tensor.View[int16](q)[i])
	case tensor.Int32:
		return int64(tensor.View[int32](q)[i])
	}
	return tensor.View[int64](q)[i]
}

// BenchmarkConstant finds the scales of a convolution's weights, and quantizes them: what int8 takes for each constant.
func BenchmarkConstant(b *testing.B) {
	for _, c := range []struct {
		shape tensor.Shape
		axis  int
	}{{tensor.Shape{512, 3, 3, 512}, 0}, {tensor.Shape{1, 3, 3, 960}, 3}, {tensor.Shape{1000, 2048}, PerTensorAxis}} {
		data := make([]float32, c.shape.Elements())
		for i := range data {
			data[i] = rand.Float32() - 0.5
		}
		t := tensor.F32(c.shape, data...)
		b.Run(fmt.Sprint(c.shape), func(b *testing.B) {
			b.SetBytes(int64(len(t.Data)))
			for b.Loop() {
				Weight(data, c.shape, c.axis).Quantize(t)
			}
		})
	}
}

package quant

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/tensor"
)

// Hand-made ranges; scales as float32 divisions.
func TestActivation(t *testing.T) {
	for _, c := range []struct {
		lo, hi float32
		scale  float32
		zero   int64
	}{
		{-1, 1, 2.0 / 255, -1},        // -128 + 127.5 = -0.5, away from zero
		{0, 6, 6.0 / 255, -128},       // a RELU6
		{-6, 0, 6.0 / 255, 127},       // nothing above zero
		{2, 3, 3.0 / 255, -128},       // zero is put in below
		{-3, -2, 3.0 / 255, 127},      // and above
		{0, 0, 2e-6 / 255, 0},         // nothing at all: a millionth on both sides
		{-1, 254, 1, -127},            // a scale of 1
		{-0.5, 0.77, 1.27 / 255, -28}, // -27.6
	} {
		got := Activation(c.lo, c.hi)
		if want := Int8(float64(c.scale), c.zero); got.Zero != c.zero || math.Abs(got.Scale[0]/want.Scale[0]-1) > 1e-6 {
			t.Errorf("Activation(%v, %v) = %v %d, want %v %d", c.lo, c.hi, got.Scale[0], got.Zero, want.Scale[0], c.zero)
		}
	}
}

// The scale is float32 arithmetic from end to end; in float64 this one would come out a unit in the last place larger.
func TestActivationScaleIsFloat32(t *testing.T) {
	lo, hi := float32(-0.021775823), float32(2.3513176)
	wide := float32((float64(hi) - float64(lo)) / 255)
	want := float32(0.009306248277425766)
	if got := float32(Activation(lo, hi).Scale[0]); got != want || got == wide {
		t.Errorf("scale %v, want %v and not %v", got, want, wide)
	}
}

func TestActivationProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Float32Range(-1e6, 1e6)
		a, b := value.Draw(t, "a"), value.Draw(t, "b")
		lo, hi := min(a, b), max(a, b)
		typ := Activation(lo, hi)
		s := typ.Scale[0]
		if !(s > 0) || typ.Zero < -128 || typ.Zero > 127 {
			t.Fatalf("scale %v, zero point %d", s, typ.Zero)
		}
		tlo, thi := typ.Interval()
		if tlo > 0 || thi < 0 {
			t.Errorf("[%v, %v] does not hold 0", tlo, thi)
		}
		if slack := s * (0.5 + 1e-3); tlo > float64(lo)+slack || thi < float64(hi)-slack {
			t.Errorf("[%v, %v] misses an end of [%v, %v] by more than half a step of %v", tlo, thi, lo, hi, s)
		}
	})
}

func TestConstant(t *testing.T) {
	for _, c := range []struct {
		data  []float32
		scale float64
		zero  int64
	}{
		{[]float32{3}, float64(float32(3) / 255), -128},
		{[]float32{-1, 1}, float64(float32(2) / 255), -1},
		{[]float32{0, 0}, float64(float32(1e-6) / 255), 0},
	} {
		if got := Constant(c.data); got.Zero != c.zero || math.Abs(got.Scale[0]/c.scale-1) > 1e-6 {
			t.Errorf("Constant(%v) = %v %d, want %v %d", c.data, got.Scale[0], got.Zero, c.scale, c.zero)
		}
	}
}

func TestWeight(t *testing.T) {
	data := []float32{1, -2, 0, 0, -0.5, 0.25} // [3,2]
	perAxis := Weight(data, tensor.Shape{3, 2}, 0)
	want := []float64{float64(float32(4) / 254), float64(float32(1e-6) / 254), float64(float32(1) / 254)}
	if diff := cmp.Diff(want, perAxis.Scale); diff != "" || perAxis.Axis != 0 || !perAxis.Symmetric() {
		t.Errorf("along axis 0: %+v (-want +got):\n%s", perAxis, diff)
	}
	last := Weight(data, tensor.Shape{3, 2}, 1)
	if diff := cmp.Diff([]float64{float64(float32(2) / 254), float64(float32(4) / 254)}, last.Scale); diff != "" {
		t.Errorf("along axis 1 (-want +got):\n%s", diff)
	}
	whole := Weight(data, tensor.Shape{3, 2}, PerTensorAxis)
	if whole.PerAxis() || whole.Scale[0] != float64(float32(4)/254) {
		t.Errorf("for the tensor: %+v", whole)
	}
}

func TestBias(t *testing.T) {
	input := Int8(0.5, 3)
	weight := &Type{Scale: []float64{0.25, 0.125}, Axis: 0, Bits: 8, Lo: -127, Hi: 127}
	if got := Bias(input, weight, 1); got.Axis != 0 || !cmp.Equal(got.Scale, []float64{0.125, 0.0625}) || got.Bits != 32 {
		t.Errorf("Bias of a list: %+v", got)
	}
	if got := Bias(input, weight, 4); got.Axis != 3 {
		t.Errorf("Bias of rank 4 runs along axis %d, want the last", got.Axis)
	}
	single := &Type{Scale: []float64{0.25}, Axis: 0, Bits: 8, Lo: -127, Hi: 127}
	if got := Bias(input, single, 1); got.PerAxis() || got.Scale[0] != 0.125 {
		t.Errorf("Bias of a single channel: %+v", got)
	}
}

func TestLimitBias(t *testing.T) {
	const limit = 1<<30 - 1
	input := Int8(0.5, 0)
	weight := &Type{Scale: []float64{1e-10, 1}, Axis: 0, Bits: 8, Lo: -127, Hi: 127}
	bias := Bias(input, weight, 1)

	b, w := LimitBias(bias, input, weight, []float32{0.01, 0.01})
	if b != bias || w != nil {
		t.Errorf("within the limit: %+v %+v", b, w)
	}
	b, w = LimitBias(bias, input, weight, []float32{-3, 3})
	if w == nil || b.Scale[0] != 3.0/limit || w.Scale[0] != 3.0/limit/0.5 || b.Scale[1] != bias.Scale[1] || w.Scale[1] != 1 {
		t.Errorf("beyond the limit: %+v %+v", b, w)
	}
	if weight.Scale[0] != 1e-10 || bias.Scale[0] == b.Scale[0] {
		t.Error("the given types have changed")
	}
	for i, q := range tensor.View[int32](b.Quantize(tensor.F32(tensor.Shape{2}, -3, 3))) {
		if i == 0 && (q > -(1<<30)+64 || q < -(1<<30)) {
			t.Errorf("the limited bias is stored as %d", q)
		}
	}

	single := &Type{Scale: []float64{1e-10}, Axis: 0, Bits: 8, Lo: -127, Hi: 127}
	b, w = LimitBias(Bias(input, single, 1), input, single, []float32{3})
	if w == nil || w.PerAxis() || b.PerAxis() || w.Scale[0] != 3.0/limit/0.5 {
		t.Errorf("a single channel: %+v %+v", b, w)
	}
}

func TestQuantize(t *testing.T) {
	shape := tensor.Shape{5}
	nan := float32(math.NaN())
	for _, c := range []struct {
		name string
		typ  *Type
		in   []float32
		want []int8
	}{
		{"halves go away from zero", Int8(1, 0), []float32{0.5, -0.5, 1.5, -1.5, 2.4}, []int8{1, -1, 2, -2, 2}},
		{"a zero point, and clipping", Int8(0.5, 10), []float32{0, 1, -100, 100, nan}, []int8{10, 12, -128, 127, 0}},
		{"per axis clips to 127", &Type{Scale: []float64{1, 1, 1, 1, 0.5}, Axis: 0, Bits: 8, Lo: -127, Hi: 127}, []float32{-128, 127, 200, -200, 1}, []int8{-127, 127, 127, -127, 2}},
		{"symmetric takes its scale from the content", &Type{Scale: []float64{2.0 / 127}, Axis: PerTensorAxis, Bits: 8, Lo: -127, Hi: 127}, []float32{2, -2, 1, 0, nan}, []int8{127, -127, 64, 0, 0}},
		{"unless it is far from that", &Type{Scale: []float64{1}, Axis: PerTensorAxis, Bits: 8, Lo: -127, Hi: 127}, []float32{2, -2, 1, 0, nan}, []int8{2, -2, 1, 0, 0}},
	} {
		got := c.typ.Quantize(tensor.F32(shape, c.in...))
		if diff := cmp.Diff(c.want, tensor.View[int8](got)); diff != "" || got.DType != tensor.Int8 {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, got.DType, diff)
		}
	}
	bias := int32Type(1e-9)
	got := tensor.View[int32](bias.Quantize(tensor.F32(shape, 1, -1, 1e9, -1e9, 0)))
	if diff := cmp.Diff([]int32{1000000000, -1000000000, math.MaxInt32, -math.MaxInt32, 0}, got, cmp.Comparer(near)); diff != "" {
		t.Errorf("int32 (-want +got):\n%s", diff)
	}
}

// near allows for the float32 reciprocal of a scale that is no power of two.
func near(a, b int32) bool { return math.Abs(float64(a)-float64(b)) <= 100 }

// What is stored stands for a value at most half a step away, wherever nothing is clipped.
func TestQuantizeIsNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Float32Range(-100, 100), 1, 40).Draw(t, "data")
		typ := Constant(data)
		q := tensor.View[int8](typ.Quantize(tensor.F32(tensor.Shape{len(data)}, data...)))
		for i, x := range data {
			back := float64(int64(q[i])-typ.Zero) * typ.Scale[0]
			if math.Abs(back-float64(x)) > typ.Scale[0]*(1+1e-3) {
				t.Errorf("%v is stored as %d, which stands for %v; a step is %v", x, q[i], back, typ.Scale[0])
			}
		}
	})
}

func TestTypeEqual(t *testing.T) {
	a := Int8(0.5, 1)
	for _, b := range []*Type{
		nil, Int8(0.25, 1), Int8(0.5, 2),
		{Scale: []float64{0.5}, Zero: 1, Axis: PerTensorAxis, Bits: 8, Lo: -127, Hi: 127},
		{Scale: []float64{0.5}, Zero: 1, Axis: 0, Bits: 8, Lo: -128, Hi: 127},
		{Scale: []float64{0.5}, Zero: 1, Axis: PerTensorAxis, Bits: 32, Lo: -128, Hi: 127},
	} {
		if a.Equal(b) || b.Equal(a) {
			t.Errorf("%+v equals %+v", a, b)
		}
	}
	var none *Type
	if !a.Equal(Int8(0.5, 1)) || !none.Equal(nil) {
		t.Error("equal types are not equal")
	}
	if diff := cmp.Diff(&Params{Scale: []float32{0.1}, Zero: []int64{-3}}, Int8(0.1, -3).Params()); diff != "" {
		t.Errorf("Params (-want +got):\n%s", diff)
	}
}

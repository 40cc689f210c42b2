package exec

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// What goes in and comes out of integers: halves go away from zero, what is out of range to its end.
func TestBorder(t *testing.T) {
	huge := float32(math.MaxFloat32)
	x := tensor.F32(tensor.Shape{1, 9}, 0, 0.25, 0.75, -0.25, -0.75, 1000, -1000, huge, -huge)
	ids := tensor.New(tensor.Int32, tensor.Shape{1})
	for _, tt := range []struct {
		dtype tensor.DType
		want  []float32
	}{
		{tensor.Int8, []float32{0, 0.5, 1, -0.5, -1, 62, -65.5, 62, -65.5}},
		{tensor.UInt8, []float32{0, 0.5, 1, -0.5, -1, 126, -1.5, 126, -1.5}},
		{tensor.Int16, []float32{0, 0.5, 1, -0.5, -1, 1000, -1000, 16382, -16385.5}},
	} {
		v := &ir.Value{Name: "x", Type: ir.Type{DType: tt.dtype, Shape: x.Shape}, Quant: quant.PerTensor(0.5, 3)}
		w := &ir.Value{Name: "ids", Type: ir.Type{DType: tensor.Int32, Shape: ids.Shape}}
		b := Border{inputs: []*ir.Value{w, v}, outputs: []*ir.Value{w, v}}
		sample := []*tensor.Tensor{ids, x}
		in := b.In(sample)
		if in[1].DType != tt.dtype || !in[1].Shape.Equal(x.Shape) || in[0] != ids || sample[1] != x {
			t.Errorf("%v: %v%v", tt.dtype, in[1].DType, in[1].Shape)
		}
		out := b.Out(in)
		if diff := cmp.Diff(tt.want, tensor.View[float32](out[1])); diff != "" || out[0] != ids {
			t.Errorf("%v: (-want +got)\n%s", tt.dtype, diff)
		}
		if diff := cmp.Diff([]bool{false, true}, b.Quantized()); diff != "" {
			t.Error(diff)
		}
	}
}

// Watching shows what observing does, and the integers besides.
func TestWatch(t *testing.T) {
	for _, c := range testmodel.All() {
		t.Run(c.Name, func(t *testing.T) {
			p, err := Compile(c.Build(), 0, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var in []*tensor.Tensor
			for _, v := range p.Inputs() {
				x := tensor.New(v.Type.DType, v.Type.Shape)
				if v.Type.DType == tensor.Float32 {
					for i := range tensor.View[float32](x) {
						tensor.View[float32](x)[i] = float32(i%7) - 2
					}
				}
				in = append(in, x)
			}
			s := p.NewSession()
			var observed, watched, integers []string
			if _, err := s.Run(in, observerFunc(func(v *ir.Value, _ *tensor.Tensor, _ quant.Range) { observed = append(observed, v.Name) })); err != nil {
				t.Fatal(err)
			}
			_, err = s.Watch(in, func(v *ir.Value, x *tensor.Tensor) {
				if x.DType == tensor.Float32 {
					watched = append(watched, v.Name)
				} else {
					integers = append(integers, v.Name)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			observed = slices.DeleteFunc(observed, func(name string) bool { return name == "state" }) // what an SVDF remembers is no activation
			if diff := cmp.Diff(observed, watched); diff != "" {
				t.Errorf("(-observed +watched)\n%s", diff)
			}
			if c.Name == "while" && len(integers) == 0 {
				t.Error("no integer was shown")
			}
			watched = nil
			if _, err := s.Run(in, nil); err != nil || watched != nil {
				t.Errorf("a later run is watched: %v, %v", watched, err)
			}
		})
	}
}

// observerFunc is an Observer.
type observerFunc func(v *ir.Value, t *tensor.Tensor, r quant.Range)

// Observe implements Observer.
func (f observerFunc) Observe(v *ir.Value, t *tensor.Tensor, r quant.Range) { f(v, t, r) }

package pass

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// What becomes of Convolution2DTransposeBias gives what its definition adds up, for windows that are smaller and larger than the strides, and sizes that cut off pixels of an even and an odd
// number.
func TestTransposeConvBias(t *testing.T) {
	for _, padding := range []int{1, 2} {
		for _, h := range []int{1, 2, 3, 5} {
			for _, window := range []int{1, 2, 3, 4} {
				for _, stride := range []int{1, 2, 3} {
					t.Run(fmt.Sprint(padding, h, window, stride), func(t *testing.T) {
						checkTransposeConvBias(t, padding, tensor.Shape{2, h, h + 1, 2}, tensor.Shape{3, window, window, 2}, stride)
					})
				}
			}
		}
	}
}

func checkTransposeConvBias(t *testing.T, padding int, x, w tensor.Shape, stride int) {
	cut := func(axis int) int {
		if padding == 2 {
			return 0
		}
		return max(0, w[axis]-(x[axis]-1)%stride-1)
	}
	y := tensor.Shape{x[0], stride*(x[1]-1) + w[1] - cut(1), stride*(x[2]-1) + w[2] - cut(2), w[0]}
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(s tensor.Shape) *tensor.Tensor {
		v := make([]float32, s.Elements())
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		return tensor.F32(s, v...)
	}
	input, weights, bias := random(x), random(w), random(tensor.Shape{w[0]})

	options := make([]byte, 12)
	for i, v := range []int{padding, stride, stride} {
		binary.LittleEndian.PutUint32(options[4*i:], uint32(v))
	}
	g := &ir.Graph{Name: "main"}
	in := g.Add(&ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: x}})
	out := &ir.Value{Name: "y", Type: ir.Type{DType: tensor.Float32, Shape: y}}
	n := &ir.Node{Op: "CUSTOM", Attr: &op.Custom{Code: "Convolution2DTransposeBias", Options: options}}
	n.Inputs = []*ir.Value{in, g.AddConst("w", weights), g.AddConst("b", bias)}
	n.Outputs = []*ir.Value{g.Add(out)}
	g.Inputs, g.Outputs, g.Nodes = []*ir.Value{in}, []*ir.Value{out}, []*ir.Node{n}
	m := &ir.Model{Graphs: []*ir.Graph{g}}
	if err := Run(m, Executable); err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(m, op.Set); err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.NewSession().Run([]*tensor.Tensor{input}, nil)
	if err != nil {
		t.Fatal(err)
	}

	want := make([]float64, y.Elements())
	at := func(s tensor.Shape, i ...int) int { return ((i[0]*s[1]+i[1])*s[2]+i[2])*s[3] + i[3] }
	for i := range want {
		want[i] = float64(tensor.View[float32](bias)[i%w[0]])
	}
	for b := range x[0] {
		for i := range x[1] * x[2] * w[1] * w[2] {
			row, i := i%x[1], i/x[1]
			column, i := i%x[2], i/x[2]
			r, c := row*stride-cut(1)/2+i%w[1], column*stride-cut(2)/2+i/w[1]
			if r < 0 || r >= y[1] || c < 0 || c >= y[2] {
				continue
			}
			for o := range w[0] {
				for k := range x[3] {
					want[at(y, b, r, c, o)] += float64(tensor.View[float32](input)[at(x, b, row, column, k)]) * float64(tensor.View[float32](weights)[at(w, o, i%w[1], i/w[1], k)])
				}
			}
		}
	}
	for i, v := range tensor.View[float32](got[0]) {
		if math.Abs(float64(v)-want[i]) > 1e-5 {
			t.Fatalf("element %d is %v, want %v", i, v, want[i])
		}
	}
}

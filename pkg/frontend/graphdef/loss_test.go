package graphdef

import (
	"fmt"
	"math"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestCrossEntropies compares loss and gradient with the formulas: labels of 0 meet a logarithm of -∞, and an index is out of range.
func TestCrossEntropies(t *testing.T) {
	inf := float32(math.Inf(1))
	features := tensor.F32(tensor.Shape{3, 3}, 1, 2, 3, 0, 0, 0, 5, -inf, 5)
	labels := tensor.F32(features.Shape, .5, 0, .5, 1, 0, 0, 0, 0, 1)
	index := tensor.I32(tensor.Shape{3}, 2, 3, 0)
	e := math.Exp
	log := func(k int) float64 { return math.Log(e(1)+e(2)+e(3)) - float64(k) }
	nan := float32(math.NaN())
	third, half := float32(1)/3, float32(.5)
	soft := []float32{float32(e(1) / (e(1) + e(2) + e(3))), float32(e(2) / (e(1) + e(2) + e(3))), float32(e(3) / (e(1) + e(2) + e(3)))}
	for _, c := range []struct {
		op   string
		in   *tensor.Tensor
		want [2]*tensor.Tensor
	}{
		{"SoftmaxCrossEntropyWithLogits", labels, [2]*tensor.Tensor{
			tensor.F32(tensor.Shape{3}, float32(.5*log(1)+.5*log(3)), float32(math.Log(3)), float32(math.Log(2))),
			tensor.F32(features.Shape, soft[0]-.5, soft[1], soft[2]-.5, third-1, third, third, half, 0, -half),
		}},
		{"SparseSoftmaxCrossEntropyWithLogits", index, [2]*tensor.Tensor{
			tensor.F32(tensor.Shape{3}, float32(log(3)), nan, float32(math.Log(2))),
			tensor.F32(features.Shape, soft[0], soft[1], soft[2]-1, nan, nan, nan, -half, 0, half),
		}},
	} {
		for k, want := range c.want {
			for _, samples := range []int{3, -1} {
				types := []ir.Type{{DType: f32, Shape: tensor.Shape{samples, 3}}, {DType: c.in.DType, Shape: c.in.Shape.Clone()}}
				types[1].Shape[0] = samples
				m, err := imported(types, node("n = "+c.op+"(x0, x1)"), node(fmt.Sprintf("y = Identity(n:%d)", k)))
				if err != nil {
					t.Fatal(err)
				}
				near(t, want, run(t, m, features, c.in))
			}
		}
	}
}

func TestL2Loss(t *testing.T) {
	testLayer(t, node("y = L2Loss(x0)"), false, tensor.F32(tensor.Shape{2, 2}, 1, -2, 0, 3), nil, tensor.F32(nil, 7))
}

package main

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

func TestQuantizeTensor(t *testing.T) {
	huge := float32(math.MaxFloat32)
	x := tensor.F32(tensor.Shape{1, 9}, 0, 0.25, 0.75, -0.25, -0.75, 1000, -1000, huge, -huge)
	q := &quant.Params{Scale: []float32{0.5}, Zero: []int64{3}}
	for _, tt := range []struct {
		dtype tensor.DType
		want  []float32 // after dequantization: halves go away from zero, what is out of range to its end
	}{
		{tensor.Int8, []float32{0, 0.5, 1, -0.5, -1, 62, -65.5, 62, -65.5}},
		{tensor.UInt8, []float32{0, 0.5, 1, -0.5, -1, 126, -1.5, 126, -1.5}},
		{tensor.Int16, []float32{0, 0.5, 1, -0.5, -1, 1000, -1000, 16382, -16385.5}},
	} {
		got := quantizeTensor(x, tt.dtype, q)
		if got.DType != tt.dtype || !got.Shape.Equal(x.Shape) {
			t.Errorf("%v: %v%v", tt.dtype, got.DType, got.Shape)
		}
		if diff := cmp.Diff(tt.want, tensor.View[float32](dequantizeTensor(got, q))); diff != "" {
			t.Errorf("%v: (-want +got)\n%s", tt.dtype, diff)
		}
	}
}

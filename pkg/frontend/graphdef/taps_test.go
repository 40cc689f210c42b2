package graphdef

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestDilation compares with the definition: the greatest sum over the cells that lie in the image.
func TestDilation(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for i := range 20 {
		s := drawSlide(r, 2, "SAME", "VALID")
		const channels = 3
		x, w := noise(r, around(s.in, channels)...), noise(r, append(slices.Clone(s.kernel), channels)...)
		want, seen := tensor.New(f32, around(s.out, channels)), map[int]bool{}
		for k := range samples * channels {
			sample, c := k/channels, k%channels
			s.each(func(out, tap, in int) {
				o := (sample*tensor.Shape(s.out).Elements()+out)*channels + c
				v := tensor.View[float32](x)[(sample*tensor.Shape(s.in).Elements()+in)*channels+c] + tensor.View[float32](w)[tap*channels+c]
				if y := &tensor.View[float32](want)[o]; !seen[o] || v > *y {
					*y, seen[o] = v, true
				}
			})
		}
		n := attrs(s.node(node("y = Dilation2D(x0, x1)"), false), "rates", []int{1, s.dilations[0], s.dilations[1], 1})
		t.Run(fmt.Sprintf("%d_%+v", i, s), func(t *testing.T) { testLayer(t, n, false, x, w, want) })
	}
}

// TestPoolsOfIntegers: 32 and 64 bits are more than float32 holds.
func TestPoolsOfIntegers(t *testing.T) {
	x := tensor.I32(tensor.Shape{1, 2, 3, 1}, 1<<30, 1<<30+1, -7, -1<<31, -5, -6)
	want := map[string][]int32{"SAME": {1<<30 + 1, 1<<30 + 1, -6, -5, -5, -6}, "VALID": {1<<30 + 1, 1<<30 + 1}}
	for padding, w := range want {
		for _, d := range []tfpb.DataType{tfpb.Int32, tfpb.Int64} {
			pool := attrs(node("m = MaxPool(h)"), "padding", padding, "ksize", []int{1, 2, 2, 1}, "strides", []int{1, 1, 1, 1})
			m, err := imported([]ir.Type{{DType: i32, Shape: tensor.Shape{1, -1, 3, 1}}},
				attrs(node("h = Cast(x0)"), "DstT", d), pool, attrs(node("y = Cast(m)"), "DstT", tfpb.Int32))
			if err != nil {
				t.Fatal(err)
			}
			if got := tensor.View[int32](run(t, m, x)); !slices.Equal(got, w) {
				t.Errorf("%s: %v, want %v", padding, got, w)
			}
		}
	}
	m, err := imported([]ir.Type{{DType: tensor.UInt8, Shape: tensor.Shape{1, 1, 2, 1}}},
		attrs(node("y = MaxPool(x0)"), "padding", "VALID", "ksize", []int{1, 1, 2, 1}, "strides", []int{1, 1, 1, 1}))
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, m, tensor.Of(tensor.UInt8, tensor.Shape{1, 1, 2, 1}, []uint8{3, 250})).Data; len(got) != 1 || got[0] != 250 {
		t.Errorf("the greatest of 3 and 250 is %v", got)
	}
}

// TestPositionsOfMaxima: of equal elements the first counts, and padding never does.
func TestPositionsOfMaxima(t *testing.T) {
	x := tensor.F32(tensor.Shape{2, 2, 3, 1}, -1, -1, -5, -9, -1, 4, 1, 2, 3, 4, 5, 6)
	for padding, want := range map[string][]int64{"VALID": {0, 5, 4, 5}, "SAME": {0, 5, 5, 4, 5, 5, 4, 5, 5, 4, 5, 5}} {
		n := attrs(node("n = MaxPoolWithArgmax(x0)"), "padding", padding, "ksize", []int{1, 2, 2, 1}, "strides", []int{1, 1, 1, 1})
		m, err := imported([]ir.Type{{DType: f32, Shape: tensor.Shape{-1, 2, 3, 1}}}, n, node("y = Identity(n:1)"))
		if err != nil {
			t.Fatal(err)
		}
		if got := tensor.View[int64](run(t, m, x)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", padding, got, want)
		}
		_, err = imported([]ir.Type{{DType: f32, Shape: tensor.Shape{1, -1, 3, 1}}}, n, node("y = Identity(n:1)"))
		if err == nil || !strings.Contains(err.Error(), "must be known") {
			t.Errorf("error %v", err)
		}
	}
}

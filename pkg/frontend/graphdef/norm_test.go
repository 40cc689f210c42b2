package graphdef

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestBatchNorm compares both forms in both layouts with the formula.
func TestBatchNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	x := noise(r, 3, 4, 5, 2)
	scale, offset := tensor.F32(tensor.Shape{2}, 2, -1), tensor.F32(tensor.Shape{2}, .5, 3)
	mean, variance := tensor.F32(tensor.Shape{2}, .25, -2), tensor.F32(tensor.Shape{2}, .5, 4)
	for i := range 12 {
		name := []string{"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"}[i%3]
		training, first := i/3%2 == 1, i/6 == 1
		m, v := tensor.View[float32](mean), tensor.View[float32](variance)
		if training {
			m, v = statistics(x)
		}
		want := tensor.New(f32, x.Shape)
		for k, e := range tensor.View[float32](x) {
			c := k % 2
			s := float64(tensor.View[float32](scale)[c]) / math.Sqrt(float64(v[c])+1e-2)
			tensor.View[float32](want)[k] = float32(float64(e-m[c])*s) + tensor.View[float32](offset)[c]
		}
		n := attrs(node("y = "+name+"(x0, s, o, m, v)"), "epsilon", float32(1e-2))
		if !training { // otherwise the default
			n = attrs(n, "is_training", false)
		}
		in := x
		if first {
			n = attrs(n, "data_format", "NCHW")
			in, want = channelsToFront(x), channelsToFront(want)
		}
		for _, open := range []bool{false, true} {
			typ := ir.Type{DType: f32, Shape: in.Shape.Clone()}
			if open {
				typ.Shape[0] = -1
			}
			model, err := imported([]ir.Type{typ}, n, constant("s", scale), constant("o", offset), constant("m", mean), constant("v", variance))
			if err != nil {
				t.Fatal(err)
			}
			near(t, want, run(t, model, in))
			if nodes := len(model.Graphs[0].Nodes); !training && !first && nodes != 2 {
				t.Errorf("%s: %d operators, want MUL and ADD", name, nodes)
			}
		}
	}
}

// statistics returns the mean and the variance of each of two channels.
func statistics(x *tensor.Tensor) (mean, variance []float32) {
	list := tensor.View[float32](x)
	for c := range 2 {
		sum, squares, n := 0., 0., float64(len(list)/2)
		for i := c; i < len(list); i += 2 {
			sum += float64(list[i])
		}
		for i := c; i < len(list); i += 2 {
			squares += math.Pow(float64(list[i])-sum/n, 2)
		}
		mean, variance = append(mean, float32(sum/n)), append(variance, float32(squares/n))
	}
	return mean, variance
}

// TestBatchNormStatistics: without training they are operands; in training nothing but training needs them.
func TestBatchNormStatistics(t *testing.T) {
	mean := tensor.F32(tensor.Shape{2}, 1, 2)
	x := []ir.Type{{DType: f32, Shape: tensor.Shape{1, 1, 1, 2}}}
	m, err := imported(x, attrs(node("n = FusedBatchNormV3(x0, m, m, m, m)"), "is_training", false), node("y = Identity(n:1)"), constant("m", mean))
	if err != nil {
		t.Fatal(err)
	}
	near(t, mean, m.Graphs[0].Outputs[0].Const)
	_, err = imported(x, node("n = FusedBatchNormV3(x0, m, m, m, m)"), node("y = Identity(n:1)"), constant("m", mean))
	if err == nil || !strings.Contains(err.Error(), "statistics of the batch") {
		t.Errorf("error %v", err)
	}
}

func TestGlobalNorm(t *testing.T) {
	x := tensor.F32(tensor.Shape{1, 1, 2, 1}, 3, 5)
	one := func(v float32) *tensor.Tensor { return tensor.F32(tensor.Shape{1}, v) }
	for scaled, want := range map[bool]*tensor.Tensor{false: tensor.F32(x.Shape, 11, 12), true: tensor.F32(x.Shape, 13, 16)} {
		n := attrs(node("y = BatchNormWithGlobalNormalization(x0, m, v, b, g)"), "variance_epsilon", float32(1), "scale_after_normalization", scaled)
		m, err := imported([]ir.Type{{DType: f32, Shape: x.Shape}}, n, constant("m", one(1)), constant("v", one(3)), constant("b", one(10)), constant("g", one(3)))
		if err != nil {
			t.Fatal(err)
		}
		near(t, want, run(t, m, x))
	}
}

func TestBias(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, shape := range []tensor.Shape{{2, 3}, {2, 4, 3}, {2, 4, 5, 3}, {2, 2, 4, 5, 3}} {
		for _, first := range []bool{false, true} {
			x, bias := noise(r, shape...), noise(r, 3)
			want, sums := tensor.New(f32, shape), tensor.New(f32, tensor.Shape{3})
			for i, v := range tensor.View[float32](x) {
				tensor.View[float32](want)[i] = v + tensor.View[float32](bias)[i%3]
				tensor.View[float32](sums)[i%3] += v
			}
			format := map[bool]string{false: "NHWC", true: "NCHW"}[first]
			t.Run(fmt.Sprint(shape, format), func(t *testing.T) {
				testLayer(t, attrs(node("y = BiasAdd(x0, x1)"), "data_format", format), first, x, bias, want)
				if first {
					x = channelsToFront(x)
				}
				testLayer(t, attrs(node("y = BiasAddGrad(x0)"), "data_format", format), false, x, nil, sums)
			})
		}
	}
}

func TestLocalResponse(t *testing.T) {
	x := tensor.F32(tensor.Shape{1, 1, 1, 3}, 1, 2, 3)
	want := tensor.F32(x.Shape, 1/float32(math.Sqrt(1+5)), 2/float32(math.Sqrt(1+14)), 3/float32(math.Sqrt(1+13)))
	testLayer(t, attrs(node("y = LRN(x0)"), "depth_radius", 1), false, x, nil, want)
}

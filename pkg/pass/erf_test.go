package pass

import (
	"math"
	"testing"

	"github.com/octetlite/octet/internal/golden"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestErfExpansion compares the expansions with the kernels of the functions, which are exact but for the last rounding.
func TestErfExpansion(t *testing.T) {
	var list []float32
	for x := float32(-12); x <= 12; x += 0x1p-10 {
		list = append(list, x)
	}
	for x := float32(1); x > 1e-38; x /= 3 {
		list = append(list, x, -x)
	}
	inf := float32(math.Inf(1))
	list = append(list, 0, inf, -inf, float32(math.NaN()), 1e10, -1e30, math.MaxFloat32)
	shape := tensor.Shape{len(list)}
	for _, c := range []struct {
		op                 string
		want               func(float32) float32
		absolute, relative float64 // the greatest errors; relative ones where |x| < 1
	}{
		{"TF_ERF", kernel.F32Erf, 2e-7, 2e-7},
		{"TF_ERFC", kernel.F32Erfc, 3e-7, 5e-7},
	} {
		g := &ir.Graph{Name: "main"}
		typ := ir.Type{DType: tensor.Float32, Shape: shape}
		x, y := g.Add(&ir.Value{Name: "x", Type: typ}), g.Add(&ir.Value{Name: "y", Type: typ})
		g.Inputs, g.Outputs = []*ir.Value{x}, []*ir.Value{y}
		g.Nodes = []*ir.Node{{Op: c.op, Inputs: g.Inputs, Outputs: g.Outputs}}
		m := &ir.Model{Graphs: []*ir.Graph{g}}
		if _, err := lowerErf.run(m); err != nil {
			t.Fatal(err)
		}
		out, err := execute(m, []tensor.Shape{shape}, []*tensor.Tensor{tensor.F32(shape, list...)})
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range tensor.View[float32](out[0]) {
			want := c.want(list[i])
			e := math.Abs(float64(got) - float64(want))
			if want != want && got != got {
				continue
			}
			if !(e <= c.absolute) || math.Abs(float64(list[i])) < 1 && e > c.relative*math.Abs(float64(want)) {
				t.Errorf("%s(%v) = %v, want %v", c.op, list[i], got, want)
			}
		}
	}
}

// TestGeluKeepsValues compares the cases of match_gelu before, with the error function expanded, and after: TestPassesKeepValues does not run it.
func TestGeluKeepsValues(t *testing.T) {
	golden.Cases(t, "testdata/match_gelu-*.txtar", func(t *testing.T, c *golden.Case) {
		in, out := parseCase(t, c, "in"), parseCase(t, c, "out")
		for _, m := range []*ir.Model{in, out} {
			if _, err := lowerErf.run(m); err != nil {
				t.Fatal(err)
			}
			if err := ir.Verify(m, op.Set); err != nil {
				t.Fatal(err)
			}
		}
		shapes, _ := inputShapes(in.Graphs[0], nil)
		inputs := randomInputs(in.Graphs[0], shapes, seeded(t.Name(), nil))
		want, err := execute(in, shapes, inputs)
		if err != nil {
			t.Fatal(err)
		}
		got, err := execute(out, shapes, inputs)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if err := sameValues(got[i], want[i]); err != nil {
				t.Errorf("output %d: %v", i, err)
			}
		}
	})
}

package op_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestOver computes operators over their operands: the bits are those of a result with memory of its own.
func TestOver(t *testing.T) {
	for _, name := range op.Set.Names() {
		o := op.Set.Lookup(name)
		if !o.Over {
			continue
		}
		t.Run(name, func(t *testing.T) {
			ran := false
			rapid.Check(t, func(t *rapid.T) { ran = over(t, o) || ran })
			if !ran && name != "LOGICAL_NOT" && name != "BITWISE_XOR" && name != "RIGHT_SHIFT" {
				t.Error("does not take float32")
			}
		})
	}
}

// over reports whether the operator takes float32.
func over(t *rapid.T, o *op.Op) bool {
	shape := tensor.Shape{rapid.IntRange(1, 5).Draw(t, "rows"), rapid.IntRange(1, 70).Draw(t, "columns")}
	n := &ir.Node{Op: o.Name}
	if o.Attr != nil {
		n.Attr = o.Attr()
	}
	whole := rapid.IntRange(0, o.In.Min-1).Draw(t, "operand")
	var in []*tensor.Tensor
	for i := range o.In.Min {
		s := shape.Clone()
		for axis := range s {
			if i != whole && rapid.Bool().Draw(t, "repeated") {
				s[axis] = 1
			}
		}
		x := tensor.New(tensor.Float32, s)
		for j := range tensor.View[float32](x) {
			tensor.View[float32](x)[j] = rapid.Float32Range(-5, 5).Draw(t, "x")
		}
		in = append(in, x)
		n.Inputs = append(n.Inputs, &ir.Value{Type: ir.Type{DType: tensor.Float32, Shape: s}})
	}
	types, err := o.Infer(n, in)
	if err != nil {
		return false
	}
	out := tensor.New(types[0].DType, types[0].Shape)
	kernel, err := o.Kernel(n, in, []*tensor.Tensor{out})
	if err != nil {
		t.Fatal(err)
	}
	run := func(in []*tensor.Tensor, out *tensor.Tensor) {
		c := op.Call{Node: n, In: in, Out: []*tensor.Tensor{out}}
		c.Seen.Start(true)
		if err := kernel(&c); err != nil {
			t.Fatal(err)
		}
	}
	run(in, out)
	run(in, &tensor.Tensor{DType: out.DType, Shape: out.Shape, Data: in[whole].Data})
	want, got := tensor.View[float32](out), tensor.View[float32](in[whole])
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) && (want[i] == want[i] || got[i] == got[i]) {
			t.Fatalf("over operand %d of %v: element %d is %v, want %v", whole, shape, i, got[i], want[i])
		}
	}
	return true
}

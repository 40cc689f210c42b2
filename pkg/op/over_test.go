package op_test

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
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
			rapid.Check(t, func(t *rapid.T) {
				for _, d := range []tensor.DType{tensor.Float32, tensor.Int8} {
					ran = over(t, o, d) || ran
				}
			})
			if !ran && name != "LOGICAL_NOT" && name != "BITWISE_XOR" && name != "RIGHT_SHIFT" {
				t.Error("takes neither float32 nor int8")
			}
		})
	}
}

// over reports whether the operator takes a type.
func over(t *rapid.T, o *op.Op, d tensor.DType) bool {
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
		x := tensor.New(d, s)
		if d == tensor.Float32 {
			for j := range tensor.View[float32](x) {
				tensor.View[float32](x)[j] = rapid.Float32Range(-5, 5).Draw(t, "x")
			}
		} else {
			for j := range x.Data {
				x.Data[j] = byte(rapid.IntRange(1, 255).Draw(t, "x")) // 0 may be no divisor
			}
		}
		in = append(in, x)
		n.Inputs = append(n.Inputs, &ir.Value{Type: ir.Type{DType: d, Shape: s}, Quant: quantization(d)})
	}
	n.Outputs = []*ir.Value{{Quant: quantization(d)}}
	types, err := o.Infer(n, in)
	if err != nil || types[0].DType != d {
		return false
	}
	n.Outputs[0].Type = types[0]
	out := tensor.New(d, types[0].Shape)
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
	if d != tensor.Float32 {
		if !bytes.Equal(out.Data, in[whole].Data) {
			t.Fatalf("over operand %d of %v: %v, want %v", whole, shape, in[whole].Data, out.Data)
		}
		return true
	}
	want, got := tensor.View[float32](out), tensor.View[float32](in[whole])
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) && (want[i] == want[i] || got[i] == got[i]) {
			t.Fatalf("over operand %d of %v: element %d is %v, want %v", whole, shape, i, got[i], want[i])
		}
	}
	return true
}

// quantization are parameters of integers that stand for numbers.
func quantization(d tensor.DType) *quant.Params {
	if d == tensor.Float32 {
		return nil
	}
	return &quant.Params{Scale: []float32{0.05}, Zero: []int64{0}}
}

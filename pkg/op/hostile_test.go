package op

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// hostileElements bounds the tensors that the test below allocates.
const hostileElements = 1 << 12

// TestHostileNodes bends the nodes of testdata/infer.txt: whatever a model's operands, attributes and contents are, a node gives an error or results, and no panic.
func TestHostileNodes(t *testing.T) {
	var cases []*inferCase
	for _, c := range readInferCases(t) {
		if Set.Lookup(c.node.Op).Infer != nil {
			cases = append(cases, c)
		}
	}
	ran := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		for range 50 {
			if n, ok := tryNode(t, rapid.SampledFrom(cases).Draw(t, "case").node); ok {
				ran[n.Op] = true
			}
		}
	})
	if len(ran) < 50 {
		t.Errorf("only %d operators ran", len(ran))
	}
}

// tryNode bends a node and does with it what can be done; ok says that it ran.
func tryNode(t *rapid.T, original *ir.Node) (n *ir.Node, ok bool) {
	n = bend(t, original)
	in := known(n)
	for i, v := range n.Inputs {
		if v != nil && v.Const == nil && small(in[i].Shape) && rapid.Bool().Draw(t, "known") {
			in[i] = content(t, v.Type.DType, v.Type.Shape)
		}
	}
	o := Set.Lookup(n.Op)
	types, err := o.Infer(n, in)
	if err != nil {
		return n, false
	}
	out := make([]*tensor.Tensor, len(types))
	for i, r := range types {
		if !small(r.Shape) {
			return n, false
		}
		out[i] = &tensor.Tensor{DType: r.DType, Shape: r.Shape}
	}
	k, err := o.Kernel(n, in, out)
	if err != nil {
		return n, false
	}
	call := &Call{Node: n}
	for _, x := range in {
		if x != nil && !x.Known() {
			if !small(x.Shape) {
				return n, false
			}
			x = content(t, x.DType, x.Shape)
		}
		call.In = append(call.In, x)
	}
	// The executor infers again where contents decide.
	again, err := o.Infer(n, call.In)
	if err != nil || !reflect.DeepEqual(again, types) {
		return n, false
	}
	for _, x := range out {
		call.Out = append(call.Out, tensor.New(x.DType, x.Shape))
	}
	return n, k(call) == nil
}

func small(s tensor.Shape) bool {
	n := s.Elements()
	return n >= 0 && n <= hostileElements
}

// bend returns a copy of a node with some things changed.
func bend(t *rapid.T, n *ir.Node) *ir.Node {
	c := *n
	c.Inputs, c.Outputs = nil, nil
	for _, v := range n.Inputs {
		c.Inputs = append(c.Inputs, bendValue(t, v))
	}
	for _, v := range n.Outputs {
		w := *v
		c.Outputs = append(c.Outputs, &w)
	}
	if n.Attr == nil {
		return &c
	}
	attr := reflect.New(reflect.TypeOf(n.Attr).Elem())
	attr.Elem().Set(reflect.ValueOf(n.Attr).Elem())
	for _, f := range attr.Elem().Fields() {
		if rapid.IntRange(0, 4).Draw(t, "bend attribute") == 0 {
			switch f.Kind() {
			case reflect.Int:
				f.SetInt(int64(number(t)))
			case reflect.Bool:
				f.SetBool(!f.Bool())
			case reflect.Uint8:
				f.SetUint(uint64(rapid.IntRange(0, 8).Draw(t, "enum")))
			case reflect.Slice:
				if f.Type().Elem().Kind() == reflect.Int {
					f.Set(reflect.ValueOf(rapid.SliceOfN(rapid.Custom(number), 0, 5).Draw(t, "list")))
				}
			}
		}
	}
	c.Attr = attr.Interface()
	return &c
}

func bendValue(t *rapid.T, v *ir.Value) *ir.Value {
	if v == nil {
		return nil
	}
	w := *v
	switch rapid.IntRange(0, 12).Draw(t, "bend value") {
	case 0:
		return nil
	case 1:
		w.Type.DType = tensor.DType(rapid.IntRange(1, int(tensor.Float8E5M2)).Draw(t, "dtype"))
	case 2, 3:
		w.Type.Shape = rapid.SliceOfN(rapid.Custom(number), 0, kernel.MaxRank+1).Draw(t, "shape")
		for i, d := range w.Type.Shape {
			w.Type.Shape[i] = max(d, 0)
		}
	case 4:
		w.Type.Shape = w.Type.Shape.Clone()
		if len(w.Type.Shape) > 0 {
			w.Type.Shape[rapid.IntRange(0, len(w.Type.Shape)-1).Draw(t, "at")] = rapid.IntRange(0, 3).Draw(t, "dimension")
		}
	case 5:
		w.Quant = &quant.Params{Scale: []float32{0.5, 0.25}[:rapid.IntRange(0, 2).Draw(t, "scales")], Zero: []int64{3}, Axis: number(t)}
	case 6:
		w.Sparsity = &ir.Sparsity{Traversal: []int{number(t)}, BlockMap: []int{number(t)}, Dims: []ir.SparseDim{{Dense: rapid.Bool().Draw(t, "dense"), Size: number(t)}}}
	}
	if w.Const == nil {
		return &w
	}
	w.Const = nil
	if small(w.Type.Shape) {
		w.Const = content(t, w.Type.DType, w.Type.Shape)
		if w.Type.DType == v.Type.DType && len(w.Const.Data) == len(v.Const.Data) && rapid.IntRange(0, 2).Draw(t, "keep content") > 0 {
			w.Const.Data = v.Const.Data
		}
	}
	return &w
}

// number draws integers that shape arithmetic finds hard.
func number(t *rapid.T) int {
	return rapid.OneOf(rapid.IntRange(-3, 5), rapid.SampledFrom([]int{math.MaxInt32, math.MinInt32, 1 << 20, 46341, 1 << 16})).Draw(t, "number")
}

// content draws a tensor's elements: small integers, or bytes at random. Variables and results may share none of it.
func content(t *rapid.T, d tensor.DType, shape tensor.Shape) *tensor.Tensor {
	x := tensor.New(d, shape)
	if rapid.Bool().Draw(t, "bytes") {
		seed := rapid.Uint32().Draw(t, "seed")
		for i := range x.Data {
			seed = seed*1664525 + 1013904223
			x.Data[i] = byte(seed >> 24)
			if d == tensor.Bool {
				x.Data[i] &= 1
			}
		}
		return x
	}
	if size := d.Size(); size > 0 && !d.Float() {
		for i := 0; i < len(x.Data); i += size {
			x.Data[i] = byte(i / size % 3)
			if d == tensor.Bool {
				x.Data[i] &= 1
			}
		}
	}
	return x
}

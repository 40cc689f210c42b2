package exec

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// seen records what a session shows.
type seen struct {
	Name  string
	Range quant.Range
	Data  []byte
}

type recorder []seen

func (r *recorder) Observe(v *ir.Value, t *tensor.Tensor, found quant.Range) {
	*r = append(*r, seen{v.Name, found, bytes.Clone(t.Data)})
}

// TestChains compares random graphs that are computed in chains with the same step by step: results, ranges, and their order.
func TestChains(t *testing.T) {
	chained := map[string]int{} // links by operator
	rapid.Check(t, func(t *rapid.T) {
		g := drawGraph(t)
		m := &ir.Model{Graphs: []*ir.Graph{g}}
		input := fill(g.Inputs[0].Type.Shape)
		run := func(sizes chaining) (all recorder, ops []string) {
			p, err := compile(m, 0, Options{}, sizes)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range p.plans[0].steps {
				if s.chain == nil {
					continue
				}
				for i := range s.chain.links {
					ops = append(ops, p.plans[0].steps[s.chain.first+i].node.Op)
				}
			}
			session := p.NewSession()
			for range 2 { // what is left from a run does not matter to the next
				all = nil
				if _, err := session.Run([]*tensor.Tensor{input}, &all); err != nil {
					t.Fatal(err)
				}
			}
			if n := testing.AllocsPerRun(2, func() {
				if _, err := session.Run([]*tensor.Tensor{input}, nil); err != nil {
					t.Fatal(err)
				}
			}); n > 1 {
				t.Errorf("%v allocations in each run", n)
			}
			return all, ops
		}
		want, none := run(chaining{value: math.MaxInt})
		got, ops := run(chaining{value: 0, block: rapid.IntRange(1, 4000).Draw(t, "block"), constants: math.MaxInt})
		if none != nil {
			t.Errorf("chains of %v", none)
		}
		var text strings.Builder
		if err := ir.Print(&text, m); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("chains %v differ:\n%s\n%s", ops, d, text.String())
		}
		for _, o := range ops {
			chained[o]++
		}
	})
	for _, o := range []string{"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "LOGISTIC", "RELU6", "MUL", "ADD", "MAX_POOL_2D", "AVERAGE_POOL_2D"} {
		if chained[o] == 0 {
			t.Errorf("no chain has a %s", o)
		}
	}
}

// drawn is a random graph in the making.
type drawn struct {
	t      *rapid.T
	g      *ir.Graph
	values []*ir.Value // float images so far
}

func drawGraph(t *rapid.T) *ir.Graph {
	d := &drawn{t: t, g: &ir.Graph{Name: "main"}}
	shape := tensor.Shape{1}
	for _, axis := range []string{"rows", "columns", "channels"} {
		shape = append(shape, rapid.IntRange(1, 14).Draw(t, axis))
	}
	x := d.value("x", shape)
	d.g.Inputs = []*ir.Value{x}
	d.values = []*ir.Value{x}
	for i := range rapid.IntRange(1, 8).Draw(t, "nodes") {
		d.step(i)
	}
	d.g.Outputs = []*ir.Value{d.values[len(d.values)-1]}
	return d.g
}

func (d *drawn) value(name string, s tensor.Shape) *ir.Value {
	v := &ir.Value{Name: name, Type: ir.Type{DType: tensor.Float32, Shape: s}}
	d.g.Values = append(d.g.Values, v)
	return v
}

func (d *drawn) constant(name string, s tensor.Shape) *ir.Value {
	v := d.value(name, s)
	v.Const = fill(s)
	return v
}

func (d *drawn) int(name string, from, to int) int { return rapid.IntRange(from, to).Draw(d.t, name) }

// step adds a node on the last value or an earlier one.
func (d *drawn) step(i int) {
	x := d.values[len(d.values)-1]
	if d.int("branch", 0, 4) == 0 {
		x = rapid.SampledFrom(d.values).Draw(d.t, "operand")
	}
	c := x.Type.Shape[3]
	kernel, stride, dilation := d.int("window", 1, 3), d.int("stride", 1, 2), d.int("dilation", 1, 2)
	act := rapid.SampledFrom([]op.Activation{op.None, op.Relu, op.Relu6}).Draw(d.t, "activation")
	in := []*ir.Value{x}
	name := fmt.Sprint("v", i)
	var attr ir.Attr
	kind := rapid.SampledFrom([]string{"CONV_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "LOGISTIC", "RELU6", "MUL", "ADD", "MAX_POOL_2D", "AVERAGE_POOL_2D"}).Draw(d.t, "op")
	switch kind {
	case "CONV_2D":
		oc, per := d.int("filters", 1, 20), c
		if c%2 == 0 && d.int("groups", 0, 3) == 0 {
			oc, per = 2*oc, c/2
		}
		attr = &op.Conv2D{Padding: op.Same, StrideH: stride, StrideW: stride, DilationH: dilation, DilationW: dilation, Activation: act}
		in = append(in, d.constant(name+"/w", tensor.Shape{oc, kernel, kernel, per}), d.constant(name+"/b", tensor.Shape{oc}))
	case "DEPTHWISE_CONV_2D":
		attr = &op.DepthwiseConv2D{Padding: op.Same, StrideH: stride, StrideW: stride, DilationH: dilation, DilationW: dilation, Activation: act}
		oc := c * d.int("multiplier", 1, 2)
		in = append(in, d.constant(name+"/w", tensor.Shape{1, kernel, kernel, oc}), d.constant(name+"/b", tensor.Shape{oc}))
	case "FULLY_CONNECTED":
		attr = &op.FullyConnected{KeepNumDims: true, Activation: act}
		oc := d.int("units", 1, 20)
		in = append(in, d.constant(name+"/w", tensor.Shape{oc, c}), d.constant(name+"/b", tensor.Shape{oc}))
	case "MUL", "ADD":
		attr = &op.Fused{Activation: act}
		if kind == "ADD" {
			attr = &op.Arith{Activation: act}
		}
		in = append(in, d.other(name, x))
		if d.int("swap", 0, 1) == 1 {
			in[0], in[1] = in[1], in[0]
		}
	case "MAX_POOL_2D", "AVERAGE_POOL_2D":
		attr = &op.Pool2D{Padding: op.Same, StrideH: stride, StrideW: stride, FilterH: kernel, FilterW: kernel, Activation: act}
	}
	n := &ir.Node{Op: kind, Attr: attr, Inputs: in}
	types := make([]*tensor.Tensor, len(in))
	for j, v := range in {
		types[j] = &tensor.Tensor{DType: tensor.Float32, Shape: v.Type.Shape}
	}
	out, err := op.Set.Lookup(kind).Infer(n, types)
	if err != nil {
		d.t.Fatal(err)
	}
	y := d.value(name, out[0].Shape)
	n.Outputs = []*ir.Value{y}
	d.g.Nodes = append(d.g.Nodes, n)
	d.values = append(d.values, y)
}

// other returns a second operand that broadcasts to x's shape: an image, or a constant in which some axes are 1.
func (d *drawn) other(name string, x *ir.Value) *ir.Value {
	for _, v := range d.values {
		if v.Type.Shape.Equal(x.Type.Shape) && d.int("image", 0, 1) == 1 {
			return v
		}
	}
	shape := x.Type.Shape.Clone()
	for i := range shape {
		if d.int("single", 0, 1) == 1 {
			shape[i] = 1
		}
	}
	return d.constant(name+"/c", shape)
}

// fill returns a tensor of random numbers around 0.
func fill(s tensor.Shape) *tensor.Tensor {
	t := tensor.New(tensor.Float32, s)
	r := rand.New(rand.NewPCG(1, uint64(s.Elements())))
	for i := range tensor.View[float32](t) {
		tensor.View[float32](t)[i] = r.Float32()*4 - 2
	}
	return t
}

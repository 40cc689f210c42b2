package testmodel

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// While doubles f32[2] as often as the counter i32[1], which starts at the second input, stays below 3. It returns the counter and the product.
func While() *ir.Model {
	loop := func(name string) (b *builder, i, x *ir.Value) {
		b = newGraph(name)
		i = b.value("i", tensor.Int32, 1)
		b.g.Inputs = append(b.g.Inputs, i)
		return b, i, b.input("x", 2)
	}
	main, i, x := loop("main")
	n := &ir.Node{Op: "WHILE", Attr: &op.While{Cond: 1, Body: 2}, Inputs: []*ir.Value{i, x}, Outputs: []*ir.Value{
		main.value("i/end", tensor.Int32, 1), main.value("x/end", tensor.Float32, 2),
	}}
	main.g.Nodes, main.g.Outputs = []*ir.Node{n}, n.Outputs

	cond, i, _ := loop("cond")
	less := cond.node("LESS", "less", nil, tensor.Shape{1}, i, cond.ints("limit", 3))
	less.Type.DType = tensor.Bool
	cond.g.Outputs = []*ir.Value{less}

	body, i, x := loop("body")
	next := body.node("ADD", "i/next", &op.Arith{PotScaleInt16: true}, tensor.Shape{1}, i, body.ints("one", 1))
	next.Type.DType = tensor.Int32
	body.g.Outputs = []*ir.Value{next, body.node("ADD", "x/next", &op.Arith{PotScaleInt16: true}, tensor.Shape{2}, x, x)}
	return model(main.g, cond.g, body.g)
}

// If returns x + x of f32[2] where the bool[1] input is true, and -x where it is false.
func If() *ir.Model {
	main := newGraph("main")
	c := main.value("c", tensor.Bool, 1)
	main.g.Inputs = append(main.g.Inputs, c)
	x := main.input("x", 2)
	main.g.Outputs = []*ir.Value{main.node("IF", "y", &op.If{Then: 1, Else: 2}, tensor.Shape{2}, c, x)}

	then := newGraph("then")
	x = then.input("x", 2)
	then.g.Outputs = []*ir.Value{then.node("ADD", "y", &op.Arith{PotScaleInt16: true}, tensor.Shape{2}, x, x)}
	other := newGraph("else")
	other.g.Outputs = []*ir.Value{other.node("NEG", "y", nil, tensor.Shape{2}, other.input("x", 2))}
	return model(main.g, then.g, other.g)
}

// Endless is While whose counter never grows. An iteration takes long enough for the limit of their number not to end it within some seconds.
func Endless() *ir.Model {
	m := While()
	body := m.Graphs[2]
	for _, v := range body.Values {
		if v.Name == "one" {
			v.Const = tensor.I32(tensor.Shape{1}, 0)
		}
	}
	x := body.Outputs[1]
	for i := range 40 {
		next := body.Add(&ir.Value{Name: fmt.Sprint("x/", i), Type: x.Type})
		body.Nodes = append(body.Nodes, &ir.Node{Op: "ADD", Attr: &op.Arith{PotScaleInt16: true}, Inputs: []*ir.Value{x, x}, Outputs: []*ir.Value{next}})
		x = next
	}
	body.Outputs[1] = x
	return m
}

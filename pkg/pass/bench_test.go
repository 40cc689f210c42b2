package pass

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// network returns 400 blocks of a convolution with 256 kB of weights, a bias, a normalization as Keras writes it, an activation and a sum: 2000 nodes and 100 MB.
func network() *ir.Model {
	const blocks, channels = 400, 256
	rng := rand.New(rand.NewPCG(1, 1))
	random := func(shape tensor.Shape) *tensor.Tensor {
		t := tensor.New(tensor.Float32, shape)
		for i, list := 0, tensor.View[float32](t); i < len(list); i++ {
			list[i] = rng.Float32() - 0.5
		}
		return t
	}
	g := &ir.Graph{Name: "main"}
	t := ir.Type{DType: tensor.Float32, Shape: tensor.Shape{-1, 8, 8, channels}}
	x := g.Add(&ir.Value{Name: "x", Type: t})
	g.Inputs = []*ir.Value{x}
	emit := func(name, op string, attr ir.Attr, inputs ...*ir.Value) *ir.Value {
		v := g.Add(&ir.Value{Name: name, Type: t})
		g.Nodes = append(g.Nodes, &ir.Node{Op: op, Attr: attr, Inputs: inputs, Outputs: []*ir.Value{v}})
		return v
	}
	for i := range blocks {
		name := fmt.Sprintf("block%d/", i)
		w := g.AddConst(name+"w", random(tensor.Shape{channels, 1, 1, channels}))
		zero := g.AddConst(name+"zero", tensor.New(tensor.Float32, tensor.Shape{channels}))
		y := emit(name+"conv", "CONV_2D", &op.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}, x, w, zero)
		y = emit(name+"mul", "MUL", &op.Fused{}, y, g.AddConst(name+"scale", random(tensor.Shape{1, 1, 1, channels})))
		y = emit(name+"add", "ADD", &op.Arith{}, y, g.AddConst(name+"offset", random(tensor.Shape{1, 1, 1, channels})))
		y = emit(name+"relu", "RELU", nil, y)
		x = emit(name+"out", "ADD", &op.Arith{}, x, y)
	}
	g.Outputs = []*ir.Value{x}
	return &ir.Model{Graphs: []*ir.Graph{g}}
}

// BenchmarkSettle measures the import passes on a large network, and on what they have made of it.
func BenchmarkSettle(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			m := network()
			b.StartTimer()
			if err := Settle(m, Import); err != nil {
				b.Fatal(err)
			}
			if n := len(m.Graphs[0].Nodes); n != 800 {
				b.Fatalf("%d nodes are left", n)
			}
		}
	})
	b.Run("settled", func(b *testing.B) {
		m := network()
		if err := Settle(m, Import); err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		for range b.N {
			if err := Settle(m, Import); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPasses measures each pass on a large network on which it changes nothing, or once.
func BenchmarkPasses(b *testing.B) {
	for _, p := range Import {
		m := network()
		b.Run(p.Name, func(b *testing.B) {
			for range b.N {
				if _, err := p.Run(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package verify

import (
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Pairing says which values of a quantized model stand for which of its float model.
type Pairing struct {
	Float, Quantized Model

	tensors []pair // in the order of the quantized model's graphs and values
	inputs  []int  // by position in the quantized graph: in the float graph
	outputs []int  // by position in the float graph: in the quantized graph
	alone   int    // activations of the quantized model that are compared with none
}

// pair is a value of the quantized model, and the float model's that it stands for.
type pair struct {
	calib.Key
	float, quantized *ir.Value
}

// Match pairs the values of two models. The inputs and outputs of their signatures are paired by the names that the signatures give them if these are the same, else by position.
// Other results of operators are paired by name within their graphs where the quantized model's is float32, or integers that stand for real numbers, of the same shape. What QUANTIZE or
// DEQUANTIZE makes stands for what it is made of. Graphs are paired by position if both models have as many, otherwise only those that the signatures name.
func Match(float, quantized Model) (*Pairing, error) {
	p := &Pairing{Float: float, Quantized: quantized}
	var err error
	if p.inputs, err = ports("inputs", quantized.graph().Inputs, float.graph().Inputs, quantized.Signature.Inputs, float.Signature.Inputs); err != nil {
		return nil, err
	}
	if p.outputs, err = ports("outputs", float.graph().Outputs, quantized.graph().Outputs, float.Signature.Outputs, quantized.Signature.Outputs); err != nil {
		return nil, err
	}
	for i, k := range p.inputs {
		f, q := float.graph().Inputs[k], quantized.graph().Inputs[i]
		if !stands(f, q) && f.Type.DType != q.Type.DType || !f.Type.Shape.Equal(q.Type.Shape) {
			return nil, fmt.Errorf("input %q is %v, in the quantized model %v", f.Name, f.Type, q.Type)
		}
	}
	run, err := exec.Reach(quantized.Model, quantized.Signature.Graph)
	if err != nil {
		return nil, err
	}
	slices.Sort(run)
	for _, i := range run {
		g := quantized.Graphs[i]
		switch {
		case i == quantized.Signature.Graph:
			p.graph(i, float.graph(), g, true)
		case len(float.Graphs) == len(quantized.Graphs) && i != float.Signature.Graph:
			p.graph(i, float.Graphs[i], g, false)
		}
	}
	return p, nil
}

// ports finds for each of one model's inputs or outputs the other's.
func ports(what string, of, among []*ir.Value, ofNames, amongNames []ir.Port) ([]int, error) {
	if len(of) != len(among) {
		return nil, fmt.Errorf("the models have %d and %d %s: they are not the same model", len(of), len(among), what)
	}
	byPosition, byName := make([]int, len(of)), make([]int, len(of))
	for i, v := range of {
		byPosition[i], byName[i] = i, -1
		for _, port := range ofNames {
			if port.Value != v {
				continue
			}
			for _, other := range amongNames {
				if k := slices.Index(among, other.Value); other.Name == port.Name && k >= 0 && !slices.Contains(byName[:i], k) {
					byName[i] = k
				}
			}
		}
	}
	if slices.Contains(byName, -1) {
		return byPosition, nil
	}
	return byName, nil
}

// stands reports whether a quantized model's value can stand for a float model's.
func stands(f, q *ir.Value) bool {
	return f.Type.DType == tensor.Float32 && (q.Type.DType == tensor.Float32 || exec.Affine(q) != nil)
}

// graph pairs the values of two graphs, of which main ones have the signatures' inputs and outputs.
func (p *Pairing) graph(index int, f, q *ir.Graph, main bool) {
	found := map[*ir.Value]*ir.Value{}
	if main {
		for i, k := range p.inputs {
			found[q.Inputs[i]] = f.Inputs[k]
		}
		for i, k := range p.outputs {
			found[q.Outputs[k]] = f.Outputs[i]
		}
	}
	named := map[string]*ir.Value{}
	for _, v := range computed(f) {
		if _, twice := named[v.Name]; twice {
			named[v.Name] = nil // such a name tells nothing
			continue
		}
		named[v.Name] = v
	}
	for _, v := range computed(q) {
		if w := named[v.Name]; found[v] == nil && w != nil && w.Type.Shape.Equal(v.Type.Shape) {
			found[v] = w
		}
	}
	borders(q, found)
	alike(f, q, found)
	at := q.Index()
	for _, v := range computed(q) {
		switch w := found[v]; {
		case w != nil && stands(w, v):
			p.tensors = append(p.tensors, pair{calib.Key{Subgraph: index, Index: at[v]}, w, v})
		case v.Type.DType == tensor.Float32 || exec.Affine(v) != nil:
			p.alone++
		}
	}
}

// computed returns a graph's inputs and the results of its nodes, in the order of its values; not what follows from constants alone, such as weights that are dequantized.
func computed(g *ir.Graph) (list []*ir.Value) {
	varies := map[*ir.Value]bool{}
	for _, v := range g.Inputs {
		varies[v] = true
	}
	for _, n := range g.Nodes {
		fixed := len(n.Inputs) > 0
		for _, v := range n.Inputs {
			if v != nil && (v.Variable || varies[v]) {
				fixed = false
			}
		}
		for _, v := range n.Outputs {
			varies[v] = !fixed
		}
	}
	for _, v := range g.Values {
		if varies[v] {
			list = append(list, v)
		}
	}
	return list
}

// borders carries what is found over QUANTIZE and DEQUANTIZE, forwards and then backwards.
func borders(g *ir.Graph, found map[*ir.Value]*ir.Value) {
	carry := func(n *ir.Node, from, to *ir.Value) {
		if (n.Op == "QUANTIZE" || n.Op == "DEQUANTIZE") && from.Const == nil && to.Const == nil && found[to] == nil && found[from] != nil {
			found[to] = found[from]
		}
	}
	for _, n := range g.Nodes {
		if len(n.Inputs) == 1 && n.Inputs[0] != nil {
			carry(n, n.Inputs[0], n.Outputs[0])
		}
	}
	for _, n := range slices.Backward(g.Nodes) {
		if len(n.Inputs) == 1 && n.Inputs[0] != nil {
			carry(n, n.Outputs[0], n.Inputs[0])
		}
	}
}

// alike pairs the results of operators whose operands are paired already, where the float model has one operator of that kind, with as many results, on the same operand: results that
// a converter numbered, such as those of SPLIT, have other names in each model.
func alike(f, q *ir.Graph, found map[*ir.Value]*ir.Value) {
	readers := map[*ir.Value][]*ir.Node{}
	for _, n := range f.Nodes {
		for _, v := range n.Inputs {
			if v != nil && v.Const == nil {
				readers[v] = append(readers[v], n)
			}
		}
	}
	for _, n := range q.Nodes {
		var same []*ir.Node
		for _, v := range n.Inputs {
			if w := found[v]; w != nil && len(n.Outputs) > 1 {
				for _, r := range readers[w] {
					if r.Op == n.Op && len(r.Outputs) == len(n.Outputs) && !slices.Contains(same, r) {
						same = append(same, r)
					}
				}
			}
		}
		if len(same) != 1 {
			continue
		}
		for i, v := range n.Outputs {
			if w := same[0].Outputs[i]; found[v] == nil && w.Type.Shape.Equal(v.Type.Shape) {
				found[v] = w
			}
		}
	}
}

// Counterparts returns the float model's value for each activation of the quantized model that is paired.
func (p *Pairing) Counterparts() map[*ir.Value]*ir.Value {
	m := map[*ir.Value]*ir.Value{}
	for _, t := range p.tensors {
		m[t.quantized] = t.float
	}
	return m
}

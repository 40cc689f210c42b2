package raise_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/frontend/raise"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// interpreter runs functional graphs whose values are scalars; truth is 1, and all numbers are float64.
type interpreter struct {
	functions map[string]*tfpb.FunctionDef
	rounds    int // that loops may yet take
}

// scalarOps are the operators with two operands.
var scalarOps = map[string]func(a, b float64) float64{
	"AddV2": func(a, b float64) float64 { return a + b },
	"Sub":   func(a, b float64) float64 { return a - b },
	"Mul":   func(a, b float64) float64 { return a * b },
	"RealDiv": func(a, b float64) float64 {
		return a / b
	},
	"FloorMod":     func(a, b float64) float64 { return float64((int(a)%int(b) + int(b)) % int(b)) },
	"Less":         func(a, b float64) float64 { return truth(a < b) },
	"Greater":      func(a, b float64) float64 { return truth(a > b) },
	"GreaterEqual": func(a, b float64) float64 { return truth(a >= b) },
	"Equal":        func(a, b float64) float64 { return truth(a == b) },
	"LogicalAnd":   func(a, b float64) float64 { return truth(a != 0 && b != 0) },
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// run returns the outputs of a graph for the values of its placeholders.
func run(g *tfpb.GraphDef, feeds map[string]float64, outputs []string) ([]float64, error) {
	in := interpreter{functions: map[string]*tfpb.FunctionDef{}, rounds: 10000}
	for i := range g.Library.Function {
		f := &g.Library.Function[i]
		in.functions[f.Signature.Name] = f
		if a := f.Attr.Get(raise.Flat); a == nil || !a.B {
			return nil, fmt.Errorf("function %s is not flat", f.Signature.Name)
		}
	}
	return in.nodes(g.Node, feeds, outputs)
}

// nodes evaluates what outputs need. known are the values of placeholders and arguments.
func (in *interpreter) nodes(nodes []tfpb.NodeDef, known map[string]float64, outputs []string) ([]float64, error) {
	byName := map[string]*tfpb.NodeDef{}
	for i := range nodes {
		byName[nodes[i].Name] = &nodes[i]
	}
	values := map[string][]float64{}
	var value func(ref string) (float64, error)
	value = func(ref string) (float64, error) {
		name, out := ref, 0
		if i := strings.LastIndexByte(ref, ':'); i >= 0 {
			name = ref[:i]
			out, _ = strconv.Atoi(ref[i+1:])
		}
		if v, ok := known[ref]; ok {
			return v, nil
		}
		if v, ok := known[name]; ok {
			return v, nil
		}
		if _, ok := values[name]; !ok {
			n := byName[name]
			if n == nil {
				return 0, fmt.Errorf("no node %q", name)
			}
			var operands []float64
			for _, input := range n.Input {
				if strings.HasPrefix(input, "^") {
					continue
				}
				v, err := value(input)
				if err != nil {
					return 0, err
				}
				operands = append(operands, v)
			}
			v, err := in.node(n, operands)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", n.Name, err)
			}
			values[name] = v
		}
		if out >= len(values[name]) {
			return 0, fmt.Errorf("no output %q", ref)
		}
		return values[name][out], nil
	}
	var results []float64
	for _, o := range outputs {
		v, err := value(o)
		if err != nil {
			return nil, err
		}
		results = append(results, v)
	}
	return results, nil
}

func (in *interpreter) node(n *tfpb.NodeDef, x []float64) ([]float64, error) {
	if f := scalarOps[n.Op]; f != nil && len(x) == 2 {
		return []float64{f(x[0], x[1])}, nil
	}
	switch n.Op {
	case "Identity":
		return x[:1], nil
	case "Neg":
		return []float64{-x[0]}, nil
	case "Const":
		return constantValue(n)
	case "StatelessIf":
		branch := "else_branch"
		if x[0] != 0 {
			branch = "then_branch"
		}
		return in.call(n.Attr.Get(branch).Func.Name, x[1:])
	case "StatelessCase":
		branches := n.Attr.Get("branches").List.Func
		k := int(x[0])
		if k < 0 || k >= len(branches) {
			k = len(branches) - 1
		}
		return in.call(branches[k].Name, x[1:])
	case "StatelessWhile":
		for {
			if in.rounds--; in.rounds < 0 {
				return nil, fmt.Errorf("too many rounds")
			}
			more, err := in.call(n.Attr.Get("cond").Func.Name, x)
			if err != nil || more[0] == 0 {
				return x, err
			}
			if x, err = in.call(n.Attr.Get("body").Func.Name, x); err != nil {
				return nil, err
			}
		}
	}
	return nil, fmt.Errorf("no operator %s of %d", n.Op, len(x))
}

// call runs a function. Its results must be as many as its arguments, or fewer, and its signature complete.
func (in *interpreter) call(name string, x []float64) ([]float64, error) {
	f := in.functions[name]
	if f == nil {
		return nil, fmt.Errorf("no function %q", name)
	}
	if len(f.Signature.InputArg) != len(x) {
		return nil, fmt.Errorf("function %q takes %d operands, not %d", name, len(f.Signature.InputArg), len(x))
	}
	known := map[string]float64{}
	for i, a := range f.Signature.InputArg {
		known[a.Name] = x[i]
	}
	var outputs []string
	for _, o := range f.Signature.OutputArg {
		outputs = append(outputs, *f.Ret.Get(o.Name))
	}
	return in.nodes(f.NodeDef, known, outputs)
}

// constantValue is the value of a Const: attribute value of the tests' own graphs is a number.
func constantValue(n *tfpb.NodeDef) ([]float64, error) {
	a := n.Attr.Get("value")
	if a.Kind == tfpb.AttrF {
		return []float64{float64(a.F)}, nil
	}
	b, err := a.Tensor.Bytes(8)
	if err != nil {
		return nil, err
	}
	switch a.Tensor.Dtype {
	case tfpb.Float:
		return []float64{float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))}, nil
	case tfpb.Int32:
		return []float64{float64(int32(binary.LittleEndian.Uint32(b)))}, nil
	default:
		return nil, fmt.Errorf("constant of type %v", a.Tensor.Dtype)
	}
}

package quantize

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Report says what became of a model.
type Report struct {
	Float       []FloatOp    `json:"float,omitempty"`
	Requantizes []Requantize `json:"requantizes,omitempty"`
	Unranged    []Tensor     `json:"unranged,omitempty"` // float activations of the source of which no range is known
	Operators   int          `json:"operators"`          // of the result, QUANTIZE and DEQUANTIZE not among them
	Weights     int          `json:"weights,omitempty"`  // constants stored in fewer bits by schemes for weights alone
	// Bytes of all constants, before and after.
	SourceBytes int      `json:"source_bytes"`
	Bytes       int      `json:"bytes"`
	Notes       []string `json:"notes,omitempty"`
}

// FloatOp is an operator that computes on float tensors still.
type FloatOp struct {
	Graph  int    `json:"graph"`
	Op     string `json:"op"`     // a custom operator's own name
	Output string `json:"output"` // name of its first result
	Reason string `json:"reason"`
	Asked  bool   `json:"asked,omitempty"` // by KeepFloat or Own
}

// Requantize is a QUANTIZE from one int8 type to another.
type Requantize struct {
	Graph int    `json:"graph"`
	Value string `json:"value"` // what is requantized
	For   string `json:"for"`   // the operator that wants it otherwise
}

// Tensor names a value of the source.
type Tensor struct {
	Graph int    `json:"graph"`
	Name  string `json:"name"`
}

// StrictError lists the operators that would stay float.
type StrictError struct{ Ops []FloatOp }

// Error says how many of which operators, and why, in one line.
func (e *StrictError) Error() string {
	const most = 8
	var b strings.Builder
	fmt.Fprintf(&b, "%d operators would stay float:", len(e.Ops))
	groups := GroupFloat(e.Ops)
	for i, g := range groups {
		if i == most {
			fmt.Fprintf(&b, " and %d more kinds", len(groups)-most)
			return b.String()
		}
		fmt.Fprintf(&b, " %s (%s);", g.Name(), g.Reason)
	}
	return strings.TrimSuffix(b.String(), ";")
}

// FloatGroup are operators of one kind that stay float for one reason.
type FloatGroup struct {
	Op, Reason string
	Output     string // of the first of them
	Count      int
}

// GroupFloat groups operators, in the order of the first of each group.
func GroupFloat(ops []FloatOp) (groups []FloatGroup) {
	for _, o := range ops {
		i := slices.IndexFunc(groups, func(g FloatGroup) bool { return g.Op == o.Op && g.Reason == o.Reason })
		if i < 0 {
			groups = append(groups, FloatGroup{Op: o.Op, Reason: o.Reason, Output: o.Output, Count: 1})
			continue
		}
		groups[i].Count++
	}
	return groups
}

// Name names the group: the kind with the result of a single one, or how many there are.
func (g FloatGroup) Name() string {
	if g.Count == 1 {
		return fmt.Sprintf("%s %q", g.Op, g.Output)
	}
	return fmt.Sprintf("%d %s", g.Count, g.Op)
}

// add reports on graph i under a scheme of integer operators.
func (r *Report) add(i int, g *graph, source *ir.Graph, ranges map[*ir.Value]stat) {
	r.addStored(g)
	for _, name := range g.indices {
		r.Notes = append(r.Notes, fmt.Sprintf("input %q stays float32: the model makes whole numbers of it, such as rows of a table, and by a scale they would be others", name))
	}
	for o := g.first; o != nil; o = o.next {
		switch {
		case o.is(constant, result, "DEQUANTIZE"):
		case o.is("QUANTIZE"):
			if from, to := o.inputs[0], o.outputs[0]; from.quantized != nil && storage(from.quantized) == storage(to.quantized) {
				r.Requantizes = append(r.Requantizes, Requantize{i, from.name, userName(to)})
			}
		default:
			r.Operators++
			if computesFloat(o) {
				r.Float = append(r.Float, FloatOp{i, operatorName(o), outputName(o), g.whyFloat(o), o.kept != "" || o.ownWeights()})
			}
		}
	}
	if len(ranges) == 0 {
		if len(source.Nodes) > 0 {
			r.Notes = append(r.Notes, fmt.Sprintf("graph %d %q: no ranges are known, it stays float", i, source.Name))
		}
		return
	}
	for _, v := range activations(source) {
		if _, ok := ranges[v]; !ok {
			r.Unranged = append(r.Unranged, Tensor{i, v.Name})
		}
	}
}

// keptFloat is an operation whose weights stay float under a scheme for weights alone.
type keptFloat struct {
	o     *operation
	why   string
	asked bool
}

// addWeights reports on graph i under a scheme for weights alone.
func (r *Report) addWeights(i int, g *graph) {
	r.addStored(g)
	for o := g.first; o != nil; o = o.next {
		if !o.is(constant, result, "QUANTIZE", "DEQUANTIZE") {
			r.Operators++
		}
	}
	for _, k := range g.kept {
		r.Float = append(r.Float, FloatOp{i, operatorName(k.o), outputName(k.o), k.why, k.asked})
	}
}

// addStored reports on what schemes for weights alone stored.
func (r *Report) addStored(g *graph) {
	r.Weights += g.stored
	if g.clipped > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d numbers beyond the range of half precision became ±%d", g.clipped, maxHalf))
	}
	switch {
	case g.byChannel == 0:
	case g.compat == Default:
		r.Notes = append(r.Notes, fmt.Sprintf("the weights of %d depthwise or grouped convolutions keep a scale for each channel, which LiteRT's kernels for float activations need", g.byChannel))
	default:
		r.Notes = append(r.Notes, fmt.Sprintf("the weights of %d depthwise or grouped convolutions have one scale, as TFLiteConverter's have, and LiteRT's kernels for float activations read it beyond its end; "+
			"results are wrong there: leave out --per-tensor, or --compat tflite", g.byChannel))
	}
}

// activations returns the float inputs and results of a graph that nodes read or that leave it, each once.
func activations(g *ir.Graph) []*ir.Value {
	uses := g.Uses()
	candidates := slices.Clone(g.Inputs)
	for _, n := range g.Nodes {
		candidates = append(candidates, n.Outputs...)
	}
	return slices.DeleteFunc(candidates, func(v *ir.Value) bool {
		return v.Type.DType != tensor.Float32 || len(uses[v]) == 0
	})
}

func computesFloat(o *operation) bool {
	is := func(v *value) bool { return v != nil && v.float && v.quantized == nil }
	return slices.ContainsFunc(o.inputs, is) || slices.ContainsFunc(o.outputs, is)
}

// userName names what reads v first.
func userName(v *value) string {
	for _, u := range v.uses {
		if !u.by.is(result) {
			return u.by.name
		}
	}
	return "output"
}

func operatorName(o *operation) string {
	if a, ok := o.attr.(*op.Custom); ok {
		return a.Code
	}
	return o.name
}

func outputName(o *operation) string {
	if len(o.outputs) == 0 {
		return ""
	}
	return o.outputs[0].name
}

// whyFloat says why o computes on floats.
func (g *graph) whyFloat(o *operation) string {
	rule := op.RuleOf(o.name)
	switch {
	case o.ownWeights():
		for _, k := range g.kept {
			if k.o == o {
				return fmt.Sprintf("%s; %s", o.own.By, k.why)
			}
		}
		return o.own.By
	case o.kept != "":
		return o.kept
	case g.opt.Scheme == Int16x8:
		return g.unfit[o]
	case o.is("CUSTOM"):
		return "custom operators stay float"
	case o.is("IF", "WHILE", "CALL"):
		return "values that go into or come out of another graph stay float"
	case g.compat == TFLite && !rule.TFLite && rule.LiteRT != op.Float:
		return "TFLiteConverter leaves it float; the default rules do not"
	case g.compat == TFLite && !rule.TFLite, g.compat == Default && rule.LiteRT == op.Float:
		return "LiteRT has no int8 kernel for it that heeds quantization parameters"
	case g.unfit[o] != "":
		return g.unfit[o]
	case rule.Cell && g.unfitCell(o) != "":
		return g.unfitCell(o)
	}
	for _, v := range o.inputs {
		if v != nil && v.float && v.quantized == nil && !v.madeBy("DEQUANTIZE") && !v.madeBy(constant) {
			return fmt.Sprintf("no range is known of its operand %q", v.name)
		}
	}
	for _, v := range o.outputs {
		if v.float && v.quantized == nil && !slices.ContainsFunc(v.uses, func(u use) bool { return u.by.is("QUANTIZE") }) {
			return fmt.Sprintf("no range is known of its result %q", v.name)
		}
	}
	return "its neighbours want different parameters of one value"
}

// measure counts the bytes of constants.
func (r *Report) measure(source, out *ir.Model) {
	count := func(m *ir.Model) int {
		n := 0
		for _, g := range m.Graphs {
			for _, v := range g.Values {
				if v.Const != nil {
					n += len(v.Const.Data)
				}
			}
		}
		return n
	}
	r.SourceBytes, r.Bytes = count(source), count(out)
}

package report

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/verify"
)

// Facts are what a report is made from. Those after Provenance may be nil.
type Facts struct {
	Source, Result File
	Pairing        *verify.Pairing // of the float and the quantized model
	Provenance     Provenance

	Stats        *calib.Stats     // of the float model's activations
	Quantization *quantize.Report // tells why operators stay float
	Verification *verify.Result   // of these two models
	Notes        []string
}

// New puts a document together.
func New(f Facts) *Document {
	float, quantized := f.Pairing.Float.Model, f.Pairing.Quantized.Model
	d := &Document{Format: Format, Version: Version, Source: f.Source, Result: f.Result, Provenance: f.Provenance, Notes: slices.Clone(f.Notes), Verification: f.Verification,
		Operators: []Operator{}, Tensors: []Tensor{}, model: quantized}
	if f.Quantization != nil {
		d.Notes = append(d.Notes, f.Quantization.Notes...)
	}
	b := builder{facts: &f, doc: d, seen: seenOf(float, f.Stats), counterpart: f.Pairing.Counterparts()}
	b.verification()
	for i, g := range quantized.Graphs {
		d.Graphs = append(d.Graphs, g.Name)
		b.operators(i, g)
		b.tensors(i, g)
	}
	d.Work = work(d.Operators)
	d.Estimate = Estimate{Arithmetic: arithmetic(d.Work), FloatTraffic: traffic(float), Traffic: traffic(quantized)}
	return d
}

type builder struct {
	facts       *Facts
	doc         *Document
	seen        map[*ir.Value]*calib.Tensor // by values of the float model
	counterpart map[*ir.Value]*ir.Value     // of the quantized model's values: the float model's

	ratios map[calib.Key]*verify.Operator // by graph and node
	errors map[calib.Key]*verify.Error    // by graph and tensor
}

// seenOf returns what statistics say of a model's values.
func seenOf(m *ir.Model, stats *calib.Stats) map[*ir.Value]*calib.Tensor {
	seen := map[*ir.Value]*calib.Tensor{}
	if stats == nil {
		return seen
	}
	for i := range stats.Tensors {
		t := &stats.Tensors[i]
		if t.Subgraph < len(m.Graphs) && t.Index < len(m.Graphs[t.Subgraph].Values) {
			seen[m.Graphs[t.Subgraph].Values[t.Index]] = t
		}
	}
	return seen
}

func (b *builder) verification() {
	b.ratios, b.errors = map[calib.Key]*verify.Operator{}, map[calib.Key]*verify.Error{}
	r := b.facts.Verification
	if r == nil {
		return
	}
	for i := range r.Operators {
		o := &r.Operators[i]
		b.ratios[calib.Key{Subgraph: o.Graph, Index: o.Node}] = o
	}
	for i := range r.Tensors {
		t := &r.Tensors[i]
		b.errors[calib.Key{Subgraph: t.Graph, Index: t.Tensor}] = &t.Error
	}
}

// operators adds those of graph i.
func (b *builder) operators(i int, g *ir.Graph) {
	type name struct{ kind, output string }
	why := map[name]string{}
	if q := b.facts.Quantization; q != nil {
		for _, o := range q.Float {
			if o.Graph == i {
				why[name{o.Op, o.Output}] = o.Reason
			}
		}
	}
	stored := storedConstants(g)
	for k, n := range g.Nodes {
		o := Operator{Graph: i, Node: k, Op: kind(n), Scheme: schemeOf(n, stored)}
		if len(n.Outputs) > 0 {
			o.Output, o.Type = n.Outputs[0].Name, n.Outputs[0].Type.String()
		}
		if count := macs[n.Op]; count != nil && len(n.Outputs) > 0 {
			o.MACs = count(n)
		}
		for _, v := range n.Inputs {
			if v != nil && v.Const != nil {
				o.Weights += int64(len(v.Const.Data))
			}
		}
		o.Why = why[name{o.Op, o.Output}]
		if len(n.Outputs) > 0 && o.Why == "" && o.Scheme != Border {
			if v := b.counterpart[n.Outputs[0]]; v != nil { // what leaves a graph may have got its name since
				o.Why = why[name{o.Op, v.Name}]
			}
		}
		if r := b.ratios[calib.Key{Subgraph: i, Index: k}]; r != nil {
			o.SQNR = &r.SQNR
			if r.Input != nil && *r.Input < equal {
				o.Drop = r.Drop
			}
		}
		b.doc.Operators = append(b.doc.Operators, o)
	}
}

// equal is the ratio of tensors without any error, in dB.
const equal = 200

// kind returns an operator's name, a custom one's own.
func kind(n *ir.Node) string {
	if c, ok := n.Attr.(*op.Custom); ok {
		return c.Code
	}
	return n.Op
}

// tensors adds those of graph i.
func (b *builder) tensors(i int, g *ir.Graph) {
	made := g.Producers()
	for k, v := range g.Values {
		if v.Const != nil || made[v] == nil && !slices.Contains(g.Inputs, v) {
			continue
		}
		t := Tensor{Graph: i, Index: k, Name: v.Name, Type: v.Type.String(), Error: b.errors[calib.Key{Subgraph: i, Index: k}]}
		if n := made[v]; n != nil {
			t.Op = kind(n)
		}
		if p := exec.Affine(v); p != nil && len(p.Scale) == 1 {
			t.represent(p, v.Type.DType)
		}
		if s := b.seen[b.counterpart[v]]; s != nil && s.Samples > 0 {
			t.see(s)
		}
		if t.Scale != nil || t.Seen != nil || t.Error != nil {
			b.doc.Tensors = append(b.doc.Tensors, t)
		}
	}
}

// represent adds the parameters, and the numbers that the least and the greatest integer stand for.
func (t *Tensor) represent(p *quant.Params, d tensor.DType) {
	first, last := integers(d)
	scale := float64(p.Scale[0])
	low, high := scale*float64(first-p.Zero[0]), scale*float64(last-p.Zero[0])
	t.Scale, t.Zero, t.Low, t.High = &scale, p.Zero[0], &low, &high
}

// integers returns the least and the greatest integer of a type.
func integers(d tensor.DType) (first, last int64) {
	if d == tensor.UInt8 {
		return 0, math.MaxUint8
	}
	return -1 << (d.Bits() - 1), 1<<(d.Bits()-1) - 1
}

// work sums operators up by scheme.
func work(operators []Operator) (list []Work) {
	for _, s := range Schemes() {
		w := Work{Scheme: s}
		for _, o := range operators {
			if o.Scheme == s {
				w.Operators++
				w.MACs += o.MACs
				w.Weights += o.Weights
			}
		}
		if w.Operators > 0 {
			list = append(list, w)
		}
	}
	return list
}

// arithmetic returns Estimate.Arithmetic.
func arithmetic(list []Work) *float64 {
	quarters, total := int64(0), int64(0)
	for _, w := range list {
		total += w.MACs
		switch w.Scheme {
		case Int8, Dynamic:
			quarters += w.MACs
		case Int16x8:
			quarters += 2 * w.MACs
		default:
			quarters += 4 * w.MACs
		}
	}
	if total == 0 {
		return nil
	}
	ratio := float64(quarters) / float64(4*total)
	return &ratio
}

// traffic returns how many bytes operators read and write: the operands and results of each.
func traffic(m *ir.Model) (total int64) {
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			for _, v := range slices.Concat(n.Inputs, n.Outputs) {
				if v != nil {
					total += int64(v.Type.DType.Bytes(int(elements(v))))
				}
			}
		}
	}
	return total
}

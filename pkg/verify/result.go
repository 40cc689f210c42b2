package verify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
)

// FormatResult and VersionResult head a Result's JSON; docs/verification.md describes it.
const (
	FormatResult  = "octet-verification"
	VersionResult = 1
)

// Result is how far a quantized model is from its float model over samples. Every list has a fixed order; Worst* give others. All numbers are finite.
type Result struct {
	Format    string `json:"format"`
	Version   int    `json:"version"`
	Float     string `json:"float"`     // hex sha256 of the float model's flatbuffer
	Quantized string `json:"quantized"` // and of the quantized one's
	Dataset   string `json:"dataset"`   // digest of the dataset's manifest
	Numerics  int    `json:"numerics"`  // version of the arithmetic
	Samples   uint64 `json:"samples"`   // that were compared
	Skipped   []Skip `json:"skipped,omitempty"`

	Outputs []Output `json:"outputs"`         // in the order of the float model's
	Score   *Score   `json:"score,omitempty"` // nil where outputs are no answers

	Tensors   []Tensor   `json:"tensors"`          // paired activations, in the order of the quantized model's graphs and tensors
	Operators []Operator `json:"operators"`        // of the quantized model whose results are paired, in the order of graphs and nodes
	Unpaired  int        `json:"unpaired"`         // activations of the quantized model that stand for none of the float model's, or were never computed
	Broken    []Broken   `json:"broken,omitempty"` // limits that do not hold
}

// Error is how far a quantized model's numbers are from the float model's, over all samples. x stands for the float model's, y for the quantized model's as real numbers.
type Error struct {
	Elements  uint64  `json:"elements"`             // that were compared
	SQNR      float64 `json:"sqnr_db"`              // 10·log₁₀(Σx² / Σ(x-y)²), within -200 and 200: 200 means equal, -200 that a y is NaN or infinite
	Cosine    float64 `json:"cosine"`               // Σx·y / √(Σx²·Σy²)
	Max       float64 `json:"max_error"`            // the greatest |x-y|
	Mean      float64 `json:"mean_error"`           // the mean |x-y|
	Low       float64 `json:"low"`                  // the least x and 0
	High      float64 `json:"high"`                 // the greatest x and 0
	Saturated uint64  `json:"saturated"`            // y is at an end of what its integers stand for, x more than half a step beyond
	LeftOut   uint64  `json:"left_out,omitempty"`   // x is NaN or infinite: they are in no other figure
	NotFinite uint64  `json:"not_finite,omitempty"` // y is, and x is not: likewise, but for the ratio
}

// Tensor is an activation of the quantized model.
type Tensor struct {
	Graph   int    `json:"graph"`
	Tensor  int    `json:"tensor"` // its position in the graph, in the quantized model
	Name    string `json:"name"`
	Float   string `json:"float_name,omitempty"` // of the float model's activation, where it has another name
	Type    string `json:"type"`                 // as "i8[1,7,7,64]"
	Op      string `json:"op,omitempty"`         // that makes it; empty for inputs
	Samples uint64 `json:"samples"`              // in which it was computed
	Error
}

// Operator is an operator of the quantized model. Its own share of the error shows in how much the ratio falls from its operands to its results; an operator that rounds away what
// matters, or whose result saturates, has a large drop. It may be negative where errors average out.
type Operator struct {
	Graph  int      `json:"graph"`
	Node   int      `json:"node"` // its position in the graph
	Op     string   `json:"op"`
	Output string   `json:"output"`                  // the name of its first result
	SQNR   float64  `json:"sqnr_db"`                 // of its worst paired result
	Input  *float64 `json:"input_sqnr_db,omitempty"` // of its worst paired operand; nil if there is none
	Drop   *float64 `json:"drop_db,omitempty"`       // Input - SQNR; nil if Input is
}

// Output is an output of both models.
type Output struct {
	Name string `json:"name"` // as the float model's signature names it
	Type string `json:"type"` // the quantized model's
	Error
	Integers uint64 `json:"integers,omitempty"` // elements that are integers which stand for no real numbers: Error is about none of them
	Equal    uint64 `json:"equal,omitempty"`    // those of them that are equal
}

// Score is how often models were right. Without labels the float model's answers count as right, so that its own share is 1. Shares are between 0 and 1.
type Score struct {
	Task      Task         `json:"task"`
	Output    string       `json:"output"`
	Labels    string       `json:"labels,omitempty"`  // digest; empty without labels
	Classes   int          `json:"classes,omitempty"` // how many the output tells apart; 0 if it holds the answer itself
	Answers   uint64       `json:"answers"`           // that were counted: samples, or pixels with Segment
	Void      uint64       `json:"void,omitempty"`    // pixels whose label is no class, which count for nothing
	Agreement float64      `json:"agreement"`         // share of the answers that are the same in both models
	Float     Grades       `json:"float"`
	Quantized Grades       `json:"quantized"`
	Drop      float64      `json:"drop_points"`        // how much worse the quantized model is, in percentage points of top-1, or of the mean IoU with Segment
	ByClass   []ClassScore `json:"by_class,omitempty"` // with Segment: classes that occur
}

// Grades are the shares of right answers of a model.
type Grades struct {
	Top1    float64  `json:"top1"`
	Top5    *float64 `json:"top5,omitempty"`     // with Classify, of more than 5 classes
	MeanIoU *float64 `json:"mean_iou,omitempty"` // with Segment: of the classes that occur among labels or the model's answers
}

// ClassScore is a class of pixels: the ratio of the intersection of right pixels and answered ones to their union. nil if it is in neither.
type ClassScore struct {
	Class     int      `json:"class"`
	Labels    uint64   `json:"labels"` // pixels
	Float     *float64 `json:"float_iou,omitempty"`
	Quantized *float64 `json:"quantized_iou,omitempty"`
}

// Result returns what a part says of its quantized model at a position, which must be the pairing's.
func (p *Pairing) Result(part *Part, model int) (*Result, error) {
	m := &part.Models[model]
	all := part.Question.Tensors
	if part.Float != p.Float.Digest || m.Quantized != p.Quantized.Digest || len(m.Outputs) != len(p.outputs) || all && len(m.Tensors) != len(p.tensors) {
		return nil, fmt.Errorf("%w: what was measured is of other models", ErrMismatch)
	}
	r := &Result{Format: FormatResult, Version: VersionResult, Float: part.Float, Quantized: m.Quantized, Dataset: part.Dataset, Numerics: part.Numerics,
		Samples: part.Samples, Skipped: part.Skipped, Tensors: []Tensor{}, Operators: []Operator{}}
	for i, name := range p.Float.OutputNames() {
		r.Outputs = append(r.Outputs, Output{
			Name: name, Type: p.Quantized.graph().Outputs[p.outputs[i]].Type.String(),
			Error: m.Outputs[i].error(), Integers: m.Outputs[i].Integers, Equal: m.Outputs[i].Equal,
		})
	}
	if q := part.Question; q.Task != Distance {
		r.Score = m.Score.result(q)
		r.Score.Output, r.Score.Labels = r.Outputs[q.Output].Name, part.Labels
	}
	if all {
		p.activations(r, m.Tensors)
	}
	return r, nil
}

// portName returns the name that a signature gives a value.
func portName(ports []ir.Port, v *ir.Value) string {
	for _, p := range ports {
		if p.Value == v {
			return p.Name
		}
	}
	return v.Name
}

// activations adds tensors and operators.
func (p *Pairing) activations(r *Result, sums []Sums) {
	r.Unpaired = p.alone
	ratio := map[*ir.Value]float64{}
	makers := map[int]map[*ir.Value]*ir.Node{}
	for i, t := range p.tensors {
		if sums[i].Samples == 0 {
			r.Unpaired++
			continue
		}
		if makers[t.Subgraph] == nil {
			makers[t.Subgraph] = p.Quantized.Graphs[t.Subgraph].Producers()
		}
		ratio[t.quantized] = sums[i].SQNR()
		row := Tensor{Graph: t.Subgraph, Tensor: t.Index, Name: t.quantized.Name, Type: t.quantized.Type.String(), Samples: sums[i].Samples, Error: sums[i].error()}
		if t.float.Name != row.Name {
			row.Float = t.float.Name
		}
		if n := makers[t.Subgraph][t.quantized]; n != nil {
			row.Op = n.Op
		}
		r.Tensors = append(r.Tensors, row)
	}
	for i, g := range p.Quantized.Graphs {
		for k, n := range g.Nodes {
			out, in := worst(ratio, n.Outputs), worst(ratio, n.Inputs)
			if out == nil {
				continue
			}
			row := Operator{Graph: i, Node: k, Op: n.Op, Output: n.Outputs[0].Name, SQNR: *out, Input: in}
			if in != nil {
				drop := *in - *out
				row.Drop = &drop
			}
			r.Operators = append(r.Operators, row)
		}
	}
}

// worst returns the least ratio of values that have one; nil if none has.
func worst(ratio map[*ir.Value]float64, values []*ir.Value) *float64 {
	var least *float64
	for _, v := range values {
		if db, ok := ratio[v]; ok && (least == nil || db < *least) {
			least = &db
		}
	}
	return least
}

func (s *Sums) error() Error {
	return Error{Elements: s.Elements, SQNR: s.SQNR(), Cosine: s.Cosine(), Max: s.Max, Mean: s.Mean(), Low: s.Low, High: s.High,
		Saturated: s.Saturated, LeftOut: s.LeftOut, NotFinite: s.Broken}
}

func (c *Counts) result(q Question) *Score {
	share := func(n uint64) float64 { return float64(n) / float64(max(c.Answers, 1)) }
	s := &Score{Task: q.Task, Classes: c.Classes, Answers: c.Answers, Void: c.Void, Agreement: share(c.Agree),
		Float: Grades{Top1: share(c.Float.Top1)}, Quantized: Grades{Top1: share(c.Quantized.Top1)}}
	drop := s.Float.Top1 - s.Quantized.Top1
	switch {
	case q.Task == Segment:
		s.Float.MeanIoU, s.Quantized.MeanIoU = new(float64), new(float64)
		s.ByClass = c.classes(s.Float.MeanIoU, s.Quantized.MeanIoU)
		drop = *s.Float.MeanIoU - *s.Quantized.MeanIoU
	case c.Classes > 5:
		f, g := share(c.Float.Top5), share(c.Quantized.Top5)
		s.Float.Top5, s.Quantized.Top5 = &f, &g
	}
	s.Drop = 100 * drop
	return s
}

// classes returns the classes that occur, and sets the means.
func (c *Counts) classes(float, quantized *float64) (list []ClassScore) {
	floats, quantizeds := 0, 0
	for i, k := range c.ByClass {
		row := ClassScore{Class: i, Labels: k.Labels, Float: iou(k.Labels, k.Float, k.FloatRight), Quantized: iou(k.Labels, k.Quantized, k.QuantizedRight)}
		if row.Float != nil {
			*float += *row.Float
			floats++
		}
		if row.Quantized != nil {
			*quantized += *row.Quantized
			quantizeds++
		}
		if row.Float != nil || row.Quantized != nil {
			list = append(list, row)
		}
	}
	*float /= float64(max(floats, 1))
	*quantized /= float64(max(quantizeds, 1))
	return list
}

// iou returns the ratio of the intersection to the union of two sets of pixels; nil if both are empty.
func iou(a, b, both uint64) *float64 {
	if a+b == 0 {
		return nil
	}
	ratio := float64(both) / float64(a+b-both)
	return &ratio
}

// WorstTensors returns the tensors by ascending SQNR, those of equal ratio in their order.
func (r *Result) WorstTensors() []Tensor {
	list := slices.Clone(r.Tensors)
	slices.SortStableFunc(list, func(a, b Tensor) int { return cmp.Compare(a.SQNR, b.SQNR) })
	return list
}

// WorstOutputs returns the outputs in the same order, behind them those of integers that stand for no real numbers, unless these differ: then before them.
func (r *Result) WorstOutputs() []Output {
	list := slices.Clone(r.Outputs)
	ratio := func(o Output) float64 {
		switch {
		case o.Equal < o.Integers:
			return -2 * decibelLimit
		case o.Integers > 0:
			return 2 * decibelLimit
		}
		return o.SQNR
	}
	slices.SortStableFunc(list, func(a, b Output) int { return cmp.Compare(ratio(a), ratio(b)) })
	return list
}

// WorstOperators returns the operators by descending drop, those without one last and those of equal drop in their order.
func (r *Result) WorstOperators() []Operator {
	list := slices.Clone(r.Operators)
	drop := func(o Operator) float64 {
		if o.Drop == nil {
			return -2 * decibelLimit
		}
		return *o.Drop
	}
	slices.SortStableFunc(list, func(a, b Operator) int { return cmp.Compare(drop(b), drop(a)) })
	return list
}

// Encode returns the result as JSON, the same bytes for the same result.
func (r *Result) Encode() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("verification: %w", err)
	}
	return append(text, '\n'), nil
}

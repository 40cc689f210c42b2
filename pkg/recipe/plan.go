package recipe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
)

// Row says what becomes of an operator, of a constant that it reads, or of an activation.
type Row struct {
	Graph  int    `json:"graph"`
	Op     string `json:"op"`               // a custom operator's own name; empty with an activation
	Output string `json:"output"`           // the operator's first result
	Tensor string `json:"tensor,omitempty"` // of a row on a constant that the operator in front of it reads, or on an activation
	Gets   string `json:"gets"`
	Rule   int    `json:"rule"`           // 0 for the head of the recipe, or none
	Line   int    `json:"line,omitempty"` // 0 if no rule is for it
}

// Plan is what a recipe means for a model: rows for people, and what package quantize needs to know.
type Plan struct {
	Rows      []Row
	Choices   map[*ir.Node]quantize.Choice
	Constants map[quantize.Operand]quantize.Choice
	Ranges    map[*ir.Value]quantize.Range
	Notes     []string
}

// Apply puts the plan into options.
func (p *Plan) Apply(o *quantize.Options) {
	o.Own, o.Constants, o.Ranges = p.Choices, p.Constants, p.Ranges
}

// Plan applies the recipe to a model. A rule that matches no operator or tensor, or none that its scheme can do something for, is an error in Octet's form and a note in
// AI Edge Quantizer's.
func (r *Recipe) Plan(m *ir.Model) (*Plan, error) {
	p := &Plan{Choices: map[*ir.Node]quantize.Choice{}, Constants: map[quantize.Operand]quantize.Choice{}, Ranges: map[*ir.Value]quantize.Range{}}
	used := make([]bool, len(r.rules))
	for i, g := range m.Graphs {
		r.ranges(p, i, g, used)
		for _, n := range g.Nodes {
			if n.Op == "QUANTIZE" || n.Op == "DEQUANTIZE" {
				continue
			}
			d := decision{
				node: n, choice: quantize.Choice{Float: true, By: "no rule of the recipe names it"}, used: used,
				row: Row{Graph: i, Op: opName(n), Output: outputName(n), Gets: none},
			}
			for k := range r.rules {
				if rule := &r.rules[k]; rule.limits == nil && rule.matches(n) {
					d.follow(k, rule)
				}
			}
			p.Choices[n] = d.choice
			p.Rows = append(p.Rows, d.row)
			for _, c := range d.constants {
				p.Constants[quantize.Operand{Node: n, Value: c.value}] = c.choice
				row := d.row
				row.Tensor, row.Gets, row.Rule, row.Line = c.value.Name, text(c.choice), c.rule.number, c.rule.line
				p.Rows = append(p.Rows, row)
			}
		}
	}
	for k := range r.rules {
		rule := &r.rules[k]
		if used[k] || rule.number == 0 {
			continue
		}
		err := rule.idle(m)
		if !r.tolerates {
			return nil, err
		}
		p.Notes = append(p.Notes, "recipe: "+err.Error())
	}
	return p, nil
}

// idle is the error of a rule that does nothing for a model, with what it might have meant.
func (r *rule) idle(m *ir.Model) error {
	switch {
	case r.limits != nil:
		return errorf(r.line, "rule %d names no float activation", r.number)
	case r.tensor != nil:
		return errorf(r.line, "rule %d names no tensor that %s is for%s", r.number, text(r.choice), r.activation(m))
	}
	var all, matched []string
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			all = append(all, opName(n))
			if r.matches(n) {
				matched = append(matched, opName(n))
			}
		}
	}
	all, matched = distinct(all), distinct(matched)
	why := "no result has a name that fits"
	switch {
	case len(matched) > 0:
		why = fmt.Sprintf("it stores no weights of %s", strings.Join(matched, ", "))
	case r.kind != "" && !slices.ContainsFunc(all, quantize.Glob(r.kind).MatchString):
		why = fmt.Sprintf("of kind %s there is none, but %s", r.kind, strings.Join(all, ", "))
	}
	if r.choice.Float {
		return errorf(r.line, "rule %d names no operator: %s", r.number, why)
	}
	return errorf(r.line, "rule %d names no operator that %s is for: %s", r.number, text(r.choice), why)
}

// activation tells that the tensors which a rule names are activations, if they are.
func (r *rule) activation(m *ir.Model) string {
	for _, g := range m.Graphs {
		for _, v := range g.Values {
			if r.tensor(v) && v.Const == nil {
				return fmt.Sprintf(": %q is an activation, which scheme none leaves float and range bounds", v.Name)
			}
		}
	}
	return ""
}

// distinct sorts names, and leaves out those that are there already.
func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// ranges gives activations of a graph the ranges that rules have for them.
func (r *Recipe) ranges(p *Plan, graph int, g *ir.Graph, used []bool) {
	for _, v := range g.Values {
		if v.Const != nil || v.Variable || v.Type.DType != tensor.Float32 {
			continue
		}
		at := -1
		for k := range r.rules {
			if rule := &r.rules[k]; rule.limits != nil && rule.tensor(v) {
				used[k], at = true, k
			}
		}
		if at >= 0 {
			rule := &r.rules[at]
			p.Ranges[v] = *rule.limits
			gets := fmt.Sprintf("range %v to %v", rule.limits.Lo, rule.limits.Hi)
			p.Rows = append(p.Rows, Row{Graph: graph, Tensor: v.Name, Gets: gets, Rule: rule.number, Line: rule.line})
		}
	}
}

// decision is what becomes of a node, as far as its rules were followed.
type decision struct {
	node      *ir.Node
	choice    quantize.Choice
	decided   bool // some rule fitted
	constants []constantChoice
	row       Row
	used      []bool
}

// constantChoice is what becomes of a constant that a node reads.
type constantChoice struct {
	value  *ir.Value
	choice quantize.Choice
	rule   *rule
}

// follow applies rule k, which matches the node.
func (d *decision) follow(k int, r *rule) {
	if r.tensor != nil && !(r.choice.Scheme.Calibrated() && !r.choice.Float) {
		d.followTensors(k, r)
		return
	}
	if r.tensor != nil && !slices.ContainsFunc(d.node.Inputs, func(v *ir.Value) bool { return v != nil && v.Const != nil && r.tensor(v) }) {
		return
	}
	fits := r.fits(d.node)
	if fits {
		d.used[k] = true
		d.constants = nil // which had other schemes by earlier rules
		d.row.Gets, d.row.Rule, d.row.Line = text(r.choice), r.number, r.line
	}
	if fits || !d.decided {
		d.choice = r.choice
		d.choice.By = r.by()
	}
	d.decided = d.decided || fits
}

// followTensors applies rule k to the tensors of the node that it names. A constant is stored as it says. With an activation that stays float, or a constant that an integer operator
// does not read in this form, the operator computes on floats.
func (d *decision) followTensors(k int, r *rule) {
	float := func(v *ir.Value) {
		by := fmt.Sprintf("%v gives its %q %s", r, v.Name, text(r.choice))
		if r.choice.Float {
			by = fmt.Sprintf("%v lets its %q stay float", r, v.Name)
		}
		d.choice = quantize.Choice{Float: true, By: by}
		d.row.Gets, d.row.Rule, d.row.Line = none, r.number, r.line
		d.used[k], d.decided = true, true
	}
	for i, v := range d.node.Inputs {
		switch {
		case v == nil || v.Type.DType != tensor.Float32 || !r.tensor(v):
		case v.Const == nil:
			if r.choice.Float {
				float(v)
				d.constants = nil
			}
		case r.stores(d.node, i):
			if !d.choice.Float && d.choice.Scheme.Calibrated() {
				float(v)
			}
			d.used[k] = true
			d.constants = slices.DeleteFunc(d.constants, func(c constantChoice) bool { return c.value == v })
			choice := r.choice
			choice.By = r.by()
			d.constants = append(d.constants, constantChoice{v, choice, r})
		}
	}
	for _, v := range d.node.Outputs {
		if v != nil && v.Type.DType == tensor.Float32 && r.choice.Float && r.tensor(v) {
			float(v)
			d.constants = nil
		}
	}
}

// stores reports whether the rule's scheme can store the constant that is operand i of a node.
func (r *rule) stores(n *ir.Node, i int) bool {
	if r.choice.Float || r.choice.Scheme == quantize.Float16 {
		return true
	}
	row := op.HybridOf(n.Op)
	beside := r.choice.Scheme == quantize.WeightOnly && slices.Contains(row.Beside, i)
	return r.fits(n) && (beside || slices.Contains(row.Weights, i))
}

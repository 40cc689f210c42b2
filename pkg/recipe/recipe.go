// Package recipe reads recipes: files that give each operator of a model a scheme of its own, by its kind, by the name of a result or by a constant that it
// reads. Later rules win. There are two forms: Octet's own, in YAML or JSON, and AI Edge Quantizer's list of rules.
package recipe

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
)

// MaxBytes is the size that a recipe may have.
const MaxBytes = 1 << 16

// Recipe is a list of rules, of which the last that matches an operator, and whose scheme can do something for it, says what becomes of it.
type Recipe struct {
	rules     []rule
	scheme    quantize.Scheme // that of the model
	tolerates bool            // rules that match nothing; AI Edge Quantizer does, whose recipes serve many models
}

// rule is a rule of either form.
type rule struct {
	number, line int // from 1; number 0 is for what the head of a recipe says of all operators
	matches      func(n *ir.Node) bool
	choice       quantize.Choice
}

func (r *rule) String() string {
	if r.number == 0 {
		return fmt.Sprintf("the head of the recipe (line %d)", r.line)
	}
	return fmt.Sprintf("rule %d (line %d)", r.number, r.line)
}

// Error is what is wrong with a recipe, and where.
type Error struct {
	Line int // 0 if unknown
	Err  error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("line %d: %v", e.Line, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

func errorf(line int, format string, args ...any) error {
	return &Error{line, fmt.Errorf(format, args...)}
}

// Parse reads a recipe in either form. Keys that it does not know are errors.
func Parse(content []byte) (*Recipe, error) {
	root, err := document(content)
	if err != nil {
		return nil, err
	}
	r := &Recipe{}
	if root.Kind == yaml.SequenceNode {
		err = r.readAIEdge(root)
	} else {
		err = r.readOwn(root)
	}
	if err != nil {
		return nil, err
	}
	return r, r.settle()
}

// settle finds the scheme that a model has by this recipe, and the rules that don't go with it.
func (r *Recipe) settle() error {
	var first *rule
	for i := range r.rules {
		rule := &r.rules[i]
		if err := rule.choice.Validate(); err != nil {
			return &Error{rule.line, err}
		}
		switch scheme := rule.choice.Scheme; {
		case rule.choice.Float:
		case first == nil, scheme.Calibrated() && !r.scheme.Calibrated():
			first, r.scheme = rule, scheme
		case scheme != r.scheme && scheme.Calibrated():
			return errorf(rule.line, "%v has %s and %v has %s: all integer operators of a model have one scheme; others may have none, float16, dynamic or weight-only",
				rule, scheme, first, r.scheme)
		}
	}
	if first == nil {
		return errors.New("the recipe quantizes nothing: no rule has a scheme other than none")
	}
	return nil
}

// Scheme is the model's: that of the recipe's integer operators if there are any, which wants ranges, else the first that quantizes.
func (r *Recipe) Scheme() quantize.Scheme { return r.scheme }

// Row says what becomes of an operator.
type Row struct {
	Graph  int    `json:"graph"`
	Op     string `json:"op"` // a custom operator's own name
	Output string `json:"output"`
	Gets   string `json:"gets"`
	Rule   int    `json:"rule"`           // 0 for the head of the recipe, or none
	Line   int    `json:"line,omitempty"` // 0 if no rule is for it
}

// Plan is what a recipe means for a model.
type Plan struct {
	Rows    []Row
	Choices map[*ir.Node]quantize.Choice
	Notes   []string
}

// Plan applies the recipe to a model. A rule that matches no operator, or none that its scheme can do something for, is an error in Octet's form and a note in
// AI Edge Quantizer's.
func (r *Recipe) Plan(m *ir.Model) (*Plan, error) {
	p := &Plan{Choices: map[*ir.Node]quantize.Choice{}}
	used := make([]bool, len(r.rules))
	for i, g := range m.Graphs {
		for _, n := range g.Nodes {
			if n.Op == "QUANTIZE" || n.Op == "DEQUANTIZE" {
				continue
			}
			row := Row{Graph: i, Op: opName(n), Output: outputName(n), Gets: none}
			choice, decided := quantize.Choice{Float: true, By: "no rule of the recipe names it"}, false
			for k := range r.rules {
				rule := &r.rules[k]
				if !rule.matches(n) {
					continue
				}
				fits := rule.fits(n)
				if fits {
					used[k], decided = true, true
					row.Gets, row.Rule, row.Line = text(rule.choice), rule.number, rule.line
				}
				if fits || !decided {
					choice = rule.choice
					choice.By = rule.by()
				}
			}
			p.Choices[n] = choice
			p.Rows = append(p.Rows, row)
		}
	}
	for k := range r.rules {
		rule := &r.rules[k]
		if used[k] || rule.number == 0 {
			continue
		}
		err := errorf(rule.line, "rule %d names no operator that %s is for", rule.number, text(rule.choice))
		if rule.choice.Float {
			err = errorf(rule.line, "rule %d names no operator", rule.number)
		}
		if !r.tolerates {
			return nil, err
		}
		p.Notes = append(p.Notes, "recipe: "+err.Error())
	}
	return p, nil
}

// by says why an operator that the rule is for computes on floats.
func (r *rule) by() string {
	if r.choice.Float {
		return fmt.Sprintf("%v lets it stay float", r)
	}
	return fmt.Sprintf("%v gives it %s", r, text(r.choice))
}

// fits reports whether the rule's scheme can do something for an operator. Where no rule's does, the last that matches decides what is reported of it.
func (r *rule) fits(n *ir.Node) bool {
	row, c := op.HybridOf(n.Op), r.choice
	switch {
	case c.Float || c.Scheme == quantize.Float16 || c.Scheme.Calibrated():
		return true
	case c.Scheme == quantize.Dynamic:
		return len(row.Weights) > 0
	case c.Block > 0:
		return row.Blocks
	case c.Bits == 4:
		return row.Bits4
	}
	return row.Bits8
}

// text names a choice for people.
func text(c quantize.Choice) string {
	if c.Float {
		return none
	}
	s := c.Scheme.String()
	if c.Scheme == quantize.WeightOnly && c.Bits == 4 {
		s += ", 4 bits"
	}
	if c.Block > 0 {
		s += fmt.Sprintf(", blocks of %d", c.Block)
	}
	if c.PerTensor {
		s += ", per tensor"
	}
	return s
}

func opName(n *ir.Node) string {
	if a, ok := n.Attr.(*op.Custom); ok {
		return a.Code
	}
	return n.Op
}

func outputName(n *ir.Node) string {
	for _, v := range n.Outputs {
		if v != nil {
			return v.Name
		}
	}
	return ""
}

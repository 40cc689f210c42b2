// Package recipe reads recipes: files that give each operator of a model a scheme of its own, by its kind or by the name of a result, and single tensors a scheme or a range. Later
// rules win. There are two forms: Octet's own, in YAML or JSON, and AI Edge Quantizer's list of rules.
package recipe

import (
	"errors"
	"fmt"
	"slices"

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
	kind         string                 // the pattern for kinds of operators, for people; empty if it has none
	tensor       func(v *ir.Value) bool // of the matched operators these tensors alone; nil for a rule on operators
	choice       quantize.Choice
	limits       *quantize.Range // what the rule says instead, of activations that tensor names
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
		if rule.limits != nil {
			continue
		}
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
	if i := slices.IndexFunc(r.rules, func(r rule) bool { return r.limits != nil }); i >= 0 && !r.scheme.Calibrated() {
		return errorf(r.rules[i].line, "%v gives a range, and no rule makes integer operators (int8, int16x8), which have some", &r.rules[i])
	}
	if first == nil {
		return errors.New("the recipe quantizes nothing: no rule has a scheme other than none")
	}
	return nil
}

// Scheme is the model's: that of the recipe's integer operators if there are any, which wants ranges, else the first that quantizes.
func (r *Recipe) Scheme() quantize.Scheme { return r.scheme }

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
	if c.Fit != quantize.ByLargest {
		s += ", " + c.Fit.String() + " fit"
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

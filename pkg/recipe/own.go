package recipe

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quantize"
)

// none is the scheme of operators that stay float.
const none = "none"

// schemes are those of Octet's form.
var schemes = map[string]quantize.Choice{
	none:          {Float: true},
	"float16":     {Scheme: quantize.Float16},
	"dynamic":     {Scheme: quantize.Dynamic, Least: 1024},
	"weight-only": {Scheme: quantize.WeightOnly},
	"int8":        {Scheme: quantize.Int8},
	"int16x8":     {Scheme: quantize.Int16x8},
}

const schemeNames = "none, float16, dynamic, weight-only, int8, int16x8"

var fits = map[string]quantize.Fit{"largest": quantize.ByLargest, "mse": quantize.ByError, "balanced": quantize.Balanced}

// ownRule is a rule of Octet's form, or its head, as it is written. Patterns are empty where absent.
type ownRule struct {
	op, name, tensor   string
	scheme             *quantize.Choice
	bits, block, least int
	perTensor          bool
	fit                *quantize.Fit
	limits             *quantize.Range
}

// settings are the keys that say what becomes of operators.
func (o *ownRule) settings() []field {
	scheme := field{"scheme", func(n *yaml.Node) error {
		o.scheme = new(quantize.Choice)
		return named("scheme", o.scheme, schemes, schemeNames).read(n)
	}}
	fit := field{"fit", func(n *yaml.Node) error {
		o.fit = new(quantize.Fit)
		return named("fit", o.fit, fits, strings.Join(quantize.Fits(), ", ")).read(n)
	}}
	return []field{scheme, value("bits", &o.bits), value("block", &o.block), value("per-tensor", &o.perTensor), value("min-elements", &o.least), fit}
}

// selectors are the keys that say which operators.
func (o *ownRule) selectors() []field {
	return []field{value("op", &o.op), value("name", &o.name), value("tensor", &o.tensor), limits("range", &o.limits)}
}

// limits reads the ends of a range.
func limits(key string, out **quantize.Range) field {
	return field{key, func(n *yaml.Node) error {
		var ends []float32
		if n.Kind != yaml.SequenceNode || n.Decode(&ends) != nil || len(ends) != 2 {
			return errorf(n.Line, "%s: want two numbers, [least, greatest]", key)
		}
		*out = &quantize.Range{Lo: ends[0], Hi: ends[1]}
		if err := (*out).Validate(); err != nil {
			return errorf(n.Line, "%s: %w", key, err)
		}
		return nil
	}}
}

// choice returns what the rule chooses.
func (o *ownRule) choice(line int) (quantize.Choice, error) {
	if o.scheme == nil {
		return quantize.Choice{}, errorf(line, "scheme is missing: want one of %s", schemeNames)
	}
	c := *o.scheme
	if c.Float && (o.bits != 0 || o.block != 0 || o.perTensor || o.least != 0 || o.fit != nil) {
		return c, errorf(line, "scheme none has no bits, blocks, scales, fit or least number of elements")
	}
	c.Bits, c.Block, c.PerTensor = o.bits, o.block, o.perTensor
	if o.least != 0 {
		c.Least = o.least
	}
	if o.fit != nil {
		c.Fit = *o.fit
	}
	return c, nil
}

// readOwn reads Octet's form.
func (r *Recipe) readOwn(root *yaml.Node) error {
	var head ownRule
	var rules *yaml.Node
	err := fields(root, append(head.settings(), field{"rules", func(n *yaml.Node) error {
		rules = n
		return nil
	}})...)
	if err != nil {
		return err
	}
	if head.scheme != nil || rules == nil || head != (ownRule{}) {
		choice, err := head.choice(root.Line)
		if err != nil {
			return err
		}
		r.rules = append(r.rules, rule{line: root.Line, matches: func(*ir.Node) bool { return true }, choice: choice})
	}
	if rules == nil {
		return nil
	}
	if rules.Kind != yaml.SequenceNode {
		return errorf(rules.Line, "rules: want a list, of which each rule begins with '- '")
	}
	for i, n := range rules.Content {
		var o ownRule
		if err := fields(n, slices.Concat(o.selectors(), o.settings())...); err != nil {
			return err
		}
		made := rule{number: i + 1, line: n.Line, matches: o.matcher(), kind: o.op}
		if o.tensor != "" {
			name := quantize.Glob(o.tensor)
			made.tensor = func(v *ir.Value) bool { return name.MatchString(v.Name) }
		}
		switch {
		case o.limits != nil && (o.tensor == "" || o.op != "" || o.name != "" || o.scheme != nil):
			return errorf(n.Line, "rule %d: a range is that of a tensor: give tensor and range, and nothing else", i+1)
		case o.limits != nil:
			made.limits = o.limits
		case o.op == "" && o.name == "" && o.tensor == "":
			return errorf(n.Line, "rule %d names no operators: give op, name or tensor, or put its scheme at the head of the recipe", i+1)
		default:
			var err error
			if made.choice, err = o.choice(n.Line); err != nil {
				return err
			}
		}
		r.rules = append(r.rules, made)
	}
	return nil
}

// matcher reports whether the rule's patterns for operators fit a node.
func (o *ownRule) matcher() func(*ir.Node) bool {
	kind, name := quantize.Glob(o.op), quantize.Glob(o.name)
	return func(n *ir.Node) bool {
		return (o.op == "" || kind.MatchString(opName(n))) &&
			(o.name == "" || slices.ContainsFunc(n.Outputs, func(v *ir.Value) bool { return v != nil && name.MatchString(v.Name) }))
	}
}

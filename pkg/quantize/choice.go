package quantize

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
)

// Choice is what becomes of one operator. Under a scheme of integer operators it is an integer operator, or computes on floats, with its weights stored by a scheme for weights
// alone or as they are; a scheme for weights alone may be replaced by another one of these.
type Choice struct {
	Float bool   // it stays float, and nothing else here but By counts
	By    string // who chose that it computes on floats, for the report
	// Scheme is Float16, Dynamic or WeightOnly, and Int8 or Int16x8 where it is that of all.
	Scheme      Scheme
	Bits, Block int  // as in Options
	PerTensor   bool // likewise
	Fit         Fit  // likewise
	Least       int  // the number of elements under which weights stay float; by Options alone that is 1,024 under Dynamic
}

// bits are those of a weight.
func (c Choice) bits() int {
	if c.Bits == 4 {
		return 4
	}
	return 8
}

// Validate reports a choice that no model can have.
func (c Choice) Validate() error {
	switch {
	case c.Float:
		return nil
	case c.Least < 0:
		return fmt.Errorf("weights of at least %d elements: want 1 or more", c.Least)
	case c.Least != 0 && c.Scheme != Dynamic && c.Scheme != WeightOnly:
		return errors.New("the least number of elements is chosen with dynamic and weight-only quantization alone")
	}
	return Options{Scheme: c.Scheme, Bits: c.Bits, Block: c.Block, PerTensor: c.PerTensor, Fit: c.Fit}.Validate()
}

// validate reports a choice that a model under a scheme can't have.
func (c Choice) validate(all Scheme) error {
	if err := c.Validate(); err != nil || c.Float {
		return err
	}
	if c.Scheme != all && c.Scheme.Calibrated() {
		return fmt.Errorf("%s beside %s: all integer operators of a model have one scheme, which is the model's", c.Scheme, all)
	}
	return nil
}

// floats reports whether the operator computes on floats while its weights are stored by a scheme for weights alone.
func (c *Choice) floats() bool { return c != nil && !c.Float && !c.Scheme.Calibrated() }

// choose marks the operations of which Options.Own and Options.Constants say what becomes of them.
func (g *graph) choose() {
	const unsaid = "it is to compute on floats"
	parts := map[*ir.Node]bool{}
	for at := range g.opt.Constants {
		parts[at.Node] = true
	}
	for o := g.first; o != nil; o = o.next {
		if o.node == nil {
			continue
		}
		if c, ok := g.opt.Own[o.node]; ok {
			o.own = &c
			if c.Float || c.floats() && g.opt.Scheme.Calibrated() {
				o.kept = cmp.Or(c.By, unsaid)
			}
		}
		if o.parts = parts[o.node]; o.parts && o.kept == "" && g.opt.Scheme.Calibrated() {
			o.kept = unsaid
			o.own = &Choice{Float: true, By: unsaid}
		}
	}
}

// ownWeights reports whether o computes on floats, and has constants that are stored by schemes for weights alone.
func (o *operation) ownWeights() bool { return o.parts || o.own.floats() }

// choice is what becomes of an operation, by its own choice or by what is said of all.
func (g *graph) choice(o *operation) Choice {
	if o.own != nil {
		return *o.own
	}
	perTensor := g.opt.PerTensor || g.opt.PerTensorDense && o.is("FULLY_CONNECTED")
	c := Choice{Scheme: g.opt.Scheme, Bits: g.opt.Bits, Block: g.opt.Block, PerTensor: perTensor, Fit: g.opt.Fit}
	if c.Scheme == Dynamic {
		c.Least = minHybrid
	}
	return c
}

// choiceOf is what becomes of the constant that an operation reads there.
func (g *graph) choiceOf(u use) Choice {
	if v := u.by.inputs[u.i]; u.by.parts && v != nil && v.source != nil {
		if c, ok := g.opt.Constants[Operand{u.by.node, v.source}]; ok {
			return c
		}
	}
	return g.choice(u.by)
}

// uses reports whether any operation has a scheme.
func (g *graph) uses(s Scheme) bool {
	if g.opt.Scheme == s {
		return true
	}
	for _, c := range g.opt.Own {
		if !c.Float && c.Scheme == s {
			return true
		}
	}
	for _, c := range g.opt.Constants {
		if !c.Float && c.Scheme == s {
			return true
		}
	}
	return false
}

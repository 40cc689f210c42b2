package exec

import (
	"errors"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/parallel"
	"github.com/octetlite/octet/pkg/tensor"
)

// plan is a compiled graph. Every value has a slot: its position among the graph's values.
type plan struct {
	graph   *ir.Graph
	slots   []slot
	steps   []step
	inputs  []int
	output  []int
	makers  []int // by output, of which it is: an input, or the one result of a step, whose number comes after the inputs'; -1 if of neither
	arena   int   // bytes of the planned memory
	between int   // float32 that lie within chains
	folded  []int // float32 results that were computed at compile time
}

// slot says where a value's memory comes from.
type slot struct {
	value  *ir.Value
	static *tensor.Tensor // its type if that is known before the run, with content if it is a constant or was folded
	place  place
	offset int  // into the arena, of planned slots
	same   int  // the slot whose memory this one takes: its own position, or an earlier planned slot
	rest   byte // each byte of a variable before a run: 0, or the zero point of an int8 one
	uses   int  // how often it is read; twice more if the graph returns it
	left   int  // how many of the uses lie behind the steps that are planned
	sole   bool // no other value that is still read has its memory, of planned slots
	number int  // its position among Program.Observed's values, graph after graph; -1 if it is not one of them
	moved  bool // Program.Moved lists it
	later  bool // it is counted when the step that computes functions of it does so
}

type place uint8

const (
	constant place = iota // slot.static holds the content
	input                 // the caller's
	variable              // state, of which a run begins with zeros
	planned               // in the arena
	dynamic               // allocated when its size is known
	unused
)

// step is one node of the plan.
type step struct {
	node    *ir.Node
	index   int // of the node in its graph
	op      *op.Op
	kernel  op.Kernel            // nil if it must be prepared at run time, and for control flow
	pair    op.PairKernel        // computes the next step, too; nil if there is none
	link    kernel.F32Link       // what can be computed in a chain; nil if it can't
	chain   *kernel.F32Chain     // computes this step and some next ones; nil if there is none
	chained int                  // so many, itself among them
	in, out []int                // slots; -1 where an input is absent
	shared  bool                 // the result is the operand's memory: there is nothing to compute
	joint   *kernel.F32Functions // if not nil, the operand is counted with the result, and with that of the next step if that is computed at once
	maker   int                  // the step that makes that operand
	spare   bool                 // nobody reads the result, unless the run is watched
	by      runner
	inner   []int // slots of what the operator lets see of its inside; -1 where that is absent
}

// runner is who runs a step.
type runner uint8

const (
	byKernel  runner = iota
	byControl        // it runs graphs
	byState          // it is about a resource variable
)

type compiler struct {
	program *Program
	graph   *ir.Graph
	set     *op.OpSet
	callers []int // by graph: how often control flow names it
	free    bool  // inputs have any shape: the body of control flow that is not known better
	plan    *plan
	heavy   []heavy
}

// heavy is a step whose kernel is prepared when those of other steps are, at the same time on several processors, since it packs many weights.
type heavy struct {
	step    int
	in, out []*tensor.Tensor
}

// heavyBytes is from how many bytes of constants on a step is heavy: some 10 µs of packing.
const heavyBytes = 1 << 16

// graphPlan compiles a graph for inputs of the given shapes, or of those that it declares where there are none.
func (c *compiler) graphPlan(index int, shapes []tensor.Shape) error {
	g := c.program.model.Graphs[index]
	own := compiler{program: c.program, graph: g, set: c.set, callers: c.callers, free: c.free}
	p, err := own.compile(shapes)
	if err != nil {
		return fmt.Errorf("graph %d %q: %w", index, g.Name, err)
	}
	c.program.plans[index] = p
	return nil
}

func (c *compiler) compile(shapes []tensor.Shape) (*plan, error) {
	p := &plan{graph: c.graph, slots: make([]slot, len(c.graph.Values))}
	c.plan = p
	index := c.graph.Index()
	var state int64 // bytes of variables
	for i, v := range c.graph.Values {
		s := &p.slots[i]
		s.value, s.place, s.same, s.number = v, unused, i, -1
		switch {
		case v.Const != nil:
			if v.Sparsity == nil {
				s.static = v.Const
			} else {
				s.static = &tensor.Tensor{DType: v.Type.DType, Shape: v.Type.Shape, Data: v.Const.Data}
			}
			s.place = constant
		case v.Variable:
			// A shape within the limit has few enough elements for their bytes to be counted.
			n := v.Type.Shape.Elements()
			if v.Type.Unranked || n < 0 || v.Type.DType.Bits() == 0 || int64(n) > c.program.limit {
				return nil, fmt.Errorf("variable %q has the type %v", v.Name, v.Type)
			}
			if state += int64(v.Type.DType.Bytes(n)); state > c.program.limit {
				return nil, fmt.Errorf("variables take more than the limit of %d bytes", c.program.limit)
			}
			s.static, s.place = typeOf(v.Type), variable
			if v.Type.DType == tensor.Int8 && v.Quant != nil && len(v.Quant.Zero) == 1 {
				s.rest = byte(v.Quant.Zero[0])
			}
		}
	}
	for i, v := range c.graph.Inputs {
		s := &p.slots[index[v]]
		s.place = input
		t := v.Type
		if i < len(shapes) && shapes[i] != nil {
			t = ir.Type{DType: t.DType, Shape: shapes[i]}
		}
		if t.Static() && !c.free {
			s.static = typeOf(t)
		}
		p.inputs = append(p.inputs, index[v])
	}
	for _, n := range c.graph.Nodes {
		for _, v := range n.Inputs {
			if v != nil {
				p.slots[index[v]].uses++
			}
		}
	}
	for _, v := range c.graph.Outputs {
		p.slots[index[v]].uses += 2 // it is read after the last step
	}
	for i := range p.slots {
		p.slots[i].left = p.slots[i].uses
	}
	for i, n := range c.graph.Nodes {
		if err := c.step(i, n, index); err != nil {
			if earlier := c.prepare(); earlier != nil {
				return nil, earlier
			}
			return nil, nodeError(i, n, err)
		}
	}
	if err := c.prepare(); err != nil {
		return nil, err
	}
	for _, v := range c.graph.Outputs {
		p.output = append(p.output, index[v])
	}
	p.makers = p.makersOf(p.output)
	pairUp(p)
	chainUp(p)
	size, err := layout(p)
	if err != nil {
		return nil, err
	}
	if int64(size) > c.program.limit {
		return nil, fmt.Errorf("activations take %d bytes, the limit is %d", size, c.program.limit)
	}
	p.arena = size
	return p, nil
}

// makersOf returns plan.makers for some slots.
func (p *plan) makersOf(slots []int) []int {
	makers := make([]int, len(slots))
	for j, i := range slots {
		makers[j] = slices.Index(p.inputs, i)
		for k, s := range p.steps {
			if len(s.out) == 1 && s.out[0] == i {
				makers[j] = len(p.inputs) + k
			}
		}
	}
	return makers
}

// step plans one node: its results' types, its kernel, or its results themselves where they follow from constants.
func (c *compiler) step(i int, n *ir.Node, index map[*ir.Value]int) error {
	if err := c.set.Check(n); err != nil {
		return err
	}
	s := step{node: n, index: i, op: c.set.Lookup(n.Op)}
	static, known := true, true
	var in []*tensor.Tensor
	for _, v := range n.Inputs {
		if v == nil {
			s.in = append(s.in, -1)
			in = append(in, nil)
			continue
		}
		t := c.plan.slots[index[v]].static
		c.plan.slots[index[v]].left--
		s.in = append(s.in, index[v])
		in = append(in, t)
		static = static && t != nil
		known = known && t.Known() && !v.Variable
	}
	for _, v := range n.Outputs {
		s.out = append(s.out, index[v])
		c.plan.slots[index[v]].place = dynamic
	}
	if isControl(n) {
		s.by = byControl
		return c.control(&s)
	}
	if isState(n) {
		s.by = byState
		c.plan.steps = append(c.plan.steps, s)
		return nil
	}
	if s.op.Inner != nil {
		for _, v := range s.op.Inner(n) {
			s.inner = append(s.inner, -1)
			if v != nil {
				s.inner[len(s.inner)-1] = index[v]
			}
		}
	}
	if !static {
		c.plan.steps = append(c.plan.steps, s)
		return nil
	}
	types, err := infer(s.op, n, in)
	if errors.Is(err, op.ErrDynamic) {
		c.plan.steps = append(c.plan.steps, s)
		return nil
	}
	if err != nil {
		return err
	}
	out := make([]*tensor.Tensor, len(types))
	for j, t := range types {
		if !t.Static() || t.DType.Bits() == 0 {
			c.plan.steps = append(c.plan.steps, s)
			return nil
		}
		out[j] = typeOf(t)
		if n := t.Shape.Elements(); n < 0 || int64(t.DType.Bytes(n)) > c.program.limit {
			return fmt.Errorf("result %d of type %v passes the limit of %d bytes", j, t, c.program.limit)
		}
	}
	folds := (known && len(n.Inputs) > 0) || s.op.TypesOnly
	if later := !folds && !s.op.Over && constants(in) >= heavyBytes; later {
		c.heavy = append(c.heavy, heavy{len(c.plan.steps), in, out})
	} else if s.kernel, s.link, err = s.op.Linked(n, in, out); err != nil {
		return err
	}
	if folds {
		return c.fold(&s, in, out)
	}
	for j, slotIndex := range s.out {
		sl := &c.plan.slots[slotIndex]
		sl.static, sl.place, sl.sole = out[j], planned, true
	}
	if err := c.tabulate(&s); err != nil {
		return err
	}
	c.share(&s)
	c.plan.steps = append(c.plan.steps, s)
	return nil
}

// constants returns the bytes of operands that are known.
func constants(in []*tensor.Tensor) (n int) {
	for _, t := range in {
		if t != nil && t.Known() {
			n += len(t.Data)
		}
	}
	return n
}

// prepare prepares the kernels of heavy steps. If some can't be, the error is that of the first of them.
func (c *compiler) prepare() error {
	errs := make([]error, len(c.heavy))
	parallel.Each(len(c.heavy), func(i int) {
		h := &c.heavy[i]
		s := &c.plan.steps[h.step]
		s.kernel, s.link, errs[i] = s.op.Linked(s.node, h.in, h.out)
	})
	for i, err := range errs {
		if err != nil {
			s := &c.plan.steps[c.heavy[i].step]
			return nodeError(s.index, s.node, err)
		}
	}
	return nil
}

// share lets the result of a step take an operand's memory: where both are the same, or where the operand is not read any more and is overwritten element by
// element. Of several that could be, the first is: x of x·logistic(x), which is in the cache where the logistic function is not even stored.
func (c *compiler) share(s *step) {
	if len(s.out) != 1 {
		return
	}
	out := &c.plan.slots[s.out[0]]
	for _, i := range s.in {
		if i < 0 || c.plan.slots[i].place != planned {
			continue
		}
		from := &c.plan.slots[i]
		last := from.sole && from.left == 0
		switch {
		case s.op.Same && i == s.in[0]:
			s.shared, out.same, out.sole, from.sole = true, from.same, last, false
			return
		case s.op.Over && last && overwritten(out.static.DType) && from.static.DType == out.static.DType && from.static.Shape.Equal(out.static.Shape):
			out.same = from.same
			return
		}
	}
}

// overwritten reports whether operators marked Over take results of a type over their operands.
func overwritten(d tensor.DType) bool { return d == tensor.Float32 || d == tensor.Int8 }

// fold runs a step at compile time and keeps its results as constants.
func (c *compiler) fold(s *step, in, out []*tensor.Tensor) error {
	for _, t := range out {
		t.Data = tensor.Alloc(t.DType.Bytes(t.Elements()))
	}
	if err := s.kernel(&op.Call{Node: s.node, In: in, Out: out}); err != nil {
		return err
	}
	for j, i := range s.out {
		sl := &c.plan.slots[i]
		sl.static, sl.place = out[j], constant
		if out[j].DType == tensor.Float32 {
			c.plan.folded = append(c.plan.folded, i)
		}
	}
	return nil
}

func infer(o *op.Op, n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error) {
	if o.Infer == nil {
		return nil, fmt.Errorf("%s has no shape rule", o.Name)
	}
	types, err := o.Infer(n, in)
	if err != nil {
		return nil, err
	}
	if len(types) != len(n.Outputs) {
		return nil, fmt.Errorf("has %d results, its operator makes %d", len(n.Outputs), len(types))
	}
	for i, t := range types {
		if want := n.Outputs[i].Type.DType; t.DType != want {
			return nil, fmt.Errorf("result %d is declared %v and is %v", i, want, t.DType)
		}
	}
	return types, nil
}

func typeOf(t ir.Type) *tensor.Tensor { return &tensor.Tensor{DType: t.DType, Shape: t.Shape} }

func nodeError(i int, n *ir.Node, err error) error {
	name := ""
	if len(n.Outputs) > 0 {
		name = fmt.Sprintf(" %q", n.Outputs[0].Name)
	}
	return fmt.Errorf("node %d %s%s: %w", i, n.Op, name, err)
}

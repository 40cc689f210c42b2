package exec

import (
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Session is the memory of one run at a time of a Program.
type Session struct {
	program  *Program
	frames   []*frame
	observer Observer
	recorder Recorder // in place of an observer
	watch    func(v *ir.Value, t *tensor.Tensor)
	trace    func(graph, node int, done bool)
	counter  kernel.F32Counter
	between  []float32 // memory of chains
	spent    int64     // bytes of dynamic memory that is kept from run to run
	state    state
	carry    bool // from run to run
}

// frame is the memory of one graph.
type frame struct {
	plan    *plan
	tensors []*tensor.Tensor // by slot
	calls   []op.Call        // by step
	outputs []*tensor.Tensor
	loops   []*loop           // by step; state of control flow
	late    []prepared        // by step; of steps whose kernel the plan has not
	ranges  []kernel.F32Range // of folded values
}

// prepared is the kernel of a step for the types that its operands and results had last. It depends on them and on constants only, so that a loop need not
// pack its weights again in each iteration.
type prepared struct {
	in, out []ir.Type
	kernel  op.Kernel
	settled bool // the results' types follow from the operands' types
}

// Memory returns the bytes that NewSession allocates for values, which share memory, and those of all values together. Results of a size that is known at run time alone are in neither.
func (p *Program) Memory() (session, values int64) {
	between := 0
	for _, pl := range p.plans {
		if pl == nil {
			continue
		}
		session += int64(pl.arena + alignment)
		between = max(between, pl.between)
		for _, s := range pl.slots {
			switch s.place {
			case variable:
				session += int64(s.static.DType.Bytes(s.static.Elements()))
			case planned:
				values += int64(s.static.DType.Bytes(s.static.Elements()))
			default:
			}
		}
	}
	return session + 4*int64(between), values
}

// Carry makes variables and resource variables keep from run to run, from the next one on, what they hold at its end, and CALL_ONCE run its graph in the first run
// only: runs are then the steps of a sequence, as those of an interpreter of TFLite are.
func (s *Session) Carry() {
	s.begin()
	s.carry = true
}

// Separate ends that: runs do not depend on each other from the next one on.
func (s *Session) Separate() { s.carry = false }

// NewSession allocates the memory of a run.
func (p *Program) NewSession() *Session {
	s := &Session{program: p, frames: make([]*frame, len(p.plans))}
	for i, pl := range p.plans {
		if pl != nil {
			s.frames[i] = newFrame(pl)
			if n := pl.between; len(s.between) < n {
				s.between = tensor.View[float32](tensor.New(tensor.Float32, tensor.Shape{n}))
			}
		}
	}
	return s
}

func newFrame(p *plan) *frame {
	f := &frame{plan: p, tensors: make([]*tensor.Tensor, len(p.slots)), calls: make([]op.Call, len(p.steps)), loops: make([]*loop, len(p.steps)), late: make([]prepared, len(p.steps)), outputs: make([]*tensor.Tensor, len(p.output))}
	arena := tensor.Alloc(p.arena + alignment)
	arena = arena[shift(arena):]
	for i, s := range p.slots {
		switch s.place {
		case constant:
			f.tensors[i] = s.static
		case variable:
			f.tensors[i] = tensor.New(s.static.DType, s.static.Shape)
		case planned:
			n := s.static.DType.Bytes(s.static.Elements())
			f.tensors[i] = &tensor.Tensor{DType: s.static.DType, Shape: s.static.Shape, Data: arena[s.offset : s.offset+n : s.offset+n]}
		case dynamic:
			f.tensors[i] = &tensor.Tensor{DType: s.value.Type.DType}
		case input, unused: // the run brings an input
		}
	}
	for k := range p.steps {
		s := &p.steps[k]
		c := &f.calls[k]
		c.Node = s.node
		c.In = make([]*tensor.Tensor, len(s.in))
		c.Out = make([]*tensor.Tensor, len(s.out))
		c.Inner = make([]kernel.F32Scan, len(s.inner))
		for j, i := range s.out {
			c.Out[j] = f.tensors[i]
		}
	}
	for _, i := range p.folded {
		f.ranges = append(f.ranges, kernel.F32MinMax(tensor.View[float32](f.tensors[i])))
	}
	return f
}

// Run computes the graph for the given inputs, in order, and returns its outputs, which are valid until the next run. Variables are set to what stands for zero
// first, and resource variables have no content, so that runs do not depend on each other, unless Carry was called. The observer may be nil. The list is the session's, too.
func (s *Session) Run(inputs []*tensor.Tensor, observer Observer) ([]*tensor.Tensor, error) {
	s.observer, s.recorder, s.watch, s.trace = observer, nil, nil, nil
	return s.run(inputs)
}

// Record is Run that takes statistics.
func (s *Session) Record(inputs []*tensor.Tensor, recorder Recorder) ([]*tensor.Tensor, error) {
	s.observer, s.recorder, s.watch, s.trace = nil, recorder, nil, nil
	return s.run(inputs)
}

// Watch is Run that shows activations of every type: the inputs of a graph when it starts, the results of each node, also those in bodies of control flow each time they run. t is
// valid during the call only.
func (s *Session) Watch(inputs []*tensor.Tensor, see func(v *ir.Value, t *tensor.Tensor)) ([]*tensor.Tensor, error) {
	s.observer, s.recorder, s.watch, s.trace = nil, nil, see, nil
	return s.run(inputs)
}

// Trace is Run that tells when each node begins and is done: the nodes of a body of control flow between the beginning and the end of the node that runs it.
func (s *Session) Trace(inputs []*tensor.Tensor, tell func(graph, node int, done bool)) ([]*tensor.Tensor, error) {
	s.observer, s.recorder, s.watch, s.trace = nil, nil, nil, tell
	return s.run(inputs)
}

func (s *Session) run(inputs []*tensor.Tensor) ([]*tensor.Tensor, error) {
	if !s.carry {
		s.begin()
	}
	g := s.program.model.Graphs[s.program.main]
	if len(inputs) != len(g.Inputs) {
		return nil, fmt.Errorf("have %d inputs, the graph takes %d", len(inputs), len(g.Inputs))
	}
	for i, t := range inputs {
		want := s.program.plans[s.program.main].slots[s.program.plans[s.program.main].inputs[i]].static
		v := g.Inputs[i]
		if t.DType != v.Type.DType {
			return nil, fmt.Errorf("input %q: have %v, want %v", v.Name, t.DType, v.Type.DType)
		}
		if want != nil && !t.Shape.Equal(want.Shape) {
			return nil, fmt.Errorf("input %q: have shape %v, want %v", v.Name, t.Shape, want.Shape)
		}
	}
	defer s.counter.Flush()
	return s.graph(s.program.main, inputs, nil)
}

// begin gives all variables their first values.
func (s *Session) begin() {
	s.state.forget()
	for _, f := range s.frames {
		if f == nil {
			continue
		}
		for i := range f.plan.slots {
			if s := &f.plan.slots[i]; s.place == variable {
				reset(f.tensors[i].Data, s.rest)
			}
		}
	}
}

// reset fills the memory of a variable.
func reset(data []byte, rest byte) {
	for i := range data {
		data[i] = rest
	}
}

// graph runs one graph on inputs whose memory it does not change. known may be what was seen of them.
func (s *Session) graph(index int, inputs []*tensor.Tensor, known []knownRange) ([]*tensor.Tensor, error) {
	f := s.frames[index]
	p := f.plan
	for j, i := range p.inputs {
		f.tensors[i] = inputs[j]
		if known != nil && known[j].ok {
			s.observeKnown(&p.slots[i], inputs[j], &known[j])
		} else {
			s.observe(&p.slots[i], inputs[j])
		}
		if s.watch != nil {
			s.watch(p.slots[i].value, inputs[j])
		}
	}
	for j, i := range p.folded {
		s.observeKnown(&p.slots[i], f.tensors[i], &knownRange{F32Range: f.ranges[j]})
	}
	pairs := s.pairs()
	for k := 0; k < len(p.steps); k++ {
		st := &p.steps[k]
		c := &f.calls[k]
		if st.pair != nil && pairs {
			if err := s.pair(f, k); err != nil {
				return nil, err
			}
			k++
			continue
		}
		if st.chain != nil && pairs {
			s.chain(f, k)
			k += st.chained - 1
			continue
		}
		f.feed(k)
		s.look(&c.Seen, p, st)
		if st.joint != nil {
			s.join(f, k)
		}
		if st.inner != nil {
			s.lookInside(c.Inner, p, st)
		}
		if s.trace != nil {
			s.trace(index, st.index, false)
		}
		if err := s.step(f, st, c, k); err != nil {
			return nil, nodeError(st.index, st.node, err)
		}
		if s.trace != nil {
			s.trace(index, st.index, true)
		}
		if len(st.out) == 1 {
			s.observeResult(&p.slots[st.out[0]], c.Out[0], &c.Seen)
		} else {
			for j, i := range st.out {
				s.observe(&p.slots[i], c.Out[j])
			}
		}
		if st.inner != nil {
			s.observeInside(c.Inner, p, st)
		}
		if s.watch != nil {
			for j, i := range st.out {
				if c.Out[j].DType != tensor.Resource { // a handle says nothing
					s.watch(p.slots[i].value, c.Out[j])
				}
			}
		}
	}
	for j, i := range p.output {
		f.outputs[j] = f.tensors[i]
	}
	return f.outputs, nil
}

// watched reports whether anybody sees results besides the outputs.
func (s *Session) watched() bool { return s.observer != nil || s.recorder != nil || s.watch != nil }

func (s *Session) step(f *frame, st *step, c *op.Call, k int) error {
	switch st.by {
	case byControl:
		return s.control(f, st, c, k)
	case byState:
		return s.onState(st.node, c)
	case byKernel:
	}
	if st.shared || st.spare && !s.watched() {
		return nil
	}
	run := st.kernel
	if run == nil {
		var err error
		if run, err = s.prepare(f, st, c, k); err != nil {
			return err
		}
	}
	return run(c)
}

// prepare gives a node's dynamic results their types and memory, and returns its kernel.
func (s *Session) prepare(f *frame, st *step, c *op.Call, k int) (op.Kernel, error) {
	last := &f.late[k]
	if last.settled && haveTypes(c.In, last.in) {
		return last.kernel, nil
	}
	last.settled = false
	types, err := infer(st.op, st.node, c.In)
	if err != nil {
		return nil, err
	}
	for j, t := range types {
		if !t.Static() {
			return nil, fmt.Errorf("result %d has no size: %v", j, t)
		}
		if err := s.resize(c.Out[j], t); err != nil {
			return nil, fmt.Errorf("result %d: %w", j, err)
		}
	}
	if last.kernel != nil && last.fit(c) {
		return last.kernel, nil
	}
	in := make([]*tensor.Tensor, len(c.In))
	for j, t := range c.In {
		if t == nil || f.plan.slots[st.in[j]].place == constant {
			in[j] = t
			continue
		}
		in[j] = &tensor.Tensor{DType: t.DType, Shape: t.Shape}
	}
	run, err := st.op.Kernel(st.node, in, c.Out)
	if err != nil {
		return nil, err
	}
	*last = prepared{in: typesOf(c.In), out: typesOf(c.Out), kernel: run}
	last.settled = last.follows(st, in)
	return run, nil
}

// follows reports whether the results' types follow from operands without the content that changes from call to call.
func (p *prepared) follows(st *step, in []*tensor.Tensor) bool {
	types, err := infer(st.op, st.node, in)
	if err != nil {
		return false
	}
	for j, t := range types {
		if t.DType != p.out[j].DType || !t.Shape.Equal(p.out[j].Shape) {
			return false
		}
	}
	return true
}

// fit reports whether a call has the types for which the kernel was prepared.
func (p *prepared) fit(c *op.Call) bool { return haveTypes(c.In, p.in) && haveTypes(c.Out, p.out) }

func haveTypes(tensors []*tensor.Tensor, types []ir.Type) bool {
	for i, t := range tensors {
		if t != nil && (t.DType != types[i].DType || !t.Shape.Equal(types[i].Shape)) {
			return false
		}
	}
	return true
}

func typesOf(tensors []*tensor.Tensor) []ir.Type {
	types := make([]ir.Type, len(tensors))
	for i, t := range tensors {
		if t != nil {
			types[i] = ir.Type{DType: t.DType, Shape: t.Shape.Clone()}
		}
	}
	return types
}

// resize gives t the type and memory for it, reusing what it has.
func (s *Session) resize(t *tensor.Tensor, want ir.Type) error {
	n := want.Shape.Elements()
	if n < 0 || want.DType.Bits() == 0 && want.DType != tensor.Resource {
		return fmt.Errorf("%v has no size", want)
	}
	size := want.DType.Bytes(n)
	if want.DType == tensor.Resource {
		size = handleSize
	}
	if grow := int64(size - cap(t.Data)); grow > 0 || t.Data == nil {
		if s.spent+grow > s.program.limit {
			return errors.New("activations pass the memory limit")
		}
		s.spent += grow
		t.Data = tensor.Alloc(size)
	}
	t.DType, t.Shape, t.Data = want.DType, want.Shape, t.Data[:size]
	return nil
}

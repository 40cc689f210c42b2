package exec

import (
	"fmt"

	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// jointLeast is the number of elements from which on tensors are counted with what follows from them.
const jointLeast = 256

// joinUp finds steps whose operand is counted with their result. A step of the same graph makes it and has looked at it. Each value is counted with one other, or one pair.
func (p *plan) joinUp() {
	if !kernel.JointWins() {
		return
	}
	makers := map[int]int{}
	taken := map[int]bool{}
	for k := range p.steps {
		s := &p.steps[k]
		if len(s.out) == 1 && s.by == byKernel && s.kernel != nil {
			makers[s.out[0]] = k
		}
		if len(s.in) != 1 || s.kernel == nil || s.shared {
			continue
		}
		joint, values := s.functions(), []int{s.in[0], s.out[0]}
		if s.pair != nil {
			joint = s.op.PairJoint
			values = append(values, p.steps[k+1].out[0])
		}
		maker, ok := makers[s.in[0]]
		ok = ok && joint != nil && !p.steps[maker].shared && p.slots[s.in[0]].static.Elements() >= jointLeast
		for _, i := range values {
			sl := &p.slots[i]
			ok = ok && !taken[i] && !sl.moved && sl.number >= 0 && sl.place == planned && sl.static.DType == tensor.Float32
		}
		if ok {
			s.joint, s.maker = joint, maker
			p.slots[s.in[0]].later = true
			for _, i := range values {
				taken[i] = true
			}
		}
	}
}

// functions returns by which functions the result of a step follows from its operand.
func (s *step) functions() *kernel.F32Functions {
	if s.op.Joint == nil {
		return nil
	}
	return s.op.Joint(s.node)
}

// join has the operand of step k counted, if anything is.
func (s *Session) join(f *frame, k int) {
	p := f.plan
	st, c := &p.steps[k], &f.calls[k]
	c.Joint.Stop()
	if s.recorder == nil {
		return
	}
	tally := func(slot int) *kernel.F32Tally { return s.recorder.Tally(p.slots[slot].number) }
	argument := tally(st.in[0])
	if argument == nil {
		return
	}
	r, ok := f.calls[st.maker].Seen.Range(p.slots[st.in[0]].static.Elements())
	if !ok {
		panic(fmt.Sprintf("exec: %q was not looked at", p.slots[st.in[0]].value.Name))
	}
	if st.pair == nil {
		c.Joint.Start(st.joint, &s.counter, r, argument, tally(st.out[0]), nil)
	} else {
		c.Joint.Start(st.joint, &s.counter, r, argument, tally(p.steps[k+1].out[0]), tally(st.out[0]))
	}
}

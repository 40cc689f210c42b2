package exec

import (
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// jointLeast is the number of elements from which on tensors are counted with what follows from them.
const jointLeast = 256

// joinUp finds steps whose operand is counted with their result. Each value is counted with one other, or one pair.
func (p *plan) joinUp() {
	if !kernel.JointWins() {
		return
	}
	makers := map[int]*step{}
	taken := map[int]bool{}
	for k := range p.steps {
		s := &p.steps[k]
		if len(s.out) == 1 && s.by == byKernel && s.kernel != nil {
			makers[s.out[0]] = s
		}
		if len(s.in) != 1 || s.kernel == nil || s.shared {
			continue
		}
		joint, values := s.functions(), []int{s.in[0], s.out[0]}
		if s.pair != nil {
			joint = s.op.PairJoint
			values = append(values, p.steps[k+1].out[0])
		}
		made := makers[s.in[0]]
		ok := joint != nil && made != nil && !made.shared && p.slots[s.in[0]].static.Elements() >= jointLeast
		for _, i := range values {
			sl := &p.slots[i]
			ok = ok && !taken[i] && !sl.moved && sl.number >= 0 && sl.place == planned && sl.static.DType == tensor.Float32
		}
		if ok {
			s.joint = joint
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
func (s *Session) join(c *op.Call, p *plan, k int) {
	st := &p.steps[k]
	if s.recorder == nil {
		c.Joint.Stop()
		return
	}
	argument := s.recorder.Tally(p.slots[st.in[0]].number)
	if argument == nil {
		c.Joint.Stop()
		return
	}
	result := s.recorder.Tally(p.slots[st.out[0]].number)
	if st.pair == nil {
		c.Joint.Start(st.joint, &s.counter, argument, result, nil)
		return
	}
	c.Joint.Start(st.joint, &s.counter, argument, s.recorder.Tally(p.slots[p.steps[k+1].out[0]].number), result)
}

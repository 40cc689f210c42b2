package exec

// pairUp gives steps whose one result the next step alone reads the kernel for both, where there is one.
func pairUp(p *plan) {
	for k := range max(len(p.steps)-1, 0) {
		first, second := &p.steps[k], &p.steps[k+1]
		if first.kernel == nil || second.kernel == nil || first.op.Pair == nil || len(first.out) != 1 || len(second.out) != 1 {
			continue
		}
		between := &p.slots[first.out[0]]
		if between.uses == 1 && between.place == planned && p.slots[second.out[0]].place == planned && !first.shared && !second.shared {
			first.pair = first.op.Pair(first.node, second.node)
		}
	}
}

// pairs reports whether pairs of steps may be computed at once: nobody looks at what is between them, but for its statistics.
func (s *Session) pairs() bool { return s.observer == nil && s.watch == nil && s.trace == nil }

// pair runs step k and the next one.
func (s *Session) pair(f *frame, k int) error {
	p := f.plan
	for i := k; i <= k+1; i++ {
		f.feed(i)
		s.look(&f.calls[i].Seen, p, &p.steps[i])
	}
	st := &p.steps[k]
	if st.joint != nil {
		s.join(f, k)
	}
	if err := st.pair(&f.calls[k], &f.calls[k+1]); err != nil {
		return nodeError(st.index, st.node, err)
	}
	for i := k; i <= k+1; i++ {
		c := &f.calls[i]
		s.observeResult(&p.slots[p.steps[i].out[0]], c.Out[0], &c.Seen)
	}
	return nil
}

// feed gives step k its operands.
func (f *frame) feed(k int) {
	c := &f.calls[k]
	for j, i := range f.plan.steps[k].in {
		if i >= 0 {
			c.In[j] = f.tensors[i]
		}
	}
}

package exec

import (
	"fmt"

	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

const (
	// chainLeast is the number of bytes from which on a value is not stored as a whole between two links of a chain.
	chainLeast = 512 << 10
	// chainMost bounds what a chain has in the second-level cache: rows of all its values, and its weights.
	chainMost = 768 << 10
)

// chainUp finds steps of which each alone reads the large result of the one before, so that they are computed some rows at a time.
func chainUp(p *plan) {
	for k := 0; k < len(p.steps); k++ {
		var links []kernel.F32Link
		var ends []int // the steps behind each
		for i := k; i < len(p.steps); {
			l, n := p.linkAt(i)
			if l == nil || i > k && !p.follows(i, n) {
				break
			}
			i += n
			links, ends = append(links, l), append(ends, i)
		}
		for n := len(links); n > 1; n-- {
			if c := kernel.NewF32Chain(links[:n], chainMost); c != nil {
				p.steps[k].chain, p.steps[k].chained = c, ends[n-1]-k
				p.between = max(p.between, c.Scratch())
				k = ends[n-1] - 1
				break
			}
		}
	}
}

// linkAt returns what can be computed in a chain from step k on, and how many steps it computes; nil if there is nothing.
func (p *plan) linkAt(k int) (kernel.F32Link, int) {
	s := &p.steps[k]
	if s.pair != nil && s.op.PairLink != nil {
		return s.op.PairLink(s.node, p.steps[k+1].node, p.slots[s.in[0]].static.Shape), 2
	}
	return s.link, 1
}

// follows reports whether the n steps from k on alone read, each once, the result of the one before, which is large.
func (p *plan) follows(k, n int) bool {
	last := p.steps[k-1].out[0]
	s := &p.slots[last]
	return p.steps[k].in[0] == last && s.uses == n && s.place == planned && s.static.DType.Bytes(s.static.Elements()) >= chainLeast
}

// chains reports whether the chain from step k on may be computed: not if something within it is counted with what follows from it, since that takes the range of the whole.
func (s *Session) chains(p *plan, k int) bool {
	st := &p.steps[k]
	if st.chain == nil {
		return false
	}
	if s.recorder == nil {
		return true
	}
	for i := range st.chained {
		if inside := &p.steps[k+i]; inside.joint != nil && s.recorder.Tally(p.slots[inside.in[0]].number) != nil {
			return false
		}
	}
	return true
}

// chain runs step k and those that are chained to it.
func (s *Session) chain(f *frame, k int) {
	p := f.plan
	st := &p.steps[k]
	var scans [kernel.MaxChain]*kernel.F32Scan
	for i := range st.chained {
		f.feed(k + i)
		c := &f.calls[k+i]
		s.look(&c.Seen, p, &p.steps[k+i])
		scans[i] = &c.Seen
	}
	last := &f.calls[k+st.chained-1]
	st.chain.Run(tensor.View[float32](last.Out[0]), tensor.View[float32](f.calls[k].In[0]), s.between, &scans)
	for i := range st.chained {
		c, sl := &f.calls[k+i], &p.slots[p.steps[k+i].out[0]]
		if n := sl.static.Elements(); s.sees(sl) && c.Seen.Seen() != n {
			panic(fmt.Sprintf("exec: the chain of %q looked at %d of %d elements", sl.value.Name, c.Seen.Seen(), n))
		}
		s.observeResult(sl, c.Out[0], &c.Seen)
	}
}

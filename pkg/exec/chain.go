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
		for i := k; i < len(p.steps) && len(links) < kernel.MaxChain && p.steps[i].link != nil && (i == k || p.follows(i)); i++ {
			links = append(links, p.steps[i].link)
		}
		for n := len(links); n > 1; n-- {
			if c := kernel.NewF32Chain(links[:n], chainMost); c != nil {
				p.steps[k].chain, p.steps[k].chained = c, n
				p.between = max(p.between, c.Scratch())
				k += n - 1
				break
			}
		}
	}
}

// follows reports whether step k alone reads the result of the one before, which is large.
func (p *plan) follows(k int) bool {
	last := p.steps[k-1].out[0]
	s := &p.slots[last]
	return p.steps[k].in[0] == last && s.uses == 1 && s.place == planned && s.static.DType.Bytes(s.static.Elements()) >= chainLeast
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

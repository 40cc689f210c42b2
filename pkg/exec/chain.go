package exec

import (
	"slices"

	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// A chain is a run of steps that are computed together, a few rows of each in turn, so that each finds its operands in the cache and the results' ranges are
// taken there. It computes the same as the steps one after the other: rows are computed in ascending order, each once.
type chain struct {
	first int // step
	links []link
	block int // rows of the first link that are computed at a time
}

// link is a step of a chain.
type link struct {
	rows  int // of the result
	ways  *op.Rows
	feeds []feed
	// sliced operands, by position, and the result, if the kernel is given parts of them
	sliced []int
}

// feed is an operand that an earlier link computes.
type feed struct{ link, operand int }

// chaining says what is chained, in bytes.
type chaining struct {
	value     int // steps are chained for the sake of a value of at least this size: smaller ones stay in the cache anyway
	block     int // how much of the largest result in a chain is computed at a time
	constants int // at most this much of a step, which is read again for every block
}

// chainSizes suit a second-level cache of 512 KB or more.
var chainSizes = chaining{value: 256 << 10, block: 128 << 10, constants: 128 << 10}

// chains finds the chains of a plan.
func (c *compiler) chains() {
	p := c.plan
	for k := 0; k < len(p.steps); {
		ch := &chain{first: k}
		for j := k; j < len(p.steps); j++ {
			l, ok := c.link(ch, &p.steps[j])
			if !ok {
				break
			}
			ch.links = append(ch.links, l)
		}
		if len(ch.links) < 2 {
			k++
			continue
		}
		ch.setBlock(p, c.chaining.block)
		p.steps[k].chain = ch
		k += len(ch.links)
	}
}

// link returns a step as the next link of a chain, and false if it can't be that or nothing is gained by it.
func (c *compiler) link(ch *chain, s *step) (link, bool) {
	p := c.plan
	if s.kernel == nil || s.op.Rows == nil || len(s.out) != 1 {
		return link{}, false
	}
	var in []*tensor.Tensor
	constants := 0
	for _, i := range s.in {
		if i < 0 {
			in = append(in, nil)
			continue
		}
		slot := &p.slots[i]
		if slot.static == nil || slot.place == variable || slot.place == dynamic {
			return link{}, false
		}
		if slot.place == constant {
			constants += len(slot.static.Data)
		}
		in = append(in, slot.static)
	}
	out := p.slots[s.out[0]].static
	axis := op.RowAxis(out.Shape)
	if constants > c.chaining.constants || axis < 0 || out.Elements() == 0 {
		return link{}, false
	}
	l := link{rows: out.Shape[axis], ways: s.op.Rows(s.node, in, []*tensor.Tensor{out})}
	if l.ways == nil {
		return link{}, false
	}
	large := len(ch.links) == 0
	for j, i := range s.in {
		if i < 0 {
			continue
		}
		from := slices.IndexFunc(p.steps[ch.first:ch.first+len(ch.links)], func(s step) bool { return s.out[0] == i })
		whole := true // whether the kernel is given the whole operand
		if l.ways.Sliced != nil && l.ways.Sliced(j) {
			a := op.RowAxis(in[j].Shape)
			whole = in[j].Elements() == 1 || len(in[j].Shape)-a != len(out.Shape)-axis || in[j].Shape[a] != l.rows
			if !whole {
				l.sliced = append(l.sliced, j)
			}
		}
		if from < 0 {
			continue
		}
		if whole && (l.ways.Sliced != nil || j != 0) {
			return link{}, false
		}
		l.feeds = append(l.feeds, feed{from, j})
		large = large || in[j].DType.Bytes(in[j].Elements()) >= c.chaining.value
	}
	return l, large && (len(ch.links) == 0 || len(l.feeds) > 0)
}

// setBlock chooses how many rows are computed at a time, for so many bytes of the largest result.
func (ch *chain) setBlock(p *plan, bytes int) {
	first := ch.links[0].rows
	row := 1 // bytes of the largest result for each row of the first
	for i := range ch.links {
		t := p.slots[p.steps[ch.first+i].out[0]].static
		row = max(row, t.DType.Bytes(t.Elements())/first)
	}
	grain := ch.links[0].ways.Grain
	ch.block = max(bytes/row/grain*grain, grain)
}

// ready returns how many rows of a link can be computed when done rows of the earlier ones are.
func (l *link) ready(done []int) int {
	n := l.rows
	for _, f := range l.feeds {
		if l.ways.Sliced != nil {
			n = min(n, done[f.link])
		} else {
			n = min(n, l.ways.Ready(done[f.link]))
		}
	}
	if n < l.rows {
		n -= n % l.ways.Grain
	}
	return n
}

// links is the memory of a chain in a frame.
type links struct {
	done  []int
	parts []op.Call // by link
}

// newLinks allocates the memory of a chain whose calls are given.
func newLinks(ch *chain, calls []op.Call) *links {
	m := &links{done: make([]int, len(ch.links)), parts: make([]op.Call, len(ch.links))}
	for i := range ch.links {
		l := &ch.links[i]
		call := &calls[ch.first+i]
		part := &m.parts[i]
		part.Node, part.In, part.Out = call.Node, slices.Clone(call.In), slices.Clone(call.Out)
		if l.ways.Sliced == nil {
			continue
		}
		for _, j := range l.sliced {
			part.In[j] = &tensor.Tensor{}
		}
		part.Out[0] = &tensor.Tensor{}
	}
	return m
}

// chain computes the steps of a chain.
func (s *Session) chain(f *frame, ch *chain) error {
	m := f.links[ch.first]
	for i := range ch.links {
		l, part := &ch.links[i], &m.parts[i]
		call, st := &f.calls[ch.first+i], &f.plan.steps[ch.first+i]
		for j, slot := range st.in {
			if slot >= 0 {
				call.In[j] = f.tensors[slot]
				if !slices.Contains(l.sliced, j) {
					part.In[j] = call.In[j]
				}
			}
		}
		s.look(&part.Seen, st)
		m.done[i] = 0
	}
	for m.done[0] < ch.links[0].rows {
		for i := range ch.links {
			l := &ch.links[i]
			from := m.done[i]
			to := l.ready(m.done)
			if i == 0 {
				to = min(from+ch.block, l.rows)
			}
			if to <= from {
				continue
			}
			if err := l.run(f, ch.first+i, &m.parts[i], from, to); err != nil {
				return nodeError(f.plan.steps[ch.first+i].index, f.plan.steps[ch.first+i].node, err)
			}
			m.done[i] = to
		}
	}
	if s.observer == nil {
		return nil
	}
	for i := range ch.links {
		st := &f.plan.steps[ch.first+i]
		s.observeResult(f.plan.slots[st.out[0]].value, f.tensors[st.out[0]], &m.parts[i].Seen)
	}
	return nil
}

// run computes some rows of a link.
func (l *link) run(f *frame, k int, part *op.Call, from, to int) error {
	if l.ways.Sliced == nil {
		part.From, part.To = from, to
		return f.plan.steps[k].kernel(part)
	}
	call := &f.calls[k]
	for _, j := range l.sliced {
		sliceRows(part.In[j], call.In[j], from, to)
	}
	sliceRows(part.Out[0], call.Out[0], from, to)
	return f.plan.steps[k].kernel(part)
}

// sliceRows makes dst the given rows of src.
func sliceRows(dst, src *tensor.Tensor, from, to int) {
	axis := op.RowAxis(src.Shape)
	row := len(src.Data) / src.Shape[axis]
	dst.DType = src.DType
	dst.Shape = append(dst.Shape[:0], src.Shape...)
	dst.Shape[axis] = to - from
	dst.Data = src.Data[from*row : to*row : to*row]
}

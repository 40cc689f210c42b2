package exec

import (
	"fmt"
	"unsafe"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// Observer sees each float32 activation right after it was computed: the inputs of a graph when it starts, the results of
// each node, also those in bodies of control flow each time they run, and what an operator lets see of its inside. t is valid during the call only; it is nil for
// what is inside an operator.
type Observer interface {
	Observe(v *ir.Value, t *tensor.Tensor, r quant.Range)
}

// Recorder takes statistics of what an Observer sees. It does not see what Program.Moved lists, since that follows from what it sees. Values are known by their
// positions among those of Program.Observed, graph after graph.
type Recorder interface {
	// Record adds the range of the n elements of a value that was just computed.
	Record(i int, r kernel.F32Range, n int)
	// Tally returns where the elements of a value are counted, nil if they are not. It is complete when the run has ended.
	Tally(i int) *kernel.F32Tally
}

// sees reports whether anybody wants to see a value.
func (s *Session) sees(sl *slot) bool {
	return sl.number >= 0 && (s.observer != nil || s.recorder != nil && !sl.moved)
}

// tell tells what was seen of the n elements of a value.
func (s *Session) tell(sl *slot, t *tensor.Tensor, r kernel.F32Range, n int) {
	if s.recorder != nil {
		s.recorder.Record(sl.number, r, n)
		return
	}
	s.observer.Observe(sl.value, t, quant.Range{Min: r.Min, Max: r.Max, Count: uint64(n), NaN: uint64(r.NaN), Inf: uint64(r.Inf)})
}

// look prepares what a step lets see of its result.
func (s *Session) look(seen *kernel.F32Scan, p *plan, st *step) {
	if len(st.out) != 1 {
		seen.Start(false)
		return
	}
	sl := &p.slots[st.out[0]]
	on := s.sees(sl)
	seen.Start(on)
	if on {
		s.count(seen, sl)
	}
}

// lookInside does so for what the operator lets see besides its result.
func (s *Session) lookInside(seen []kernel.F32Scan, p *plan, st *step) {
	for j, i := range st.inner {
		on := i >= 0 && s.sees(&p.slots[i])
		seen[j].Start(on)
		if on {
			s.count(&seen[j], &p.slots[i])
		}
	}
}

// observeInside hands on what a step let see besides its result.
func (s *Session) observeInside(seen []kernel.F32Scan, p *plan, st *step) {
	for j, i := range st.inner {
		if n := seen[j].Seen(); n > 0 {
			r, _ := seen[j].Range(n)
			s.tell(&p.slots[i], nil, r, n)
		}
	}
}

// count has what is looked at of a value counted, too, if that is wanted.
func (s *Session) count(seen *kernel.F32Scan, sl *slot) {
	if t := s.tally(sl); t != nil {
		seen.Count(&s.counter, t)
	}
}

// observe looks at a whole tensor.
func (s *Session) observe(sl *slot, t *tensor.Tensor) {
	if !s.sees(sl) {
		return
	}
	var scan kernel.F32Scan
	scan.Start(true)
	s.count(&scan, sl)
	x := tensor.View[float32](t)
	scan.Include(x)
	r, _ := scan.Range(len(x))
	s.tell(sl, t, r, len(x))
}

// observeKnown is observe for a tensor whose range is known.
func (s *Session) observeKnown(sl *slot, t *tensor.Tensor, r *knownRange) {
	if !s.sees(sl) {
		return
	}
	if tally := s.tally(sl); tally != nil && !r.stays {
		s.counter.Add(tally, tensor.View[float32](t))
	}
	s.tell(sl, t, r.F32Range, len(t.Data)/4) // of float32, which takes less time than multiplying a shape
}

// tally returns where a value is counted when it is seen, nil if it is not.
func (s *Session) tally(sl *slot) *kernel.F32Tally {
	if s.recorder == nil || sl.later {
		return nil
	}
	return s.recorder.Tally(sl.number)
}

// observeResult is observe for a result that the kernel may have looked at.
func (s *Session) observeResult(sl *slot, t *tensor.Tensor, seen *kernel.F32Scan) {
	if !s.sees(sl) {
		return
	}
	n := len(t.Data) / 4 // of float32, which takes less time than multiplying a shape
	r, ok := seen.Range(n)
	switch {
	case ok:
		s.tell(sl, t, r, n)
	case seen.Seen() > 0 && s.tally(sl) != nil: // what was counted can't be taken back
		panic(fmt.Sprintf("exec: the kernel of %q looked at %d of %d elements", sl.value.Name, seen.Seen(), n))
	default: // seen has it then, for those who read the result next
		seen.Start(true)
		s.count(seen, sl)
		seen.Include(tensor.View[float32](t))
		r, _ = seen.Range(n)
		s.tell(sl, t, r, n)
	}
}

// shift returns the distance from the start of b to the next aligned address.
func shift(b []byte) int {
	return int(-uintptr(unsafe.Pointer(&b[0])) % alignment)
}

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

// Recorder is an Observer of statistics. It does not see what Program.Moved lists, since that follows from what it sees.
type Recorder interface {
	Observer
	// Histogram returns where the elements of a value are counted, nil if they are not. The counts are complete when the run has ended.
	Histogram(v *ir.Value) *kernel.F32Histogram
}

// look prepares what a step lets see of its result.
func (s *Session) look(seen *kernel.F32Scan, st *step) {
	on := s.observer != nil && len(st.out) == 1
	if !on || s.recorder == nil {
		seen.Start(on)
		return
	}
	v := st.node.Outputs[0]
	seen.Start(!s.skips(v))
	s.count(seen, v)
}

// lookInside does so for what the operator lets see besides its result.
func (s *Session) lookInside(seen []kernel.F32Scan, st *step) {
	for i, v := range st.inner {
		if on := s.observer != nil && v != nil && v.Type.DType == tensor.Float32; on {
			seen[i].Start(true)
			s.count(&seen[i], v)
		} else {
			seen[i].Start(false)
		}
	}
}

// observeInside hands on what a step let see besides its result.
func (s *Session) observeInside(seen []kernel.F32Scan, st *step) {
	for i, v := range st.inner {
		if n := seen[i].Seen(); n > 0 {
			r, _ := seen[i].Range(n)
			s.observer.Observe(v, nil, asRange(r, n))
		}
	}
}

// count has what is looked at of a value counted, too, if the observer wants that.
func (s *Session) count(seen *kernel.F32Scan, v *ir.Value) {
	if s.recorder == nil {
		return
	}
	if h := s.recorder.Histogram(v); h != nil {
		seen.Count(&s.counter, h)
	}
}

// skips reports whether the observer does not want to see a value.
func (s *Session) skips(v *ir.Value) bool { return s.recorder != nil && s.program.moved[v] != nil }

// observe looks at a whole tensor.
func (s *Session) observe(v *ir.Value, t *tensor.Tensor) {
	if s.observer == nil || t.DType != tensor.Float32 || s.skips(v) {
		return
	}
	var scan kernel.F32Scan
	scan.Start(true)
	s.count(&scan, v)
	x := tensor.View[float32](t)
	scan.Include(x)
	r, _ := scan.Range(len(x))
	s.observer.Observe(v, t, asRange(r, len(x)))
}

// observeFolded is observe for a constant whose range is known.
func (s *Session) observeFolded(v *ir.Value, t *tensor.Tensor, r quant.Range) {
	if s.recorder != nil && s.recorder.Histogram(v) != nil {
		s.observe(v, t)
		return
	}
	s.observer.Observe(v, t, r)
}

// observeResult is observe for a result that the kernel may have looked at.
func (s *Session) observeResult(v *ir.Value, t *tensor.Tensor, seen *kernel.F32Scan) {
	n := t.Elements()
	r, ok := seen.Range(n)
	switch {
	case ok && t.DType == tensor.Float32:
		s.observer.Observe(v, t, asRange(r, n))
	case seen.Seen() > 0 && s.recorder != nil && s.recorder.Histogram(v) != nil: // what was counted can't be taken back
		panic(fmt.Sprintf("exec: the kernel of %q looked at %d of %d elements", v.Name, seen.Seen(), n))
	default:
		s.observe(v, t)
	}
}

// rangeOf scans a float32 tensor.
func rangeOf(t *tensor.Tensor) quant.Range {
	x := tensor.View[float32](t)
	return asRange(kernel.F32MinMax(x), len(x))
}

// asRange returns the range of n elements.
func asRange(r kernel.F32Range, n int) quant.Range {
	return quant.Range{Min: r.Min, Max: r.Max, Count: uint64(n), NaN: uint64(r.NaN), Inf: uint64(r.Inf)}
}

// shift returns the distance from the start of b to the next aligned address.
func shift(b []byte) int {
	return int(-uintptr(unsafe.Pointer(&b[0])) % alignment)
}

package exec

import (
	"unsafe"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

func (s *Session) observe(v *ir.Value, t *tensor.Tensor) {
	if s.observer != nil && t.DType == tensor.Float32 {
		s.observer.Observe(v, t, rangeOf(t))
	}
}

// observeResult is observe for a result whose range the kernel may have found.
func (s *Session) observeResult(v *ir.Value, t *tensor.Tensor, seen *kernel.F32Scan) {
	if r, ok := seen.Range(t.Elements()); ok && t.DType == tensor.Float32 {
		s.observer.Observe(v, t, asRange(r, t))
		return
	}
	s.observe(v, t)
}

// rangeOf scans a float32 tensor.
func rangeOf(t *tensor.Tensor) quant.Range {
	return asRange(kernel.F32MinMax(tensor.View[float32](t)), t)
}

func asRange(r kernel.F32Range, t *tensor.Tensor) quant.Range {
	return quant.Range{Min: r.Min, Max: r.Max, Count: uint64(t.Elements()), NaN: uint64(r.NaN), Inf: uint64(r.Inf)}
}

// shift returns the distance from the start of b to the next aligned address.
func shift(b []byte) int {
	return int(-uintptr(unsafe.Pointer(&b[0])) % alignment)
}

package kernel

import "math"

// F32Scan is the range of a result, put together from its parts while they are in the cache. Kernels that take one include every element once, or none: what
// F32MinMax would find of the whole. The zero value, and nil, look at nothing.
type F32Scan struct {
	on    bool
	n     int // elements seen
	found F32Range
}

// Start forgets what was seen. If on is false, nothing will be.
func (s *F32Scan) Start(on bool) {
	*s = F32Scan{on: on, found: F32Range{Min: float32(math.Inf(1)), Max: float32(math.Inf(-1))}}
}

// On reports whether parts are looked at.
func (s *F32Scan) On() bool { return s != nil && s.on }

// Include looks at a part.
func (s *F32Scan) Include(x []float32) {
	if !s.On() {
		return
	}
	r := F32MinMax(x)
	s.n += len(x)
	s.found.Min, s.found.Max = min(s.found.Min, r.Min), max(s.found.Max, r.Max)
	s.found.NaN += r.NaN
	s.found.Inf += r.Inf
}

// Range returns the range of a result of n elements, and false if the kernel did not look at it.
func (s *F32Scan) Range(n int) (F32Range, bool) { return s.found, s.On() && s.n == n }

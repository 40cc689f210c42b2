package kernel

// F32Scan is the range of a result, and if it is wanted its histogram, put together from its parts while they are in the cache. Kernels that take one include every
// element once, or none: what F32MinMax would find of the whole. The zero value, and nil, look at nothing.
type F32Scan struct {
	on    bool
	n     int // elements seen
	found F32Range
	by    *F32Counter
	into  *F32Tally
}

// Start forgets what was seen. If on is false, nothing will be.
func (s *F32Scan) Start(on bool) {
	s.on, s.n, s.found = on, 0, emptyRange
	if s.into != nil { // no pointer is written in vain, which costs more than the rest
		s.by, s.into = nil, nil
	}
}

// Count has what is included from now on counted, too. The tally is complete after the counter's Flush.
func (s *F32Scan) Count(by *F32Counter, into *F32Tally) { s.by, s.into = by, into }

// On reports whether parts are looked at.
func (s *F32Scan) On() bool { return s != nil && s.on }

// Include looks at a part.
func (s *F32Scan) Include(x []float32) {
	if !s.On() {
		return
	}
	s.n += len(x)
	if s.into == nil {
		s.found.merge(F32MinMax(x))
		return
	}
	s.found.merge(s.by.add(s.into, x))
}

// add takes over what was found in n elements.
func (s *F32Scan) add(n int, r F32Range) {
	s.n += n
	s.found.merge(r)
}

// Range returns the range of a result of n elements, and false if the kernel did not look at it.
func (s *F32Scan) Range(n int) (F32Range, bool) { return s.found, s.On() && s.n == n }

// Seen returns how many elements were included.
func (s *F32Scan) Seen() int { return s.n }

// counts reports whether what is included is counted.
func (s *F32Scan) counts() bool { return s.On() && s.into != nil }

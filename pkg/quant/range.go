package quant

import "math"

// Range is what was seen of a float tensor's elements: the smallest and largest value, and counts.
//
// NaNs take no part in Min and Max, infinities do. The ends carry no negative zero. With no element that is a number, Min is
// +Inf and Max is -Inf, which is the empty range: the neutral element of Merge.
type Range struct {
	Min, Max float32
	Count    uint64 // elements, NaNs and infinities included
	NaN, Inf uint64 // how many of them were NaN, or infinite
}

// EmptyRange returns the range of nothing.
func EmptyRange() Range {
	return Range{Min: float32(math.Inf(1)), Max: float32(math.Inf(-1))}
}

// Empty reports whether no number was seen.
func (r Range) Empty() bool { return r.Min > r.Max }

// Merge returns the range of both. It is commutative and associative, and exact.
func (r Range) Merge(s Range) Range {
	return Range{
		Min: min(r.Min, s.Min) + 0, Max: max(r.Max, s.Max) + 0,
		Count: r.Count + s.Count, NaN: r.NaN + s.NaN, Inf: r.Inf + s.Inf,
	}
}

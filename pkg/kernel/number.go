package kernel

import "unsafe"

// Integer is the set of integer element types.
type Integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Float is the set of floating-point element types that Go has.
type Float interface{ ~float32 | ~float64 }

// Number is the set of real element types.
type Number interface{ Integer | Float }

// limits returns the least and the greatest value of an integer type.
func limits[T Integer]() (lo, hi T) {
	var zero T
	lo = ^zero
	if lo > 0 {
		return 0, lo
	}
	lo = T(1) << (8*unsafe.Sizeof(zero) - 1)
	return lo, ^lo
}

package kernel

// Convert converts numbers: integers to narrower integers wrap, and what goes to a float type is rounded to the nearest, ties to even.
// Floats go to integers by FloatToInt instead.
func Convert[D, S Number](dst []D, src []S) {
	for i, x := range src[:len(dst)] {
		dst[i] = D(x)
	}
}

// FloatToInt rounds towards zero and limits the result to its type's range; a NaN gives the type's greatest value.
func FloatToInt[D Integer, S Float](dst []D, src []S) {
	least, most := limits[D]()
	// The first number beyond the range is a power of two, and thus exact where the greatest integer is not.
	lo, beyond := S(least), 2*S(most/2+1)
	for i, x := range src[:len(dst)] {
		switch {
		case x < lo:
			dst[i] = least
		case x < beyond:
			dst[i] = D(x)
		default:
			dst[i] = most
		}
	}
}

// ToBool stores whether src is not zero; a NaN is not.
func ToBool[S comparable](dst []bool, src []S) {
	var zero S
	for i, x := range src[:len(dst)] {
		dst[i] = x != zero
	}
}

// FromBool stores 1 for true and 0 for false.
func FromBool[D Number](dst []D, src []bool) {
	for i, x := range src[:len(dst)] {
		dst[i] = 0
		if x {
			dst[i] = 1
		}
	}
}

package kernel

// S8Compare compares int8 numbers with parameters of their own: as in TFLite, operands less their zero points and times 2^8 are rescaled by their scales.
type S8Compare struct {
	x, y [256]int32
	test func(x, y int32) bool
}

// NewS8Compare prepares a comparison. x and y are the operands' scales.
func NewS8Compare(xZero, yZero int32, x, y Multiplier, test func(x, y int32) bool) *S8Compare {
	c := &S8Compare{test: test}
	for i := range c.x {
		q := int32(i) - 128
		c.x[i], c.y[i] = x.Rescale((q-xZero)<<8), y.Rescale((q-yZero)<<8)
	}
	return c
}

// Row is a Row.
func (c *S8Compare) Row(dst []bool, a, b []int8) {
	stretch(dst, a, b, func(x, y int8) bool { return c.test(c.x[int(x)+128], c.y[int(y)+128]) })
}

package kernel

import "math"

// sigmoid16 holds 2^16 times the logistic function of i/24, each raised by half of what the straight line to the next element is below the function in the middle. The last
// element is the function's limit.
var sigmoid16 = func() (t [256]int32) {
	f := func(i float64) float64 { return 65536 / (1 + exp64(-i/24)) }
	for i := range t {
		x := float64(i)
		t[i] = int32(math.Round(f(x) - float64((float64((f(x)+f(x+1))/2)-f(x+0.5))/2)))
	}
	t[255] = math.MaxUint16
	return t
}()

// S16Sigmoid are LOGISTIC and TANH of int16 with results of scale 1/32768, as TFLite computes them: the operand times Multiplier, over 2^Shift, is in
// units of 1/12288.
type S16Sigmoid struct {
	Multiplier int32
	Shift      int // in [0, 31]
}

// scaled returns the operand in units of 1/12288; products wrap.
func (s *S16Sigmoid) scaled(q int16) int32 {
	half := int32(0)
	if s.Shift > 0 {
		half = 1 << (s.Shift - 1)
	}
	return (int32(q)*s.Multiplier + half) >> s.Shift
}

// line returns 2^(16+bits) times the logistic function of x/24 · 2^-bits, on straight lines between the table's elements, and limit beyond them.
func line(x uint32, bits int, limit int32) int32 {
	i := x >> bits
	if i >= 255 {
		return limit
	}
	rest := int32(x & (1<<bits - 1))
	return sigmoid16[i]<<bits + rest*(sigmoid16[i+1]-sigmoid16[i])
}

// Logistic stores the logistic function of src in dst, which may be src.
func (s *S16Sigmoid) Logistic(dst, src []int16) {
	for i, q := range src[:len(dst)] {
		x := s.scaled(q)
		y := line(uint32(max(x, -x)), 9, math.MaxInt16<<10)
		if x < 0 {
			y = 1<<25 - y - 1
		}
		dst[i] = int16((y + 1<<9) >> 10)
	}
}

// Tanh stores the hyperbolic tangent of src, 2·logistic(2x) - 1, in dst, which may be src.
func (s *S16Sigmoid) Tanh(dst, src []int16) {
	for i, q := range src[:len(dst)] {
		x := s.scaled(q)
		y := line(uint32(max(x, -x)), 8, math.MaxUint16<<8) - 1<<23
		if x < 0 {
			y = -y - 1
		}
		dst[i] = int16((y + 1<<7) >> 8)
	}
}

package kernel

import "math"

// S16Table is a function of one int16: element 256 + i belongs to 128·i, and between two elements lies a straight line.
type S16Table [513]int16

// Apply stores the function of every element of src in dst, which may be src.
func (t *S16Table) Apply(dst, src []int16) {
	for i, q := range src[:len(dst)] {
		dst[i] = t.at(q)
	}
}

func (t *S16Table) at(q int16) int16 {
	i := int(q)>>7 + 256
	slope := int32(t[i+1] - t[i]) // wraps
	return t[i] + int16((slope*int32(q&127)+64)>>7)
}

// NewS16Table returns the table of a function of real numbers, for operands and results of the given scales and zero point 0, computed in float32 as TFLite's kernels do: elements are moved by half
// of what the straight line is off in the middle. Halves are rounded away from zero. A NaN becomes 0.
func NewS16Table(f func(float32) float32, in, out float32) *S16Table {
	least, most := float32(in*math.MinInt16), float32(in*math.MaxInt16)
	step := float32((most - least) / 512)
	inverse := 65536 / (float32(out*math.MaxInt16) - float32(out*math.MinInt16))
	t := new(S16Table)
	for i := range t[:512] {
		x := least + float32(float32(i)*step)
		here := round32(f(x) * inverse)
		next := float32(f(least+float32(float32(i+1)*step)) * inverse)
		line := round32((next + here) / 2)
		middle := round32(f(x+float32(step/2)) * inverse)
		t[i] = limit16(here - round32((line-middle)/2))
	}
	t[512] = limit16(round32(f(most) * inverse))
	return t
}

// round32 rounds halves away from zero.
func round32(x float32) float32 { return float32(math.Round(float64(x))) }

func limit16(x float32) int16 {
	if x != x {
		return 0
	}
	return int16(min(max(x, math.MinInt16), math.MaxInt16))
}

// newS16Curve is NewS16Table in float64, of a function over [from, from+width] with results in [-1, 1].
func newS16Curve(f func(float64) float64, from, width float64) *S16Table {
	const inverse = 65536.0 / 2
	t := new(S16Table)
	step := width / 512
	for i := range t[:512] {
		x := from + float64(float64(i)*step)
		here := math.Round(f(x) * inverse)
		line := math.Round((float64(f(from+float64(float64(i+1)*step))*inverse) + here) / 2)
		middle := math.Round(f(x+float64(step/2)) * inverse)
		t[i] = limit16(float32(here - math.Round((line-middle)/2)))
	}
	t[512] = limit16(float32(math.Round(f(from+width) * inverse)))
	return t
}

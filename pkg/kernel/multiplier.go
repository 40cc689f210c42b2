package kernel

// Multiplier is a factor of integers in fixed point, m * 2^(shift-31), made ready for use. It must not be negative.
type Multiplier struct {
	m           int64
	left, right uint8
	half        int64 // 2^right / 2
	less        int64 // all bits where a negative number's half is rounded away from zero
}

// NewMultiplier returns the factor m * 2^(shift-31), with a shift of 31 at most; below -31 it is 0.
func NewMultiplier(m int32, shift int) Multiplier {
	if shift < -31 {
		return Multiplier{}
	}
	r := Multiplier{m: int64(m), left: uint8(max(shift, 0)), right: uint8(max(-shift, 0))}
	if r.right > 0 {
		r.half, r.less = 1<<(r.right-1), -1
	}
	return r
}

// Rescale returns what the function Rescale does, without a branch.
func (m *Multiplier) Rescale(x int32) int32 {
	y := (int64(x<<(m.left&31))*m.m + 1<<30) >> 31
	return int32((y + m.half + y>>63&m.less) >> (m.right & 31))
}

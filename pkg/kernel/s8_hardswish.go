package kernel

import "math"

// S8HardSwish is HARD_SWISH of int8 numbers in the 16 bits of TFLite's reference kernel.
type S8HardSwish struct {
	In, Out                  S8Affine
	OutFactor, ReluishFactor int16 // Q0: of x·2^7 to the result's scale, shifted, and to thirds of 2^15
	OutShift, ReluishShift   int   // the powers of two that belong to them; OutShift is not positive
}

// Table returns the table of the operator.
func (h *S8HardSwish) Table() *S8Table {
	return NewS8Table(func(q int32) int32 {
		x := saturate16((q - h.In.Zero) * 128)
		y := highMul16(x, h.OutFactor)
		r := x // becomes x/3 + 1, over 2, limited to [0, 1]
		if h.ReluishShift > 0 {
			r = saturate16(shiftUp32(int32(r), min(h.ReluishShift-1, 16)))
		}
		r = highMul16(r, h.ReluishFactor)
		if h.ReluishShift > 0 {
			r = saturate16(int32(r) * 2)
		} else {
			r = int16(ShiftRound(int32(r), min(-h.ReluishShift, 31)))
		}
		r = int16((int32(r) + 1<<15) >> 1)
		product := int16(int32(r) * int32(y) / (1 << 15))
		return ShiftRound(int32(product), min(-h.OutShift, 31)) + h.Out.Zero
	}, -128, 127)
}

func saturate16(x int32) int16 { return int16(min(max(x, math.MinInt16), math.MaxInt16)) }

// highMul16 is HighMul in 16 bits.
func highMul16(a, b int16) int16 {
	if a == b && a == math.MinInt16 {
		return math.MaxInt16
	}
	return int16((int32(a)*int32(b) + 1<<14) >> 15)
}

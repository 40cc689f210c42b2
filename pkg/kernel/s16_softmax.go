package kernel

import (
	"math"
	"math/bits"
)

// The tables of a softmax: e^x over [-10, 0], and 1/(1+x) over [0, 1].
var (
	exp16     = newS16Curve(exp64, -10, 10)
	inverse16 = newS16Curve(func(x float64) float64 { return 1 / (1 + x) }, 0, 1)
)

// S16Softmax stores the softmax of each row of n int16 of src in dst, of scale 1/32768, as TFLite's kernel computes it. scale is the operand's scale times beta times 65535/10.
func S16Softmax(dst, src []int16, n int, scale Multiplier) {
	for at := 0; at+n <= len(src) && n > 0; at += n {
		row, out := src[at:at+n], dst[at:at+n]
		most := int32(math.MinInt16)
		for _, q := range row {
			most = max(most, int32(q))
		}
		sum := int32(0)
		for i, q := range row {
			out[i] = exp16.at(saturate16(scale.Rescale(int32(q)-most) + math.MaxInt16))
			sum += int32(out[i])
		}
		zeros := bits.LeadingZeros32(uint32(sum))
		whole := int32((int64(sum)<<(zeros-1) + 1<<13) >> 14) // in [1, 2) with 16 bits behind the point
		inverse := int32(inverse16.at(saturate16(whole - 1<<15 - 1<<16)))
		right := 31 - zeros
		for i, e := range out {
			out[i] = int16(min(max((int32(e)*inverse+1<<(right-1))>>right, 0), math.MaxInt16))
		}
	}
}

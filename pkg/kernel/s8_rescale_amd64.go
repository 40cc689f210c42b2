//go:build amd64 && !purego

package kernel

import "unsafe"

// run computes a call, with factors or with multipliers of columns that are small or not.
func (c *s8RescaleCall) run(factors, small bool) {
	call := (*byte)(unsafe.Pointer(c))
	switch {
	case factors && useAVX512:
		s8ScaleAVX512(call)
	case factors:
		s8ScaleAVX2(call)
	case small && useAVX512:
		s8RescaleSmallAVX512(call)
	case small && c.lo >= c.zero:
		s8RescaleAboveAVX2(call)
	case small:
		s8RescaleSmallAVX2(call)
	case useAVX512:
		s8RescaleAVX512(call)
	default:
		s8RescaleAVX2(call)
	}
}

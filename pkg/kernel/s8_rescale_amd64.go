//go:build amd64 && !purego

package kernel

import "unsafe"

// run computes a call with numbers that belong to l.
func (c *s8RescaleCall) run(l *s8Lanes) {
	call := (*byte)(unsafe.Pointer(c))
	switch {
	case l.factor != nil && useAVX512:
		s8ScaleAVX512(call)
	case l.factor != nil:
		s8ScaleAVX2(call)
	case l.small && useAVX512:
		s8RescaleSmallAVX512(call)
	case l.small:
		s8RescaleSmallAVX2(call)
	case useAVX512:
		s8RescaleAVX512(call)
	default:
		s8RescaleAVX2(call)
	}
}

//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// add takes the first pairs into the sums and returns how many: none if one of them is no finite number, which shows in the squares of differences. These are far from float64's limits.
func (s *distances) add(x, y []float32) int {
	n := wholeLanes(len(x))
	if n == 0 {
		return 0
	}
	distanceAsm(&x[0], &y[0], n, (*byte)(unsafe.Pointer(s)))
	if f := s.noise.fold(); f-f != 0 {
		*s = distances{}
		return 0
	}
	return n
}

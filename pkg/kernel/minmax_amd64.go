//go:build amd64 && !purego

package kernel

// minMaxWide is the least number of elements that the AVX-512 variant looks at: fewer take it no less time.
const minMaxWide = 64

// minMax is what f32MinMax needs of at least minMaxLeast elements.
func minMax(x []float32) (lo, hi float32, nan uint32) {
	if useAVX512 && len(x) >= minMaxWide {
		return minMaxAVX512(&x[0], len(x))
	}
	return minMaxAsm(&x[0], len(x))
}

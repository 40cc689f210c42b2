//go:build (amd64 || arm64) && !purego

package kernel

// minMaxLeast is the least number of elements that the variant looks at.
const minMaxLeast = 8

func f32MinMax(x []float32) (lo, hi float32, nan bool) {
	if !variants() || len(x) < minMaxLeast {
		return f32MinMaxGeneric(x)
	}
	lo, hi, bits := minMaxAsm(&x[0], len(x))
	return lo, hi, bits != 0
}

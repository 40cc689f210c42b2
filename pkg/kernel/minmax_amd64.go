//go:build amd64 && !purego

package kernel

// minMaxLeast is the least number of elements that the variant looks at.
const minMaxLeast = 8

func f32MinMax(x []float32) (lo, hi float32, nan bool) {
	if !useAVX2 || len(x) < minMaxLeast {
		return f32MinMaxGeneric(x)
	}
	lo, hi, bits := minMaxAVX2(&x[0], len(x))
	return lo, hi, bits != 0
}

package kernel

// rowCode names a Row on float32 that has a variant.
type rowCode uint8

const (
	addRow rowCode = iota
	subRow
	mulRow
	divRow
	maximumRow
	minimumRow
	preluRow
)

// vectorRow computes the first elements of a run by a variant, and returns what remains of the run, an operand of length 1 as it is.
func vectorRow[T Number](code rowCode, dst, a, b []T) (restDst, restA, restB []T) {
	d, ok := any(dst).([]float32)
	if !ok {
		return dst, a, b
	}
	n := f32Row(code, d, any(a).([]float32), any(b).([]float32))
	if n == 0 {
		return dst, a, b
	}
	dst = dst[n:]
	if len(a) > 1 {
		a = a[n:]
	}
	if len(b) > 1 {
		b = b[n:]
	}
	return dst, a, b
}

// vectorClamp limits the first elements of src by a variant, and returns how many.
func vectorClamp[T Number](dst, src []T, lo, hi T) int {
	d, ok := any(dst).([]float32)
	if !ok {
		return 0
	}
	return f32Clamp(d, any(src).([]float32), &[2]float32{float32(lo), float32(hi)})
}

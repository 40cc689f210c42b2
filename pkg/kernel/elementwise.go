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

// vectorRow computes a Row on float32 by a variant. It reports whether there is one.
func vectorRow[T Number](code rowCode, dst, a, b []T) bool {
	d, ok := any(dst).([]float32)
	return ok && f32Row(code, d, any(a).([]float32), any(b).([]float32))
}

// unaryCode names a function of a slice of float32 that has a variant.
type unaryCode uint8

const (
	absUnary unaryCode = iota
	negUnary
	signUnary
	floorUnary
	ceilUnary
	roundUnary
	sqrtUnary
	rsqrtUnary
)

// vectorUnary computes the first elements of src by a variant, and returns how many.
func vectorUnary[T Number](code unaryCode, dst, src []T) int {
	d, ok := any(dst).([]float32)
	if !ok {
		return 0
	}
	return f32Unary(code, d, any(src).([]float32))
}

// vectorClamp limits the first elements of src by a variant, and returns how many.
func vectorClamp[T Number](dst, src []T, lo, hi T) int {
	d, ok := any(dst).([]float32)
	if !ok {
		return 0
	}
	return f32Clamp(d, any(src).([]float32), &[2]float32{float32(lo), float32(hi)})
}

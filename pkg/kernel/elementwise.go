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
	equalRow
	notEqualRow
	lessRow
	lessEqualRow
)

// vectorRow computes a Row on float32 by a variant. It reports whether there is one.
func vectorRow[T Number](code rowCode, dst, a, b []T) bool {
	d, ok := any(dst).([]float32)
	return ok && f32Row(code, d, any(a).([]float32), any(b).([]float32))
}

// vectorTest is vectorRow for comparisons.
func vectorTest[T comparable](code rowCode, dst []bool, a, b []T) bool {
	x, ok := any(a).([]float32)
	return ok && f32Test(code, dst, x, any(b).([]float32))
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
	clampUnary     // to parameters
	leakyReluUnary // with the first parameter
	hardSwishUnary
)

// vectorUnary computes a function of src, which may have parameters, by a variant. It reports whether there is one.
func vectorUnary[T Number](code unaryCode, dst, src []T, parameters ...T) bool {
	d, ok := any(dst).([]float32)
	if !ok {
		return false
	}
	var p [2]float32
	copy(p[:], any(parameters).([]float32))
	return f32Unary(code, d, any(src).([]float32), &p)
}

package kernel

// curve is a function of one number that variants compute by vectors.
type curve uint8

const (
	expCurve curve = iota
	logisticCurve
	tanhCurve
	eluCurve
	geluCurve
	geluTanhCurve
	logCurve
)

// mapCurve is F32Map over a function, by a variant if there is one.
func mapCurve(c curve, dst, src []float32, f func(float32) float32) {
	if !vectorCurve(c, dst, src) {
		F32Map(dst, src, f)
	}
}

// F32MapExp is F32Map over F32Exp.
func F32MapExp(dst, src []float32) { mapCurve(expCurve, dst, src, F32Exp) }

// F32MapLogistic is F32Map over F32Logistic.
func F32MapLogistic(dst, src []float32) { mapCurve(logisticCurve, dst, src, F32Logistic) }

// F32MapTanh is F32Map over F32Tanh.
func F32MapTanh(dst, src []float32) { mapCurve(tanhCurve, dst, src, F32Tanh) }

// F32MapLog is F32Map over F32Log.
func F32MapLog(dst, src []float32) { mapCurve(logCurve, dst, src, F32Log) }

// F32Elu computes x where x >= 0, else e^x - 1.
func F32Elu(dst, src []float32) { mapCurve(eluCurve, dst, src, elu) }

// F32Gelu computes x times the normal distribution's share below x, the exact form of GELU. A result of -Inf is -0.
func F32Gelu(dst, src []float32) { mapCurve(geluCurve, dst, src, gelu) }

// F32GeluTanh computes x/2 * (1 + tanh(√(2/π) * (x + 0.044715x³))), the approximate form of GELU. A result of -Inf is -0.
func F32GeluTanh(dst, src []float32) { mapCurve(geluTanhCurve, dst, src, geluTanh) }

package kernel

// F32MapExp is F32Map over F32Exp.
func F32MapExp(dst, src []float32) {
	n := mapExp(dst, src)
	F32Map(dst[n:], src[n:], F32Exp)
}

// F32MapLogistic is F32Map over F32Logistic.
func F32MapLogistic(dst, src []float32) {
	n := mapLogistic(dst, src)
	F32Map(dst[n:], src[n:], F32Logistic)
}

// F32MapTanh is F32Map over F32Tanh.
func F32MapTanh(dst, src []float32) {
	n := mapTanh(dst, src)
	F32Map(dst[n:], src[n:], F32Tanh)
}

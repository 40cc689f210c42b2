package kernel

// mad returns a·b + c with both roundings: the conversion keeps the compiler from fusing them where the processor could.
func mad(a, b, c float64) float64 { return float64(a*b) + c }

// horner evaluates c[0] + x·(c[1] + x·(c[2] + …)).
func horner(x float64, c []float64) float64 {
	s := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		s = mad(s, x, c[i])
	}
	return s
}

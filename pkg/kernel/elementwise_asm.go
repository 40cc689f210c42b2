//go:build (amd64 || arm64) && !purego

package kernel

// mapStep is the number of elements that a variant computes in a step.
const mapStep = 8

// mapped returns how many elements of dst variants compute.
func mapped(dst, src []float32) int {
	if !variants() {
		return 0
	}
	return len(src[:len(dst)]) &^ (mapStep - 1)
}

// f32Row computes as many elements of a run as variants do, and returns their number.
func f32Row(code rowCode, dst, a, b []float32) int {
	n := len(dst) &^ (mapStep - 1)
	if !variants() || n == 0 {
		return 0
	}
	const whole = 4 * mapStep
	var repeated [mapStep]float32
	pa, pb, aStep, bStep := &a[0], &b[0], whole, whole
	switch {
	case len(a) == len(b):
		_, _ = a[n-1], b[n-1]
	case len(b) == 1:
		_ = a[n-1]
		pb, bStep = repeat(&repeated, b[0]), 0
	default:
		_ = b[n-1]
		pa, aStep = repeat(&repeated, a[0]), 0
	}
	switch code {
	case addRow:
		addAsm(&dst[0], pa, pb, aStep, bStep, n)
	case subRow:
		subAsm(&dst[0], pa, pb, aStep, bStep, n)
	case mulRow:
		mulAsm(&dst[0], pa, pb, aStep, bStep, n)
	case divRow:
		divAsm(&dst[0], pa, pb, aStep, bStep, n)
	case maximumRow:
		maximumAsm(&dst[0], pa, pb, aStep, bStep, n)
	case minimumRow:
		minimumAsm(&dst[0], pa, pb, aStep, bStep, n)
	case preluRow:
		preluAsm(&dst[0], pa, pb, aStep, bStep, n)
	}
	return n
}

// repeat fills a vector with x.
func repeat(vector *[mapStep]float32, x float32) *float32 {
	for i := range vector {
		vector[i] = x
	}
	return &vector[0]
}

func f32Clamp(dst, src []float32, bounds *[2]float32) int {
	n := mapped(dst, src)
	if n > 0 {
		clampAsm(&dst[0], &src[0], n, bounds)
	}
	return n
}

func f32HardSwish(dst, src []float32) int {
	n := mapped(dst, src)
	if n > 0 {
		hardSwishAsm(&dst[0], &src[0], n)
	}
	return n
}

func f32LeakyRelu(dst, src []float32, alpha float32) int {
	n := mapped(dst, src)
	if n > 0 {
		leakyReluAsm(&dst[0], &src[0], n, alpha)
	}
	return n
}

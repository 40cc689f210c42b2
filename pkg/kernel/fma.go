package kernel

import "math"

// fma32 returns x·y + z rounded once to float32, as the processor's fused multiply-add does.
//
// The product is exact in float64. Rounding the sum to float64 first does harm only where that lands in the middle between two
// float32: then what was lost decides. Such sums, and the few that are too small for the test, take the slow way.
func fma32(x, y, z float32) float32 {
	s := float64(float64(x)*float64(y)) + float64(z)
	if b := math.Float64bits(s); b<<35 == 1<<63 || b<<1 < 897<<53 {
		return fma32Odd(x, y, z)
	}
	return float32(s)
}

// fmaScaled adds v·x[i] to every acc[i] by fma32.
func fmaScaled(acc, x []float32, v float32) {
	a := float64(v)
	for i, w := range x[:len(acc)] {
		s := float64(a*float64(w)) + float64(acc[i])
		if b := math.Float64bits(s); b<<35 == 1<<63 || b<<1 < 897<<53 {
			acc[i] = fma32Odd(v, w, acc[i])
			continue
		}
		acc[i] = float32(s)
	}
}

// fmaProducts adds x[i]·y[i] to every acc[i] by fma32.
func fmaProducts(acc, x, y []float32) {
	x, y = x[:len(acc)], y[:len(acc)]
	for i, v := range x {
		s := float64(float64(v)*float64(y[i])) + float64(acc[i])
		if b := math.Float64bits(s); b<<35 == 1<<63 || b<<1 < 897<<53 {
			acc[i] = fma32Odd(v, y[i], acc[i])
			continue
		}
		acc[i] = float32(s)
	}
}

// fma32Odd is fma32 with the sum in float64 rounded to odd: what is not exact gets an odd last bit, which is no middle of anything.
func fma32Odd(x, y, z float32) float32 {
	p, c := float64(float64(x)*float64(y)), float64(z)
	s := p + c
	t := s - p
	lost := (p - (s - t)) + (c - t)
	b := math.Float64bits(s)
	if lost == 0 || lost != lost || b&1 != 0 {
		return float32(s)
	}
	if (lost > 0) == (s > 0) {
		b++
	} else {
		b--
	}
	return float32(math.Float64frombits(b))
}

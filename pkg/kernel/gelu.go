package kernel

// gelu returns x·Φ(x), Φ being the normal distribution's share below x, within 1.4 units in the last place; -0 for -Inf.
//
// With a = -|x| it is max(x, 0) + a·Φ(a). Φ(a) = e^(-a²/2)·n/d with d = c - a and a factor n that varies little: a polynomial of degree 10 in (-a - c)/d, with
// an error of 2^-28.2. What roundings lose is computed, too.
func gelu(x float32) float32 {
	if x != x {
		return x
	}
	const c, middle = 2.34375, 0x1.6523p-1
	a := max(-f32Abs(x), -14.4)
	half := float32(a * -0.5)
	z := float32(a * half)
	e, t := expParts(z, fma32(-a, half, z), 127+lift)

	d := c - a
	dLow := (c - d) - a
	q := a / d
	qLow := fma32(-q, dLow, fma32(-q, d, a)) * fma32(q, 1.0/c, 1.0/c) // the second factor is 1/d
	u := fma32(qLow, -2, fma32(q, -2, -1))
	g := fma32(-0x1.305e1p-14, u, -0x1.ef1d4cp-13)
	g = fma32(g, u, 0x1.e8eb4p-18)
	g = fma32(g, u, 0x1.41870cp-10)
	g = fma32(g, u, 0x1.b0056ap-10)
	g = fma32(g, u, -0x1.1ddf4cp-8)
	g = fma32(g, u, -0x1.b5d5bcp-7)
	g = fma32(g, u, 0x1.664182p-6)
	g = fma32(g, u, 0x1.982a18p-4)
	g = fma32(g, u, -0x1.9eaf7ep-2)
	n := fma32(u, g, middle)
	nLow := fma32(u, g, middle-n)
	y := float32(q * n)
	return geluTail(x, y, fma32(-q, nLow, fma32(-qLow, n, fma32(-q, n, y))), e, t)
}

// geluTanh returns x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), within 1.4 units in the last place; -0 for -Inf.
//
// With a = -|x| it is max(x, 0) + a·e^z / (1 + e^z), where z is twice the argument of the tangent for a.
func geluTanh(x float32) float32 {
	if x != x {
		return x
	}
	const linear, cubic = 1.5957691216057308, 0.071354816272600254 // z = linear·a + cubic·a³
	const short = 0x1.988p+0                                       // the upper bits of linear: g - short is exact
	const cube float32 = cubic
	const cubeLow float32 = cubic - 0x1.2444f2p-4
	a := max(-f32Abs(x), -10.8)
	w := float32(a * a)
	g := fma32(w, cube, short)
	gLow := fma32(w, cube, short-g) + (linear - short)
	gLow = fma32(w, cubeLow, gLow)
	gLow = fma32(-fma32(-a, a, w), cube, gLow)
	z := float32(a * g)
	e, t := expParts(z, fma32(-a, gLow, fma32(-a, g, z)), 127+lift)

	s := float32(pow2(t) * unlift)
	d := fma32(e, s, s+1)
	dLow := fma32(e, s, s-(d-1))
	v := 1 / d
	off := fma32(-dLow, v, fma32(-d, v, 1))
	y := float32(a * v)
	return geluTail(x, y, fma32(-y, off, fma32(-a, v, y)), e, t)
}

// geluTail returns max(x, 0) + (y - less)·2^k·(1 + e), where the lowest bits of t are k + 127 + lift.
func geluTail(x, y, less, e float32, t uint32) float32 {
	m := y - fma32(-e, y, less*(e+1))
	if x < 0 {
		x = 0
	}
	return fma32(m*pow2(t), unlift, x)
}

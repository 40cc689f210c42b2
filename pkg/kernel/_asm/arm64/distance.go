package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// distance writes the kernel that compares numbers with others. Its Go counterpart is F32Distance.
func distance(file *File) {
	f := file.Function("distanceAsm", "func(x, y *float32, n int, s *byte)",
		"distanceAsm takes n pairs, a positive multiple of 8, into the distances at s. What is no finite number among them makes sums of noise infinite or NaN, and all else arbitrary.")
	x, y, n, at := f.Loaded("x"), f.Loaded("y"), f.Loaded("n"), f.Loaded("s")
	sums := f.Vs(5 * lanes) // signal, power, dot, noise, deviation
	ends := f.Vs(4)         // the greatest error twice, the least and the greatest x
	state := append(append([]V{}, sums...), ends...)
	most, low, high := ends[:2], ends[2], ends[3]
	v, w, a, b, t := f.V(), f.V(), f.V(), f.V(), f.V()
	for i := 0; i < len(state); i += 2 {
		f.ReadPair(state[i], state[i+1], at, i*register)
	}
	times(f, "step", n, 2*lanes, func() {
		for half := range 2 {
			f.ReadNext(v, x)
			f.ReadNext(w, y)
			f.Do(FMIN.Of(S4, low, low, v), FMAX.Of(S4, high, high, v))
			for i, widen := range []func(d, n V) Instruction{FCVTL, FCVTL2} {
				f.Do(widen(a, v), widen(b, w))
				sum := func(k int) V { return sums[k*lanes+2*half+i] }
				for k, p := range [][2]V{{a, a}, {b, b}, {a, b}} {
					f.Do(FMUL.Of(D2, t, p[0], p[1]), FADD.Of(D2, sum(k), sum(k), t))
				}
				f.Do(
					FSUB.Of(D2, a, a, b),
					FMUL.Of(D2, t, a, a), FADD.Of(D2, sum(3), sum(3), t),
					FABS.Of(D2, a, a), FADD.Of(D2, sum(4), sum(4), a),
					FMAX.Of(D2, most[i], most[i], a),
				)
			}
		}
	})
	for i := 0; i < len(state); i += 2 {
		f.WritePair(state[i], state[i+1], at, i*register)
	}
	f.Return()
}

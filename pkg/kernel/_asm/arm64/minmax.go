package main

import . "github.com/octetlite/octet/pkg/kernel/_asm/neon"

// minMax writes the kernel that looks for extrema. Its Go counterpart is f32MinMaxGeneric.
func minMax(file *File) {
	const chains = 4 // registers for each extremum, so that comparisons don't wait for each other
	f := file.Function("minMaxAsm", "func(x *float32, n int, lo, hi *[4]float32)",
		"minMaxAsm lowers lo and raises hi to the extrema of every fourth element, and to NaN where there is one.",
		"n is a positive multiple of 16.")
	x, n, lo, hi := f.Loaded("x"), f.Loaded("n"), f.Loaded("lo"), f.Loaded("hi")
	least, most, v := f.Vs(chains), f.Vs(chains), f.Vs(chains)
	f.Read(least[0], lo, 0)
	f.Read(most[0], hi, 0)
	for i := 1; i < chains; i++ {
		f.Do(MOV(least[i], least[0]), MOV(most[i], most[0]))
	}
	times(f, "step", n, chains*lanes, func() {
		for i := 0; i < chains; i += 2 {
			f.ReadPairNext(v[i], v[i+1], x)
		}
		for i := range chains {
			f.Do(FMIN.Of(S4, least[i], least[i], v[i]), FMAX.Of(S4, most[i], most[i], v[i]))
		}
	})
	for i := 1; i < chains; i++ {
		f.Do(FMIN.Of(S4, least[0], least[0], least[i]), FMAX.Of(S4, most[0], most[0], most[i]))
	}
	f.Write(least[0], lo, 0)
	f.Write(most[0], hi, 0)
	f.Return()
}

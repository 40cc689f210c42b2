package kernel

import "math"

// Distance is how far numbers y are from numbers x. Pairs of which one is no finite number are in no sum.
//
// Sums are of exact terms rounded to float64 once, each added up in the order of F32Sum.
type Distance struct {
	Signal    float64 // Σ x²
	Power     float64 // Σ y²
	Dot       float64 // Σ x·y
	Noise     float64 // Σ (x-y)²
	Deviation float64 // Σ |x-y|
	Max       float64 // the greatest |x-y|
	Low       float64 // the least x and 0
	High      float64 // the greatest x and 0
	LeftOut   int     // pairs whose x is no finite number
	Broken    int     // those whose y is none, but whose x is
}

// F32Distance compares the elements of x with as many of y.
func F32Distance(x, y []float32) Distance {
	var s distances
	var d Distance
	y = y[:len(x)]
	for i := s.add(x, y); i < len(x); i++ {
		v, w := float64(x[i]), float64(y[i])
		if e := v - w; e-e == 0 {
			s.take(i&7, v, w, e)
		} else if v-v != 0 {
			d.LeftOut++
		} else {
			d.Broken++
		}
	}
	d.Signal, d.Power, d.Dot, d.Noise, d.Deviation = s.signal.fold(), s.power.fold(), s.dot.fold(), s.noise.fold(), s.deviation.fold()
	for i := range s.most {
		d.Max, d.Low, d.High = max(d.Max, s.most[i]), min(d.Low, float64(s.low[i])), max(d.High, float64(s.high[i]))
	}
	d.Low += 0 // never minus zero
	return d
}

// distances are a Distance on its way: sums by lane, and extrema of a part of the pairs each. Variants know where the fields lie.
type distances struct {
	signal, power, dot, noise, deviation lanes
	most                                 [4]float64
	low, high                            [4]float32
}

// take adds a pair of finite numbers, v and w, whose difference is e.
func (s *distances) take(lane int, v, w, e float64) {
	s.signal[lane] += float64(v * v)
	s.power[lane] += float64(w * w)
	s.dot[lane] += float64(v * w)
	s.noise[lane] += float64(e * e)
	e = math.Abs(e)
	s.deviation[lane] += e
	i := lane & 3
	s.most[i], s.low[i], s.high[i] = max(s.most[i], e), min(s.low[i], float32(v)), max(s.high[i], float32(v))
}

package kernel

// lanes are the partial sums of the project's order of adding up: number k is added to lane k mod 8, k ascending, in float64, and the lanes are
// folded as a tree. The order is part of the numerics contract.
type lanes [8]float64

func (s *lanes) fold() float64 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

// F32Sum returns the sum of x: the exact numbers added up in float64 in eight lanes.
func F32Sum(x []float32) float64 {
	var s lanes
	s.take(x)
	return s.fold()
}

// take adds numbers to the sums, the first one to lane 0.
func (s *lanes) take(x []float32) {
	x = x[s.add(x):]
	for ; len(x) >= 8; x = x[8:] {
		s[0] += float64(x[0])
		s[1] += float64(x[1])
		s[2] += float64(x[2])
		s[3] += float64(x[3])
		s[4] += float64(x[4])
		s[5] += float64(x[5])
		s[6] += float64(x[6])
		s[7] += float64(x[7])
	}
	for i, v := range x {
		s[i] += float64(v)
	}
}

// F32SumSquares returns the sum of the squares of x, each exact in float64, in the order of F32Sum.
func F32SumSquares(x []float32) float64 {
	var s lanes
	x = x[s.addSquares(x):]
	for ; len(x) >= 8; x = x[8:] {
		for i := range s {
			v := float64(x[i])
			s[i] += float64(v * v)
		}
	}
	for i, f := range x {
		v := float64(f)
		s[i] += float64(v * v)
	}
	return s.fold()
}

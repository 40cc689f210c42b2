package dataset

import "math/bits"

// generator yields the same numbers on every platform: integers by xoshiro256++ (Blackman and Vigna, 2019), seeded by SplitMix64, and floats that
// are made of them by exact or correctly rounded operations only.
type generator struct{ s [4]uint64 }

// newGenerator returns the generator that belongs to the keys, which are mixed in one after the other.
func newGenerator(keys ...uint64) *generator {
	var state uint64
	for _, k := range keys {
		state = splitMix(state ^ k)
	}
	g := &generator{}
	for i := range g.s {
		state += golden
		g.s[i] = splitMix(state)
	}
	return g
}

const golden = 0x9e3779b97f4a7c15

// splitMix is one step of SplitMix64: a bijection that spreads its input's bits.
func splitMix(z uint64) uint64 {
	z += golden
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (g *generator) next() uint64 {
	s := &g.s
	out := bits.RotateLeft64(s[0]+s[3], 23) + s[0]
	t := s[1] << 17
	s[2] ^= s[0]
	s[3] ^= s[1]
	s[1] ^= s[2]
	s[0] ^= s[3]
	s[2] ^= t
	s[3] = bits.RotateLeft64(s[3], 45)
	return out
}

// float returns a multiple of 2^-53 in [0, 1).
func (g *generator) float() float64 { return float64(float64(g.next()>>11) * (1.0 / (1 << 53))) }

// between returns an integer in [low, high], every one with the same probability.
func (g *generator) between(low, high int64) int64 {
	n := uint64(high-low) + 1
	if n == 0 {
		return int64(g.next())
	}
	for {
		hi, lo := bits.Mul64(g.next(), n)
		if lo >= n || lo >= -n%n { // otherwise hi would be one of those that come once too often
			return low + int64(hi)
		}
	}
}

// normal returns a number of the standard normal distribution. The method needs comparisons of uniform numbers only, no logarithm or
// exponential: C. F. F. Karney, "Sampling exactly from the normal distribution", ACM TOMS 42 (2016), algorithm N. It draws the integer part
// k with probability ∝ exp(-k²/2), the fraction x with ∝ exp(-x(2k+x)/2) given k, and a sign.
func (g *generator) normal() float64 {
	for {
		k := 0
		for g.halfDecay() {
			k++
		}
		if !g.repeat(k*(k-1), g.halfDecay) {
			continue
		}
		x := g.float()
		if !g.repeat(k+1, func() bool { return g.decay(x, (float64(2*k)+x)/float64(2*k+2)) }) {
			continue
		}
		y := float64(k) + x
		if g.next()>>63 == 1 {
			y = -y
		}
		return y
	}
}

// repeat reports whether n trials all succeed.
func (g *generator) repeat(n int, trial func() bool) bool {
	for range n {
		if !trial() {
			return false
		}
	}
	return true
}

// halfDecay is true with probability exp(-1/2).
func (g *generator) halfDecay() bool { return g.decay(0.5, 1) }

// decay is true with probability exp(-x*m), by von Neumann's method: the descending run x > u1 > u2 > … of uniform numbers, of which each
// is also kept with probability m only, has n members or more with probability (xm)^n / n!, and an even number with the alternating sum.
func (g *generator) decay(x, m float64) bool {
	even := true
	for {
		u := g.float()
		if u >= x || m < 1 && g.float() >= m {
			return even
		}
		x, even = u, !even
	}
}

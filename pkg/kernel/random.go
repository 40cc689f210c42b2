package kernel

import "math"

// Philox is the generator Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (2011): each count gives four numbers of
// 32 bits.
type Philox struct {
	Key   [2]uint32
	Count [4]uint32
}

// NewPhilox returns the generator for a pair of seeds as TFLite's and TensorFlow's random operators seed theirs.
func NewPhilox(seed, seed2 uint64) Philox {
	return Philox{
		Key:   [2]uint32{uint32(seed), uint32(seed >> 32)},
		Count: [4]uint32{2: uint32(seed2), 3: uint32(seed2 >> 32)},
	}
}

// Next returns four numbers, and moves on to the next count.
func (p *Philox) Next() [4]uint32 {
	x, k := p.Count, p.Key
	for range 10 {
		a, b := uint64(x[0])*0xd2511f53, uint64(x[2])*0xcd9e8d57
		x = [4]uint32{uint32(b>>32) ^ x[1] ^ k[0], uint32(b), uint32(a>>32) ^ x[3] ^ k[1], uint32(a)}
		k[0] += 0x9e3779b9
		k[1] += 0xbb67ae85
	}
	for i := range p.Count {
		if p.Count[i]++; p.Count[i] != 0 {
			break
		}
	}
	return x
}

// unit makes a number of [0, 1) of the low 23 bits.
func unit(x uint32) float32 { return math.Float32frombits(127<<23|x&(1<<23-1)) - 1 }

// F32Uniform stores numbers that are uniform in [0, 1).
func F32Uniform(dst []float32, p Philox) {
	for len(dst) > 0 {
		for _, x := range p.Next() {
			if len(dst) > 0 {
				dst[0], dst = unit(x), dst[1:]
			}
		}
	}
}

// F32Normal stores numbers of the standard normal distribution, in pairs by Box and Muller's method.
func F32Normal(dst []float32, p Philox) {
	for len(dst) > 0 {
		x := p.Next()
		for i := 0; i < len(x) && len(dst) > 0; i += 2 {
			angle := float32(2 * math.Pi * float64(unit(x[i+1])))
			radius := F32Sqrt(-2 * F32Log(max(unit(x[i]), 1e-7)))
			dst[0] = F32Sin(angle) * radius
			if len(dst) > 1 {
				dst[1] = F32Cos(angle) * radius
			}
			dst = dst[min(2, len(dst)):]
		}
	}
}

// Multinomial draws for each row of n logits as many classes as there is room for: class i with a probability in proportion to e^logit.
func Multinomial[I Index](dst []I, logits []float32, n, draws int, p Philox) {
	var word [4]uint32
	used := len(word)
	for ; len(dst) > 0 && draws > 0; dst, logits = dst[draws:], logits[n:] {
		row, most, total := logits[:n], float32(math.Inf(-1)), 0.0
		for _, x := range row {
			if x-x == 0 {
				most = max(most, x)
			}
		}
		weight := func(x float32) float64 {
			if d := float64(x) - float64(most); x-x == 0 && d > -600 {
				return exp64(d)
			}
			return 0
		}
		for _, x := range row {
			total += weight(x)
		}
		for i := range dst[:draws] {
			if used == len(word) {
				word, used = p.Next(), 0
			}
			left := total * (math.Float64frombits(1023<<52|uint64(word[used])<<32&(1<<52-1)|uint64(word[used+1])) - 1)
			used += 2
			class := 0
			for class < n-1 {
				if left -= weight(row[class]); left < 0 {
					break
				}
				class++
			}
			dst[i] = I(class)
		}
	}
}

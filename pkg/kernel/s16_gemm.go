package kernel

// s16Right is the right operand of a product of int16 matrices: n columns of k numbers, one behind the other.
type s16Right[W int8 | int16] struct {
	k, n   int
	w      []W
	narrow []int8  // w, if that is what it is
	bias   []int64 // nil for zeros
}

// s16Columns returns n columns of k weights, which lie row and column apart in weights, in memory.
func s16Columns[W int8 | int16](memory []W, k, n int, weights []W, row, column int, bias []int64) s16Right[W] {
	r := s16Right[W]{k: k, n: n, w: memory[:k*n], bias: bias}
	r.narrow, _ = any(r.w).([]int8)
	for c := range n {
		if row == 1 {
			copy(r.w[c*k:][:k], weights[c*column:])
			continue
		}
		for i := range k {
			r.w[c*k+i] = weights[i*row+c*column]
		}
	}
	return r
}

// s16Block is the number of columns that are multiplied with a tile of rows before the next ones are.
const s16Block = 4

// sums stores in acc the products of a row with up to four columns from c on, and their bias.
func (r *s16Right[W]) sums(acc *[s16Block]int64, x []int16, c int) {
	*acc = [s16Block]int64{}
	if r.bias != nil {
		copy(acc[:], r.bias[c:])
	}
	var at [s16Block]int
	for j := range at {
		at[j] = min(c+j, r.n-1) * r.k
	}
	if done := r.dots(acc, x[:r.k], &at); done < r.k {
		s16Dot4(acc, x[done:r.k], r.w[at[0]+done:], r.w[at[1]+done:], r.w[at[2]+done:], r.w[at[3]+done:])
	}
}

// s16Dot4 adds the products of a row with four columns to sums.
func s16Dot4[W int8 | int16](sums *[s16Block]int64, x []int16, w0, w1, w2, w3 []W) {
	var a, b, c, d int64
	w0, w1, w2, w3 = w0[:len(x)], w1[:len(x)], w2[:len(x)], w3[:len(x)]
	for i, v := range x {
		y := int64(v)
		a += y * int64(w0[i])
		b += y * int64(w1[i])
		c += y * int64(w2[i])
		d += y * int64(w3[i])
	}
	sums[0], sums[1], sums[2], sums[3] = sums[0]+a, sums[1]+b, sums[2]+c, sums[3]+d
}

// run multiplies m rows of k elements, row apart in x, and stores the results of each outRow apart in out; its columns are the channels of res from first on.
func (r *s16Right[W]) run(out, x []int16, m, row, outRow int, res *S16Result, first int) {
	for c := 0; c < r.n; c += s16Block {
		n := min(s16Block, r.n-c)
		for i := range m {
			var acc [s16Block]int64
			r.sums(&acc, x[i*row:], c)
			res.store(out[i*outRow+c:][:n], acc[:n], first+c)
		}
	}
}

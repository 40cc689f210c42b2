package kernel

// s16Right is the right operand of a product of int16 matrices: n columns of k numbers, one behind the other.
type s16Right[W int8 | int16] struct {
	k, n int
	w    []W
	bias []int64 // nil for zeros
}

// s16Columns returns n columns of k weights, which lie row and column apart in weights, in memory.
func s16Columns[W int8 | int16](memory []W, k, n int, weights []W, row, column int, bias []int64) s16Right[W] {
	r := s16Right[W]{k: k, n: n, w: memory[:k*n], bias: bias}
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
	at := func(j int) []W { return r.w[min(c+j, r.n-1)*r.k:][:r.k] }
	acc[0], acc[1], acc[2], acc[3] = s16Dot4(x[:r.k], at(0), at(1), at(2), at(3))
	if r.bias != nil {
		for j, b := range r.bias[c:min(c+s16Block, r.n)] {
			acc[j] += b
		}
	}
}

// s16Dot4 multiplies a row with four columns.
func s16Dot4[W int8 | int16](x []int16, w0, w1, w2, w3 []W) (a, b, c, d int64) {
	w0, w1, w2, w3 = w0[:len(x)], w1[:len(x)], w2[:len(x)], w3[:len(x)]
	for i, v := range x {
		y := int64(v)
		a += y * int64(w0[i])
		b += y * int64(w1[i])
		c += y * int64(w2[i])
		d += y * int64(w3[i])
	}
	return a, b, c, d
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

package kernel

// s8Chunk is the number of products of an int8 and a difference of two that can be added up in half a word without an overflow into the other.
const s8Chunk = 1 << 16

// packWords packs the columns as the generic code reads them: two to a word, so that one multiplication of 64 bits makes two products. Element k of columns
// 2j and 2j+1 is the word words[j*k…] = low + high·2^32. There is an even number of pairs; missing columns are zeros.
func (r *s8Right) packWords(w s8Weights, zero int32) {
	k := r.k
	for j := 0; j*k < len(r.words); j++ {
		words := r.words[j*k:][:k]
		clear(words)
		for half := range 2 {
			c := 2*j + half
			if c >= r.n {
				continue
			}
			for i := range words {
				words[i] += int64(int32(w.data[i*w.row+c*w.column])-zero) << (32 * half)
			}
		}
	}
}

// halves returns the two sums in a word.
func halves(word int64) (low, high int32) {
	low = int32(word)
	return low, int32((word - int64(low)) >> 32)
}

// sums adds to acc the products of two rows with the four columns from pair j on: those of x0 and then those of x1.
func (r *s8Right) sums(acc *[8]int32, x0, x1 []int8, j int) {
	for at := 0; at < r.k; at += s8Chunk {
		n := min(s8Chunk, r.k-at)
		w0, w1 := r.words[j*r.k+at:][:n], r.words[(j+1)*r.k+at:][:n]
		a, b, c, d := s8Dot2(x0[at:at+n], x1[at:at+n], w0, w1)
		for i, word := range [4]int64{a, b, c, d} {
			low, high := halves(word)
			acc[2*i] += low
			acc[2*i+1] += high
		}
	}
}

// sum is sums for one row.
func (r *s8Right) sum(acc *[8]int32, x []int8, j int) {
	for at := 0; at < r.k; at += s8Chunk {
		n := min(s8Chunk, r.k-at)
		a, b := s8Dot1(x[at:at+n], r.words[j*r.k+at:][:n], r.words[(j+1)*r.k+at:][:n])
		for i, word := range [2]int64{a, b} {
			low, high := halves(word)
			acc[2*i] += low
			acc[2*i+1] += high
		}
	}
}

// s8Dot2 multiplies two rows with two pairs of columns.
func s8Dot2(x0, x1 []int8, w0, w1 []int64) (a, b, c, d int64) {
	x1, w0, w1 = x1[:len(x0)], w0[:len(x0)], w1[:len(x0)]
	for i := range x0 {
		x, y, v, w := int64(x0[i]), int64(x1[i]), w0[i], w1[i]
		a += x * v
		b += x * w
		c += y * v
		d += y * w
	}
	return a, b, c, d
}

// s8Dot1 multiplies a row with two pairs of columns.
func s8Dot1(x []int8, w0, w1 []int64) (a, b int64) {
	w0, w1 = w0[:len(x)], w1[:len(x)]
	for i, v := range x {
		a += int64(v) * w0[i]
		b += int64(v) * w1[i]
	}
	return a, b
}

// tile stores the sums of rows i and i+1 of m, row apart in x, with the columns from c on: four of each, those beyond the last undefined.
func (r *s8Right) tile(acc *[8]int32, x []int8, i, m, row, c int) {
	*acc = [8]int32{}
	for j, s := range r.start[c:min(c+4, r.n)] {
		acc[j], acc[4+j] = s, s
	}
	x0 := x[i*row:][:r.k]
	if i+1 == m {
		r.sum(acc, x0, c/2)
	} else {
		r.sums(acc, x0, x[(i+1)*row:][:r.k], c/2)
	}
}

// multiplyWords is multiply for words.
func (r *s8Right) multiplyWords(out *s8Out, left []int8, row, from, m int, res *S8Result, first int) {
	var acc [8]int32
	for c := 0; c < r.n; c += 4 {
		for i := 0; i < m; i += 2 {
			r.tile(&acc, left, i, m, row, c)
			for k := range min(2, m-i) {
				to := out.data[out.at(from+i+k)+c:][:min(4, r.n-c)]
				for j := range to {
					to[j] = res.of(acc[4*k+j], first+c+j)
				}
			}
		}
	}
}

// wordSums stores the sums of m rows, which follow each other, with the four columns from c on, those beyond the last undefined.
func (r *s8Right) wordSums(sums []int32, left []int8, m, c int) {
	var acc [8]int32
	for i := 0; i < m; i += 2 {
		r.tile(&acc, left, i, m, r.k, c)
		copy(sums[4*i:4*m], acc[:])
	}
}

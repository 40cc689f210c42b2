package kernel

import "unsafe"

// s8Right is the right operand of a product of int8 matrices: n columns of k weights, as its form has them in memory.
//
// The sum of a column starts at its bias less what the left operand's zero point makes of its weights, so that the zero point needs no
// subtraction in the loop.
type s8Right struct {
	k, n   int
	form   *s8Form
	words  []int64 // in the generic form
	panels []byte  // in the others
	start  []int32
	zero   int32   // the weights' zero point, where it is not subtracted from what is packed
	most   []int64 // how far from zero the sums of each column are at most, if it is not nil
}

// s8Weights are where a matrix lies: its element of row i and column j is data[i*row + j*column].
type s8Weights struct {
	data        []int8
	row, column int
}

// s8Strip is the number of rows that are gathered before they are multiplied, so that weights are read from memory once for all of them.
const s8Strip = 64

// s8RightLen returns how many int64 a right operand of k rows and n columns takes in the form.
func s8RightLen(f *s8Form, k, n int) int {
	if f.group == 0 {
		return (n+3)/4*2*k + (n+1)/2
	}
	columns := f.columns(n)
	return (columns*(f.row(k)+4) + 7) / 8
}

// emptyS8Right returns an operand of k rows and n columns in memory of s8RightLen elements.
func emptyS8Right(f *s8Form, memory []int64, k, n int) s8Right {
	r := s8Right{k: k, n: n, form: f}
	if f.group == 0 {
		words := (n + 3) / 4 * 2 * k
		r.words, r.start = memory[:words], view[int32](memory[words:])[:n]
		return r
	}
	columns := f.columns(n)
	bytes := view[byte](memory)
	r.panels = bytes[:columns*f.row(k)]
	r.start = view[int32](memory)[len(r.panels)/4:][:columns]
	return r
}

// newS8Right packs n columns of k weights. inZero is the left operand's zero point, zero the weights'.
func newS8Right(f *s8Form, k, n int, w s8Weights, bias []int32, inZero, zero int32) s8Right {
	r := emptyS8Right(f, alignedInt64(s8RightLen(f, k, n)), k, n)
	r.most = make([]int64, n)
	r.pack(w, bias, inZero, zero)
	return r
}

// alignedInt64 returns n int64 from the start of a line of the cache on.
func alignedInt64(n int) []int64 {
	const line = 64 / 8
	x := make([]int64, n+line)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(x)))/8) & (line - 1)
	return x[skip:][:n]
}

// pack sets the operand.
func (r *s8Right) pack(w s8Weights, bias []int32, inZero, zero int32) {
	f := r.form
	if f.group == 0 {
		r.packWords(w, zero)
	} else {
		r.packPanels(w, zero)
	}
	if f.group > 0 && f.bytes == 1 {
		r.zero = zero
	}
	clear(r.start)
	for c := range r.n {
		sum, size := int32(0), int64(0)
		for i := range r.k {
			v := int32(w.data[i*w.row+c*w.column]) - zero
			sum += v
			size += int64(max(v, -v))
		}
		r.start[c] = -(inZero + f.offset) * sum
		size *= 255
		if bias != nil {
			r.start[c] += bias[c]
			size += max(int64(bias[c]), -int64(bias[c]))
		}
		if r.most != nil {
			r.most[c] = size
		}
	}
}

// mostOf returns how far from zero sums of column c are at most.
func (r *s8Right) mostOf(c int) int64 { return r.most[c] }

// s8Out is where rows of a result go: so many are a line, and rows and lines lie so far apart.
type s8Out struct {
	data              []int8
	line, row, toLine int
}

// at returns where a row starts.
func (o *s8Out) at(row int) int { return row/o.line*o.toLine + row%o.line*o.row }

// s8Work is the memory in which products are made.
type s8Work struct {
	strip       []byte
	sums, terms []int32
}

// leftRow returns the bytes of a row of a strip.
func (r *s8Right) leftRow() int {
	if r.form.group == 0 {
		return r.k
	}
	return r.form.row(r.k)
}

// workLen returns how many int64 the work takes of strips of so many rows.
func (r *s8Right) workLen(rows int) int {
	rows = min(rows, s8Strip)
	n := (rows*r.leftRow() + 7) / 8
	if r.form.group > 0 {
		n += (rows*(r.form.wide+1) + 1) / 2
	}
	return n
}

// work divides memory of workLen elements.
func (r *s8Right) work(memory []int64, rows int) s8Work {
	rows = min(rows, s8Strip)
	n := (rows*r.leftRow() + 7) / 8
	w := s8Work{strip: view[byte](memory[:n])}
	if r.form.group > 0 {
		rest := view[int32](memory[n:])
		w.sums, w.terms = rest[:rows*r.form.wide], rest[rows*r.form.wide:][:rows]
	}
	return w
}

// rows multiplies m rows of k elements, row apart in x. It stores them as rows of out from the first on, their columns as the channels of res from first on.
func (r *s8Right) rows(out *s8Out, x []int8, m, row int, w *s8Work, res *S8Result, first int) {
	f := r.form
	for i := 0; i < m; i += s8Strip {
		rows := min(s8Strip, m-i)
		from := x[i*row:][:(rows-1)*row+r.k]
		if f.group == 0 {
			r.multiplyWords(out, from, row, i, rows, res, first)
			continue
		}
		if step := f.row(r.k); row == r.k && step == r.k*f.bytes {
			f.copy(w.strip, 0, from, 0, len(from), 1)
		} else {
			f.copy(w.strip, step, from, row, r.k, rows)
		}
		r.multiply(out, i, rows, w, res, first)
	}
}

// multiply multiplies the first m rows of a strip, which are in the operand's form, and stores rows of out from the given one on.
func (r *s8Right) multiply(out *s8Out, from, m int, w *s8Work, res *S8Result, first int) {
	f := r.form
	if f.group == 0 {
		r.multiplyWords(out, view[int8](w.strip), r.k, from, m, res, first)
		return
	}
	terms := w.terms[:1]
	if terms[0] = 0; r.zero != 0 {
		terms = w.terms[:m]
		f.totals(terms, w.strip, f.row(r.k), r.k, -r.zero)
	}
	for c := 0; c < r.n; {
		width := f.width(r.n, c)
		r.tiles(w.sums, w.strip, m, c, width, terms)
		for row := 0; row < m; {
			rows := min(m-row, out.line-(from+row)%out.line)
			res.rows(out.data[out.at(from+row)+c:], out.row, w.sums[row*width:], width, rows, first+c, min(width, r.n-c))
			row += rows
		}
		c += width
	}
}

// panel stores the sums of the first m rows of a strip with the columns of the panel that starts at c, one row behind the other, and returns how many these columns are; those
// beyond the last one are undefined. The weights' zero point is 0.
func (r *s8Right) panel(w *s8Work, m, c int) (width int) {
	width = r.form.width(r.n, c)
	if r.form.group == 0 {
		r.wordSums(w.sums, view[int8](w.strip), m, c)
		return width
	}
	w.terms[0] = 0
	r.tiles(w.sums, w.strip, m, c, width, w.terms[:1])
	return width
}

// row stores the sums of a row of k elements with all columns, which wrap. The weights' zero point is 0; the work is that of cutWork.
func (r *s8Right) row(sums []int32, x []int8, w *s8Work) {
	r.form.copy(w.strip, r.leftRow(), x[:r.k], r.k, r.k, 1)
	for c := 0; c < r.n; {
		width := r.panel(w, 1, c)
		copy(sums[c:r.n], w.sums[:width])
		c += width
	}
}

// view is memory as elements of another size.
func view[T, S int8 | byte | int32 | int64 | float32](x []S) []T {
	var t T
	var s S
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(s))/int(unsafe.Sizeof(t)))
}

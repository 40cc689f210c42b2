package kernel

import "fmt"

// F32Swish is x's logistic function and its product with x, as a link of a chain. It is immutable, and goroutines may share it.
type F32Swish struct {
	rows, columns, c int
	swapped          bool
}

// NewF32Swish returns it for images of so many rows, columns and channels. swapped says that the logistic function is the product's first operand, which decides which NaN comes out.
func NewF32Swish(rows, columns, c int, swapped bool) (*F32Swish, error) {
	if rows < 1 || columns < 1 || c < 1 || rows > maxElements/columns || rows*columns > maxElements/c {
		return nil, fmt.Errorf("kernel: images of %d×%d×%d elements", rows, columns, c)
	}
	return &F32Swish{rows, columns, c, swapped}, nil
}

func (s *F32Swish) link() (chainLink, bool) {
	w := Window{H: s.rows, W: s.columns, OH: s.rows, OW: s.columns, KH: 1, KW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	return chainLink{swish: s, window: w, in: s.columns * s.c, out: s.columns * s.c}, true
}

// band computes rows of an image. memory is for the logistic function, which is not stored.
func (s *F32Swish) band(out, in *band, from, to int, memory []float32, logistic, product *F32Scan) {
	for end := from; from < to; from = end {
		end = in.until(from, out.until(from, to))
		n := (end - from) * in.row
		x, dst := in.data[in.at(from):][:n], out.data[out.at(from):][:n]
		for at := 0; at < n; at += len(memory) {
			part, y := x[at:min(at+len(memory), n)], memory[:min(len(memory), n-at)]
			F32MapLogistic(y, part)
			if s.swapped {
				Mul(dst[at:][:len(y)], y, part)
			} else {
				Mul(dst[at:][:len(y)], part, y)
			}
			logistic.Include(y)
			product.Include(dst[at:][:len(y)])
		}
	}
}

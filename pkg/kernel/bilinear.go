package kernel

import "fmt"

// F32BilinearSpec is the geometry of a bilinear resize of NHWC images.
type F32BilinearSpec struct {
	Resize
	H, W, C int
	OH, OW  int
}

// F32Bilinear scales images, each pixel being the weighted sum of the four around its place: upper left, lower left, upper right and lower right,
// added in this order, each times the product of its row's and its column's weight. All is computed in float32. It is immutable, and goroutines may share it.
type F32Bilinear struct {
	spec    F32BilinearSpec
	columns []bracket
	rows    []bracket
}

// bracket is what a result's row or column sees: where two of the original's start, in elements from the image's or the row's start, and their weights.
type bracket struct {
	lower, upper   int32
	wLower, wUpper float32
}

// NewF32Bilinear prepares a resize.
func NewF32Bilinear(s F32BilinearSpec) (*F32Bilinear, error) {
	for _, n := range []int{s.H, s.W, s.C, s.OH, s.OW} {
		if n < 1 || n > maxDim {
			return nil, fmt.Errorf("kernel: a size of %d is not in 1 … %d", n, maxDim)
		}
	}
	for _, n := range [][2]int{{s.H, s.W}, {s.OH, s.OW}} {
		if n[0] > maxElements/n[1] || n[0]*n[1] > maxElements/s.C {
			return nil, fmt.Errorf("kernel: images of %d×%d×%d elements", n[0], n[1], s.C)
		}
	}
	return &F32Bilinear{spec: s, columns: s.brackets(s.W, s.OW, s.C), rows: s.brackets(s.H, s.OH, s.W*s.C)}, nil
}

// brackets returns what each of out pixels sees of in pixels that are step elements apart.
func (r Resize) brackets(in, out, step int) []bracket {
	scale := r.scale(in, out)
	b := make([]bracket, out)
	for i := range b {
		lower, upper, wl, wu := r.bracket(i, in, scale)
		b[i] = bracket{int32(lower * step), int32(upper * step), wl, wu}
	}
	return b
}

// Run scales the images of in, [N, H, W, C], into out, [N, OH, OW, C]. It panics if their lengths disagree.
func (b *F32Bilinear) Run(out, in []float32) { b.RunScan(out, in, nil) }

// RunScan is Run; scan sees the result.
func (b *F32Bilinear) RunScan(out, in []float32, scan *F32Scan) {
	s := &b.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.C
	for range batches(len(in), inSize, len(out), outSize) {
		b.image(out[:outSize], in[:inSize], scan)
		in, out = in[inSize:], out[outSize:]
	}
}

// image scales one image.
func (b *F32Bilinear) image(out, in []float32, scan *F32Scan) {
	s := &b.spec
	n := s.OW * s.C
	for y := range s.OH {
		r, row := &b.rows[y], out[y*n:(y+1)*n]
		b.row(row, in[r.lower:], in[r.upper:], r)
		scan.Include(row)
	}
}

// rowGeneric computes a row of the result from two of the image. It defines what all variants compute.
func (b *F32Bilinear) rowGeneric(out, lower, upper []float32, r *bracket) {
	c := b.spec.C
	for _, col := range b.columns {
		ul, ll := lower[col.lower:][:c], upper[col.lower:][:c]
		ur, lr := lower[col.upper:][:c], upper[col.upper:][:c]
		w00, w10 := float32(r.wLower*col.wLower), float32(r.wUpper*col.wLower)
		w01, w11 := float32(r.wLower*col.wUpper), float32(r.wUpper*col.wUpper)
		for i := range out[:c] {
			out[i] = float32(ul[i]*w00) + float32(ll[i]*w10) + float32(ur[i]*w01) + float32(lr[i]*w11)
		}
		out = out[c:]
	}
}

package kernel

import "fmt"

// S8TransposeConv is a transposed convolution of int8 NHWC images with int8 weights of zero point 0. It is immutable, and goroutines may share it.
//
// Input (y, x) reaches the outputs (y·StrideH - Top + ky, x·StrideW - Left + kx). Each sum is Σ weights[o, ky, kx, c] · (in[n, y, x, c] - InZero) +
// bias[o] over what reaches it, in int32, which wraps. The weights are OHWI: [OC, KH, KW, C].
type S8TransposeConv struct {
	spec   S8ConvSpec
	phases []s8Phase
}

// s8Phase is the convolution that makes every StrideH-th row and StrideW-th column of the outputs: they see the same taps, in descending order.
type s8Phase struct {
	s8Filter
	out int // where the first one starts
}

// NewS8TransposeConv prepares a transposed convolution: H, W and C are its input's, OH, OW and OC its output's; Groups must be 0 or 1 and dilations 1. It keeps neither weights nor bias.
// A nil bias is zeros.
func NewS8TransposeConv(s S8ConvSpec, weights []int8, bias []int32) (*S8TransposeConv, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := checkImages(s.Window, s.C, s.OC); err != nil {
		return nil, err
	}
	if s.Groups > 1 || s.DilationH != 1 || s.DilationW != 1 {
		return nil, fmt.Errorf("kernel: a transposed convolution of %d groups, dilated by %d×%d", s.Groups, s.DilationH, s.DilationW)
	}
	if err := checkS8(weights, s.OC*s.taps()*s.C, bias, s.OC); err != nil {
		return nil, err
	}
	var err error
	if s.Result, err = s.Result.spread(s.OC); err != nil {
		return nil, err
	}
	t := &S8TransposeConv{spec: s}
	form, most := s8FormNow(), make([]int64, s.OC)
	for y := range min(s.StrideH, s.OH) {
		for x := range min(s.StrideW, s.OW) {
			rows, columns := s8ReachOf(y, s.Top, s.KH, s.StrideH), s8ReachOf(x, s.Left, s.KW, s.StrideW)
			w := Window{H: s.H, W: s.W, OH: (s.OH - y + s.StrideH - 1) / s.StrideH, OW: (s.OW - x + s.StrideW - 1) / s.StrideW,
				KH: rows.taps, KW: columns.taps, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Top: rows.before, Left: columns.before}
			k := w.taps() * s.C
			picked := make([]int8, s.OC*k)
			for i := range s.OC * w.taps() {
				o, ky, kx := i/w.taps(), i%w.taps()/w.KW, i%w.KW
				from := (o*s.KH+rows.tap(ky, s.StrideH))*s.KW + columns.tap(kx, s.StrideW)
				copy(picked[i*s.C:][:s.C], weights[from*s.C:])
			}
			right := newS8Right(form, k, s.OC, s8Weights{picked, 1, k}, bias, s.InZero, 0)
			for o := range most {
				most[o] = max(most[o], right.most[o])
			}
			t.phases = append(t.phases, s8Phase{s8Filter{newS8Window(w, s.C, 0, s.C, s.InZero), right, 0}, (y*s.OW + x) * s.OC})
		}
	}
	t.spec.Result.within(func(o int) int64 { return most[o] })
	return t, nil
}

// s8Reach says which taps of a row or column reach outputs of a phase: every so many from first on, the last one first, as a window that begins before the input.
type s8Reach struct{ first, taps, before int }

// s8ReachOf returns the taps of n that reach the output at an offset below the stride.
func s8ReachOf(offset, padding, n, stride int) s8Reach {
	p := s8Reach{first: (offset + padding) % stride}
	if p.first < n {
		p.taps = (n - p.first + stride - 1) / stride
	}
	p.before = p.taps - 1 - (offset+padding)/stride
	return p
}

// tap returns which tap the i-th of the window is.
func (p s8Reach) tap(i, stride int) int { return p.first + (p.taps-1-i)*stride }

// Scratch returns how many int64 Run needs.
func (t *S8TransposeConv) Scratch() int {
	n := 0
	for i := range t.phases {
		p := &t.phases[i]
		n = max(n, p.right.workLen(p.window.OH*p.window.OW))
	}
	return n
}

// Run convolves the images of in, [N, H, W, C], into out, [N, OH, OW, OC]. It panics if their lengths disagree. scratch has Scratch() elements.
func (t *S8TransposeConv) Run(out, in []int8, scratch []int64) {
	s := &t.spec
	inSize, outSize := s.H*s.W*s.C, s.OH*s.OW*s.OC
	for range batches(len(in), inSize, len(out), outSize) {
		for i := range t.phases {
			p := &t.phases[i]
			to := s8Out{data: out[p.out:outSize], line: p.window.OW, row: s.StrideW * s.OC, toLine: s.StrideH * s.OW * s.OC}
			work := p.right.work(scratch, p.window.OH*p.window.OW)
			p.run(&to, in[:inSize], &work, &s.Result)
		}
		in, out = in[inSize:], out[outSize:]
	}
}

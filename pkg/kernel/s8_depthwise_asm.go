//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// s8DepthwisePlan is what a variant needs: the weights in blocks of channels, and where outputs find their taps.
type s8DepthwisePlan struct {
	set     s8Set // the instructions that it is made for
	blocks  []s8DepthwiseBlock
	lanes   int // sums of a pixel, also behind the last channel
	rows    int // of the result, whose sums are made at once
	groups  int // of taps
	wide    int // channels of the image that the blocks read
	runs    int // of outputs of a row, whose taps lie apart alike
	words   int // of the table for a row
	table   []int32
	outside []int8 // what is read instead of a pixel outside the image
}

// s8DepthwiseBlock are some channels.
type s8DepthwiseBlock struct {
	first, width int
	mask         int // of the channels that there are
	start        []int32
	weights      []int8
}

// s8DepthwiseCall are the arguments of the kernels, which know the order of the fields.
type s8DepthwiseCall struct {
	runs     int    // of outputs
	table    *int32 // for each how many outputs, and the offsets of the first one's taps in bytes; negative: outside
	groups   int    // of taps
	in       *int8  // the image, from the block's first channel on
	inStep   int    // from an output's taps to the next one's, in bytes
	zero     *int8  // what is read outside
	w        *int8
	start    *int32
	sums     *int32
	sumsStep int // from an output's sums to the next one's, in bytes
	mask     int
}

// s8DepthwiseSums is the number of sums that are made before they are rescaled.
const s8DepthwiseSums = 1 << 13

// newPlan prepares a variant; it returns nil if there is none.
func (d *S8Depthwise) newPlan() (*s8DepthwisePlan, error) {
	s, oc := &d.spec, d.spec.outputs()
	set := s8DepthwiseSet(d.weights)
	if set == s8Generic {
		return nil, nil
	}
	p := &s8DepthwisePlan{set: set, wide: s.C}
	taps := set.taps()
	p.groups = (s.taps() + taps - 1) / taps
	if s.Multiplier > 1 || oc < set.least() {
		p.wide = max(oc, set.least())
		if p.wide > maxElements/(s.H*s.W) {
			return nil, nil
		}
	}
	p.outside = make([]int8, s8MostWidth)
	fillZero(p.outside, s.InZero)
	for _, b := range set.blocks(oc) {
		b.start, b.weights = set.pack(d, b.first, b.width)
		p.blocks = append(p.blocks, b)
		p.lanes = max(p.lanes, b.first+b.width)
	}
	p.rows = min(s.OH, max(1, s8DepthwiseSums/(s.OW*p.lanes)))
	borders := s.borders()
	p.runs = len(borders)
	p.words = p.runs * (1 + p.groups*taps)
	if err := checkTable(s.OH, p.words); err != nil {
		return nil, err
	}
	for y := range s.OH {
		for i, x := range borders {
			end := s.OW
			if i+1 < len(borders) {
				end = borders[i+1]
			}
			p.table = append(p.table, int32(end-x))
			for t := range p.groups * taps {
				off := -1
				if t < s.taps() {
					off = s.offset(y, x, t, p.wide)
				}
				p.table = append(p.table, int32(off))
			}
		}
	}
	return p, nil
}

// s8Blocks divides channels into blocks of one width, of which the last one begins earlier than the one before ends.
func s8Blocks(channels, width int) (all []s8DepthwiseBlock) {
	for at := 0; at < channels; at += width {
		all = append(all, s8DepthwiseBlock{first: max(0, min(at, channels-width)), width: width})
	}
	return all
}

// borders returns where runs of outputs of a row begin whose windows have the same columns inside the image.
func (w *Window) borders() []int {
	inside := func(x, kx int) bool {
		ix := x*w.StrideW - w.Left + kx*w.DilationW
		return uint(ix) < uint(w.W)
	}
	starts := []int{0}
	for x := 1; x < w.OW; x++ {
		for kx := range w.KW {
			if inside(x, kx) != inside(x-1, kx) {
				starts = append(starts, x)
				break
			}
		}
	}
	return starts
}

// scratch returns the number of int32 for the sums and the image.
func (p *s8DepthwisePlan) scratch(s *S8DepthwiseSpec) int {
	if p == nil {
		return 0
	}
	n := p.rows * s.OW * p.lanes
	if p.wide != s.C {
		n += (s.H*s.W*p.wide + 3) / 4
	}
	return n
}

// image convolves an image.
func (d *S8Depthwise) image(out, in []int8, scratch []int32) {
	s, p := &d.spec, d.plan
	if p == nil || !p.set.runs() {
		d.imageGeneric(out, in)
		return
	}
	oc, row := s.outputs(), s.OW*p.lanes
	sums, rest := scratch[:p.rows*row], scratch[p.rows*row:]
	if p.wide != s.C {
		wide := unsafe.Slice((*int8)(unsafe.Pointer(&rest[0])), s.H*s.W*p.wide)
		widen(wide, in, p.wide, s.C, s.Multiplier)
		in = wide
	}
	c := s8DepthwiseCall{groups: p.groups, inStep: s.StrideW * p.wide, zero: &p.outside[0], sumsStep: 4 * p.lanes}
	for y := 0; y < s.OH; y += p.rows {
		rows := min(p.rows, s.OH-y)
		for i := range p.blocks {
			b := &p.blocks[i]
			c.runs, c.table = rows*p.runs, &p.table[y*p.words]
			c.in, c.w, c.start, c.sums, c.mask = &in[b.first], &b.weights[0], &b.start[0], &sums[b.first], b.mask
			p.set.run(b.width, &c)
		}
		s.Result.rows(out[y*s.OW*oc:], oc, sums, p.lanes, rows*s.OW, 0, oc)
	}
}

// widen repeats each of c channels so many times, and makes pixels of so many channels of that; those that are left are the last one's.
func widen(dst, src []int8, wide, c, times int) {
	for len(dst) > 0 {
		pixel := dst[:wide]
		if times == 1 {
			copy(pixel, src[:c])
		} else {
			to := pixel
			for _, v := range src[:c] {
				for i := range to[:times] {
					to[i] = v
				}
				to = to[times:]
			}
		}
		dst, src = dst[wide:], src[c:]
	}
}

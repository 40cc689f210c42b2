//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// depthwisePlan says how the outputs of a row are divided among the variants.
type depthwisePlan struct {
	runs []stripRun
	// single are the columns of the outputs that are computed one by one, and table their taps' offsets, row by row.
	single []int
	table  []int32
	// spreads say for each block how its outputs find their inputs, if these don't lie side by side or are fewer than a vector.
	spreads []spread
}

// stripRun are strips of outputs of a row, each of which shares the columns of the input that they see.
type stripRun struct {
	outputs, strips int     // of each strip; of the run
	table           []int32 // for each strip where its outputs start in the row, and where the columns that it sees do; see the kernels
}

// stripCall are the arguments of the kernels of strips.
type stripCall struct {
	strips  int    // how many
	table   *int32 // for each where its outputs start in the row, the first half window of columns that it sees, the next column, and the last half; negative: zeros
	blocks  int    // of channels
	last    int    // where the last block starts, in bytes
	rows    int    // of the window
	zero, w *float32
	out     *float32 // the row
	outStep int      // from an output of a strip to the next, in bytes
	bounds  *[2]float32
	// Where the rows of the input start that the outputs see, and how many bytes the columns of a strip are apart: 0 for a row outside the image,
	// whose columns are all the same zeros.
	from  [maxStripRows]*float32
	step  [maxStripRows]int
	lines [maxStripRows][8]uintptr // the kernels'
}

// There are kernels for strips of minStrip outputs and more, whose number makes at most maxStrip together with the columns of the window, which has at most maxStripRows rows.
const (
	minStrip, maxStrip = 4, 15
	maxStripRows       = 8
)

func newDepthwisePlan(s *F32DepthwiseSpec) (p depthwisePlan) {
	if oc := s.outputs(); s.Multiplier > 1 || s.C < channelBlock {
		for b := 0; b < oc; b += channelBlock {
			first := s.first(b)
			from := max(0, min(first/s.Multiplier, s.C-channelBlock))
			var takes [channelBlock]int
			n := min(oc, channelBlock)
			for j := range n {
				takes[j] = (first+j)/s.Multiplier - from
			}
			p.spreads = append(p.spreads, newSpread(4*from, 4*first, takes[:n]))
		}
	}
	done := make([]bool, s.OW)
	if p.spreads == nil && s.KH <= maxStripRows && (s.KW == 3 || s.KW == 5 || s.KW == 7) && (s.StrideW == 1 || s.StrideW == 2 && s.DilationW == 1) {
		for phase := range min(s.DilationW, s.OW) {
			p.strips(s, phase, done)
		}
	}
	for x := range s.OW {
		if !done[x] {
			p.single = append(p.single, x)
		}
	}
	for y := range s.OH {
		for _, x := range p.single {
			for t := range s.taps() {
				p.table = append(p.table, int32(s.offset(y, x, t, s.C)))
			}
		}
	}
	return p
}

// strips divides the outputs of a row that see every DilationW-th column from the same one on into strips, as far as no more columns lie outside the
// image than the kernels allow for: the outermost half of a window on either side.
func (p *depthwisePlan) strips(s *F32DepthwiseSpec, phase int, done []bool) {
	edge := s.KW / 2
	column := func(k, i int) int { return phase*s.StrideW - s.Left + (k*s.StrideW+i)*s.DilationW } // of the input: what output k sees at i
	from, n := 0, (s.OW-phase+s.DilationW-1)/s.DilationW
	for from < n && column(from, edge) < 0 {
		from++
	}
	to := from
	for to < n && column(to, s.KW-1-edge) < s.W {
		to++
	}
	if to-from < minStrip {
		return
	}
	most := maxStrip - s.KW
	for parts := (to - from + most - 1) / most; parts > 0; parts-- { // as equal as possible
		size := (to - from + parts - 1) / parts
		strip := []int32{int32((phase + from*s.DilationW) * s.C)}
		last := (size-1)*s.StrideW + s.KW - 1
		for i := range s.KW {
			if i > edge {
				i += last - 2*edge
			}
			off := int32(-1)
			if c := column(from, i); c >= 0 && c < s.W {
				off = int32(c * s.C)
			}
			strip = append(strip, off)
		}
		p.add(size, strip)
		for i := range size {
			done[phase+(from+i)*s.DilationW] = true
		}
		from += size
	}
}

// add appends a strip to the run of its size.
func (p *depthwisePlan) add(size int, strip []int32) {
	for i := range p.runs {
		if r := &p.runs[i]; r.outputs == size {
			r.strips++
			r.table = append(r.table, strip...)
			return
		}
	}
	p.runs = append(p.runs, stripRun{size, 1, strip})
}

// rows computes rows of an image's result.
func (d *F32Depthwise) rows(out, in *band, blocks []float32, from, to int, scan *F32Scan) {
	if !variants() {
		d.rowsGeneric(out, in, blocks, from, to, scan)
		return
	}
	s, bounds := &d.spec, d.spec.Clamp.bounds()
	oc, moved := s.outputs(), [maxChainTaps]int32{}
	c := stripCall{rows: s.KH, zero: &d.zero[0], outStep: 4 * s.C * s.DilationW, bounds: &bounds}
	for y := from; y < to; y++ {
		row := out.line(y)
		table := d.plan.table[y*len(d.plan.single)*s.taps():]
		for _, x := range d.plan.single {
			offs := table[:s.taps()]
			if in.places < s.H {
				offs = moved[:copy(moved[:], offs)]
				in.move(offs)
			}
			d.pixel(row[x*oc:][:oc], in.data, blocks, offs, &bounds)
			table = table[s.taps():]
		}
		d.strips(row, in, y, &c, blocks)
		scan.Include(row)
	}
}

// strips computes the strips of a row.
func (d *F32Depthwise) strips(out []float32, in *band, y int, c *stripCall, blocks []float32) {
	s, p := &d.spec, &d.plan
	if len(p.runs) == 0 {
		return
	}
	pairs := stripPairs(s.C)
	if pairs > 0 {
		c.blocks, c.w = pairs, &blocks[0]
		d.place(c, out, in, y, 0)
		for i := range p.runs {
			r := &p.runs[i]
			c.strips, c.table = r.strips, &r.table[0]
			depthwisePairs(s.KW, s.StrideW, r.outputs, c)
		}
	}
	rest := (s.C+channelBlock-1)/channelBlock - 2*pairs
	if rest == 0 {
		return
	}
	first := min(2*pairs*channelBlock, s.C-channelBlock)
	c.blocks, c.w, c.last = rest, &blocks[2*pairs*d.blockLen()], 4*(s.C-channelBlock-first)
	d.place(c, out, in, y, first)
	for i := range p.runs {
		r := &p.runs[i]
		c.strips, c.table = r.strips, &r.table[0]
		depthwiseStrips(s.KW, s.StrideW, r.outputs, c)
	}
}

// place makes a call compute the row y from its first channel on.
func (d *F32Depthwise) place(c *stripCall, out []float32, in *band, y, first int) {
	s := &d.spec
	c.out = &out[first]
	for ky := range s.KH {
		c.from[ky], c.step[ky] = &d.zero[first], 0
		if iy := y*s.StrideH - s.Top + ky*s.DilationH; uint(iy) < uint(s.H) {
			c.from[ky], c.step[ky] = &in.data[in.at(iy)+first], 4*s.C*s.DilationW
		}
	}
}

// pixel computes one output.
func (d *F32Depthwise) pixel(out, in, blocks []float32, offs []int32, bounds *[2]float32) {
	if n := len(d.plan.spreads); n > 0 {
		depthwiseSpreadAsm(n, len(offs), &in[0], &offs[0], &d.zero[0], &blocks[0], &out[0], bounds, (*byte)(unsafe.Pointer(&d.plan.spreads[0])))
		return
	}
	const group = 4 * channelBlock
	at := 0 // channels done
	if n := len(out) / group; n > 0 {
		depthwisePixel4Asm(n, len(offs), &in[0], &offs[0], &d.zero[0], &blocks[0], &out[0], bounds)
		at = n * group
	}
	for at < len(out) {
		n := max(1, (len(out)-at)/channelBlock)
		w := &blocks[at/channelBlock*d.blockLen()]
		at = min(at, len(out)-channelBlock)
		depthwisePixel1Asm(n, len(offs), &in[at], &offs[0], &d.zero[at], w, &out[at], bounds)
		at += n * channelBlock
	}
}

// depthwiseStrips calls the kernel for windows of so many columns, a stride and strips of so many outputs.
func depthwiseStrips(columns, stride, outputs int, c *stripCall) {
	call := (*byte)(unsafe.Pointer(c))
	switch 1000*columns + 100*stride + outputs {
	case 3112:
		depthwise3s1n12Asm(call)
	case 3111:
		depthwise3s1n11Asm(call)
	case 3110:
		depthwise3s1n10Asm(call)
	case 3109:
		depthwise3s1n9Asm(call)
	case 3108:
		depthwise3s1n8Asm(call)
	case 3107:
		depthwise3s1n7Asm(call)
	case 3106:
		depthwise3s1n6Asm(call)
	case 3105:
		depthwise3s1n5Asm(call)
	case 3104:
		depthwise3s1n4Asm(call)
	case 3212:
		depthwise3s2n12Asm(call)
	case 3211:
		depthwise3s2n11Asm(call)
	case 3210:
		depthwise3s2n10Asm(call)
	case 3209:
		depthwise3s2n9Asm(call)
	case 3208:
		depthwise3s2n8Asm(call)
	case 3207:
		depthwise3s2n7Asm(call)
	case 3206:
		depthwise3s2n6Asm(call)
	case 3205:
		depthwise3s2n5Asm(call)
	case 3204:
		depthwise3s2n4Asm(call)
	case 5110:
		depthwise5s1n10Asm(call)
	case 5109:
		depthwise5s1n9Asm(call)
	case 5108:
		depthwise5s1n8Asm(call)
	case 5107:
		depthwise5s1n7Asm(call)
	case 5106:
		depthwise5s1n6Asm(call)
	case 5105:
		depthwise5s1n5Asm(call)
	case 5104:
		depthwise5s1n4Asm(call)
	case 5210:
		depthwise5s2n10Asm(call)
	case 5209:
		depthwise5s2n9Asm(call)
	case 5208:
		depthwise5s2n8Asm(call)
	case 5207:
		depthwise5s2n7Asm(call)
	case 5206:
		depthwise5s2n6Asm(call)
	case 5205:
		depthwise5s2n5Asm(call)
	case 5204:
		depthwise5s2n4Asm(call)
	case 7108:
		depthwise7s1n8Asm(call)
	case 7107:
		depthwise7s1n7Asm(call)
	case 7106:
		depthwise7s1n6Asm(call)
	case 7105:
		depthwise7s1n5Asm(call)
	case 7104:
		depthwise7s1n4Asm(call)
	case 7208:
		depthwise7s2n8Asm(call)
	case 7207:
		depthwise7s2n7Asm(call)
	case 7206:
		depthwise7s2n6Asm(call)
	case 7205:
		depthwise7s2n5Asm(call)
	case 7204:
		depthwise7s2n4Asm(call)
	}
}

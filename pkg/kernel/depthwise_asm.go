//go:build amd64 && !purego

package kernel

import "unsafe"

// depthwisePlan says how the outputs of an image are divided among the variants.
type depthwisePlan struct {
	strip bool // there are kernels for several neighbouring outputs
	// The columns from..to of the output see no column outside the image, so that strips cover them; the others are computed one by one.
	from, to int
	// table holds the taps' offsets of the outputs that are computed one by one, row by row.
	table []int32
	// spreads say for each block how its outputs find their inputs, if these don't lie side by side or are fewer than a vector.
	spreads []spread
}

// spread says where a block's inputs and outputs lie in a pixel, in bytes, which elements of a vector of inputs are loaded, which of them each output takes,
// and which outputs are stored.
type spread struct {
	in, out           int
	load, take, store [channelBlock]int32
}

// inputRows is where the rows of the input start that an output sees, and how many bytes their pixels are apart: 0 for a row outside
// the image, whose pixels are all the same zeros.
type inputRows struct {
	from [5]*float32
	step [5]int
}

// shortStrip is the least number of outputs that a strip has.
const shortStrip = 4

func newDepthwisePlan(s *F32DepthwiseSpec) (p depthwisePlan) {
	if oc := s.outputs(); s.Multiplier > 1 || s.C < channelBlock {
		for b := 0; b < oc; b += channelBlock {
			first := s.first(b)
			from := max(0, min(first/s.Multiplier, s.C-channelBlock))
			sp := spread{in: 4 * from, out: 4 * first}
			for j := range min(oc, channelBlock) {
				c := (first+j)/s.Multiplier - from
				sp.load[c], sp.take[j], sp.store[j] = -1, int32(c), -1
			}
			p.spreads = append(p.spreads, sp)
		}
	}
	p.strip = p.spreads == nil && s.KH == s.KW && (s.KH == 3 || s.KH == 5) && s.StrideW <= 2 && s.DilationH == 1 && s.DilationW == 1
	if p.strip {
		p.from = min((s.Left+s.StrideW-1)/s.StrideW, s.OW)
		p.to = max(min((s.W+s.Left-s.KW+s.StrideW)/s.StrideW, s.OW), p.from)
		p.strip = p.to-p.from >= shortStrip
	}
	if !p.strip {
		p.from, p.to = s.OW, s.OW
	}
	for pixel := range s.OH * s.OW {
		if x := pixel % s.OW; x < p.from || x >= p.to {
			for t := range s.taps() {
				p.table = append(p.table, int32(s.offset(pixel/s.OW, x, t, s.C)))
			}
		}
	}
	return p
}

// row computes one row of an image's result.
func (d *F32Depthwise) row(out, in, blocks []float32, y int) {
	if !variants() {
		d.rowGeneric(out, in, blocks, y)
		return
	}
	s, p := &d.spec, &d.plan
	bounds := s.Clamp.bounds()
	single := s.OW - (p.to - p.from) // outputs that are computed one by one
	table := p.table[y*single*s.taps():]
	oc := s.outputs()
	for x := range s.OW {
		if x < p.from || x >= p.to {
			d.pixel(out[x*oc:][:oc], in, blocks, table[:s.taps()], &bounds)
			table = table[s.taps():]
		}
	}
	if p.strip {
		d.strips(out, in, blocks, y, &bounds)
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

// strips computes the columns from..to of a row.
func (d *F32Depthwise) strips(out, in, blocks []float32, y int, bounds *[2]float32) {
	s, p := &d.spec, &d.plan
	var rows inputRows
	for x := p.from; x < p.to; {
		n := 2 * shortStrip
		if p.to-x < n {
			n = shortStrip
			x = min(x, p.to-n) // what a strip shares with the one before comes out the same
		}
		for ky := range s.KH {
			rows.from[ky], rows.step[ky] = &d.zero[0], 0
			if iy := y*s.StrideH - s.Top + ky; uint(iy) < uint(s.H) {
				rows.from[ky], rows.step[ky] = &in[(iy*s.W+x*s.StrideW-s.Left)*s.C], 4*s.C
			}
		}
		o := out[x*s.C:][:n*s.C]
		whole := s.C / channelBlock
		d.strip(n, whole, &rows, &blocks[0], &o[0], bounds)
		if rest := s.C - channelBlock; rest%channelBlock != 0 {
			for ky := range s.KH {
				rows.from[ky] = (*float32)(unsafe.Add(unsafe.Pointer(rows.from[ky]), 4*rest))
			}
			d.strip(n, 1, &rows, &blocks[whole*d.blockLen()], &o[rest], bounds)
		}
		x += n
	}
}

// strip computes n neighbouring outputs.
func (d *F32Depthwise) strip(n, blocks int, rows *inputRows, w, out *float32, bounds *[2]float32) {
	from3, step3 := (*[3]*float32)(rows.from[:]), (*[3]int)(rows.step[:])
	outStep := 4 * d.spec.C
	switch {
	case d.spec.KW == 3 && d.spec.StrideW == 1 && n == shortStrip:
		depthwise3x3s1n4Asm(blocks, from3, step3, w, out, outStep, bounds)
	case d.spec.KW == 3 && d.spec.StrideW == 1:
		depthwise3x3s1n8Asm(blocks, from3, step3, w, out, outStep, bounds)
	case d.spec.KW == 3 && n == shortStrip:
		depthwise3x3s2n4Asm(blocks, from3, step3, w, out, outStep, bounds)
	case d.spec.KW == 3:
		depthwise3x3s2n8Asm(blocks, from3, step3, w, out, outStep, bounds)
	case d.spec.StrideW == 1 && n == shortStrip:
		depthwise5x5s1n4Asm(blocks, &rows.from, &rows.step, w, out, outStep, bounds)
	case d.spec.StrideW == 1:
		depthwise5x5s1n8Asm(blocks, &rows.from, &rows.step, w, out, outStep, bounds)
	case n == shortStrip:
		depthwise5x5s2n4Asm(blocks, &rows.from, &rows.step, w, out, outStep, bounds)
	default:
		depthwise5x5s2n8Asm(blocks, &rows.from, &rows.step, w, out, outStep, bounds)
	}
}

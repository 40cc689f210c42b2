package kernel

// tilesGeneric computes a span over the panel that starts at column first. It defines what all variants compute.
func (p *gemm) tilesGeneric(s *span, first int) {
	width := p.right.width(first)
	cols := min(p.right.n-first, width)
	for row := s.row; row < s.row+s.tiles*s.rows; row++ {
		out := p.out[p.at(row)+first:][:cols]
		start := p.right.bias[first:]
		if p.resume {
			start = out
		}
		var acc [maxPanel]float32
		copy(acc[:], start[:cols])
		b := p.right.panel(first)
		for i := range s.ks {
			for k, v := range p.left(s, row, i) {
				fmaScaled(acc[:cols], b[k*width:], v)
			}
			b = b[s.kc*width:]
		}
		for j := range out {
			out[j] = limit(acc[j], &p.bounds)
		}
	}
}

// left returns run i of a row of a span.
func (p *gemm) left(s *span, row, i int) []float32 {
	if p.rows == nil {
		return p.in[row*p.row:][:s.kc]
	}
	off := p.rows.off(row, i*s.taps)
	if off < 0 {
		return p.zero[:s.kc]
	}
	return p.in[off:][:s.kc]
}

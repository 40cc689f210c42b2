package kernel

// tilesGeneric computes a span over the panel that starts at column first. It defines what all variants compute.
func (p *gemm) tilesGeneric(s *span, first int) {
	width, cols := p.right.width(first), min(p.right.n-first, panelWidth)
	for r := range s.rows {
		out := p.out[p.at(s.row+r)+first:][:cols]
		start := p.right.bias[first:]
		if p.resume {
			start = out
		}
		var acc [panelWidth]float32
		copy(acc[:], start[:cols])
		b := p.right.panel(first)
		for i := range s.ks {
			for k, v := range p.left(s, r, i) {
				fmaScaled(acc[:cols], b[k*width:], v)
			}
			b = b[s.kc*width:]
		}
		for j := range out {
			out[j] = limit(acc[j], &p.bounds)
		}
	}
}

// left returns run i of row r of a span.
func (p *gemm) left(s *span, r, i int) []float32 {
	if s.table == nil {
		return p.in[(s.row+r)*p.row:][:s.kc]
	}
	off := s.table[(r/tileRows*s.ks+i)*tileRows+r%tileRows]
	if off < 0 {
		return p.zero[:s.kc]
	}
	return p.in[off:][:s.kc]
}

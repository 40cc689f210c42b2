//go:build !amd64 || purego

package kernel

func (p *gemm) tiles(s *span, first int) { p.tilesGeneric(s, first) }

func (p *gemm) vector() int { return 0 }

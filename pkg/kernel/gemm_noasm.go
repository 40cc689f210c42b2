//go:build (!amd64 && !arm64) || purego

package kernel

// panelWidth is the number of columns of a panel.
const panelWidth = 16

// joinBelow returns the size of a tap from which on taps are not joined to runs, unless they make up the whole row.
func joinBelow() int { return 6 }

func tileHeight(int) int { return tileRows }

func (p *gemm) tiles(s *span, first int) { p.tilesGeneric(s, first) }

func (p *gemm) vector(int) int { return 0 }

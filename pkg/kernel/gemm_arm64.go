//go:build arm64 && !purego

package kernel

// panelWidth is the number of columns of a panel.
const panelWidth = 16

// offsByTap says how the offsets of taps are stored: for all rows of one after the other.
const offsByTap = true

func hasTiles(int) bool { return useNEON }

func hasVector(int) bool { return useNEON }

// run computes tiles as wide as a panel.
func (c *tileCall) run(width int) {
	switch width {
	case 8:
		gemm8NEON(c.rows, c.tiles, c.kc, c.ks, c.in, c.inStep, c.offs, c.offsRun, c.offsStep, c.zero, c.b, c.start, c.startRow, c.out, c.outRow, c.last, c.bounds)
	case 16:
		gemm16NEON(c.rows, c.tiles, c.kc, c.ks, c.in, c.inStep, c.offs, c.offsRun, c.offsStep, c.zero, c.b, c.start, c.startRow, c.out, c.outRow, c.last, c.bounds)
	case 24:
		gemm24NEON(c.rows, c.tiles, c.kc, c.ks, c.in, c.inStep, c.offs, c.offsRun, c.offsStep, c.zero, c.b, c.start, c.startRow, c.out, c.outRow, c.last, c.bounds)
	}
}

// vectorPanels computes one row over some panels, which are panel bytes apart.
func vectorPanels(_, panels, k int, in, b *float32, panel int, start, out *float32, bounds *[2]float32) {
	gemvNEON(panels, k, in, b, panel, start, out, bounds)
}

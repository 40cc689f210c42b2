//go:build amd64 && !purego

package kernel

// panelWidth is the number of columns of a panel: two registers.
var panelWidth = panelWidthOf(useAVX512)

func panelWidthOf(avx512 bool) int {
	if avx512 {
		return 32
	}
	return 16
}

// joinBelow returns the size of a tap from which on taps are not joined to runs, unless they make up the whole row. Few instructions are saved
// then, and tiles that are made alike can be computed together.
func joinBelow() int {
	if useAVX512 {
		return 0
	}
	return 6
}

func hasTiles(width int) bool { return useAVX2 && (width < 32 || useAVX512) }

func hasVector(width int) bool { return hasTiles(width) }

// run computes tiles as wide as a panel. Narrow ones are not faster with AVX-512 where that computes half of a register at a time.
func (c *tileCall) run(width int) {
	lookups := c.ks
	if c.step != 0 {
		lookups = 1
	}
	offs, offsRow, offsRun := c.offs, c.offsRow, c.offsRun-c.rows*c.offsRow // offsets are taken one after the other
	offsStep := c.offsStep - lookups*c.offsRun
	if c.inStep != 0 { // evenly spaced rows need none
		offs, offsRow = nil, c.inStep/c.rows
	}
	switch width {
	case 8:
		gemm8AVX2(c.rows, c.tiles, c.kc, c.ks, c.in, c.inStep, offs, offsRow, offsRun, offsStep, c.step, c.zero, c.b, c.ahead, c.aheadStep, c.start, c.startRow, c.out, c.outRow, c.last, c.bounds)
	case 16:
		gemm16AVX2(c.rows, c.tiles, c.kc, c.ks, c.in, c.inStep, offs, offsRow, offsRun, offsStep, c.step, c.zero, c.b, c.ahead, c.aheadStep, c.start, c.startRow, c.out, c.outRow, c.last, c.bounds)
	case 24:
		gemm24AVX2(c.rows, c.tiles, c.kc, c.ks, c.in, c.inStep, offs, offsRow, offsRun, offsStep, c.step, c.zero, c.b, c.ahead, c.aheadStep, c.start, c.startRow, c.out, c.outRow, c.last, c.bounds)
	case 32:
		gemm32AVX512(c.rows, c.tiles, c.kc, c.ks, c.in, c.inStep, offs, offsRow, offsRun, offsStep, c.step, c.zero, c.b, c.ahead, c.aheadStep, c.start, c.startRow, c.out, c.outRow, c.last, c.bounds)
	}
}

// vectorPanels computes one row over some panels, which are panel bytes apart.
func vectorPanels(width, panels, k int, in, b *float32, panel int, start, out *float32, bounds *[2]float32) {
	if width == 32 {
		gemvAVX512(panels, k, in, b, panel, start, out, bounds)
		return
	}
	gemvAVX2(panels, k, in, b, panel, start, out, bounds)
}

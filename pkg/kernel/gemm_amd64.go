//go:build amd64 && !purego

package kernel

import "unsafe"

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

// wideRegisters reports whether a register holds 16 numbers.
func wideRegisters() bool { return useAVX512 }

// tileBeside returns how many bins are counted beside each step of k in tiles of some rows, as the kernels do.
func tileBeside(width, rows int) int {
	registers := width / 8
	if useAVX512 {
		registers = (width + 8) / 16
	}
	if width == 8 {
		return 0
	}
	return rows * registers / 4 &^ 1
}

// prepare makes of a call what the kernels take.
func (c *tileCall) prepare() {
	lookups := c.ks
	if c.step != 0 {
		lookups = 1
	}
	if c.inStep != 0 { // evenly spaced rows need no offsets
		c.offs, c.offsRow = nil, c.inRow
	}
	// Offsets are taken one after the other.
	c.offsStep -= lookups * c.offsRun
	c.offsRun -= c.rows * c.offsRow
}

// run computes tiles as wide as a panel.
func (c *tileCall) run(width int) {
	call := (*byte)(unsafe.Pointer(c))
	switch {
	case width == 8:
		gemm8AVX2(call)
	case width == 16 && useAVX512:
		gemm16AVX512(call)
	case width == 16:
		gemm16AVX2(call)
	case width == 24 && useAVX512:
		gemm24AVX512(call)
	case width == 24:
		gemm24AVX2(call)
	case width == 32:
		gemm32AVX512(call)
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

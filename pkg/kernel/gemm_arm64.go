//go:build arm64 && !purego

package kernel

// panelWidth is the number of columns of a panel.
const panelWidth = 16

// joinBelow returns the size of a tap from which on taps are not joined to runs, unless they make up the whole row.
func joinBelow() int { return 6 }

func hasTiles(int) bool { return useNEON }

func wideRegisters() bool { return false }

func hasVector(int) bool { return useNEON }

// tileBeside says that the kernels count no bins.
func tileBeside(int, int) int { return 0 }

func (c *tileCall) prepare() {}

// run computes tiles as wide as a panel.
func (c *tileCall) run(width int) {
	switch width {
	case 8:
		gemm8NEON(c)
	case 16:
		gemm16NEON(c)
	case 24:
		gemm24NEON(c)
	}
}

// vectorPanels computes one row over some panels, which are panel bytes apart.
func vectorPanels(_, panels, k int, in, b *float32, panel int, start, out *float32, bounds *[2]float32) {
	gemvNEON(panels, k, in, b, panel, start, out, bounds)
}

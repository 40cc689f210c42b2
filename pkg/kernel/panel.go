package kernel

// panelWidth is the number of outputs that the matrix kernel computes side by side. The last panel is half as wide where that is enough.
const panelWidth = 16

// panels is the right operand of a product of matrices with k rows and n columns, rearranged: 16 columns at a time, row by row, so
// that the kernel reads it from front to end. Columns beyond n are zeros. bias starts the accumulators; it is filled up likewise.
type panels struct {
	k, n int
	data []float32
	bias []float32
}

// panelsLen returns how many float32 newPanels takes.
func panelsLen(k, n int) int { return (k + 1) * padded(n) }

// padded returns n rounded up to half a panel.
func padded(n int) int { return (n + panelWidth/2 - 1) &^ (panelWidth/2 - 1) }

// emptyPanels returns panels without content in memory of panelsLen(k, n) elements. A bias of nil is zeros.
func emptyPanels(memory []float32, k, n int, bias []float32) panels {
	memory = memory[:panelsLen(k, n)]
	p := panels{k: k, n: n, bias: memory[:padded(n)], data: memory[padded(n):]}
	clear(p.bias[copy(p.bias, bias):])
	return p
}

// newPanels returns panels that hold w: its element of row i and column j is w[i·row + j·column].
func newPanels(memory []float32, k, n int, w []float32, row, column int, bias []float32) panels {
	p := emptyPanels(memory, k, n, bias)
	p.fill(0, k, w, row, column)
	return p
}

// fill sets count rows from the given one on. It reads w along its lines, whichever way they run.
func (p *panels) fill(from, count int, w []float32, row, column int) {
	if column == 1 {
		for i := range count {
			for first := 0; first < p.n; first += panelWidth {
				line := p.panel(first)[(from+i)*p.width(first):][:p.width(first)]
				clear(line[copy(line, w[i*row+first:][:min(p.n-first, panelWidth)]):])
			}
		}
		return
	}
	for first := 0; first < p.n; first += panelWidth {
		width := p.width(first)
		block := p.panel(first)[from*width:]
		// What is written for so many rows stays in the first-level cache.
		const rows = 64
		for top := 0; top < count; top += rows {
			for j := range width {
				if first+j >= p.n {
					for i := top; i < min(top+rows, count); i++ {
						block[i*width+j] = 0
					}
					continue
				}
				src := w[(first+j)*column:]
				for i := top; i < min(top+rows, count); i++ {
					block[i*width+j] = src[i*row]
				}
			}
		}
	}
}

// width returns the width of the panel that starts at a column.
func (p *panels) width(first int) int { return min(padded(p.n)-first, panelWidth) }

// panel returns the panel that starts at a column.
func (p *panels) panel(first int) []float32 { return p.data[first*p.k:][:p.width(first)*p.k] }

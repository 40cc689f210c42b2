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

// fillRows is how many rows are filled at a time: w is read along its columns, and what is written stays in the first-level cache.
const fillRows = 64

// fill sets count rows from the given one on.
func (p *panels) fill(from, count int, w []float32, row, column int) {
	for first := 0; first < p.n; first += panelWidth {
		width, cols := p.width(first), min(p.n-first, panelWidth)
		b := p.panel(first)[from*width:]
		for top := 0; top < count; top += fillRows {
			rows := min(count-top, fillRows)
			block := b[top*width:][:rows*width]
			if column == 1 {
				for i := range rows {
					line := block[i*width:][:width]
					clear(line[copy(line[:cols], w[(top+i)*row+first:]):])
				}
				continue
			}
			for j := range width {
				if j >= cols {
					for i := range rows {
						block[i*width+j] = 0
					}
					continue
				}
				src := w[top*row+(first+j)*column:]
				for i := range rows {
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

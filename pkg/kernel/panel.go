package kernel

// tileRows is the number of rows that the matrix kernel computes at a time.
const tileRows = 6

// maxPanel is the greatest number of columns of a panel, of any variant.
const maxPanel = 32

// panels is the right operand of a product of matrices with k rows and n columns, rearranged: some columns at a time, row by row, so
// that the kernel reads it from front to end. Columns beyond n, up to a multiple of panelStep, are zeros. bias starts the accumulators; it is filled up likewise.
type panels struct {
	k, n    int
	wide    int // columns of a panel; the last may have fewer, or 24
	data    []float32
	bias    []float32
	next    []float32 // the memory behind: of the next group's, where there are several
	divides bool      // lift may divide the elements; false if nobody looked
}

// panelsLen returns how many float32 newPanels takes.
func panelsLen(k, n int) int { return (k + 1) * padded(n) }

// panelStep is what the widths of panels are multiples of.
const panelStep = 8

// padded returns n rounded up to whole steps.
func padded(n int) int { return (n + panelStep - 1) &^ (panelStep - 1) }

// emptyPanels returns panels without content in memory of panelsLen(k, n) elements. A bias of nil is zeros.
func emptyPanels(memory []float32, k, n int, bias []float32) panels {
	p := panels{k: k, n: n, wide: panelWidth}.in(memory)
	clear(p.bias[copy(p.bias, bias):])
	return p
}

// in returns panels of the same size in other memory, whatever it holds.
func (p panels) in(memory []float32) panels {
	// Loads of whole registers are slow where they lie across lines of the cache; memory is aligned to these if it is large.
	data, end := p.k*padded(p.n), panelsLen(p.k, p.n)
	p.data, p.bias, p.next = memory[:data], memory[data:end], memory[end:]
	return p
}

// newPanels returns panels that hold w: its element of row i and column j is w[i·row + j·column].
func newPanels(memory []float32, k, n int, w []float32, row, column int, bias []float32) panels {
	p := emptyPanels(memory, k, n, bias)
	p.fill(0, k, w, row, column)
	p.divides = divides(p.data)
	return p
}

// fill sets count rows from the given one on. Of w, one of row and column is 1: it is read along its lines.
func (p *panels) fill(from, count int, w []float32, row, column int) {
	for first := 0; first < p.n; first += p.width(first) {
		width, cols := p.width(first), min(p.n-first, p.width(first))
		block := p.panel(first)[from*width:][:count*width]
		if cols < width {
			clear(block)
		}
		if column == 1 && count > 0 {
			moveLines(block, w[first:], width, row, cols, count)
			continue
		}
		// What is written for so many rows stays in the first-level cache.
		const rows = 64
		for top := 0; top < count; top += rows {
			columns(block[top*width:], width, w[first*column+top:], column, min(rows, count-top), cols)
		}
	}
}

// width returns the width of the panel that starts at a column. A panel of 8 takes longer than its share: 24 columns are one panel, and 40 are 24 and 16.
func (p *panels) width(first int) int {
	switch rest := padded(p.n) - first; rest {
	case 24:
		return 24
	case 40:
		return min(24, p.wide)
	default:
		return min(rest, p.wide)
	}
}

// panel returns the panel that starts at a column.
func (p *panels) panel(first int) []float32 { return p.data[first*p.k:][:p.width(first)*p.k] }

package kernel

// band is memory for some rows of an image: as many as there are places, which they take in turn. Row first lies at the beginning.
type band struct {
	data               []float32
	row, places, first int // elements of a row; rows; the image's
}

// wholeImage returns the band that an image of so many rows is.
func wholeImage(data []float32, rows int) band {
	return band{data: data, row: len(data) / rows, places: rows}
}

// at returns where a row starts.
func (b *band) at(y int) int { return (y - b.first) % b.places * b.row }

// line returns a row.
func (b *band) line(y int) []float32 { return b.data[b.at(y):][:b.row] }

// until returns the end of the rows from y to end that follow each other in memory.
func (b *band) until(y, end int) int { return min(end, y+b.places-(y-b.first)%b.places) }

// move makes offsets in the image, of which negative ones stand for nothing, those in the band.
func (b *band) move(offs []int32) {
	for i, off := range offs {
		if off >= 0 {
			offs[i] = int32(b.at(int(off)/b.row)) + off%int32(b.row)
		}
	}
}

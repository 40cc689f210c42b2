package npy

// gather reads rows [from, from+count) of a Fortran-ordered array. The file is a sequence of columns, each holding one element of every
// row; the columns are taken in the file's order, a window of them at a time, and their elements put where C order wants them.
func (a *Array) gather(dst []byte, from, count int) error {
	size := int64(a.Type.Size())
	rows := int64(a.Shape[0])
	columns := a.RowSize() / size
	place := newOdometer(a.Shape[1:])
	perRead := max(1, window/(rows*size))
	narrow := rows*size > window // one column exceeds the window: read only what is wanted of it
	buf := make([]byte, min(perRead, columns)*size*min(rows, max(window/size, 1)))

	for column := int64(0); column < columns; column += perRead {
		if narrow {
			index := place.next()
			for done := int64(0); done < int64(count); {
				part := min(int64(count)-done, int64(len(buf))/size)
				run := buf[:part*size]
				if err := readFull(a.r, run, a.Offset+(column*rows+int64(from)+done)*size); err != nil {
					return err
				}
				scatter(dst[done*columns*size:], run, index, columns, size)
				done += part
			}
			continue
		}
		n := min(perRead, columns-column)
		block := buf[:n*rows*size]
		if err := readFull(a.r, block, a.Offset+column*rows*size); err != nil {
			return err
		}
		for c := range n {
			run := block[(c*rows+int64(from))*size:][:int64(count)*size]
			scatter(dst, run, place.next(), columns, size)
		}
	}
	return nil
}

// scatter puts the elements of run into column index of the rows of dst.
func scatter(dst, run []byte, index, columns, size int64) {
	for i := int64(0); i*size < int64(len(run)); i++ {
		copy(dst[(i*columns+index)*size:][:size], run[i*size:])
	}
}

// odometer walks the indices of a shape with the first axis fastest and yields each one's position in C order.
type odometer struct {
	shape, index []int
	stride       []int64
	at           int64
}

func newOdometer(shape []int) *odometer {
	o := &odometer{shape: shape, index: make([]int, len(shape)), stride: make([]int64, len(shape))}
	s := int64(1)
	for i := len(shape) - 1; i >= 0; i-- {
		o.stride[i] = s
		s *= int64(shape[i])
	}
	return o
}

// next returns the current position and advances.
func (o *odometer) next() int64 {
	at := o.at
	for i := range o.shape {
		o.index[i]++
		o.at += o.stride[i]
		if o.index[i] < o.shape[i] {
			break
		}
		o.at -= o.stride[i] * int64(o.shape[i])
		o.index[i] = 0
	}
	return at
}

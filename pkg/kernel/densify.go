package kernel

import "fmt"

// SparseDim is one level of a sparse tensor: dense with Size indices, or, where Segments is not nil, compressed: entry p of the level above has the
// indices Indices[Segments[p]:Segments[p+1]].
type SparseDim struct {
	Size              int
	Segments, Indices []int
}

// Densify spreads the values of a sparse tensor over dst, zeros elsewhere. shape is dst's. order names the dimension of each level of dims: below
// len(shape) one of the shape, len(shape)+b the inside of the blocks along dimension blocks[b], whose levels are dense; the outer level of such a
// dimension counts blocks. It fails where the parameters contradict each other, the shape or the number of values.
func Densify(dst, values []byte, size int, shape, order, blocks []int, dims []SparseDim) error {
	rank := len(shape)
	if len(order) != rank+len(blocks) || len(dims) != len(order) || len(order) > maxAxes {
		return fmt.Errorf("a sparse tensor of rank %d with %d blocked dimensions has %d levels and %d level descriptions", rank, len(blocks), len(order), len(dims))
	}
	d := densifier{dst: dst, values: values, size: size, dims: dims}
	step := strides(shape)
	var seen [maxAxes]bool
	var block [MaxRank]int
	for i := range rank {
		block[i] = 1
	}
	for level, axis := range order {
		if axis < 0 || axis >= len(order) || seen[axis] {
			return fmt.Errorf("traversal order %v is no permutation", order)
		}
		seen[axis] = true
		if axis < rank {
			continue
		}
		of := blocks[axis-rank]
		if of < 0 || of >= rank || dims[level].Segments != nil || dims[level].Size <= 0 {
			return fmt.Errorf("level %d is no dense block along a dimension of shape %v", level, shape)
		}
		if block[of] != 1 {
			return fmt.Errorf("dimension %d is blocked twice", of)
		}
		block[of] = dims[level].Size
	}
	for level, axis := range order {
		if axis >= rank {
			axis = blocks[axis-rank]
			d.step[level], d.limit[level] = step[axis], block[axis]
			continue
		}
		d.step[level], d.limit[level] = step[axis]*block[axis], shape[axis]/block[axis]
		if shape[axis]%block[axis] != 0 {
			return fmt.Errorf("dimension %d of shape %v has blocks of %d", axis, shape, block[axis])
		}
	}
	clear(dst)
	if err := d.level(0, 0, 0); err != nil {
		return err
	}
	if d.next*size != len(values) {
		return fmt.Errorf("a sparse tensor places %d of %d values", d.next, len(values)/size)
	}
	return nil
}

type densifier struct {
	dst, values []byte
	size        int
	dims        []SparseDim
	step, limit [maxAxes]int // elements of dst from one index of a level to the next, and the number of indices
	next        int          // the value to be placed next
}

// level places the values below entry number entry of the level above, at element at of dst.
func (d *densifier) level(level, entry, at int) error {
	if level == len(d.dims) {
		if (d.next+1)*d.size > len(d.values) {
			return fmt.Errorf("a sparse tensor has only %d values", d.next)
		}
		copy(d.dst[at*d.size:], d.values[d.next*d.size:(d.next+1)*d.size])
		d.next++
		return nil
	}
	dim := &d.dims[level]
	if dim.Segments == nil {
		if dim.Size != d.limit[level] {
			return fmt.Errorf("level %d has %d indices, the shape %d", level, dim.Size, d.limit[level])
		}
		for i := range dim.Size {
			if err := d.level(level+1, entry*dim.Size+i, at+i*d.step[level]); err != nil {
				return err
			}
		}
		return nil
	}
	if entry+1 >= len(dim.Segments) {
		return fmt.Errorf("level %d has no segment %d", level, entry)
	}
	from, to := dim.Segments[entry], dim.Segments[entry+1]
	if from < 0 || to > len(dim.Indices) {
		return fmt.Errorf("segment %d of level %d is [%d, %d) of %d indices", entry, level, from, to, len(dim.Indices))
	}
	for k := from; k < to; k++ {
		i := dim.Indices[k]
		if i < 0 || i >= d.limit[level] {
			return fmt.Errorf("level %d has index %d of %d", level, i, d.limit[level])
		}
		if err := d.level(level+1, k, at+i*d.step[level]); err != nil {
			return err
		}
	}
	return nil
}

package kernel

// SparseToDense fills dst, of the given shape, with off and stores values at the indices: each group of len(shape) of them names an element. A single value is
// stored at all. It fails on an index outside the shape.
func SparseToDense[I Index](dst []byte, size int, shape []int, indices []I, values, off []byte) error {
	Fill(dst, off)
	step := strides(shape)
	rank := len(shape)
	many := len(values) > size
	for i := 0; rank > 0 && i < len(indices)/rank; i++ {
		at, err := offset(shape, &step, indices[i*rank:(i+1)*rank])
		if err != nil {
			return err
		}
		value := values
		if many {
			value = values[i*size : (i+1)*size]
		}
		copy(dst[at*size:], value)
	}
	return nil
}

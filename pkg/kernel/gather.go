package kernel

import "fmt"

// Index is the set of types that operands with indices have.
type Index interface{ ~int16 | ~int32 | ~int64 }

// Gather takes slices of src along an axis. The first batch axes of src and of indices are common: the result has src's axes before axis, then the axes of
// indices behind the batch axes, then src's axes after axis. It fails on an index outside the axis.
//
// EMBEDDING_LOOKUP is Gather along axis 0.
func Gather[I Index](dst, src []byte, size int, shape []int, indices []I, axis, batch int) error {
	batches := elements(shape[:batch])
	outer := elements(shape[batch:axis])
	n := size * elements(shape[axis+1:])
	if batches == 0 {
		return nil
	}
	per := len(indices) / batches
	to := 0
	for b := range batches {
		for o := range outer {
			base := (b*outer + o) * shape[axis]
			for _, index := range indices[b*per : (b+1)*per] {
				if index < 0 || int(index) >= shape[axis] {
					return fmt.Errorf("index %d is outside an axis of size %d", index, shape[axis])
				}
				copy(dst[to:to+n], src[(base+int(index))*n:])
				to += n
			}
		}
	}
	return nil
}

// offset returns the position of the slice at the leading indices of a tensor, in elements.
func offset[I Index](shape []int, step *dims, index []I) (int, error) {
	at := 0
	for i, x := range index {
		if x < 0 || int(x) >= shape[i] {
			return 0, fmt.Errorf("index %v is outside shape %v", index, shape)
		}
		at += int(x) * step[i]
	}
	return at, nil
}

// GatherND takes slices of src: each group of depth indices names one by its leading axes. It fails on an index outside the shape.
func GatherND[I Index](dst, src []byte, size int, shape []int, indices []I, depth int) error {
	step := strides(shape)
	n := size * elements(shape[depth:])
	if n == 0 {
		return nil
	}
	for i := 0; i*n < len(dst); i++ {
		at, err := offset(shape, &step, indices[i*depth:(i+1)*depth])
		if err != nil {
			return err
		}
		copy(dst[i*n:(i+1)*n], src[at*size:])
	}
	return nil
}

// ScatterND adds slices of updates, in order, to a dst of zeros of the given shape: each group of depth indices names the place of one by its leading
// axes. Integers wrap. It fails on an index outside the shape.
func ScatterND[T Number, I Index](dst []T, shape []int, indices []I, depth int, updates []T) error {
	clear(dst)
	step := strides(shape)
	n := elements(shape[depth:])
	if n == 0 {
		return nil
	}
	for i := 0; i*n < len(updates); i++ {
		at, err := offset(shape, &step, indices[i*depth:(i+1)*depth])
		if err != nil {
			return err
		}
		out := dst[at : at+n]
		for j, x := range updates[i*n : (i+1)*n] {
			out[j] += x
		}
	}
	return nil
}

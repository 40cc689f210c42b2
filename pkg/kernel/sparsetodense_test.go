package kernel

import (
	"slices"
	"testing"
)

func TestSparseToDense(t *testing.T) {
	dst := make([]byte, 6)
	if err := SparseToDense(dst, 1, []int{2, 3}, []int32{0, 2, 1, 0}, []byte{7, 8}, []byte{1}); err != nil || !slices.Equal(dst, []byte{1, 1, 7, 8, 1, 1}) {
		t.Errorf("%v, %v", dst, err)
	}
	if err := SparseToDense(dst, 1, []int{6}, []int64{5, 0}, []byte{9}, []byte{0}); err != nil || !slices.Equal(dst, []byte{9, 0, 0, 0, 0, 9}) {
		t.Errorf("one value: %v, %v", dst, err)
	}
	if err := SparseToDense(dst, 1, []int{2, 3}, []int32{2, 0}, []byte{9}, []byte{0}); err == nil {
		t.Error("no error for an index outside the shape")
	}
}

// Package tensor holds the plain values that graphs compute on: element types, shapes and dense row-major tensors.
package tensor

import (
	"fmt"
	"unsafe"

	"github.com/octetlite/octet/pkg/memory"
)

// Tensor is a dense row-major tensor. Data holds the elements in little-endian order and is aligned to the element's size; it is nil where
// only the type is known. String tensors hold TFLite's encoding: a count, offsets, then the bytes.
type Tensor struct {
	DType DType
	Shape Shape
	Data  []byte
	// Own says that Data was allocated for this tensor, and that nothing but tensors of the same model may share it.
	Own bool
}

// Element is the set of Go types that View reads elements as.
type Element interface {
	~float32 | ~float64 | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~bool | ~complex64 | ~complex128
}

// New returns a tensor of zeros. The shape must be static and the type of fixed size.
func New(d DType, shape Shape) *Tensor {
	n := shape.Elements()
	if n < 0 {
		panic(fmt.Sprintf("tensor: New of shape %v", shape))
	}
	return &Tensor{DType: d, Shape: shape, Data: Alloc(d.Bytes(n))}
}

// Alloc returns n zero bytes aligned to at least 8 bytes.
func Alloc(n int) []byte { return memory.Alloc(n) }

// Of returns a tensor over values, which it shares. It panics if the shape does not have that many elements.
func Of[T Element](d DType, shape Shape, values []T) *Tensor {
	if n := shape.Elements(); n != len(values) || int(unsafe.Sizeof(*new(T))) != d.Size() {
		panic(fmt.Sprintf("tensor: %d values of %T for %v%v", len(values), *new(T), d, shape))
	}
	return &Tensor{DType: d, Shape: shape, Data: Bytes(values)}
}

// F32 returns a float32 tensor over values, which it shares.
func F32(shape Shape, values ...float32) *Tensor { return Of(Float32, shape, values) }

// I32 returns an int32 tensor over values, which it shares.
func I32(shape Shape, values ...int32) *Tensor { return Of(Int32, shape, values) }

// View returns t's elements as a slice that shares its memory. T must have the size of t's element type, and the data
// must be aligned to it; View panics otherwise, since both are invariants of whoever made the tensor.
func View[T Element](t *Tensor) []T {
	var zero T
	size := int(unsafe.Sizeof(zero))
	if t.DType.Size() != size {
		panic(fmt.Sprintf("tensor: view of %v as %T", t.DType, zero))
	}
	if len(t.Data) == 0 {
		return nil
	}
	p := unsafe.Pointer(&t.Data[0])
	if uintptr(p)%unsafe.Alignof(zero) != 0 || len(t.Data)%size != 0 {
		panic(fmt.Sprintf("tensor: %v%v: %d bytes at an odd address or of an odd length", t.DType, t.Shape, len(t.Data)))
	}
	return unsafe.Slice((*T)(p), len(t.Data)/size)
}

// Bytes returns the memory of values as bytes, shared.
func Bytes[T Element](values []T) []byte {
	if len(values) == 0 {
		return []byte{}
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*int(unsafe.Sizeof(values[0])))
}

// Overlap reports whether a and b have memory in common.
func Overlap(a, b []byte) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	p, q := Address(a), Address(b)
	return p < q+uintptr(len(b)) && q < p+uintptr(len(a))
}

// Address returns where data begins in memory, 0 if it is empty: what lies in one piece of memory can be told by it.
func Address(data []byte) uintptr {
	if len(data) == 0 {
		return 0
	}
	return uintptr(unsafe.Pointer(&data[0]))
}

// Aligned returns data itself if it starts at a multiple of the element's size (at most 8), else a copy that does.
func Aligned(d DType, data []byte) []byte {
	size := uintptr(min(max(d.Size(), 1), 8))
	if len(data) == 0 || uintptr(unsafe.Pointer(&data[0]))%size == 0 {
		return data
	}
	out := Alloc(len(data))
	copy(out, data)
	return out
}

// Elements returns the number of elements, -1 if the shape is not static.
func (t *Tensor) Elements() int { return t.Shape.Elements() }

// Known reports whether t has data, and not only a type.
func (t *Tensor) Known() bool { return t != nil && t.Data != nil }

// Clone returns a deep copy.
func (t *Tensor) Clone() *Tensor {
	c := &Tensor{DType: t.DType, Shape: t.Shape.Clone()}
	if t.Data != nil {
		c.Data = Alloc(len(t.Data))
		copy(c.Data, t.Data)
	}
	return c
}

// Ints returns the elements of an integer tensor (Int8 to Int64, UInt8 to UInt64) as ints. It is meant for small operands such as shapes and axes.
func (t *Tensor) Ints() ([]int, error) {
	switch t.DType {
	case Int8:
		return ints(View[int8](t)), nil
	case Int16:
		return ints(View[int16](t)), nil
	case Int32:
		return ints(View[int32](t)), nil
	case Int64:
		return ints(View[int64](t)), nil
	case UInt8:
		return ints(View[uint8](t)), nil
	case UInt16:
		return ints(View[uint16](t)), nil
	case UInt32:
		return ints(View[uint32](t)), nil
	case UInt64:
		return ints(View[uint64](t)), nil
	}
	return nil, fmt.Errorf("want integers, have %v%v", t.DType, t.Shape)
}

func ints[T ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64](v []T) []int {
	out := make([]int, len(v))
	for i, x := range v {
		out[i] = int(x)
	}
	return out
}

package build

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Ints adds a constant vector of int32.
func (b *Builder) Ints(name string, values ...int) *ir.Value {
	list := make([]int32, len(values))
	for i, x := range values {
		list[i] = int32(x)
	}
	return b.Const(name, tensor.I32(tensor.Shape{len(list)}, list...))
}

// Int adds a constant scalar of int32.
func (b *Builder) Int(name string, value int) *ir.Value {
	return b.Const(name, tensor.I32(nil, int32(value)))
}

// Float adds a constant scalar of float32.
func (b *Builder) Float(name string, value float32) *ir.Value {
	return b.Const(name, tensor.F32(nil, value))
}

// Shape returns v's shape as a vector of int32: a constant, or what SHAPE makes.
func (b *Builder) Shape(name string, v *ir.Value) *ir.Value {
	return b.Emit(name, "SHAPE", &op.Shape{OutType: tensor.Int32}, v)
}

// Dim is the size of a dimension: a number, or where the number is not known a scalar of int32.
type Dim struct {
	Size  int       // Unknown if Value counts
	Value *ir.Value // nil if Size counts
}

// Fixed makes dimensions of numbers.
func Fixed(sizes ...int) []Dim {
	dims := make([]Dim, len(sizes))
	for i, s := range sizes {
		dims[i] = Dim{Size: s}
	}
	return dims
}

// Dims returns v's dimensions.
func (b *Builder) Dims(name string, v *ir.Value) []Dim {
	var shape *ir.Value
	dims := make([]Dim, len(v.Type.Shape))
	for i, d := range v.Type.Shape {
		if dims[i].Size = d; d >= 0 {
			continue
		}
		if shape == nil {
			shape = b.Shape(name+"/shape", v)
		}
		dims[i] = Dim{Unknown, b.Emit(name+"/dim", "STRIDED_SLICE", &op.StridedSlice{ShrinkAxisMask: 1},
			shape, b.Ints(name+"/begin", i), b.Ints(name+"/end", i+1), b.Ints(name+"/stride", 1))}
	}
	return dims
}

// Vector returns dimensions as a vector of int32.
func (b *Builder) Vector(name string, dims []Dim) *ir.Value {
	parts, sizes, known := make([]*ir.Value, len(dims)), make([]int, len(dims)), true
	for i, d := range dims {
		sizes[i] = d.Size
		known = known && d.Value == nil
	}
	if known {
		return b.Ints(name, sizes...)
	}
	for i, d := range dims {
		if parts[i] = d.Value; d.Value == nil {
			parts[i] = b.Int(name+"/size", d.Size)
		}
	}
	return b.Emit(name, "PACK", &op.Pack{Count: len(parts)}, parts...)
}

// Reshape gives v other dimensions, of which one may be -1: what the others leave. It returns v itself if nothing changes.
func (b *Builder) Reshape(name string, v *ir.Value, dims []Dim) *ir.Value {
	same := v.Type.Static() && len(dims) == len(v.Type.Shape)
	for i := 0; same && i < len(dims); i++ {
		same = dims[i].Value == nil && dims[i].Size == v.Type.Shape[i]
	}
	if same {
		return v
	}
	return b.Emit(name, "RESHAPE", &op.Reshape{}, v, b.Vector(name+"/shape", dims))
}

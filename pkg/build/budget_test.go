package build

import (
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestFoldingIsBounded doubles a constant until it would have 2⁵⁰ bytes, and multiplies large matrices.
func TestFoldingIsBounded(t *testing.T) {
	for name, bomb := range map[string]func(b *Builder, x *ir.Value) *ir.Value{
		"doubled":    func(b *Builder, x *ir.Value) *ir.Value { return b.Emit("x", "CONCATENATION", &op.Concat{}, x, x) },
		"multiplied": func(b *Builder, x *ir.Value) *ir.Value { return b.Emit("x", "BATCH_MATMUL", &op.BatchMatMul{}, x, x) },
		"convolved": func(b *Builder, x *ir.Value) *ir.Value {
			filter := b.Const("filter", tensor.New(tensor.Float32, tensor.Shape{1, 255, 255, 1}))
			image := b.Emit("image", "RESHAPE", &op.Reshape{}, x, b.Ints("shape", 1, 512, 512, 1))
			attr := &op.Conv2D{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
			y := b.Emit("y", "CONV_2D", attr, image, filter)
			return b.Emit("x", "RESHAPE", &op.Reshape{}, y, b.Ints("shape", 512, 512))
		},
	} {
		b := New(&ir.Model{}, "main")
		start := time.Now()
		x := b.Const("x", tensor.New(tensor.Float32, tensor.Shape{512, 512}))
		f := Try(func() {
			for range 500 {
				if x = bomb(b, x); x.Type.Shape[0] > 1<<28 {
					break
				}
			}
		})
		if f != nil {
			t.Errorf("%s: %v", name, f)
		}
		if x.Const != nil {
			t.Errorf("%s: everything folds", name)
		}
		if most := baseMemory + memoryFactor*b.state.given; b.state.memory > most {
			t.Errorf("%s: %d bytes, want at most %d", name, b.state.memory, most)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

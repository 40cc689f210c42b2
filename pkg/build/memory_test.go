package build

import (
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Memory of a released constant comes back unless a value has some of it, in this graph or another.
func TestReleasedMemoryIsUsedAgain(t *testing.T) {
	const size = 1 << 17
	for _, tt := range []struct {
		name  string
		share func(b *Builder, v *ir.Value)
		again bool
	}{
		{"alone", func(*Builder, *ir.Value) {}, true},
		{"reshaped", func(b *Builder, v *ir.Value) { b.Reshape("r", v, Fixed(2, -1)) }, false},
		{"a part of it", func(b *Builder, v *ir.Value) {
			b.Const("part", &tensor.Tensor{DType: tensor.UInt8, Shape: tensor.Shape{10}, Data: v.Const.Data[100:110]})
		}, false},
		{"in another graph", func(b *Builder, v *ir.Value) { b.Sub("body").Import(v) }, false},
		{"moved", func(b *Builder, v *ir.Value) { b.Emit("t", "TRANSPOSE", nil, v, b.Ints("perm", 1, 0)) }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := New(&ir.Model{}, "main")
			data := b.Alloc(size)
			v := b.Const("v", &tensor.Tensor{DType: tensor.UInt8, Shape: tensor.Shape{4, size / 4}, Data: data})
			tt.share(b, v)
			b.Release(v)
			if v.Const != nil {
				t.Error("the content is still there")
			}
			next := b.Alloc(size / 2)
			if len(next) != size/2 || cap(next) != size/2 {
				t.Errorf("%d bytes of %d", len(next), cap(next))
			}
			if again := &next[0] == &data[0]; again != tt.again {
				t.Errorf("used again: %v, want %v", again, tt.again)
			}
			if other := b.Alloc(size / 2); &other[0] == &next[0] {
				t.Error("given out twice")
			}
		})
	}
}

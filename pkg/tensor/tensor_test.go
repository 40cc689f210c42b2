package tensor

import (
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDTypeNamesRoundTrip(t *testing.T) {
	for d := Float32; int(d) < len(dtypes); d++ {
		got, err := ParseDType(d.String())
		if err != nil || got != d {
			t.Errorf("ParseDType(%q) = %v, %v", d, got, err)
		}
	}
	for d := Invalid; int(d) < len(dtypes); d++ {
		text, err := d.MarshalText()
		got := Variant
		if err2 := got.UnmarshalText(text); err != nil || err2 != nil || got != d {
			t.Errorf("%v: text %q reads back as %v, %v, %v", d, text, got, err, err2)
		}
	}
	if _, err := ParseDType("invalid"); err == nil {
		t.Error("ParseDType accepts the invalid type")
	}
}

func TestShapeElements(t *testing.T) {
	for _, c := range []struct {
		shape Shape
		want  int
	}{
		{nil, 1}, {Shape{}, 1}, {Shape{2, 3}, 6}, {Shape{0, 3}, 0}, {Shape{2, -1}, -1},
		{Shape{1 << 31, 1 << 31, 4}, -1}, {Shape{0, 1 << 62, 1 << 62}, -1},
	} {
		if got := c.shape.Elements(); got != c.want {
			t.Errorf("%v.Elements() = %d, want %d", c.shape, got, c.want)
		}
	}
}

func TestShapeTextRoundTrip(t *testing.T) {
	for _, s := range []Shape{{}, {1}, {1, -1, 224, 3}} {
		got, err := ParseShape(s.String())
		if err != nil || !got.Equal(s) {
			t.Errorf("ParseShape(%q) = %v, %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "1,2", "[1", "[x]", "[-1]", "[1,]"} {
		if s, err := ParseShape(bad); err == nil {
			t.Errorf("ParseShape(%q) = %v, want an error", bad, s)
		}
	}
}

func TestBroadcast(t *testing.T) {
	for _, c := range []struct{ a, b, want Shape }{
		{Shape{2, 1, 3}, Shape{4, 1}, Shape{2, 4, 3}},
		{Shape{}, Shape{5}, Shape{5}},
		{Shape{-1, 3}, Shape{1, 3}, Shape{-1, 3}},
		{Shape{-1}, Shape{7}, Shape{7}},
		{Shape{0}, Shape{1}, Shape{0}},
	} {
		got, err := Broadcast(c.a, c.b)
		if err != nil || !got.Equal(c.want) {
			t.Errorf("Broadcast(%v, %v) = %v, %v, want %v", c.a, c.b, got, err, c.want)
		}
	}
	if got, err := Broadcast(Shape{2}, Shape{3}); err == nil {
		t.Errorf("Broadcast([2], [3]) = %v, want an error", got)
	}
}

func TestViewSharesMemory(t *testing.T) {
	x := New(Float32, Shape{2, 2})
	View[float32](x)[3] = 1.5
	if diff := cmp.Diff([]byte{0, 0, 0xc0, 0x3f}, x.Data[12:]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float32{0, 0, 0, 1.5}, View[float32](x)); diff != "" {
		t.Error(diff)
	}
}

func TestAlignedCopiesOnlyWhereNeeded(t *testing.T) {
	buf := Alloc(17)
	buf[1] = 9
	if got := Aligned(Float32, buf[:8]); &got[0] != &buf[0] {
		t.Error("aligned data was copied")
	}
	odd := Aligned(Float32, buf[1:9])
	if &odd[0] == &buf[1] || odd[0] != 9 {
		t.Error("odd data was not copied")
	}
	if got := Aligned(Int8, buf[1:9]); &got[0] != &buf[1] {
		t.Error("bytes need no alignment")
	}
}

func TestInts(t *testing.T) {
	got, err := Of(Int64, Shape{2}, []int64{-1, 7}).Ints()
	if diff := cmp.Diff([]int{-1, 7}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := F32(Shape{1}, 1).Ints(); err == nil {
		t.Error("floats are no ints")
	}
}

// BenchmarkAlloc measures memory that the process did not have before, which is what weights are read into.
func BenchmarkAlloc(b *testing.B) {
	const size = 64 << 20
	b.SetBytes(size)
	for b.Loop() {
		b.StopTimer()
		debug.FreeOSMemory()
		b.StartTimer()
		data := Alloc(size)
		for i := 0; i < len(data); i += 1 << 12 {
			data[i] = 1
		}
	}
}

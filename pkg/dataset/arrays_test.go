package dataset_test

import (
	"archive/zip"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

func f32(values ...float32) []float32 { return values }

func TestArraysFindTheirInputsByName(t *testing.T) {
	x, y := input("x", tensor.Float32, 1, 2), input("y", tensor.Float32, -1, 1)
	ax := array{name: "x", t: npy.Float32, shape: []int{2, 2}, values: f32(1, 2, 3, 4)}
	ay := array{name: "y", t: npy.Float32, shape: []int{2, 1}, values: f32(5, 6)}
	label := array{name: "label", t: npy.Int64, shape: []int{2}, values: []int64{0, 1}}
	bySignature := npz(t, zip.Store, ay, label, ax)
	ax.name, ay.name = "serving_x:0", "serving_y:0"
	byTensor := npz(t, zip.Store, ay, label, ax)
	for _, path := range []string{bySignature, byTensor} {
		m, r := build(t, path, x, y)
		if m.Len() != 2 {
			t.Fatalf("%d samples", m.Len())
		}
		want := [][]*tensor.Tensor{
			{tensor.F32(tensor.Shape{1, 2}, 1, 2), tensor.F32(tensor.Shape{1, 1}, 5)},
			{tensor.F32(tensor.Shape{1, 2}, 3, 4), tensor.F32(tensor.Shape{1, 1}, 6)},
		}
		for i := range want {
			if diff := cmp.Diff(want[i], sample(t, r, i)); diff != "" {
				t.Errorf("sample %d: %s", i, diff)
			}
		}
	}
	// The inputs' names crossed: the tensor of one is called as the signature calls the other.
	crossed := []dataset.Input{{Name: "x", Tensor: "y", DType: tensor.Float32, Shape: tensor.Shape{1, 2}}, {Name: "y", Tensor: "x", DType: tensor.Float32, Shape: tensor.Shape{1, 1}}}
	_, r := build(t, bySignature, crossed...)
	if got := tensor.View[float32](sample(t, r, 0)[1]); got[0] != 5 {
		t.Errorf("input y is %v, want the array y", got)
	}
}

func TestASingleInputNeedsNoName(t *testing.T) {
	a := array{name: "arr_0", t: npy.Float32, shape: []int{3, 2}, values: f32(1, 2, 3, 4, 5, 6)}
	paths := []string{npz(t, zip.Store, a), write(t, filepath.Join(t.TempDir(), "x.npy"), a.file(t))}
	for _, path := range paths {
		m, r := build(t, path, input("x", tensor.Float32, 1, 2))
		if got := tensor.View[float32](sample(t, r, 2)[0]); m.Len() != 3 || got[1] != 6 {
			t.Errorf("%s: %d samples, the last is %v", path, m.Len(), got)
		}
	}
}

func TestSampleShapes(t *testing.T) {
	for _, c := range []struct {
		input, array, want []int
	}{
		{[]int{1, 2, 3}, []int{4, 2, 3}, []int{1, 2, 3}},
		{[]int{1, 2, 3}, []int{4, 1, 2, 3}, []int{1, 2, 3}},
		{[]int{-1, 2, 3}, []int{4, 2, 3}, []int{1, 2, 3}},
		{[]int{-1, -1, 3}, []int{4, 7, 3}, []int{1, 7, 3}},
		{[]int{8, 3}, []int{2, 8, 3}, []int{8, 3}},
		{[]int{1}, []int{4}, []int{1}},
		{[]int{}, []int{4}, []int{}},
		{[]int{5}, []int{4, 5}, []int{5}},
	} {
		n := 1
		for _, d := range c.array {
			n *= d
		}
		path := npz(t, zip.Store, array{name: "x", t: npy.UInt8, shape: c.array, values: make([]uint8, n)})
		m, r := build(t, path, input("x", tensor.UInt8, c.input...))
		got := sample(t, r, 0)[0]
		if !got.Shape.Equal(c.want) || m.Len() != c.array[0] || len(got.Data) != n/c.array[0] {
			t.Errorf("array %v for input %v: %d samples of shape %v", c.array, c.input, m.Len(), got.Shape)
		}
	}
}

func TestCasts(t *testing.T) {
	half := func(bits ...uint16) []uint16 { return bits }
	for _, c := range []struct {
		from   npy.Type
		values any
		to     tensor.DType
		want   any
	}{
		{npy.UInt8, []uint8{0, 255}, tensor.Float32, f32(0, 255)},
		{npy.Int8, []int8{-128, 127}, tensor.Float32, f32(-128, 127)},
		{npy.UInt16, []uint16{0, 65535}, tensor.Float32, f32(0, 65535)},
		{npy.Int16, []int16{-32768, 1}, tensor.Float32, f32(-32768, 1)},
		{npy.Int32, []int32{-(1 << 24), 1 << 30}, tensor.Float32, f32(-(1 << 24), 1<<30)},
		{npy.UInt32, []uint32{1 << 31, 7}, tensor.Float32, f32(1<<31, 7)},
		{npy.Int64, []int64{math.MinInt64, 3}, tensor.Float32, f32(-(1 << 63), 3)},
		{npy.UInt64, []uint64{1 << 63, 3}, tensor.Float32, f32(1<<63, 3)},
		{npy.Bool, []uint8{0, 1}, tensor.Float32, f32(0, 1)},
		{npy.Float16, half(0x3c00, 0xc400), tensor.Float32, f32(1, -4)},
		{npy.Float16, half(0x0001, 0x83ff), tensor.Float32, f32(0x1p-24, -0x3ffp-24)},
		{npy.Float64, []float64{0.5, -3}, tensor.Float32, f32(0.5, -3)},
		{npy.Float32, f32(0.1, -2), tensor.Float64, []float64{float64(float32(0.1)), -2}},
		{npy.Int64, []int64{-7, 7}, tensor.Int32, []int32{-7, 7}},
		{npy.Int64, []int64{0, 255}, tensor.UInt8, []uint8{0, 255}},
		{npy.UInt8, []uint8{0, 200}, tensor.Int64, []int64{0, 200}},
		{npy.UInt32, []uint32{0, 1 << 31}, tensor.UInt64, []uint64{0, 1 << 31}},
		{npy.Bool, []uint8{0, 1}, tensor.Bool, []bool{false, true}},
		{npy.Float16, half(0x3c00, 0x3c01), tensor.Float16, half(0x3c00, 0x3c01)},
	} {
		path := npz(t, zip.Store, array{name: "x", t: c.from, shape: []int{1, 2}, values: c.values})
		_, r := build(t, path, input("x", c.to, 1, 2))
		got := sample(t, r, 0)[0]
		want := array{t: npy.UInt8, shape: []int{len(got.Data)}, values: c.want}.file(t)
		if diff := cmp.Diff(want[len(want)-len(got.Data):], got.Data); diff != "" || got.DType != c.to {
			t.Errorf("%s to %v: %v %s", c.from, c.to, got.DType, diff)
		}
	}
}

func TestLossyCastsAreRefused(t *testing.T) {
	for _, c := range []struct {
		from   npy.Type
		values any
		to     tensor.DType
		want   string
	}{
		{npy.Float64, []float64{1, 0.1}, tensor.Float32, `x.npz: x[0]: input "x" f32[1,2]: element 1 is 0.1 as f64, which f32 can't hold exactly; convert the data, for example by astype("float32")`},
		{npy.Float64, []float64{1, 1e300}, tensor.Float32, "element 1 is 1e+300"},
		{npy.Int32, []int32{1<<24 + 1, 0}, tensor.Float32, "element 0 is 16777217"},
		{npy.UInt64, []uint64{1<<64 - 1, 0}, tensor.Float32, "element 0 is 18446744073709551615"},
		{npy.UInt64, []uint64{1 << 63, 0}, tensor.Int64, "element 0 is 9223372036854775808"},
		{npy.Int64, []int64{-1, 0}, tensor.UInt64, "element 0 is -1"},
		{npy.Int64, []int64{0, 256}, tensor.UInt8, "element 1 is 256"},
		{npy.Int64, []int64{0, 1 << 31}, tensor.Int32, "element 1 is 2147483648"},
		{npy.Float32, f32(1, 2), tensor.Int32, "want elements of type i32, have f32"},
		{npy.Float32, f32(1, 2), tensor.Float16, "want elements of type f16, have f32"},
		{npy.UInt8, []uint8{0, 1}, tensor.Bool, "want elements of type bool, have u8"},
		{npy.UInt8, []uint8{0, 1}, tensor.Int4, "want elements of type i4, have u8"},
	} {
		path := npz(t, zip.Store, array{name: "x", t: c.from, shape: []int{1, 2}, values: c.values})
		refused(t, c.want, path, input("x", c.to, 1, 2))
	}
}

func TestHintsOnShapes(t *testing.T) {
	for _, c := range []struct {
		array, input []int
		want         string
	}{
		{[]int{5, 4, 3}, []int{1, 5, 4, 3}, "a single sample gets the samples' axis by x[None]"},
		{[]int{2, 5, 4}, []int{1, 5, 4, 1}, "x[..., None] adds the last axis"},
		{[]int{2, 3, 5, 4}, []int{1, 5, 4, 3}, "np.moveaxis(x, 1, -1) puts the channels last"},
		{[]int{2, 60}, []int{-1, 5, 4, 3}, "x.reshape(-1, 5,4,3) has the shape"},
		{[]int{2, 61}, []int{-1, 5, 4, 3}, "have [61]"},
		{[]int{2, 60}, []int{1, -1, 4, 3}, "have [60]"},
	} {
		n := 1
		for _, d := range c.array {
			n *= d
		}
		path := npz(t, zip.Store, array{name: "x", t: npy.Float32, shape: c.array, values: make([]float32, n)})
		_, err := dataset.Build(t.Context(), path, []dataset.Input{input("x", tensor.Float32, c.input...)}, store.NewOverlay(store.NewMemory()))
		if err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("array %v for input %v: error %v, want one that ends in %q", c.array, c.input, err, c.want)
		}
	}
}

// An array that was changed after it was stored is found out.
func TestDamagedArchives(t *testing.T) {
	values := make([]float32, 80_000)
	for i := range values {
		values[i] = float32(i*i%7919) / 7919
	}
	x := input("x", tensor.Float32, 1, 2)
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		path := npz(t, method, array{name: "x", t: npy.Float32, shape: []int{40_000, 2}, values: values})
		build(t, path, x)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{400, len(data) / 2, len(data) - 400} {
			data[at] ^= 0x10
			write(t, path, data)
			refused(t, `array "x": the file is damaged`, path, x)
			data[at] ^= 0x10
		}
	}
}

func TestArraysThatDoNotFit(t *testing.T) {
	x, y := input("x", tensor.Float32, 1, 2), input("y", tensor.Float32, 1, 2)
	two := array{name: "x", t: npy.Float32, shape: []int{2, 2}, values: f32(1, 2, 3, 4)}
	other, three := two, array{name: "y", t: npy.Float32, shape: []int{3, 2}, values: f32(1, 2, 3, 4, 5, 6)}
	other.name = "z"
	byTensor := two
	byTensor.name = "serving_x:0"
	refused(t, `input "y" f32[1,2]: want an array "y" or "serving_y:0", have "x", "z"`, npz(t, zip.Store, two, other), x, y)
	refused(t, `both arrays "x" and "serving_x:0" have its name`, npz(t, zip.Store, two, byTensor), x)
	refused(t, `array "x" holds 2 samples, "y" holds 3`, npz(t, zip.Store, two, three), x, y)
	refused(t, `input "x" f32[1,3]: want samples of shape [3] or [1,3], have [2]`, npz(t, zip.Store, two), input("x", tensor.Float32, 1, 3))
	refused(t, `input "x" f32[4,2]: want samples of shape [4,2], have [2]`, npz(t, zip.Store, two), input("x", tensor.Float32, 4, 2))
	refused(t, "want samples along axis 0, have a scalar", npz(t, zip.Store, array{name: "x", t: npy.Float32, shape: nil, values: f32(1)}), input("x", tensor.Float32))
	refused(t, "want an array", npz(t, zip.Store), x)
	refused(t, "not a .npz file", write(t, filepath.Join(t.TempDir(), "x.npz"), []byte("text")), x)
	refused(t, "not a .npy file", write(t, filepath.Join(t.TempDir(), "x.npy"), []byte("text")), x)
	refused(t, "a .npy file holds one array, the model has 2 inputs", write(t, filepath.Join(t.TempDir(), "x.npy"), two.file(t)), x, y)
	refused(t, "no such file", filepath.Join(t.TempDir(), "x.npz"), x)
	empty := npz(t, zip.Store, array{name: "x", t: npy.Float32, shape: []int{0, 2}, values: f32()})
	if _, err := dataset.Build(context.Background(), empty, []dataset.Input{x}, store.NewOverlay(store.NewMemory())); !errors.Is(err, dataset.ErrEmpty) {
		t.Errorf("no samples: %v", err)
	}
}

// TestRewrittenArrays reads what has no random access and expects the samples of the plain file.
func TestRewrittenArrays(t *testing.T) {
	c := array{name: "x", t: npy.Int16, shape: []int{2, 3}, values: []int16{1, 2, 3, 4, 5, 6}}
	f := array{name: "x", t: npy.Int16, shape: []int{2, 3}, values: []int16{1, 4, 2, 5, 3, 6}, order: "F"}
	y := array{name: "y", t: npy.Int16, shape: []int{2, 3}, values: []int16{1, 2, 3, 4, 5, 6}}
	for name, path := range map[string]string{
		"stored":           npz(t, zip.Store, c, y),
		"deflated":         npz(t, zip.Deflate, c, y),
		"stored Fortran":   npz(t, zip.Store, f, y),
		"deflated Fortran": npz(t, zip.Deflate, f, y),
	} {
		m, r := build(t, path, input("x", tensor.Int16, 1, 3), input("y", tensor.Int16, 1, 3))
		for i, want := range [][]int16{{1, 2, 3}, {4, 5, 6}} {
			for k, got := range sample(t, r, i) {
				if diff := cmp.Diff(want, tensor.View[int16](got)); diff != "" {
					t.Errorf("%s: sample %d, input %d: %s", name, i, k, diff)
				}
			}
		}
		// Deflated arrays of equal content are one blob; a stored archive is a blob itself.
		if want := map[bool]int{true: 2, false: 1}[name == "stored Fortran"]; len(m.Refs()) != want {
			t.Errorf("%s: blobs %+v, want %d", name, m.Refs(), want)
		}
	}
	_, r := build(t, write(t, filepath.Join(t.TempDir(), "x.npy"), f.file(t)), input("x", tensor.Int16, 1, 3))
	if diff := cmp.Diff([]int16{4, 5, 6}, tensor.View[int16](sample(t, r, 1)[0])); diff != "" {
		t.Errorf("Fortran .npy: %s", diff)
	}
}

func TestBadValuesAreNamed(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	path := npz(t, zip.Store,
		array{name: "a", t: npy.Float32, shape: []int{4, 2}, values: f32(1, nan, 1, 2, 1, 2, 3, 4)},
		array{name: "b", t: npy.Float64, shape: []int{4, 2}, values: []float64{1, 2, 3, 4, float64(inf), 6, 7, 8}},
		array{name: "h", t: npy.Float16, shape: []int{4, 1}, values: []uint16{0, 0, 0, 0x7e00}})
	_, r := build(t, path, input("a", tensor.Float32, 1, 2), input("b", tensor.Float32, 1, 2), input("h", tensor.Float16, 1, 1))
	isBad(t, r, 0, "x.npz[0]", `input "a" f32[1,2]: element 1 is a NaN`)
	sample(t, r, 1)
	isBad(t, r, 2, "x.npz[2]", `input "b" f32[1,2]: element 0 is an infinity`)
	isBad(t, r, 3, "x.npz[3]", `input "h" f16[1,1]: element 0 is a NaN`)
	for _, i := range []int{-1, 4} {
		if _, err := r.Sample(i); err == nil || !strings.Contains(err.Error(), "of 4") {
			t.Errorf("sample %d: %v", i, err)
		}
	}
}

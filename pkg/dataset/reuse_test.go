package dataset_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// onDisk writes rows of so many numbers as an array and opens them as samples.
func onDisk(t *testing.T, width int, values []float32) *dataset.Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.npy")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := npy.Write(file, npy.Float32, []int{len(values) / width, width}, tensor.Bytes(values)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	files := store.NewOverlay(store.NewMemory())
	m, err := dataset.Build(t.Context(), path, []dataset.Input{input("x", tensor.Float32, 1, width)}, files)
	if err != nil {
		t.Fatal(err)
	}
	r, err := dataset.Open(t.Context(), m, files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// TestSampleIntoUsesMemoryAgain demands that samples of arrays take no memory but what they are given.
func TestSampleIntoUsesMemoryAgain(t *testing.T) {
	var values []float32
	for i := range 40 {
		values = append(values, float32(i))
	}
	r := onDisk(t, 4, values)
	out, err := r.Sample(0)
	if err != nil {
		t.Fatal(err)
	}
	first := out[0]
	i := 0
	n := testing.AllocsPerRun(8, func() {
		i++
		if err := r.SampleInto(i, out); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(tensor.View[float32](out[0]), values[4*i:4*i+4]) {
			t.Errorf("sample %d is %v", i, tensor.View[float32](out[0]))
		}
	})
	if n > 0 || out[0] != first {
		t.Errorf("%v allocations for a sample", n)
	}
}

func TestSampleIntoReplacesWhatDoesNotFit(t *testing.T) {
	r := onDisk(t, 4, []float32{1, 2, 3, 4})
	for _, old := range []*tensor.Tensor{nil, tensor.New(tensor.Int32, tensor.Shape{1, 4}), tensor.New(tensor.Float32, tensor.Shape{4})} {
		out := []*tensor.Tensor{old}
		if err := r.SampleInto(0, out); err != nil {
			t.Fatal(err)
		}
		if out[0] == old || !slices.Equal(tensor.View[float32](out[0]), []float32{1, 2, 3, 4}) {
			t.Errorf("into %v came %v", old, out[0])
		}
	}
}

// TestOddNumbersAreFound puts numbers that are not finite at each place of rows of each length up to nine.
func TestOddNumbersAreFound(t *testing.T) {
	inf := float32(math.Inf(1))
	odd := []float32{inf, -inf, float32(math.NaN()), math.MaxFloat32, -math.MaxFloat32}
	for n := 1; n <= 9; n++ {
		values := make([]float32, n) // the first sample is read by Build, too
		for at := range n {
			for _, v := range odd {
				row := slices.Repeat([]float32{-math.MaxFloat32}, n)
				row[at] = v
				values = append(values, row...)
			}
		}
		r := onDisk(t, n, values)
		for at := range n {
			for k, v := range odd {
				_, err := r.Sample(1 + at*len(odd) + k)
				want := fmt.Sprintf("element %d is ", at)
				if finite := v-v == 0; finite != (err == nil) || !finite && !strings.Contains(err.Error(), want) {
					t.Errorf("%v at %d of %d: %v, want %q", v, at, n, err, want)
				}
			}
		}
	}
}

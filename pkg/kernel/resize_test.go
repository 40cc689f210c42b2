package kernel

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResizeNearest(t *testing.T) {
	row := []byte{10, 20, 30}
	for _, c := range []struct {
		out  int
		r    Resize
		want []byte
	}{
		{6, Resize{}, []byte{10, 10, 20, 20, 30, 30}},
		{2, Resize{}, []byte{10, 20}},
		{2, Resize{HalfPixelCenters: true}, []byte{10, 30}},
		{5, Resize{AlignCorners: true}, []byte{10, 20, 20, 30, 30}},
		{1, Resize{AlignCorners: true}, []byte{10}},
		{5, Resize{HalfPixelCenters: true}, []byte{10, 10, 20, 30, 30}},
	} {
		got := make([]byte, c.out)
		ResizeNearest(got, row, 1, []int{1, 1, 3, 1}, 1, c.out, c.r)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("3 to %d, %+v: %s", c.out, c.r, diff)
		}
		// The same down a column of pixels of two channels of two bytes.
		var pixels, want []byte
		for _, x := range row {
			pixels = append(pixels, x, 1, x+1, 2)
		}
		for _, x := range c.want {
			want = append(want, x, 1, x+1, 2)
		}
		got = make([]byte, len(want))
		ResizeNearest(got, pixels, 2, []int{1, 3, 1, 2}, c.out, 1, c.r)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("column of 3 to %d, %+v: %s", c.out, c.r, diff)
		}
	}
}

func TestResizeBilinear(t *testing.T) {
	// [[3 6] [9 12]], the example of the operator's documentation.
	image := []float32{3, 6, 9, 12}
	for _, c := range []struct {
		h, w int
		r    Resize
		want []float32
	}{
		{3, 3, Resize{}, []float32{3, 5, 6, 7, 9, 10, 9, 11, 12}},
		{3, 3, Resize{AlignCorners: true}, []float32{3, 4.5, 6, 6, 7.5, 9, 9, 10.5, 12}},
		{1, 4, Resize{HalfPixelCenters: true}, []float32{6, 6.75, 8.25, 9}},
		{2, 2, Resize{HalfPixelCenters: true}, image},
		{1, 1, Resize{AlignCorners: true}, []float32{3}},
	} {
		got := make([]float32, len(c.want))
		F32ResizeBilinear(got, image, []int{1, 2, 2, 1}, c.h, c.w, c.r)
		if diff := cmp.Diff(c.want, got, near); diff != "" {
			t.Errorf("%dx%d %+v: %s", c.h, c.w, c.r, diff)
		}
	}
	// Two images of two channels: each is scaled alone.
	got := make([]float32, 12)
	F32ResizeBilinear(got, []float32{0, 1, 4, 5, 8, 8, 8, 0}, []int{2, 1, 2, 2}, 1, 3, Resize{AlignCorners: true})
	if diff := cmp.Diff([]float32{0, 1, 2, 3, 4, 5, 8, 8, 8, 4, 8, 0}, got); diff != "" {
		t.Error(diff)
	}
}

package kernel

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestGather(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 3), 1, 4).Draw(t, "shape")
		size := sizes.Draw(t, "size")
		batch := rapid.IntRange(0, len(shape)-1).Draw(t, "batch")
		axis := rapid.IntRange(batch, len(shape)-1).Draw(t, "axis")
		own := drawShape(t, "indices", 0, 2, 3)
		indexShape := append(slices.Clone(shape[:batch]), own...)
		indices := make([]int64, elements(indexShape))
		for i := range indices {
			indices[i] = int64(rapid.IntRange(0, shape[axis]-1).Draw(t, "index"))
		}
		out := slices.Concat(shape[:axis], own, shape[axis+1:])
		src := tagged(elements(shape), size)
		dst := make([]byte, elements(out)*size)
		if err := Gather(dst, src, size, shape, indices, axis, batch); err != nil {
			t.Fatal(err)
		}
		gathered(t, dst, src, nil, size, out, func(c []int) int {
			at := flat(indexShape, slices.Concat(c[:batch], c[axis:axis+len(own)]))
			return flat(shape, slices.Concat(c[:axis], []int{int(indices[at])}, c[axis+len(own):]))
		})
	})
	for _, bad := range []int32{-1, 3} {
		if err := Gather(make([]byte, 1), make([]byte, 3), 1, []int{3}, []int32{bad}, 0, 0); err == nil {
			t.Errorf("index %d of 3 is taken", bad)
		}
	}
}

func TestGatherNDInvertsScatterND(t *testing.T) {
	// Rows 2 and 0 of a 3x2 matrix.
	indices := []int32{2, 0}
	dst := make([]int32, 6)
	if err := ScatterND(dst, []int{3, 2}, indices, 1, []int32{1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int32{3, 4, 0, 0, 1, 2}, dst); diff != "" {
		t.Error(diff)
	}
	src := []byte{10, 11, 20, 21, 30, 31}
	rows := make([]byte, 4)
	if err := GatherND(rows, src, 1, []int{3, 2}, indices, 1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]byte{30, 31, 10, 11}, rows); diff != "" {
		t.Error(diff)
	}
	if err := GatherND(rows[:2], src, 1, []int{3, 2}, []int64{1, 1, 0, 0}, 2); err != nil || rows[0] != 21 || rows[1] != 10 {
		t.Errorf("elements [1 1] and [0 0]: %v, %v", rows[:2], err)
	}
	if err := GatherND(rows[:1], src, 1, []int{3, 2}, []int32{1, 2}, 2); err == nil {
		t.Error("GatherND takes index [1 2] of shape [3 2]")
	}
	if err := ScatterND(dst, []int{3, 2}, []int32{-1}, 1, []int32{1, 1}); err == nil {
		t.Error("ScatterND takes index -1")
	}
}

func TestScatterNDAddsDuplicates(t *testing.T) {
	dst := []float32{9, 9, 9}
	if err := ScatterND(dst, []int{3}, []int32{1, 1, 2}, 1, []float32{1, 2, 4}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{0, 3, 4}, dst); diff != "" {
		t.Error(diff)
	}
}

func TestSelectAndWhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := drawShape(t, "shape", 0, 4, 3)
		size := sizes.Draw(t, "size")
		var shapes [3][]int
		for k := range shapes {
			shapes[k] = slices.Clone(out[rapid.IntRange(0, len(out)).Draw(t, "drop"):])
			for i := range shapes[k] {
				if rapid.Bool().Draw(t, "repeat") {
					shapes[k][i] = 1
				}
			}
		}
		// The result has the shape that the three broadcast to.
		for i := range out {
			out[i] = 1
		}
		for _, s := range shapes {
			for i, d := range s {
				if d != 1 {
					out[len(out)-len(s)+i] = d
				}
			}
		}
		at := func(shape, c []int) int {
			in := make([]int, len(shape))
			for i := range in {
				in[i] = min(c[len(c)-len(shape)+i], shape[i]-1)
			}
			return flat(shape, in)
		}
		cond := rapid.SliceOfN(rapid.Bool(), elements(shapes[0]), elements(shapes[0])).Draw(t, "cond")
		a := tagged(elements(shapes[1]), size)
		b := tagged(elements(shapes[2]), size)
		for i := range b {
			b[i] ^= 0x80
		}
		dst := make([]byte, elements(out)*size)
		Select(dst, size, cond, shapes[0], a, shapes[1], b, shapes[2])
		for i, c := range coords(out) {
			want := elem(b, size, at(shapes[2], c))
			if cond[at(shapes[0], c)] {
				want = elem(a, size, at(shapes[1], c))
			}
			if !slices.Equal(elem(dst, size, i), want) {
				t.Fatalf("element %v is %v, want %v", c, elem(dst, size, i), want)
			}
		}

		where := make([]int64, Count(cond)*len(shapes[0]))
		Where(where, cond, shapes[0])
		for i, c := range coords(shapes[0]) {
			if !cond[i] {
				continue
			}
			for axis, x := range c {
				if where[axis] != int64(x) {
					t.Fatalf("Where has %v, want %v", where[:len(c)], c)
				}
			}
			where = where[len(c):]
		}
	})
}

func TestSequences(t *testing.T) {
	r := make([]float32, 4)
	FillRange(r, 1, -0.5)
	if diff := cmp.Diff([]float32{1, 0.5, 0, -0.5}, r); diff != "" {
		t.Error(diff)
	}
	hot := make([]byte, 12)
	OneHot(hot, 1, []int32{2, 0, -1, 3}, 2, 3, []byte{7}, []byte{1})
	// Indices [[2, 0], [-1, 3]], the new axis of 3 in the middle.
	if diff := cmp.Diff([]byte{1, 7, 1, 1, 7, 1, 1, 1, 1, 1, 1, 1}, hot); diff != "" {
		t.Error(diff)
	}
	values, places := make([]int32, 5), make([]int64, 5)
	n := Unique(values, places, []int32{4, 2, 4, 9, 2})
	if diff := cmp.Diff([]int32{4, 2, 9}, values[:n]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{0, 1, 0, 2, 1}, places); diff != "" {
		t.Error(diff)
	}
}

func TestDiagonals(t *testing.T) {
	dst := make([]byte, 8)
	MatrixDiag(dst, []byte{1, 2, 3, 4}, 1, 2)
	if diff := cmp.Diff([]byte{1, 0, 0, 2, 3, 0, 0, 4}, dst); diff != "" {
		t.Error(diff)
	}
	set := make([]byte, 6)
	MatrixSetDiag(set, []byte{1, 2, 3, 4, 5, 6}, 1, 2, 3, []byte{7, 8})
	if diff := cmp.Diff([]byte{7, 2, 3, 4, 8, 6}, set); diff != "" {
		t.Error(diff)
	}
}

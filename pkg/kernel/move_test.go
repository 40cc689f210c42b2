package kernel

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// coords lists every index of a shape in row-major order.
func coords(shape []int) [][]int {
	all := [][]int{{}}
	for _, d := range shape {
		var next [][]int
		for _, c := range all {
			for i := range d {
				next = append(next, append(slices.Clone(c), i))
			}
		}
		all = next
	}
	return all
}

// flat is the row-major position of an index.
func flat(shape, index []int) int {
	at := 0
	for i, x := range index {
		at = at*shape[i] + x
	}
	return at
}

// tagged returns n elements of size bytes; element i begins with i+1.
func tagged(n, size int) []byte {
	out := make([]byte, n*size)
	for i := range n {
		for k := range size {
			out[i*size+k] = byte(i + 1 + 17*k)
		}
	}
	return out
}

// elem returns element i.
func elem(b []byte, size, i int) []byte { return b[i*size : (i+1)*size] }

var sizes = rapid.SampledFrom([]int{1, 2, 4, 8, 12, 16})

func drawShape(t *rapid.T, name string, minRank, maxRank, maxDim int) []int {
	return rapid.SliceOfN(rapid.IntRange(0, maxDim), minRank, maxRank).Draw(t, name)
}

// gathered checks that every element of dst is the element of src that from names, -1 for value.
func gathered(t *rapid.T, dst, src, value []byte, size int, shape []int, from func(index []int) int) {
	t.Helper()
	for i, c := range coords(shape) {
		want := value
		if k := from(c); k >= 0 {
			want = elem(src, size, k)
		}
		if !slices.Equal(elem(dst, size, i), want) {
			t.Fatalf("element %v of %v is %v, want %v", c, shape, elem(dst, size, i), want)
		}
	}
}

func TestTranspose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, "shape", 0, 5, 4)
		size := sizes.Draw(t, "size")
		perm := make([]int, len(shape))
		for i := range perm {
			perm[i] = i
		}
		perm = rapid.Permutation(perm).Draw(t, "perm")
		out := make([]int, len(shape))
		inverse := make([]int, len(shape))
		for i, p := range perm {
			out[i] = shape[p]
			inverse[p] = i
		}
		src := tagged(elements(shape), size)
		dst := make([]byte, len(src))
		Transpose(dst, src, size, shape, perm)
		gathered(t, dst, src, nil, size, out, func(c []int) int {
			in := make([]int, len(c))
			for i, p := range perm {
				in[p] = c[i]
			}
			return flat(shape, in)
		})
		back := make([]byte, len(src))
		Transpose(back, dst, size, out, inverse)
		if diff := cmp.Diff(src, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestTransposeTiles goes through whole and partial tiles.
func TestTransposeTiles(t *testing.T) {
	const rows, cols = 37, 50
	src := tagged(2*rows*cols, 4)
	dst := make([]byte, len(src))
	Transpose(dst, src, 4, []int{2, rows, cols}, []int{0, 2, 1})
	for b := range 2 {
		for r := range rows {
			for c := range cols {
				got, want := elem(dst, 4, (b*cols+c)*rows+r), elem(src, 4, (b*rows+r)*cols+c)
				if !slices.Equal(got, want) {
					t.Fatalf("[%d %d %d] is %v, want %v", b, c, r, got, want)
				}
			}
		}
	}
}

func TestSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 5), 0, 5).Draw(t, "shape")
		size := sizes.Draw(t, "size")
		start, step, count := make([]int, len(shape)), make([]int, len(shape)), make([]int, len(shape))
		for i, d := range shape {
			start[i] = rapid.IntRange(0, d-1).Draw(t, "start")
			step[i] = rapid.SampledFrom([]int{1, 2, 3, -1, -2}).Draw(t, "step")
			most := (d-1-start[i])/max(step[i], 1) + 1
			if step[i] < 0 {
				most = start[i]/-step[i] + 1
			}
			count[i] = rapid.IntRange(0, most).Draw(t, "count")
		}
		src := tagged(elements(shape), size)
		dst := make([]byte, elements(count)*size)
		Slice(dst, src, size, shape, start, step, count)
		gathered(t, dst, src, nil, size, count, func(c []int) int {
			in := make([]int, len(c))
			for i := range c {
				in[i] = start[i] + c[i]*step[i]
			}
			return flat(shape, in)
		})
	})
}

func TestReverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, "shape", 1, 5, 4)
		size := sizes.Draw(t, "size")
		axes := rapid.SliceOfN(rapid.IntRange(0, len(shape)-1), 0, 3).Draw(t, "axes")
		src := tagged(elements(shape), size)
		dst := make([]byte, len(src))
		Reverse(dst, src, size, shape, axes)
		gathered(t, dst, src, nil, size, shape, func(c []int) int {
			in := slices.Clone(c)
			for i := range in {
				if slices.Contains(axes, i) {
					in[i] = shape[i] - 1 - c[i]
				}
			}
			return flat(shape, in)
		})
	})
}

func TestTileAndBroadcastTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, "shape", 0, 5, 3)
		size := sizes.Draw(t, "size")
		multiples, out := make([]int, len(shape)), make([]int, len(shape))
		for i, d := range shape {
			multiples[i] = rapid.IntRange(0, 3).Draw(t, "multiple")
			out[i] = d * multiples[i]
		}
		src := tagged(elements(shape), size)
		dst := make([]byte, elements(out)*size)
		Tile(dst, src, size, shape, multiples)
		gathered(t, dst, src, nil, size, out, func(c []int) int {
			in := make([]int, len(c))
			for i := range c {
				in[i] = c[i] % shape[i]
			}
			return flat(shape, in)
		})

		lead := drawShape(t, "lead", 0, 3, 2)
		to := append(slices.Clone(lead), shape...)
		from := slices.Clone(shape)
		for i := range from {
			if rapid.Bool().Draw(t, "repeat") {
				from[i] = 1
			}
		}
		src = tagged(elements(from), size)
		dst = make([]byte, elements(to)*size)
		BroadcastTo(dst, src, size, from, to)
		gathered(t, dst, src, nil, size, to, func(c []int) int {
			in := make([]int, len(from))
			for i := range in {
				in[i] = min(c[len(lead)+i], from[i]-1)
			}
			return flat(from, in)
		})
	})
}

func TestPadAndMirrorPad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 4), 0, 4).Draw(t, "shape")
		if len(shape) > 0 && rapid.Bool().Draw(t, "long") {
			shape[len(shape)-1] = rapid.IntRange(1, 300).Draw(t, "line")
		}
		size := sizes.Draw(t, "size")
		symmetric := rapid.Bool().Draw(t, "symmetric")
		before, after, out := make([]int, len(shape)), make([]int, len(shape)), make([]int, len(shape))
		for i, d := range shape {
			most := d - 1
			if symmetric {
				most = d
			}
			before[i] = rapid.IntRange(0, most).Draw(t, "before")
			after[i] = rapid.IntRange(0, most).Draw(t, "after")
			out[i] = before[i] + d + after[i]
		}
		src := tagged(elements(shape), size)
		dst := make([]byte, elements(out)*size)
		value := slices.Repeat([]byte{rapid.SampledFrom([]byte{0, 0xee}).Draw(t, "value")}, size)
		for i := range dst {
			dst[i] = 0x55
		}
		Pad(dst, src, size, shape, before, after, value)
		gathered(t, dst, src, value, size, out, func(c []int) int {
			in := make([]int, len(c))
			for i := range c {
				in[i] = c[i] - before[i]
				if in[i] < 0 || in[i] >= shape[i] {
					return -1
				}
			}
			return flat(shape, in)
		})

		MirrorPad(dst, src, size, shape, before, after, symmetric)
		gathered(t, dst, src, nil, size, out, func(c []int) int {
			in := make([]int, len(c))
			for i := range c {
				x, d := c[i]-before[i], shape[i]
				switch {
				case x < 0 && symmetric:
					x = -1 - x
				case x < 0:
					x = -x
				case x >= d && symmetric:
					x = 2*d - 1 - x
				case x >= d:
					x = 2*d - 2 - x
				}
				in[i] = x
			}
			return flat(shape, in)
		})
	})
}

func TestConcatSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(0, 4).Draw(t, "rows")
		widths := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 4).Draw(t, "widths")
		var parts, back [][]byte
		total := 0
		for i, w := range widths {
			part := make([]byte, rows*w)
			for k := range part {
				part[k] = byte(16*i + k)
			}
			parts = append(parts, part)
			back = append(back, make([]byte, len(part)))
			total += w
		}
		dst := make([]byte, rows*total)
		Concat(dst, rows, parts...)
		for r := range rows {
			at := r * total
			for i, w := range widths {
				if !slices.Equal(dst[at:at+w], parts[i][r*w:(r+1)*w]) {
					t.Fatalf("row %d of part %d is %v", r, i, dst[at:at+w])
				}
				at += w
			}
		}
		Split(dst, rows, back...)
		if diff := cmp.Diff(parts, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestUpdateSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := drawShape(t, "shape", 0, 4, 4)
		size := sizes.Draw(t, "size")
		update, start, at := make([]int, len(shape)), make([]int, len(shape)), make([]int, len(shape))
		for i, d := range shape {
			update[i] = rapid.IntRange(0, d).Draw(t, "update")
			start[i] = rapid.IntRange(-2, d+2).Draw(t, "start")
			at[i] = min(max(start[i], 0), d-update[i])
		}
		src := tagged(elements(shape), size)
		patch := slices.Repeat([]byte{0xee}, elements(update)*size)
		dst := make([]byte, len(src))
		UpdateSlice(dst, src, size, shape, patch, update, start)
		gathered(t, dst, src, slices.Repeat([]byte{0xee}, size), size, shape, func(c []int) int {
			for i, x := range c {
				if x < at[i] || x >= at[i]+update[i] {
					return flat(shape, c)
				}
			}
			return -1
		})
	})
}

func TestSpaceToDepth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		block := rapid.IntRange(1, 3).Draw(t, "block")
		n, h, w, c := rapid.IntRange(0, 2).Draw(t, "n"), rapid.IntRange(0, 3).Draw(t, "h"), rapid.IntRange(1, 3).Draw(t, "w"), rapid.IntRange(1, 3).Draw(t, "c")
		size := sizes.Draw(t, "size")
		shape := []int{n, h * block, w * block, c}
		out := []int{n, h, w, block * block * c}
		src := tagged(elements(shape), size)
		dst := make([]byte, len(src))
		SpaceToDepth(dst, src, size, shape, block)
		gathered(t, dst, src, nil, size, out, func(i []int) int {
			phase, channel := i[3]/c, i[3]%c
			return flat(shape, []int{i[0], i[1]*block + phase/block, i[2]*block + phase%block, channel})
		})
		back := make([]byte, len(src))
		DepthToSpace(back, dst, size, out, block)
		if diff := cmp.Diff(src, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestSpaceToBatchND(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		axes := rapid.IntRange(1, 3).Draw(t, "axes")
		size := sizes.Draw(t, "size")
		shape := []int{rapid.IntRange(1, 2).Draw(t, "batch")}
		out := []int{shape[0]}
		var block, before, after []int
		for range axes {
			d, b, p := rapid.IntRange(1, 4).Draw(t, "dim"), rapid.IntRange(1, 3).Draw(t, "block"), rapid.IntRange(0, 3).Draw(t, "before")
			rest := (b - (d+p)%b) % b
			shape, block, before, after = append(shape, d), append(block, b), append(before, p), append(after, rest)
			out = append(out, (d+p+rest)/b)
			out[0] *= b
		}
		tail := drawShape(t, "tail", 0, 1, 3)
		shape, out = append(shape, tail...), append(out, tail...)
		src := tagged(elements(shape), size)
		dst := make([]byte, elements(out)*size)
		value := slices.Repeat([]byte{0xee}, size)
		SpaceToBatchND(dst, src, size, shape, block, before, after, value)
		gathered(t, dst, src, value, size, out, func(c []int) int {
			in := slices.Clone(c)
			in[0] = c[0] % shape[0]
			phase := c[0] / shape[0]
			for i := axes - 1; i >= 0; i-- {
				in[1+i] = c[1+i]*block[i] + phase%block[i] - before[i]
				phase /= block[i]
				if in[1+i] < 0 || in[1+i] >= shape[1+i] {
					return -1
				}
			}
			return flat(shape, in)
		})
		back := make([]byte, len(src))
		BatchToSpaceND(back, dst, size, out, block, before, after)
		if diff := cmp.Diff(src, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestReverseSequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 4), 2, 4).Draw(t, "shape")
		size := sizes.Draw(t, "size")
		axes := rapid.Permutation([]int{0, 1, len(shape) - 1}).Draw(t, "axes")
		seq, batch := axes[0], axes[1]
		if seq == batch {
			batch = axes[2]
		}
		lengths := make([]int32, shape[batch])
		for i := range lengths {
			lengths[i] = int32(rapid.IntRange(0, shape[seq]).Draw(t, "length"))
		}
		src := tagged(elements(shape), size)
		dst := make([]byte, len(src))
		ReverseSequence(dst, src, size, shape, lengths, seq, batch)
		gathered(t, dst, src, nil, size, shape, func(c []int) int {
			in := slices.Clone(c)
			if n := int(lengths[c[batch]]); c[seq] < n {
				in[seq] = n - 1 - c[seq]
			}
			return flat(shape, in)
		})
	})
}

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

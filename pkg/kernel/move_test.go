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

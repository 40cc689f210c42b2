package tflite

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"

	flatbuffers "github.com/google/flatbuffers/go"
)

// largeContent is the size from which on contents are not copied into the flatbuffer, but spliced in.
const largeContent = 1 << 12

// gap is the place of a content in a flatbuffer that has a stand-in of zeros for it.
type gap struct {
	start, end int // of the stand-in
	data       []byte
	grown      int64 // by how much the flatbuffer grows when this content and those before it take their places
}

// splice makes the file without having its large contents in the builder, which wants everything in one piece of memory.
//
// They are left out by writing short stand-ins of zeros, whose lengths equal theirs modulo the alignment, so that nothing else changes but what counts
// bytes across them: the vectors' lengths, and references. Which words are references is found by writing a second time, with stand-ins that are longer by one
// alignment: a reference, and nothing else, differs between the two by as many alignments as it spans stand-ins.
func (e *encoder) splice() (*File, error) {
	once, gaps := e.writeGaps(1)
	twice, other := e.writeGaps(2)
	if len(gaps) != len(other) || len(twice) != len(once)+alignment*len(gaps) {
		return nil, fmt.Errorf("stand-ins for %d and %d contents give flatbuffers of %d and %d bytes", len(gaps), len(other), len(once), len(twice))
	}
	f := &File{}
	from := 0
	for k := range len(gaps) + 1 {
		to := len(once)
		if k < len(gaps) {
			to = gaps[k].start
			binary.LittleEndian.PutUint32(once[to-4:], uint32(len(gaps[k].data)))
			binary.LittleEndian.PutUint32(twice[other[k].start-4:], uint32(len(gaps[k].data)))
		}
		if err := stretch(once[:to], twice[k*alignment:], from, gaps, k); err != nil {
			return nil, err
		}
		f.add(once[from:to:to])
		if k < len(gaps) {
			f.add(gaps[k].data)
			from = gaps[k].end
		}
	}
	return f, nil
}

// stretch makes the references in once, from a position behind k gaps on, lead over contents instead of stand-ins. twice is the second writing, cut so that
// positions are the same.
func stretch(once, twice []byte, from int, gaps []gap, k int) error {
	for at := align4(from); at < len(once); at += 4 {
		x, y := int32(binary.LittleEndian.Uint32(once[at:])), int32(binary.LittleEndian.Uint32(twice[at:]))
		if x == y {
			continue
		}
		// All references that span a content lead towards the end. The one from a table to its vtable is stored negated.
		distance, sign := int64(x), int64(1)
		if x < 0 {
			distance, sign = -distance, -1
		}
		behind := k + sort.Search(len(gaps)-k, func(i int) bool { return int64(gaps[k+i].start) >= int64(at)+distance })
		if int64(y)-int64(x) != sign*int64(behind-k)*alignment {
			return fmt.Errorf("at %d, %#x and %#x are no reference over %d contents", at, x, y, behind-k)
		}
		growth := gaps[behind-1].grown
		if k > 0 {
			growth -= gaps[k-1].grown
		}
		binary.LittleEndian.PutUint32(once[at:], uint32(int64(x)+sign*growth))
	}
	return nil
}

func align4(n int) int { return (n + 3) &^ 3 }

// writeGaps writes the flatbuffer with stand-ins for large contents, which are longer the greater n is, and returns their places in order.
func (e *encoder) writeGaps(n int) ([]byte, []gap) {
	standIn := func(data []byte) []byte { return zeros[:len(data)%alignment+n*alignment] }
	file := e.write(flatbuffers.NewBuilder(1<<10), func(i int, data []byte) []byte {
		if i != customOptions && len(data) >= e.large {
			return standIn(data)
		}
		return data
	})
	var gaps []gap
	grown := int64(0)
	for i, data := range slices.Backward(e.buffers) { // the builder writes from the end
		if len(data) >= e.large {
			start := len(file) - int(e.vectors[i]) + flatbuffers.SizeUint32
			grown += int64(len(data) - len(standIn(data)))
			gaps = append(gaps, gap{start, start + len(standIn(data)), data, grown})
		}
	}
	return file, gaps
}

package tflite

import (
	"bytes"
	"slices"
)

// trailer returns what a file holds outside of the given regions: bytes that somebody appended. Zeros that fill up to the alignment, or up to a
// region, are none. If it is a ZIP archive, its offsets are made to count from its own start, whatever they counted from.
func trailer(file []byte, used []region) []byte {
	used = append(slices.Clone(used), region{int64(len(file)), int64(len(file))})
	slices.SortFunc(used, func(a, b region) int { return int(a.from - b.from) })
	var found [][]byte
	var end int64
	for i, r := range used {
		if r.from > end {
			gap := file[end:r.from:r.from]
			for end%alignment != 0 && len(gap) > 0 && gap[0] == 0 {
				gap, end = gap[1:], end+1
			}
			if last := i == len(used)-1; len(gap) > 0 && (last || len(bytes.Trim(gap, "\x00")) > 0) {
				found = append(found, gap)
			}
		}
		end = max(end, r.to)
	}
	var all []byte
	switch len(found) {
	case 0:
		return nil
	case 1:
		all = found[0]
	default:
		all = bytes.Join(found, nil)
	}
	if z, ok := readZip(all); ok && z.base != 0 {
		moved := bytes.Clone(all)
		if z.shift(moved, -z.base) == nil {
			return moved
		}
	}
	return all
}

// addTrailer adds a model's trailer at the next aligned position. The offsets of a ZIP archive are made to count from the start of
// the file, as the tools that pack associated files into a model write them.
func (f *File) addTrailer(trailer []byte) error {
	if len(trailer) == 0 {
		return nil
	}
	f.align()
	if z, ok := readZip(trailer); ok {
		start := f.size
		trailer = bytes.Clone(trailer)
		if err := z.shift(trailer, start-z.base); err != nil {
			return err
		}
	}
	f.add(trailer)
	return nil
}

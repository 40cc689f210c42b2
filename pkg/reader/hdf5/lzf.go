package hdf5

import "errors"

var errLZF = errors.New("the chunk is damaged")

// unLZF decompresses b to the end of out, up to limit bytes.
//
// A byte below 32 is followed by that many bytes and one more as they are. Any other byte is a copy of what came out before: its
// upper three bits are the length less 2 (7: the next byte is added), its lower five and the next byte the distance less 1.
func unLZF(out, b []byte, limit int) ([]byte, error) {
	for len(b) > 0 {
		head := int(b[0])
		b = b[1:]
		if head < 32 {
			n := head + 1
			if n > len(b) || n > limit-len(out) {
				return nil, errLZF
			}
			out, b = append(out, b[:n]...), b[n:]
			continue
		}
		n := head >> 5
		if n == 7 && len(b) > 0 {
			n += int(b[0])
			b = b[1:]
		}
		if len(b) == 0 {
			return nil, errLZF
		}
		from := len(out) - 1 - (head&31<<8 | int(b[0]))
		b = b[1:]
		if n += 2; from < 0 || n > limit-len(out) {
			return nil, errLZF
		}
		for i := range n {
			out = append(out, out[from+i])
		}
	}
	return out, nil
}

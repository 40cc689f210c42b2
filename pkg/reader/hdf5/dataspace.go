package hdf5

import (
	"math"
	"math/bits"
)

// maxRank is HDF5's own limit.
const maxRank = 32

// dataspace is how many elements there are.
type dataspace struct {
	null  bool
	shape []int
	max   []uint64 // what shape may grow to; all ones without a limit
	len   int      // product of shape, 0 if null
}

func (s *scan) dataspace(m message) (dataspace, error) {
	c := m.cursor(s.File, "dataspace")
	if m.shared {
		return dataspace{}, c.errorf("%w: a shared dataspace", ErrNotSupported)
	}
	sp, err := readDataspace(&c)
	if err == nil {
		err = c.err
	}
	return sp, err
}

func readDataspace(c *cursor) (dataspace, error) {
	version, rank, flags := c.u8(), c.u8(), c.u8()
	var sp dataspace
	switch version {
	case 1:
		c.skip(5)
	case 2:
		sp.null = c.u8() == 2
	default:
		return sp, c.errorf("%w: version %d", ErrNotSupported, version)
	}
	if rank > maxRank {
		return sp, c.errorf("%d dimensions, HDF5 has up to %d", rank, maxRank)
	}
	if sp.null {
		return sp, nil
	}
	sp.shape, sp.max = make([]int, rank), make([]uint64, rank)
	sp.len = 1
	overflow := false
	for i := range sp.shape {
		d := c.length()
		high, n := bits.Mul64(uint64(sp.len), d)
		overflow = overflow || high != 0 || n > math.MaxInt || d > math.MaxInt
		sp.shape[i], sp.max[i], sp.len = int(d), d, int(n)
	}
	if flags&1 != 0 {
		for i := range sp.max {
			if sp.max[i] = c.length(); c.f.lengthSize == 4 && sp.max[i] == math.MaxUint32 {
				sp.max[i] = math.MaxUint64
			}
		}
	}
	if c.err != nil {
		return sp, c.err
	}
	for i, d := range sp.shape {
		if uint64(d) > sp.max[i] {
			return sp, c.errorf("dimension %d is %d, its maximum %d", i, d, sp.max[i])
		}
	}
	if overflow {
		return sp, c.errorf("%v elements are too many", sp.shape)
	}
	return sp, nil
}

// bytes returns how many bytes the elements take, or false if that is out of range.
func (sp dataspace) bytes(size int) (int, bool) {
	high, n := bits.Mul64(uint64(sp.len), uint64(size))
	return int(n), high == 0 && n <= math.MaxInt
}

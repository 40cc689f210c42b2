package tfpb

import (
	"errors"
	"fmt"
	"math"
)

// maxRank is TensorFlow's limit on dimensions.
const maxRank = 254

// TensorShapeProto is a shape. A dimension of -1 is unknown.
type TensorShapeProto struct {
	Dim         []int64 // the sizes; dimensions' names are not decoded
	UnknownRank bool
}

func (s *TensorShapeProto) field(f field) error {
	switch f.number {
	case 2:
		if len(s.Dim) == maxRank {
			return fmt.Errorf("more than %d dimensions", maxRank)
		}
		size, err := grow(f.d, &s.Dim)
		if err != nil {
			return err
		}
		return f.message("dim", visitor(func(e field) error {
			if e.number == 1 {
				return integer(e, "size", size)
			}
			return nil
		}))
	case 3:
		return f.boolean("unknown_rank", &s.UnknownRank)
	}
	return nil
}

// Elements returns the number of elements of a fully known shape.
func (s *TensorShapeProto) Elements() (int64, error) {
	if s.UnknownRank {
		return 0, errors.New("shape of unknown rank")
	}
	n := int64(1)
	for i, d := range s.Dim {
		if d < 0 {
			return 0, fmt.Errorf("dimension %d of shape %v is unknown", i, s.Dim)
		}
		if d != 0 && n > math.MaxInt64/d {
			return 0, fmt.Errorf("shape %v has more than 2^63 elements", s.Dim)
		}
		n *= d
	}
	return n, nil
}

package tensor

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Shape lists a tensor's dimensions, outermost first. A dimension of -1 is unknown. A nil or empty Shape is a scalar's.
type Shape []int

// Elements returns the number of elements, or -1 when a dimension is unknown or the product overflows an int.
func (s Shape) Elements() int {
	n := 1
	zero, unknown := false, false
	for _, d := range s {
		switch {
		case d < 0:
			unknown = true
		case d == 0:
			zero = true
		case n > math.MaxInt/d:
			unknown = true
		default:
			n *= d
		}
	}
	switch {
	case unknown:
		return -1
	case zero:
		return 0
	}
	return n
}

// Static reports whether every dimension is known.
func (s Shape) Static() bool { return !slices.ContainsFunc(s, func(d int) bool { return d < 0 }) }

// Equal reports whether both shapes have the same dimensions; a nil shape equals an empty one.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

// Clone returns a copy.
func (s Shape) Clone() Shape { return slices.Clone(s) }

// String returns the form "[1,224,224,3]", with "?" for unknown dimensions.
func (s Shape) String() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, d := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		if d < 0 {
			b.WriteByte('?')
		} else {
			b.WriteString(strconv.Itoa(d))
		}
	}
	b.WriteByte(']')
	return b.String()
}

// ParseShape reads the form that String writes.
func ParseShape(text string) (Shape, error) {
	inner, ok := strings.CutPrefix(text, "[")
	if inner, ok2 := strings.CutSuffix(inner, "]"); ok && ok2 {
		if inner == "" {
			return Shape{}, nil
		}
		var s Shape
		for part := range strings.SplitSeq(inner, ",") {
			if part == "?" {
				s = append(s, -1)
				continue
			}
			d, err := strconv.Atoi(part)
			if err != nil || d < 0 {
				return nil, fmt.Errorf("shape %q: bad dimension %q", text, part)
			}
			s = append(s, d)
		}
		return s, nil
	}
	return nil, fmt.Errorf("shape %q: want a list in brackets", text)
}

// Axis resolves a possibly negative axis of a tensor of the given rank.
func Axis(axis, rank int) (int, error) {
	a := axis
	if a < 0 {
		a += rank
	}
	if a < 0 || a >= rank {
		return 0, fmt.Errorf("axis %d is out of range for rank %d", axis, rank)
	}
	return a, nil
}

// Broadcast returns the shape to which a and b broadcast by NumPy's rule. A dimension that is unknown in one shape is the
// other's if that is above 1, else unknown.
func Broadcast(a, b Shape) (Shape, error) {
	out := make(Shape, max(len(a), len(b)))
	for i := range out {
		x, y := 1, 1
		if j := i - (len(out) - len(a)); j >= 0 {
			x = a[j]
		}
		if j := i - (len(out) - len(b)); j >= 0 {
			y = b[j]
		}
		switch {
		case x == y || y == 1:
			out[i] = x
		case x == 1:
			out[i] = y
		case x < 0:
			out[i] = y
		case y < 0:
			out[i] = x
		default:
			return nil, fmt.Errorf("shapes %v and %v do not broadcast", a, b)
		}
	}
	return out, nil
}

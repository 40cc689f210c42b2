package savedmodel

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/tensor"
)

// cut returns the part of a tensor that a specification of RestoreV2 names: the sizes of the whole, and for each dimension where the part starts and how long
// it is, or "-" for all of it: "3 4 0,2:-".
func cut(t *tensor.Tensor, spec string) (*tensor.Tensor, error) {
	words := strings.Fields(spec)
	if len(words) == 0 {
		return t, nil
	}
	extents := strings.Split(words[len(words)-1], ":")
	rank := len(t.Shape)
	if len(extents) != rank || len(words) != rank+1 {
		return nil, fmt.Errorf("the slice %q of a variable of shape %v", spec, t.Shape)
	}
	begin, part := make([]int, rank), t.Shape.Clone()
	for i, e := range extents {
		if e == "-" {
			continue
		}
		from, length, _ := strings.Cut(e, ",")
		var err error
		if begin[i], err = strconv.Atoi(from); err == nil {
			part[i], err = strconv.Atoi(length)
		}
		if err != nil || begin[i] < 0 || part[i] < 0 || begin[i] > t.Shape[i] || part[i] > t.Shape[i]-begin[i] {
			return nil, fmt.Errorf("the slice %q of a variable of shape %v", spec, t.Shape)
		}
	}
	size := t.DType.Size()
	out := &tensor.Tensor{DType: t.DType, Shape: part, Data: tensor.Alloc(size * part.Elements())}
	if len(out.Data) == 0 {
		return out, nil
	}
	row := size // bytes of a run along the last dimension
	if rank > 0 {
		row *= part[rank-1]
	}
	at := make([]int, rank)
	for to := 0; to < len(out.Data); to += row {
		from := 0
		for i, d := range t.Shape {
			from = from*d + begin[i] + at[i]
		}
		copy(out.Data[to:to+row], t.Data[from*size:])
		for i := rank - 2; i >= 0; i-- {
			if at[i]++; at[i] < part[i] {
				break
			}
			at[i] = 0
		}
	}
	return out, nil
}

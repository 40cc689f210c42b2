package dataset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/tensor"
)

// match finds for each input its name among those of the data, what ("array", "feature") being the data's word for them. A single input needs
// no name if the data have a single one. Names in the signature come before tensors' names. Data that no input asks for are left alone.
func match(inputs []Input, names []string, what string) ([]int, error) {
	if len(inputs) == 1 && len(names) == 1 {
		return []int{0}, nil
	}
	found := make([]int, len(inputs))
	for i, in := range inputs {
		var err error
		if found[i], err = matchOne(inputs, in, names, what); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// matchOne finds the name of one of the inputs.
func matchOne(inputs []Input, in Input, names []string, what string) (int, error) {
	found := slices.Index(names, in.Name)
	if byTensor := slices.Index(names, in.Tensor); byTensor >= 0 && in.Tensor != in.Name && !named(inputs, in.Tensor) {
		if found >= 0 {
			return 0, fmt.Errorf("input %v: both %ss %q and %q have its name", in, what, in.Name, in.Tensor)
		}
		found = byTensor
	}
	if found < 0 {
		return 0, fmt.Errorf("input %v: want %s %s %s, have %s", in, article(what), what, wanted(in), quoted(names))
	}
	return found, nil
}

func named(inputs []Input, name string) bool {
	return slices.ContainsFunc(inputs, func(in Input) bool { return in.Name == name })
}

func article(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an"
	}
	return "a"
}

func wanted(in Input) string {
	if in.Tensor != "" && in.Tensor != in.Name {
		return fmt.Sprintf("%q or %q", in.Name, in.Tensor)
	}
	return fmt.Sprintf("%q", in.Name)
}

func quoted(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	const most = 20
	list := make([]string, 0, most)
	for _, n := range names[:min(len(names), most)] {
		list = append(list, fmt.Sprintf("%q", n))
	}
	if len(names) > most {
		list = append(list, fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(list, ", ")
}

// shapeOf returns the tensor's shape for a sample of the given dimensions: those of the input, or those behind a leading 1 or unknown
// dimension of the input.
func (in Input) shapeOf(sample []int) (tensor.Shape, error) {
	shape := tensor.Shape(sample)
	if !fits(in.Shape, shape) && len(in.Shape) > 0 && (in.Shape[0] == 1 || in.Shape[0] < 0) {
		shape = append(tensor.Shape{1}, shape...)
	}
	if !fits(in.Shape, shape) || shape.Elements() <= 0 {
		want := in.Shape.String()
		if len(in.Shape) > 0 && (in.Shape[0] == 1 || in.Shape[0] < 0) {
			want = in.Shape[1:].String() + " or " + want
		}
		return nil, fmt.Errorf("input %v: want samples of shape %s, have %v", in, want, tensor.Shape(sample))
	}
	return shape, nil
}

// hint says in NumPy's words what would make an array of the given shape fit, "" if that can't be guessed.
func (in Input) hint(array []int) string {
	have, want := tensor.Shape(array), in.Shape
	if len(want) > 0 && (want[0] == 1 || want[0] < 0) {
		want = want[1:]
	}
	last := len(want) - 1
	switch {
	case fits(want, have):
		return "a single sample gets the samples' axis by x[None]"
	case last >= 0 && want[last] == 1 && fits(want[:last], have[1:]):
		return "x[..., None] adds the last axis"
	case last >= 2 && len(have) == len(want)+1 && fits(want, append(have[2:].Clone(), have[1])):
		return "np.moveaxis(x, 1, -1) puts the channels last"
	case want.Static() && have[1:].Elements() == want.Elements():
		return fmt.Sprintf("x.reshape(-1, %s) has the shape", strings.Trim(want.String(), "[]"))
	}
	return ""
}

// fits reports whether a known shape is one of those that want stands for.
func fits(want, have tensor.Shape) bool {
	if len(want) != len(have) {
		return false
	}
	for i, d := range want {
		if d >= 0 && d != have[i] {
			return false
		}
	}
	return true
}

// maxElements bounds an input's size, which a manifest may claim without holding any data.
const maxElements = 1 << 28

// known returns the input's shape with 1 for an unknown leading dimension.
func (in Input) known() (tensor.Shape, error) {
	shape := in.Shape.Clone()
	if len(shape) > 0 && shape[0] < 0 {
		shape[0] = 1
	}
	if n := shape.Elements(); n <= 0 || n > maxElements {
		return nil, fmt.Errorf("input %v: want a known size of 1 to %d elements", in, maxElements)
	}
	return shape, nil
}

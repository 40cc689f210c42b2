package graphdef

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Resource is something that a graph refers to by a handle, such as a variable. There is one for each handle that the model makes.
type Resource struct {
	Kind    string // "variable", "table"
	Name    string
	Content func() (*tensor.Tensor, error) // of a variable
	values  map[*ir.Graph]*ir.Value        // its constant in each graph that reads it
	content *tensor.Tensor
	own     *ir.Value // the handle of a variable that changes
	State   any       // of other kinds: what their rules keep
}

// List is a list of tensors (TensorList, TensorArray) in one graph: a tensor of shape [n, …element], as soon as the shape of an element is known. Until then
// all its elements are zeros. Lists are values: what changes one makes another List, and the old one stays as it was. Rules take a list by Context.List,
// work on it by the functions of list.go, and return Edge{List: l}. While and If carry the tensors of lists, and give lists to the functions that they call.
type List struct {
	Value *ir.Value // nil until something says what shape elements have; then the other fields don't count
	DType tensor.DType
	Count build.Dim
	// Element is the shape of an element as far as it is declared: {Size: -1} is an unknown dimension. It is nil if not even the rank is known.
	Element []build.Dim
	State   any
}

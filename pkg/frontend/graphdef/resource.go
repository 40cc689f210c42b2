package graphdef

import (
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
	State   any // of other kinds: what their rules keep
}

// List is a list of tensors (TensorList, TensorArray): a tensor of shape [n, …element], once the shape of an element is known.
type List struct {
	Value *ir.Value // nil until the first element says what shape elements have
	State any
}

// Package op is the op set: what each of TFLite's operators means.
//
// An Op is a row: the attributes, the specification's sentence, the shape rule (Infer), the arithmetic (Prepare or Eval, thin calls into package
// kernel) and the quantization rule. An op, or a family that shares a formula, is one file. Set is the one list of them all.
package op

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// ErrDynamic is what Infer returns when a shape depends on data that is not known yet.
var ErrDynamic = errors.New("the shape depends on data")

// Op describes one operator.
type Op struct {
	Name string // as in TFLite's schema
	Doc  string // one sentence: what it computes
	In   Arity
	Out  Arity
	Attr func() ir.Attr // the zero attributes; nil if the operator has none

	// Infer returns the types of the results. Operands carry their types, and their content where it is known; absent ones are nil.
	// It returns ErrDynamic when a shape depends on content that is not known, and any other error when the operands are not what
	// the operator takes. The node has passed Check, and the operands' shapes are static.
	Infer func(n *ir.Node, in []*tensor.Tensor) ([]ir.Type, error)

	// Prepare returns the kernel of a node whose operands and results have the given static types; constants carry content. What it
	// returns is shared by all goroutines. Either Prepare or Eval is set on operators that can be executed; neither on control flow, which
	// is the executor's, and on operators that are only carried along.
	Prepare func(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error)
	Eval    Kernel

	// Link is Prepare that also returns the layer that the kernel runs, where a chain of such layers can be computed at once: it makes the one result of the first operand, to the same bits, and
	// the others are constants. It is nil where that can't be, and may be nil itself.
	Link func(n *ir.Node, in, out []*tensor.Tensor) (Kernel, kernel.F32Link, error)

	// Same marks operators whose one result is operand 0, byte for byte: an executor may let both be the same memory, and needs no kernel then.
	Same bool

	// Moves marks operators whose one result holds each element of the operands of its own type once, in some order, and nothing else.
	Moves bool

	// Pads marks operators whose one result holds each element of operand 0 once, in some order, and zeros.
	Pads bool

	// Cuts marks operators whose results hold each element of the one operand of their type once, in some order, and nothing else.
	Cuts bool

	// Over marks operators on float32 or int8 of which each element of the one result follows from one element of each operand: the result may take the memory of an
	// operand of its shape.
	Over bool

	// Pair returns a kernel for a node and one that alone reads its one result, nil if there is none. Both have static types. It may be nil itself.
	Pair func(first, second *ir.Node) PairKernel

	// Joint returns the functions by which the one float32 result of a node follows from its one operand, element by element, so that both can be counted at once: its kernel tells Call.Joint then.
	// It is nil if there are none.
	Joint func(n *ir.Node) *kernel.F32Functions

	// PairJoint is what Joint is for the results of a Pair: the second node's comes first. The kernel tells the first node's Call.
	PairJoint *kernel.F32Functions

	// Inner lists values besides the results that the kernel lets an observer see: those inside the operator that a node has values for, and variables that change in
	// the course of a call. nil entries stand for what is not seen. It may be nil itself.
	Inner func(n *ir.Node) []*ir.Value

	// TypesOnly marks operators whose results depend on the operands' types alone, not on their content.
	TypesOnly bool

	Quant Rule
}

// Arity is a range of counts; Max of -1 is without bound.
type Arity struct{ Min, Max int }

// Exactly is the arity of n operands.
func Exactly(n int) Arity { return Arity{n, n} }

// AtLeast is the arity of n operands or more.
func AtLeast(n int) Arity { return Arity{n, -1} }

// Between is the arity of lo to hi operands.
func Between(lo, hi int) Arity { return Arity{lo, hi} }

func (a Arity) holds(n int) bool { return n >= a.Min && (a.Max < 0 || n <= a.Max) }

// Kernel computes the results of one node. It must not retain c, and must not allocate in steady state.
type Kernel func(c *Call) error

// PairKernel computes two nodes, to the same bits as their own kernels and with everything seen of both, but for the first one's result, which need not be stored.
type PairKernel func(first, second *Call) error

// Call is one execution of a node.
type Call struct {
	Node *ir.Node
	In   []*tensor.Tensor // nil where absent. Variables among them may be changed in place
	Out  []*tensor.Tensor // of the inferred types, with memory; the content is undefined on entry
	// Seen is for kernels with one float32 result: they may let it see that while it is in the cache, as a whole, or not.
	Seen kernel.F32Scan
	// Joint counts the operand together with the result, for operators with Op.Joint or Op.PairJoint, if it is On.
	Joint kernel.F32Joint
	// Inner has a scan for each value that Op.Inner lists, which the kernel lets see their elements as they come about; or it is empty.
	Inner []kernel.F32Scan
	// scratch is memory that the executor keeps from call to call.
	scratch []byte
}

// Scratch returns n float32 of memory with undefined content, valid until the next call of Scratch on the same Call.
func (c *Call) Scratch(n int) []float32 { return scratch[float32](c, tensor.Float32, n) }

// scratch is Scratch for elements of any type.
func scratch[T tensor.Element](c *Call, d tensor.DType, n int) []T {
	size := d.Bytes(n)
	if len(c.scratch) < size {
		c.scratch = tensor.Alloc(size)
	}
	return tensor.View[T](&tensor.Tensor{DType: d, Data: c.scratch[:size]})
}

// Executable reports whether the op has arithmetic of its own.
func (o *Op) Executable() bool { return o.Prepare != nil || o.Eval != nil }

// Linked returns the kernel of a node, as Kernel does, and what Link says of it.
func (o *Op) Linked(n *ir.Node, in, out []*tensor.Tensor) (Kernel, kernel.F32Link, error) {
	if o.Link == nil || empty(out) {
		return unlink(o.Kernel(n, in, out))
	}
	return o.Link(n, in, out)
}

// Kernel returns the kernel of a node; see Prepare. Where all results are empty there is nothing to compute, however large the other dimensions are.
func (o *Op) Kernel(n *ir.Node, in, out []*tensor.Tensor) (Kernel, error) {
	if o.Executable() && empty(out) {
		return func(*Call) error { return nil }, nil
	}
	switch {
	case o.Prepare != nil:
		return o.Prepare(n, in, out)
	case o.Eval != nil:
		return o.Eval, nil
	}
	return nil, fmt.Errorf("%s can't be executed", o.Name)
}

// empty reports whether no tensor has an element.
func empty(tensors []*tensor.Tensor) bool {
	for _, t := range tensors {
		if t.Elements() != 0 {
			return false
		}
	}
	return len(tensors) > 0
}

// OpSet is a vocabulary: ops by name. It implements ir.Set.
type OpSet struct{ byName map[string]*Op }

// NewSet returns the set of all given ops, with their rules of quantization. It panics on a name given twice.
func NewSet(families ...[]Op) *OpSet {
	s := &OpSet{byName: map[string]*Op{}}
	for _, family := range families {
		for i := range family {
			o := &family[i]
			if s.byName[o.Name] != nil {
				panic("op: " + o.Name + " is listed twice")
			}
			o.Quant = RuleOf(o.Name)
			s.byName[o.Name] = o
		}
	}
	return s
}

// Lookup returns the op with the given name, or nil.
func (s *OpSet) Lookup(name string) *Op { return s.byName[name] }

// Names lists the ops of the set in alphabetical order.
func (s *OpSet) Names() []string { return slices.Sorted(maps.Keys(s.byName)) }

// NewAttr implements ir.Set.
func (s *OpSet) NewAttr(name string) (ir.Attr, bool) {
	o := s.byName[name]
	if o == nil {
		return nil, false
	}
	if o.Attr == nil {
		return nil, true
	}
	return o.Attr(), true
}

// Check implements ir.Set: arity and the type of the attributes. Operators that are not in the set pass: they are carried along as they are.
func (s *OpSet) Check(n *ir.Node) error {
	o := s.byName[n.Op]
	if o == nil {
		return nil
	}
	if !o.In.holds(len(n.Inputs)) {
		return fmt.Errorf("has %d inputs, wants %v", len(n.Inputs), o.In)
	}
	if !o.Out.holds(len(n.Outputs)) {
		return fmt.Errorf("has %d outputs, wants %v", len(n.Outputs), o.Out)
	}
	var want ir.Attr
	if o.Attr != nil {
		want = o.Attr()
	}
	if reflect.TypeOf(n.Attr) != reflect.TypeOf(want) {
		return fmt.Errorf("has attributes of type %T, wants %T", n.Attr, want)
	}
	return nil
}

// attr returns the zero value of an attribute struct.
func attr[A any]() ir.Attr { return new(A) }

// String returns "2", "at least 2" or "2 to 4".
func (a Arity) String() string {
	switch {
	case a.Max < 0:
		return fmt.Sprintf("at least %d", a.Min)
	case a.Min == a.Max:
		return fmt.Sprint(a.Min)
	}
	return fmt.Sprintf("%d to %d", a.Min, a.Max)
}

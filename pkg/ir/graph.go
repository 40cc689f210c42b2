// Package ir is the one thing between sources and targets: models as graphs of TFLite's operators.
//
// A Model holds Graphs. A Graph holds Nodes in an order in which every value is made before it is used, and Values: the
// inputs, constants, variables and results that nodes read and make. A Node applies an operator, named as TFLite's schema
// names it, with attributes (Attr). What operators exist, and what they demand, is a parameter (Set); package op is the one
// that is used.
package ir

import (
	"slices"

	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// Model is a set of graphs; the first is the main one, the others are bodies and conditions of control flow, or further
// entry points.
type Model struct {
	Graphs      []*Graph
	Signatures  []*Signature
	Description string
	Metadata    []Metadata // in file order
	// Trailer holds bytes that followed the model in its file, such as the ZIP of associated files that TFLite metadata uses.
	Trailer []byte
}

// Metadata is a named blob that travels with the model.
type Metadata struct {
	Name string
	Data []byte
}

// Signature names the inputs and outputs of a graph for callers.
type Signature struct {
	Key             string
	Graph           int // index into Model.Graphs
	Inputs, Outputs []Port
}

// Port gives a graph's input or output the name that callers use.
type Port struct {
	Name  string
	Value *Value
}

// Graph is one function. Values holds every value of the graph, in the order in which a file lists tensors; the position in
// it identifies a value in statistics.
type Graph struct {
	Name            string
	Inputs, Outputs []*Value
	Nodes           []*Node
	Values          []*Value
	Carry           *Carry
}

// Carry is what a file format keeps with a graph, value or node although graphs have no word for it, so that reading and writing a file
// loses nothing. Only the format's own package looks into Data; it is dropped with what it belongs to.
type Carry struct {
	Data any
	Refs []*Value // the values that Data means: they stay in the graph as long as the owner does
}

// Type is an element type and a shape. Shape may hold unknown dimensions (-1); Unranked means that not even the rank is known.
type Type struct {
	DType    tensor.DType
	Shape    tensor.Shape
	Unranked bool
}

// String returns the form "f32[1,224,224,3]".
func (t Type) String() string {
	if t.Unranked {
		return t.DType.String() + "[*]"
	}
	return t.DType.String() + t.Shape.String()
}

// Static reports whether the shape is fully known.
func (t Type) Static() bool { return !t.Unranked && t.Shape.Static() }

// Value is an input, a constant, a variable or the result of a node.
type Value struct {
	Name string
	Type Type
	// Advertised is the shape with -1 where callers may resize the value (TFLite's shape_signature); nil means that there is none.
	Advertised tensor.Shape
	Const      *tensor.Tensor // the content of a constant; its type equals Type, but for sparse ones
	Sparsity   *Sparsity      // how Const is stored if it is sparse: Const.Data then holds the stored elements only
	Quant      *quant.Params  // nil if the value is not quantized
	Blocks     *Blocks        // how a constant is quantized in blocks; Quant is nil then
	Range      *quant.Range   // a float value's minimum and maximum as recorded in the source, if any
	Variable   bool           // holds state that nodes change in place; zero before each sample
	Carry      *Carry
}

// Blocks are the scales of a constant of two dimensions that is quantized around 0 in blocks: each run of Size elements of a row has a scale of its own.
type Blocks struct {
	Size   int
	Scales *Value // a constant of the graph: [rows, row / Size]
}

// Sparsity describes the storage of a sparse constant, as TFLite's SparsityParameters do.
type Sparsity struct {
	Traversal []int // order in which dimensions are stored, block dimensions last
	BlockMap  []int // the dimension that each block dimension divides
	Dims      []SparseDim
}

// SparseDim is the storage of one dimension: dense of the given size, or compressed with segments and indices.
type SparseDim struct {
	Dense             bool
	Size              int
	Segments, Indices []int
	SegmentType       tensor.DType // the integer types of the two lists in the file: Int32, UInt16 or UInt8
	IndexType         tensor.DType
}

// Attr is a pointer to the struct of an operator's attributes, nil for operators without any.
type Attr any

// Node applies an operator.
type Node struct {
	Op            string
	Attr          Attr
	Inputs        []*Value // nil where an optional input is absent
	Outputs       []*Value
	Intermediates []*Value // values that carry only the ranges of a fused operator's inner results
	Mutates       []bool   // as stored in the file: which variable inputs the node changes; nil where the file has none
	// Version is the operator's version in the file that the node comes from, 0 if it comes from none. A writer raises it to what the node
	// needs, so that a rewrite that lowers the need sets it to 0.
	Version int
	Carry   *Carry
}

// Input returns input i, or nil if it is absent or not listed.
func (n *Node) Input(i int) *Value {
	if i < len(n.Inputs) {
		return n.Inputs[i]
	}
	return nil
}

// Add appends values to the graph's list and returns the first.
func (g *Graph) Add(values ...*Value) *Value {
	g.Values = append(g.Values, values...)
	return values[0]
}

// AddConst adds a constant with the given content.
func (g *Graph) AddConst(name string, t *tensor.Tensor) *Value {
	return g.Add(&Value{Name: name, Type: Type{DType: t.DType, Shape: t.Shape}, Const: t})
}

// Index returns the position of each value in g.Values.
func (g *Graph) Index() map[*Value]int {
	index := make(map[*Value]int, len(g.Values))
	for i, v := range g.Values {
		index[v] = i
	}
	return index
}

// Producers returns the node that makes each result.
func (g *Graph) Producers() map[*Value]*Node {
	made := make(map[*Value]*Node, len(g.Values))
	for _, n := range g.Nodes {
		for _, v := range n.Outputs {
			made[v] = n
		}
	}
	return made
}

// Use is one reading of a value: an input of a node, or of the graph's outputs where Node is nil.
type Use struct {
	Node  *Node
	Input int
}

// Uses returns every use of each value, in the order of nodes and inputs, graph outputs last.
func (g *Graph) Uses() map[*Value][]Use {
	uses := make(map[*Value][]Use, len(g.Values))
	for _, n := range g.Nodes {
		for i, v := range n.Inputs {
			if v != nil {
				uses[v] = append(uses[v], Use{n, i})
			}
		}
	}
	for i, v := range g.Outputs {
		uses[v] = append(uses[v], Use{nil, i})
	}
	return uses
}

// Sweep removes values that nothing refers to: no node, no input or output of the graph, none of the given ports, and no value that stays.
func (g *Graph) Sweep(keep ...Port) {
	live := make(map[*Value]bool, len(g.Values))
	var mark func(values []*Value)
	mark = func(values []*Value) {
		for _, v := range values {
			if live[v] {
				continue
			}
			live[v] = true
			if v != nil && v.Carry != nil {
				mark(v.Carry.Refs)
			}
			if v != nil && v.Blocks != nil {
				mark([]*Value{v.Blocks.Scales})
			}
		}
	}
	mark(g.Inputs)
	mark(g.Outputs)
	for _, p := range keep {
		mark([]*Value{p.Value})
	}
	if g.Carry != nil {
		mark(g.Carry.Refs)
	}
	for _, n := range g.Nodes {
		mark(n.Inputs)
		mark(n.Outputs)
		mark(n.Intermediates)
		if n.Carry != nil {
			mark(n.Carry.Refs)
		}
	}
	g.Values = slices.DeleteFunc(g.Values, func(v *Value) bool { return !live[v] })
}

// Ports returns the ports of all signatures of graph i.
func (m *Model) Ports(i int) []Port {
	var ports []Port
	for _, s := range m.Signatures {
		if s.Graph == i {
			ports = append(append(ports, s.Inputs...), s.Outputs...)
		}
	}
	return ports
}

package op

import "github.com/octetlite/octet/pkg/ir"

// Cell says how an operator with state becomes an integer one. Its input and its result have int8 types by their ranges, as elsewhere; the operands that it names, and the
// values inside it, follow from these or from their own content. The zero Cell is that of an operator that has none.
type Cell struct {
	Inside  int   // how many values inside it a node must have
	Weights []int // int8 around 0, with one scale
	Wide    []int // int16 around 0
	Time    int   // int16 from -512 to 512, with one scale; 0 if there is none
	Biases  []CellBias
	State   int // the operand that remembers the result, by whose type it is stored
	Cell    int // the operand that remembers what is inside: int16 around 0, the scale a power of two; by its range beside Time
	Hidden  int // the value inside that is int8; those before it are what layer normalizations get, int16 around 0
	Norm    int // the operand with the first gate's coefficients of the layer normalization; the others' follow
	Project int // the operand with the weights that the hidden value is multiplied by; without it the hidden value is the result
}

// CellBias is an int32 operand whose scale is the product of the data's and the weights', where the data is the operator's input, the hidden value, or what the operand Cell remembers. Beside
// coefficients of a layer normalization it is theirs, divided by 1,024.
type CellBias struct {
	Input, Weight int
	Norm          int // 0 if there is none
	Hidden        bool
	Memory        bool
}

var lstmCellRow = Cell{
	Inside: lstmIntermediates, Weights: append(through(1, 8), 16), Wide: append(through(9, 11), through(20, 23)...),
	Biases: []CellBias{
		{Input: 12, Weight: 1, Norm: 20}, {Input: 13, Weight: 2, Norm: 21}, {Input: 14, Weight: 3, Norm: 22}, {Input: 15, Weight: 4, Norm: 23},
		{Input: 17, Weight: 16, Hidden: true},
	},
	State: oneWay.state, Cell: oneWay.cell, Hidden: lstmHidden, Norm: oneWay.norm, Project: 16,
}

// svdfCellRow is that of a layer of low rank, which remembers what the weights made of its last inputs.
var svdfCellRow = Cell{Weights: []int{1}, Time: 2, Biases: []CellBias{{Input: 3, Weight: 2, Memory: true}}, Cell: svdfState}

// CellOf returns the row of a node. LiteRT has no integer kernel for an LSTM of the basic form.
func CellOf(n *ir.Node) Cell {
	switch a := n.Attr.(type) {
	case *LSTM:
		if a.Kind != BasicKernel {
			return lstmCellRow
		}
	case *SequenceLSTM:
		return lstmCellRow
	case *SVDF:
		return svdfCellRow
	}
	return Cell{}
}

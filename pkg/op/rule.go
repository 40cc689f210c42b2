package op

// Rule is an operator's row of quantization rules for int8, in two views: what TFLiteConverter's default quantizer does with it, and what
// LiteRT's runtime can run. The zero Rule leaves the operator float in both.
type Rule struct {
	Kind   Kind // how TFLiteConverter gives the results their parameters, be the operator an integer one or not
	TFLite bool // TFLiteConverter makes it an integer operator
	LiteRT Kind // what LiteRT's int8 kernel demands; Float if there is none, or none that heeds the parameters

	Scale float32 // of Fixed: the results' parameters
	Zero  int64

	Weight *Operand // the operand that is quantized symmetrically by its content when it is a constant
	Bias   *BiasOperand
	Cell   bool // what it has besides its input and its result follows from these, as CellOf says
}

// Kind says where an operator's results get their parameters from.
type Kind uint8

// The kinds of rules.
const (
	Float     Kind = iota // stays float
	Free                  // each operand and result by its own range
	SameScale             // operands and results share parameters
	Fixed                 // operands by their ranges; the results' parameters are Scale and Zero
)

// Operand is an input that holds weights, and the dimension along which they have a scale each; Axis is -1 for one scale for the tensor.
type Operand struct{ Input, Axis int }

// BiasOperand is an input with the scale that is the product of two others' scales.
type BiasOperand struct{ Input, Data, Weight int }

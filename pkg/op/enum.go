package op

import "fmt"

// Activation is the function that an operator applies to its result before it stores it.
type Activation uint8

// The fused activations.
const (
	None Activation = iota
	Relu
	ReluN1To1
	Relu6
	Tanh
	SignBit
)

// Padding is how a window is laid over the borders of its input.
type Padding uint8

// The paddings: Same pads so that the output has ceil(input/stride) positions, more of it at the end; Valid does not pad.
const (
	Same Padding = iota
	Valid
)

// MirrorMode says whether MIRROR_PAD repeats the border element.
type MirrorMode uint8

// The modes of MIRROR_PAD.
const (
	Reflect   MirrorMode = iota // the border element is not repeated
	Symmetric                   // it is
)

// Combiner is how EMBEDDING_LOOKUP_SPARSE joins rows.
type Combiner uint8

// The combiners.
const (
	CombineSum Combiner = iota
	CombineMean
	CombineSqrtN
)

// WeightsFormat is the layout of FULLY_CONNECTED's weights.
type WeightsFormat uint8

// The layouts.
const (
	DefaultWeights WeightsFormat = iota
	Shuffled4x16
)

// LSTMKind says which operands an LSTM node has.
type LSTMKind uint8

// The kinds of LSTM.
const (
	FullKernel LSTMKind = iota
	BasicKernel
)

var (
	activations    = []string{"NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"}
	paddings       = []string{"SAME", "VALID"}
	mirrorModes    = []string{"REFLECT", "SYMMETRIC"}
	combiners      = []string{"SUM", "MEAN", "SQRTN"}
	weightsFormats = []string{"DEFAULT", "SHUFFLED4x16INT8"}
	lstmKinds      = []string{"FULL", "BASIC"}
)

func enumName(names []string, v uint8) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%d", v)
}

func enumValue[T ~uint8](names []string, text []byte, v *T) error {
	for i, name := range names {
		if name == string(text) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("%q is none of %v", text, names)
}

func (v Activation) String() string               { return enumName(activations, uint8(v)) }
func (v Activation) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what String writes.
func (v *Activation) UnmarshalText(text []byte) error { return enumValue(activations, text, v) }

func (v Padding) String() string               { return enumName(paddings, uint8(v)) }
func (v Padding) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what String writes.
func (v *Padding) UnmarshalText(text []byte) error { return enumValue(paddings, text, v) }

func (v MirrorMode) String() string               { return enumName(mirrorModes, uint8(v)) }
func (v MirrorMode) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what String writes.
func (v *MirrorMode) UnmarshalText(text []byte) error { return enumValue(mirrorModes, text, v) }

func (v Combiner) String() string               { return enumName(combiners, uint8(v)) }
func (v Combiner) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what String writes.
func (v *Combiner) UnmarshalText(text []byte) error { return enumValue(combiners, text, v) }

func (v WeightsFormat) String() string               { return enumName(weightsFormats, uint8(v)) }
func (v WeightsFormat) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what String writes.
func (v *WeightsFormat) UnmarshalText(text []byte) error { return enumValue(weightsFormats, text, v) }

func (v LSTMKind) String() string               { return enumName(lstmKinds, uint8(v)) }
func (v LSTMKind) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what String writes.
func (v *LSTMKind) UnmarshalText(text []byte) error { return enumValue(lstmKinds, text, v) }

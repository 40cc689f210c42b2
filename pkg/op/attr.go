package op

import "github.com/octetlite/octet/pkg/tensor"

// Conv2D are the attributes of CONV_2D.
type Conv2D struct {
	Padding              Padding
	StrideH, StrideW     int
	DilationH, DilationW int
	Activation           Activation
	QuantizedBiasType    tensor.DType // Invalid: unset
}

// Conv3D are the attributes of CONV_3D and CONV_3D_TRANSPOSE.
type Conv3D struct {
	Padding                         Padding
	StrideD, StrideH, StrideW       int
	DilationD, DilationH, DilationW int
	Activation                      Activation
}

// DepthwiseConv2D are the attributes of DEPTHWISE_CONV_2D.
type DepthwiseConv2D struct {
	Padding              Padding
	StrideH, StrideW     int
	DilationH, DilationW int
	Multiplier           int
	Activation           Activation
}

// TransposeConv are the attributes of TRANSPOSE_CONV.
type TransposeConv struct {
	Padding           Padding
	StrideH, StrideW  int
	Activation        Activation
	QuantizedBiasType tensor.DType
}

// Pool2D are the attributes of AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D.
type Pool2D struct {
	Padding          Padding
	StrideH, StrideW int
	FilterH, FilterW int
	Activation       Activation
}

// FullyConnected are the attributes of FULLY_CONNECTED.
type FullyConnected struct {
	Activation              Activation
	WeightsFormat           WeightsFormat
	KeepNumDims             bool
	AsymmetricQuantizeInput bool
	QuantizedBiasType       tensor.DType
	QuantSpec               []byte // opaque; nil where the file has none
}

// BatchMatMul are the attributes of BATCH_MATMUL.
type BatchMatMul struct {
	AdjX, AdjY              bool
	AsymmetricQuantizeInput bool
}

// Resize are the attributes of RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
type Resize struct{ AlignCorners, HalfPixelCenters bool }

// LSTM are the attributes of LSTM.
type LSTM struct {
	Activation              Activation
	CellClip, ProjClip      float32
	Kind                    LSTMKind
	AsymmetricQuantizeInput bool
}

// SequenceLSTM are the attributes of UNIDIRECTIONAL_SEQUENCE_LSTM.
type SequenceLSTM struct {
	Activation              Activation
	CellClip, ProjClip      float32
	TimeMajor               bool
	AsymmetricQuantizeInput bool
	DiagonalRecurrent       bool
}

// BidirectionalLSTM are the attributes of BIDIRECTIONAL_SEQUENCE_LSTM.
type BidirectionalLSTM struct {
	Activation              Activation
	CellClip, ProjClip      float32
	MergeOutputs, TimeMajor bool
	AsymmetricQuantizeInput bool
}

// RNN are the attributes of RNN.
type RNN struct {
	Activation              Activation
	AsymmetricQuantizeInput bool
}

// SequenceRNN are the attributes of UNIDIRECTIONAL_SEQUENCE_RNN.
type SequenceRNN struct {
	TimeMajor               bool
	Activation              Activation
	AsymmetricQuantizeInput bool
}

// BidirectionalRNN are the attributes of BIDIRECTIONAL_SEQUENCE_RNN.
type BidirectionalRNN struct {
	TimeMajor, MergeOutputs bool
	Activation              Activation
	AsymmetricQuantizeInput bool
}

// SVDF are the attributes of SVDF.
type SVDF struct {
	Rank                    int
	Activation              Activation
	AsymmetricQuantizeInput bool
}

// VarHandle are the attributes of VAR_HANDLE.
type VarHandle struct{ Container, SharedName string }

// CallOnce are the attributes of CALL_ONCE: the index of the graph that initialises.
type CallOnce struct{ Init int }

// While are the attributes of WHILE: indices of graphs.
type While struct{ Cond, Body int }

// If are the attributes of IF: indices of graphs.
type If struct{ Then, Else int }

// Custom are the attributes of CUSTOM: an operator that only its name and opaque options describe.
type Custom struct {
	Code    string
	Options []byte
}

package op

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

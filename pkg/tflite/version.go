package tflite

import (
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// Version returns the operator version that the types and attributes of a node need, by the rules of TensorFlow's converter. Operators
// that the rules don't name need version 1.
func Version(n *ir.Node) int {
	u := use{n}
	for _, r := range versionRules[n.Op] {
		if r.when(u) {
			return r.version
		}
	}
	return max(versionsByType[versionKey{n.Op, u.in(0)}], 1)
}

// versions returns the version of each operator in a model: the highest that any node needs or came with.
func versions(m *ir.Model) map[opcode]int {
	all := map[opcode]int{}
	for _, g := range m.Graphs {
		for _, n := range g.Nodes {
			code := codeOf(n)
			all[code] = max(all[code], Version(n), n.Version)
		}
	}
	return all
}

// versionRule says that a node needs a version if a condition holds.
type versionRule struct {
	version int
	when    func(use) bool
}

// versionRules are tried in order; the first that holds decides. Where none does, versionsByType.
var versionRules = map[string][]versionRule{
	"CONV_2D": {
		{8, use.int16x8}, {7, is(1, tensor.Int4)}, {6, use.grouped}, {3, use.int8Product},
		{5, func(u use) bool { return u.hybrid(1) && perAxis(u.Input(1)) }}, {2, func(u use) bool { return u.hybrid(1) }},
	},
	"DEPTHWISE_CONV_2D": {
		{7, is(1, tensor.Int4)}, {3, use.int8Product},
		{6, func(u use) bool { return u.hybrid(1) && perAxis(u.Input(1)) }}, {4, func(u use) bool { return u.hybrid(1) }},
		{2, with(func(a *op.DepthwiseConv2D) bool { return a.DilationH != 1 || a.DilationW != 1 })},
	},
	"FULLY_CONNECTED": {
		{13, func(u use) bool { return u.in(0) == tensor.Int16 && u.in(1) == tensor.Int4 }},
		{12, func(u use) bool { return u.hybrid(1) && perAxis(u.Input(1)) }},
		{11, use.int16x8},
		{10, func(u use) bool { return u.in(0) == tensor.Int8 && u.in(1) == tensor.Int4 }},
		{7, func(u use) bool { return u.in(0) == tensor.Int16 && u.in(1) == tensor.Int16 }},
		{6, func(u use) bool { return len(u.Inputs) == 2 }},
		{5, with(func(a *op.FullyConnected) bool { return a.KeepNumDims })},
		{4, use.int8Product},
		{9, func(u use) bool {
			return u.hybrid(1) && with(func(a *op.FullyConnected) bool { return a.AsymmetricQuantizeInput })(u)
		}},
		{3, func(u use) bool { return u.hybrid(1) }},
	},
	"BATCH_MATMUL": {{4, func(u use) bool {
		return u.hybrid(1) && with(func(a *op.BatchMatMul) bool { return a.AsymmetricQuantizeInput })(u)
	}}},
	"TRANSPOSE_CONV": {
		{4, with(func(a *op.TransposeConv) bool { return a.Activation != op.None })},
		{3, func(u use) bool { return u.Input(3) != nil }},
		{2, is(1, tensor.Int8)},
	},
	"EMBEDDING_LOOKUP": {{4, func(u use) bool { return u.in(1) == tensor.Int4 || perAxis(u.Input(1)) }}},
	"UNIDIRECTIONAL_SEQUENCE_LSTM": {
		{4, with(func(a *op.SequenceLSTM) bool { return a.DiagonalRecurrent })},
		{3, func(u use) bool {
			return u.hybrid(2) && with(func(a *op.SequenceLSTM) bool { return a.AsymmetricQuantizeInput })(u)
		}},
		{2, func(u use) bool { return u.hybrid(2) }},
	},
	"UNIDIRECTIONAL_SEQUENCE_RNN": {
		{3, func(u use) bool {
			return u.hybrid(1) && with(func(a *op.SequenceRNN) bool { return a.AsymmetricQuantizeInput })(u)
		}},
		{2, func(u use) bool { return u.hybrid(1) }},
	},
	"SVDF": {
		{4, func(u use) bool {
			return u.hybrid(1) && with(func(a *op.SVDF) bool { return a.AsymmetricQuantizeInput })(u)
		}},
		{3, is(0, tensor.Int8)},
		{2, func(u use) bool { return u.hybrid(1) }},
	},

	"SUB": {{4, is(0, tensor.Int64)}, {3, use.broadcastsAbove4}},
	"MUL": {
		{7, is(0, tensor.UInt32)}, {6, is(0, tensor.Complex64)}, {5, is(0, tensor.Int64)}, {4, is(0, tensor.Int16)},
		{3, use.scalesUp},
	},
	"DIV":              {{2, use.broadcastsAbove4}},
	"MAXIMUM":          {{4, is(0, tensor.Int16)}, {3, use.broadcastsAbove4}},
	"MINIMUM":          {{4, is(0, tensor.Int16)}, {3, use.broadcastsAbove4}},
	"L2_NORMALIZATION": {{2, func(u use) bool { return u.out() == tensor.Int8 }}},
	"CAST": {
		{6, func(u use) bool { return u.in(0) == tensor.Int4 && u.out() == tensor.Float32 }},
		{5, either(tensor.Float16, tensor.Float64)}, {4, either(tensor.UInt16)}, {3, either(tensor.Int8)}, {2, either(tensor.UInt32)},
	},
	"DEQUANTIZE": {{5, func(u use) bool { return u.in(0) == tensor.Int8 && perAxis(u.Input(0)) }}},
	"QUANTIZE":   {{3, func(u use) bool { return perAxis(u.output()) }}, {2, func(u use) bool { return u.out() == tensor.Int16 }}},

	"GATHER": {
		{7, is(0, tensor.Int4)}, {6, is(1, tensor.Int16)}, {5, with(func(a *op.Gather) bool { return a.BatchDims != 0 })},
	},
	"GATHER_ND":         {{5, is(0, tensor.Bool)}, {4, is(1, tensor.Int16)}},
	"TRANSPOSE":         {{8, above(6)}, {6, above(5)}, {5, is(0, tensor.Int16)}, {4, above(4)}},
	"SPLIT":             {{4, is(1, tensor.Int16)}, {3, is(1, tensor.Int32)}, {2, is(1, tensor.Int8)}},
	"SLICE":             {{5, above(4)}},
	"PAD":               {{5, is(0, tensor.Bool)}, {4, above(4)}},
	"PADV2":             {{5, is(0, tensor.Bool)}, {4, above(4)}},
	"SPACE_TO_BATCH_ND": {{4, is(0, tensor.Int16)}, {3, func(u use) bool { return u.rank(0) != 4 }}},
	"BATCH_TO_SPACE_ND": {{4, is(0, tensor.Int16)}, {3, func(u use) bool { return u.rank(0) != 4 }}},
	"STRIDED_SLICE": {
		{8, with(func(a *op.StridedSlice) bool { return a.Offset })},
		{6, with(func(a *op.StridedSlice) bool { return a.EllipsisMask != 0 || a.NewAxisMask != 0 })},
		{4, above(4)},
	},
	"RESIZE_BILINEAR": {
		{4, is(0, tensor.Int16)}, {3, with(func(a *op.Resize) bool { return a.HalfPixelCenters })},
	},
	"RESIZE_NEAREST_NEIGHBOR": {
		{4, is(0, tensor.Int16)}, {3, with(func(a *op.Resize) bool { return a.HalfPixelCenters || a.AlignCorners })},
	},
	"FILL":            {{3, is(1, tensor.Int8, tensor.Int16)}, {2, is(1, tensor.Bool)}},
	"SELECT":          {{3, func(u use) bool { return u.rank(0) == 5 || u.rank(1) == 5 || u.rank(2) == 5 }}},
	"BROADCAST_TO":    {{3, is(0, tensor.Int8, tensor.Int16)}, {2, func(use) bool { return true }}},
	"WHERE":           {{1, is(0, tensor.Bool)}, {2, func(use) bool { return true }}},
	"SPARSE_TO_DENSE": {{3, is(2, tensor.Int8, tensor.UInt8)}, {2, is(2, tensor.Int64)}},
	"TOPK_V2":         {{3, func(u use) bool { return u.in(0) == tensor.Int16 || u.in(1) == tensor.Int16 }}},
}

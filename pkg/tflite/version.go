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
	if int8Since2[n.Op] && u.in(0) == tensor.Int8 {
		return 2
	}
	return 1
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

// int8Since2 are the operators that need version 2 if their first input is int8. It holds where no rule does.
var int8Since2 = set("ABS", "ADD", "ARG_MAX", "ARG_MIN", "AVERAGE_POOL_2D", "BATCH_MATMUL", "CONCATENATION", "DEPTH_TO_SPACE", "EQUAL", "EXP", "GATHER",
	"GELU", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "LOG", "LOGISTIC", "LOG_SOFTMAX", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM", "MIRROR_PAD",
	"MUL", "NOT_EQUAL", "PACK", "PAD", "PADV2", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "RELU", "RELU6", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR",
	"RSQRT", "SLICE", "SOFTMAX", "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "SPACE_TO_DEPTH", "SPLIT_V", "SQRT", "SQUARED_DIFFERENCE", "STRIDED_SLICE",
	"SUB", "SUM", "TANH", "TOPK_V2", "TRANSPOSE", "UNPACK")

// versionRules are tried in order; the first that holds decides.
var versionRules = map[string][]versionRule{
	"CONV_2D": {
		{6, use.grouped},
		{3, use.int8Product},
		{5, func(u use) bool { return u.hybrid() && perAxis(u.input(1)) }},
		{2, use.hybrid},
	},
	"DEPTHWISE_CONV_2D": {
		{3, use.int8Product},
		{6, func(u use) bool { return u.hybrid() && perAxis(u.input(1)) }},
		{4, use.hybrid},
		{2, func(u use) bool {
			a, ok := u.Attr.(*op.DepthwiseConv2D)
			return ok && (a.DilationH != 1 || a.DilationW != 1)
		}},
	},
	"FULLY_CONNECTED": {
		{6, func(u use) bool { return len(u.Inputs) == 2 }},
		{5, func(u use) bool { a, ok := u.Attr.(*op.FullyConnected); return ok && a.KeepNumDims }},
		{4, use.int8Product},
	},
	"TRANSPOSE_CONV": {
		{4, func(u use) bool { a, ok := u.Attr.(*op.TransposeConv); return ok && a.Activation != op.None }},
		{3, func(u use) bool { return u.input(3) != nil }},
		{2, is(1, tensor.Int8)},
	},
	"ABS":              {{5, is(0, tensor.Int32)}},
	"ADD":              {{4, is(0, tensor.Int64)}},
	"SUB":              {{4, is(0, tensor.Int64)}, {3, use.broadcastsAbove4}},
	"MUL":              {{5, is(0, tensor.Int64)}, {3, use.scalesUp}},
	"DIV":              {{2, use.broadcastsAbove4}},
	"MAXIMUM":          {{3, use.broadcastsAbove4}},
	"MINIMUM":          {{3, use.broadcastsAbove4}},
	"FLOOR_DIV":        {{3, is(0, tensor.Int16, tensor.Int8)}, {2, is(0, tensor.Float32)}},
	"FLOOR_MOD":        {{2, is(0, tensor.Int16, tensor.Int8)}},
	"L2_NORMALIZATION": {{2, func(u use) bool { return u.out() == tensor.Int8 }}},
	"RANGE":            {{2, is(0, tensor.Int64)}},
	"CAST":             {{3, func(u use) bool { return u.in(0) == tensor.Int8 || u.out() == tensor.Int8 }}},
	"DEQUANTIZE": {
		{3, is(0, tensor.Int16, tensor.Float16)},
		{5, func(u use) bool { return u.in(0) == tensor.Int8 && perAxis(u.input(0)) }},
		{2, is(0, tensor.Int8)},
	},
	"QUANTIZE": {{3, func(u use) bool { return perAxis(u.output()) }}, {2, func(u use) bool { return u.out() == tensor.Int16 }}},
	"GATHER": {
		{6, is(1, tensor.Int16)},
		{5, func(u use) bool { a, ok := u.Attr.(*op.Gather); return ok && a.BatchDims != 0 }},
		{4, is(0, tensor.Int16)},
		{3, is(0, tensor.Bool)},
	},
	"GATHER_ND":         {{5, is(0, tensor.Bool)}, {4, is(1, tensor.Int16)}, {3, is(0, tensor.Int16)}},
	"TRANSPOSE":         {{8, above(6)}, {6, above(5)}, {4, above(4)}, {3, is(0, tensor.Bool)}},
	"SPLIT":             {{4, is(1, tensor.Int16)}, {3, is(1, tensor.Int32)}, {2, is(1, tensor.Int8)}},
	"SLICE":             {{5, above(4)}},
	"PAD":               {{4, above(4)}},
	"PADV2":             {{4, above(4)}},
	"SPACE_TO_BATCH_ND": {{3, func(u use) bool { return u.rank(0) != 4 }}},
	"BATCH_TO_SPACE_ND": {{3, func(u use) bool { return u.rank(0) != 4 }}},
	"STRIDED_SLICE": {
		{8, func(u use) bool { a, ok := u.Attr.(*op.StridedSlice); return ok && a.Offset }},
		{6, func(u use) bool {
			a, ok := u.Attr.(*op.StridedSlice)
			return ok && (a.EllipsisMask != 0 || a.NewAxisMask != 0)
		}},
		{4, above(4)},
		{3, is(0, tensor.Bool)},
	},
	"REVERSE_V2":      {{3, is(0, tensor.Int8)}, {2, is(0, tensor.Bool)}},
	"TILE":            {{3, is(0, tensor.Int8)}},
	"RESIZE_BILINEAR": {{3, func(u use) bool { a, ok := u.Attr.(*op.Resize); return ok && a.HalfPixelCenters }}},
	"RESIZE_NEAREST_NEIGHBOR": {{3, func(u use) bool {
		a, ok := u.Attr.(*op.Resize)
		return ok && (a.HalfPixelCenters || a.AlignCorners)
	}}},
	"FILL":         {{3, is(1, tensor.Int8, tensor.Int16)}, {2, is(1, tensor.Bool)}},
	"SELECT":       {{3, func(u use) bool { return u.rank(0) == 5 || u.rank(1) == 5 || u.rank(2) == 5 }}},
	"BROADCAST_TO": {{3, is(0, tensor.Int8, tensor.Int16)}, {2, func(use) bool { return true }}},
	"WHERE":        {{1, is(0, tensor.Bool)}, {2, func(use) bool { return true }}},
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, name := range names {
		m[name] = true
	}
	return m
}

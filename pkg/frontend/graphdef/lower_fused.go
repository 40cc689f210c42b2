package graphdef

import (
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// fusions are the operators that TensorFlow's optimizers make of a layer and what follows it. They are lowered part by part; what TFLite fuses, passes fuse again.
var fusions = []Op{
	{Name: "_FusedConv2D", To: "CONV_2D PAD TRANSPOSE" + fusedOps, Lower: inFloat32(fused("Conv2D"))},
	{Name: "_FusedDepthwiseConv2dNative", To: "DEPTHWISE_CONV_2D PAD TRANSPOSE" + fusedOps, Lower: inFloat32(fused("DepthwiseConv2dNative"))},
	{Name: "FusedDepthwiseConv2dNative", To: "DEPTHWISE_CONV_2D PAD TRANSPOSE" + fusedOps, Lower: inFloat32(fused("DepthwiseConv2dNative"))},
	{Name: "_FusedMatMul", To: "FULLY_CONNECTED BATCH_MATMUL TRANSPOSE" + fusedOps, Lower: inFloat32(fused("MatMul"))},
	{Name: "_FusedBatchNormEx", Results: batchNormResults, To: batchNormOps + " RELU", Lower: inFloat32(lowerBatchNormEx)},
}

const fusedOps = " ADD MUL RELU RELU6 ELU LEAKY_RELU PRELU TANH LOGISTIC"

// fused returns the rule of a layer, TensorFlow's operator of that name on operands 0 and 1, followed by the operators in fused_ops, to which the other operands belong.
func fused(layer string) func(*Context) {
	return func(c *Context) {
		v, rest := c.stage(layer, c.In(0), c.In(1)), c.Ins(2, -1)
		next := func(n int) []*ir.Value {
			if len(rest) < n {
				build.Damaged("has fewer inputs than fused_ops wants")
			}
			found := rest[:n]
			rest = rest[n:]
			return found
		}
		for _, name := range c.StringList("fused_ops") {
			switch name {
			case "BiasAdd":
				v = c.stage(name, v, next(1)[0])
			case "FusedBatchNorm":
				v = c.stage(name, append([]*ir.Value{v}, next(4)...)...)
			case "Add":
				v = c.add(v, next(1)[0])
			case "Prelu":
				v = c.Emit("PRELU", nil, v, next(1)[0])
			case "LeakyRelu":
				v = c.Emit("LEAKY_RELU", &op.LeakyRelu{Alpha: c.Float("leakyrelu_alpha", 0.2)}, v)
			case "Relu", "Relu6", "Elu", "Tanh", "Sigmoid":
				v = c.stage(name, v)
			default:
				build.Refuse("a fused %s", name)
			}
		}
		c.Out(v)
	}
}

// stage applies TensorFlow's operator of the given name, with the node's attributes, and returns its first result. Batch normalization is that of a finished model.
func (c *Context) stage(name string, in ...*ir.Value) *ir.Value {
	def, sub := *c.Def, *c
	def.Name += "/" + strings.ToLower(name)
	if name == "FusedBatchNorm" {
		finished := tfpb.Entry[tfpb.AttrValue]{Key: "is_training", Value: tfpb.AttrValue{Kind: tfpb.AttrB}}
		def.Attr = tfpb.Map[tfpb.AttrValue]{Entries: append([]tfpb.Entry[tfpb.AttrValue]{finished}, def.Attr.Entries...)}
	}
	sub.Def, sub.edges, sub.results = &def, nil, nil
	for _, v := range in {
		sub.edges = append(sub.edges, Edge{Value: v})
	}
	o := Ops.Lookup(name)
	if o == nil || o.Lower == nil {
		build.Refuse("a fused %s", name)
	}
	o.Lower(&sub)
	return sub.results[0].Value
}

// lowerBatchNormEx lowers batch normalization, to which another tensor may be added, with an activation.
func lowerBatchNormEx(c *Context) {
	v := c.stage("FusedBatchNormV3", c.Ins(0, 5)...)
	for _, side := range c.Ins(5, -1) {
		v = c.add(v, side)
	}
	switch mode := c.String("activation_mode", "Identity"); mode {
	case "Identity":
	case "Relu":
		v = c.stage("Relu", v)
	default:
		build.Refuse("activation_mode %q", mode)
	}
	c.Out(v)
	rest := c.unsupported("statistics of the batch, which only training needs")
	c.OutEdges(rest, rest, rest, rest, rest)
}

package op

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// The layers of this file have float activations and integer weights, as TFLite's hybrid kernels compute them: activations become int8 at each run, by their range.

// isInteger reports whether t holds the integers that weights beside float activations may be.
func isInteger(t *tensor.Tensor) bool { return t.DType == tensor.Int8 || t.DType == tensor.Int4 }

// productWeights returns operand i with lo to hi dimensions, the weights of a product with operand data: of its type, int8 or the types named beside int16, or integers that stand for real
// numbers beside float32.
func (o *operands) productWeights(i, lo, hi, data int, beside16 ...tensor.DType) *tensor.Tensor {
	if t := o.given(i); t != nil && isInteger(t) && o.given(data) != nil && o.in[data].DType == tensor.Float32 {
		if v := o.node.Input(i); v != nil && v.Quant == nil && v.Blocks == nil {
			o.fail("input %d is %v, without a scale", i, t.DType)
		}
		o.rank(i, t, lo, hi)
		return t
	}
	o.weighs(data, i, beside16...)
	return o.ranked(i, lo, hi, tensor.Float32)
}

// isHybrid reports whether a node with float32 data has integers as operand 1, its weights.
func isHybrid(in []*tensor.Tensor, data int) bool {
	return in[data].DType == tensor.Float32 && isInteger(in[1])
}

// integerWeights returns the content of weights of zero point 0, and their scales: one, or one for each of channels along an axis.
func (o *operands) integerWeights(i, channels, axis int) (content []int8, scale []float32) {
	if o.node.Input(i).Blocks != nil {
		o.fail("input %d is in blocks, which only FULLY_CONNECTED and EMBEDDING_LOOKUP read", i)
		return nil, nil
	}
	return weights8(o.in[i]), o.integerScale(i, channels, axis)
}

// integerScale returns the scales of operand i, integers of zero point 0: one, or one for each of channels along an axis.
func (o *operands) integerScale(i, channels, axis int) []float32 {
	v := o.node.Input(i)
	p := o.affine(v, o.in[i].Shape)
	if p.PerAxis() && (p.Axis != axis || len(p.Scale) != channels) {
		o.fail("%q has %d scales along dimension %d, want %d along %d", v.Name, len(p.Scale), p.Axis, channels, axis)
	}
	o.symmetric(v)
	for _, s := range p.Scale {
		if o.err == nil && (!(s >= 0) || math.IsInf(float64(s), 0)) {
			o.fail("%q has scale %v", v.Name, s)
		}
	}
	return p.Scale
}

// blockScales returns the scales of weights in blocks.
func blockScales(b *ir.Blocks) []float32 {
	halves := tensor.View[uint16](b.Scales.Const)
	scale := make([]float32, len(halves))
	kernel.F16ToF32(scale, halves)
	return scale
}

// weights8 returns integers of 8 or 4 bits as int8.
func weights8(t *tensor.Tensor) []int8 {
	if t.DType == tensor.Int8 {
		return i8(t)
	}
	wide := make([]int8, t.Elements())
	kernel.Int4ToInt8(wide, t.Data, 0)
	return wide
}

// hybridLayer is a kernel of a layer with float activations and integer weights, as package kernel makes them.
type hybridLayer interface {
	Run(out, in, scratch []float32)
	Scratch() int
}

// hybrid is the kernel of a node whose operand data goes through a layer.
func hybrid(l hybridLayer, data int, a Activation) Kernel {
	return func(c *Call) error {
		out := f32(c.Out[0])
		l.Run(out, f32(c.In[data]), c.Scratch(l.Scratch()))
		a.finish(out)
		return nil
	}
}

func hybridConv(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	f, _ := conv(o)
	if o.err != nil {
		return nil, o.err
	}
	weights, scale := o.integerWeights(1, f.OC, 0)
	bias := o.weights(2)
	if o.err != nil {
		return nil, o.err
	}
	s := kernel.HybridConvSpec{Window: f.Window, C: f.C, OC: f.OC, Groups: f.Groups, Scale: scale, Clamp: f.Clamp}
	// With one and the same scale for all channels TFLite's kernel has no zero points, unless there are groups.
	s.Asymmetric = f.Groups > 1 || slices.ContainsFunc(scale, func(x float32) bool { return x != scale[0] })
	l, err := kernel.NewHybridConv(s, weights, bias)
	return hybrid(l, 0, n.Attr.(*Conv2D).Activation), err
}

func hybridDepthwise(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	s, shape := depthwise(o)
	if o.err != nil {
		return nil, o.err
	}
	weights, scale := o.integerWeights(1, shape[3], 3)
	bias := o.weights(2)
	if o.err != nil {
		return nil, o.err
	}
	l, err := kernel.NewHybridDepthwise(s, weights, scale, bias)
	return hybrid(l, 0, n.Attr.(*DepthwiseConv2D).Activation), err
}

func hybridTransposeConv(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o := read(n, in)
	s, _ := transposeConv(o)
	if o.err != nil {
		return nil, o.err
	}
	weights, scale := o.integerWeights(1, s.OC, 0)
	bias := o.weights(3)
	if o.err != nil {
		return nil, o.err
	}
	l, err := kernel.NewHybridTransposeConv(s, weights, scale, bias)
	return hybrid(l, 2, n.Attr.(*TransposeConv).Activation), err
}

func hybridFullyConnected(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o, a := read(n, in), n.Attr.(*FullyConnected)
	f, _ := fullyConnected(o)
	bias := o.weights(2)
	if o.err != nil {
		return nil, o.err
	}
	if b := n.Inputs[1].Blocks; b != nil {
		l, err := kernel.NewHybridBlocks(kernel.HybridBlocksSpec{K: f.K, N: f.N, Size: b.Size, Scale: blockScales(b), Clamp: f.Clamp}, weights8(in[1]), bias)
		return hybrid(l, 0, a.Activation), err
	}
	weights, scale := o.integerWeights(1, f.N, 0)
	if o.err != nil {
		return nil, o.err
	}
	l, err := kernel.NewHybridFullyConnected(kernel.HybridFullyConnectedSpec{K: f.K, N: f.N, Asymmetric: a.AsymmetricQuantizeInput, Scale: scale, Clamp: f.Clamp}, weights, bias)
	return hybrid(l, 0, a.Activation), err
}

func hybridMatMul(n *ir.Node, in, _ []*tensor.Tensor) (Kernel, error) {
	o, a := read(n, in), n.Attr.(*BatchMatMul)
	s, _ := matMul(o)
	if o.err != nil {
		return nil, o.err
	}
	axis := len(in[1].Shape) - 1
	if a.AdjY {
		axis--
	}
	y, scale := o.integerWeights(1, s.N, axis)
	if o.err != nil {
		return nil, o.err
	}
	m, err := kernel.NewHybridBatchMatMul(s, y, scale, a.AsymmetricQuantizeInput)
	return hybrid(m, 0, None), err
}

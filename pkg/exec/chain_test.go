package exec_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// chains is a graph of three chains: of an input, of a value that is read again behind the chain, and of one that is not. The last has a value that the graph returns at its side.
const chains = `graph "main" {
	%0 = input "x" f32[2,64,60,3]
	%1 = const "w1" f32[24,3,3,3] = splat 1
	%2 = const "w2" f32[1,3,3,24] = splat 1
	%3 = const "w3" f32[8,1,1,24] = splat 1
	%4 = const "w4" f32[48,1,1,8] = splat 1
	%5 = const "w5" f32[1,5,5,48] = splat 1
	%6 = const "w6" f32[8,1,1,48] = splat 1
	%7 = const "bias" f32[48] = splat 1
	%8 "first" f32[2,64,60,24] = CONV_2D(%0, %1) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1, activation=RELU6}
	%9 "second" f32[2,64,60,24] = DEPTHWISE_CONV_2D(%8, %2) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1, activation=RELU6}
	%10 "third" f32[2,64,60,8] = CONV_2D(%9, %3) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1}
	%11 "wide" f32[2,64,60,48] = CONV_2D(%10, %4, %7) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1}
	%12 "deep" f32[2,64,60,48] = DEPTHWISE_CONV_2D(%11, %5, %7) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1, activation=RELU}
	%13 "narrow" f32[2,64,60,8] = CONV_2D(%12, %6) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1}
	%14 "sum" f32[2,64,60,8] = ADD(%10, %13)
	%15 "again" f32[2,64,60,48] = CONV_2D(%14, %4, %7) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1, activation=RELU6}
	%16 "half" f32[2,32,30,48] = DEPTHWISE_CONV_2D(%15, %5) {padding=SAME, stride_h=2, stride_w=2, dilation_h=1, dilation_w=1}
	%17 "end" f32[2,32,30,8] = CONV_2D(%16, %6) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1}
	return %17, %16
}`

// TestChains records samples of a graph with chains, and compares results, ranges and what is counted with what an observer is shown of each value.
func TestChains(t *testing.T) {
	m, err := ir.Parse(chains, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(94, 95))
	fill := func(x *tensor.Tensor) {
		for i := range tensor.View[float32](x) {
			tensor.View[float32](x)[i] = float32(r.NormFloat64() / 4)
		}
	}
	for _, v := range m.Graphs[0].Values {
		if v.Const != nil {
			fill(v.Const)
		}
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, got := newPlain(t), newRecording(t, p)
	s := p.NewSession()
	for range 3 {
		x := tensor.New(tensor.Float32, tensor.Shape{2, 64, 60, 3})
		fill(x)
		in := []*tensor.Tensor{x}
		shown := copied(t)(s.Run(in, want))
		if recorded := copied(t)(s.Record(in, got)); !slices.EqualFunc(recorded, shown, bytes.Equal) {
			t.Fatal("the results differ while ranges are recorded")
		}
		if run := copied(t)(s.Run(in, nil)); !slices.EqualFunc(run, shown, bytes.Equal) {
			t.Fatal("the results differ while nothing is recorded")
		}
	}
	got.equal(want)
	in := []*tensor.Tensor{tensor.New(tensor.Float32, tensor.Shape{2, 64, 60, 3})}
	if n := testing.AllocsPerRun(3, func() {
		if _, err := s.Run(in, nil); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations in each run", n)
	}
}

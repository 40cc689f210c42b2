package exec_test

import (
	"math/rand/v2"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestJoint records samples of a graph in which functions follow on each other, are returned, are moved, and take their operands' memory, and compares what is counted with what an observer is shown.
func TestJoint(t *testing.T) {
	const text = `graph "main" {
		%0 = input "x" f32[1,3000]
		%1 = const "shape" i32[2] = [3000 1]
		%2 = const "axis" i32[] = [1]
		%3 "n" f32[1,3000] = NEG(%0)
		%4 "logistic" f32[1,3000] = LOGISTIC(%3)
		%5 "swish" f32[1,3000] = MUL(%3, %4)
		%6 "tanh" f32[1,3000] = TANH(%5)
		%7 "a" f32[1,3000] = ADD(%6, %0)
		%8 "gelu" f32[1,3000] = GELU(%7) {approximate=true}
		%9 "b" f32[1,3000] = SUB(%8, %0)
		%10 "hard" f32[1,3000] = HARD_SWISH(%9)
		%11 "c" f32[1,3000] = ADD(%9, %10)
		%12 "elu" f32[1,3000] = ELU(%11)
		%13 "turned" f32[3000,1] = RESHAPE(%11, %1)
		%14 "exact" f32[3000,1] = GELU(%13)
		%15 "d" f32[1,3000] = ADD(%12, %0)
		%16 "halves" f32[1,3000] = TANH(%15)
		%17 "left" f32[1,1500], %18 "right" f32[1,1500] = SPLIT(%2, %16) {count=2}
		return %14, %10, %17, %18
	}`
	m, err := ir.Parse(text, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, got := newPlain(t), newRecording(t, p)
	s := p.NewSession()
	r := rand.New(rand.NewPCG(92, 93))
	for i := range 8 {
		x := tensor.New(tensor.Float32, tensor.Shape{1, 3000})
		for k := range 3000 {
			tensor.View[float32](x)[k] = float32(r.NormFloat64() * float64(3+i%3))
		}
		if _, err := s.Run([]*tensor.Tensor{x}, want); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Record([]*tensor.Tensor{x}, got); err != nil {
			t.Fatal(err)
		}
	}
	for v := range p.Moved() {
		delete(want.ranges, v)
	}
	got.equal(want)
}

package exec_test

import (
	"math"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestLoopRanges records a loop whose variables stay the same, change places, grow, are split, moved, and replaced by a constant: their ranges are known from what made them, or looked for.
func TestLoopRanges(t *testing.T) {
	const text = `graph "main" {
		%0 = input "x" f32[4]
		%1 = const "zero" i32[] = [0]
		%2 "i" i32[], %3 "a" f32[4], %4 "b" f32[4], %5 "c" f32[4], %6 "d" f32[2], %7 "e" f32[2], %8 "f" f32[2,2], %9 "g" f32[4], %10 "stays" f32[4], %11 "stays, finite" f32[2] = WHILE(%1, %0, %12, %0, %13, %13, %14, %0, %0, %13) {cond=1, body=2}
		%12 = const "other" f32[4] = [-1 -2 -3 -4]
		%13 = const "pair" f32[2] = [5 6]
		%14 = const "square" f32[2,2] = [1 2 3 4]
		return %3, %4, %5, %6, %7, %8, %9, %10, %11
	}
	graph "cond" {
		%0 = input "i" i32[]
		%1 = input "a" f32[4]
		%2 = input "b" f32[4]
		%3 = input "c" f32[4]
		%4 = input "d" f32[2]
		%5 = input "e" f32[2]
		%6 = input "f" f32[2,2]
		%7 = input "g" f32[4]
		%8 = input "stays" f32[4]
		%9 = input "stays, finite" f32[2]
		%10 = const "five" i32[] = [5]
		%11 "less" bool[] = LESS(%0, %10)
		return %11
	}
	graph "body" {
		%0 = input "i" i32[]
		%1 = input "a" f32[4]
		%2 = input "b" f32[4]
		%3 = input "c" f32[4]
		%4 = input "d" f32[2]
		%5 = input "e" f32[2]
		%6 = input "f" f32[2,2]
		%7 = input "g" f32[4]
		%8 = input "stays" f32[4]
		%9 = input "stays, finite" f32[2]
		%10 = const "one" i32[] = [1]
		%11 = const "two" f32[] = [2]
		%12 = const "axis" i32[] = [0]
		%13 = const "square" i32[2] = [2 2]
		%14 = const "fixed" f32[4] = [7 8 9 -10]
		%15 "next" i32[] = ADD(%0, %10)
		%16 "double" f32[4] = MUL(%3, %11)
		%17 "left" f32[2], %18 "right" f32[2] = SPLIT(%12, %16) {count=2}
		%19 "reshaped" f32[2,2] = RESHAPE(%16, %13)
		return %15, %2, %1, %16, %17, %18, %19, %14, %8, %9
	}`
	m, err := ir.Parse(text, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := exec.Compile(m, 0, exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := tensor.New(tensor.Float32, tensor.Shape{4})
	copy(tensor.View[float32](x), []float32{0.5, float32(math.NaN()), -3, float32(math.Inf(1))})
	want, got := newPlain(t), newRecording(t, p)
	s := p.NewSession()
	for range 2 {
		if _, err := s.Run([]*tensor.Tensor{x}, want); err != nil { // it compares each range with what it is of
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
	if r := want.ranges[m.Graphs[1].Inputs[3]]; r.Count != 2*6*4 || r.NaN != 2*6 || r.Min != -96 {
		t.Errorf("the condition saw %+v of a variable that doubles from -3 on", r)
	}
}

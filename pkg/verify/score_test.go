package verify

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

func TestClassify(t *testing.T) {
	nan := float32(math.NaN())
	f32 := func(x ...float32) *tensor.Tensor { return tensor.F32(tensor.Shape{1, len(x)}, x...) }
	for name, c := range map[string]struct {
		want, got *tensor.Tensor
		label     []int32
		counts    Counts
	}{
		"both right":         {f32(1, 3, 2), f32(0, 9, 8), []int32{1}, Counts{Answers: 1, Agree: 1, Classes: 3, Float: Hits{1, 1}, Quantized: Hits{1, 1}}},
		"one wrong":          {f32(1, 3, 2), f32(9, 8, 7), []int32{1}, Counts{Answers: 1, Classes: 3, Float: Hits{1, 1}, Quantized: Hits{0, 1}}},
		"of equal the first": {f32(3, 3, 3), f32(1, 3, 3), []int32{0}, Counts{Answers: 1, Classes: 3, Float: Hits{1, 1}, Quantized: Hits{0, 1}}},
		"fifth and sixth":    {f32(9, 8, 7, 6, 5, 4), f32(9, 8, 7, 6, 5, 5), []int32{4}, Counts{Answers: 1, Agree: 1, Classes: 6, Float: Hits{0, 1}, Quantized: Hits{0, 1}}},
		"sixth of equals":    {f32(9, 8, 7, 6, 5, 4), f32(9, 8, 7, 6, 5, 5), []int32{5}, Counts{Answers: 1, Agree: 1, Classes: 6}},
		"no number":          {f32(1, 3, 2), f32(nan, 8, nan), []int32{2}, Counts{Answers: 1, Agree: 1, Classes: 3, Float: Hits{0, 1}}},
		"yes or no":          {f32(0.7), f32(0.5), []int32{1}, Counts{Answers: 1, Classes: 1, Float: Hits{1, 1}}},
		"the class itself":   {tensor.I32(tensor.Shape{1}, 7), tensor.I32(tensor.Shape{1}, 6), []int32{7}, Counts{Answers: 1, Float: Hits{1, 1}}},
		"no label":           {f32(1, 3, 2), f32(2, 1, 3), nil, Counts{Answers: 1, Classes: 3, Float: Hits{1, 1}, Quantized: Hits{0, 1}}},
	} {
		var have Counts
		if err := have.add(Question{Task: Classify, Labels: c.label != nil}, c.want, c.got, c.label); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.counts, have); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	for text, c := range map[string]struct {
		q         Question
		want, got *tensor.Tensor
		label     []int32
	}{
		"label is 3, output 0 has classes 0 to 2":          {Question{Task: Classify, Labels: true}, f32(1, 2, 3), f32(1, 2, 3), []int32{3}},
		"label has 2 elements, output 0 has 1 answers":     {Question{Task: Classify, Labels: true}, f32(1, 2, 3), f32(1, 2, 3), []int32{3, 1}},
		"has 1 answers of 2 classes, the float model's 1":  {Question{Task: Classify}, f32(1, 2, 3), f32(1, 2), nil},
		"want height, width and classes":                   {Question{Task: Segment}, f32(1, 2, 3), f32(1, 2, 3), nil},
		"holds 2 integers, want the class":                 {Question{Task: Classify}, tensor.I32(tensor.Shape{2}, 1, 2), f32(1), nil},
		"-1 is no class":                                   {Question{Task: Classify}, f32(1), tensor.I32(tensor.Shape{1}, -1), nil},
		"output 0 of the float model: f32[1,0] has no num": {Question{Task: Classify}, f32(), f32(), nil},
	} {
		if err := new(Counts).add(c.q, c.want, c.got, c.label); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("error %v, want %q", err, text)
		}
	}
}

func TestSegment(t *testing.T) {
	// Four pixels of three classes; the last one has no label.
	want := tensor.F32(tensor.Shape{1, 2, 2, 3}, 9, 0, 0, 0, 9, 0, 0, 9, 0, 0, 0, 9)
	got := tensor.F32(tensor.Shape{1, 2, 2, 3}, 9, 0, 0, 9, 0, 0, 0, 9, 0, 9, 0, 0)
	q := Question{Task: Segment, Labels: true}
	var c Counts
	if err := c.add(q, want, got, []int32{0, 1, 0, 255}); err != nil {
		t.Fatal(err)
	}
	s := c.result(q)
	iou := func(x float64) *float64 { return &x }
	third := 1.0 / 3
	// The labels are 0 1 0, the float model says 0 1 1, the quantized one 0 0 1.
	wantScore := &Score{Task: Segment, Classes: 3, Answers: 3, Void: 1, Agreement: 2.0 / 3,
		Float: Grades{Top1: 2.0 / 3, MeanIoU: iou(0.5)}, Quantized: Grades{Top1: third, MeanIoU: iou(third / 2)}, Drop: 100 * (0.5 - third/2),
		ByClass: []ClassScore{{Class: 0, Labels: 2, Float: iou(0.5), Quantized: iou(third)}, {Class: 1, Labels: 1, Float: iou(0.5), Quantized: iou(0)}}}
	if diff := cmp.Diff(wantScore, s); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// Without labels the float model is right, and a mask of one number a pixel tells two classes apart.
	one := func(x ...float32) *tensor.Tensor { return tensor.F32(tensor.Shape{1, 2, 2, 1}, x...) }
	c = Counts{}
	if err := c.add(Question{Task: Segment}, one(0.9, 0.1, 0.9, 0.1), one(0.8, 0.2, 0.3, 0.1), nil); err != nil {
		t.Fatal(err)
	}
	if s := c.result(Question{Task: Segment}); *s.Float.MeanIoU != 1 || math.Abs(*s.Quantized.MeanIoU-(2.0/3+0.5)/2) > 1e-12 || s.Agreement != 0.75 {
		t.Errorf("mean IoU %v and %v, agreement %v", *s.Float.MeanIoU, *s.Quantized.MeanIoU, s.Agreement)
	}
	// The mask itself.
	c = Counts{}
	if err := c.add(q, tensor.I32(tensor.Shape{1, 1, 2}, 4, 0), tensor.I32(tensor.Shape{1, 1, 2}, 0, 0), []int32{4, 4}); err != nil {
		t.Fatal(err)
	}
	if s := c.result(q); len(s.ByClass) != 2 || *s.ByClass[1].Float != 0.5 || *s.ByClass[1].Quantized != 0 {
		t.Errorf("%+v", s.ByClass)
	}
}

func TestGuess(t *testing.T) {
	model := func(op string, shape ...int) Model {
		x := &ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: shape}}
		y := &ir.Value{Name: "y", Type: ir.Type{DType: tensor.Float32, Shape: shape}}
		z := &ir.Value{Name: "z", Type: ir.Type{DType: tensor.Float32, Shape: shape}}
		g := &ir.Graph{Inputs: []*ir.Value{x}, Outputs: []*ir.Value{z}, Values: []*ir.Value{x, y, z}, Nodes: []*ir.Node{
			{Op: op, Inputs: []*ir.Value{x}, Outputs: []*ir.Value{y}}, {Op: "RESHAPE", Inputs: []*ir.Value{y}, Outputs: []*ir.Value{z}},
		}}
		return Model{Model: &ir.Model{Graphs: []*ir.Graph{g}}, Signature: &ir.Signature{}}
	}
	for _, c := range []struct {
		model Model
		label int
		want  Task
	}{
		{model("SOFTMAX", 1, 10), 0, Classify}, {model("ARG_MAX", 1), 0, Classify}, {model("ARG_MAX", 1, 8, 8), 0, Segment}, {model("SOFTMAX", 1, 8, 8, 3), 0, Segment},
		{model("SOFTMAX", 1, 8, 3), 0, Distance}, {model("CONV_2D", 1, 10), 0, Distance}, {model("CONV_2D", 1, 10), 1, Classify}, {model("CONV_2D", 1, 8, 8, 1), 64, Segment},
	} {
		if got := Guess(c.model, 0, c.label); got != c.want {
			t.Errorf("%v of %s, labels of %d: %s, want %s", c.model.Graphs[0].Outputs[0].Type, c.model.Graphs[0].Nodes[0].Op, c.label, got, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	limit := func(x float64) *float64 { return &x }
	r := &Result{Outputs: []Output{{Name: "a", Error: Error{SQNR: 30}}, {Name: "b", Error: Error{SQNR: 10}}, {Name: "n", Integers: 4}}, Score: &Score{Output: "a", Drop: 1.5}}
	for _, c := range []struct {
		limits Limits
		want   []string
	}{
		{Limits{}, nil}, {Limits{MaxDrop: limit(1.5), MinSQNR: limit(10)}, nil},
		{Limits{MaxDrop: limit(1)}, []string{`output "a": a drop of 1.5 percentage points, the limit is 1`}},
		{Limits{MinSQNR: limit(20)}, []string{`output "b": SQNR of 10.00 dB, the limit is 20`}},
	} {
		if err := r.Check(c.limits); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range r.Broken {
			got = append(got, b.String())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	r.Score = nil
	if r.Check(Limits{MaxDrop: limit(1)}) == nil {
		t.Error("a drop without answers can be limited")
	}
}

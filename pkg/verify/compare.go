package verify

import (
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// Comparison is a float model and quantized ones that are ready to run. It is safe for concurrent use.
type Comparison struct {
	question Question
	float    *exec.Program
	sides    []*side
	slots    map[*ir.Value]int // the float values that are kept of a sample
}

// side is one of the quantized models.
type side struct {
	pairing *Pairing
	program *exec.Program
	border  exec.Border
	pairs   map[*ir.Value]int // the positions of paired values among pairing.tensors
}

// Prepare compiles a float model and quantized ones that were paired with it. An operator that can't be executed is an *exec.UnsupportedError.
func Prepare(pairings []*Pairing, q Question) (*Comparison, error) {
	if len(pairings) == 0 {
		return nil, errors.New("there is no quantized model to compare")
	}
	float := pairings[0].Float
	c := &Comparison{question: q, slots: map[*ir.Value]int{}}
	var err error
	if c.float, err = exec.Compile(float.Model, float.Signature.Graph, exec.Options{}); err != nil {
		return nil, err
	}
	if n := len(c.float.Outputs()); q.Task != Distance && q.Output >= n {
		return nil, fmt.Errorf("output %d of %d", q.Output, n)
	}
	for _, p := range pairings {
		s := &side{pairing: p, pairs: map[*ir.Value]int{}}
		if s.program, err = exec.Compile(p.Quantized.Model, p.Quantized.Signature.Graph, exec.Options{}); err != nil {
			return nil, &ModelError{err}
		}
		s.border = s.program.Border()
		if q.Tensors {
			for i, t := range p.tensors {
				s.pairs[t.quantized] = i
				if _, ok := c.slots[t.float]; !ok {
					c.slots[t.float] = len(c.slots)
				}
			}
		}
		c.sides = append(c.sides, s)
	}
	return c, nil
}

// ModelError is an error of a quantized model.
type ModelError struct{ Err error }

func (e *ModelError) Error() string { return "quantized model: " + e.Err.Error() }
func (e *ModelError) Unwrap() error { return e.Err }

// Session compares one sample at a time. It serves one goroutine.
type Session struct {
	comparison *Comparison
	float      *exec.Session
	sides      []*exec.Session
	kept       [][]float32 // by slot: what the float model computed in this sample, of all the times that it did
	computed   []bool      // by slot: in this sample
	running    [][]stored  // by side and pair
	scratch    numbers
	part       *Part
}

// Session allocates the memory of a run of all models.
func (c *Comparison) Session() *Session {
	s := &Session{comparison: c, float: c.float.NewSession(), kept: make([][]float32, len(c.slots)), computed: make([]bool, len(c.slots))}
	for _, side := range c.sides {
		s.sides = append(s.sides, side.program.NewSession())
		s.running = append(s.running, make([]stored, len(side.pairs)))
	}
	s.Start()
	return s
}

// Start begins a new part.
func (s *Session) Start() {
	s.part = &Part{Question: s.comparison.question, Float: s.comparison.sides[0].pairing.Float.Digest}
	for i, side := range s.comparison.sides {
		m := ModelPart{Quantized: side.pairing.Quantized.Digest, Tensors: make([]Sums, len(side.pairs)), Outputs: make([]OutputSums, len(side.pairing.outputs))}
		for k := range s.running[i] {
			s.running[i][k].sums = &m.Tensors[k]
		}
		s.part.Models = append(s.part.Models, m)
	}
}

// Part returns what was gathered since Start. The identity of dataset and arithmetic is the caller's to fill in.
func (s *Session) Part() *Part { return s.part }

// Carry lets all models begin a sequence: they remember from the next sample to those after it, until Separate.
func (s *Session) Carry() {
	s.float.Carry()
	for _, side := range s.sides {
		side.Carry()
	}
}

// Separate lets each sample be a run of its own.
func (s *Session) Separate() {
	s.float.Separate()
	for _, side := range s.sides {
		side.Separate()
	}
}

// Pass runs all models on a sample for what they remember of it, and compares nothing.
func (s *Session) Pass(in []*tensor.Tensor) error {
	if _, err := s.float.Run(in, nil); err != nil {
		return err
	}
	for i, side := range s.comparison.sides {
		if _, err := s.sides[i].Run(side.border.In(side.order(in)), nil); err != nil {
			return &ModelError{err}
		}
	}
	return nil
}

// order returns the tensors of a sample in the order of the quantized model's inputs.
func (s *side) order(in []*tensor.Tensor) []*tensor.Tensor {
	mine := make([]*tensor.Tensor, len(in))
	for k, from := range s.pairing.inputs {
		mine[k] = in[from]
	}
	return mine
}

// Sample runs all models on a sample, whose tensors are those of the float model's inputs, and compares. label says what is right, if labels do.
func (s *Session) Sample(in []*tensor.Tensor, label []int32) error {
	for i := range s.kept {
		s.kept[i], s.computed[i] = s.kept[i][:0], false
	}
	want, err := s.float.Watch(in, s.keep)
	if err != nil {
		return err
	}
	s.part.Samples++
	for i, side := range s.comparison.sides {
		if err := s.side(i, side, in, want, label); err != nil {
			return err
		}
	}
	return nil
}

// keep takes a copy of what the float model computed.
func (s *Session) keep(v *ir.Value, t *tensor.Tensor) {
	if slot, ok := s.comparison.slots[v]; ok && t.DType == tensor.Float32 {
		s.kept[slot] = append(s.kept[slot], tensor.View[float32](t)...)
		s.computed[slot] = true
	}
}

// side runs one of the quantized models on a sample, for which the float model gave certain outputs.
func (s *Session) side(i int, side *side, in, want []*tensor.Tensor, label []int32) error {
	running, part := s.running[i], &s.part.Models[i]
	for k, t := range side.pairing.tensors[:len(running)] {
		running[k].want, running[k].at, running[k].seen = nil, 0, false
		if slot := s.comparison.slots[t.float]; s.computed[slot] {
			running[k].want = s.kept[slot]
		}
	}
	out, err := s.sides[i].Watch(side.border.In(side.order(in)), func(v *ir.Value, t *tensor.Tensor) {
		if k, ok := side.pairs[v]; ok && s.computed[s.comparison.slots[side.pairing.tensors[k].float]] {
			running[k].take(t, exec.Affine(v), &s.scratch)
		}
	})
	if err != nil {
		return &ModelError{err}
	}
	for k := range running {
		if running[k].seen {
			running[k].end()
		}
	}
	return s.outputs(side, part, want, out, label)
}

// outputs compares the outputs of both models, and scores the quantized one's.
func (s *Session) outputs(side *side, part *ModelPart, want, out []*tensor.Tensor, label []int32) error {
	q := s.comparison.question
	for k, at := range side.pairing.outputs {
		compareOutputs(&part.Outputs[k], want[k], out[at], exec.Affine(side.program.Outputs()[at]), &s.scratch)
	}
	if q.Task == Distance {
		return nil
	}
	real := side.border.Out(out)
	return part.Score.add(q, want[q.Output], real[side.pairing.outputs[q.Output]], label)
}

// compareOutputs compares an output of both models: as real numbers if it can stand for them, and element for element otherwise.
func compareOutputs(o *OutputSums, want, got *tensor.Tensor, q *quant.Params, scratch *numbers) {
	if want.DType == tensor.Float32 && (got.DType == tensor.Float32 || q != nil) {
		s := stored{sums: &o.Sums, want: tensor.View[float32](want)}
		s.take(got, q, scratch)
		s.end()
		return
	}
	o.Samples++
	n := want.Elements()
	o.Integers += uint64(max(n, got.Elements()))
	if size := want.DType.Bytes(1); want.DType == got.DType && n*size == len(want.Data) {
		for i := range min(n, got.Elements()) {
			if string(want.Data[i*size:(i+1)*size]) == string(got.Data[i*size:(i+1)*size]) {
				o.Equal++
			}
		}
	}
}

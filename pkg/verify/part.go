package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Part is what a range of samples yields.
type Part struct {
	Question Question
	Float    string // hex sha256 of the float model's flatbuffer
	Dataset  string // digest of the dataset's manifest
	Labels   string // digest of the labels; empty without
	Numerics int    // the numerics.Version that computed it
	Samples  uint64
	Skipped  []Skip      // samples that were left out, in the order of the dataset
	Models   []ModelPart // the quantized models
}

// Skip names a sample that was left out, and why.
type Skip struct {
	Sample int    `json:"sample"` // position in the dataset
	Source string `json:"source"` // file and position within it
	Reason string `json:"reason"`
}

// ModelPart is what is gathered of one quantized model.
type ModelPart struct {
	Quantized string       `json:"quantized"`         // hex sha256 of its flatbuffer
	Tensors   []Sums       `json:"tensors,omitempty"` // of paired activations, in the order of the quantized model's graphs and values
	Outputs   []OutputSums `json:"outputs"`           // in the order of the float model's
	Score     Counts       `json:"score"`
}

// OutputSums are what is gathered of an output. Integers that stand for no real numbers are in no sum, but counted.
type OutputSums struct {
	Sums
	Integers uint64 `json:"integers,omitempty"` // elements that are integers
	Equal    uint64 `json:"equal,omitempty"`    // those of them that are equal
}

// ErrMismatch is returned by Merge for parts that are not of the same models, samples, question and arithmetic.
var ErrMismatch = errors.New("parts do not belong together")

// Merge adds parts up, in their order, which is that of their samples. The first ones may have been merged already. At least one part is needed.
func Merge(parts ...*Part) (*Part, error) {
	if len(parts) == 0 {
		return nil, errors.New("nothing to merge")
	}
	first := parts[0]
	out := &Part{Question: first.Question, Float: first.Float, Dataset: first.Dataset, Labels: first.Labels, Numerics: first.Numerics}
	for _, m := range first.Models {
		out.Models = append(out.Models, ModelPart{Quantized: m.Quantized, Tensors: make([]Sums, len(m.Tensors)), Outputs: make([]OutputSums, len(m.Outputs))})
	}
	for i, p := range parts {
		if p.Question != first.Question || p.Float != first.Float || p.Dataset != first.Dataset || p.Labels != first.Labels || p.Numerics != first.Numerics || len(p.Models) != len(first.Models) {
			return nil, fmt.Errorf("%w: part %d is of another question, model, dataset or arithmetic than part 0", ErrMismatch, i)
		}
		out.Samples += p.Samples
		out.Skipped = append(out.Skipped, p.Skipped...)
		for k := range p.Models {
			if !out.Models[k].add(&p.Models[k]) {
				return nil, fmt.Errorf("%w: quantized model %d of part %d is another than part 0's", ErrMismatch, k, i)
			}
		}
	}
	return out, nil
}

// add adds what was gathered elsewhere, unless it is of another model.
func (m *ModelPart) add(o *ModelPart) bool {
	if m.Quantized != o.Quantized || len(m.Tensors) != len(o.Tensors) || len(m.Outputs) != len(o.Outputs) {
		return false
	}
	for i := range o.Tensors {
		m.Tensors[i].add(o.Tensors[i])
	}
	for i := range o.Outputs {
		m.Outputs[i].Sums.add(o.Outputs[i].Sums)
		m.Outputs[i].Integers += o.Outputs[i].Integers
		m.Outputs[i].Equal += o.Outputs[i].Equal
	}
	m.Score.merge(o.Score)
	return true
}

// formatPart and versionPart head the file form of a part.
const (
	formatPart  = "octet-verification-part"
	versionPart = 1
)

type partJSON struct {
	Format   string      `json:"format"`
	Version  int         `json:"version"`
	Task     Task        `json:"task"`
	Output   int         `json:"output"`
	Labelled bool        `json:"labelled"`
	All      bool        `json:"all_tensors"`
	Float    string      `json:"float"`
	Dataset  string      `json:"dataset"`
	Labels   string      `json:"labels,omitempty"`
	Numerics int         `json:"numerics"`
	Samples  uint64      `json:"samples"`
	Skipped  []Skip      `json:"skipped,omitempty"`
	Models   []ModelPart `json:"models"`
}

// Encode returns the file form: JSON, the same bytes for the same part.
func (p *Part) Encode() ([]byte, error) {
	text, err := json.Marshal(partJSON{formatPart, versionPart, p.Question.Task, p.Question.Output, p.Question.Labels, p.Question.Tensors,
		p.Float, p.Dataset, p.Labels, p.Numerics, p.Samples, p.Skipped, p.Models})
	if err != nil {
		return nil, fmt.Errorf("verification: %w", err)
	}
	return append(text, '\n'), nil
}

// DecodePart reads the file form.
func DecodePart(data []byte) (*Part, error) {
	var j partJSON
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&j); err != nil {
		return nil, fmt.Errorf("verification: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("verification: there is something behind it")
	}
	switch {
	case j.Format != formatPart:
		return nil, fmt.Errorf("verification: format is %q, want %q", j.Format, formatPart)
	case j.Version != versionPart:
		return nil, fmt.Errorf("verification: version %d is not supported, want %d", j.Version, versionPart)
	}
	return &Part{Question{j.Task, j.Output, j.Labelled, j.All}, j.Float, j.Dataset, j.Labels, j.Numerics, j.Samples, j.Skipped, j.Models}, nil
}

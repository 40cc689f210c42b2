// Package verify measures how far a quantized model is from its float model.
//
// Both run on the same samples. Match finds which values of the two stand for the same numbers, a Comparison runs them, and a Session gathers what samples yield into a Part. Parts
// merge in the order of the samples, and a Pairing turns them into a Result. It depends on the models, the samples, the labels and the way in which samples were divided into parts,
// which the plan of shards fixes; not on who computed them.
package verify

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Model is one side of a comparison: a model, the signature that runs, and the hex sha256 of its flatbuffer.
type Model struct {
	*ir.Model
	Signature *ir.Signature
	Digest    string
}

// graph returns the graph that runs.
func (m Model) graph() *ir.Graph { return m.Graphs[m.Signature.Graph] }

// OutputNames returns what the signature calls the graph's outputs, in order.
func (m Model) OutputNames() []string {
	var names []string
	for _, v := range m.graph().Outputs {
		names = append(names, portName(m.Signature.Outputs, v))
	}
	return names
}

// Task is what a model's answers are taken for.
type Task string

// The tasks.
const (
	Classify Task = "classify" // an output holds a number for each class, the greatest of which is the answer, or the answer itself
	Segment  Task = "segment"  // so does each pixel of an output
	Distance Task = "distance" // outputs are numbers, which are near each other or not
)

// Tasks lists them all.
func Tasks() []Task { return []Task{Classify, Segment, Distance} }

// Question says what is asked of the samples.
type Question struct {
	Task    Task
	Output  int  // that is scored, by its position among the float graph's outputs; 0 with Distance
	Labels  bool // labels say what is right; otherwise the float model does
	Tensors bool // all activations are compared, and not outputs alone
}

// transparent lists operators that answers pass through on their way to an output.
var transparent = []string{"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "QUANTIZE", "DEQUANTIZE", "CAST"}

// Guess returns the task that the output at a position of a float model suggests, and the number of elements of a label, 0 without labels. Labels of one element are classes, larger
// ones are masks. Without labels an output has answers if SOFTMAX, LOG_SOFTMAX or ARG_MAX makes them: one of a sample, or one of each pixel.
func Guess(m Model, output, label int) Task {
	switch {
	case label == 1:
		return Classify
	case label > 1:
		return Segment
	}
	v := m.graph().Outputs[output]
	made := m.graph().Producers()
	n := made[v]
	for n != nil && slices.Contains(transparent, n.Op) {
		n = made[n.Inputs[0]]
	}
	if n == nil {
		return Distance
	}
	rank := len(ofSample(v.Type.Shape))
	switch n.Op {
	case "SOFTMAX", "LOG_SOFTMAX":
		rank--
	case "ARG_MAX":
	default:
		return Distance
	}
	switch rank {
	case 0:
		return Classify
	case 2:
		return Segment
	}
	return Distance
}

// ofSample returns a shape without a leading dimension of one sample.
func ofSample(s tensor.Shape) tensor.Shape {
	if len(s) > 0 && (s[0] == 1 || s[0] < 0) {
		return s[1:]
	}
	return s
}

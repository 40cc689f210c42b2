// Package quantize stores a float model in fewer bits: its weights alone, or with the ranges of its activations all of it.
//
// A graph is imported into a form of its own (graph.go), in which the steps of a scheme work, and exported at the end. The steps of integer schemes
// stand one a file, in the order of run; those of the schemes for weights alone in weights.go. The rows of package op say what becomes of each
// operator; the arithmetic of scales is package quant's.
package quantize

import (
	"errors"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
)

// Compat says whose rules are followed.
type Compat uint8

// The rule sets.
const (
	// Default applies each value's true range, makes an integer operator of all that LiteRT's runtime has an integer kernel for, and requantizes
	// where operators that share parameters would clip an operand.
	Default Compat = iota
	// TFLite follows TensorFlow 2.21's TFLiteConverter in everything, to the same tensors and operators.
	TFLite
)

// Options choose between ways to quantize. The zero Options are the defaults.
type Options struct {
	Scheme Scheme
	Compat Compat
	IO     IOType
	// KeepFloat names operators that stay float, by their kind or by the name of a result, with * for any characters and ? for one. Each must name one.
	KeepFloat []string
	// Own says what becomes of single nodes of the model, where that differs from what is said here of all.
	Own map[*ir.Node]Choice
	// Constants says what becomes of single constants that nodes read, where that differs from what becomes of the node: by a scheme for weights alone, or Float. A node with such
	// a constant computes on floats.
	Constants map[Operand]Choice
	// Ranges are those of single activations of the model, in place of what the statistics say; with schemes of integer operators.
	Ranges map[*ir.Value]Range
	Strict bool // refuse a model in which an operator would stay float; with schemes of integer operators
	// PerTensor gives each weight one scale instead of one a channel; PerTensorDense those of FULLY_CONNECTED alone.
	PerTensor, PerTensorDense bool
	Bits                      int // of the weights under WeightOnly: 4, or else 8
	Block                     int // under WeightOnly with 4 bits: how many weights of a row share a scale; 0 for all of them
	Fit                       Fit // of weights under WeightOnly and Dynamic
}

// Operand is a value that a node reads.
type Operand struct {
	Node  *ir.Node
	Value *ir.Value
}

// Range is that of an activation.
type Range struct{ Lo, Hi float32 }

// Validate reports ends that no activation can have.
func (r Range) Validate() error {
	if infinite(r.Lo) || infinite(r.Hi) || r.Lo > r.Hi {
		return fmt.Errorf("%v to %v is no range: want finite numbers, the lesser first", r.Lo, r.Hi)
	}
	return nil
}

// Run returns a quantized copy of m. Schemes with integer operators take the ranges of activations from stats, which are keyed by the positions of graphs
// and of their values; others need none. Every graph is quantized; the main one's inputs and outputs, and those of signatures, become what opt.IO says
// where operators are integer ones. The model is not changed. With opt.Strict the error is a *StrictError if an operator stays float.
func Run(m *ir.Model, stats *calib.Stats, opt Options) (*ir.Model, *Report, error) {
	if err := opt.Validate(); err != nil {
		return nil, nil, fmt.Errorf("quantize: %w", err)
	}
	report := &Report{}
	ranges := make([]map[*ir.Value]stat, len(m.Graphs))
	if opt.Scheme.Calibrated() {
		if stats == nil || len(stats.Tensors) == 0 {
			return nil, nil, errors.New("quantize: no ranges are given")
		}
		var err error
		if ranges, report.Notes, err = readRanges(m, stats, opt.Compat); err != nil {
			return nil, nil, fmt.Errorf("quantize: %w", err)
		}
		opt.override(m, ranges)
	}
	out := &ir.Model{Description: m.Description, Metadata: m.Metadata, Trailer: m.Trailer}
	keep := parsePatterns(opt.KeepFloat)
	var graphs []*exported
	for i, source := range m.Graphs {
		g, err := importGraph(source, ranges[i], opt.Compat, opt.Scheme == Int16x8)
		if err != nil {
			return nil, nil, fmt.Errorf("quantize: graph %d %q: %w", i, source.Name, err)
		}
		g.opt = opt
		g.choose()
		g.keep(keep)
		switch {
		case opt.Scheme == Int16x8:
			g.runWide(entry(m, i), opt.io())
		case opt.Scheme == Int8 && (opt.Compat == TFLite || len(ranges[i]) > 0):
			g.run(entry(m, i), opt.io())
		}
		g.storeWeights(source)
		if opt.Scheme.Calibrated() {
			report.add(i, g, source, ranges[i])
		} else {
			report.addWeights(i, g)
		}
		e := exportGraph(g, source)
		graphs = append(graphs, e)
		out.Graphs = append(out.Graphs, e.Graph)
	}
	if err := unused(keep); err != nil {
		return nil, nil, fmt.Errorf("quantize: %w", err)
	}
	if opt.Scheme == Float16 {
		out.Metadata = withReducedPrecision(m.Metadata)
	}
	var err error
	if out.Signatures, err = signatures(m, graphs); err != nil {
		return nil, nil, err
	}
	report.measure(m, out)
	if unasked := slices.DeleteFunc(slices.Clone(report.Float), func(o FloatOp) bool { return o.Asked }); opt.Strict && opt.Scheme.Calibrated() && len(unasked) > 0 {
		return nil, nil, &StrictError{unasked}
	}
	return out, report, nil
}

// entry reports whether graph i is called from outside: the main one is, and those that a signature names.
func entry(m *ir.Model, i int) bool {
	return i == 0 || slices.ContainsFunc(m.Signatures, func(s *ir.Signature) bool { return s.Graph == i })
}

// run quantizes the graph. The inputs and outputs of an entry become what io says; those of other graphs stay as they are.
func (g *graph) run(entry bool, io IOType) {
	g.fold()
	if g.compat == TFLite {
		g.dropStatistics()
		g.dropDead()
		g.pairTypes(observed)
	} else {
		g.dropQuantizedStatistics()
		g.dropDead()
		g.pairTypes(g.chooseTypes())
	}
	g.fold()
	g.propagate().insert()
	g.fuse()
	g.quantizeConstants()
	g.foldRequantize()
	g.dropPairs(true)
	g.pushDown(func(*operation) bool { return true })
	g.optimize()
	if entry {
		g.setBorders(io)
	}
	g.dropPairs(false)
}

// signatures translates the ports of m to the values of the quantized graphs.
func signatures(m *ir.Model, graphs []*exported) ([]*ir.Signature, error) {
	var list []*ir.Signature
	for _, s := range m.Signatures {
		g := graphs[s.Graph]
		t := &ir.Signature{Key: s.Key, Graph: s.Graph}
		for _, side := range []struct {
			ports          []ir.Port
			source, target []*ir.Value
			out            *[]ir.Port
		}{{s.Inputs, g.source.Inputs, g.Inputs, &t.Inputs}, {s.Outputs, g.source.Outputs, g.Outputs, &t.Outputs}} {
			for _, p := range side.ports {
				v := g.values[p.Value]
				for i, w := range side.source {
					if w == p.Value {
						v = side.target[i]
					}
				}
				if v == nil {
					return nil, fmt.Errorf("quantize: signature %q: port %q names a value that is gone", s.Key, p.Name)
				}
				*side.out = append(*side.out, ir.Port{Name: p.Name, Value: v})
			}
		}
		list = append(list, t)
	}
	return list, nil
}

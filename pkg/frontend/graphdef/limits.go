package graphdef

import (
	"fmt"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/tensor"
)

// Limits against small graphs that stand for huge ones: by functions that call functions again and again, by loops that are walked several times, and by constants
// of one number.
const (
	maxDepth    = 200     // of calls
	maxAttempts = 20      // at the whole graph, each of which finds more loops that must stay loops, or variables that change
	maxBranches = 256     // of one Case, each of which is a graph in the one before
	baseNodes   = 1 << 17 // that may be lowered, and for each node of the graph and its functions
	nodeFactor  = 32
	maxExpanded = 1 << 30 // bytes of constants beyond what the graph holds of them
	constLimit  = 2 << 30 // bytes of a constant
	maxVector   = 1 << 16 // elements of a shape and the like, which no values but their number may be known of
)

// limits counts what an import takes.
type limits struct {
	nodes    int // that may be lowered
	lowered  int
	expanded int
	contents map[*tfpb.TensorProto]*tensor.Tensor
	indices  map[*tfpb.FunctionDef]map[string]*tfpb.NodeDef
}

func newLimits(g *tfpb.GraphDef) limits {
	n := len(g.Node)
	for i := range g.Library.Function {
		n += len(g.Library.Function[i].NodeDef)
	}
	return limits{
		nodes: baseNodes + nodeFactor*n, contents: map[*tfpb.TensorProto]*tensor.Tensor{}, indices: map[*tfpb.FunctionDef]map[string]*tfpb.NodeDef{},
	}
}

// charge counts n nodes, or as much work.
func (l *limits) charge(n int) error {
	if l.lowered += n; l.lowered > l.nodes {
		return fmt.Errorf("the graph becomes more than %d nodes with its functions and loops", l.nodes)
	}
	return nil
}

// content decodes a constant, which must not be changed: it is the same whenever the node is lowered.
func (l *limits) content(p *tfpb.TensorProto) *tensor.Tensor {
	if t := l.contents[p]; t != nil {
		return t
	}
	t := content(p, int64(min(constLimit, maxExpanded-l.expanded+p.Stored())))
	if l.expanded += max(0, len(t.Data)-p.Stored()); l.expanded > maxExpanded {
		build.Damaged("the constants are more than %d bytes larger than what the graph holds of them", maxExpanded)
	}
	l.contents[p] = t
	return t
}

// index maps a function's nodes by name.
func (l *limits) index(f *tfpb.FunctionDef) map[string]*tfpb.NodeDef {
	m := l.indices[f]
	if m == nil {
		m = index(f.NodeDef)
		l.indices[f] = m
	}
	return m
}

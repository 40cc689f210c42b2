// Package exec runs graphs: it plans memory by the lifetimes of values, prepares each node's kernel once, and lets an observer see each activation.
//
// A Program is compiled once and shared. A Session holds the memory of one run; each goroutine has its own.
package exec

import (
	"fmt"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// DefaultMemoryLimit bounds the bytes of activations that one session may hold.
const DefaultMemoryLimit = 16 << 30

// Options change how a program is compiled.
type Options struct {
	// Set is the op set; op.Set if nil.
	Set *op.OpSet
	// InputShapes overrides the static shapes of the graph's inputs, by position; nil entries keep the model's.
	InputShapes []tensor.Shape
	// MemoryLimit bounds the bytes of activations per session; DefaultMemoryLimit if 0.
	MemoryLimit int64
}

// Program is a graph that is ready to run. It is immutable and safe for concurrent use.
type Program struct {
	model *ir.Model
	main  int
	plans []*plan // by graph; nil for graphs that the main one does not reach
	limit int64
	moved map[*ir.Value]Moved
}

// UnsupportedError lists all nodes that cannot be executed.
type UnsupportedError struct{ Nodes []UnsupportedNode }

// UnsupportedNode is a node without arithmetic. Op is the custom operator's name for CUSTOM.
type UnsupportedNode struct {
	Graph, Node int
	Op          string
	Output      string // name of its first result
}

// Error names each operator once, with the number of its nodes and the first of them.
func (e *UnsupportedError) Error() string {
	first, count := map[string]UnsupportedNode{}, map[string]int{}
	var ops []string
	for _, n := range e.Nodes {
		if count[n.Op]++; count[n.Op] == 1 {
			first[n.Op] = n
			ops = append(ops, n.Op)
		}
	}
	list := make([]string, len(ops))
	for i, op := range ops {
		n := first[op]
		list[i] = fmt.Sprintf("%s (node %d, %q)", op, n.Node, n.Output)
		if c := count[op]; c > 1 {
			list[i] = fmt.Sprintf("%s (%d nodes, the first is node %d, %q)", op, c, n.Node, n.Output)
		}
	}
	return "operators that can't be executed: " + strings.Join(list, "; ")
}

// Compile prepares graph main of the model. All operators that can't be executed are reported at once, as an *UnsupportedError.
func Compile(m *ir.Model, main int, opt Options) (*Program, error) {
	if main < 0 || main >= len(m.Graphs) {
		return nil, fmt.Errorf("graph %d does not exist: the model has %d", main, len(m.Graphs))
	}
	if opt.Set == nil {
		opt.Set = op.Set
	}
	if opt.MemoryLimit == 0 {
		opt.MemoryLimit = DefaultMemoryLimit
	}
	order, err := Reach(m, main)
	if err != nil {
		return nil, err
	}
	if err := supported(m, order, opt.Set); err != nil {
		return nil, err
	}
	p := &Program{model: m, main: main, plans: make([]*plan, len(m.Graphs)), limit: opt.MemoryLimit}
	c := compiler{program: p, set: opt.Set, callers: callers(m, order)}
	if err := c.graphPlan(main, opt.InputShapes); err != nil {
		return nil, err
	}
	p.findMoved(order)
	p.number()
	for _, pl := range p.plans {
		if pl != nil {
			pl.joinUp()
		}
	}
	return p, nil
}

// number tells each slot what is seen of it.
func (p *Program) number() {
	seen, n := p.Observed(), 0
	for g, pl := range p.plans {
		if pl == nil {
			continue
		}
		index := p.model.Graphs[g].Index()
		for _, v := range seen[g] {
			s := &pl.slots[index[v]]
			_, moved := p.moved[v]
			s.number, s.moved = n, moved
			n++
		}
	}
}

// Inputs returns the graph's inputs in order.
func (p *Program) Inputs() []*ir.Value { return p.model.Graphs[p.main].Inputs }

// Outputs returns the graph's outputs in order.
func (p *Program) Outputs() []*ir.Value { return p.model.Graphs[p.main].Outputs }

// Observed returns the values that an observer can see: float32 inputs, results, and what operators let see of their inside, of all graphs that run, by graph.
func (p *Program) Observed() map[int][]*ir.Value {
	all := map[int][]*ir.Value{}
	for i, pl := range p.plans {
		if pl == nil {
			continue
		}
		g := p.model.Graphs[i]
		visible := map[*ir.Value]bool{}
		for _, v := range g.Inputs {
			visible[v] = v.Type.DType == tensor.Float32
		}
		for _, n := range g.Nodes {
			for _, v := range n.Outputs {
				visible[v] = v.Type.DType == tensor.Float32
			}
		}
		for _, st := range pl.steps {
			for _, i := range st.inner {
				if i >= 0 {
					visible[g.Values[i]] = g.Values[i].Type.DType == tensor.Float32
				}
			}
		}
		for _, v := range g.Values {
			if visible[v] {
				all[i] = append(all[i], v)
			}
		}
	}
	return all
}

// Reach returns the graphs that graph main of a model runs, itself among them, callees first.
func Reach(m *ir.Model, main int) ([]int, error) {
	const (
		unseen = iota
		open
		done
	)
	state := make([]int, len(m.Graphs))
	var order []int
	var visit func(int) error
	visit = func(i int) error {
		if i < 0 || i >= len(m.Graphs) {
			return fmt.Errorf("control flow names graph %d: the model has %d", i, len(m.Graphs))
		}
		switch state[i] {
		case open:
			return fmt.Errorf("graph %d calls itself", i)
		case done:
			return nil
		}
		state[i] = open
		for _, n := range m.Graphs[i].Nodes {
			for _, callee := range callees(n) {
				if err := visit(callee); err != nil {
					return err
				}
			}
		}
		state[i] = done
		order = append(order, i)
		return nil
	}
	if err := visit(main); err != nil {
		return nil, err
	}
	return order, nil
}

func supported(m *ir.Model, graphs []int, set *op.OpSet) error {
	var bad []UnsupportedNode
	for _, i := range graphs {
		for j, n := range m.Graphs[i].Nodes {
			o := set.Lookup(n.Op)
			if isControl(n) || isState(n) || o != nil && o.Executable() {
				continue
			}
			u := UnsupportedNode{Graph: i, Node: j, Op: n.Op}
			if c, ok := n.Attr.(*op.Custom); ok {
				u.Op = "CUSTOM " + c.Code
			}
			if len(n.Outputs) > 0 {
				u.Output = n.Outputs[0].Name
			}
			bad = append(bad, u)
		}
	}
	if bad != nil {
		return &UnsupportedError{bad}
	}
	return nil
}

package graphdef

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
)

// Unsupported lists the operators of a graph that can't be converted.
type Unsupported struct {
	Ops []UnsupportedOp
	// Open lists the inputs with unknown dimensions beside the batch, as "name=1,?,?,3": what can't be converted with these may convert with known ones.
	Open  []string
	loops []string // keys of loops that should not become layers
}

// UnsupportedOp is an operator, or one way of using it, that can't be converted.
type UnsupportedOp struct {
	Op     string
	Reason string // empty if the operator is unknown altogether
	Count  int    // nodes
	First  string // the first node's name
}

func (u *Unsupported) add(n *tfpb.NodeDef, reason string) {
	for i := range u.Ops {
		if o := &u.Ops[i]; o.Op == n.Op && o.Reason == reason {
			o.Count++
			return
		}
	}
	u.Ops = append(u.Ops, UnsupportedOp{n.Op, reason, 1, n.Name})
}

// collect adds what a result could not be made for.
func (u *Unsupported) collect(p *poison, seen map[*poison]bool) {
	if seen[p] {
		return
	}
	seen[p] = true
	for _, q := range p.from {
		u.collect(q, seen)
	}
	if p.loop != "" && !slices.Contains(u.loops, p.loop) {
		u.loops = append(u.loops, p.loop)
	}
	if p.node != nil {
		u.add(p.node, p.reason)
	}
}

// open notes an input that has unknown dimensions beside the batch.
func (u *Unsupported) open(p Port, t ir.Type) {
	words := make([]string, len(t.Shape))
	found := false
	for i, d := range t.Shape {
		switch {
		case d >= 0:
			words[i] = strconv.Itoa(d)
		case i == 0:
			words[i] = "1"
		default:
			words[i], found = "?", true
		}
	}
	if found {
		u.Open = append(u.Open, p.Name+"="+strings.Join(words, ","))
	}
}

func (u *Unsupported) sorted() *Unsupported {
	slices.SortStableFunc(u.Ops, func(a, b UnsupportedOp) int { return cmp.Compare(a.Op, b.Op) })
	return u
}

// Error lists the operators with the number of their nodes and the first of them.
func (u *Unsupported) Error() string {
	list := make([]string, len(u.Ops))
	for i, o := range u.Ops {
		where := fmt.Sprintf("node %q", o.First)
		if o.Count > 1 {
			where = fmt.Sprintf("%d nodes, the first is %q", o.Count, o.First)
		}
		list[i] = fmt.Sprintf("%s (%s)", o.Op, where)
		if o.Reason != "" {
			list[i] += ": " + o.Reason
		}
	}
	return "operators that can't be converted: " + strings.Join(list, "; ")
}

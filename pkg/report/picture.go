package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
)

// mostBoxes bounds what is drawn: a larger graph has a table only.
const mostBoxes = 2500

// Box is an operator, an input or an output in a picture.
type Box struct {
	X, Y   int // of the upper left corner
	Title  string
	Detail string // the shape of its result
	Class  string // its scheme, "input" or "output"
	Target string // the row that tells more, as a fragment; empty for inputs and outputs
	Tip    string
}

// Picture is a graph laid out, in units of its view box.
type Picture struct {
	Name          string
	Width, Height int
	BoxWidth      int
	BoxHeight     int
	Boxes         []Box
	Edges         []string // path data
}

// newPicture draws graph i of a model, whose operators a document lists. It returns nil if there is nothing to draw, or too much.
func newPicture(d *Document, i int, g *ir.Graph) *Picture {
	p := &Picture{Name: g.Name, BoxWidth: boxWidth, BoxHeight: boxHeight}
	maker := map[*ir.Value]int{}
	for _, v := range g.Inputs {
		maker[v] = len(p.Boxes)
		p.Boxes = append(p.Boxes, Box{Title: "input", Detail: v.Type.String(), Class: "input", Tip: "input " + v.Name})
	}
	first := slices.IndexFunc(d.Operators, func(o Operator) bool { return o.Graph == i })
	var edges [][2]int
	reads := func(values []*ir.Value) (from []int) {
		for _, v := range values {
			if k, ok := maker[v]; ok && v != nil && !slices.Contains(from, k) {
				from = append(from, k)
			}
		}
		return from
	}
	for k, n := range g.Nodes {
		from := reads(n.Inputs)
		if len(from) == 0 && len(g.Inputs) > 0 {
			continue // it works on constants alone
		}
		o := &d.Operators[first+k]
		for _, f := range from {
			edges = append(edges, [2]int{f, len(p.Boxes)})
		}
		for _, v := range n.Outputs {
			maker[v] = len(p.Boxes)
		}
		p.Boxes = append(p.Boxes, Box{Title: o.Op, Detail: o.Type, Class: string(o.Scheme), Target: o.Anchor(), Tip: o.tip()})
	}
	for _, v := range g.Outputs {
		for _, f := range reads([]*ir.Value{v}) {
			edges = append(edges, [2]int{f, len(p.Boxes)})
		}
		p.Boxes = append(p.Boxes, Box{Title: "output", Detail: v.Type.String(), Class: "output", Tip: "output " + v.Name})
	}
	if len(p.Boxes) == 0 || len(p.Boxes) > mostBoxes {
		return nil
	}
	l := newLayout(len(p.Boxes), edges)
	p.Width, p.Height = l.width, l.height
	for k, at := range l.boxes {
		p.Boxes[k].X, p.Boxes[k].Y = at.x-boxWidth/2, at.y
	}
	for _, at := range l.boxes {
		for _, next := range at.next {
			p.Edges = append(p.Edges, l.path(at, next))
		}
	}
	return p
}

// Anchor returns the id of the operator's row.
func (o *Operator) Anchor() string { return fmt.Sprintf("op-%d-%d", o.Graph, o.Node) }

func (o *Operator) tip() string {
	tip := fmt.Sprintf("%s, %s\n%s", o.Op, o.Scheme, o.Output)
	if o.SQNR != nil {
		tip += fmt.Sprintf("\nSQNR %.1f dB", *o.SQNR)
	}
	if o.Why != "" {
		tip += "\n" + o.Why
	}
	return tip
}

// path draws an edge from a box over points to the next box.
func (l *layout) path(from, to *place) string {
	var b strings.Builder
	x, y := from.x, from.y+boxHeight
	fmt.Fprintf(&b, "M%d %d", x, y)
	at := from
	for {
		end := to.y
		if to.rank/l.perColumn != at.rank/l.perColumn { // over to the next column: down, through the gutter, and down again
			low, high := l.height-margin/2, margin/3
			middle := l.left[to.rank/l.perColumn] - gutter/2
			fmt.Fprintf(&b, "L%d %dQ%d %d %d %dL%d %dQ%d %d %d %dL%d %dQ%d %d %d %dL%d %dQ%d %d %d %d",
				x, low-8, x, low, x+8, low, middle-8, low, middle, low, middle, low-8, middle, high+8, middle, high, middle+8, high, to.x-8, high, to.x, high, to.x, high+8)
			fmt.Fprintf(&b, "L%d %d", to.x, end)
		} else {
			half := (end - y) / 2
			fmt.Fprintf(&b, "C%d %d %d %d %d %d", x, y+half, to.x, end-half, to.x, end)
		}
		if to.box >= 0 {
			return b.String()
		}
		x, y = to.x, end+boxHeight
		fmt.Fprintf(&b, "L%d %d", x, y)
		at, to = to, to.next[0]
	}
}

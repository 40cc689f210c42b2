// Package compare tells how two models differ: in their signatures, graphs, operators, tensors and constants.
package compare

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
)

// Difference is one thing that is not the same in both models.
type Difference struct {
	Graph int    `json:"graph"` // -1 if it is about no graph
	Kind  string `json:"kind"`  // "signature", "metadata", "graph", "operator" or "tensor"
	Name  string `json:"name"`  // what differs: of an operator its name and that of its first result
	What  string `json:"what"`  // "added", "removed", "renamed", or which property
	A     string `json:"a,omitempty"`
	B     string `json:"b,omitempty"`
}

// Models lists how b differs from a: what is about no graph first, then graph by graph the operators in b's order and the tensors. In which order a file lists its tensors, and what
// lies where in it, is no difference.
//
// Operators are aligned in their order: as many as possible of those of the same kind, those with results of the same names before others. Tensors belong together
// by name, if one of each graph has it, else by what they are to operators that are aligned.
func Models(a, b *ir.Model) []Difference {
	c := &comparison{at: -1}
	c.text("metadata", "description", "content", a.Description, b.Description)
	c.metadata(a, b)
	if string(a.Trailer) != string(b.Trailer) {
		c.add("metadata", "what is appended", "content", fmt.Sprintf("%d bytes", len(a.Trailer)), fmt.Sprintf("%d bytes", len(b.Trailer)))
	}
	paired := map[*ir.Value]*ir.Value{}
	aligned := make([][]couple, min(len(a.Graphs), len(b.Graphs)))
	for i := range aligned {
		aligned[i] = match(a.Graphs[i], b.Graphs[i], paired)
	}
	c.signatures(a, b, paired)
	for i := range max(len(a.Graphs), len(b.Graphs)) {
		c.at = i
		switch {
		case i >= len(a.Graphs):
			c.add("graph", b.Graphs[i].Name, "added", "", "")
		case i >= len(b.Graphs):
			c.add("graph", a.Graphs[i].Name, "removed", "", "")
		default:
			c.graph(a.Graphs[i], b.Graphs[i], aligned[i], paired)
		}
	}
	return c.found
}

type comparison struct {
	at    int // the graph
	found []Difference
}

func (c *comparison) add(kind, name, what, a, b string) {
	c.found = append(c.found, Difference{c.at, kind, name, what, a, b})
}

// text adds a difference if two texts differ.
func (c *comparison) text(kind, name, what, a, b string) {
	if a != b {
		c.add(kind, name, what, a, b)
	}
}

func (c *comparison) metadata(a, b *ir.Model) {
	find := func(m *ir.Model, name string) *ir.Metadata {
		i := slices.IndexFunc(m.Metadata, func(x ir.Metadata) bool { return x.Name == name })
		if i < 0 {
			return nil
		}
		return &m.Metadata[i]
	}
	for _, x := range a.Metadata {
		switch y := find(b, x.Name); {
		case y == nil:
			c.add("metadata", x.Name, "removed", "", "")
		case string(x.Data) != string(y.Data):
			c.add("metadata", x.Name, "content", fmt.Sprintf("%d bytes", len(x.Data)), fmt.Sprintf("%d bytes", len(y.Data)))
		}
	}
	for _, y := range b.Metadata {
		if find(a, y.Name) == nil {
			c.add("metadata", y.Name, "added", "", "")
		}
	}
}

func (c *comparison) signatures(a, b *ir.Model, paired map[*ir.Value]*ir.Value) {
	find := func(m *ir.Model, key string) *ir.Signature {
		i := slices.IndexFunc(m.Signatures, func(s *ir.Signature) bool { return s.Key == key })
		if i < 0 {
			return nil
		}
		return m.Signatures[i]
	}
	for _, x := range a.Signatures {
		y := find(b, x.Key)
		if y == nil {
			c.add("signature", x.Key, "removed", "", "")
			continue
		}
		c.text("signature", x.Key, "graph", fmt.Sprint(x.Graph), fmt.Sprint(y.Graph))
		c.ports(x.Key, "inputs", x.Inputs, y.Inputs, paired)
		c.ports(x.Key, "outputs", x.Outputs, y.Outputs, paired)
	}
	for _, y := range b.Signatures {
		if find(a, y.Key) == nil {
			c.add("signature", y.Key, "added", "", "")
		}
	}
}

func (c *comparison) ports(key, what string, a, b []ir.Port, paired map[*ir.Value]*ir.Value) {
	same := slices.EqualFunc(a, b, func(x, y ir.Port) bool { return x.Name == y.Name && paired[x.Value] == y.Value })
	if !same {
		c.add("signature", key, what, portsText(a), portsText(b))
	}
}

func portsText(ports []ir.Port) string {
	var list []string
	for _, p := range ports {
		list = append(list, fmt.Sprintf("%s = %s %v", p.Name, p.Value.Name, p.Value.Type))
	}
	return strings.Join(list, ", ")
}

func (c *comparison) graph(a, b *ir.Graph, aligned []couple, paired map[*ir.Value]*ir.Value) {
	c.text("graph", a.Name, "name", a.Name, b.Name)
	c.values("graph", a.Name, "inputs", a.Inputs, b.Inputs, paired)
	c.values("graph", a.Name, "outputs", a.Outputs, b.Outputs, paired)
	for _, p := range aligned {
		switch {
		case p.b == nil:
			c.add("operator", nodeText(p.a), "removed", "", "")
		case p.a == nil:
			c.add("operator", nodeText(p.b), "added", "", "")
		default:
			c.node(p.a, p.b, paired)
		}
	}
	found := map[*ir.Value]bool{}
	for _, x := range a.Values {
		if y := paired[x]; y != nil {
			found[y] = true
			c.value(x, y)
			continue
		}
		c.add("tensor", x.Name, "removed", x.Type.String(), "")
	}
	for _, y := range b.Values {
		if !found[y] {
			c.add("tensor", y.Name, "added", "", y.Type.String())
		}
	}
}

// node compares two operators of a kind.
func (c *comparison) node(a, b *ir.Node, paired map[*ir.Value]*ir.Value) {
	name := nodeText(b)
	c.text("operator", name, "version", fmt.Sprint(a.Version), fmt.Sprint(b.Version))
	if !reflect.DeepEqual(a.Attr, b.Attr) {
		c.add("operator", name, "attributes", attrText(a.Attr), attrText(b.Attr))
	}
	c.values("operator", name, "operands", a.Inputs, b.Inputs, paired)
	c.values("operator", name, "results", a.Outputs, b.Outputs, paired)
	c.values("operator", name, "intermediates", a.Intermediates, b.Intermediates, paired)
}

// values adds a difference if two lists do not hold the same tensors.
func (c *comparison) values(kind, name, what string, a, b []*ir.Value, paired map[*ir.Value]*ir.Value) {
	if !slices.EqualFunc(a, b, func(x, y *ir.Value) bool { return x == nil && y == nil || x != nil && paired[x] == y }) {
		c.add(kind, name, what, namesText(a), namesText(b))
	}
}

func namesText(values []*ir.Value) string {
	list := make([]string, len(values))
	for i, v := range values {
		if list[i] = "none"; v != nil {
			list[i] = v.Name
		}
	}
	return strings.Join(list, ", ")
}

// nodeText names a node.
func nodeText(n *ir.Node) string {
	if len(n.Outputs) == 0 {
		return n.Op
	}
	return n.Op + " " + n.Outputs[0].Name
}

func attrText(a ir.Attr) string {
	return strings.TrimPrefix(fmt.Sprintf("%+v", a), "&")
}

package graphdef

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// ref names a result of a node. In graphs it is written "node" or "node:index", in functions "argument" or "node:result:index"; control inputs
// begin with "^".
type ref struct {
	node  string
	arg   string // name of the result, in functions
	index int    // within arg, or of all results
}

func parseRef(text string) (r ref, err error) {
	parts := strings.Split(text, ":")
	r.node = parts[0]
	last := len(parts) - 1
	if last > 2 || r.node == "" {
		return r, fmt.Errorf("%q names no result of a node", text)
	}
	if last == 0 {
		return r, nil
	}
	if r.index, err = strconv.Atoi(parts[last]); err != nil || r.index < 0 {
		return r, fmt.Errorf("%q names no result of a node", text)
	}
	if last == 2 {
		r.arg = parts[1]
	}
	return r, nil
}

// position returns the position of the result among all results of a node with the given operator.
func (r ref) position(n *tfpb.NodeDef) int {
	if r.arg == "" {
		return r.index
	}
	if o := Ops.Lookup(n.Op); o != nil {
		for i, name := range o.Results {
			if name == r.arg {
				return i + r.index
			}
		}
	}
	return r.index
}

// isControl reports whether an input only orders nodes.
func isControl(input string) bool { return strings.HasPrefix(input, "^") }

// index maps the nodes of a graph or function by name.
func index(nodes []tfpb.NodeDef) map[string]*tfpb.NodeDef {
	m := make(map[string]*tfpb.NodeDef, len(nodes))
	for i := range nodes {
		m[nodes[i].Name] = &nodes[i]
	}
	return m
}

package raise_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// parseGraph reads lines "name = Op input input attribute=value".
func parseGraph(t testing.TB, text string) *tfpb.GraphDef {
	t.Helper()
	g := &tfpb.GraphDef{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[1] != "=" {
			t.Fatalf("no node: %q", line)
		}
		n := tfpb.NodeDef{Name: fields[0], Op: fields[2]}
		for _, f := range fields[3:] {
			if key, value, ok := strings.Cut(f, "="); ok {
				set(&n, key, value)
			} else {
				n.Input = append(n.Input, f)
			}
		}
		g.Node = append(g.Node, n)
	}
	return g
}

// set gives a node an attribute: a truth, a whole number, a type, or else a text.
func set(n *tfpb.NodeDef, key, value string) {
	a := tfpb.AttrValue{Kind: tfpb.AttrS, S: []byte(value)}
	switch number, err := strconv.ParseInt(value, 10, 64); {
	case value == "true":
		a = tfpb.AttrValue{Kind: tfpb.AttrB, B: true}
	case key == "value":
		a = tfpb.AttrValue{Kind: tfpb.AttrF, F: float32(number)}
	case err == nil:
		a = tfpb.AttrValue{Kind: tfpb.AttrI, I: number}
	case value == "int32":
		a = tfpb.AttrValue{Kind: tfpb.AttrType, Type: tfpb.Int32}
	case value == "float":
		a = tfpb.AttrValue{Kind: tfpb.AttrType, Type: tfpb.Float}
	}
	n.Attr.Entries = append(n.Attr.Entries, tfpb.Entry[tfpb.AttrValue]{Key: key, Value: a})
}

// graphText prints a graph and its functions.
func graphText(g *tfpb.GraphDef) string {
	var b strings.Builder
	nodesText(&b, g.Node)
	for i := range g.Library.Function {
		f := &g.Library.Function[i]
		fmt.Fprintf(&b, "\n%s:", f.Signature.Name)
		for _, a := range f.Signature.InputArg {
			fmt.Fprintf(&b, " %s", a.Name)
			if a.Type != tfpb.Invalid {
				fmt.Fprintf(&b, ".%v", a.Type)
			}
		}
		b.WriteString(" ->")
		for _, a := range f.Signature.OutputArg {
			fmt.Fprintf(&b, " %s=%s", a.Name, *f.Ret.Get(a.Name))
		}
		b.WriteByte('\n')
		nodesText(&b, f.NodeDef)
	}
	return b.String()
}

func nodesText(b *strings.Builder, nodes []tfpb.NodeDef) {
	for i := range nodes {
		n := &nodes[i]
		fmt.Fprintf(b, "%s = %s", n.Name, n.Op)
		for _, input := range n.Input {
			fmt.Fprintf(b, " %s", input)
		}
		for _, e := range n.Attr.Entries {
			fmt.Fprintf(b, " %s=%s", e.Key, attrText(&e.Value))
		}
		b.WriteByte('\n')
	}
}

func attrText(a *tfpb.AttrValue) string {
	switch a.Kind {
	case tfpb.AttrB:
		return fmt.Sprint(a.B)
	case tfpb.AttrF:
		return fmt.Sprint(a.F)
	case tfpb.AttrI:
		return fmt.Sprint(a.I)
	case tfpb.AttrType:
		return a.Type.String()
	case tfpb.AttrFunc:
		return a.Func.Name
	case tfpb.AttrList:
		var parts []string
		for _, t := range a.List.Type {
			parts = append(parts, t.String())
		}
		for _, f := range a.List.Func {
			parts = append(parts, f.Name)
		}
		return strings.Join(parts, ",")
	default:
		return string(a.S)
	}
}

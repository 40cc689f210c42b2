package op

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// inferCase is a line of testdata/infer.txt: a node, and the types of its results or what is said of it.
type inferCase struct {
	line int
	text string
	node *ir.Node
	want []*ir.Value
	fail string // part of the error; "dynamic" for ErrDynamic
}

// parseInferCase reads the form
//
//	results = OP(operands) {attributes}
//	results = OP(operands) {attributes} ! part of an error
//
// where results and operands are declarations as graphs have them, without names: a type, for constants " = " and the content. The operand "_" is absent, one
// with the word variable is a variable.
func parseInferCase(line int, text string) (*inferCase, error) {
	c := &inferCase{line: line, text: text}
	body, fail, _ := strings.Cut(text, " ! ")
	c.fail = strings.TrimSpace(fail)
	results, call, ok := strings.Cut(body, " = ")
	name, rest, ok2 := strings.Cut(call, "(")
	operands, attributes, ok3 := lastCut(rest, ")", "{")
	if !ok || !ok2 || !ok3 {
		return nil, fmt.Errorf("%q: want results = OP(operands)", text)
	}
	var graph, refs strings.Builder
	graph.WriteString("graph \"g\" {\n")
	for i, o := range split(operands) {
		ref := fmt.Sprintf("%%%d", i)
		switch variable, isVariable := strings.CutPrefix(o, "variable "); {
		case o == "_":
			ref = "_"
		case isVariable:
			fmt.Fprintf(&graph, "%s = variable \"\" %s\n", ref, variable)
		case strings.Contains(o, " = "):
			fmt.Fprintf(&graph, "%s = const \"\" %s\n", ref, o)
		default:
			fmt.Fprintf(&graph, "%s = input \"\" %s\n", ref, o)
		}
		if i > 0 {
			refs.WriteString(", ")
		}
		refs.WriteString(ref)
	}
	var outs []string
	for i, r := range split(results) {
		outs = append(outs, fmt.Sprintf("%%%d \"\" %s", 1000+i, r))
	}
	fmt.Fprintf(&graph, "%s = %s(%s)%s\nreturn\n}", strings.Join(outs, ", "), name, refs.String(), attributes)
	m, err := ir.Parse(graph.String(), Set)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", graph.String(), err)
	}
	c.node = m.Graphs[0].Nodes[0]
	c.want = c.node.Outputs
	return c, nil
}

// lastCut cuts text around the last occurrence of end that nothing but what begins with after follows.
func lastCut(text, end, after string) (before, rest string, ok bool) {
	limit := len(text)
	if i := strings.Index(text, end+" "+after); i >= 0 {
		limit = i + len(end)
	}
	i := strings.LastIndex(text[:limit], end)
	if i < 0 {
		return "", "", false
	}
	return text[:i], text[i+len(end):], true
}

// split cuts a list at its commas outside of brackets.
func split(list string) []string {
	var parts []string
	depth, from := 0, 0
	for i, r := range list {
		switch r {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(list[from:i]))
				from = i + 1
			}
		}
	}
	if rest := strings.TrimSpace(list[from:]); rest != "" {
		parts = append(parts, rest)
	}
	return parts
}

func readInferCases(t *testing.T) []*inferCase {
	t.Helper()
	text, err := os.ReadFile("testdata/infer.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases []*inferCase
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "//")
		if strings.TrimSpace(line) == "" {
			continue
		}
		c, err := parseInferCase(i+1, strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("infer.txt:%d: %v", i+1, err)
		}
		cases = append(cases, c)
	}
	return cases
}

// known returns the operands of a node as a shape rule sees them.
func known(n *ir.Node) []*tensor.Tensor {
	in := make([]*tensor.Tensor, len(n.Inputs))
	for i, v := range n.Inputs {
		switch {
		case v == nil:
		case v.Const != nil:
			in[i] = v.Const
		default:
			in[i] = &tensor.Tensor{DType: v.Type.DType, Shape: v.Type.Shape}
		}
	}
	return in
}

func TestInfer(t *testing.T) {
	for _, c := range readInferCases(t) {
		if err := Set.Check(c.node); err != nil {
			t.Errorf("infer.txt:%d: %s\n\t%v", c.line, c.text, err)
			continue
		}
		types, err := Set.Lookup(c.node.Op).Infer(c.node, known(c.node))
		switch {
		case c.fail == "dynamic":
			if !errors.Is(err, ErrDynamic) {
				t.Errorf("infer.txt:%d: %s\n\thave %v, %v", c.line, c.text, types, err)
			}
		case c.fail != "":
			if err == nil || errors.Is(err, ErrDynamic) || !strings.Contains(err.Error(), c.fail) {
				t.Errorf("infer.txt:%d: %s\n\thave %v, %v", c.line, c.text, types, err)
			}
		case err != nil:
			t.Errorf("infer.txt:%d: %s\n\t%v", c.line, c.text, err)
		case len(types) != len(c.want):
			t.Errorf("infer.txt:%d: %s\n\thave %v", c.line, c.text, types)
		default:
			for i, v := range c.want {
				if types[i].String() != v.Type.String() {
					t.Errorf("infer.txt:%d: %s\n\tresult %d is %v", c.line, c.text, i, types[i])
				}
			}
		}
	}
}

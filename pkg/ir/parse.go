package ir

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse reads the text that Print writes; see there for what the text does not hold. The numbers of values are names: values are listed in their
// order, and gaps are closed. "//" starts a comment. Attributes are read into the structs that set.NewAttr returns. Parse does
// not verify the model. An error names the line.
func Parse(text string, set Set) (*Model, error) {
	p := &parser{text: text, set: set}
	m := &Model{}
	err := p.model(m)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", 1+strings.Count(text[:p.pos], "\n"), err)
	}
	return m, nil
}

// parser is the state of one Parse.
type parser struct {
	text string
	pos  int
	set  Set

	graphs []map[int]*Value // the values of each graph that was read, by number
	values map[int]*Value   // those of the graph at hand
	made   map[*Value]bool  // which of them are declared
	used   []use            // references, in the order of the text
}

// use is a reference to a value: its number, and where it stands.
type use struct{ number, pos int }

func (p *parser) model(m *Model) error {
	for {
		switch word := p.word(); word {
		case "graph":
			g, err := p.graph()
			if err != nil {
				return err
			}
			m.Graphs = append(m.Graphs, g)
		case "signature":
			s, err := p.signature()
			if err != nil {
				return err
			}
			m.Signatures = append(m.Signatures, s)
		default:
			if word == "" && p.pos == len(p.text) {
				return nil
			}
			return fmt.Errorf("want a graph or a signature, have %s", p.here())
		}
	}
}

func (p *parser) graph() (*Graph, error) {
	p.values, p.made, p.used = map[int]*Value{}, map[*Value]bool{}, nil
	g := &Graph{}
	var err error
	if g.Name, err = p.quoted(); err != nil {
		return nil, err
	}
	if err := p.expect("{"); err != nil {
		return nil, err
	}
	for !p.keyword("return") {
		if err := p.statement(g); err != nil {
			return nil, err
		}
	}
	if g.Outputs, err = p.refs("}"); err != nil {
		return nil, err
	}
	for _, u := range p.used {
		if !p.made[p.values[u.number]] {
			p.pos = u.pos
			return nil, fmt.Errorf("value %%%d is not declared", u.number)
		}
	}
	numbers := make([]int, 0, len(p.values))
	for n := range p.values {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		g.Values = append(g.Values, p.values[n])
	}
	p.graphs = append(p.graphs, p.values)
	return g, nil
}

// statement reads one line of a graph: a declaration or a node.
func (p *parser) statement(g *Graph) error {
	n := &Node{}
	if p.peek() == '%' {
		first, err := p.ref()
		if err != nil {
			return err
		}
		if p.accept("=") {
			return p.source(g, first)
		}
		for v := first; ; {
			if err := p.declare(v); err != nil {
				return err
			}
			n.Outputs = append(n.Outputs, v)
			if !p.accept(",") {
				break
			}
			if v, err = p.ref(); err != nil {
				return err
			}
		}
		if err := p.expect("="); err != nil {
			return err
		}
	}
	if err := p.node(n); err != nil {
		return err
	}
	g.Nodes = append(g.Nodes, n)
	return nil
}

// source reads what follows "%1 =": a value that no node makes.
func (p *parser) source(g *Graph, v *Value) error {
	kind := p.word()
	switch kind {
	case "input", "const", "variable", "value":
	default:
		return fmt.Errorf("want input, const, variable or value, have %q", kind)
	}
	if err := p.declare(v); err != nil {
		return err
	}
	switch kind {
	case "input":
		g.Inputs = append(g.Inputs, v)
	case "variable":
		v.Variable = true
	case "const":
		if err := p.expect("="); err != nil {
			return err
		}
		return p.content(v)
	}
	return nil
}

func (p *parser) node(n *Node) error {
	if n.Op = p.word(); n.Op == "" {
		return fmt.Errorf("want an operator, have %s", p.here())
	}
	if err := p.expect("("); err != nil {
		return err
	}
	var err error
	if n.Inputs, err = p.refs(")"); err != nil {
		return err
	}
	if err := p.attributes(n); err != nil {
		return fmt.Errorf("%s: %w", n.Op, err)
	}
	if p.keyword("intermediates") {
		if err := p.expect("("); err != nil {
			return err
		}
		if n.Intermediates, err = p.refs(")"); err != nil {
			return err
		}
	}
	if p.keyword("mutates") {
		if err := p.expect("["); err != nil {
			return err
		}
		n.Mutates = []bool{}
		for !p.accept("]") {
			b, err := strconv.ParseBool(p.word())
			if err != nil {
				return fmt.Errorf("mutates: %w", err)
			}
			n.Mutates = append(n.Mutates, b)
		}
	}
	return nil
}

func (p *parser) signature() (*Signature, error) {
	s := &Signature{}
	var err error
	if s.Key, err = p.quoted(); err != nil {
		return nil, err
	}
	if err := p.expect("graph="); err != nil {
		return nil, err
	}
	text := p.word()
	if s.Graph, err = strconv.Atoi(text); err != nil || s.Graph < 0 || s.Graph >= len(p.graphs) {
		return nil, fmt.Errorf("signature %q: there is no graph %q before it", s.Key, text)
	}
	if err := p.expect("inputs="); err != nil {
		return nil, err
	}
	if s.Inputs, err = p.ports(s.Graph); err != nil {
		return nil, err
	}
	if err := p.expect("outputs="); err != nil {
		return nil, err
	}
	s.Outputs, err = p.ports(s.Graph)
	return s, err
}

func (p *parser) ports(graph int) (list []Port, err error) {
	if err := p.expect("{"); err != nil {
		return nil, err
	}
	for !p.accept("}") {
		if list != nil {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		name, err := p.quoted()
		if err != nil {
			return nil, err
		}
		if err := p.expect("="); err != nil {
			return nil, err
		}
		n, err := p.number()
		if err != nil {
			return nil, err
		}
		v := p.graphs[graph][n]
		if v == nil {
			return nil, fmt.Errorf("port %q: graph %d has no value %%%d", name, graph, n)
		}
		list = append(list, Port{name, v})
	}
	return list, nil
}

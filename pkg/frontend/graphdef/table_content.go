package graphdef

import (
	"bytes"
	"encoding/binary"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// tableImports are the operators that fill a table: with keys and values, or from a file.
var (
	tableImports = []string{"InitializeTable", "InitializeTableV2", "LookupTableImport", "LookupTableImportV2"}
	tableFiles   = []string{"InitializeTableFromTextFile", "InitializeTableFromTextFileV2"}
)

// fillTables finds the contents of all tables, in nodes that no output needs: initialisers are run on their own when a model is loaded. It walks them into a
// graph that is thrown away.
func (w *walk) fillTables() {
	if w.filling != nil {
		return
	}
	w.filling = map[string]bool{}
	b := build.New(&ir.Model{}, "tables")
	s := &scope{walk: w, b: b, nodes: index(w.graph.Node), done: map[string]*result{}}
	s.fill(w.graph.Node, map[string]bool{})
}

// fill looks at each node of a graph or function, and at those of functions that it calls.
func (s *scope) fill(nodes []tfpb.NodeDef, calling map[string]bool) {
	for i := range nodes {
		n := &nodes[i]
		if slices.Contains(tableImports, n.Op) || slices.Contains(tableFiles, n.Op) {
			s.fillOne(n)
			continue
		}
		a := n.Attr.Get("f")
		if a == nil || a.Func == nil {
			continue
		}
		f := s.functions[a.Func.Name]
		if f == nil || calling[a.Func.Name] || !s.fills(f) || len(f.Signature.InputArg) > len(n.Input) {
			continue
		}
		calling[a.Func.Name] = true
		if s.charge(1+len(f.NodeDef)) != nil {
			return
		}
		inner := &scope{walk: s.walk, b: s.b, nodes: index(f.NodeDef), args: map[string]Edge{}, attrs: &a.Func.Attr, done: map[string]*result{}}
		for j, arg := range f.Signature.InputArg {
			e, err := s.operand(n.Input[j])
			if err != nil {
				e = Edge{poison: &poison{node: n}}
			}
			inner.args[arg.Name] = e
		}
		inner.fill(f.NodeDef, calling)
		delete(calling, a.Func.Name)
	}
}

// fills reports whether a function fills a table, or calls one that does.
func (w *walk) fills(f *tfpb.FunctionDef) bool {
	if known, ok := w.filling[f.Signature.Name]; ok {
		return known
	}
	w.filling[f.Signature.Name] = false
	w.filling[f.Signature.Name] = slices.ContainsFunc(f.NodeDef, func(n tfpb.NodeDef) bool {
		if a := n.Attr.Get("f"); a != nil && a.Func != nil {
			if g := w.functions[a.Func.Name]; g != nil && w.fills(g) {
				return true
			}
		}
		return slices.Contains(tableImports, n.Op) || slices.Contains(tableFiles, n.Op)
	})
	return w.filling[f.Signature.Name]
}

// operand resolves an input of an initialiser.
func (s *scope) operand(text string) (e Edge, err error) {
	if f := build.Try(func() { e, err = s.resolve(text) }); f != nil {
		err = f
	}
	return e, err
}

// fillOne fills the table of one initialiser, if its operands are constants.
func (s *scope) fillOne(n *tfpb.NodeDef) {
	var edges []Edge
	for _, in := range n.Input {
		if isControl(in) {
			continue
		}
		e, err := s.operand(in)
		if err != nil {
			return
		}
		edges = append(edges, e)
	}
	if len(edges) < 2 || edges[0].Resource == nil {
		return
	}
	t, ok := edges[0].Resource.State.(*table)
	if !ok {
		return
	}
	for _, e := range edges[1:] {
		if e.Value == nil || e.Value.Const == nil {
			return
		}
	}
	var keys, values *tensor.Tensor
	if slices.Contains(tableFiles, n.Op) {
		c := &Context{Builder: s.b, Def: n, scope: s}
		if f := build.Try(func() { keys, values = c.fileTable(t, edges[1].Value.Const) }); f != nil {
			return
		}
	} else if len(edges) == 3 {
		keys, values = edges[1].Value.Const, edges[2].Value.Const
	}
	if keys == nil {
		return
	}
	t.twice = t.twice || t.keys != nil && !(bytes.Equal(t.keys.Data, keys.Data) && bytes.Equal(t.values.Data, values.Data))
	t.keys, t.values = keys, values
}

// Columns of a line that stand for the line itself and its number.
const (
	wholeLine  = -2
	lineNumber = -1
)

// fileTable reads keys and values from the lines of a file.
func (c *Context) fileTable(t *table, name *tensor.Tensor) (keys, values *tensor.Tensor) {
	if name.DType != tensor.String || c.scope.opt.Assets == nil {
		return nil, nil
	}
	list := stringsOf(name)
	if len(list) != 1 {
		return nil, nil
	}
	data, err := c.scope.opt.Assets(path.Base(strings.ReplaceAll(string(list[0]), `\`, "/"))) // models name files by where they were
	if err != nil {
		build.Damaged("%w", err)
	}
	lines := bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	if size := c.Int("vocab_size", -1); size >= 0 && size < len(lines) {
		lines = lines[:size]
	}
	if offset := c.Int("offset", 0); offset > 0 && offset <= len(lines) {
		lines = lines[offset:]
	}
	delimiter := []byte(c.String("delimiter", "\t"))
	return column(lines, c.Int("key_index", 0), delimiter, t.key), column(lines, c.Int("value_index", 0), delimiter, t.value)
}

// column returns a column of a file's lines as a vector.
func column(lines [][]byte, at int, delimiter []byte, d tensor.DType) *tensor.Tensor {
	var words [][]byte
	var numbers []int64
	for i, line := range lines {
		line = bytes.TrimSuffix(line, []byte("\r"))
		word := line
		switch {
		case at == lineNumber:
			numbers = append(numbers, int64(i))
			continue
		case at != wholeLine:
			fields := bytes.Split(line, delimiter)
			if at < 0 || at >= len(fields) {
				build.Damaged("line %d has %d columns, not a column %d", i+1, len(fields), at)
			}
			word = fields[at]
		}
		words = append(words, word)
		if d == i64 {
			n, err := strconv.ParseInt(string(word), 10, 64)
			if err != nil {
				build.Damaged("line %d: %w", i+1, err)
			}
			numbers = append(numbers, n)
		}
	}
	shape := tensor.Shape{len(lines)}
	switch {
	case d == i64:
		return tensor.Of(d, shape, numbers)
	case d == tensor.String && at != lineNumber:
		return &tensor.Tensor{DType: d, Shape: shape, Data: Strings(words)}
	}
	build.Refuse("a file's column of %v", d)
	return nil
}

// stringsOf is the inverse of Strings.
func stringsOf(t *tensor.Tensor) [][]byte {
	word := func(at int) int {
		if at+4 > len(t.Data) {
			build.Damaged("a string tensor is cut off")
		}
		return int(binary.LittleEndian.Uint32(t.Data[at:]))
	}
	list := make([][]byte, max(word(0), 0))
	if 4*(len(list)+2) > len(t.Data) {
		build.Damaged("a string tensor is cut off")
	}
	for i := range list {
		from, to := word(4*(i+1)), word(4*(i+2))
		if from > to || to > len(t.Data) {
			build.Damaged("a string tensor is damaged")
		}
		list[i] = t.Data[from:to]
	}
	return list
}

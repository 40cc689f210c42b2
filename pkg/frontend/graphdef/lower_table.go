package graphdef

import (
	"cmp"
	"hash/fnv"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// tables are the operators on tables of keys and values. A table's content is constant: what the graph's initialisers put into it.
var tables = []Op{
	{Name: "HashTable", Lower: lowerHashTable},
	{Name: "HashTableV2", Lower: lowerHashTable},
	{Name: "AnonymousHashTable", Lower: lowerHashTable},
	{Name: "LookupTableFind", Results: []string{"values"}, To: finding, Lower: lowerTableFind},
	{Name: "LookupTableFindV2", Results: []string{"values"}, To: finding, Lower: lowerTableFind},
	{Name: "LookupTableSize", Lower: lowerTableSize, Note: "folds"},
	{Name: "LookupTableSizeV2", Lower: lowerTableSize, Note: "folds"},
	{Name: "InitializeTable", Lower: func(*Context) {}, Note: "an initialiser"},
	{Name: "InitializeTableV2", Lower: func(*Context) {}, Note: "an initialiser"},
	{Name: "InitializeTableFromTextFile", Lower: func(*Context) {}, Note: "an initialiser"},
	{Name: "InitializeTableFromTextFileV2", Lower: func(*Context) {}, Note: "an initialiser"},
	{Name: "LookupTableImport", Lower: func(*Context) {}, Note: "an initialiser"},
	{Name: "LookupTableImportV2", Lower: func(*Context) {}, Note: "an initialiser"},
	{Name: "LookupTableInsertV2", Note: changingTable},
	{Name: "LookupTableRemoveV2", Note: changingTable},
	{Name: "LookupTableExportV2", Note: changingTable},
	{Name: "MutableHashTable", Note: changingTable},
	{Name: "MutableHashTableV2", Note: changingTable},
	{Name: "MutableHashTableOfTensorsV2", Note: changingTable},
	{Name: "MutableDenseHashTableV2", Note: changingTable},
	{Name: "AnonymousMutableHashTable", Note: changingTable},
}

const (
	finding       = "CALL_ONCE HASHTABLE HASHTABLE_IMPORT HASHTABLE_FIND EQUAL CAST MUL SUM GATHER"
	changingTable = "tables that change are not supported"
)

// table is the state of a resource that is a table.
type table struct {
	id           int
	key, value   tensor.DType
	keys, values *tensor.Tensor // nil until an initialiser is found
	twice        bool           // several initialisers give different contents
}

func lowerHashTable(c *Context) {
	w := c.scope.walk
	name := c.String("shared_name", "")
	if name == "" {
		name = c.Def.Name
	}
	key := "table " + c.String("container", "") + "/" + name
	r := w.resources[key]
	if r == nil {
		h := fnv.New32a()
		_, _ = h.Write([]byte(key))
		t := &table{id: int(int32(h.Sum32())), key: c.Type("key_dtype", tensor.String), value: c.Type("value_dtype", i64)}
		r = &Resource{Kind: "table", Name: name, State: t}
		w.resources[key] = r
	}
	c.OutEdges(Edge{Resource: r})
}

// table returns the table whose handle is operand 0, with its content.
func (c *Context) table() (*table, string) {
	r := c.Edge(0).Resource
	if r == nil {
		build.Refuse("input 0 is no table")
	}
	t, ok := r.State.(*table)
	if !ok {
		build.Refuse("input 0 is no table")
	}
	c.scope.fillTables()
	switch {
	case t.twice:
		build.Refuse("the table %q is initialised twice", r.Name)
	case t.keys == nil:
		build.Refuse("the graph does not say what the table %q holds, or holds it in a file that is missing", r.Name)
	case t.keys.DType != t.key || t.values.DType != t.value || !t.keys.Shape.Equal(t.values.Shape) || len(t.keys.Shape) != 1:
		build.Damaged("the table %q of %v and %v is initialised with %v%v and %v%v", r.Name, t.key, t.value, t.keys.DType, t.keys.Shape, t.values.DType, t.values.Shape)
	}
	return t, r.Name
}

func lowerTableSize(c *Context) {
	t, _ := c.table()
	c.Out(c.castTo(c.Builder.Int(c.name("size"), t.keys.Shape[0]), i64))
}

func lowerTableFind(c *Context) {
	t, name := c.table()
	keys, otherwise := c.In(1), c.In(2)
	if keys.Type.DType != t.key || otherwise.Type.DType != t.value {
		build.Damaged("keys of %v and values of %v in the table %q of %v and %v", keys.Type.DType, otherwise.Type.DType, name, t.key, t.value)
	}
	if t.key == tensor.String && t.value == i64 || t.key == i64 && t.value == tensor.String {
		handle := c.Builder.EmitAs(name, "HASHTABLE", t.attr(), []ir.Type{handleType})[0]
		c.Out(c.EmitAs("HASHTABLE_FIND", nil, []ir.Type{typed(t.value, keys.Type.Shape...)}, handle, keys, otherwise)[0])
		return
	}
	c.Out(c.find(t, keys, otherwise))
}

// handleType is the type of handles.
var handleType = ir.Type{DType: tensor.Resource, Shape: tensor.Shape{1}}

// initialise makes the model fill the tables that it uses, and the variables that it changes, when it is first run.
func (w *walk) initialise(main *build.Builder) {
	used := map[*table]string{}
	var order []*table
	for _, r := range w.resources {
		t, ok := r.State.(*table)
		if !ok || t.keys == nil {
			continue
		}
		for _, g := range main.Model.Graphs {
			if slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool { return n.Op == "HASHTABLE" && n.Attr.(*op.HashTable).ID == t.id }) {
				used[t] = r.Name
			}
		}
	}
	for t := range used {
		order = append(order, t)
	}
	if len(order)+len(w.mutable) == 0 {
		return
	}
	slices.SortFunc(order, func(s, t *table) int { return cmp.Compare(used[s], used[t]) })
	b := main.Sub("initialise")
	for _, t := range order {
		handle := b.EmitAs(used[t], "HASHTABLE", t.attr(), []ir.Type{handleType})[0]
		b.EmitAs(used[t], "HASHTABLE_IMPORT", nil, nil, handle, b.Const(used[t]+"/keys", t.keys), b.Const(used[t]+"/values", t.values))
	}
	w.fillVariables(b)
	call := &ir.Node{Op: "CALL_ONCE", Attr: &op.CallOnce{Init: b.Index()}}
	main.Graph.Nodes = slices.Insert(main.Graph.Nodes, 0, call)
}

func (t *table) attr() *op.HashTable { return &op.HashTable{ID: t.id, Key: t.key, Value: t.value} }

// maxFind bounds tables in which keys are found by comparing them with all.
const maxFind = 1 << 12

// find finds keys by comparing them with all of a table: the sum of the places, counted from 1, of the equal ones is the place of the value, behind that for keys
// which are not there. A table has each key once.
func (c *Context) find(t *table, keys, otherwise *ir.Value) *ir.Value {
	n := t.keys.Shape[0]
	if n > maxFind {
		build.Refuse("a table from %v to %v with %d keys", t.key, t.value, n)
	}
	places := make([]int, n)
	for i := range places {
		places[i] = i + 1
	}
	rank := len(keys.Type.Shape)
	wide := c.expand(keys, rank)
	shape := append(keys.Type.Shape.Clone(), n)
	equal := c.EmitAs("EQUAL", nil, []ir.Type{typed(tensor.Bool, shape...)}, wide, c.Const(c.name("keys"), t.keys))[0]
	at := c.Emit("SUM", &op.Reduce{}, c.mul(c.castTo(equal, i32), c.Ints(c.name("places"), places...)), c.Ints(c.name("axes"), rank))
	values := c.Const(c.name("values"), t.values)
	if t.value == tensor.String {
		if otherwise.Const == nil {
			build.Refuse("a default that is no constant")
		}
		values = c.Const(c.name("values"), &tensor.Tensor{
			DType: tensor.String, Shape: tensor.Shape{n + 1}, Data: Strings(append(stringsOf(otherwise.Const), stringsOf(t.values)...)),
		})
	} else {
		values = c.joined([]*ir.Value{c.reshape(otherwise, 1), values}, 0)
	}
	return c.gather(values, at, 0, 0)
}

package op

import "github.com/octetlite/octet/pkg/tensor"

// VarHandle are the attributes of VAR_HANDLE.
type VarHandle struct{ Container, SharedName string }

// HashTable are the attributes of HASHTABLE: the table's number, and the element types of its keys and values.
type HashTable struct {
	ID         int
	Key, Value tensor.DType
}

// CallOnce are the attributes of CALL_ONCE: the index of the graph that initialises.
type CallOnce struct{ Init int }

// While are the attributes of WHILE: indices of graphs.
type While struct{ Cond, Body int }

// If are the attributes of IF: indices of graphs.
type If struct{ Then, Else int }

// Custom are the attributes of CUSTOM: an operator that only its name and opaque options describe.
type Custom struct {
	Code    string
	Options []byte
}

// controls are the operators that run graphs; they are the executor's.
var controls = []Op{
	{Name: "WHILE", Doc: "The operands taken through graph Body again and again while graph Cond, given the same, makes true.", In: AtLeast(1), Out: AtLeast(1), Attr: attr[While]},
	{Name: "IF", Doc: "What graph Then makes of the other operands if input 0 is true, else what graph Else makes.", In: AtLeast(1), Out: AtLeast(1), Attr: attr[If]},
}

// carried are the operators that models keep and that have no kernel: the executor's own, on variables, and those on tables and CUSTOM, which can't be executed.
var carried = []Op{
	{Name: "CALL_ONCE", Doc: "Runs graph Init when the model is first run.", In: Exactly(0), Out: Exactly(0), Attr: attr[CallOnce]},
	{Name: "VAR_HANDLE", Doc: "A handle of the variable with a name.", In: Exactly(0), Out: Exactly(1), Attr: attr[VarHandle]},
	{Name: "READ_VARIABLE", Doc: "The content of the variable with the handle in input 0.", In: Exactly(1), Out: Exactly(1)},
	{Name: "ASSIGN_VARIABLE", Doc: "Makes input 1 the content of the variable with the handle in input 0.", In: Exactly(2), Out: Exactly(0)},
	{Name: "HASHTABLE", Doc: "A handle of the table with a number.", In: Exactly(0), Out: Exactly(1), Attr: attr[HashTable]},
	{Name: "HASHTABLE_FIND", Doc: "The values of the keys in input 1, that of input 2 for those that the table with the handle in input 0 does not have.", In: Exactly(3), Out: Exactly(1)},
	{Name: "HASHTABLE_IMPORT", Doc: "Makes the keys in input 1 and the values in input 2 the content of the table with the handle in input 0.", In: Exactly(3), Out: Exactly(0)},
	{Name: "HASHTABLE_SIZE", Doc: "The number of keys of the table with the handle in input 0.", In: Exactly(1), Out: Exactly(1)},
	{Name: "CUSTOM", Doc: "An operator that is not TFLite's own.", In: AtLeast(0), Out: AtLeast(0), Attr: attr[Custom]},
}

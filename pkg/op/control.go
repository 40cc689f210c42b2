package op

// VarHandle are the attributes of VAR_HANDLE.
type VarHandle struct{ Container, SharedName string }

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

// carried are the operators that models keep, although they can't be executed.
var carried = []Op{
	{Name: "CALL_ONCE", Doc: "Runs graph Init when the model is first run.", In: Exactly(0), Out: Exactly(0), Attr: attr[CallOnce]},
	{Name: "VAR_HANDLE", Doc: "A handle of the variable with a name.", In: Exactly(0), Out: Exactly(1), Attr: attr[VarHandle]},
	{Name: "READ_VARIABLE", Doc: "The content of the variable with the handle in input 0.", In: Exactly(1), Out: Exactly(1)},
	{Name: "ASSIGN_VARIABLE", Doc: "Makes input 1 the content of the variable with the handle in input 0.", In: Exactly(2), Out: Exactly(0)},
	{Name: "CUSTOM", Doc: "An operator that is not TFLite's own.", In: AtLeast(0), Out: AtLeast(0), Attr: attr[Custom]},
}

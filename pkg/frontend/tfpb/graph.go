package tfpb

// GraphDef is a graph: its nodes in no particular order, and the functions that they call.
type GraphDef struct {
	Node     []NodeDef
	Library  FunctionDefLibrary
	Versions VersionDef
}

func (g *GraphDef) field(f field) error {
	switch f.number {
	case 1:
		return add(f, "node", &g.Node)
	case 2:
		return f.message("library", &g.Library)
	case 4:
		return f.message("versions", &g.Versions)
	}
	return nil
}

// VersionDef says which TensorFlow made a graph, and which can read it.
type VersionDef struct {
	Producer, MinConsumer int32
	BadConsumers          []int32
}

func (v *VersionDef) field(f field) error {
	switch f.number {
	case 1:
		return integer(f, "producer", &v.Producer)
	case 2:
		return integer(f, "min_consumer", &v.MinConsumer)
	case 3:
		return addIntegers(f, "bad_consumers", &v.BadConsumers)
	}
	return nil
}

// NodeDef is a node. An input is "node" or "node:output" in a graph, "argument" or "node:output_arg:index" in a function, and "^node"
// where only the order counts.
type NodeDef struct {
	Name, Op string
	Input    []string
	Device   string
	Attr     Map[AttrValue]
}

func (n *NodeDef) name() string { return n.Name }

func (n *NodeDef) field(f field) error {
	switch f.number {
	case 1:
		return f.text("name", &n.Name)
	case 2:
		return f.text("op", &n.Op)
	case 3:
		return addText(f, "input", &n.Input)
	case 4:
		return f.text("device", &n.Device)
	case 5:
		return put(f, "attr", &n.Attr)
	}
	return nil
}

// FunctionDefLibrary is the functions of a graph.
type FunctionDefLibrary struct {
	Function []FunctionDef
	Gradient []GradientDef
}

func (l *FunctionDefLibrary) field(f field) error {
	switch f.number {
	case 1:
		return add(f, "function", &l.Function)
	case 2:
		return add(f, "gradient", &l.Gradient)
	}
	return nil
}

// GradientDef names the function that is the gradient of another.
type GradientDef struct{ FunctionName, GradientFunc string }

func (g *GradientDef) field(f field) error {
	switch f.number {
	case 1:
		return f.text("function_name", &g.FunctionName)
	case 2:
		return f.text("gradient_func", &g.GradientFunc)
	}
	return nil
}

// FunctionDef is a function. Ret maps the names of the signature's outputs to values of the body, ControlRet those of its control outputs
// to nodes.
type FunctionDef struct {
	Signature  OpDef
	NodeDef    []NodeDef
	Ret        Map[string]
	Attr       Map[AttrValue]
	ControlRet Map[string]
}

func (d *FunctionDef) name() string { return d.Signature.Name }

func (d *FunctionDef) field(f field) error {
	switch f.number {
	case 1:
		return f.message("signature", &d.Signature)
	case 3:
		return add(f, "node_def", &d.NodeDef)
	case 4:
		return putText(f, "ret", &d.Ret)
	case 5:
		return put(f, "attr", &d.Attr)
	case 6:
		return putText(f, "control_ret", &d.ControlRet)
	}
	return nil
}

// OpDef is the signature of an operator or a function.
type OpDef struct {
	Name                string
	InputArg, OutputArg []ArgDef
	Attr                []AttrDef
	ControlOutput       []string
	IsStateful          bool
}

func (d *OpDef) field(f field) error {
	switch f.number {
	case 1:
		return f.text("name", &d.Name)
	case 2:
		return add(f, "input_arg", &d.InputArg)
	case 3:
		return add(f, "output_arg", &d.OutputArg)
	case 4:
		return add(f, "attr", &d.Attr)
	case 17:
		return f.boolean("is_stateful", &d.IsStateful)
	case 20:
		return addText(f, "control_output", &d.ControlOutput)
	}
	return nil
}

// ArgDef is an argument or a result. Its type is Type, or the attribute TypeAttr; there are as many as the attribute NumberAttr says, or
// one of each type in the attribute TypeListAttr.
type ArgDef struct {
	Name                               string
	Type                               DataType
	TypeAttr, NumberAttr, TypeListAttr string
	IsRef                              bool
}

func (a *ArgDef) name() string { return a.Name }

func (a *ArgDef) field(f field) error {
	switch f.number {
	case 1:
		return f.text("name", &a.Name)
	case 3:
		return integer(f, "type", &a.Type)
	case 4:
		return f.text("type_attr", &a.TypeAttr)
	case 5:
		return f.text("number_attr", &a.NumberAttr)
	case 6:
		return f.text("type_list_attr", &a.TypeListAttr)
	case 16:
		return f.boolean("is_ref", &a.IsRef)
	}
	return nil
}

// AttrDef declares an attribute: its type, such as "int" or "list(shape)", and its default.
type AttrDef struct {
	Name, Type   string
	DefaultValue *AttrValue
}

func (a *AttrDef) name() string { return a.Name }

func (a *AttrDef) field(f field) error {
	switch f.number {
	case 1:
		return f.text("name", &a.Name)
	case 2:
		return f.text("type", &a.Type)
	case 3:
		return one(f, "default_value", &a.DefaultValue)
	}
	return nil
}

package tfpb

// SavedObjectGraph is the objects of a model that TensorFlow 2 saved; they refer to each other by their position in Nodes. Node 0 is the
// model.
type SavedObjectGraph struct {
	Nodes             []SavedObject
	ConcreteFunctions Map[SavedConcreteFunction]
}

func (g *SavedObjectGraph) field(f field) error {
	switch f.number {
	case 1:
		return add(f, "nodes", &g.Nodes)
	case 2:
		return put(f, "concrete_functions", &g.ConcreteFunctions)
	}
	return nil
}

// ObjectKind says what a SavedObject is, by the field number of the oneof's member.
type ObjectKind uint8

// The kinds of objects.
const (
	ObjectNone                 ObjectKind = 0
	ObjectUser                 ObjectKind = 4
	ObjectAsset                ObjectKind = 5
	ObjectFunction             ObjectKind = 6
	ObjectVariable             ObjectKind = 7
	ObjectBareConcreteFunction ObjectKind = 8
	ObjectConstant             ObjectKind = 9
	ObjectResource             ObjectKind = 10
	ObjectCapturedTensor       ObjectKind = 12
)

// SavedObject is one object. Of the pointers, only that of its kind is set.
type SavedObject struct {
	Kind                 ObjectKind
	Children             []ObjectReference
	UserObject           *SavedUserObject
	Asset                *SavedAsset
	Function             *SavedFunction
	Variable             *SavedVariable
	BareConcreteFunction *SavedBareConcreteFunction
	Constant             *SavedConstant
	Resource             *SavedResource
	CapturedTensor       *CapturedTensor
}

func (o *SavedObject) field(f field) error {
	switch kind := ObjectKind(f.number); f.number {
	case 1:
		return add(f, "children", &o.Children)
	case 4, 5, 6, 7, 8, 9, 10, 12:
		if o.Kind != kind {
			*o = SavedObject{Kind: kind, Children: o.Children}
		}
		return o.member(f)
	}
	return nil
}

func (o *SavedObject) member(f field) error {
	switch o.Kind {
	case ObjectUser:
		return one(f, "user_object", &o.UserObject)
	case ObjectAsset:
		return one(f, "asset", &o.Asset)
	case ObjectFunction:
		return one(f, "function", &o.Function)
	case ObjectVariable:
		return one(f, "variable", &o.Variable)
	case ObjectBareConcreteFunction:
		return one(f, "bare_concrete_function", &o.BareConcreteFunction)
	case ObjectConstant:
		return one(f, "constant", &o.Constant)
	case ObjectResource:
		return one(f, "resource", &o.Resource)
	case ObjectCapturedTensor:
		return one(f, "captured_tensor", &o.CapturedTensor)
	case ObjectNone:
	}
	return nil
}

// ObjectReference is an attribute of an object: its name, and the object there.
type ObjectReference struct {
	NodeId    int32
	LocalName string
}

func (r *ObjectReference) field(f field) error {
	switch f.number {
	case 1:
		return integer(f, "node_id", &r.NodeId)
	case 2:
		return f.text("local_name", &r.LocalName)
	}
	return nil
}

// SavedUserObject is an object of another kind, such as a layer; Identifier says which.
type SavedUserObject struct{ Identifier, Metadata string }

func (u *SavedUserObject) field(f field) error {
	switch f.number {
	case 1:
		return f.text("identifier", &u.Identifier)
	case 3:
		return f.text("metadata", &u.Metadata)
	}
	return nil
}

// SavedAsset is a file: a position in MetaGraphDef.AssetFileDef.
type SavedAsset struct{ AssetFileDefIndex int32 }

func (a *SavedAsset) field(f field) error {
	if f.number == 1 {
		return integer(f, "asset_file_def_index", &a.AssetFileDefIndex)
	}
	return nil
}

// SavedFunction is a function in Python, by its traces: keys of SavedObjectGraph.ConcreteFunctions.
type SavedFunction struct{ ConcreteFunctions []string }

func (s *SavedFunction) field(f field) error {
	if f.number == 1 {
		return addText(f, "concrete_functions", &s.ConcreteFunctions)
	}
	return nil
}

// SavedVariable is a variable, without its value, which the checkpoint has.
type SavedVariable struct {
	Dtype     DataType
	Shape     TensorShapeProto
	Trainable bool
	Name      string
	Device    string
}

func (v *SavedVariable) field(f field) error {
	switch f.number {
	case 1:
		return integer(f, "dtype", &v.Dtype)
	case 2:
		return f.message("shape", &v.Shape)
	case 3:
		return f.boolean("trainable", &v.Trainable)
	case 6:
		return f.text("name", &v.Name)
	case 7:
		return f.text("device", &v.Device)
	}
	return nil
}

// SavedConcreteFunction says which objects the last arguments of a function of the library are.
type SavedConcreteFunction struct{ BoundInputs []int32 }

func (s *SavedConcreteFunction) field(f field) error {
	if f.number == 2 {
		return addIntegers(f, "bound_inputs", &s.BoundInputs)
	}
	return nil
}

// SavedBareConcreteFunction is a trace that is used as it is, as signatures are. AllowedPositionalArguments of the arguments that
// ArgumentKeywords names may be given without their name.
type SavedBareConcreteFunction struct {
	ConcreteFunctionName       string
	ArgumentKeywords           []string
	AllowedPositionalArguments int64
}

func (s *SavedBareConcreteFunction) field(f field) error {
	switch f.number {
	case 1:
		return f.text("concrete_function_name", &s.ConcreteFunctionName)
	case 2:
		return addText(f, "argument_keywords", &s.ArgumentKeywords)
	case 3:
		return integer(f, "allowed_positional_arguments", &s.AllowedPositionalArguments)
	}
	return nil
}

// SavedConstant is a tensor: the value of a node of the graph.
type SavedConstant struct{ Operation string }

func (c *SavedConstant) field(f field) error {
	if f.number == 1 {
		return f.text("operation", &c.Operation)
	}
	return nil
}

// SavedResource is something with a handle, such as a table, that its functions make and initialize.
type SavedResource struct{ Device string }

func (r *SavedResource) field(f field) error {
	if f.number == 1 {
		return f.text("device", &r.Device)
	}
	return nil
}

// CapturedTensor is a value within a function.
type CapturedTensor struct{ Name, ConcreteFunction string }

func (c *CapturedTensor) field(f field) error {
	switch f.number {
	case 1:
		return f.text("name", &c.Name)
	case 2:
		return f.text("concrete_function", &c.ConcreteFunction)
	}
	return nil
}

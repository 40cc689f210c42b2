package tfpb

// SavedModel is the content of saved_model.pb: the same model for different purposes, which tags tell apart.
type SavedModel struct {
	SavedModelSchemaVersion int64
	MetaGraphs              []MetaGraphDef
}

func (s *SavedModel) field(f field) error {
	switch f.number {
	case 1:
		return integer(f, "saved_model_schema_version", &s.SavedModelSchemaVersion)
	case 2:
		return add(f, "meta_graph", &s.MetaGraphs)
	}
	return nil
}

// MetaGraphDef is a graph and what is to be known in order to use it.
type MetaGraphDef struct {
	MetaInfoDef    MetaInfoDef
	GraphDef       GraphDef
	SaverDef       *SaverDef
	SignatureDef   Map[SignatureDef]
	AssetFileDef   []AssetFileDef
	ObjectGraphDef *SavedObjectGraph // nil in models of TensorFlow 1
}

func (m *MetaGraphDef) field(f field) error {
	switch f.number {
	case 1:
		return f.message("meta_info_def", &m.MetaInfoDef)
	case 2:
		return f.message("graph_def", &m.GraphDef)
	case 3:
		return one(f, "saver_def", &m.SaverDef)
	case 5:
		return put(f, "signature_def", &m.SignatureDef)
	case 6:
		return add(f, "asset_file_def", &m.AssetFileDef)
	case 7:
		return one(f, "object_graph_def", &m.ObjectGraphDef)
	}
	return nil
}

// MetaInfoDef says what a meta graph is for and where it comes from.
type MetaInfoDef struct {
	Tags                 []string
	TensorflowVersion    string
	StrippedDefaultAttrs bool        // attributes that equal their operator's default are left out
	FunctionAliases      Map[string] // from functions of the library to names that somebody gave them
}

func (m *MetaInfoDef) field(f field) error {
	switch f.number {
	case 4:
		return addText(f, "tags", &m.Tags)
	case 5:
		return f.text("tensorflow_version", &m.TensorflowVersion)
	case 7:
		return f.boolean("stripped_default_attrs", &m.StrippedDefaultAttrs)
	case 8:
		return putText(f, "function_aliases", &m.FunctionAliases)
	}
	return nil
}

// SaverDef names the values and nodes by which TensorFlow restores variables.
type SaverDef struct{ FilenameTensorName, SaveTensorName, RestoreOpName string }

func (s *SaverDef) field(f field) error {
	switch f.number {
	case 1:
		return f.text("filename_tensor_name", &s.FilenameTensorName)
	case 2:
		return f.text("save_tensor_name", &s.SaveTensorName)
	case 3:
		return f.text("restore_op_name", &s.RestoreOpName)
	}
	return nil
}

// SignatureDef names inputs and outputs of a graph.
type SignatureDef struct {
	Inputs, Outputs Map[TensorInfo]
	MethodName      string
	Defaults        Map[TensorProto]
}

func (s *SignatureDef) field(f field) error {
	switch f.number {
	case 1:
		return put(f, "inputs", &s.Inputs)
	case 2:
		return put(f, "outputs", &s.Outputs)
	case 3:
		return f.text("method_name", &s.MethodName)
	case 4:
		return put(f, "defaults", &s.Defaults)
	}
	return nil
}

// Encoding says how a TensorInfo's tensor is stored, by the field number of the oneof's member.
type Encoding uint8

// The encodings of a tensor. What components sparse and composite tensors have is not decoded.
const (
	EncodingNone      Encoding = 0
	EncodingName      Encoding = 1
	EncodingSparse    Encoding = 4
	EncodingComposite Encoding = 5
)

// TensorInfo is an input or output of a signature.
type TensorInfo struct {
	Encoding    Encoding
	Name        string // "node:output", of a dense tensor
	Dtype       DataType
	TensorShape TensorShapeProto
}

func (t *TensorInfo) field(f field) error {
	switch f.number {
	case 1:
		t.Encoding = EncodingName
		return f.text("name", &t.Name)
	case 2:
		return integer(f, "dtype", &t.Dtype)
	case 3:
		return f.message("tensor_shape", &t.TensorShape)
	case 4, 5:
		t.Encoding, t.Name = Encoding(f.number), ""
	}
	return nil
}

// AssetFileDef is a file in the model's folder assets, and the tensor that takes its path. The name is as it was found: whoever opens
// it must see that it stays within the folder.
type AssetFileDef struct {
	TensorInfo TensorInfo
	Filename   string
}

func (a *AssetFileDef) field(f field) error {
	switch f.number {
	case 1:
		return f.message("tensor_info", &a.TensorInfo)
	case 2:
		return f.text("filename", &a.Filename)
	}
	return nil
}

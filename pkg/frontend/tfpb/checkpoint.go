package tfpb

// TrackableObjectGraph says where in a checkpoint the values of objects are. In a SavedModel, its nodes are those of SavedObjectGraph.
type TrackableObjectGraph struct{ Nodes []TrackableObject }

func (g *TrackableObjectGraph) field(f field) error {
	if f.number == 1 {
		return add(f, "nodes", &g.Nodes)
	}
	return nil
}

// TrackableObject is one object.
type TrackableObject struct {
	Children   []ObjectReference
	Attributes []SerializedTensor
}

func (o *TrackableObject) field(f field) error {
	switch f.number {
	case 1:
		return add(f, "children", &o.Children)
	case 2:
		return add(f, "attributes", &o.Attributes)
	}
	return nil
}

// SerializedTensor is a value of an object; a variable's is named VARIABLE_VALUE. CheckpointKey is its key in the checkpoint, FullName the
// variable's name.
type SerializedTensor struct{ Name, FullName, CheckpointKey string }

func (s *SerializedTensor) field(f field) error {
	switch f.number {
	case 1:
		return f.text("name", &s.Name)
	case 2:
		return f.text("full_name", &s.FullName)
	case 3:
		return f.text("checkpoint_key", &s.CheckpointKey)
	}
	return nil
}

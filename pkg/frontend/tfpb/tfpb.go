// Package tfpb decodes the protobuf messages of TensorFlow's SavedModels and graphs into plain structs, which have the messages' names
// and, in Go's spelling, their fields' names. Fields that no conversion needs are left out, and skipped in the data like unknown ones.
//
// Byte slices share the memory of the data; strings don't. Repeated fields keep their order and may be packed or not. As protobuf has
// it, a message that comes twice is merged, and of a scalar, of a oneof's members and of a map's equal keys the last one counts.
//
// The data may be hostile: what is wrong comes back as an error that names the place, messages nest at most 100 deep (protobuf's own
// limit), and decoded messages take at most about 32 times the memory of the data.
package tfpb

import "fmt"

// DecodeSavedModel decodes the content of saved_model.pb.
func DecodeSavedModel(data []byte) (*SavedModel, error) {
	return decode[SavedModel](data, "SavedModel")
}

// DecodeGraphDef decodes a graph, such as a frozen one's file.
func DecodeGraphDef(data []byte) (*GraphDef, error) { return decode[GraphDef](data, "GraphDef") }

// DecodeTrackableObjectGraph decodes the scalar string _CHECKPOINTABLE_OBJECT_GRAPH of a checkpoint.
func DecodeTrackableObjectGraph(data []byte) (*TrackableObjectGraph, error) {
	return decode[TrackableObjectGraph](data, "TrackableObjectGraph")
}

// DecodeTensorProto decodes a tensor.
func DecodeTensorProto(data []byte) (*TensorProto, error) {
	return decode[TensorProto](data, "TensorProto")
}

func decode[T any, P interface {
	*T
	message
}](data []byte, name string) (*T, error) {
	m := new(T)
	if err := newDecoder(len(data)).message(data, P(m)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// Map is a map field, in the order of the data.
type Map[V any] struct {
	Entries []Entry[V] // their keys differ
	index   map[string]int
}

// Entry is one entry of a map field.
type Entry[V any] struct {
	Key   string
	Value V
}

// indexed is the size from which on a map is worth an index.
const indexed = 16

// Get returns the value of a key, or nil.
func (m *Map[V]) Get(key string) *V {
	if i := m.find(key); i >= 0 {
		return &m.Entries[i].Value
	}
	return nil
}

func (m *Map[V]) find(key string) int {
	if m.index != nil {
		if i, ok := m.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range m.Entries {
		if m.Entries[i].Key == key {
			return i
		}
	}
	return -1
}

// set adds an entry, or replaces the one of the same key.
func (m *Map[V]) set(d *decoder, key string, value V) error {
	if i := m.find(key); i >= 0 {
		m.Entries[i].Value = value
		return nil
	}
	e, err := grow(d, &m.Entries)
	if err != nil {
		return err
	}
	e.Key, e.Value = key, value
	switch n := len(m.Entries); {
	case m.index != nil:
		m.index[key] = n - 1
	case n == indexed:
		m.index = make(map[string]int, 2*n)
		for i := range m.Entries {
			m.index[m.Entries[i].Key] = i
		}
	}
	return nil
}

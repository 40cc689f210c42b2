// Package keras turns models that Keras saved into graphs of TFLite's operators: .keras archives of Keras 2 and 3, and HDF5 files (.h5, .hdf5).
//
// The graph is built from the configuration, layer by layer, with the layer's own arithmetic: what Keras computes with TensorFlow's operators is emitted through the rules
// of package graphdef, so that both front ends mean the same by the same operator. A layer is a row of a table (Layers). Weights are found by the position
// of the layer in the configuration (.keras) or by their names (.h5), and read when the layer asks for them.
package keras

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// Options say how to take unknown dimensions.
type Options struct {
	Batch int // size of unknown batches; 0 leaves them unknown
	// Shapes gives inputs other shapes, batch included, by their names.
	Shapes map[string]tensor.Shape
}

// Result is a converted model, before the passes. Its unknown dimensions are -1.
type Result struct {
	Model *ir.Model
	Notes []string
}

// Signature is the key of the one signature that a converted model has.
const Signature = "serving_default"

// ErrNotKeras is returned for files that are neither archives nor HDF5 files.
var ErrNotKeras = errors.New("neither a Keras archive nor an HDF5 file")

// Import converts the model in a file of the given size. An *Unsupported lists all layers that can't be converted.
func Import(r io.ReaderAt, size int64, opt Options) (*Result, error) {
	f, err := open(r, size)
	if err != nil {
		return nil, err
	}
	return f.convert(opt)
}

// convert emits the model.
func (f *file) convert(opt Options) (*Result, error) {
	res := &Result{Model: &ir.Model{}}
	b := build.New(res.Model, "main")
	m := &importer{b: b, opt: opt, unsupported: &Unsupported{}, masks: map[*ir.Value]*ir.Value{}}
	var fail error
	if failure := build.Try(func() { fail = m.model(f) }); failure != nil {
		return nil, failure
	}
	if fail != nil {
		return nil, fail
	}
	if len(m.unsupported.Layers) > 0 {
		return nil, m.unsupported
	}
	res.Model.Signatures = []*ir.Signature{m.signature}
	res.Notes = m.notes
	b.Graph.Sweep(res.Model.Ports(0)...)
	return res, nil
}

// importer is the state of one import.
type importer struct {
	b           *build.Builder
	opt         Options
	signature   *ir.Signature
	unsupported *Unsupported
	notes       []string
	depth       int
	calls       int // of layers, so far
	masks       map[*ir.Value]*ir.Value
	keras2      bool // the file is of Keras 2, some of whose functions differ
}

// file is an open model: its configuration and its weights.
type file struct {
	config  config
	weights weights
	version string // of Keras, "3.4.1"
}

// Unsupported lists the layers of a model that can't be converted.
type Unsupported struct{ Layers []UnsupportedLayer }

// UnsupportedLayer is a layer that can't be converted.
type UnsupportedLayer struct{ Class, Name, Reason string }

func (u *Unsupported) Error() string {
	list := make([]string, len(u.Layers))
	for i, l := range u.Layers {
		list[i] = fmt.Sprintf("%s %q: %s", l.Class, l.Name, l.Reason)
	}
	return "layers that can't be converted: " + strings.Join(list, "; ")
}

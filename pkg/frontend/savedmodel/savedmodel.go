// Package savedmodel turns TensorFlow's SavedModels into graphs of TFLite's operators: it chooses the graph and the signature, finds the
// value of each variable in the checkpoint, and leaves the rest to package graphdef.
//
// The folder may be hostile. Its files are opened through an fs.FS, by names that are checked: (*os.Root).FS also refuses symbolic links that lead out of it.
package savedmodel

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/raise"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// File is the name of the file that makes a folder a SavedModel.
const File = "saved_model.pb"

// DefaultSignature is the key of the signature that serving uses.
const DefaultSignature = "serving_default"

// initSignature is the key of a signature that initialises tables and has nothing to convert.
const initSignature = "__saved_model_init_op"

// Options say what to convert.
type Options struct {
	Tags      []string // of the graph; "serve", or the only graph, if empty
	Signature string   // DefaultSignature, or the only one, if empty
	Batch     int      // see graphdef.Options
	Fuse      bool     // likewise
	// Shapes gives inputs other shapes, by the signature's names.
	Shapes map[string]tensor.Shape
}

// Import converts one signature of the SavedModel in a folder.
func Import(fsys fs.FS, opt Options) (*graphdef.Result, error) {
	data, err := fs.ReadFile(fsys, File)
	if err != nil {
		return nil, err
	}
	m, err := tfpb.DecodeSavedModel(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}
	meta, err := choose(m, opt.Tags)
	if err != nil {
		return nil, err
	}
	key, err := signature(meta, opt.Signature)
	if err != nil {
		return nil, err
	}
	sig := meta.SignatureDef.Get(key)
	o := graphdef.Options{Signature: key, Batch: opt.Batch, Fuse: opt.Fuse}
	if o.Inputs, err = inputs(sig, opt.Shapes); err != nil {
		return nil, fmt.Errorf("signature %q: %w", key, err)
	}
	if o.Outputs, err = outputs(sig); err != nil {
		return nil, fmt.Errorf("signature %q: %w", key, err)
	}
	v := &variables{fsys: fsys, meta: meta, keys: map[string]string{}, cuts: map[string]string{}}
	if err := v.bind(); err != nil {
		return nil, err
	}
	if v.ckpt != nil {
		defer v.ckpt.Close()
		v.ahead = readAhead(v.ckpt, v.order)
		defer v.ahead.stop()
	}
	o.Variables = v.value
	o.Assets = func(name string) ([]byte, error) { return asset(fsys, meta, name) }
	keep := make([]string, 0, len(o.Outputs))
	for _, p := range o.Outputs {
		keep = append(keep, p.Tensor)
	}
	g, err := raise.Graph(&meta.GraphDef, keep)
	if err != nil {
		return nil, err
	}
	return graphdef.Import(g, o)
}

// choose returns the graph with the given tags.
func choose(m *tfpb.SavedModel, tags []string) (*tfpb.MetaGraphDef, error) {
	if len(m.MetaGraphs) == 0 {
		return nil, fmt.Errorf("%s holds no graph", File)
	}
	if len(tags) == 0 {
		if len(m.MetaGraphs) == 1 {
			return &m.MetaGraphs[0], nil
		}
		tags = []string{"serve"}
	}
	want := slices.Sorted(slices.Values(tags))
	var have []string
	for i := range m.MetaGraphs {
		g := &m.MetaGraphs[i]
		got := slices.Sorted(slices.Values(g.MetaInfoDef.Tags))
		if slices.Equal(got, want) {
			return g, nil
		}
		have = append(have, strings.Join(got, ","))
	}
	return nil, fmt.Errorf("no graph has the tags %q; there are graphs with %q", strings.Join(want, ","), have)
}

// signature returns the key of the signature to convert.
func signature(meta *tfpb.MetaGraphDef, key string) (string, error) {
	var keys []string
	for _, e := range meta.SignatureDef.Entries {
		if e.Key != initSignature {
			keys = append(keys, e.Key)
		}
	}
	slices.Sort(keys)
	switch {
	case key != "" && slices.Contains(keys, key):
		return key, nil
	case key != "":
		return "", fmt.Errorf("there is no signature %q; there are %q", key, keys)
	case slices.Contains(keys, DefaultSignature):
		return DefaultSignature, nil
	case len(keys) == 1:
		return keys[0], nil
	case len(keys) == 0:
		return "", errors.New("it has no signatures: export the model with one (tf.saved_model.save(…, signatures=…), or model.export of Keras)")
	}
	return "", fmt.Errorf("there is no signature %q: choose one of %q", DefaultSignature, keys)
}

// inputs returns a signature's inputs in the order of their names, as TFLiteConverter lists them.
func inputs(sig *tfpb.SignatureDef, shapes map[string]tensor.Shape) ([]graphdef.Port, error) {
	ports, err := ports(sig.Inputs)
	if err != nil {
		return nil, err
	}
	for name := range shapes {
		if !slices.ContainsFunc(ports, func(p graphdef.Port) bool { return p.Name == name }) {
			return nil, fmt.Errorf("there is no input %q to give a shape to; there are %q", name, names(ports))
		}
	}
	for i := range ports {
		p := &ports[i]
		if s, ok := shapes[p.Name]; ok {
			p.Type.Shape, p.Type.Unranked = s, false
		}
	}
	return ports, nil
}

func outputs(sig *tfpb.SignatureDef) ([]graphdef.Port, error) { return ports(sig.Outputs) }

func ports(m tfpb.Map[tfpb.TensorInfo]) ([]graphdef.Port, error) {
	var list []graphdef.Port
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Value.Encoding != tfpb.EncodingName {
			return nil, fmt.Errorf("%q is no dense tensor, which is all that can be converted", e.Key)
		}
		d, ok := graphdef.DType(e.Value.Dtype)
		if !ok {
			return nil, fmt.Errorf("%q is of the type %v, which can't be converted", e.Key, e.Value.Dtype)
		}
		t := ir.Type{DType: d, Unranked: e.Value.TensorShape.UnknownRank}
		for _, n := range e.Value.TensorShape.Dim {
			if n < -1 || n > 1<<40 {
				return nil, fmt.Errorf("%q has a dimension of %d", e.Key, n)
			}
			t.Shape = append(t.Shape, int(n))
		}
		list = append(list, graphdef.Port{Name: e.Key, Tensor: e.Value.Name, Value: e.Value.Name, Type: t})
	}
	slices.SortFunc(list, func(a, b graphdef.Port) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func names(ports []graphdef.Port) []string {
	list := make([]string, len(ports))
	for i, p := range ports {
		list[i] = p.Name
	}
	return list
}

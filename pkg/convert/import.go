package convert

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/frontend/raise"
	"github.com/octetlite/octet/pkg/frontend/savedmodel"
	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/pass"
	"github.com/octetlite/octet/pkg/tensor"
)

// Import says what to convert of a TensorFlow model, and how to take its unknown dimensions. The zero value asks the model.
type Import struct {
	Tags            []string           // of a SavedModel's graph
	Signature       string             // of a SavedModel
	Inputs, Outputs []string           // of a frozen graph: "node" or "node:index"
	Batch           int                // size of unknown first dimensions; 0 leaves them to the callers of the flatbuffer
	Set             map[string]float64 // of a frozen graph: numbers in place of placeholders
	// Shapes replaces the shapes of inputs, by name.
	Shapes map[string]tensor.Shape
}

// Given reports whether anything is said.
func (i Import) Given() bool {
	return len(i.Tags)+len(i.Inputs)+len(i.Outputs)+len(i.Shapes)+len(i.Set) > 0 || i.Batch != 0 || i.Signature != ""
}

// IsSavedModel reports whether a folder is a SavedModel.
func IsSavedModel(fsys fs.FS) bool {
	_, err := fs.Stat(fsys, savedmodel.File)
	return err == nil
}

// decodeSavedModel converts the SavedModel in a folder.
func decodeSavedModel(src Source) (*ir.Model, []string, error) {
	if !IsSavedModel(src.Folder) {
		return nil, nil, noSavedModel(src)
	}
	if len(src.Import.Set) > 0 {
		return nil, nil, &Error{Kind: BadInput, Source: src.Name, Err: errors.New("a SavedModel has no placeholders to set")}
	}
	if len(src.Import.Inputs)+len(src.Import.Outputs) > 0 {
		return nil, nil, &Error{Kind: BadInput, Source: src.Name, Err: errors.New("inputs and outputs of a SavedModel are those of a signature"), Hint: "--signature chooses one"}
	}
	res, err := eitherBatch(src.Import.Batch, func(batch int) (*graphdef.Result, error) {
		return savedmodel.Import(src.Folder, savedmodel.Options{
			Tags: src.Import.Tags, Signature: src.Import.Signature, Batch: batch, Fuse: true, Shapes: src.Import.Shapes,
		})
	})
	return finishImport(src, res, err)
}

// decodeGraph converts a frozen graph.
func decodeGraph(src Source) (*ir.Model, []string, error) {
	g, err := tfpb.DecodeGraphDef(src.Data)
	if err != nil {
		if _, saved := tfpb.DecodeSavedModel(src.Data); saved == nil {
			return nil, nil, &Error{Kind: BadInput, Source: src.Name, Err: errors.New("the graph of a SavedModel, without its variables"), Hint: "give the folder that it lies in"}
		}
		return nil, nil, &Error{Kind: BadInput, Source: src.Name, Err: fmt.Errorf("not a TensorFlow graph: %w", err)}
	}
	if len(src.Import.Tags) > 0 || src.Import.Signature != "" {
		return nil, nil, &Error{Kind: BadInput, Source: src.Name, Err: errors.New("a frozen graph has neither tags nor signatures"), Hint: "--inputs and --outputs say what to convert"}
	}
	ports, notes, err := graphPorts(g, src.Import)
	if err != nil {
		return nil, nil, &Error{Kind: BadInput, Source: src.Name, Err: err, Hint: "--inputs and --outputs say what to convert"}
	}
	keep := make([]string, len(ports.Outputs))
	for i, p := range ports.Outputs {
		keep[i] = p.Tensor
	}
	var res *graphdef.Result
	if g, err = raise.Graph(g, keep); err == nil {
		ports.Signature, ports.Fuse = savedmodel.DefaultSignature, true
		res, err = eitherBatch(src.Import.Batch, func(batch int) (*graphdef.Result, error) {
			ports.Batch = batch
			return graphdef.Import(g, ports)
		})
	}
	m, more, err := finishImport(src, res, err)
	return m, append(notes, more...), err
}

// eitherBatch imports a model with unknown batches left to the callers of the flatbuffer, and if that can't be with a batch of 1.
func eitherBatch(batch int, do func(batch int) (*graphdef.Result, error)) (*graphdef.Result, error) {
	res, open := do(batch)
	if open == nil || batch != 0 {
		return res, open
	}
	res, err := do(1)
	if err == nil {
		res.Notes = append(res.Notes, fmt.Sprintf("the batch is fixed to 1, since with a batch that callers choose there are %v; --batch fixes it to another size", open))
	}
	return res, err
}

// graphPorts returns the inputs and outputs to convert, which are guessed where the user names none.
func graphPorts(g *tfpb.GraphDef, imp Import) (opt graphdef.Options, notes []string, err error) {
	inputs, outputs := imp.Inputs, imp.Outputs
	if len(outputs) == 0 {
		if outputs = graphdef.GuessOutputs(g); len(outputs) == 0 {
			return opt, nil, errors.New("no node of the graph looks like an output")
		}
		notes = append(notes, fmt.Sprintf("outputs: %s, which nothing reads; --outputs chooses others", strings.Join(outputs, ", ")))
	}
	if err := graphdef.Check(g, outputs); err != nil {
		return opt, nil, err
	}
	if len(inputs) == 0 {
		inputs = slices.DeleteFunc(graphdef.GuessInputs(g, outputs), func(name string) bool { _, ok := imp.Set[name]; return ok })
		if len(inputs) == 0 {
			return opt, nil, errors.New("the outputs depend on no placeholder")
		}
		notes = append(notes, fmt.Sprintf("inputs: %s, the placeholders; --inputs chooses others", strings.Join(inputs, ", ")))
	}
	for _, name := range inputs {
		if _, ok := imp.Set[strings.TrimSuffix(name, ":0")]; ok {
			return opt, nil, fmt.Errorf("%q is an input, and set to a number", name)
		}
	}
	opt.Set = imp.Set
	for name := range imp.Shapes {
		if !slices.Contains(inputs, name) {
			return opt, nil, fmt.Errorf("there is no input %q to give a shape to; there are %q", name, inputs)
		}
	}
	for _, name := range inputs {
		p := graphdef.Port{Name: strings.TrimSuffix(name, ":0"), Tensor: name}
		if p.Type, err = graphdef.TypeOf(g, name); err != nil {
			return opt, nil, err
		}
		if s, ok := imp.Shapes[name]; ok {
			p.Type.Shape, p.Type.Unranked = s, false
		}
		opt.Inputs = append(opt.Inputs, p)
	}
	for _, name := range outputs {
		opt.Outputs = append(opt.Outputs, graphdef.Port{Name: strings.TrimSuffix(name, ":0"), Tensor: name})
	}
	return opt, notes, nil
}

// finishImport brings what a front end made into TFLite's idiom.
func finishImport(src Source, res *graphdef.Result, err error) (*ir.Model, []string, error) {
	if err != nil {
		return nil, nil, importError(src, err)
	}
	m := res.Model
	if err := pass.Settle(m, pass.Import); err != nil {
		return nil, nil, &Error{Kind: Internal, Source: src.Name, Err: err}
	}
	build.Bind(m)
	if err := ir.Verify(m, op.Set); err != nil {
		return nil, nil, &Error{Kind: Internal, Source: src.Name, Err: fmt.Errorf("after the passes: %w", err)}
	}
	return m, res.Notes, nil
}

// importError gives an error of a front end its kind and the way out.
func importError(src Source, err error) error {
	e := &Error{Kind: BadInput, Source: src.Name, Err: err}
	if u, ok := errors.AsType[*graphdef.Unsupported](err); ok {
		e.Kind = Refused
		if len(u.Open) > 0 {
			e.Hint = "fixed sizes may help: --input-shapes " + strings.Join(u.Open, " --input-shapes ")
		}
	}
	if f, ok := errors.AsType[*build.Failure](err); ok && f.Refused {
		e.Kind = Refused
	}
	return e
}

// isGraph reports whether a file may be a TensorFlow graph: it begins with a node, a function library or a version.
func isGraph(data []byte) bool {
	return len(data) > 1 && bytes.IndexByte([]byte{0x0a, 0x12, 0x18, 0x22, 0x08}, data[0]) >= 0
}

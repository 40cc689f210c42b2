package tflite

import (
	"errors"
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// Decode reads a model file. Constants share the memory of data where that is aligned to their elements, so that data must not change as
// long as the model is in use.
//
// The model satisfies ir.Verify under op.Set and has at least one signature. The bytes may come from anywhere: what is wrong is an error that
// names the place, and memory stays within a small multiple of the file's size.
func Decode(data []byte) (*ir.Model, error) {
	end, err := schema.Verify(data)
	if err != nil {
		return nil, fmt.Errorf("not a valid tflite file: %w", err)
	}
	d := &decoder{file: data, root: schema.GetRootAsModel(data, 0), model: &ir.Model{}}
	d.regions = []region{{0, int64(end)}}
	if err := d.decode(); err != nil {
		return nil, err
	}
	if err := ir.Verify(d.model, op.Set); err != nil {
		return nil, err
	}
	return d.model, nil
}

// decoder is the state of one Decode.
type decoder struct {
	file    []byte
	root    *schema.Model
	model   *ir.Model
	ops     []opcode
	buffers []buffer
	regions []region // what of the file is in use
	copied  int64    // bytes of constants that had to be copied
}

// opcode is an entry of the operator_codes table.
type opcode struct {
	name    string // of the builtin operator
	custom  string
	version int
}

func (d *decoder) decode() error {
	if v := d.root.Version(); v != version {
		return fmt.Errorf("schema version %d is not %d", v, version)
	}
	if n := d.root.ExternalBuffersLength(); n > 0 {
		return fmt.Errorf("keeps %d buffers in other files, which can't be read", n)
	}
	if d.root.SubgraphsLength() == 0 {
		return errors.New("has no subgraph")
	}
	d.model.Description = string(d.root.Description())
	if err := d.opcodes(); err != nil {
		return err
	}
	if err := d.loadBuffers(); err != nil {
		return err
	}
	for i := range d.root.SubgraphsLength() {
		var s schema.SubGraph
		d.root.Subgraphs(&s, i)
		g, err := d.graph(&s)
		if err != nil {
			return fmt.Errorf("subgraph %d: %w", i, err)
		}
		d.model.Graphs = append(d.model.Graphs, g)
	}
	if err := checkControl(d.model); err != nil {
		return err
	}
	if err := d.signatures(); err != nil {
		return err
	}
	if err := d.metadata(); err != nil {
		return err
	}
	// A file may list an operator several times, and understate its version.
	all := versions(d.model)
	for _, g := range d.model.Graphs {
		for _, n := range g.Nodes {
			n.Version = all[codeOf(n)]
		}
	}
	d.model.Trailer = trailer(d.file, d.regions)
	return nil
}

func (d *decoder) opcodes() error {
	for i := range d.root.OperatorCodesLength() {
		var c schema.OperatorCode
		d.root.OperatorCodes(&c, i)
		// Files from before the 32-bit field have only the 8-bit one.
		code := max(c.BuiltinCode(), schema.BuiltinOperator(c.DeprecatedBuiltinCode()))
		name, ok := schema.EnumNamesBuiltinOperator[code]
		if !ok {
			return fmt.Errorf("operator code %d: builtin operator %d is not known", i, code)
		}
		d.ops = append(d.ops, opcode{name, string(c.CustomCode()), int(c.Version())})
	}
	return nil
}

func (d *decoder) metadata() error {
	seen := map[int]bool{}
	for i := range d.root.MetadataLength() {
		var m schema.Metadata
		d.root.Metadata(&m, i)
		n := int(m.Buffer())
		if n >= len(d.buffers) {
			return fmt.Errorf("metadata %d %q: buffer %d out of %d", i, m.Name(), n, len(d.buffers))
		}
		seen[n] = true
		d.model.Metadata = append(d.model.Metadata, ir.Metadata{Name: string(m.Name()), Data: d.buffers[n].data})
	}
	// Files from before the table of metadata list buffers only; those have no names. TensorFlow's quantizer copies the list without the
	// buffers, so that an entry may mean none, or a tensor's.
	for i := range d.root.MetadataBufferLength() {
		n := int(d.root.MetadataBuffer(i))
		if n >= 0 && n < len(d.buffers) && !seen[n] && !d.buffers[n].used && len(d.buffers[n].data) > 0 {
			d.model.Metadata = append(d.model.Metadata, ir.Metadata{Data: d.buffers[n].data})
			seen[n] = true
		}
	}
	return nil
}

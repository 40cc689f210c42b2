package tflite

import (
	"errors"
	"fmt"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// flatbufferLimit is the size above which constants go behind the flatbuffer, whose offsets have 31 bits.
const flatbufferLimit = 1<<31 - 1<<20

// Encode writes a model file. The model must satisfy ir.Verify and is not changed.
//
// Operator codes and buffers are listed in the order of their first use. Values whose constants share memory share a buffer. Each builtin operator gets one version, the
// highest that any of its nodes needs (Version) or came with; if a node came without one, the min_runtime_version metadata is computed anew. A
// model without signatures gets one. Contents are aligned to 16 bytes.
func Encode(m *ir.Model) ([]byte, error) {
	f, err := NewFile(m)
	if err != nil {
		return nil, err
	}
	return f.Bytes(), nil
}

// NewFile is Encode for files that need not be in one piece of memory: it does not copy large constants.
func NewFile(m *ir.Model) (*File, error) { return encode(m, flatbufferLimit, largeContent) }

// encode makes the file of a model. Contents move behind the flatbuffer if it would be larger than limit; contents of at least large bytes are not copied.
func encode(m *ir.Model, limit, large int) (*File, error) {
	e := &encoder{
		model: m, versions: versions(m), opcode: map[opcode]uint32{}, buffer: map[content]uint32{}, buffers: [][]byte{nil}, large: max(large, 1),
	}
	if err := e.collect(); err != nil {
		return nil, err
	}
	// The first writing, without contents, finds out how large the rest is.
	structure := len(e.write(flatbuffers.NewBuilder(1<<10), e.outlined))
	data := 0
	for _, b := range e.buffers {
		data += len(b) + 2*alignment
	}
	for _, c := range e.custom {
		data += len(c.data) + 2*alignment
	}
	if structure > limit {
		return nil, fmt.Errorf("takes %d bytes without its constants, more than the %d that a flatbuffer can have", structure, limit)
	}
	var f *File
	if structure+data > limit {
		f = e.writeOutside()
	} else {
		var err error
		if f, err = e.splice(); err != nil {
			return nil, err
		}
	}
	return f, f.addTrailer(m.Trailer)
}

// encoder is the state of one Encode.
type encoder struct {
	model    *ir.Model
	versions map[opcode]int // without version: the version of each operator
	index    []map[*ir.Value]int

	codes      []*schema.OperatorCodeT
	opcode     map[opcode]uint32
	graphs     []*schema.SubGraphT
	signatures []*schema.SignatureDefT
	metadata   []*schema.MetadataT
	unnamed    []int32 // buffers of metadata without a name

	buffers [][]byte // contents; the first is empty
	buffer  map[content]uint32
	large   int                    // the size from which on contents are spliced in
	vectors []flatbuffers.UOffsetT // of contents: where the last writing put them, in bytes from the end
	keep    int                    // the first buffers from here on are metadata, which runtimes look for inside the flatbuffer
	outside []uint64               // offsets of buffers from the start of the file, if they are outside of the flatbuffer
	custom  []custom
}

// content identifies the memory of a constant.
type content struct {
	start *byte
	size  int
}

// custom are the options of a custom operator, which may be outside too.
type custom struct {
	op   *schema.OperatorT
	data []byte
}

func (e *encoder) collect() error {
	if len(e.model.Graphs) == 0 {
		return errors.New("model has no graph")
	}
	for i, g := range e.model.Graphs {
		e.index = append(e.index, g.Index())
		s, err := e.graph(g, e.index[i])
		if err != nil {
			return fmt.Errorf("graph %d %q: %w", i, g.Name, err)
		}
		e.graphs = append(e.graphs, s)
	}
	var err error
	if e.signatures, err = encodeSignatures(e.model, e.index); err != nil {
		return err
	}
	e.keep = len(e.buffers)
	metadata := withRuntimeVersion(e.model, e.codes)
	for _, m := range metadata {
		if m.Name != "" {
			e.metadata = append(e.metadata, &schema.MetadataT{Name: m.Name, Buffer: e.add(m.Data)})
		}
	}
	for _, m := range metadata {
		if m.Name == "" {
			e.unnamed = append(e.unnamed, int32(e.add(m.Data)))
		}
	}
	return nil
}

// share returns the number of the buffer with the given content. Slices of the same memory share one.
func (e *encoder) share(data []byte) uint32 {
	if len(data) == 0 {
		return 0
	}
	key := content{&data[0], len(data)}
	n, ok := e.buffer[key]
	if !ok {
		n = e.add(data)
		e.buffer[key] = n
	}
	return n
}

// add returns the number of a new buffer.
func (e *encoder) add(data []byte) uint32 {
	e.buffers = append(e.buffers, data)
	return uint32(len(e.buffers) - 1)
}

// code returns the number of the operator code of a node.
func (e *encoder) code(n *ir.Node) (uint32, error) {
	builtin, ok := schema.EnumValuesBuiltinOperator[n.Op]
	if !ok {
		return 0, errors.New("is no builtin operator")
	}
	key := codeOf(n)
	if at, ok := e.opcode[key]; ok {
		return at, nil
	}
	at := uint32(len(e.codes))
	e.opcode[key] = at
	e.codes = append(e.codes, &schema.OperatorCodeT{
		BuiltinCode:           builtin,
		DeprecatedBuiltinCode: int8(min(builtin, schema.BuiltinOperatorPLACEHOLDER_FOR_GREATER_OP_CODES)),
		CustomCode:            key.custom,
		Version:               int32(e.versions[key]),
	})
	return at, nil
}

// codeOf returns what tells a node's operator code from others, which is all but the version.
func codeOf(n *ir.Node) opcode {
	code := opcode{name: n.Op}
	if c, ok := n.Attr.(*op.Custom); ok {
		code.custom = c.Code
	}
	return code
}

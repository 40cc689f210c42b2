package tflite

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// compareFiles returns where two files differ in what they say, read by the generated code alone. It looks through what a writer is free to choose: the order of
// buffers and operator codes, empty lists and tables that may be absent, and an added signature.
func compareFiles(before, after []byte) (flaws []string) {
	a, b := schema.GetRootAsModel(before, 0).UnPack(), schema.GetRootAsModel(after, 0).UnPack()
	fail := func(format string, args ...any) { flaws = append(flaws, fmt.Sprintf(format, args...)) }
	diff := func(where string, x, y any) {
		if reflect.DeepEqual(x, y) {
			return // which is most of the time, and faster
		}
		if d := cmp.Diff(x, y, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); d != "" {
			fail("%s:\n%s", where, d)
		}
	}
	diff("description", a.Description, b.Description)
	if len(a.SignatureDefs) > 0 {
		diff("signatures", a.SignatureDefs, b.SignatureDefs)
	}
	diff("metadata names", names(a), names(b))
	for i := range a.Metadata {
		if !bytes.Equal(bufferOf(before, a, a.Metadata[i].Buffer), bufferOf(after, b, b.Metadata[i].Buffer)) {
			fail("metadata %q has another content", a.Metadata[i].Name)
		}
	}
	if len(a.Subgraphs) != len(b.Subgraphs) {
		fail("%d and %d subgraphs", len(a.Subgraphs), len(b.Subgraphs))
		return flaws
	}
	for i, g := range a.Subgraphs {
		h := b.Subgraphs[i]
		where := fmt.Sprintf("subgraph %d", i)
		if len(g.Tensors) != len(h.Tensors) || len(g.Operators) != len(h.Operators) {
			fail("%s: %d tensors and %d operators became %d and %d", where, len(g.Tensors), len(g.Operators), len(h.Tensors), len(h.Operators))
			continue
		}
		for j, t := range g.Tensors {
			u := h.Tensors[j]
			if x, y := taken(bufferOf(before, a, t.Buffer), t), bufferOf(after, b, u.Buffer); !bytes.Equal(x, y) {
				fail("%s: tensor %d %q: %d bytes became %d, or others", where, j, t.Name, len(x), len(y))
			}
			t.Buffer, u.Buffer = 0, 0
			for _, q := range []**schema.QuantizationParametersT{&t.Quantization, &u.Quantization} {
				if *q == nil || cmp.Equal(**q, schema.QuantizationParametersT{}, cmpopts.EquateEmpty()) {
					*q = nil
				}
			}
			if known, signature := possible(widen(t.Shape), widen(t.ShapeSignature)); len(signature) > 0 {
				t.Shape, t.ShapeSignature = narrow(known), narrow(signature)
			}
			diff(fmt.Sprintf("%s: tensor %d", where, j), t, u)
		}
		for j, o := range g.Operators {
			p := h.Operators[j]
			c, d := *a.OperatorCodes[o.OpcodeIndex], *b.OperatorCodes[p.OpcodeIndex]
			c.BuiltinCode = max(c.BuiltinCode, schema.BuiltinOperator(c.DeprecatedBuiltinCode))
			c.DeprecatedBuiltinCode = d.DeprecatedBuiltinCode
			if c.Version < d.Version {
				c.Version = d.Version
			}
			diff(fmt.Sprintf("%s: operator %d: code", where, j), c, d)
			o.OpcodeIndex, p.OpcodeIndex = 0, 0
			if o.BuiltinOptions == nil && p.BuiltinOptions != nil && reflect.DeepEqual(p.BuiltinOptions.Value, defaults(p.BuiltinOptions.Type, 0)) {
				p.BuiltinOptions = nil
			}
			x, y := custom{o, o.CustomOptions}, custom{p, p.CustomOptions}
			diff(fmt.Sprintf("%s: operator %d: custom options", where, j), x.bytes(before), y.bytes(after))
			for _, q := range []*schema.OperatorT{o, p} {
				q.CustomOptions, q.LargeCustomOptionsOffset, q.LargeCustomOptionsSize = nil, 0, 0
			}
			diff(fmt.Sprintf("%s: operator %d", where, j), o, p)
		}
		g.Tensors, h.Tensors, g.Operators, h.Operators = nil, nil, nil, nil
		diff(where, g, h)
	}
	return flaws
}

func widen(list []int32) tensor.Shape { return tensor.Shape(ints(list)) }

func (c custom) bytes(file []byte) []byte {
	if len(c.data) == 0 && c.op.LargeCustomOptionsOffset > 1 && c.op.LargeCustomOptionsSize > 0 {
		return file[c.op.LargeCustomOptionsOffset:][:c.op.LargeCustomOptionsSize]
	}
	return c.data
}

func names(m *schema.ModelT) (list []string) {
	for _, entry := range m.Metadata {
		list = append(list, entry.Name)
	}
	return list
}

// taken returns what a tensor reads of a buffer: what this begins with. Decode refuses a buffer that is longer than all of its tensors.
func taken(data []byte, t *schema.TensorT) []byte {
	if d, n := decodeDType(t.Type), widen(t.Shape).Elements(); len(data) > 0 && t.Sparsity == nil && d.Bits() > 0 && n >= 0 {
		return data[:min(len(data), d.Bytes(n))]
	}
	return data
}

func bufferOf(file []byte, m *schema.ModelT, n uint32) []byte {
	if n == 0 {
		return nil
	}
	b := m.Buffers[n]
	if len(b.Data) == 0 && b.Offset > 1 && b.Size > 0 {
		return file[b.Offset:][:b.Size]
	}
	return b.Data
}

package tflite

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// withCustom returns a model with constants, a custom operator with options, metadata and a trailer.
func withCustom() *ir.Model {
	m := testmodel.Conv()
	g := m.Graphs[0]
	last := g.Outputs[0]
	y := g.Add(&ir.Value{Name: "mine", Type: last.Type})
	g.Nodes = append(g.Nodes, &ir.Node{
		Op: "CUSTOM", Attr: &op.Custom{Code: "Mine", Options: bytes.Repeat([]byte("option"), 30)},
		Inputs: []*ir.Value{last}, Outputs: []*ir.Value{y},
	})
	g.Outputs[0] = y
	m.Metadata = []ir.Metadata{{Name: "ours", Data: []byte("stays inside")}}
	m.Trailer = []byte("behind everything")
	return m
}

// encodeOutside encodes with a limit above which constants go behind the flatbuffer.
func encodeOutside(t *testing.T, m *ir.Model, limit int) []byte {
	t.Helper()
	f, err := encode(m, limit, largeContent)
	if err != nil {
		t.Fatal(err)
	}
	return f.Bytes()
}

// TestLargeModelsKeepConstantsOutside lowers the limit, since a model above it takes gigabytes.
func TestLargeModelsKeepConstantsOutside(t *testing.T) {
	inside := mustEncode(t, withCustom())
	outside := encodeOutside(t, withCustom(), len(inside)-200)
	root := schema.GetRootAsModel(outside, 0).UnPack()
	used := 0
	for i, b := range root.Buffers {
		switch {
		case i == 0 || len(b.Data) > 0 && int(root.Metadata[0].Buffer) == i || len(b.Data) > 0 && int(root.Metadata[1].Buffer) == i:
		case len(b.Data) > 0 || b.Offset <= 1 || b.Offset%16 != 0 || b.Size == 0:
			t.Errorf("buffer %d holds %d bytes, %d at %d", i, len(b.Data), b.Size, b.Offset)
		default:
			used++
		}
	}
	if used < 6 {
		t.Errorf("%d buffers are outside", used)
	}
	operators := root.Subgraphs[0].Operators
	if o := operators[len(operators)-1]; len(o.CustomOptions) > 0 || o.LargeCustomOptionsOffset <= 1 || o.LargeCustomOptionsSize != 180 {
		t.Errorf("custom options: %d bytes inside, %d at %d", len(o.CustomOptions), o.LargeCustomOptionsSize, o.LargeCustomOptionsOffset)
	}
	if !bytes.HasSuffix(outside, []byte("behind everything")) {
		t.Error("the trailer is not at the end")
	}
	m := mustDecode(t, outside)
	if diff := cmp.Diff(withCustom().String(), m.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if string(m.Trailer) != "behind everything" {
		t.Errorf("trailer %q", m.Trailer)
	}
	// Below the limit everything moves in again.
	if again := mustEncode(t, m); !bytes.Equal(again, inside) {
		t.Error("the model differs from the one that was never outside")
	}
}

func TestStructureAboveTheLimit(t *testing.T) {
	if _, err := encode(testmodel.Conv(), 500, largeContent); err == nil || !strings.Contains(err.Error(), "bytes without its constants, more than the 500") {
		t.Errorf("error %v", err)
	}
}

func TestOffsetsOutsideOfTheFile(t *testing.T) {
	outside := encodeOutside(t, withCustom(), len(mustEncode(t, withCustom()))-200)
	for _, c := range []struct {
		offset, size uint64
		good         bool
	}{{1 << 40, 8, false}, {16, 1 << 63, false}, {1<<64 - 8, 16, false}, {16, uint64(len(outside)), false}} {
		data := bytes.Clone(outside)
		root := schema.GetRootAsModel(data, 0)
		var b schema.Buffer
		root.Buffers(&b, 1)
		if !b.MutateOffset(c.offset) || !b.MutateSize(c.size) {
			t.Fatal("the buffer has no offset")
		}
		if _, err := Decode(data); err == nil || !strings.HasPrefix(err.Error(), "buffer 1: ") {
			t.Errorf("%d bytes at %d: error %v", c.size, c.offset, err)
		}
	}
}

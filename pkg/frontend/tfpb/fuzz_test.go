package tfpb_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// visit decodes data as everything that it might be, constants included; errors are as good as messages.
func visit(data []byte) {
	if m, err := tfpb.DecodeSavedModel(data); err == nil {
		for i := range m.MetaGraphs {
			visitNodes(m.MetaGraphs[i].GraphDef.Node)
			for j := range m.MetaGraphs[i].GraphDef.Library.Function {
				visitNodes(m.MetaGraphs[i].GraphDef.Library.Function[j].NodeDef)
			}
		}
	}
	if g, err := tfpb.DecodeGraphDef(data); err == nil {
		visitNodes(g.Node)
	}
	if p, err := tfpb.DecodeTensorProto(data); err == nil {
		visitTensor(p)
	}
	_, _ = tfpb.DecodeTrackableObjectGraph(data)
}

func visitNodes(nodes []tfpb.NodeDef) {
	for i := range nodes {
		for _, e := range nodes[i].Attr.Entries {
			if e.Value.Tensor != nil {
				visitTensor(e.Value.Tensor)
			}
		}
	}
}

func visitTensor(p *tfpb.TensorProto) {
	if _, err := p.Bytes(1 << 12); err != nil {
		_, _ = p.Strings(1 << 8)
	}
}

// TestDamage cuts messages everywhere and changes each byte, and bounds what decoding them allocates.
func TestDamage(t *testing.T) {
	for _, file := range []string{"attributes.graph.pb", "module.object_graph.pb", "tf1.saved_model.pb"} {
		data := read(t, file)
		step := 1 + len(data)/1000
		for i := 0; i < len(data); i += step {
			changed := slices.Clone(data)
			changed[i] ^= 0x55
			for what, damaged := range map[string][]byte{"cut": data[:i], "changed": changed} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				visit(damaged)
				runtime.ReadMemStats(&after)
				if got, most := after.TotalAlloc-before.TotalAlloc, uint64(4*2*32*len(data)+1<<18); got > most {
					t.Errorf("%s: byte %d %s: %d bytes allocated, want at most %d", file, i, what, got, most)
				}
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range messages {
		f.Add(read(f, m.file))
	}
	for _, c := range constants(f) {
		f.Add(c.Proto)
	}
	f.Add(nested(40))
	f.Fuzz(func(_ *testing.T, data []byte) {
		visit(data)
	})
}

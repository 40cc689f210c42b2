package tflite

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// signatures reads the signature definitions, and makes one where there is none.
func (d *decoder) signatures() error {
	for i := range d.root.SignatureDefsLength() {
		var s schema.SignatureDef
		d.root.SignatureDefs(&s, i)
		t := s.UnPack()
		if int64(t.SubgraphIndex) >= int64(len(d.model.Graphs)) {
			return fmt.Errorf("signature %d %q: subgraph index %d out of %d", i, t.SignatureKey, t.SubgraphIndex, len(d.model.Graphs))
		}
		sig := &ir.Signature{Key: t.SignatureKey, Graph: int(t.SubgraphIndex)}
		values := d.model.Graphs[sig.Graph].Values
		for _, side := range []struct {
			what  string
			from  []*schema.TensorMapT
			ports *[]ir.Port
		}{{"input", t.Inputs, &sig.Inputs}, {"output", t.Outputs, &sig.Outputs}} {
			for j, p := range side.from {
				if int64(p.TensorIndex) >= int64(len(values)) {
					return fmt.Errorf("signature %d %q: %s %d %q: tensor index %d out of %d",
						i, sig.Key, side.what, j, p.Name, p.TensorIndex, len(values))
				}
				*side.ports = append(*side.ports, ir.Port{Name: p.Name, Value: values[p.TensorIndex]})
			}
		}
		d.model.Signatures = append(d.model.Signatures, sig)
	}
	d.model.Signatures = signaturesOf(d.model)
	return nil
}

func encodeSignatures(m *ir.Model, index []map[*ir.Value]int) ([]*schema.SignatureDefT, error) {
	var out []*schema.SignatureDefT
	for _, s := range signaturesOf(m) {
		t := &schema.SignatureDefT{SignatureKey: s.Key, SubgraphIndex: uint32(s.Graph)}
		for _, side := range []struct {
			ports []ir.Port
			to    *[]*schema.TensorMapT
		}{{s.Inputs, &t.Inputs}, {s.Outputs, &t.Outputs}} {
			for _, p := range side.ports {
				n, ok := index[s.Graph][p.Value]
				if !ok {
					return nil, fmt.Errorf("signature %q: port %q is no value of graph %d", s.Key, p.Name, s.Graph)
				}
				*side.to = append(*side.to, &schema.TensorMapT{Name: p.Name, TensorIndex: uint32(n)})
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// signaturesOf returns the model's signatures, or, if there are none, one for the main graph that names its ports after the values.
func signaturesOf(m *ir.Model) []*ir.Signature {
	if len(m.Signatures) > 0 || len(m.Graphs) == 0 {
		return m.Signatures
	}
	g := m.Graphs[0]
	return []*ir.Signature{{Key: "serving_default", Inputs: ports("input", g.Inputs), Outputs: ports("output", g.Outputs)}}
}

// ports names values after themselves: kind and number where there is no name, a number behind it where another has the same.
func ports(kind string, values []*ir.Value) []ir.Port {
	taken := map[string]bool{}
	next := map[string]int{}
	var list []ir.Port
	for i, v := range values {
		stem := v.Name
		if stem == "" {
			stem = fmt.Sprintf("%s_%d", kind, i)
		}
		name := stem
		for taken[name] {
			next[stem]++
			name = fmt.Sprintf("%s_%d", stem, next[stem])
		}
		taken[name] = true
		list = append(list, ir.Port{Name: name, Value: v})
	}
	return list
}

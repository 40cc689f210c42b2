package compare_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/compare"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestModelsAreEqualToThemselves has every model equal to another of the same content, however its tensors are listed.
func TestModelsAreEqualToThemselves(t *testing.T) {
	for _, c := range testmodel.All() {
		a, b := c.Build(), c.Build()
		for _, g := range b.Graphs {
			slices.Reverse(g.Values)
		}
		if d := compare.Models(a, b); len(d) > 0 {
			t.Errorf("%s: %v", c.Name, d)
		}
	}
}

// TestModelsNamesDifferences changes one thing at a time.
func TestModelsNamesDifferences(t *testing.T) {
	find := func(m *ir.Model, name string) *ir.Value {
		for _, v := range m.Graphs[0].Values {
			if v.Name == name {
				return v
			}
		}
		t.Fatalf("no value %q", name)
		return nil
	}
	for _, c := range []struct {
		name   string
		change func(m *ir.Model)
		want   []compare.Difference
	}{
		{"attribute and version", func(m *ir.Model) {
			n := m.Graphs[0].Nodes[2]
			n.Version = 3
			a := *n.Attr.(*op.Pool2D)
			a.StrideH++
			n.Attr = &a
		}, []compare.Difference{
			{0, "operator", "AVERAGE_POOL_2D pool", "version", "0", "3"},
			{0, "operator", "AVERAGE_POOL_2D pool", "attributes", "", ""},
		}},
		{"renamed", func(m *ir.Model) { find(m, "pool").Name = "other" },
			[]compare.Difference{{0, "tensor", "other", "renamed", "pool", "other"}}},
		{"parameters", func(m *ir.Model) { find(m, "pool").Quant = quant.PerTensor(0.5, 3) },
			[]compare.Difference{{0, "tensor", "pool", "parameters", "none", "scale 0.5, zero point 3"}}},
		{"node added", func(m *ir.Model) {
			g := m.Graphs[0]
			y := g.Add(&ir.Value{Name: "extra", Type: find(m, "pool").Type})
			g.Nodes = slices.Insert(g.Nodes, 3, &ir.Node{Op: "RELU", Inputs: []*ir.Value{find(m, "pool")}, Outputs: []*ir.Value{y}})
		}, []compare.Difference{
			{0, "operator", "RELU extra", "added", "", ""},
			{0, "tensor", "extra", "added", "", "f32"},
		}},
		{"signature", func(m *ir.Model) { m.Signatures[0].Key = "other" },
			[]compare.Difference{{-1, "signature", "serving_default", "removed", "", ""}, {-1, "signature", "other", "added", "", ""}}},
		{"description", func(m *ir.Model) { m.Description = "text" },
			[]compare.Difference{{-1, "metadata", "description", "content", "", "text"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := testmodel.Conv(), testmodel.Conv()
			c.change(b)
			got := compare.Models(a, b)
			for i := range got { // long texts are compared where they matter
				switch got[i].What {
				case "attributes":
					got[i].A, got[i].B = "", ""
				case "added":
					if got[i].Kind == "tensor" {
						got[i].B = "f32"
					}
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestModelsCountsSteps changes elements of constants.
func TestModelsCountsSteps(t *testing.T) {
	build := func(values ...int8) *ir.Model {
		g := &ir.Graph{}
		g.AddConst("w", tensor.Of(tensor.Int8, tensor.Shape{len(values)}, values))
		return &ir.Model{Graphs: []*ir.Graph{g}}
	}
	got := compare.Models(build(1, 2, 3), build(1, 4, -2))
	want := []compare.Difference{{0, "tensor", "w", "content", "", "2 of 3 elements differ, by 5 steps at most"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

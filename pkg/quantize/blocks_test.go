package quantize_test

import (
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestBlocksOfFewRows keeps weights float whose rows LiteRT's kernel for blocks leaves out.
func TestBlocksOfFewRows(t *testing.T) {
	for rows, blocked := range map[int]bool{1: false, 3: false, 4: true} {
		g := &ir.Graph{}
		x := g.Add(&ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, 64}}})
		w := g.AddConst("w", tensor.F32(tensor.Shape{rows, 64}, make([]float32, rows*64)...))
		y := g.Add(&ir.Value{Name: "y", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, rows}}})
		g.Inputs, g.Outputs = []*ir.Value{x}, []*ir.Value{y}
		g.Nodes = []*ir.Node{{Op: "FULLY_CONNECTED", Attr: &op.FullyConnected{}, Inputs: []*ir.Value{x, w}, Outputs: []*ir.Value{y}}}
		q, report, err := quantize.Run(&ir.Model{Graphs: []*ir.Graph{g}}, &calib.Stats{}, quantize.Options{Scheme: quantize.WeightOnly, Bits: 4, Block: 32})
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Graphs[0].Nodes[0].Inputs[1]; (got.Blocks != nil) != blocked {
			t.Errorf("%d rows are stored as %v, in blocks: %v", rows, got.Type, got.Blocks != nil)
		}
		if blocked {
			continue
		}
		if len(report.Float) != 1 || !strings.Contains(report.Float[0].Reason, "less than 4 rows") {
			t.Errorf("%d rows: reported %+v", rows, report.Float)
		}
	}
}

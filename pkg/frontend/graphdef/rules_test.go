package graphdef

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// plumbing lists the operators that rules need for types and shapes that are not the usual ones.
var plumbing = []string{"CAST", "BITCAST", "SHAPE", "BROADCAST_ARGS", "BROADCAST_TO", "STRIDED_SLICE", "PACK", "RESHAPE"}

// TestRulesRefuseWhatTheyDontTake gives every operator operands that it is not made for: a rule either emits a valid graph or says why not.
func TestRulesRefuseWhatTheyDontTake(t *testing.T) {
	testRules(t, unaries, binaries, trigonometry, comparisons, selections, bitwises, casts, complexes, reductions, searches, gradients, scans, segments, transforms, specials, randoms,
		stateless)
	testRules(t, reshapes, shapes, transposes, concats, splits, slicings, paddings, tiles, gathers, fills, scatters, reversals, uniques, matrices, spaces, images, suppressions,
		fakeQuants)
}

func testRules(t *testing.T, families ...[]Op) {
	t.Helper()
	types := []tensor.DType{f32, i32, i64, tensor.Float64, tensor.Float16, tensor.BFloat16, tensor.UInt8, tensor.UInt32, tensor.UInt64, tensor.Bool, tensor.Complex64, tensor.String}
	shapes := []tensor.Shape{{}, {1}, {3}, {0}, {-1}, {2, 3}, {-1, 3}, {2, -1, 3}, {1, 2, 1, 2, 1, 2, 1, 3}}
	r := rand.New(rand.NewPCG(1, 2))
	emitted := 0
	for _, family := range families {
		for _, o := range family {
			for range 60 {
				n := r.IntN(5)
				var in []ir.Type
				var list []tfpb.NodeDef
				var operands []string
				d := types[r.IntN(len(types))]
				for i := range n {
					if r.IntN(4) == 0 {
						name := fmt.Sprintf("c%d", i)
						shape := shapes[r.IntN(4)]
						values := make([]int32, shape.Elements())
						for k := range values {
							values[k] = int32(r.IntN(9) - 3)
						}
						list = append(list, constant(name, tensor.I32(shape, values...)))
						operands = append(operands, name)
						continue
					}
					if r.IntN(3) == 0 {
						d = types[r.IntN(len(types))]
					}
					operands = append(operands, fmt.Sprintf("x%d", len(in)))
					in = append(in, ir.Type{DType: d, Shape: shapes[r.IntN(len(shapes))]})
				}
				call := node(fmt.Sprintf("y = %s(%s)", o.Name, strings.Join(operands, ", ")))
				func() {
					defer func() {
						if p := recover(); p != nil {
							t.Errorf("%s of %v: panic: %v", call.Op, in, p)
						}
					}()
					m, err := imported(in, append(list, call)...)
					if err == nil {
						emitted++
						for _, n := range m.Graphs[0].Nodes {
							if !slices.Contains(strings.Fields(o.To), n.Op) && !slices.Contains(plumbing, n.Op) {
								t.Errorf("%s of %v becomes %s, which its row does not list", o.Name, in, n.Op)
							}
						}
					} else if strings.HasPrefix(err.Error(), `graph 0 "main"`) {
						t.Errorf("%s of %v: %v", call.Op, in, err)
					}
				}()
			}
		}
	}
	if emitted < 100 {
		t.Errorf("only %d of the nodes are valid", emitted)
	}
}

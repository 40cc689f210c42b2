package exec_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// TestPairs compares pairs of nodes that are computed at once with what an observer is shown of each, and wants none where something else needs what is between them.
func TestPairs(t *testing.T) {
	for _, c := range []struct {
		name, nodes string
		pairs       int
	}{
		{"product", `%1 "s" f32[1,%[1]d] = LOGISTIC(%0)
			%2 "y" f32[1,%[1]d] = MUL(%0, %1)
			return %2`, 1},
		{"the other way round", `%1 "s" f32[1,%[1]d] = LOGISTIC(%0)
			%2 "y" f32[1,%[1]d] = MUL(%1, %0)
			return %2`, 1},
		{"twice", `%1 "s" f32[1,%[1]d] = LOGISTIC(%0)
			%2 "y" f32[1,%[1]d] = MUL(%0, %1)
			%3 "s2" f32[1,%[1]d] = LOGISTIC(%2)
			%4 "y2" f32[1,%[1]d] = MUL(%2, %3)
			%5 "z" f32[1,%[1]d] = ADD(%4, %2)
			return %5`, 2},
		{"of a negation, whose memory is free then", `%1 "n" f32[1,%[1]d] = NEG(%0)
			%2 "s" f32[1,%[1]d] = LOGISTIC(%1)
			%3 "y" f32[1,%[1]d] = MUL(%1, %2)
			return %3`, 1},
		{"returned", `%1 "s" f32[1,%[1]d] = LOGISTIC(%0)
			%2 "y" f32[1,%[1]d] = MUL(%0, %1)
			return %2, %1`, 0},
		{"read again", `%1 "s" f32[1,%[1]d] = LOGISTIC(%0)
			%2 "y" f32[1,%[1]d] = MUL(%0, %1)
			%3 "z" f32[1,%[1]d] = ADD(%2, %1)
			return %3`, 0},
		{"square", `%1 "s" f32[1,%[1]d] = LOGISTIC(%0)
			%2 "y" f32[1,%[1]d] = MUL(%1, %1)
			return %2`, 0},
		{"of another", `%1 "n" f32[1,%[1]d] = NEG(%0)
			%2 "s" f32[1,%[1]d] = LOGISTIC(%1)
			%3 "y" f32[1,%[1]d] = MUL(%0, %2)
			return %3`, 0},
		{"limited", `%1 "s" f32[1,%[1]d] = LOGISTIC(%0)
			%2 "y" f32[1,%[1]d] = MUL(%0, %1) {activation=RELU6}
			return %2`, 0},
	} {
		for _, n := range []int{1, 5, 2048, 5000} {
			t.Run(fmt.Sprint(c.name, n), func(t *testing.T) {
				m, err := ir.Parse(fmt.Sprintf("graph \"main\" {\n%%0 = input \"x\" f32[1,%[1]d]\n"+percents(c.nodes)+"\n}", n), op.Set)
				if err != nil {
					t.Fatal(err)
				}
				x := tensor.New(tensor.Float32, tensor.Shape{1, n})
				for i := range n {
					tensor.View[float32](x)[i] = float32(i%801)/50 - 8
				}
				if n > 2100 {
					copy(tensor.View[float32](x)[2040:], []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, 1e38, -1e38})
				}
				pairs := 0
				p, err := exec.Compile(m, 0, exec.Options{Set: counted(&pairs)})
				if err != nil {
					t.Fatal(err)
				}
				s := p.NewSession()
				in := []*tensor.Tensor{x}
				want, got := newPlain(t), newRecording(t, p)
				shown := copied(t)(s.Run(in, want))
				if pairs > 0 {
					t.Error("what an observer wants to see was not stored")
				}
				if recorded := copied(t)(s.Record(in, got)); !slices.EqualFunc(recorded, shown, bytes.Equal) {
					t.Error("the results differ while ranges are recorded")
				}
				if pairs != c.pairs {
					t.Errorf("%d pairs, want %d", pairs, c.pairs)
				}
				if run := copied(t)(s.Run(in, nil)); !slices.EqualFunc(run, shown, bytes.Equal) {
					t.Error("the results differ while nothing is recorded")
				}
				got.equal(want)
			})
		}
	}
}

// percents doubles the signs of values, which a format would take for its own.
func percents(nodes string) string {
	var all []byte
	for i := range len(nodes) {
		all = append(all, nodes[i])
		if nodes[i] == '%' && nodes[i+1] != '[' {
			all = append(all, '%')
		}
	}
	return string(all)
}

// counted returns the set of operators with pairs that count how often they are computed.
func counted(pairs *int) *op.OpSet {
	var ops []op.Op
	for _, name := range op.Set.Names() {
		o := *op.Set.Lookup(name)
		if pair := o.Pair; pair != nil {
			o.Pair = func(first, second *ir.Node) op.PairKernel {
				run := pair(first, second)
				if run == nil {
					return nil
				}
				return func(first, second *op.Call) error {
					*pairs++
					return run(first, second)
				}
			}
		}
		ops = append(ops, o)
	}
	return op.NewSet(ops)
}

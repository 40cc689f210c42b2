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

// einsum is the definition: for each combination of indices the product of the operands' elements, added to the result's.
func einsum(equation string, operands []*tensor.Tensor) *tensor.Tensor {
	left, right, _ := strings.Cut(equation, "->")
	subscripts := strings.Split(left, ",")
	size := map[rune]int{}
	dots := "" // stand for the ellipsis
	for i, s := range subscripts {
		if n := len(operands[i].Shape) - len(strings.ReplaceAll(s, "...", "")); n > len(dots) {
			dots = "012345"[6-n:]
		}
	}
	for i, s := range subscripts {
		n := len(operands[i].Shape) - len(strings.ReplaceAll(s, "...", ""))
		subscripts[i] = strings.ReplaceAll(s, "...", dots[len(dots)-n:])
		for j, l := range subscripts[i] {
			size[l] = max(size[l], operands[i].Shape[j])
		}
	}
	right = strings.ReplaceAll(right, "...", dots)
	shape := tensor.Shape{}
	for _, l := range right {
		shape = append(shape, size[l])
	}
	var labels []rune
	for l := range size {
		labels = append(labels, l)
	}
	slices.Sort(labels)
	sums := make([]float64, shape.Elements())
	index := map[rune]int{}
	var walk func(k int)
	walk = func(k int) {
		if k < len(labels) {
			for i := range size[labels[k]] {
				index[labels[k]] = i
				walk(k + 1)
			}
			return
		}
		at := 0
		for i, l := range []rune(right) {
			at = at*shape[i] + index[l]
		}
		product := 1.0
		for i, s := range subscripts {
			off := 0
			for j, l := range []rune(s) {
				off = off*operands[i].Shape[j] + min(index[l], operands[i].Shape[j]-1)
			}
			product *= float64(tensor.View[float32](operands[i])[off])
		}
		sums[at] += product
	}
	walk(0)
	out := tensor.New(f32, shape)
	for i, x := range sums {
		tensor.View[float32](out)[i] = float32(x)
	}
	return out
}

func TestEinsum(t *testing.T) {
	sizes := map[rune]int{'a': 2, 'b': 3, 'c': 4, 'd': 5, 'e': 2, 'f': 3}
	for _, equation := range []string{
		"ab->ba", "abc->b", "aa->a", "aab->b", "baca->cb", "aaa->a", "ab->ab", "ab->", "a->a",
		"ab,bc->ac", "ab,cb->ac", "ba,bc->ac", "ba,cb->ac", "ab,bc->ca", "ba,cb->ca", "ab,b->a", "a,ab->b", "a,a->", "a,b->ab", "a,b->ba", ",ab->ba",
		"abc,acd->abd", "abc,adc->abd", "acb,acd->abd", "acb,adc->abd", "abc,cde->abde", "abde,cde->abc", "abcd,aecd->acbe", "acbe,aecd->abcd", "abcd,aebd->abce",
		"abc,dc->abd", "abcd,cdef->abef", "ab,ab->a", "ab,ab->ab", "ab,ab->", "abc,abc->b", "ab,bcd->acd", "ab,bcd->dca", "ab,bc->a", "ab,bc->", "abc,abd->abcd",
		"abcd,abde->ecab", "abcdef,fa->ebcd", "bbc,cd->bd", "fabcd,fabec->fabed", "fabcd,fabec->edbaf",
		"ab,bc,cd->ad", "ab,ac,ad->bcd", "ab,bc,c->a", "a,b,c->cab",
	} {
		t.Run(equation, func(t *testing.T) { testEinsum(t, equation, sizes, nil) })
	}
}

func TestEinsumEllipsis(t *testing.T) {
	for _, c := range []struct {
		equation string
		shapes   []tensor.Shape
	}{
		{"...ab,bc->...ac", []tensor.Shape{{3, 2, 4}, {4, 5}}},
		{"...ab,bc->...ac", []tensor.Shape{{6, 3, 2, 4}, {4, 5}}},
		{"...ab,bc->...ac", []tensor.Shape{{2, 4}, {4, 5}}},
		{"...ab,...bc->...ac", []tensor.Shape{{6, 1, 2, 4}, {3, 4, 5}}},
		{"...ab,...bc->...ac", []tensor.Shape{{3, 2, 4}, {6, 3, 4, 5}}},
		{"...ab,...bc->ac...", []tensor.Shape{{3, 2, 4}, {3, 4, 5}}},
		{"d...ab,dbc->d...ac", []tensor.Shape{{2, 3, 2, 4}, {2, 4, 5}}},
		{"...b,bc->...c", []tensor.Shape{{2, 3, 4}, {4, 5}}},
		{"...b,bc->...c", []tensor.Shape{{4}, {4, 5}}},
		{"...,...->...", []tensor.Shape{{2, 3}, {3}}},
		{"a...b->b...a", []tensor.Shape{{2, 3, 4}}},
		{"...a,...a->...", []tensor.Shape{{2, 1, 4}, {3, 4}}},
		{"ab...,b->a...", []tensor.Shape{{2, 3, 4, 5}, {3}}},
	} {
		t.Run(fmt.Sprint(c.equation, c.shapes), func(t *testing.T) { testEinsum(t, c.equation, nil, c.shapes) })
	}
}

// testEinsum compares an equation with its definition: operands that are inputs, also with an open dimension, and constants.
func testEinsum(t *testing.T, equation string, sizes map[rune]int, shapes []tensor.Shape) {
	left, _, _ := strings.Cut(equation, "->")
	var operands []*tensor.Tensor
	r := rand.New(rand.NewPCG(1, 2))
	for i, s := range strings.Split(left, ",") {
		var shape tensor.Shape
		if shapes != nil {
			shape = shapes[i]
		}
		for _, l := range s {
			if shapes == nil {
				shape = append(shape, sizes[l])
			}
		}
		operands = append(operands, noise(r, shape...))
	}
	want := einsum(equation, operands)
	for constants := range 1 << len(operands) {
		for _, open := range []bool{false, true} {
			nodes := []tfpb.NodeDef{attrs(node("y = Einsum()"), "equation", equation)}
			var types []ir.Type
			var inputs []*tensor.Tensor
			for i, x := range operands {
				if constants>>i&1 == 1 {
					nodes = append(nodes, constant(fmt.Sprintf("c%d", i), x))
					nodes[0].Input = append(nodes[0].Input, fmt.Sprintf("c%d", i))
					continue
				}
				nodes[0].Input = append(nodes[0].Input, fmt.Sprintf("x%d", len(inputs)))
				typ := ir.Type{DType: f32, Shape: x.Shape.Clone()}
				if open && batch(left, i, constants) {
					typ.Shape[0] = -1
				}
				types, inputs = append(types, typ), append(inputs, x)
			}
			m, err := imported(types, nodes...)
			if err != nil {
				t.Fatalf("constants %b, open %v: %v", constants, open, err)
			}
			near(t, want, run(t, m, inputs...))
		}
	}
}

// batch reports whether the first dimension of operand i may stay open: whether its label is found in front only, and in no constant.
func batch(left string, i, constants int) bool {
	subscripts := strings.Split(left, ",")
	if subscripts[i] == "" || subscripts[i][0] == '.' {
		return false
	}
	for j, s := range subscripts {
		if at := strings.IndexByte(s, subscripts[i][0]); at > 0 || at == 0 && constants>>j&1 == 1 || strings.LastIndexByte(s, subscripts[i][0]) > 0 {
			return false
		}
	}
	return true
}

// TestEinsumIsShort counts the operators that common equations take.
func TestEinsumIsShort(t *testing.T) {
	for equation, want := range map[string]string{
		"ab,bc->ac":       "BATCH_MATMUL",
		"ab,cb->ac":       "BATCH_MATMUL",
		"ab,bc->ca":       "BATCH_MATMUL",
		"abc,cd->abd":     "BATCH_MATMUL",
		"...ab,bc->...ac": "BATCH_MATMUL",
		"abcd,abed->abce": "BATCH_MATMUL",
		"btnh,bsnh->bnts": "TRANSPOSE TRANSPOSE BATCH_MATMUL",
		"ab,ab->ab":       "MUL",
		"ab,ab->a":        "MUL SUM",
		"abc,cde->abde":   "RESHAPE BATCH_MATMUL RESHAPE",
	} {
		left, _, _ := strings.Cut(strings.ReplaceAll(equation, "...", "z"), "->")
		nodes := []tfpb.NodeDef{attrs(node("y = Einsum(x0, x1)"), "equation", equation)}
		var types []ir.Type
		for s := range strings.SplitSeq(left, ",") {
			types = append(types, ir.Type{DType: f32, Shape: slices.Repeat([]int{2}, len(s))})
		}
		m, err := imported(types, nodes...)
		if err != nil {
			t.Errorf("%s: %v", equation, err)
			continue
		}
		var ops []string
		for _, n := range m.Graphs[0].Nodes {
			ops = append(ops, n.Op)
		}
		if got := strings.Join(ops, " "); got != want {
			t.Errorf("%s becomes %s, want %s", equation, got, want)
		}
	}
}

func TestEinsumRefusals(t *testing.T) {
	for equation, want := range map[string]string{
		"ab,bc":      "equation",
		"ab->a":      "for 2 operands",
		"ab,bc->aac": "repeats a dimension",
		"ab,bc->ad":  "that no operand has",
		"abc,bc->a":  "for an operand of shape",
		"ab,1c->ac":  "equation",
	} {
		shape := ir.Type{DType: f32, Shape: tensor.Shape{2, 2}}
		_, err := imported([]ir.Type{shape, shape}, attrs(node("y = Einsum(x0, x1)"), "equation", equation))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", equation, err, want)
		}
	}
}

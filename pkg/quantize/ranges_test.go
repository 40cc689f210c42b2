package quantize

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quant"
)

func parse(t *testing.T, text string) *ir.Model {
	t.Helper()
	m, err := ir.Parse(text, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(m, op.Set); err != nil {
		t.Fatal(err)
	}
	return m
}

func statsOf(m *ir.Model, kind calib.Kind) *calib.Stats {
	s := &calib.Stats{Kind: kind}
	for g, graph := range m.Graphs {
		for i, v := range graph.Values {
			if v.Range != nil {
				s.Tensors = append(s.Tensors, calib.Tensor{Key: calib.Key{Subgraph: g, Index: i}, Name: v.Name, Range: *v.Range})
			}
		}
	}
	return s
}

// What LiteRT's planner lets operators overwrite; each was seen in the ranges that TensorFlow 2.21's calibrator recorded.
func TestOverwrites(t *testing.T) {
	for _, c := range []struct {
		name, nodes string
		want        []string
	}{
		{"an operand of the same size", `%3 "a" f32[1,8] = ABS(%0) %4 "b" f32[1,8] = ADD(%3, %1) %5 "c" f32[1,8] = ABS(%4) return %5`, []string{"a"}},
		{"the second operand where the first is used again", `%3 "a" f32[1,8] = ABS(%0) %4 "b" f32[1,8] = EXP(%0) %5 "c" f32[1,8] = MUL(%4, %3)
			%6 "d" f32[1,8] = ABS(%5) return %6, %4`, []string{"a"}},
		{"SOFTMAX and DYNAMIC_UPDATE_SLICE", `%3 "a" f32[1,8] = ABS(%0) %4 "b" f32[1,8] = SOFTMAX(%3) %5 "c" f32[1,8] = DYNAMIC_UPDATE_SLICE(%4, %1, %2)
			%6 "d" f32[1,8] = ABS(%5) return %6`, []string{"a", "b"}},
		{"what RESHAPE shares", `%3 "a" f32[1,8] = ABS(%0) %4 "r" f32[1,8] = RESHAPE(%3, %2) %5 "b" f32[1,8] = ADD(%4, %1) %6 "c" f32[1,8] = ABS(%5) return %6`, []string{"r"}},
		{"not what RESHAPE shares with a later reader", `%3 "a" f32[1,8] = ABS(%0) %4 "r" f32[1,8] = RESHAPE(%3, %2) %5 "b" f32[1,8] = ADD(%4, %1)
			%6 "c" f32[1,8] = ABS(%5) %7 "d" f32[1,8] = EXP(%3) return %6, %7`, nil},
		{"not an input, nor for an output", `%3 "a" f32[1,8] = ADD(%0, %1) %4 "b" f32[1,8] = ABS(%3) %5 "c" f32[1,8] = SUB(%4, %1) return %5`, nil},
		{"not an operand that grows", `%3 "a" f32[1,1] = ABS(%8) %4 "b" f32[1,8] = ADD(%3, %1) %5 "c" f32[1,8] = ABS(%4) return %5`, nil},
		{"not one element", `%3 "a" f32[1,1] = ABS(%8) %4 "b" f32[1,1] = ADD(%3, %8) %5 "c" f32[1,1] = ABS(%4) return %5`, nil},
		{"not by other operators", `%3 "a" f32[1,8] = ABS(%0) %4 "b" f32[1,8] = SQUARED_DIFFERENCE(%3, %1) %5 "c" f32[1,8] = MAXIMUM(%4, %1)
			%6 "d" f32[1,8] = LOGISTIC(%5) return %6`, nil},
	} {
		m := parse(t, `graph "main" { %0 = input "x" f32[1,8] %8 = input "y" f32[1,1] %1 = const "c" f32[1,8] = splat 2 %2 = const "s" i32[2] = [1 8] `+c.nodes+` }`)
		var got []string
		for _, o := range overwrites(m.Graphs[0]) {
			got = append(got, o.operand.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

const twoGraphs = `graph "main" {
  %0 = input "x" f32[1,8] range(-1 1)
  %1 = const "c" f32[8] = [1 2 3 4 5 6 7 8]
  %2 "a" f32[1,8] range(0 1) = ABS(%0)
  %3 "b" f32[1,8] range(1 9) = ADD(%2, %1)
  %4 "d" f32[1,8] range(1 9) = ABS(%3)
  return %4
}
graph "other" {
  %0 = input "x" f32[1,8] range(-1 1)
  %1 "a" f32[1,8] range(0 1) = ABS(%0)
  return %1
}`

// The union with what overwrites an operand belongs to TFLiteConverter's rules and true ranges alone.
func TestReadRanges(t *testing.T) {
	m := parse(t, twoGraphs)
	a := m.Graphs[0].Values[2]
	for _, c := range []struct {
		compat Compat
		kind   calib.Kind
		hi     float32
		other  int
		note   string
	}{
		{TFLite, calib.True, 9, 0, "widened"},
		{TFLite, calib.TFLiteCalibrator, 1, 2, ""},
		{Default, calib.True, 1, 2, ""},
		{Default, calib.TFLiteCalibrator, 1, 2, "TensorFlow's calibrator"},
	} {
		ranges, notes, err := readRanges(m, statsOf(m, c.kind), c.compat)
		if err != nil {
			t.Fatal(err)
		}
		if got := ranges[0][a]; got != (stat{0, c.hi}) || len(ranges[1]) != c.other {
			t.Errorf("%v with %s ranges: %v, %d ranges in the other graph; want up to %v, %d", c.compat, c.kind, got, len(ranges[1]), c.hi, c.other)
		}
		if text := strings.Join(notes, "\n"); (c.note == "") != (text == "") || !strings.Contains(text, c.note) {
			t.Errorf("%v with %s ranges: notes %q, want %q in it", c.compat, c.kind, text, c.note)
		}
	}
}

func TestReadRangesRefuses(t *testing.T) {
	m := parse(t, twoGraphs)
	inf := float32(math.Inf(1))
	s := &calib.Stats{Kind: calib.True, Tensors: []calib.Tensor{
		{Key: calib.Key{Index: 0}, Range: quant.Range{Min: -1, Max: inf}},
		{Key: calib.Key{Index: 2}, Range: quant.EmptyRange()},
		{Key: calib.Key{Index: 3}, Range: quant.Range{Min: 0, Max: 1}},
	}}
	ranges, notes, err := readRanges(m, s, Default)
	if err != nil || len(ranges[0]) != 1 || len(notes) != 2 {
		t.Errorf("infinite and empty ranges: %v, %q, %v; want one range and two notes", ranges[0], notes, err)
	}
	for _, k := range []calib.Key{{Subgraph: 2}, {Subgraph: -1}, {Index: 5}, {Index: -1}} {
		if _, _, err := readRanges(m, &calib.Stats{Tensors: []calib.Tensor{{Key: k}}}, Default); err == nil {
			t.Errorf("a range of %+v, which does not exist, is accepted", k)
		}
	}
}

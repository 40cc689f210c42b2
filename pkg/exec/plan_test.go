package exec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// TestLastReaderOverwrites wants results over operands that are read for the last time, however often they were read before, and over no others.
func TestLastReaderOverwrites(t *testing.T) {
	m, err := ir.Parse(`graph "main" {
		%0 = input "x" f32[1,4]
		%1 "n" f32[1,4] = NEG(%0)
		%2 "s" f32[1,4] = LOGISTIC(%1)
		%3 "swish" f32[1,4] = MUL(%1, %2)
		%4 "a" f32[1,4] = ADD(%3, %0)
		%5 "b" f32[1,4] = ADD(%4, %3)
		return %5
	}`, op.Set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(m, 0, Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for _, s := range p.plans[0].slots {
		at[s.value.Name] = s.offset
	}
	if at["swish"] != at["n"] || at["s"] == at["n"] {
		t.Errorf("swish lies at %d, its operand at %d, and its logistic function at %d", at["swish"], at["n"], at["s"])
	}
	if at["a"] == at["swish"] || at["b"] != at["a"] {
		t.Errorf("the first sum lies at %d, its operand, which is read again, at %d, the second sum at %d", at["a"], at["swish"], at["b"])
	}
}

// TestChainUp wants a chain where each value alone is read by the next node and is large, and its result apart from its operand, which is read to the end.
func TestChainUp(t *testing.T) {
	const text = `graph "main" {
		%%0 = input "x" f32[1,ROWS,64,8]
		%%1 = const "w" f32[48,1,1,8] = splat 1
		%%2 = const "d" f32[1,3,3,48] = splat 1
		%%3 = const "v" f32[8,1,1,48] = splat 1
		%%4 "n" f32[1,ROWS,64,8] = NEG(%%0)
		%%5 "wide" f32[1,ROWS,64,48] = CONV_2D(%%4, %%1) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1}
		%%6 "deep" f32[1,ROWS,64,48] = DEPTHWISE_CONV_2D(%%5, %%2) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1}
		%%7 "narrow" f32[1,ROWS,64,8] = CONV_2D(%%6, %%3) {padding=SAME, stride_h=1, stride_w=1, dilation_h=1, dilation_w=1}
		%%8 "y" f32[1,ROWS,64,8] = NEG(%%7)
		return %%8%s
	}`
	for _, c := range []struct {
		name, rows, more string
		chained          int
	}{{"all", "64", "", 3}, {"one is returned", "64", ", %6", 2}, {"small", "32", "", 0}} {
		t.Run(c.name, func(t *testing.T) {
			m, err := ir.Parse(strings.ReplaceAll(fmt.Sprintf(text, c.more), "ROWS", c.rows), op.Set)
			if err != nil {
				t.Fatal(err)
			}
			program, err := Compile(m, 0, Options{})
			if err != nil {
				t.Fatal(err)
			}
			p := program.plans[0]
			first := &p.steps[1]
			if first.chained != c.chained || (first.chain != nil) != (c.chained > 0) {
				t.Fatalf("%d nodes are chained, want %d", first.chained, c.chained)
			}
			if c.chained == 0 {
				return
			}
			in, out := &p.slots[first.in[0]], &p.slots[p.steps[c.chained].out[0]]
			size := func(s *slot) int { return s.static.DType.Bytes(s.static.Elements()) }
			if in.offset < out.offset+size(out) && out.offset < in.offset+size(in) {
				t.Errorf("the chain's operand, from %d on, and its result, from %d on, overlap", in.offset, out.offset)
			}
			if session, _ := program.Memory(); session < int64(p.arena+4*p.between) {
				t.Errorf("a session takes %d bytes without what lies within the chain", session)
			}
		})
	}
}

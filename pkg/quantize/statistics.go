package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/quant"
)

// keepsState names operators that stay although nothing reads their results.
var keepsState = map[string]bool{
	"ASSIGN_VARIABLE": true, "BIDIRECTIONAL_SEQUENCE_LSTM": true, "BIDIRECTIONAL_SEQUENCE_RNN": true, "CALL": true, "CALL_ONCE": true,
	"CUSTOM": true, "HASHTABLE": true, "HASHTABLE_FIND": true, "HASHTABLE_IMPORT": true, "HASHTABLE_SIZE": true, "IF": true,
	"LSTM": true, "MULTINOMIAL": true, "RANDOM_STANDARD_NORMAL": true, "RANDOM_UNIFORM": true, "READ_VARIABLE": true, "RNN": true,
	"SVDF": true, "UNIDIRECTIONAL_SEQUENCE_LSTM": true, "UNIDIRECTIONAL_SEQUENCE_RNN": true, "VAR_HANDLE": true, "WHILE": true,
}

// dropStatistics forgets the ranges that another value decides, as TFLiteConverter does: those of fixed results; those of results that share
// their only operand's parameters; and, from each range that stays back through operators that share, those of the operands. An
// operator that shares and has several float operands therefore keeps the result's range, and its operands lose theirs.
func (g *graph) dropStatistics() {
	g.dropQuantizedStatistics()
	gone := map[*value]bool{}
	for _, v := range g.values() {
		if v.stat == nil || v.made == nil {
			continue
		}
		if g.fixed(v.made) != nil || g.shares(v.made) && floatOperands(v.made) == 1 && slices.ContainsFunc(v.made.inputs, hasStat) {
			gone[v] = true
		}
	}
	var work []*value
	seen := map[*value]bool{}
	for _, v := range g.values() {
		if v.stat != nil && !gone[v] {
			work, seen[v] = append(work, v), true
		}
	}
	for len(work) > 0 {
		v := work[len(work)-1]
		work = work[:len(work)-1]
		if v.made == nil || !g.shares(v.made) {
			continue
		}
		for _, w := range v.made.inputs {
			if hasStat(w) {
				gone[w] = true
				if !seen[w] {
					work, seen[w] = append(work, w), true
				}
			}
		}
	}
	for _, v := range g.values() {
		if gone[v] {
			v.stat = nil
			slices.Reverse(v.uses)
		}
	}
}

// dropQuantizedStatistics forgets the ranges of values that the source quantizes itself.
func (g *graph) dropQuantizedStatistics() {
	for _, v := range g.values() {
		if slices.ContainsFunc(v.uses, func(u use) bool { return u.by.is("QUANTIZE") }) {
			v.stat = nil
		}
	}
}

func hasStat(v *value) bool { return v != nil && v.stat != nil }

func floatOperands(o *operation) int {
	n := 0
	for _, v := range o.inputs {
		if v != nil && v.float {
			n++
		}
	}
	return n
}

// dropDead removes operations without used results, and the ranges of values that nothing uses.
func (g *graph) dropDead() {
	for o := g.last; o != nil; {
		prev := o.prev
		if o.dead() {
			g.erase(o)
		}
		o = prev
	}
	for _, v := range g.values() {
		if len(v.uses) == 0 {
			v.stat = nil
		}
	}
}

// dead reports whether o could go: it has results, nobody reads them, and it keeps no state.
func (o *operation) dead() bool {
	used := func(v *value) bool { return len(v.uses) > 0 }
	return len(o.outputs) > 0 && !keepsState[o.name] && !slices.ContainsFunc(o.outputs, used)
}

// pairTypes puts a pair of QUANTIZE and DEQUANTIZE behind each value for which typeOf has a type.
func (g *graph) pairTypes(typeOf func(v *value) *quant.Type) {
	for o := g.first; o.is(constant); o = o.next {
		slices.Reverse(o.outputs[0].uses)
	}
	var behind, last *operation // the pairs of graph inputs, and of one operation's results, stay in the values' order
	for _, v := range g.values() {
		t := typeOf(v)
		if t == nil {
			continue
		}
		if v.made != nil && v.made != last {
			behind = nil
		}
		last = v.made
		at := v.made
		if behind != nil {
			at = behind
		}
		q := g.insertPair(v, t, at)
		if v.made == nil || len(v.made.outputs) > 1 {
			behind = q.next
		}
	}
}

// observed is the type that a value's range asks for, nil if it has none.
func observed(v *value) *quant.Type {
	if v.stat == nil {
		return nil
	}
	return quant.Activation(v.stat.lo, v.stat.hi)
}

// insertPair puts QUANTIZE and DEQUANTIZE behind at, in front of all uses of v, and returns the former.
func (g *graph) insertPair(v *value, t *quant.Type, at *operation) *operation {
	qv, dv := v.derived(t), v.derived(nil)
	v.replace(dv)
	q := newOperation("QUANTIZE", []*value{v}, []*value{qv})
	q.volatile = true
	d := newOperation("DEQUANTIZE", []*value{qv}, []*value{dv})
	g.insertAfter(at, q)
	g.insertAfter(q, d)
	return q
}

package quantize

import (
	"slices"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// rewrite is a change to the graph around one operation of the given name. It reports whether it applied.
type rewrite struct {
	op    string
	apply func(g *graph, o *operation) bool
}

// Rewrites by phase, as TensorFlow's optimizer has them behind its quantizer: only those that a file can meet whose maker did not apply them to the float
// model already. Within a phase they run until none applies; an earlier row has the first go.
var (
	// First, reshapes go into fully connected layers before anything moves them.
	mergeReshapes = []rewrite{
		{"FULLY_CONNECTED", dropReshapeBefore},
		{"FULLY_CONNECTED", flattenInput},
		{"RESHAPE", dropReshapeBehind},
		{"RESHAPE", dropReshapesAround},
		{"SQUEEZE", squeezeFirst},
	}
	simplify = []rewrite{
		{"RELU", fuseActivation},
		{"RELU6", fuseActivation},
		{"RELU_N1_TO_1", fuseActivation},
		{"RELU", dropReluOfSquare},
		{"CONV_2D", fusePadding},
		{"DEPTHWISE_CONV_2D", fusePadding},

		{"RESHAPE", plainShape},
		{"PAD", narrow},
		{"SLICE", narrow},
		{"SQUEEZE", squeezeByReshape},
		{"EXPAND_DIMS", expandByReshape},
		{"BROADCAST_TO", becomeReshapeIfSameSize},
		{"PACK", dropPack},
		{"PACK", becomeReshapeIfAlone},
		{"GATHER_ND", dropGather},
		{"GATHER", castLast},
		{"SELECT", simplifySelect},
		{"SELECT_V2", simplifySelect},
		{"RESHAPE", joinReshapes},
		{"TRANSPOSE", dropTranspose},
		{"TRANSPOSE", joinTransposes},
		{"TRANSPOSE", becomeReshapeIfTrivial},
		{"STRIDED_SLICE", becomeSlice},
		{"SLICE", dropSlice},

		{"RESHAPE", keepReducedDims},
		{"MEAN", dropReduction}, {"SUM", dropReduction}, {"REDUCE_MAX", dropReduction}, {"REDUCE_MIN", dropReduction},
		{"REDUCE_PROD", dropReduction}, {"REDUCE_ANY", dropReduction}, {"REDUCE_ALL", dropReduction},
		{"ARG_MAX", dropSoftmax}, {"ARG_MIN", dropSoftmax},
		{"CUMSUM", dropSum},
		{"POW", replacePower},
		{"DIV", becomeSoftmax},
		{"DIV", multiplyByReciprocal},
		{"SOFTMAX", dropMaximum},

		{"BATCH_MATMUL", fuseLeftTranspose},
		{"BATCH_MATMUL", fuseRightTranspose},
		{"TRANSPOSE", fuseTransposeBehind},

		{"ADD", dropTile}, {"SUB", dropTile}, {"MUL", dropTile}, {"DIV", dropTile},
		{"ADD", dropReshapeOfOperand}, {"SUB", dropReshapeOfOperand}, {"MUL", dropReshapeOfOperand}, {"DIV", dropReshapeOfOperand},
		{"ADD", moveBeforeReshapes}, {"SUB", moveBeforeReshapes}, {"MUL", moveBeforeReshapes}, {"DIV", moveBeforeReshapes},
		{"FLOOR_DIV", moveBeforeReshapes}, {"FLOOR_MOD", moveBeforeReshapes}, {"MINIMUM", moveBeforeReshapes}, {"MAXIMUM", moveBeforeReshapes},
		{"LESS", moveBeforeReshapes}, {"LESS_EQUAL", moveBeforeReshapes}, {"GREATER", moveBeforeReshapes}, {"GREATER_EQUAL", moveBeforeReshapes},
		{"CEIL", moveBeforeMove}, {"EXP", moveBeforeMove}, {"FLOOR", moveBeforeMove}, {"NEG", moveBeforeMove}, {"RELU", moveBeforeMove},
		{"RELU_N1_TO_1", moveBeforeMove}, {"RELU6", moveBeforeMove}, {"ROUND", moveBeforeMove}, {"TANH", moveBeforeMove},
		{"SQRT", moveBeforeMove}, {"SQUARE", moveBeforeMove}, {"LOGISTIC", moveBeforeMove},
	}
	mergeAgain = slices.Concat(mergeReshapes[:1], mergeReshapes[2:3], simplify, []rewrite{
		{"CONCATENATION", joinUnpacked},
		{"QUANTIZE", dropRoundTrip},
		{"RESHAPE", moveReshapeBefore},
		{"RESHAPE", keepDimsBefore},
	})
	phases = [][]rewrite{mergeReshapes, simplify, mergeAgain}
)

// optimize simplifies the quantized graph.
func (g *graph) optimize() {
	for _, phase := range phases {
		w := rewriter{graph: g, rows: map[string][]rewrite{}, waiting: map[*operation]bool{}}
		for _, r := range phase {
			w.rows[r.op] = append(w.rows[r.op], r)
		}
		w.run()
	}
	g.sweep()
}

// rewriter applies rewrites with a stack of operations to look at: at first all of them, the last on top, then those around a change.
// Where rewrites compete the order decides, and it is TensorFlow's.
type rewriter struct {
	*graph
	rows    map[string][]rewrite
	stack   []*operation
	waiting map[*operation]bool
}

func (w *rewriter) run() {
	for o := w.first; o != nil; o = o.next {
		w.push(o)
	}
	for len(w.stack) > 0 {
		o := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		delete(w.waiting, o)
		if o.gone || o.is(result) {
			continue
		}
		around := o.neighbours()
		w.added = nil
		switch {
		case o.dead():
			w.erase(o)
		case !w.foldOne(o) && !w.apply(o):
			continue
		}
		w.push(o)
		for _, n := range slices.Concat(w.added, around, o.neighbours()) {
			w.push(n)
		}
	}
}

// push puts o on the stack, unless it is there already.
func (w *rewriter) push(o *operation) {
	if !o.gone && !w.waiting[o] {
		w.stack, w.waiting[o] = append(w.stack, o), true
	}
}

func (w *rewriter) apply(o *operation) bool {
	for _, r := range w.rows[o.name] {
		if r.apply(w.graph, o) {
			return true
		}
	}
	return false
}

// neighbours returns the users of o's results, and then what makes its operands.
func (o *operation) neighbours() []*operation {
	var list []*operation
	for _, v := range o.outputs {
		for _, u := range v.uses {
			list = append(list, u.by)
		}
	}
	for _, v := range o.inputs {
		if v != nil && v.made != nil {
			list = append(list, v.made)
		}
	}
	return list
}

// become makes o another operation with the same result.
func (o *operation) become(name string, attr ir.Attr, inputs ...*value) {
	o.dropInputs()
	o.name, o.attr, o.node, o.inputs = name, attr, nil, nil
	for _, v := range inputs {
		o.addInput(v)
	}
}

// take gives o, which stays where it is in the list, the result of another operation, which is erased.
func (g *graph) take(o, from *operation) {
	o.outputs = from.outputs
	for _, v := range o.outputs {
		v.made = o
	}
	from.outputs = nil
	g.erase(from)
}

// moveTo puts o where another operation is, which gives its result to o and is erased.
func (g *graph) moveTo(o, place *operation) {
	g.unlink(o)
	g.insertBefore(place, o)
	g.take(o, place)
}

// activation returns the activation that is fused into an operator, None for those that have none.
func activation(attr ir.Attr) op.Activation {
	switch a := attr.(type) {
	case *op.Conv2D:
		return a.Activation
	case *op.DepthwiseConv2D:
		return a.Activation
	case *op.FullyConnected:
		return a.Activation
	case *op.Arith:
		return a.Activation
	case *op.Fused:
		return a.Activation
	}
	return op.None
}

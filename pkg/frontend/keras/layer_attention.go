package keras

import (
	"math"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
)

// attentions are the layers that weigh values by how keys match queries.
var attentions = []Layer{
	{Class: "MultiHeadAttention", Call: callMultiHead},
	{Class: "GroupQueryAttention", Call: callGroupQuery},
	{Class: "GroupedQueryAttention", Call: callGroupQuery},
	{Class: "Attention", Call: callAttention},
	{Class: "AdditiveAttention", Call: callAdditive},
}

func (c *Context) einsum(equation string, x, y *ir.Value) *ir.Value {
	return c.TF("Einsum", graphdef.Attrs{"equation": equation, "N": 2}, x, y)
}

// attended returns query, value and key of a call: the key is the value if it is not given.
func (c *Context) attended() (query, value, key *ir.Value) {
	list := c.Ins()
	if len(list) == 1 {
		if v := c.tensors(c.Arg(-1, "value")); len(v) == 1 {
			list = append(list, v[0])
		}
	}
	if len(list) < 2 {
		build.Damaged("is called with %d tensors, not a query and a value", len(list))
	}
	query, value, key = list[0], list[1], list[1]
	if v := c.tensors(c.Arg(-1, "key")); len(v) == 1 {
		key = v[0]
	} else if len(list) > 2 {
		key = list[2]
	}
	rank := c.Rank(query, 3, 6)
	c.Rank(value, rank, rank)
	c.Rank(key, rank, rank)
	return query, value, key
}

// callMultiHead attends with several heads at once, over one axis, between the batch and the features, or several.
func callMultiHead(c *Context) any {
	query, value, key := c.attended()
	rank := len(query.Type.Shape)
	axes := counting(rank - 1)[1:]
	if given := c.Config.ints("attention_axes", 0); len(given) > 0 {
		axes = make([]int, len(given))
		for i, a := range given {
			axes[i] = axis(a, rank)
		}
	}
	bias := c.Config.bool("use_bias", true)
	private := "" // what Keras 2 begins the names of the parts with
	if c.im.keras2 {
		private = "_"
	}
	q := c.projection(private+"query_dense", rank-1, 1, query, bias)
	k := c.projection(private+"key_dense", rank-1, 1, key, bias)
	gate := c.gate(query, bias)
	v := c.projection(private+"value_dense", rank-1, 1, value, bias)
	q = c.mul(q, c.F32(float32(1/math.Sqrt(float64(c.Config.int("key_dim", 1))))))
	match, combine := attentionEquations(rank+1, axes)
	scores := c.attention(c.einsum(match, k, q), len(axes), true)
	y := c.projection(private+"output_dense", rank-1, 2, gate(c.einsum(combine, scores, v)), bias)
	if c.wantsScores() {
		return []any{y, scores}
	}
	return y
}

// letters are the labels of dimensions in equations.
const letters = "abcdefghijklmnopqrstuvwxyz"

// projection multiplies by the kernel, and adds the bias, that a part of the layer keeps: the first dimensions of x stay, as many as bound that follow are summed over, and
// the kernel's others take their place.
func (c *Context) projection(part string, free, bound int, x *ir.Value, bias bool) *ir.Value {
	s := c.store.part(part)
	kernel := s.Var("kernel")
	out := len(kernel.Type.Shape) - bound
	if out < 1 || free+bound+out > len(letters) {
		build.Damaged("weight %q is of shape %v", "kernel", kernel.Type.Shape)
	}
	if bias {
		s.Var("bias") // it comes before the scale
	}
	stay, sum, made := letters[:free], letters[free:free+bound], letters[free+bound:free+bound+out]
	equation := stay + sum + "," + sum + made + "->" + stay + made
	y := c.einsum(equation, x, c.unscaledEinsum(s, kernel, equation))
	if bias {
		y = c.add(y, s.Var("bias"))
	}
	return y
}

// gate returns what an attention with a gate does to its result: it multiplies by the logistic function of another projection of the query.
func (c *Context) gate(query *ir.Value, bias bool) func(*ir.Value) *ir.Value {
	if !c.Config.bool("use_gate", false) {
		return func(y *ir.Value) *ir.Value { return y }
	}
	g := c.TF("Sigmoid", nil, c.projection("_gate_dense", len(query.Type.Shape)-1, 1, query, bias))
	return func(y *ir.Value) *ir.Value { return c.mul(y, g) }
}

// attentionEquations are those of the products of keys and queries, and of scores and values, of the given rank, whose last two dimensions are heads and features:
// scores have all dimensions but the axes and the features, and then the axes of queries and of keys.
func attentionEquations(rank int, axes []int) (match, combine string) {
	var keys, lead, of, by string
	next := rank
	for i := range rank {
		switch {
		case i == rank-1:
			keys += letters[i : i+1]
		case slices.Contains(axes, i):
			keys += letters[next : next+1]
			next++
		default:
			keys += letters[i : i+1]
			lead += letters[i : i+1]
		}
	}
	for _, a := range axes {
		of, by = of+letters[a:a+1], by+keys[a:a+1]
	}
	queries, scores := letters[:rank], lead+of+by
	return keys + "," + queries + "->" + scores, scores + "," + keys + "->" + queries
}

// softmaxOver is the softmax over the last n dimensions together.
func (c *Context) softmaxOver(x *ir.Value, n int) *ir.Value {
	if n == 1 {
		return softmax(c, x, -1)
	}
	dims := c.Dims(x)
	lead := dims[:len(dims)-n]
	flat := c.Reshape(x, append(slices.Clone(lead), build.Dim{Size: -1})...)
	return c.Reshape(softmax(c, flat, -1), dims...)
}

func (c *Context) wantsScores() bool {
	want, _ := c.Arg(-1, "return_attention_scores").(bool)
	return want
}

// callGroupQuery is attention with several heads, of which groups share keys and values.
func callGroupQuery(c *Context) any {
	query, value, key := c.attended()
	bias := c.Config.bool("use_bias", true)
	heads, shared := c.Config.int("num_query_heads", 1), c.Config.int("num_key_value_heads", 1)
	if shared < 1 || heads%shared != 0 {
		build.Damaged("%d heads of queries for %d of keys", heads, shared)
	}
	c.Rank(query, 3, 3)
	q := c.projection("_query_dense", 2, 1, query, bias)
	k := c.projection("_key_dense", 2, 1, key, bias)
	gate := c.gate(query, bias)
	v := c.projection("_value_dense", 2, 1, value, bias)
	if n := heads / shared; n > 1 {
		k, v = c.repeat(k, 2, n), c.repeat(v, 2, n)
	}
	scores := c.mul(c.einsum("bquh,bkuh->buqk", q, k), c.F32(float32(1/math.Sqrt(float64(c.Config.int("head_dim", 1))))))
	scores = c.attention(scores, 1, true)
	y := c.projection("_output_dense", 2, 2, gate(c.einsum("buqk,bkuh->bquh", scores, v)), bias)
	if c.wantsScores() {
		return []any{y, scores}
	}
	return y
}

// callAttention is attention by products, without weights but a scale.
func callAttention(c *Context) any {
	query, value, key := c.attended()
	var scores *ir.Value
	switch mode := c.Config.text("score_mode", "dot"); mode {
	case "dot":
		scores = c.TF("BatchMatMulV2", graphdef.Attrs{"adj_y": true}, query, key)
		if c.Config.bool("use_scale", false) {
			scores = c.mul(scores, c.Var("scale"))
		}
	case "concat":
		var scale *ir.Value
		if c.Config.bool("use_scale", false) {
			scale = c.Var("scale")
		}
		weight := c.Var("concat_score_weight")
		sum := c.add(c.TF("ExpandDims", nil, query, c.I32(2)), c.TF("ExpandDims", nil, key, c.I32(1)))
		if scale != nil {
			sum = c.mul(scale, sum)
		}
		scores = c.mul(weight, c.reduce("Sum", c.TF("Tanh", nil, sum), false, 3))
	default:
		build.Damaged("score_mode %q", mode)
	}
	return c.weigh(scores, value)
}

// callAdditive is attention by sums of queries and keys.
func callAdditive(c *Context) any {
	query, value, key := c.attended()
	sum := c.TF("Tanh", nil, c.add(c.TF("ExpandDims", nil, query, c.I32(2)), c.TF("ExpandDims", nil, key, c.I32(1))))
	if c.Config.bool("use_scale", true) {
		sum = c.mul(c.Var("scale"), sum)
	}
	return c.weigh(c.reduce("Sum", sum, false, 3), value)
}

// weigh returns the mean of the values, weighed by scores.
func (c *Context) weigh(scores, value *ir.Value) any {
	query, _, _ := c.attended()
	c.Rank(query, 3, 3)
	scores = c.attention(scores, 1, false)
	y := c.TF("BatchMatMulV2", nil, scores, value)
	if m := c.stepsMask(0, query); m != nil {
		y = c.mul(y, c.real(c.TF("ExpandDims", nil, m, c.I32(2))))
	}
	if c.wantsScores() {
		return []any{y, scores}
	}
	return y
}

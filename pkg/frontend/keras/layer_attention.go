package keras

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/frontend/graphdef"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// attentions are the layers that weigh values by how keys match queries.
var attentions = []Layer{
	{Class: "MultiHeadAttention", Call: callMultiHead},
	{Class: "GroupQueryAttention", Call: callGroupQuery},
	{Class: "GroupedQueryAttention", Call: callGroupQuery},
	{Class: "Attention", Call: callAttention},
	{Class: "AdditiveAttention", Call: callAdditive},
}

// masked is what Keras adds to scores that a mask leaves out.
const masked = -1e9

func (c *Context) einsum(equation string, x, y *ir.Value) *ir.Value {
	return c.TF("Einsum", graphdef.Attrs{"equation": equation, "N": 2}, x, y)
}

// projection multiplies by the kernel, and adds the bias, that a part of the layer keeps.
func (c *Context) projection(part, equation string, x *ir.Value, bias bool) *ir.Value {
	s := c.store.part(part)
	kernel := s.Var("kernel")
	if bias {
		s.Var("bias") // it comes before the scale
	}
	y := c.einsum(equation, x, c.unscaledEinsum(s, kernel, equation))
	if bias {
		y = c.add(y, s.Var("bias"))
	}
	return y
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
	c.Rank(query, 3, 3)
	c.Rank(value, 3, 3)
	c.Rank(key, 3, 3)
	return query, value, key
}

// mask adds to scores [batch, (heads,) queries, keys] what leaves out keys: those that any mask leaves out, by the same amount, so that a query without any key weighs all
// alike.
func (c *Context) mask(scores *ir.Value) *ir.Value {
	rank := len(scores.Type.Shape)
	var kept *ir.Value // 1 where a key counts, else 0
	keep := func(m *ir.Value) {
		if kept == nil {
			kept = m
		} else {
			kept = c.mul(kept, m)
		}
	}
	if given := c.Arg(-1, "attention_mask"); given != nil {
		list := c.tensors(given)
		if len(list) != 1 {
			build.Refuse("a mask that is no tensor")
		}
		m := c.real(list[0])
		for len(m.Type.Shape) < rank {
			m = c.TF("ExpandDims", nil, m, c.I32(1))
		}
		keep(m)
	}
	for _, key := range []string{"query_mask", "value_mask", "key_mask", "mask"} {
		if c.Arg(-1, key) != nil {
			build.Refuse("the argument %q", key)
		}
	}
	// A step of the values or keys that does not count is left out; in attention with heads, so are those of the queries.
	query, value, key := c.attended()
	steps := func(m *ir.Value, dims ...int) {
		for _, d := range dims {
			m = c.TF("ExpandDims", nil, m, c.I32(d))
		}
		keep(c.real(m))
	}
	if m := c.maskOf(value); m != nil {
		steps(m, repeat(1, rank-2)...)
	}
	if m := c.maskOf(key); m != nil && key != value && rank == 4 {
		steps(m, repeat(1, rank-2)...)
	}
	if m := c.maskOf(query); m != nil && rank == 4 {
		steps(m, 1, 3)
	}
	if causal, _ := c.Arg(-1, "use_causal_mask").(bool); causal || c.Config.bool("causal", false) {
		keep(c.past(scores))
	}
	if kept == nil {
		return scores
	}
	return c.add(scores, c.mul(c.sub(c.F32(1), kept), c.F32(masked)))
}

// past is 1 for the keys up to each query's own position, else 0.
func (c *Context) past(scores *ir.Value) *ir.Value {
	rank := len(scores.Type.Shape)
	q, k := scores.Type.Shape[rank-2], scores.Type.Shape[rank-1]
	if q < 0 || k < 0 || q*k > 1<<24 {
		build.Refuse("a causal mask of %d by %d steps", q, k)
	}
	ones := make([]float32, q*k)
	for i := range q {
		for j := range min(i+1, k) {
			ones[i*k+j] = 1
		}
	}
	return c.Floats(tensor.Shape{q, k}, ones...)
}

// callMultiHead attends with several heads at once.
func callMultiHead(c *Context) any {
	query, value, key := c.attended()
	if a := c.Config.ints("attention_axes", 0); len(a) > 0 && !(len(a) == 1 && (a[0] == 1 || a[0] == -2)) {
		build.Refuse("attention over the axes %v", a)
	}
	bias := c.Config.bool("use_bias", true)
	private := "" // what Keras 2 begins the names of the parts with
	if c.im.keras2 {
		private = "_"
	}
	q := c.projection(private+"query_dense", "abc,cde->abde", query, bias)
	k := c.projection(private+"key_dense", "abc,cde->abde", key, bias)
	v := c.projection(private+"value_dense", "abc,cde->abde", value, bias)
	q = c.mul(q, c.F32(float32(1/math.Sqrt(float64(c.Config.int("key_dim", 1))))))
	scores := softmax(c, c.mask(c.einsum("aecd,abcd->acbe", k, q)), -1)
	y := c.projection(private+"output_dense", "abcd,cde->abe", c.einsum("acbe,aecd->abcd", scores, v), bias)
	if c.wantsScores() {
		return []any{y, scores}
	}
	return y
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
	q := c.projection("_query_dense", "bqm,muh->bquh", query, bias)
	k := c.projection("_key_dense", "bkm,mvh->bkvh", key, bias)
	v := c.projection("_value_dense", "bkm,mvh->bkvh", value, bias)
	if n := heads / shared; n > 1 {
		k, v = c.repeat(k, 2, n), c.repeat(v, 2, n)
	}
	scores := c.mul(c.einsum("bquh,bkuh->buqk", q, k), c.F32(float32(1/math.Sqrt(float64(c.Config.int("head_dim", 1))))))
	scores = softmax(c, c.mask(scores), -1)
	y := c.projection("_output_dense", "bquh,uhm->bqm", c.einsum("buqk,bkuh->bquh", scores, v), bias)
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
	scores = softmax(c, c.mask(scores), -1)
	y := c.TF("BatchMatMulV2", nil, scores, value)
	if query, _, _ := c.attended(); c.maskOf(query) != nil {
		y = c.mul(y, c.real(c.TF("ExpandDims", nil, c.maskOf(query), c.I32(2))))
	}
	if c.wantsScores() {
		return []any{y, scores}
	}
	return y
}

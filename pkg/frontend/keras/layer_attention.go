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
	y := c.einsum(equation, x, s.Var("kernel"))
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

// mask adds to scores [batch, (heads,) queries, keys] what leaves out keys.
func (c *Context) mask(scores *ir.Value) *ir.Value {
	rank := len(scores.Type.Shape)
	if given := c.Arg(-1, "attention_mask"); given != nil {
		list := c.tensors(given)
		if len(list) != 1 {
			build.Refuse("a mask that is no tensor")
		}
		m := c.real(list[0])
		for len(m.Type.Shape) < rank {
			m = c.TF("ExpandDims", nil, m, c.I32(1))
		}
		scores = c.add(scores, c.mul(c.sub(c.F32(1), m), c.F32(masked)))
	}
	for _, key := range []string{"query_mask", "value_mask", "key_mask", "mask"} {
		if c.Arg(-1, key) != nil {
			build.Refuse("the argument %q", key)
		}
	}
	causal, _ := c.Arg(-1, "use_causal_mask").(bool)
	if !causal && !c.Config.bool("causal", false) {
		return scores
	}
	q, k := scores.Type.Shape[rank-2], scores.Type.Shape[rank-1]
	if q < 0 || k < 0 {
		build.Refuse("a causal mask of unknown size")
	}
	late := make([]float32, q*k)
	for i := range q {
		for j := i + 1; j < k; j++ {
			late[i*k+j] = masked
		}
	}
	return c.add(scores, c.Floats(tensor.Shape{q, k}, late...))
}

// callMultiHead attends with several heads at once.
func callMultiHead(c *Context) any {
	query, value, key := c.attended()
	if a := c.Config.ints("attention_axes", 0); len(a) > 0 && !(len(a) == 1 && (a[0] == 1 || a[0] == -2)) {
		build.Refuse("attention over the axes %v", a)
	}
	bias := c.Config.bool("use_bias", true)
	q := c.projection("query_dense", "abc,cde->abde", query, bias)
	k := c.projection("key_dense", "abc,cde->abde", key, bias)
	v := c.projection("value_dense", "abc,cde->abde", value, bias)
	q = c.mul(q, c.F32(float32(1/math.Sqrt(float64(c.Config.int("key_dim", 1))))))
	scores := softmax(c, c.mask(c.einsum("aecd,abcd->acbe", k, q)), -1)
	y := c.projection("output_dense", "abcd,cde->abe", c.einsum("acbe,aecd->abcd", scores, v), bias)
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
	if c.wantsScores() {
		return []any{y, scores}
	}
	return y
}

package keras

import (
	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tensor"
)

// masked is what Keras adds to scores that a mask leaves out.
const masked = -1e9

// operandNames are the operands of an attention, in the order in which a list of masks has theirs.
var operandNames = []string{"query", "value", "key"}

// stepsMask returns the mask of the steps of operand i, v, nil if it has none: what the call gives, else that of the tensor.
func (c *Context) stepsMask(i int, v *ir.Value) *ir.Value {
	given := c.Arg(-1, operandNames[i]+"_mask")
	if i == 0 && c.layer.class == "MultiHeadAttention" { // which takes the tensor's own all the same
		given = nil
	}
	if list, ok := c.Arg(-1, "mask").([]any); ok {
		if i >= len(list) || list[i] == nil {
			return nil
		}
		given = list[i]
	}
	if given == nil {
		return c.maskOf(v)
	}
	m, ok := given.(*ir.Value)
	if !ok {
		build.Refuse("a mask that is no tensor")
	}
	return c.asMask(m)
}

// attention is the softmax of scores [batch, …, queries…, keys…], of n axes of queries and of keys, that leaves out keys by masks. A query that has no key left weighs all
// alike, but in layers with heads that compute their scores apart, as they must for dropout: there it weighs none.
func (c *Context) attention(scores *ir.Value, n int, heads bool) *ir.Value {
	kept, near := c.heeded(scores, n, heads), c.near(scores, n)
	all := kept
	switch {
	case kept == nil:
		all = near
	case near != nil:
		all = c.mul(kept, near)
	}
	if all == nil {
		return c.softmaxOver(scores, n)
	}
	y := c.softmaxOver(c.add(scores, c.mul(c.sub(c.F32(1), all), c.F32(masked))), n)
	apart := c.Config.float("dropout", 0) > 0 || c.wantsScores() || n > 1 || len(scores.Type.Shape) > 4
	if kept != nil && heads && apart && !c.im.keras2 {
		return c.mul(y, all)
	}
	return y
}

// heeded is 1 for the keys that no mask of the call or of its operands leaves out, else 0; nil if there are no masks. In layers with heads, steps of the query that do not
// count have no keys.
func (c *Context) heeded(scores *ir.Value, n int, heads bool) *ir.Value {
	rank := len(scores.Type.Shape)
	var kept *ir.Value
	keep := func(m *ir.Value) {
		for len(m.Type.Shape) < rank { // in front of the axes of queries and keys
			m = c.TF("ExpandDims", nil, m, c.I32(max(len(m.Type.Shape)-2*n, 0)))
		}
		m = c.real(m)
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
		keep(c.asMask(list[0]))
	}
	query, value, key := c.attended()
	for i, v := range []*ir.Value{query, value, key} {
		if i == 0 && !heads || i == 2 && (key == value || !heads) {
			continue
		}
		m := c.stepsMask(i, v)
		if m == nil {
			continue
		}
		if n > 1 || len(v.Type.Shape) > 3 {
			build.Refuse("a mask of the steps of a %s of shape %v", operandNames[i], v.Type.Shape)
		}
		at := 1
		if i == 0 {
			at = 2
		}
		keep(c.TF("ExpandDims", nil, m, c.I32(at)))
	}
	return kept
}

// near is 1 for the keys at most as far from each query's own position as a window reaches, if there is one, and, where the layer is causal, not behind it; else 0. It is nil
// for layers that are neither.
func (c *Context) near(scores *ir.Value, n int) *ir.Value {
	causal, _ := c.Arg(-1, "use_causal_mask").(bool)
	causal = causal || c.Config.bool("causal", false)
	reach := c.Config.int("sliding_window", 0)
	if !causal && reach == 0 {
		return nil
	}
	rank := len(scores.Type.Shape)
	q, k := scores.Type.Shape[rank-2], scores.Type.Shape[rank-1]
	if n > 1 || q < 0 || k < 0 || q*k > 1<<24 {
		build.Refuse("a causal mask, or a sliding window, of scores of the shape %v", scores.Type.Shape)
	}
	ones := make([]float32, q*k)
	for i := range q {
		for j := range k {
			if !(causal && j > i) && (reach == 0 || max(i-j, j-i) < reach) {
				ones[i*k+j] = 1
			}
		}
	}
	return c.Floats(tensor.Shape{q, k}, ones...)
}

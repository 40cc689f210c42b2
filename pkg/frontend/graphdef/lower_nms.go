package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
)

// suppressions are the operators that choose boxes which do not overlap much. TFLite's give as many results as may be at most, followed by how many there
// are: what is behind these is cut off where TensorFlow has none.
var suppressions = []Op{
	{Name: "NonMaxSuppression", To: "NON_MAX_SUPPRESSION_V4 SLICE", Lower: func(c *Context) {
		c.suppress(c.scalar(c.Float("iou_threshold", 0.5)), c.scalar(-math.MaxFloat32))
	}},
	{Name: "NonMaxSuppressionV2", To: "NON_MAX_SUPPRESSION_V4 SLICE", Lower: func(c *Context) { c.suppress(c.In(3), c.scalar(-math.MaxFloat32)) }},
	{Name: "NonMaxSuppressionV3", To: "NON_MAX_SUPPRESSION_V4 SLICE", Lower: func(c *Context) { c.suppress(c.In(3), c.In(4)) }},
	{Name: "NonMaxSuppressionV4", Results: []string{"selected_indices", "valid_outputs"}, To: "NON_MAX_SUPPRESSION_V4 SLICE", Lower: lowerSuppressionV4},
	{
		Name: "NonMaxSuppressionV5", Results: []string{"selected_indices", "selected_scores", "valid_outputs"}, To: "NON_MAX_SUPPRESSION_V5 SLICE CAST",
		Lower: lowerSuppressionV5,
	},
	{Name: "CombinedNonMaxSuppression", Note: "TFLite has no operator for it"},
	{Name: "NonMaxSuppressionWithOverlaps", Note: "TFLite has no operator for it"},
}

// boxes emits NON_MAX_SUPPRESSION_V4, and returns indices and how many of them count.
func (c *Context) boxes(iou, score *ir.Value) (indices, count *ir.Value) {
	most := c.scalar32(c.In(2))
	n := -1
	if m, ok := c.whole(most); ok && len(m) == 1 {
		n = max(m[0], 0)
	}
	types := []ir.Type{typed(i32, n), typed(i32)}
	r := c.EmitAs("NON_MAX_SUPPRESSION_V4", nil, types, c.castTo(c.In(0), f32), c.castTo(c.In(1), f32), most, c.castTo(iou, f32), c.castTo(score, f32))
	c.Measure(r[1], n)
	return r[0], r[1]
}

// countedOf returns the first elements of a vector.
func (c *Context) countedOf(v, count *ir.Value) *ir.Value {
	size := c.Vector(c.name("size"), []build.Dim{{Size: build.Unknown, Value: count}})
	return c.EmitAs("SLICE", nil, []ir.Type{typed(v.Type.DType, -1)}, v, c.Ints(c.name("begin"), 0), size)[0]
}

func (c *Context) suppress(iou, score *ir.Value) {
	indices, count := c.boxes(iou, score)
	c.Out(c.countedOf(indices, count))
}

func lowerSuppressionV4(c *Context) {
	indices, count := c.boxes(c.In(3), c.In(4))
	if !c.Bool("pad_to_max_output_size", false) {
		indices = c.countedOf(indices, count)
	}
	c.Out(indices, count)
}

func lowerSuppressionV5(c *Context) {
	most := c.scalar32(c.In(2))
	n := -1
	if m, ok := c.whole(most); ok && len(m) == 1 {
		n = max(m[0], 0)
	}
	d := c.In(1).Type.DType
	in := []*ir.Value{c.castTo(c.In(0), f32), c.castTo(c.In(1), f32), most}
	for _, v := range c.Ins(3, 6) {
		in = append(in, c.castTo(v, f32))
	}
	if single32(in[5]) > 0 { // then TensorFlow's scores fall, and the threshold does not count
		in[3] = c.scalar(1)
	}
	r := c.EmitAs("NON_MAX_SUPPRESSION_V5", nil, []ir.Type{typed(i32, n), typed(f32, n), typed(i32)}, in...)
	indices, scores, count := r[0], r[1], r[2]
	c.Measure(count, n)
	if !c.Bool("pad_to_max_output_size", false) {
		indices, scores = c.countedOf(indices, count), c.countedOf(scores, count)
	}
	c.Out(indices, c.castTo(scores, d), count)
}

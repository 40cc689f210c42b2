package graphdef

import (
	"math"

	"github.com/octetlite/octet/pkg/frontend/tfpb"
)

// composite is how a marked function with a number of results is lowered.
type composite struct {
	results int
	lower   func(c *Context) []Edge
}

// composites are functions that TensorFlow marks with what they compute, by the mark (attribute _implements), where TFLite has an operator for that. A rule gives nil
// where its operator can't take the operands: then the function is walked like any other.
var composites = map[string]composite{
	"non_max_suppression_padded_v2": {2, paddedBoxes},
}

// composite returns the results of a call of a function that is marked, or nil.
func (c *Context) composite(f *tfpb.NameAttrList) []Edge {
	def := c.scope.functions[f.Name]
	if def == nil {
		return nil
	}
	mark := def.Attr.Get("_implements")
	if mark == nil || len(def.Signature.InputArg) != len(c.edges) || poisoned(1, c.edges...) != nil {
		return nil
	}
	rule := composites[string(mark.S)]
	if rule.lower == nil || rule.results != len(def.Signature.OutputArg) {
		return nil
	}
	return rule.lower(c)
}

// paddedBoxes lowers boxes, scores, most, threshold of overlap, threshold of scores. The function leaves out what overlaps by the threshold or more, the operator what
// overlaps by more.
func paddedBoxes(c *Context) []Edge {
	if len(c.edges) < 5 {
		return nil
	}
	for _, e := range c.edges[:5] {
		if e.Value == nil {
			return nil
		}
	}
	boxes, scores, overlap := c.In(0).Type, c.In(1).Type, c.In(3)
	most, ok := c.whole(c.In(2))
	if len(boxes.Shape) != 2 || len(scores.Shape) != 1 || boxes.DType != f32 || scores.DType != f32 || !ok || len(most) != 1 || most[0] < 1 {
		return nil
	}
	threshold := single32(overlap)
	if !(threshold > 0 && threshold <= 1) || c.In(4).Type.DType != f32 {
		return nil
	}
	less := math.Nextafter32(threshold, 0)
	indices, count := c.boxes(c.scalar(less), c.In(4))
	c.Rename(indices, c.Def.Name)
	c.Rename(count, c.Def.Name+":1")
	return []Edge{{Value: indices}, {Value: count}}
}

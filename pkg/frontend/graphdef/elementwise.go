package graphdef

import (
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
)

// elementwise says what TFLite's runtime takes of an elementwise operator, on integers that stand for themselves.
type elementwise struct {
	types string // the element types that it has kernels for
	rank  int    // it broadcasts up to this rank; 0 if operands must have one shape
	truth bool   // the results are truth values
	wraps bool   // the low bits of the result depend on the low bits of the operands alone, so that signs don't matter
}

// elementwises are the operators of Context.apply.
var elementwises = map[string]elementwise{
	"ABS":         {types: "f32 i16 i32"},
	"NEG":         {types: "f32 i32 i64", wraps: true},
	"SIGN":        {types: "f32 f64 i32"},
	"SQUARE":      {types: "f32"},
	"FLOOR":       {types: "f32"},
	"CEIL":        {types: "f32"},
	"ROUND":       {types: "f32"},
	"SQRT":        {types: "f32"},
	"RSQRT":       {types: "f32"},
	"EXP":         {types: "f32"},
	"LOG":         {types: "f32"},
	"SIN":         {types: "f32"},
	"COS":         {types: "f32"},
	"TANH":        {types: "f32"},
	"LOGISTIC":    {types: "f32"},
	"LOGICAL_NOT": {types: "bool"},

	"ADD":                {types: "f32 i16 i32 i64", rank: 6, wraps: true},
	"SUB":                {types: "f32 i32 i64", rank: 6, wraps: true},
	"MUL":                {types: "f32 i16 i32 i64 u32", rank: 6, wraps: true},
	"DIV":                {types: "f32 i32", rank: 6},
	"FLOOR_DIV":          {types: "f32 i8 i16 i32", rank: 4},
	"FLOOR_MOD":          {types: "f32 i8 i16 i32 i64", rank: 4},
	"POW":                {types: "f32 i32", rank: 4},
	"MAXIMUM":            {types: "f32 i32 i64", rank: 5},
	"MINIMUM":            {types: "f32 i32 i64", rank: 5},
	"SQUARED_DIFFERENCE": {types: "f32 i32", rank: 4, wraps: true},
	"ATAN2":              {types: "f32 f64"},
	"BITWISE_XOR":        {types: "i8 i16 i32 u8 u16 u32", rank: 4},
	"RIGHT_SHIFT":        {types: "i8 i16 i32 u8 u16 u32", rank: 4},

	"EQUAL":         {types: "bool f32 i16 i32 i64", rank: 4, truth: true},
	"NOT_EQUAL":     {types: "bool f32 i32 i64", rank: 4, truth: true},
	"LESS":          {types: "f32 i16 i32 i64", rank: 4, truth: true},
	"LESS_EQUAL":    {types: "f32 i32 i64", rank: 4, truth: true},
	"GREATER":       {types: "f32 i32 i64", rank: 4, truth: true},
	"GREATER_EQUAL": {types: "f32 i16 i32 i64", rank: 4, truth: true},
	"LOGICAL_AND":   {types: "bool", rank: tfliteRank, truth: true},
	"LOGICAL_OR":    {types: "bool", rank: tfliteRank, truth: true},
}

// tfliteRank is the highest rank of what BROADCAST_TO makes.
const tfliteRank = 8

// wider lists for each element type those that hold all its values, the cheapest first.
var wider = map[tensor.DType][]tensor.DType{
	tensor.Float16: {f32},
	tensor.Int8:    {tensor.Int16, i32, i64},
	tensor.UInt8:   {tensor.Int16, i32, i64},
	tensor.Int16:   {i32, i64},
	tensor.UInt16:  {i32, i64},
	tensor.UInt32:  {i64},
	i32:            {i64},
}

// takes reports whether the operator has a kernel for the element type.
func (e elementwise) takes(d tensor.DType) bool {
	return slices.Contains(strings.Fields(e.types), d.String())
}

// via returns the element type to compute on so that results of type d are exact, or tensor.Invalid.
func (e elementwise) via(d tensor.DType) tensor.DType {
	if e.takes(d) {
		return d
	}
	if e.wraps && d == tensor.UInt32 {
		return i32
	}
	for _, w := range wider[d] {
		if e.takes(w) {
			return w
		}
	}
	return tensor.Invalid
}

// apply emits an elementwise operator on operands of one element type. Where the runtime has no kernel for the type it computes on a wider one, as
// long as that is exact, and where it does not broadcast operands of such a rank, they are broadcast before. What depends on constants alone folds
// on any type.
func (c *Context) apply(name string, in ...*ir.Value) *ir.Value {
	e, d := elementwises[name], in[0].Type.DType
	for _, v := range in {
		if v.Type.DType != d {
			build.Damaged("the operands are %v and %v", d, v.Type.DType)
		}
	}
	via := e.via(d)
	if via == tensor.Invalid {
		if v := c.fold(name, in); v != nil {
			return v
		}
		if d != i64 || !e.takes(i32) || !c.fit32(in) {
			build.Refuse("%s of %v is not possible in TFLite%s", name, d, wayOut(d))
		}
		via = i32
	}
	operands := make([]*ir.Value, len(in))
	for i, v := range in {
		operands[i] = c.castTo(v, via)
	}
	out := via
	if e.truth {
		out = tensor.Bool
	}
	v := c.emitBroadcast(name, out, c.broadcast(e.rank, operands...)...)
	if e.truth {
		return v
	}
	return c.castTo(v, d)
}

// wayOut says what helps where there is no kernel for an element type.
func wayOut(d tensor.DType) string {
	if d == tensor.Float64 {
		return ": build the model in float32"
	}
	return ""
}

// emitBroadcast emits an operator whose operands broadcast. An unknown dimension beside a number is taken to be that number, or 1, and one beside another unknown one
// to be the same: else the model would not run either.
func (c *Context) emitBroadcast(name string, d tensor.DType, in ...*ir.Value) *ir.Value {
	var v *ir.Value
	failure := build.Try(func() { v = c.Emit(name, attributes(name), in...) })
	if failure == nil {
		return v
	}
	open, shape := false, tensor.Shape{}
	for _, x := range in {
		var err error
		open = open || !x.Type.Shape.Static()
		if shape, err = tensor.Broadcast(shape, x.Type.Shape); err != nil || len(shape) > tfliteRank {
			panic(failure)
		}
	}
	if !open {
		panic(failure)
	}
	return c.EmitDeclared(c.name(name), name, attributes(name), []ir.Type{{DType: d, Shape: shape}}, in...)[0]
}

// attributes are those that TFLiteConverter writes where nothing is fused.
func attributes(name string) ir.Attr {
	a, ok := op.Set.NewAttr(name)
	if !ok {
		panic("graphdef: there is no " + name)
	}
	if a, ok := a.(*op.Arith); ok {
		a.PotScaleInt16 = true
	}
	return a
}

// broadcast gives operands of different shapes one shape if they are of a higher rank than the operator broadcasts itself.
func (c *Context) broadcast(limit int, in ...*ir.Value) []*ir.Value {
	rank, same, constant := 0, true, true
	for _, v := range in {
		rank = max(rank, len(v.Type.Shape))
		same = same && c.SameShape(v, in[0])
		constant = constant && v.Const != nil
	}
	if same || limit > 0 && (constant || rank <= limit) {
		return in
	}
	shape, out := in[0].Type.Shape, slices.Clone(in)
	for _, v := range in[1:] {
		var err error
		if shape, err = tensor.Broadcast(shape, v.Type.Shape); err != nil {
			build.Damaged("%w", err)
		}
	}
	var target *ir.Value
	if shape.Static() {
		target = c.Ints(c.name("shape"), shape...)
	} else {
		for _, v := range in {
			s := c.Emit("SHAPE", &op.Shape{OutType: i64}, v)
			if target != nil {
				s = c.Emit("BROADCAST_ARGS", nil, target, s)
			}
			target = s
		}
	}
	for i, v := range in {
		if !shape.Static() || !v.Type.Shape.Equal(shape) {
			out[i] = c.spread(v, target, shape)
		}
	}
	return out
}

// spread is BROADCAST_TO, to a shape that may be known no better than that it is one.
func (c *Context) spread(v, target *ir.Value, shape tensor.Shape) *ir.Value {
	var r *ir.Value
	if failure := build.Try(func() { r = c.Emit("BROADCAST_TO", nil, v, target) }); failure == nil {
		return r
	} else if v.Type.Shape.Static() {
		panic(failure)
	}
	return c.EmitDeclared(c.name("BROADCAST_TO"), "BROADCAST_TO", nil, []ir.Type{{DType: v.Type.DType, Shape: shape}}, v, target)[0]
}

// number makes a scalar of v's element type.
func (c *Context) number(v *ir.Value, x float64) *ir.Value {
	return c.Const(c.name("constant"), scalar(v.Type.DType, x))
}

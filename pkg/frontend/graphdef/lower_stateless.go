package graphdef

import (
	"encoding/binary"
	"slices"

	"github.com/octetlite/octet/pkg/build"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/kernel"
	"github.com/octetlite/octet/pkg/tensor"
)

// stateless are the operators that draw the same numbers from the same seed. From a constant one they are constants.
var stateless = []Op{
	{Name: "StatelessRandomUniform", Note: onlyFolds, Lower: statelessRule(kernel.F32Uniform)},
	{Name: "StatelessRandomNormal", Note: onlyFolds, Lower: statelessRule(kernel.F32Normal)},
	{Name: "StatelessRandomUniformV2", Note: onlyFolds, Lower: statelessRule(kernel.F32Uniform)},
	{Name: "StatelessRandomNormalV2", Note: onlyFolds, Lower: statelessRule(kernel.F32Normal)},
	{Name: "StatelessRandomGetKeyCounter", Results: []string{"key", "counter"}, Note: onlyFolds, Lower: lowerKeyCounter},
	{Name: "StatelessRandomGetAlg", Note: onlyFolds, Lower: func(c *Context) { c.Out(c.Builder.Int(c.name("alg"), philox)) }},
	{Name: "StatelessMultinomial", Note: "TFLite draws no numbers from a seed that is an operand"},
	{Name: "StatelessTruncatedNormal", Note: "TFLite draws no numbers from a seed that is an operand"},
	{Name: "StatelessTruncatedNormalV2", Note: "TFLite draws no numbers from a seed that is an operand"},
	{Name: "StatelessRandomUniformInt", Note: "TFLite draws no numbers from a seed that is an operand"},
	{Name: "StatelessRandomUniformIntV2", Note: "TFLite draws no numbers from a seed that is an operand"},
}

const onlyFolds = "only of constants: TFLite draws no numbers from a seed that is an operand"

// TensorFlow's numbers of generators: Philox, and the best for the device, which is Philox where that is a CPU.
const (
	philox = 1
	best   = 3
)

// statelessRule makes a constant of random numbers.
func statelessRule(draw func([]float32, kernel.Philox)) func(*Context) {
	return func(c *Context) {
		shape, ok := c.whole(c.In(0))
		if !ok {
			build.Refuse("the shape must be known when converting")
		}
		d := c.Type("dtype", f32)
		n := tensor.Shape(shape).Elements()
		if slices.ContainsFunc(shape, func(d int) bool { return d < 0 }) || n < 0 || n > foldElements {
			build.Refuse("numbers of shape %v", shape)
		}
		if d != f32 {
			build.Refuse("random numbers of %v", d)
		}
		p := c.generator()
		c.charge(n)
		out := tensor.New(f32, shape)
		draw(tensor.View[float32](out), p)
		c.Out(c.Const(c.Def.Name, out))
	}
}

// generator is the one of a seed, operand 1, or of a key and a count, operands 1 and 2, for the generator in operand 3.
func (c *Context) generator() kernel.Philox {
	if c.Len() < 4 {
		return seeded(c.seed(c.In(1)))
	}
	key, counter := c.words(c.In(1), 1), c.words(c.In(2), 2)
	if alg := c.intOf(c.In(3), "the generator"); alg != philox && alg != best {
		build.Refuse("random numbers of generator %d", alg)
	}
	p := kernel.NewPhilox(key[0], counter[1])
	p.Count[0], p.Count[1] = uint32(counter[0]), uint32(counter[0]>>32)
	return p
}

// seed returns the two numbers of a seed.
func (c *Context) seed(v *ir.Value) [2]uint64 {
	list, ok := c.whole(v)
	if !ok {
		build.Refuse("%s", onlyFolds)
	}
	if len(list) != 2 {
		build.Damaged("a seed of %d numbers", len(list))
	}
	return [2]uint64{uint64(list[0]), uint64(list[1])}
}

// words returns the content of a constant of 64-bit numbers.
func (c *Context) words(v *ir.Value, n int) []uint64 {
	if v.Const == nil {
		build.Refuse("%s", onlyFolds)
	}
	if v.Type.DType.Size() != 8 || len(v.Const.Data) < 8*n {
		build.Damaged("a key or count of type %v and shape %v", v.Type.DType, v.Type.Shape)
	}
	list := make([]uint64, n)
	for i := range list {
		list[i] = binary.LittleEndian.Uint64(v.Const.Data[8*i:])
	}
	return list
}

// seeded is the generator that TensorFlow makes of a seed: key and the upper half of the count are what a generator with a fixed key gives for it.
func seeded(seed [2]uint64) kernel.Philox {
	mixer := kernel.NewPhilox(0x02461e293ec8f720, seed[1])
	mixer.Count[0], mixer.Count[1] = uint32(seed[0]), uint32(seed[0]>>32)
	mix := mixer.Next()
	return kernel.Philox{Key: [2]uint32{mix[0], mix[1]}, Count: [4]uint32{2: mix[2], 3: mix[3]}}
}

func lowerKeyCounter(c *Context) {
	p := seeded(c.seed(c.In(0)))
	join := func(lo, hi uint32) uint64 { return uint64(hi)<<32 | uint64(lo) }
	c.Out(
		c.Const(c.name("key"), tensor.Of(tensor.UInt64, tensor.Shape{1}, []uint64{join(p.Key[0], p.Key[1])})),
		c.Const(c.name("counter"), tensor.Of(tensor.UInt64, tensor.Shape{2}, []uint64{join(p.Count[0], p.Count[1]), join(p.Count[2], p.Count[3])})))
}

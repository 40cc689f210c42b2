package tflite

import (
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

var mathCodecs = join(
	same(attrs(schema.BuiltinOptionsRandomOptions,
		func(o *schema.RandomOptionsT) op.Random { return op.Random{Seed: o.Seed, Seed2: o.Seed2} },
		func(a *op.Random) schema.RandomOptionsT { return schema.RandomOptionsT{Seed: a.Seed, Seed2: a.Seed2} }),
		"RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL"),
	family{
		"ADD": attrs(schema.BuiltinOptionsAddOptions,
			func(o *schema.AddOptionsT) op.Arith {
				return op.Arith{Activation: op.Activation(o.FusedActivationFunction), PotScaleInt16: o.PotScaleInt16}
			},
			func(a *op.Arith) schema.AddOptionsT {
				return schema.AddOptionsT{FusedActivationFunction: schema.ActivationFunctionType(a.Activation), PotScaleInt16: a.PotScaleInt16}
			}),
		"SUB": attrs(schema.BuiltinOptionsSubOptions,
			func(o *schema.SubOptionsT) op.Arith {
				return op.Arith{Activation: op.Activation(o.FusedActivationFunction), PotScaleInt16: o.PotScaleInt16}
			},
			func(a *op.Arith) schema.SubOptionsT {
				return schema.SubOptionsT{FusedActivationFunction: schema.ActivationFunctionType(a.Activation), PotScaleInt16: a.PotScaleInt16}
			}),
		"MUL": attrs(schema.BuiltinOptionsMulOptions,
			func(o *schema.MulOptionsT) op.Fused {
				return op.Fused{Activation: op.Activation(o.FusedActivationFunction)}
			},
			func(a *op.Fused) schema.MulOptionsT {
				return schema.MulOptionsT{FusedActivationFunction: schema.ActivationFunctionType(a.Activation)}
			}),
		"DIV": attrs(schema.BuiltinOptionsDivOptions,
			func(o *schema.DivOptionsT) op.Fused {
				return op.Fused{Activation: op.Activation(o.FusedActivationFunction)}
			},
			func(a *op.Fused) schema.DivOptionsT {
				return schema.DivOptionsT{FusedActivationFunction: schema.ActivationFunctionType(a.Activation)}
			}),
		"L2_NORMALIZATION": attrs(schema.BuiltinOptionsL2NormOptions,
			func(o *schema.L2NormOptionsT) op.Fused {
				return op.Fused{Activation: op.Activation(o.FusedActivationFunction)}
			},
			func(a *op.Fused) schema.L2NormOptionsT {
				return schema.L2NormOptionsT{FusedActivationFunction: schema.ActivationFunctionType(a.Activation)}
			}),
		"ARG_MAX": attrs(schema.BuiltinOptionsArgMaxOptions,
			func(o *schema.ArgMaxOptionsT) op.ArgReduce {
				return op.ArgReduce{OutputType: decodeDType(schema.TensorType(o.OutputType))}
			},
			func(a *op.ArgReduce) schema.ArgMaxOptionsT {
				return schema.ArgMaxOptionsT{OutputType: int8(encodeDType(a.OutputType))}
			}),
		"ARG_MIN": attrs(schema.BuiltinOptionsArgMinOptions,
			func(o *schema.ArgMinOptionsT) op.ArgReduce {
				return op.ArgReduce{OutputType: decodeDType(schema.TensorType(o.OutputType))}
			},
			func(a *op.ArgReduce) schema.ArgMinOptionsT {
				return schema.ArgMinOptionsT{OutputType: int8(encodeDType(a.OutputType))}
			}),
		"CUMSUM": attrs(schema.BuiltinOptionsCumsumOptions,
			func(o *schema.CumsumOptionsT) op.Cumsum { return op.Cumsum{Exclusive: o.Exclusive, Reverse: o.Reverse} },
			func(a *op.Cumsum) schema.CumsumOptionsT {
				return schema.CumsumOptionsT{Exclusive: a.Exclusive, Reverse: a.Reverse}
			}),
		"BUCKETIZE": attrs(schema.BuiltinOptionsBucketizeOptions,
			func(o *schema.BucketizeOptionsT) op.Bucketize { return op.Bucketize{Boundaries: o.Boundaries} },
			func(a *op.Bucketize) schema.BucketizeOptionsT {
				return schema.BucketizeOptionsT{Boundaries: a.Boundaries}
			}),
		"SOFTMAX": attrs(schema.BuiltinOptionsSoftmaxOptions,
			func(o *schema.SoftmaxOptionsT) op.Softmax { return op.Softmax{Beta: o.Beta} },
			func(a *op.Softmax) schema.SoftmaxOptionsT { return schema.SoftmaxOptionsT{Beta: a.Beta} }),
		"GELU": attrs(schema.BuiltinOptionsGeluOptions,
			func(o *schema.GeluOptionsT) op.Gelu { return op.Gelu{Approximate: o.Approximate} },
			func(a *op.Gelu) schema.GeluOptionsT { return schema.GeluOptionsT{Approximate: a.Approximate} }),
		"LEAKY_RELU": attrs(schema.BuiltinOptionsLeakyReluOptions,
			func(o *schema.LeakyReluOptionsT) op.LeakyRelu { return op.LeakyRelu{Alpha: o.Alpha} },
			func(a *op.LeakyRelu) schema.LeakyReluOptionsT { return schema.LeakyReluOptionsT{Alpha: a.Alpha} }),
		"LOCAL_RESPONSE_NORMALIZATION": attrs(schema.BuiltinOptionsLocalResponseNormalizationOptions,
			func(o *schema.LocalResponseNormalizationOptionsT) op.LocalResponseNorm {
				return op.LocalResponseNorm{Radius: int(o.Radius), Bias: o.Bias, Alpha: o.Alpha, Beta: o.Beta}
			},
			func(a *op.LocalResponseNorm) schema.LocalResponseNormalizationOptionsT {
				return schema.LocalResponseNormalizationOptionsT{Radius: int32(a.Radius), Bias: a.Bias, Alpha: a.Alpha, Beta: a.Beta}
			}),
		"FAKE_QUANT": attrs(schema.BuiltinOptionsFakeQuantOptions,
			func(o *schema.FakeQuantOptionsT) op.FakeQuant {
				return op.FakeQuant{Min: o.Min, Max: o.Max, NumBits: int(o.NumBits), NarrowRange: o.NarrowRange}
			},
			func(a *op.FakeQuant) schema.FakeQuantOptionsT {
				return schema.FakeQuantOptionsT{Min: a.Min, Max: a.Max, NumBits: int32(a.NumBits), NarrowRange: a.NarrowRange}
			}),
		"CAST": attrs(schema.BuiltinOptionsCastOptions,
			func(o *schema.CastOptionsT) op.Cast {
				return op.Cast{In: decodeDType(o.InDataType), Out: decodeDType(o.OutDataType)}
			},
			func(a *op.Cast) schema.CastOptionsT {
				return schema.CastOptionsT{InDataType: encodeDType(a.In), OutDataType: encodeDType(a.Out)}
			}),
	},
	same(attrs(schema.BuiltinOptionsReducerOptions,
		func(o *schema.ReducerOptionsT) op.Reduce { return op.Reduce{KeepDims: o.KeepDims} },
		func(a *op.Reduce) schema.ReducerOptionsT { return schema.ReducerOptionsT{KeepDims: a.KeepDims} },
	), "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL"),
)

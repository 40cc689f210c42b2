package tflite

import (
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// biasType reads quantized_bias_type, whose default FLOAT32 says that it is unset.
func biasType(t schema.TensorType) tensor.DType {
	if t == schema.TensorTypeFLOAT32 {
		return tensor.Invalid
	}
	return decodeDType(t)
}

var convCodecs = join(
	family{
		"CONV_2D": attrs(schema.BuiltinOptionsConv2DOptions,
			func(o *schema.Conv2DOptionsT) op.Conv2D {
				return op.Conv2D{
					Padding: op.Padding(o.Padding), StrideH: int(o.StrideH), StrideW: int(o.StrideW),
					DilationH: int(o.DilationHFactor), DilationW: int(o.DilationWFactor),
					Activation: op.Activation(o.FusedActivationFunction), QuantizedBiasType: biasType(o.QuantizedBiasType),
				}
			},
			func(a *op.Conv2D) schema.Conv2DOptionsT {
				return schema.Conv2DOptionsT{
					Padding: schema.Padding(a.Padding), StrideH: int32(a.StrideH), StrideW: int32(a.StrideW),
					DilationHFactor: int32(a.DilationH), DilationWFactor: int32(a.DilationW),
					FusedActivationFunction: schema.ActivationFunctionType(a.Activation), QuantizedBiasType: encodeDType(a.QuantizedBiasType),
				}
			}),
		"DEPTHWISE_CONV_2D": attrs(schema.BuiltinOptionsDepthwiseConv2DOptions,
			func(o *schema.DepthwiseConv2DOptionsT) op.DepthwiseConv2D {
				return op.DepthwiseConv2D{
					Padding: op.Padding(o.Padding), StrideH: int(o.StrideH), StrideW: int(o.StrideW),
					DilationH: int(o.DilationHFactor), DilationW: int(o.DilationWFactor),
					Multiplier: int(o.DepthMultiplier), Activation: op.Activation(o.FusedActivationFunction),
				}
			},
			func(a *op.DepthwiseConv2D) schema.DepthwiseConv2DOptionsT {
				return schema.DepthwiseConv2DOptionsT{
					Padding: schema.Padding(a.Padding), StrideH: int32(a.StrideH), StrideW: int32(a.StrideW),
					DilationHFactor: int32(a.DilationH), DilationWFactor: int32(a.DilationW),
					DepthMultiplier: int32(a.Multiplier), FusedActivationFunction: schema.ActivationFunctionType(a.Activation),
				}
			}),
		"TRANSPOSE_CONV": attrs(schema.BuiltinOptionsTransposeConvOptions,
			func(o *schema.TransposeConvOptionsT) op.TransposeConv {
				return op.TransposeConv{
					Padding: op.Padding(o.Padding), StrideH: int(o.StrideH), StrideW: int(o.StrideW),
					Activation: op.Activation(o.FusedActivationFunction), QuantizedBiasType: biasType(o.QuantizedBiasType),
				}
			},
			func(a *op.TransposeConv) schema.TransposeConvOptionsT {
				return schema.TransposeConvOptionsT{
					Padding: schema.Padding(a.Padding), StrideH: int32(a.StrideH), StrideW: int32(a.StrideW),
					FusedActivationFunction: schema.ActivationFunctionType(a.Activation), QuantizedBiasType: encodeDType(a.QuantizedBiasType),
				}
			}),
		"FULLY_CONNECTED": attrs(schema.BuiltinOptionsFullyConnectedOptions,
			func(o *schema.FullyConnectedOptionsT) op.FullyConnected {
				return op.FullyConnected{
					Activation: op.Activation(o.FusedActivationFunction), WeightsFormat: op.WeightsFormat(o.WeightsFormat),
					KeepNumDims: o.KeepNumDims, AsymmetricQuantizeInput: o.AsymmetricQuantizeInputs,
					QuantizedBiasType: biasType(o.QuantizedBiasType), QuantSpec: o.QuantSpec,
				}
			},
			func(a *op.FullyConnected) schema.FullyConnectedOptionsT {
				return schema.FullyConnectedOptionsT{
					FusedActivationFunction: schema.ActivationFunctionType(a.Activation),
					WeightsFormat:           schema.FullyConnectedOptionsWeightsFormat(a.WeightsFormat),
					KeepNumDims:             a.KeepNumDims, AsymmetricQuantizeInputs: a.AsymmetricQuantizeInput,
					QuantizedBiasType: encodeDType(a.QuantizedBiasType), QuantSpec: a.QuantSpec,
				}
			}),
		"BATCH_MATMUL": attrs(schema.BuiltinOptionsBatchMatMulOptions,
			func(o *schema.BatchMatMulOptionsT) op.BatchMatMul {
				return op.BatchMatMul{AdjX: o.AdjX, AdjY: o.AdjY, AsymmetricQuantizeInput: o.AsymmetricQuantizeInputs}
			},
			func(a *op.BatchMatMul) schema.BatchMatMulOptionsT {
				return schema.BatchMatMulOptionsT{AdjX: a.AdjX, AdjY: a.AdjY, AsymmetricQuantizeInputs: a.AsymmetricQuantizeInput}
			}),
	},
	same(attrs(schema.BuiltinOptionsConv3DOptions,
		func(o *schema.Conv3DOptionsT) op.Conv3D {
			return op.Conv3D{
				Padding: op.Padding(o.Padding), StrideD: int(o.StrideD), StrideH: int(o.StrideH), StrideW: int(o.StrideW),
				DilationD: int(o.DilationDFactor), DilationH: int(o.DilationHFactor), DilationW: int(o.DilationWFactor),
				Activation: op.Activation(o.FusedActivationFunction),
			}
		},
		func(a *op.Conv3D) schema.Conv3DOptionsT {
			return schema.Conv3DOptionsT{
				Padding: schema.Padding(a.Padding), StrideD: int32(a.StrideD), StrideH: int32(a.StrideH), StrideW: int32(a.StrideW),
				DilationDFactor: int32(a.DilationD), DilationHFactor: int32(a.DilationH), DilationWFactor: int32(a.DilationW),
				FusedActivationFunction: schema.ActivationFunctionType(a.Activation),
			}
		}), "CONV_3D", "CONV_3D_TRANSPOSE"),
	same(attrs(schema.BuiltinOptionsPool2DOptions,
		func(o *schema.Pool2DOptionsT) op.Pool2D {
			return op.Pool2D{
				Padding: op.Padding(o.Padding), StrideH: int(o.StrideH), StrideW: int(o.StrideW),
				FilterH: int(o.FilterHeight), FilterW: int(o.FilterWidth), Activation: op.Activation(o.FusedActivationFunction),
			}
		},
		func(a *op.Pool2D) schema.Pool2DOptionsT {
			return schema.Pool2DOptionsT{
				Padding: schema.Padding(a.Padding), StrideH: int32(a.StrideH), StrideW: int32(a.StrideW),
				FilterHeight: int32(a.FilterH), FilterWidth: int32(a.FilterW),
				FusedActivationFunction: schema.ActivationFunctionType(a.Activation),
			}
		}), "AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"),
)

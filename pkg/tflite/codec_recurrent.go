package tflite

import (
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

var recurrentCodecs = family{
	"LSTM": attrs(schema.BuiltinOptionsLSTMOptions,
		func(o *schema.LSTMOptionsT) op.LSTM {
			return op.LSTM{
				Activation: op.Activation(o.FusedActivationFunction), CellClip: o.CellClip, ProjClip: o.ProjClip,
				Kind: op.LSTMKind(o.KernelType), AsymmetricQuantizeInput: o.AsymmetricQuantizeInputs,
			}
		},
		func(a *op.LSTM) schema.LSTMOptionsT {
			return schema.LSTMOptionsT{
				FusedActivationFunction: schema.ActivationFunctionType(a.Activation), CellClip: a.CellClip, ProjClip: a.ProjClip,
				KernelType: schema.LSTMKernelType(a.Kind), AsymmetricQuantizeInputs: a.AsymmetricQuantizeInput,
			}
		}),
	"UNIDIRECTIONAL_SEQUENCE_LSTM": attrs(schema.BuiltinOptionsUnidirectionalSequenceLSTMOptions,
		func(o *schema.UnidirectionalSequenceLSTMOptionsT) op.SequenceLSTM {
			return op.SequenceLSTM{
				Activation: op.Activation(o.FusedActivationFunction), CellClip: o.CellClip, ProjClip: o.ProjClip, TimeMajor: o.TimeMajor,
				AsymmetricQuantizeInput: o.AsymmetricQuantizeInputs, DiagonalRecurrent: o.DiagonalRecurrentTensors,
			}
		},
		func(a *op.SequenceLSTM) schema.UnidirectionalSequenceLSTMOptionsT {
			return schema.UnidirectionalSequenceLSTMOptionsT{
				FusedActivationFunction: schema.ActivationFunctionType(a.Activation), CellClip: a.CellClip, ProjClip: a.ProjClip, TimeMajor: a.TimeMajor,
				AsymmetricQuantizeInputs: a.AsymmetricQuantizeInput, DiagonalRecurrentTensors: a.DiagonalRecurrent,
			}
		}),
	"BIDIRECTIONAL_SEQUENCE_LSTM": attrs(schema.BuiltinOptionsBidirectionalSequenceLSTMOptions,
		func(o *schema.BidirectionalSequenceLSTMOptionsT) op.BidirectionalLSTM {
			return op.BidirectionalLSTM{
				Activation: op.Activation(o.FusedActivationFunction), CellClip: o.CellClip, ProjClip: o.ProjClip,
				MergeOutputs: o.MergeOutputs, TimeMajor: o.TimeMajor, AsymmetricQuantizeInput: o.AsymmetricQuantizeInputs,
			}
		},
		func(a *op.BidirectionalLSTM) schema.BidirectionalSequenceLSTMOptionsT {
			return schema.BidirectionalSequenceLSTMOptionsT{
				FusedActivationFunction: schema.ActivationFunctionType(a.Activation), CellClip: a.CellClip, ProjClip: a.ProjClip,
				MergeOutputs: a.MergeOutputs, TimeMajor: a.TimeMajor, AsymmetricQuantizeInputs: a.AsymmetricQuantizeInput,
			}
		}),
	"RNN": attrs(schema.BuiltinOptionsRNNOptions,
		func(o *schema.RNNOptionsT) op.RNN {
			return op.RNN{Activation: op.Activation(o.FusedActivationFunction), AsymmetricQuantizeInput: o.AsymmetricQuantizeInputs}
		},
		func(a *op.RNN) schema.RNNOptionsT {
			return schema.RNNOptionsT{
				FusedActivationFunction:  schema.ActivationFunctionType(a.Activation),
				AsymmetricQuantizeInputs: a.AsymmetricQuantizeInput,
			}
		}),
	"UNIDIRECTIONAL_SEQUENCE_RNN": attrs(schema.BuiltinOptionsSequenceRNNOptions,
		func(o *schema.SequenceRNNOptionsT) op.SequenceRNN {
			return op.SequenceRNN{
				TimeMajor: o.TimeMajor, Activation: op.Activation(o.FusedActivationFunction),
				AsymmetricQuantizeInput: o.AsymmetricQuantizeInputs,
			}
		},
		func(a *op.SequenceRNN) schema.SequenceRNNOptionsT {
			return schema.SequenceRNNOptionsT{
				TimeMajor: a.TimeMajor, FusedActivationFunction: schema.ActivationFunctionType(a.Activation),
				AsymmetricQuantizeInputs: a.AsymmetricQuantizeInput,
			}
		}),
	"BIDIRECTIONAL_SEQUENCE_RNN": attrs(schema.BuiltinOptionsBidirectionalSequenceRNNOptions,
		func(o *schema.BidirectionalSequenceRNNOptionsT) op.BidirectionalRNN {
			return op.BidirectionalRNN{
				TimeMajor: o.TimeMajor, MergeOutputs: o.MergeOutputs, Activation: op.Activation(o.FusedActivationFunction),
				AsymmetricQuantizeInput: o.AsymmetricQuantizeInputs,
			}
		},
		func(a *op.BidirectionalRNN) schema.BidirectionalSequenceRNNOptionsT {
			return schema.BidirectionalSequenceRNNOptionsT{
				TimeMajor: a.TimeMajor, MergeOutputs: a.MergeOutputs, FusedActivationFunction: schema.ActivationFunctionType(a.Activation),
				AsymmetricQuantizeInputs: a.AsymmetricQuantizeInput,
			}
		}),
	"SVDF": attrs(schema.BuiltinOptionsSVDFOptions,
		func(o *schema.SVDFOptionsT) op.SVDF {
			return op.SVDF{
				Rank: int(o.Rank), Activation: op.Activation(o.FusedActivationFunction),
				AsymmetricQuantizeInput: o.AsymmetricQuantizeInputs,
			}
		},
		func(a *op.SVDF) schema.SVDFOptionsT {
			return schema.SVDFOptionsT{
				Rank: int32(a.Rank), FusedActivationFunction: schema.ActivationFunctionType(a.Activation),
				AsymmetricQuantizeInputs: a.AsymmetricQuantizeInput,
			}
		}),
}

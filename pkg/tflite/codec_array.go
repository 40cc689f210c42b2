package tflite

import (
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

var arrayCodecs = family{
	"RESHAPE": attrs(schema.BuiltinOptionsReshapeOptions,
		func(o *schema.ReshapeOptionsT) op.Reshape { return op.Reshape{NewShape: ints(o.NewShape)} },
		func(a *op.Reshape) schema.ReshapeOptionsT {
			return schema.ReshapeOptionsT{NewShape: narrow(a.NewShape)}
		}),
	"SQUEEZE": attrs(schema.BuiltinOptionsSqueezeOptions,
		func(o *schema.SqueezeOptionsT) op.Squeeze { return op.Squeeze{Dims: ints(o.SqueezeDims)} },
		func(a *op.Squeeze) schema.SqueezeOptionsT { return schema.SqueezeOptionsT{SqueezeDims: narrow(a.Dims)} }),
	"CONCATENATION": attrs(schema.BuiltinOptionsConcatenationOptions,
		func(o *schema.ConcatenationOptionsT) op.Concat {
			return op.Concat{Axis: int(o.Axis), Activation: op.Activation(o.FusedActivationFunction)}
		},
		func(a *op.Concat) schema.ConcatenationOptionsT {
			return schema.ConcatenationOptionsT{Axis: int32(a.Axis), FusedActivationFunction: schema.ActivationFunctionType(a.Activation)}
		}),
	"PACK": attrs(schema.BuiltinOptionsPackOptions,
		func(o *schema.PackOptionsT) op.Pack { return op.Pack{Count: int(o.ValuesCount), Axis: int(o.Axis)} },
		func(a *op.Pack) schema.PackOptionsT {
			return schema.PackOptionsT{ValuesCount: int32(a.Count), Axis: int32(a.Axis)}
		}),
	"UNPACK": attrs(schema.BuiltinOptionsUnpackOptions,
		func(o *schema.UnpackOptionsT) op.Unpack { return op.Unpack{Count: int(o.Num), Axis: int(o.Axis)} },
		func(a *op.Unpack) schema.UnpackOptionsT {
			return schema.UnpackOptionsT{Num: int32(a.Count), Axis: int32(a.Axis)}
		}),
	"SPLIT": attrs(schema.BuiltinOptionsSplitOptions,
		func(o *schema.SplitOptionsT) op.Split { return op.Split{Count: int(o.NumSplits)} },
		func(a *op.Split) schema.SplitOptionsT { return schema.SplitOptionsT{NumSplits: int32(a.Count)} }),
	"SPLIT_V": attrs(schema.BuiltinOptionsSplitVOptions,
		func(o *schema.SplitVOptionsT) op.Split { return op.Split{Count: int(o.NumSplits)} },
		func(a *op.Split) schema.SplitVOptionsT { return schema.SplitVOptionsT{NumSplits: int32(a.Count)} }),
	"STRIDED_SLICE": attrs(schema.BuiltinOptionsStridedSliceOptions,
		func(o *schema.StridedSliceOptionsT) op.StridedSlice {
			return op.StridedSlice{
				BeginMask: int(o.BeginMask), EndMask: int(o.EndMask), EllipsisMask: int(o.EllipsisMask),
				NewAxisMask: int(o.NewAxisMask), ShrinkAxisMask: int(o.ShrinkAxisMask), Offset: o.Offset,
			}
		},
		func(a *op.StridedSlice) schema.StridedSliceOptionsT {
			return schema.StridedSliceOptionsT{
				BeginMask: int32(a.BeginMask), EndMask: int32(a.EndMask), EllipsisMask: int32(a.EllipsisMask),
				NewAxisMask: int32(a.NewAxisMask), ShrinkAxisMask: int32(a.ShrinkAxisMask), Offset: a.Offset,
			}
		}),
	"GATHER": attrs(schema.BuiltinOptionsGatherOptions,
		func(o *schema.GatherOptionsT) op.Gather {
			return op.Gather{Axis: int(o.Axis), BatchDims: int(o.BatchDims)}
		},
		func(a *op.Gather) schema.GatherOptionsT {
			return schema.GatherOptionsT{Axis: int32(a.Axis), BatchDims: int32(a.BatchDims)}
		}),
	"MIRROR_PAD": attrs(schema.BuiltinOptionsMirrorPadOptions,
		func(o *schema.MirrorPadOptionsT) op.MirrorPad { return op.MirrorPad{Mode: op.MirrorMode(o.Mode)} },
		func(a *op.MirrorPad) schema.MirrorPadOptionsT {
			return schema.MirrorPadOptionsT{Mode: schema.MirrorPadMode(a.Mode)}
		}),
	"SHAPE": attrs(schema.BuiltinOptionsShapeOptions,
		func(o *schema.ShapeOptionsT) op.Shape { return op.Shape{OutType: decodeDType(o.OutType)} },
		func(a *op.Shape) schema.ShapeOptionsT { return schema.ShapeOptionsT{OutType: encodeDType(a.OutType)} }),
	"ONE_HOT": attrs(schema.BuiltinOptionsOneHotOptions,
		func(o *schema.OneHotOptionsT) op.OneHot { return op.OneHot{Axis: int(o.Axis)} },
		func(a *op.OneHot) schema.OneHotOptionsT { return schema.OneHotOptionsT{Axis: int32(a.Axis)} }),
	"REVERSE_SEQUENCE": attrs(schema.BuiltinOptionsReverseSequenceOptions,
		func(o *schema.ReverseSequenceOptionsT) op.ReverseSequence {
			return op.ReverseSequence{SeqDim: int(o.SeqDim), BatchDim: int(o.BatchDim)}
		},
		func(a *op.ReverseSequence) schema.ReverseSequenceOptionsT {
			return schema.ReverseSequenceOptionsT{SeqDim: int32(a.SeqDim), BatchDim: int32(a.BatchDim)}
		}),
	"SPACE_TO_DEPTH": attrs(schema.BuiltinOptionsSpaceToDepthOptions,
		func(o *schema.SpaceToDepthOptionsT) op.BlockSize { return op.BlockSize{Size: int(o.BlockSize)} },
		func(a *op.BlockSize) schema.SpaceToDepthOptionsT {
			return schema.SpaceToDepthOptionsT{BlockSize: int32(a.Size)}
		}),
	"DEPTH_TO_SPACE": attrs(schema.BuiltinOptionsDepthToSpaceOptions,
		func(o *schema.DepthToSpaceOptionsT) op.BlockSize { return op.BlockSize{Size: int(o.BlockSize)} },
		func(a *op.BlockSize) schema.DepthToSpaceOptionsT {
			return schema.DepthToSpaceOptionsT{BlockSize: int32(a.Size)}
		}),
	"RESIZE_BILINEAR": attrs(schema.BuiltinOptionsResizeBilinearOptions,
		func(o *schema.ResizeBilinearOptionsT) op.Resize {
			return op.Resize{AlignCorners: o.AlignCorners, HalfPixelCenters: o.HalfPixelCenters}
		},
		func(a *op.Resize) schema.ResizeBilinearOptionsT {
			return schema.ResizeBilinearOptionsT{AlignCorners: a.AlignCorners, HalfPixelCenters: a.HalfPixelCenters}
		}),
	"RESIZE_NEAREST_NEIGHBOR": attrs(schema.BuiltinOptionsResizeNearestNeighborOptions,
		func(o *schema.ResizeNearestNeighborOptionsT) op.Resize {
			return op.Resize{AlignCorners: o.AlignCorners, HalfPixelCenters: o.HalfPixelCenters}
		},
		func(a *op.Resize) schema.ResizeNearestNeighborOptionsT {
			return schema.ResizeNearestNeighborOptionsT{AlignCorners: a.AlignCorners, HalfPixelCenters: a.HalfPixelCenters}
		}),
	"SPARSE_TO_DENSE": attrs(schema.BuiltinOptionsSparseToDenseOptions,
		func(o *schema.SparseToDenseOptionsT) op.SparseToDense {
			return op.SparseToDense{ValidateIndices: o.ValidateIndices}
		},
		func(a *op.SparseToDense) schema.SparseToDenseOptionsT {
			return schema.SparseToDenseOptionsT{ValidateIndices: a.ValidateIndices}
		}),
	"UNIQUE": attrs(schema.BuiltinOptionsUniqueOptions,
		func(o *schema.UniqueOptionsT) op.Unique { return op.Unique{IndexType: decodeDType(o.IdxOutType)} },
		func(a *op.Unique) schema.UniqueOptionsT {
			return schema.UniqueOptionsT{IdxOutType: encodeDType(a.IndexType)}
		}),
}

// narrow converts a list that checkInts has let pass.
func narrow(list []int) []int32 {
	out, err := int32s("", list)
	if err != nil {
		panic(err)
	}
	return out
}

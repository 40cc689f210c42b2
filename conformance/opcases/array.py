"""Shapes, slices, gathers, scatters, pads."""

import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla

from opcases.base import boolean, c64, case, const, f16, f32, f64, i16, i32, i64, raw, spec, string, u8, uniform

case('array', 'Reshape/const i64', [spec([2, 6])], lambda x: raw.Reshape(tensor=x, shape=const([3, 4], i64)))
case('array', 'Reshape/-1', [spec([2, 6])], lambda x: raw.Reshape(tensor=x, shape=[-1, 3]))
case('array', 'Reshape/dyn', [spec([2, 6]), spec([2], i32)], lambda x, s: raw.Reshape(tensor=x, shape=s))
case('array', 'Reshape/flatten dyn batch', [spec([None, 2, 3])], lambda x: tf.reshape(x, [tf.shape(x)[0], 6]))
case('array', 'Reshape/rank8', [spec([2, 6])], lambda x: tf.reshape(x, [1, 1, 1, 1, 1, 2, 3, 2]))
case('array', 'Reshape/flatten -1', [spec([None, 2, 3])], lambda x: tf.reshape(x, [-1, 6]))
case('array', 'Reshape/string', [spec([2, 6], string)], lambda x: raw.Reshape(tensor=x, shape=[12]))
case('array', 'Transpose/i64 perm', [spec([2, 3, 4])], lambda x: raw.Transpose(x=x, perm=const([2, 0, 1], i64)))
case('array', 'Transpose/rank7', [spec([2] * 7)], lambda x: raw.Transpose(x=x, perm=[6, 5, 4, 3, 2, 1, 0]))
case('array', 'Transpose/dyn perm', [spec([2, 3]), spec([2], i32)], lambda x, p: raw.Transpose(x=x, perm=p))
case('array', 'Transpose/bool', [spec([2, 3], boolean)], lambda x: raw.Transpose(x=x, perm=[1, 0]))
case('array', 'ConjugateTranspose', [spec([2, 3], c64)], lambda x: raw.ConjugateTranspose(x=x, perm=[1, 0]))
case('array', 'Transpose/ones only moves', [spec([1, 2, 3])], lambda x: raw.Transpose(x=x, perm=[1, 0, 2]))
case('array', 'Transpose twice', [spec([2, 3, 4])], lambda x: tf.transpose(tf.transpose(x, [2, 0, 1]), [1, 2, 0]))
case('array', 'Transpose/identity', [spec([2, 3])], lambda x: raw.Transpose(x=x, perm=[0, 1]))
case('array', 'Concat/V1', [spec([2, 3])] * 2, lambda x, y: raw.Concat(concat_dim=1, values=[x, y]))
case('array', 'ConcatV2/axis i64 -1', [spec([2, 3])] * 2, lambda x, y: raw.ConcatV2(values=[x, y], axis=const(-1, i64)))
case('array', 'ConcatV2/dyn axis', [spec([2, 3]), spec([2, 3]), spec([], i32)], lambda x, y, a: raw.ConcatV2(values=[x, y], axis=a))
case('array', 'ConcatV2/bool', [spec([2, 3], boolean)] * 2, lambda x, y: raw.ConcatV2(values=[x, y], axis=0))
case('array', 'ConcatV2/string', [spec([2, 3], string)] * 2, lambda x, y: raw.ConcatV2(values=[x, y], axis=0))
case('array', 'ConcatV2/N=1', [spec([2, 3])], lambda x: tf.identity(raw.ConcatV2(values=[x, x[:0]], axis=0)))
case('array', 'Pack/axis0', [spec([2, 3])] * 2, lambda x, y: raw.Pack(values=[x, y]))
case('array', 'Pack/axis-1 i32', [spec([2, 3], i32)] * 2, lambda x, y: raw.Pack(values=[x, y], axis=-1))
case('array', 'Pack/bool', [spec([2, 3], boolean)] * 2, lambda x, y: raw.Pack(values=[x, y]))
case('array', 'Pack/N=1', [spec([2, 3])], lambda x: raw.Pack(values=[x]))
case('array', 'ParallelConcat', [spec([1, 3])] * 2, lambda x, y: raw.ParallelConcat(values=[x, y], shape=[2, 3]))
case('array', 'Pack/rank6', [spec([1, 1, 2, 2, 1, 2])] * 2, lambda x, y: raw.Pack(values=[x, y]))
case('array', 'Unpack/axis1', [spec([2, 3])], lambda x: raw.Unpack(value=x, num=3, axis=1))
case('array', 'Unpack/rank5', [spec([2, 1, 1, 1, 3])], lambda x: raw.Unpack(value=x, num=2, axis=0))
case('array', 'Unpack/unused outputs', [spec([3, 2])], lambda x: raw.Unpack(value=x, num=3, axis=0)[1])
case('array', 'Unpack/string', [spec([2, 3], string)], lambda x: raw.Unpack(value=x, num=2))
case('array', 'Split', [spec([2, 6])], lambda x: raw.Split(axis=1, value=x, num_split=3))
case('array', 'Split/neg axis', [spec([2, 6])], lambda x: raw.Split(axis=-1, value=x, num_split=3))
case('array', 'SplitV', [spec([2, 6])], lambda x: raw.SplitV(value=x, size_splits=[1, 2, 3], axis=1, num_split=3))
case(
    'array', 'SplitV/-1 i64', [spec([2, 6])], lambda x: raw.SplitV(value=x, size_splits=const([1, -1, 3], i64), axis=1, num_split=3)
)
case('array', 'Split/dyn axis', [spec([6, 6]), spec([], i32)], lambda x, a: raw.Split(axis=a, value=x, num_split=3))
case('array', 'Split/f64', [spec([2, 6], f64)], lambda x: raw.Split(axis=1, value=x, num_split=3))
case(
    'array',
    'SplitV/dyn sizes',
    [spec([2, 6]), spec([2], i32)],
    lambda x, s: raw.SplitV(value=x, size_splits=s, axis=1, num_split=2),
)
case('array', 'Slice', [spec([4, 6])], lambda x: raw.Slice(input=x, begin=[1, 2], size=[2, -1]))
case('array', 'Slice/i64 idx', [spec([4, 6])], lambda x: raw.Slice(input=x, begin=const([1, 2], i64), size=const([2, 2], i64)))
case('array', 'Slice/rank6', [spec([2] * 6)], lambda x: raw.Slice(input=x, begin=[0] * 6, size=[1] * 6))
case('array', 'Slice/dyn', [spec([4, 6]), spec([2], i32)], lambda x, b: raw.Slice(input=x, begin=b, size=[1, 1]))
case('array', 'Slice/whole', [spec([4, 6])], lambda x: raw.Slice(input=x, begin=[0, 0], size=[4, 6]))
case('array', 'StridedSlice/shrink', [spec([4, 6])], lambda x: x[1])
case('array', 'StridedSlice/neg shrink', [spec([4, 6])], lambda x: x[-1, 2:])
case('array', 'StridedSlice/step', [spec([4, 6])], lambda x: x[::2, 1:5:2])
case('array', 'StridedSlice/neg step', [spec([4, 6])], lambda x: x[::-1, 5:1:-2])
case('array', 'StridedSlice/ellipsis', [spec([2, 3, 4, 5])], lambda x: x[1, ..., 2])
case('array', 'StridedSlice/newaxis', [spec([4, 6])], lambda x: x[:, tf.newaxis, 1:3])
case('array', 'StridedSlice/ellipsis+newaxis', [spec([2, 3, 4])], lambda x: x[..., tf.newaxis, 1])
case(
    'array',
    'StridedSlice/i64',
    [spec([4, 6])],
    lambda x: raw.StridedSlice(input=x, begin=const([1, 1], i64), end=const([3, 3], i64), strides=const([1, 1], i64)),
)
case('array', 'StridedSlice/dyn idx', [spec([4, 6]), spec([], i32)], lambda x, i: x[i])
case('array', 'StridedSlice/rank6', [spec([2] * 6)], lambda x: x[:, 0, :, 1:, ::2])
case('array', 'StridedSlice/dyn shape', [spec([None, None, 3])], lambda x: x[:, -1])
case('array', 'StridedSlice/bool', [spec([4, 6], boolean)], lambda x: x[1:3])
case('array', 'StridedSlice/string', [spec([4], string)], lambda x: x[1:3])
case('array', 'StridedSlice/only newaxis', [spec([4, 6])], lambda x: x[tf.newaxis])
case('array', 'StridedSlice/newaxis dyn', [spec([None, 6])], lambda x: x[:, tf.newaxis, 1:3])
case('array', 'StridedSlice/ellipsis dyn', [spec([None, None, 5])], lambda x: x[..., 2])
case(
    'array', 'StridedSliceGrad', [spec([2, 6])], lambda x: raw.StridedSliceGrad(shape=[4, 6], begin=[1], end=[3], strides=[1], dy=x)
)
case(
    'array',
    'TensorStridedSliceUpdate',
    [spec([4, 6]), spec([2, 6])],
    lambda x, v: raw.TensorStridedSliceUpdate(input=x, begin=[1], end=[3], strides=[1], value=v),
)
case(
    'array',
    'TensorStridedSliceUpdate/stride2',
    [spec([4, 6]), spec([2, 6])],
    lambda x, v: raw.TensorStridedSliceUpdate(input=x, begin=[0], end=[4], strides=[2], value=v),
)
case('array', 'Pad/i64', [spec([2, 3])], lambda x: raw.Pad(input=x, paddings=const([[1, 1], [0, 2]], i64)))
case('array', 'PadV2', [spec([2, 3])], lambda x: raw.PadV2(input=x, paddings=[[1, 1], [0, 2]], constant_values=3.0))
case('array', 'MirrorPad/REFLECT', [spec([3, 4])], lambda x: raw.MirrorPad(input=x, paddings=[[1, 1], [0, 2]], mode='REFLECT'))
case('array', 'MirrorPad/SYMMETRIC', [spec([3, 4])], lambda x: raw.MirrorPad(input=x, paddings=[[1, 1], [0, 2]], mode='SYMMETRIC'))
case('array', 'Pad/rank6', [spec([2] * 6)], lambda x: raw.Pad(input=x, paddings=[[1, 1]] * 6))
case('array', 'Pad/bool', [spec([2, 3], boolean)], lambda x: raw.Pad(input=x, paddings=[[1, 1], [0, 2]]))
case('array', 'PadV2 zero', [spec([2, 3])], lambda x: raw.PadV2(input=x, paddings=[[1, 1], [0, 2]], constant_values=0.0))
case('array', 'Pad/dyn', [spec([2, 3]), spec([2, 2], i32)], lambda x, p: raw.Pad(input=x, paddings=p))
case('array', 'Pad/zeros', [spec([2, 3])], lambda x: raw.Pad(input=x, paddings=[[0, 0], [0, 0]]))
case('array', 'MirrorPad/i32', [spec([3, 4], i32)], lambda x: raw.MirrorPad(input=x, paddings=[[1, 1], [0, 2]], mode='REFLECT'))
case('array', 'Tile', [spec([2, 3])], lambda x: raw.Tile(input=x, multiples=[2, 1]))
case('array', 'Tile/i64', [spec([2, 3], boolean)], lambda x: raw.Tile(input=x, multiples=const([2, 1], i64)))
case('array', 'Tile/ones', [spec([2, 3])], lambda x: raw.Tile(input=x, multiples=[1, 1]))
case('array', 'Tile/string', [spec([2, 3], string)], lambda x: raw.Tile(input=x, multiples=[2, 1]))
case('array', 'BroadcastTo', [spec([1, 3])], lambda x: raw.BroadcastTo(input=x, shape=[2, 3]))
case('array', 'BroadcastTo/dyn', [spec([1, 3]), spec([2], i32)], lambda x, s: raw.BroadcastTo(input=x, shape=s))
case('array', 'BroadcastTo/i64', [spec([1, 3], i64)], lambda x: raw.BroadcastTo(input=x, shape=const([2, 3], i64)))
case('array', 'BroadcastTo+Add', [spec([1, 3]), spec([2, 3])], lambda x, y: tf.broadcast_to(x, [2, 3]) + y)
case('array', 'BroadcastArgs', [spec([2], i32), spec([3], i32)], lambda x, y: raw.BroadcastArgs(s0=x, s1=y))
case('array', 'BroadcastTo/rank9', [spec([1, 3])], lambda x: raw.BroadcastTo(input=x, shape=[1] * 7 + [2, 3]))
case('array', 'BroadcastTo/bool', [spec([1, 3], boolean)], lambda x: raw.BroadcastTo(input=x, shape=[2, 3]))
case('array', 'BroadcastTo/f16', [spec([1, 3], f16)], lambda x: raw.BroadcastTo(input=x, shape=[2, 3]))
case('array', 'ExpandDims', [spec([2, 3])], lambda x: raw.ExpandDims(input=x, axis=-1))
case('array', 'ExpandDims/dyn', [spec([None, 3])], lambda x: raw.ExpandDims(input=x, axis=1))
case('array', 'ExpandDims/dyn2', [spec([None, None])], lambda x: raw.ExpandDims(input=x, axis=1))
case('array', 'Squeeze', [spec([2, 1, 3, 1])], lambda x: raw.Squeeze(input=x, axis=[1]))
case('array', 'Squeeze/all', [spec([2, 1, 3, 1])], lambda x: raw.Squeeze(input=x))
case('array', 'Squeeze/dyn', [spec([None, None, 1])], lambda x: raw.Squeeze(input=x, axis=[-1]))
case('array', 'Gather', [spec([4, 3]), spec([2], i32)], lambda x, i: raw.Gather(params=x, indices=i))
case('array', 'GatherV2/axis1', [spec([4, 3]), spec([2], i32)], lambda x, i: raw.GatherV2(params=x, indices=i, axis=1))
case(
    'array',
    'GatherV2/i64 idx axis i64',
    [spec([4, 3]), spec([2], i64)],
    lambda x, i: raw.GatherV2(params=x, indices=i, axis=const(-1, i64)),
)
case(
    'array',
    'GatherV2/batch_dims',
    [spec([2, 4, 3]), spec([2, 5], i32)],
    lambda x, i: raw.GatherV2(params=x, indices=i, axis=1, batch_dims=1),
)
case(
    'array',
    'GatherV2/dyn axis',
    [spec([4, 3]), spec([2], i32), spec([], i32)],
    lambda x, i, a: raw.GatherV2(params=x, indices=i, axis=a),
)
case('array', 'GatherV2/string', [spec([4], string), spec([2], i32)], lambda x, i: raw.GatherV2(params=x, indices=i, axis=0))
case('array', 'GatherNd', [spec([4, 3]), spec([2, 2], i32)], lambda x, i: raw.GatherNd(params=x, indices=i))
case('array', 'GatherNd/i64', [spec([4, 3], i64), spec([2, 1], i64)], lambda x, i: raw.GatherNd(params=x, indices=i))
case('array', 'GatherV2/i16 idx', [spec([4, 3]), spec([2], i16)], lambda x, i: raw.GatherV2(params=x, indices=i, axis=0))
case('array', 'GatherV2/bool', [spec([4, 3], boolean), spec([2], i32)], lambda x, i: raw.GatherV2(params=x, indices=i, axis=0))
case('array', 'GatherNd/bool', [spec([4, 3], boolean), spec([2, 2], i32)], lambda x, i: raw.GatherNd(params=x, indices=i))
case('array', 'embedding_lookup', [spec([2], i32)], lambda i: tf.nn.embedding_lookup(const(uniform(10, 4)), i))
case(
    'array',
    'GatherV2/neg batch_dims',
    [spec([2, 4, 3]), spec([2, 5], i32)],
    lambda x, i: raw.GatherV2(params=x, indices=i, axis=1, batch_dims=-1),
)
case('array', 'ScatterNd', [spec([2, 1], i32), spec([2, 3])], lambda i, u: raw.ScatterNd(indices=i, updates=u, shape=[4, 3]))
case(
    'array',
    'ScatterNd/i64',
    [spec([2, 1], i64), spec([2, 3], i64)],
    lambda i, u: raw.ScatterNd(indices=i, updates=u, shape=const([4, 3], i64)),
)
for n in 'Update Add Sub Max Min'.split():
    case(
        'array',
        'TensorScatter' + n,
        [spec([4, 3]), spec([2, 1], i32), spec([2, 3])],
        lambda x, i, u, n=n: getattr(raw, 'TensorScatter' + n)(tensor=x, indices=i, updates=u),
    )
case(
    'array',
    'TensorScatterUpdate/i64 idx',
    [spec([4, 3], i32), spec([2, 1], i64), spec([2, 3], i32)],
    lambda x, i, u: raw.TensorScatterUpdate(tensor=x, indices=i, updates=u),
)
case(
    'array',
    'TensorScatterUpdate/bool',
    [spec([4, 3], boolean), spec([2, 1], i32), spec([2, 3], boolean)],
    lambda x, i, u: raw.TensorScatterUpdate(tensor=x, indices=i, updates=u),
)
case(
    'array',
    'TensorScatterUpdate/i64',
    [spec([4, 3], i64), spec([2, 1], i32), spec([2, 3], i64)],
    lambda x, i, u: raw.TensorScatterUpdate(tensor=x, indices=i, updates=u),
)
case(
    'array',
    'SparseToDense',
    [spec([2, 2], i32), spec([2])],
    lambda i, v: raw.SparseToDense(sparse_indices=i, output_shape=[4, 3], sparse_values=v, default_value=0.0),
)
case(
    'array',
    'SparseToDense/i64',
    [spec([2, 2], i64), spec([2], i64)],
    lambda i, v: raw.SparseToDense(
        sparse_indices=i, output_shape=const([4, 3], i64), sparse_values=v, default_value=const(0, i64), validate_indices=False
    ),
)
case('array', 'OneHot', [spec([3], i32)], lambda x: raw.OneHot(indices=x, depth=4, on_value=1.0, off_value=0.0))
case(
    'array',
    'OneHot/i64 axis0',
    [spec([3], i64)],
    lambda x: raw.OneHot(indices=x, depth=4, on_value=const(1, i64), off_value=const(0, i64), axis=0),
)
case('array', 'OneHot/bool', [spec([3], i32)], lambda x: raw.OneHot(indices=x, depth=4, on_value=True, off_value=False))
case(
    'array',
    'OneHot/dyn depth',
    [spec([3], i32), spec([], i32)],
    lambda x, d: raw.OneHot(indices=x, depth=d, on_value=1.0, off_value=0.0),
)
case('array', 'OneHot/u8 idx', [spec([3], u8)], lambda x: raw.OneHot(indices=x, depth=4, on_value=1.0, off_value=0.0))
case('array', 'Shape', [spec([None, 3])], lambda x: raw.Shape(input=x))
case('array', 'Shape/i64', [spec([None, 3])], lambda x: raw.Shape(input=x, out_type=i64))
case('array', 'ShapeN', [spec([None, 3]), spec([None, 2])], lambda x, y: raw.ShapeN(input=[x, y]))
case('array', 'Size', [spec([None, 3])], lambda x: raw.Size(input=x))
case('array', 'Rank', [spec(None)], lambda x: raw.Rank(input=x))
case('array', 'Shape/static', [spec([2, 3])], lambda x: raw.Shape(input=x) + 0)
case('array', 'Size/static+', [spec([2, 3])], lambda x: raw.Size(input=x) + tf.cast(x[0, 0], i32))
case('array', 'Fill', [spec([2], i32)], lambda s: raw.Fill(dims=s, value=2.0))
case('array', 'Fill/i64 dims bool', [spec([2], i64)], lambda s: raw.Fill(dims=s, value=True))
case('array', 'Fill/const dims', [spec([])], lambda v: raw.Fill(dims=[2, 3], value=v))
case('array', 'Fill/string', [spec([2], i32)], lambda s: raw.Fill(dims=s, value='a'))
case('array', 'Range', [spec([], i32)], lambda n: raw.Range(start=0, limit=n, delta=1))
case('array', 'Range/f32', [spec([])], lambda n: raw.Range(start=0.0, limit=n, delta=1.0))
case('array', 'Range/i64', [spec([], i64)], lambda n: raw.Range(start=const(0, i64), limit=n, delta=const(1, i64)))
case('array', 'LinSpace', [spec([]), spec([])], lambda a, b: raw.LinSpace(start=a, stop=b, num=5))
case('array', 'Empty', [spec([2], i32)], lambda s: raw.Empty(shape=s, dtype=f32, init=True))
case('array', 'ReverseV2', [spec([2, 3])], lambda x: raw.ReverseV2(tensor=x, axis=[1]))
case('array', 'ReverseV2/multi i64', [spec([2, 3, 4])], lambda x: raw.ReverseV2(tensor=x, axis=const([0, 1], i64)))
case('array', 'ReverseV2/nonadj axes', [spec([2, 3, 4])], lambda x: raw.ReverseV2(tensor=x, axis=[0, 2]))
case(
    'array',
    'ReverseSequence',
    [spec([2, 3, 4]), spec([2], i32)],
    lambda x, l: raw.ReverseSequence(input=x, seq_lengths=l, seq_dim=1, batch_dim=0),
)
case('array', 'Roll', [spec([2, 3])], lambda x: raw.Roll(input=x, shift=[1], axis=[1]))
case('array', 'Roll/multi', [spec([2, 3])], lambda x: raw.Roll(input=x, shift=[1, 2], axis=[0, 1]))
case('array', 'ReverseV2/bool', [spec([2, 3], boolean)], lambda x: raw.ReverseV2(tensor=x, axis=[1]))
case('array', 'Roll/scalar axis', [spec([2, 3])], lambda x: raw.Roll(input=x, shift=1, axis=1))
case('array', 'Roll/dyn shape', [spec([None, 3])], lambda x: raw.Roll(input=x, shift=[1], axis=[0]))
case('array', 'Where', [spec([2, 3], boolean)], lambda x: raw.Where(condition=x))
case('array', 'Where/f32', [spec([2, 3])], lambda x: raw.Where(condition=x))
case('array', 'Where/i32', [spec([2, 3], i32)], lambda x: raw.Where(condition=x))
case('array', 'boolean_mask', [spec([4, 3]), spec([4], boolean)], lambda x, m: tf.boolean_mask(x, m))
case('array', 'Unique', [spec([4], i32)], lambda x: raw.Unique(x=x))
case('array', 'Unique/out i64 f32', [spec([4])], lambda x: raw.Unique(x=x, out_idx=i64))
case('array', 'UniqueV2', [spec([4], i32)], lambda x: raw.UniqueV2(x=x, axis=const([0], i64)))
case('array', 'UniqueWithCounts', [spec([4], i32)], lambda x: raw.UniqueWithCounts(x=x))
case('array', 'InvertPermutation', [spec([4], i32)], lambda x: raw.InvertPermutation(x=x))
case('array', 'ListDiff', [spec([4], i32), spec([2], i32)], lambda x, y: raw.ListDiff(x=x, y=y))
case(
    'array',
    'DynamicPartition',
    [spec([4]), spec([4], i32)],
    lambda x, p: raw.DynamicPartition(data=x, partitions=p, num_partitions=2),
)
case(
    'array',
    'DynamicStitch',
    [spec([2]), spec([2])],
    lambda x, y: raw.DynamicStitch(indices=[const([0, 2], i32), const([1, 3], i32)], data=[x, y]),
)
case('array', 'LowerBound', [spec([1, 4]), spec([1, 2])], lambda x, y: raw.LowerBound(sorted_inputs=x, values=y))
case('array', 'UpperBound', [spec([1, 4]), spec([1, 2])], lambda x, y: raw.UpperBound(sorted_inputs=x, values=y))
case(
    'array',
    'DynamicStitch/dyn idx',
    [spec([2], i32), spec([2], i32), spec([2]), spec([2])],
    lambda a, b, x, y: raw.DynamicStitch(indices=[a, b], data=[x, y]),
)
case('array', 'MatrixDiag', [spec([2, 3])], lambda x: raw.MatrixDiag(diagonal=x))
case(
    'array',
    'MatrixDiagV2',
    [spec([2, 3])],
    lambda x: raw.MatrixDiagV2(diagonal=x, k=0, num_rows=-1, num_cols=-1, padding_value=0.0),
)
case(
    'array',
    'MatrixDiagV3',
    [spec([2, 3])],
    lambda x: raw.MatrixDiagV3(diagonal=x, k=0, num_rows=-1, num_cols=-1, padding_value=0.0),
)
case(
    'array',
    'MatrixDiagV3/k=1',
    [spec([2, 3])],
    lambda x: raw.MatrixDiagV3(diagonal=x, k=1, num_rows=-1, num_cols=-1, padding_value=0.0),
)
case('array', 'MatrixSetDiag', [spec([3, 3]), spec([3])], lambda x, d: raw.MatrixSetDiag(input=x, diagonal=d))
case('array', 'MatrixSetDiagV2', [spec([3, 3]), spec([3])], lambda x, d: raw.MatrixSetDiagV2(input=x, diagonal=d, k=0))
case('array', 'MatrixSetDiagV3', [spec([3, 3]), spec([3])], lambda x, d: raw.MatrixSetDiagV3(input=x, diagonal=d, k=0))
case('array', 'MatrixSetDiagV3/k=1', [spec([3, 3]), spec([2])], lambda x, d: raw.MatrixSetDiagV3(input=x, diagonal=d, k=1))
case('array', 'MatrixDiagPartV3', [spec([3, 3])], lambda x: raw.MatrixDiagPartV3(input=x, k=0, padding_value=0.0))
case('array', 'Diag', [spec([3])], lambda x: raw.Diag(diagonal=x))
case('array', 'DiagPart', [spec([3, 3])], lambda x: raw.DiagPart(input=x))
case('array', 'MatrixBandPart', [spec([3, 3])], lambda x: raw.MatrixBandPart(input=x, num_lower=-1, num_upper=0))
case('array', 'tf.eye', [spec([], i32)], lambda n: tf.eye(n))
case('array', 'MatrixBandPart/dyn', [spec([None, None])], lambda x: raw.MatrixBandPart(input=x, num_lower=-1, num_upper=0))
case('array', 'MatrixBandPart/const', [spec([3, 3])], lambda x: x * tf.linalg.band_part(tf.ones([3, 3]), -1, 0))
case('array', 'MatrixInverse', [spec([3, 3])], lambda x: raw.MatrixInverse(input=x))
case('array', 'Cholesky', [spec([3, 3])], lambda x: raw.Cholesky(input=x))
case(
    'array',
    'MatrixDiag/i64',
    [spec([2, 3], i64)],
    lambda x: raw.MatrixDiagV3(diagonal=x, k=0, num_rows=-1, num_cols=-1, padding_value=const(0, i64)),
)
case(
    'array',
    'SpaceToBatchND',
    [spec([1, 4, 4, 3])],
    lambda x: raw.SpaceToBatchND(input=x, block_shape=const([2, 2], i64), paddings=[[0, 0], [0, 0]]),
)
case(
    'array',
    'BatchToSpaceND',
    [spec([4, 2, 2, 3])],
    lambda x: raw.BatchToSpaceND(input=x, block_shape=[2, 2], crops=const([[0, 0], [0, 0]], i64)),
)
case('array', 'SpaceToBatchND/rank3', [spec([1, 4, 3])], lambda x: raw.SpaceToBatchND(input=x, block_shape=[2], paddings=[[0, 0]]))
case(
    'array', 'SpaceToBatch(V1)', [spec([1, 4, 4, 3])], lambda x: raw.SpaceToBatch(input=x, block_size=2, paddings=[[0, 0], [0, 0]])
)
case(
    'array',
    'SpaceToBatchND/rank5',
    [spec([1, 4, 4, 4, 3])],
    lambda x: raw.SpaceToBatchND(input=x, block_shape=[2, 2, 2], paddings=[[0, 0]] * 3),
)
case(
    'array',
    'BatchToSpaceND/rank5',
    [spec([8, 4, 4, 4, 3])],
    lambda x: raw.BatchToSpaceND(input=x, block_shape=[2, 2, 2], crops=[[0, 0]] * 3),
)
case('array', 'BatchToSpace(V1)', [spec([4, 2, 2, 3])], lambda x: raw.BatchToSpace(input=x, block_size=2, crops=[[0, 0], [0, 0]]))
case('array', 'SpaceToDepth', [spec([1, 4, 4, 3])], lambda x: raw.SpaceToDepth(input=x, block_size=2))
case('array', 'DepthToSpace', [spec([1, 4, 4, 8])], lambda x: raw.DepthToSpace(input=x, block_size=2))
case('array', 'DepthToSpace/NCHW', [spec([1, 8, 4, 4])], lambda x: raw.DepthToSpace(input=x, block_size=2, data_format='NCHW'))
case('array', 'SpaceToDepth/NCHW', [spec([1, 3, 4, 4])], lambda x: raw.SpaceToDepth(input=x, block_size=2, data_format='NCHW'))
case('array', 'DataFormatVecPermute', [spec([4], i32)], lambda x: raw.DataFormatVecPermute(x=x))
case('array', 'DeepCopy', [spec([2])], lambda x: raw.DeepCopy(x=x))
case('array', 'InplaceUpdate', [spec([4, 3]), spec([2], i32), spec([2, 3])], lambda x, i, v: raw.InplaceUpdate(x=x, i=i, v=v))
case(
    'array',
    'ExtractImagePatches',
    [spec([1, 8, 8, 1])],
    lambda x: raw.ExtractImagePatches(images=x, ksizes=[1, 2, 2, 1], strides=[1, 2, 2, 1], rates=[1, 1, 1, 1], padding='VALID'),
)
case('array', 'InplaceUpdate/1', [spec([4, 3]), spec([1], i32), spec([1, 3])], lambda x, i, v: raw.InplaceUpdate(x=x, i=i, v=v))
case('array', 'FakeQuantWithMinMaxArgs', [spec([2, 3])], lambda x: raw.FakeQuantWithMinMaxArgs(inputs=x, min=-1.0, max=1.0))
case('array', 'FakeQuantWithMinMaxVars', [spec([2, 3])], lambda x: raw.FakeQuantWithMinMaxVars(inputs=x, min=-1.0, max=1.0))
case(
    'array',
    'FakeQuantWithMinMaxVars/16b',
    [spec([2, 3])],
    lambda x: raw.FakeQuantWithMinMaxVars(inputs=x, min=-1.0, max=1.0, num_bits=16),
)
case(
    'array',
    'FakeQuantWithMinMaxVars/4b',
    [spec([2, 3])],
    lambda x: raw.FakeQuantWithMinMaxVars(inputs=x, min=-1.0, max=1.0, num_bits=4),
)
case(
    'array',
    'FakeQuantWithMinMaxVars/narrow',
    [spec([2, 3])],
    lambda x: raw.FakeQuantWithMinMaxVars(inputs=x, min=-1.0, max=1.0, narrow_range=True),
)
case(
    'array',
    'FakeQuantWithMinMaxVarsPerChannel',
    [spec([2, 3])],
    lambda x: raw.FakeQuantWithMinMaxVarsPerChannel(inputs=x, min=[-1.0, -2.0, -3.0], max=[1.0, 2.0, 3.0]),
)
case(
    'array',
    'QuantizeAndDequantizeV2',
    [spec([2, 3])],
    lambda x: raw.QuantizeAndDequantizeV2(input=x, input_min=-1.0, input_max=1.0, range_given=True),
)
case(
    'array',
    'QuantizeAndDequantizeV3',
    [spec([2, 3])],
    lambda x: raw.QuantizeAndDequantizeV3(input=x, input_min=-1.0, input_max=1.0, num_bits=8),
)
case(
    'array',
    'QuantizeAndDequantizeV4',
    [spec([2, 3])],
    lambda x: raw.QuantizeAndDequantizeV4(input=x, input_min=-1.0, input_max=1.0, range_given=True),
)
case('array', 'QuantizeV2', [spec([2, 3])], lambda x: raw.QuantizeV2(input=x, min_range=-1.0, max_range=1.0, T=tf.quint8)[0])
case(
    'array',
    'FakeQuantWithMinMaxVars/dyn',
    [spec([2, 3]), spec([]), spec([])],
    lambda x, a, b: raw.FakeQuantWithMinMaxVars(inputs=x, min=a, max=b),
)
case(
    'array',
    'XlaDynamicUpdateSlice',
    [spec([4, 3]), spec([2, 3]), spec([2], i32)],
    lambda x, u, i: xla.dynamic_update_slice(x, u, i),
)
case('array', 'XlaDynamicSlice', [spec([4, 3]), spec([2], i32)], lambda x, i: xla.dynamic_slice(x, i, [2, 2]))
case('array', 'XlaGather', [spec([4, 3])], lambda x: raw.XlaSharding(input=x) if hasattr(raw, 'XlaSharding') else tf.identity(x))
case(
    'array',
    'MatrixDiagV3/num_rows',
    [spec([2, 3])],
    lambda x: raw.MatrixDiagV3(diagonal=x, k=0, num_rows=4, num_cols=3, padding_value=0.0),
)
case(
    'array',
    'MatrixDiagV3/padding 1',
    [spec([2, 3])],
    lambda x: raw.MatrixDiagV3(diagonal=x, k=0, num_rows=-1, num_cols=-1, padding_value=1.0),
)
case(
    'array',
    'MatrixBandPart/i32',
    [spec([3, 3], i32)],
    lambda x: raw.MatrixBandPart(input=x, num_lower=const(1, i64), num_upper=const(1, i64)),
)
case('array', 'Cumsum/dyn axis', [spec([2, 3]), spec([], i32)], lambda x, a: raw.Cumsum(x=x, axis=a))
case('array', 'PlaceholderWithDefault', [spec([2, 3])], lambda x: raw.PlaceholderWithDefault(input=x, shape=[2, 3]) + 1.0)
case('array', 'Split+axis -1 dyn', [spec([None, 6])], lambda x: tf.split(x, 2, -1))
case('array', 'tf.linspace const', [spec([5])], lambda x: x + tf.linspace(0.0, 1.0, 5))
case('array', 'tf.meshgrid', [spec([3]), spec([2])], lambda x, y: tf.meshgrid(x, y))
case('array', 'tf.reverse i64', [spec([2, 3], i64)], lambda x: tf.reverse(x, [0]))
case('array', 'tf.roll 2d', [spec([2, 3])], lambda x: tf.roll(x, 1, 1))
case('array', 'tf.searchsorted', [spec([5]), spec([2])], lambda x, y: tf.searchsorted(x, y))
case('array', 'tf.sequence_mask', [spec([2], i32)], lambda x: tf.sequence_mask(x, 4))
case(
    'array',
    'tf.image.extract_patches',
    [spec([1, 8, 8, 3])],
    lambda x: tf.image.extract_patches(x, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], 'VALID'),
)
case('array', 'tf.math.top_k sorted False', [spec([2, 5])], lambda x: tf.math.top_k(x, 2, sorted=False))
case(
    'array',
    'SparseTensorDenseMatMul',
    [spec([2, 2], i64), spec([2]), spec([3, 2])],
    lambda i, v, b: raw.SparseTensorDenseMatMul(a_indices=i, a_values=v, a_shape=const([3, 3], i64), b=b),
)
case(
    'array',
    'RaggedGather',
    [spec([3], i64), spec([4]), spec([2], i32)],
    lambda s, v, i: raw.RaggedGather(params_nested_splits=[s], params_dense_values=v, indices=i, OUTPUT_RAGGED_RANK=1)[0],
)
case(
    'array',
    'SparseReshape',
    [spec([2, 2], i64)],
    lambda i: raw.SparseReshape(input_indices=i, input_shape=const([2, 3], i64), new_shape=const([6], i64)),
)
case(
    'array',
    'SparseFillEmptyRows',
    [spec([2, 2], i64), spec([2])],
    lambda i, v: raw.SparseFillEmptyRows(indices=i, values=v, dense_shape=const([3, 3], i64), default_value=0.0)[0],
)
case(
    'array',
    'QuantizeAndDequantizeV2/no range',
    [spec([2, 3])],
    lambda x: raw.QuantizeAndDequantizeV2(input=x, input_min=0.0, input_max=0.0, range_given=False),
)
case('array', 'Dequantize', [spec([2, 3], tf.quint8)], lambda x: raw.Dequantize(input=x, min_range=0.0, max_range=1.0))
case('array', 'ResourceGather dyn', [spec([2], i32)], lambda i: tf.gather(const(uniform(4, 3)), i))
case('array', 'StridedSlice/dyn idx + newaxis', [spec([4, 6]), spec([], i32)], lambda x, i: x[i:, tf.newaxis])
case('array', 'StridedSlice/dyn idx + ellipsis', [spec([4, 5, 6]), spec([], i32)], lambda x, i: x[..., i])
case('array', 'StridedSlice/dyn idx range', [spec([4, 6]), spec([], i32)], lambda x, i: x[i : i + 2])
case(
    'array',
    'StridedSlice/dyn const end range',
    [spec([4, 6]), spec([1], i32)],
    lambda x, b: raw.StridedSlice(input=x, begin=tf.concat([b, b], 0), end=tf.concat([b, b], 0) + 2, strides=[1, 1]),
)

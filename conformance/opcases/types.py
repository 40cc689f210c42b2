"""Operators by element type."""

import tensorflow as tf

from opcases.base import boolean, c64, case, const, f16, f64, i8, i16, i32, i64, raw, spec, string, u8, u32

for dt in (i8, u8, i16, i32, i64, u32, boolean, f64, f16, string):
    case('types', 'Reshape/' + dt.name, [spec([2, 3], dt)], lambda x: raw.Reshape(tensor=x, shape=[6]))
    case('types', 'Transpose/' + dt.name, [spec([2, 3], dt)], lambda x: raw.Transpose(x=x, perm=[1, 0]))
    case('types', 'ConcatV2/' + dt.name, [spec([2, 3], dt)] * 2, lambda x, y: raw.ConcatV2(values=[x, y], axis=0))
    case('types', 'GatherV2/' + dt.name, [spec([4, 3], dt), spec([2], i32)], lambda x, i: raw.GatherV2(params=x, indices=i, axis=0))
    case('types', 'Slice/' + dt.name, [spec([4, 6], dt)], lambda x: raw.Slice(input=x, begin=[1, 2], size=[2, 2]))
    case('types', 'StridedSlice/' + dt.name, [spec([4, 6], dt)], lambda x: x[::2])
    case('types', 'Pack/' + dt.name, [spec([2, 3], dt)] * 2, lambda x, y: raw.Pack(values=[x, y]))
    case('types', 'Split/' + dt.name, [spec([2, 6], dt)], lambda x: raw.Split(axis=1, value=x, num_split=3))
    case('types', 'Unpack/' + dt.name, [spec([2, 6], dt)], lambda x: raw.Unpack(value=x, num=2))
    case('types', 'ExpandDims/' + dt.name, [spec([None, 3], dt)], lambda x: raw.ExpandDims(input=x, axis=0))
    case('types', 'Tile/' + dt.name, [spec([2, 3], dt)], lambda x: raw.Tile(input=x, multiples=[2, 1]))
    case('types', 'BroadcastTo/' + dt.name, [spec([1, 3], dt)], lambda x: raw.BroadcastTo(input=x, shape=[2, 3]))
    case(
        'types',
        'SelectV2/' + dt.name,
        [spec([2, 3], boolean), spec([2, 3], dt), spec([2, 3], dt)],
        lambda p, x, y: raw.SelectV2(condition=p, t=x, e=y),
    )
    case('types', 'GatherNd/' + dt.name, [spec([4, 3], dt), spec([2, 1], i32)], lambda x, i: raw.GatherNd(params=x, indices=i))
    case('types', 'ReverseV2/' + dt.name, [spec([2, 3], dt)], lambda x: raw.ReverseV2(tensor=x, axis=[1]))
    if dt not in (string,):
        case('types', 'Pad/' + dt.name, [spec([2, 3], dt)], lambda x: raw.Pad(input=x, paddings=[[1, 1], [0, 2]]))
        case(
            'types',
            'ScatterNd/' + dt.name,
            [spec([2, 1], i32), spec([2, 3], dt)],
            lambda i, u: raw.ScatterNd(indices=i, updates=u, shape=[4, 3]),
        )
        case('types', 'ZerosLike/' + dt.name, [spec([2, 3], dt)], lambda x: raw.ZerosLike(x=x))
        case('types', 'Equal/' + dt.name, [spec([2, 3], dt)] * 2, lambda x, y: raw.Equal(x=x, y=y))
        if dt not in (boolean,):
            for n in ('Sum', 'Max', 'Mean', 'Prod', 'Min'):
                case('types', n + '/' + dt.name, [spec([2, 3], dt)], lambda x, n=n: getattr(raw, n)(input=x, axis=1))
            for n in ('Maximum', 'Minimum', 'Sub', 'Mul', 'AddV2', 'FloorDiv', 'FloorMod', 'RealDiv'):
                if not (n == 'RealDiv' and dt in (u32,)):
                    case('types', n + '/' + dt.name, [spec([2, 3], dt)] * 2, lambda x, y, n=n: getattr(raw, n)(x=x, y=y))
            for n in ('Less', 'GreaterEqual', 'Greater', 'LessEqual'):
                case('types', n + '/' + dt.name, [spec([2, 3], dt)] * 2, lambda x, y, n=n: getattr(raw, n)(x=x, y=y))
            case('types', 'TopKV2/' + dt.name, [spec([2, 5], dt)], lambda x: raw.TopKV2(input=x, k=2))
            case('types', 'ArgMax/' + dt.name, [spec([2, 5], dt)], lambda x: raw.ArgMax(input=x, dimension=1))
            case(
                'types',
                'OneHot out/' + dt.name,
                [spec([3], i32)],
                lambda i, dt=dt: raw.OneHot(indices=i, depth=4, on_value=tf.cast(1, dt), off_value=tf.cast(0, dt)),
            )
            case('types', 'Unique/' + dt.name, [spec([4], dt)], lambda x: raw.Unique(x=x))
            case('types', 'Cumsum/' + dt.name, [spec([2, 5], dt)], lambda x: raw.Cumsum(x=x, axis=1))
            case('types', 'Where/' + dt.name, [spec([2, 5], dt)], lambda x: raw.Where(condition=x))
            case(
                'types',
                'Range/' + dt.name,
                [spec([], dt)],
                lambda x, dt=dt: raw.Range(start=tf.cast(0, dt), limit=x, delta=tf.cast(1, dt)),
            )
case('types', 'SplitV/int64', [spec([2, 6], i64)], lambda x: raw.SplitV(value=x, size_splits=[1, 2, 3], axis=1, num_split=3))
case(
    'types',
    'PadV2/uint8',
    [spec([2, 3], u8)],
    lambda x: raw.PadV2(input=x, paddings=[[1, 1], [0, 2]], constant_values=const(3, u8)),
)
case(
    'types',
    'PadV2/int32',
    [spec([2, 3], i32)],
    lambda x: raw.PadV2(input=x, paddings=[[1, 1], [0, 2]], constant_values=const(3, i32)),
)
for dt in (i8, u8, i64):
    case(
        'types',
        'MirrorPad/' + dt.name,
        [spec([3, 4], dt)],
        lambda x: raw.MirrorPad(input=x, paddings=[[1, 1], [0, 2]], mode='REFLECT'),
    )
for dt in (i32, i64):
    case(
        'types',
        'ReverseSequence/' + dt.name,
        [spec([2, 3, 4], dt), spec([2], i32)],
        lambda x, l: raw.ReverseSequence(input=x, seq_lengths=l, seq_dim=1, batch_dim=0),
    )
case('types', 'Abs/int16', [spec([2], i16)], lambda x: raw.Abs(x=x))
case('types', 'Sign/float64', [spec([2], f64)], lambda x: raw.Sign(x=x))
case('types', 'Mul/complex64', [spec([2], c64)] * 2, lambda x, y: raw.Mul(x=x, y=y))
case('types', 'DepthToSpace/int32', [spec([1, 2, 2, 4], i32)], lambda x: raw.DepthToSpace(input=x, block_size=2))
case('types', 'SegmentSum/int64', [spec([4, 3], i64), spec([4], i32)], lambda x, s: raw.SegmentSum(data=x, segment_ids=s))
case(
    'types',
    'BatchToSpaceND/int32',
    [spec([4, 2, 2, 3], i32)],
    lambda x: raw.BatchToSpaceND(input=x, block_shape=[2, 2], crops=[[0, 0], [0, 0]]),
)
case(
    'types',
    'StridedSlice->Slice/int16',
    [spec([4, 6], i16)],
    lambda x: raw.StridedSlice(input=x, begin=[1, 1], end=[3, 3], strides=[1, 1]),
)
case('types', 'AddN/int32 rank5', [spec([1, 1, 1, 2, 2], i32)] * 2, lambda x, y: raw.AddN(inputs=[x, y]))
case('types', 'Bucketize/float64', [spec([2], f64)], lambda x: raw.Bucketize(input=x, boundaries=[0.0, 1.0]))
case(
    'types',
    'MatrixDiag/bool',
    [spec([2], boolean)],
    lambda x: raw.MatrixDiagV3(diagonal=x, k=0, num_rows=-1, num_cols=-1, padding_value=False),
)
case(
    'types',
    'SparseToDense/bool',
    [spec([2, 2], i32), spec([2], boolean)],
    lambda i, v: raw.SparseToDense(sparse_indices=i, output_shape=[4, 3], sparse_values=v, default_value=False),
)
case('types', 'Atan2/float64', [spec([2], f64)] * 2, lambda x, y: raw.Atan2(y=x, x=y))

"""Operators at high ranks."""

import tensorflow as tf

from opcases.base import boolean, case, f32, i32, raw, spec

for r in (5, 6, 7, 8, 9):
    sh = [2] * r
    for n, f in (
        ('Transpose', lambda x, r=r: raw.Transpose(x=x, perm=list(range(r))[::-1])),
        ('Sum', lambda x: raw.Sum(input=x, axis=1)),
        ('Slice', lambda x, r=r: raw.Slice(input=x, begin=[0] * r, size=[1] * r)),
        ('StridedSlice', lambda x: x[:, ::2]),
        ('Tile', lambda x, r=r: raw.Tile(input=x, multiples=[2] * r)),
        ('Concat', lambda x: tf.concat([x, x], 0)),
        ('Softmax', lambda x: raw.Softmax(logits=x)),
        ('Relu', lambda x: tf.nn.relu(x)),
        ('Squeeze', lambda x: tf.squeeze(x[:1])),
        ('Gather', lambda x: tf.gather(x, [0, 1, 1], axis=2)),
        ('Reverse', lambda x: raw.ReverseV2(tensor=x, axis=[1])),
        ('ArgMax', lambda x: raw.ArgMax(input=x, dimension=1)),
        ('Cumsum', lambda x: raw.Cumsum(x=x, axis=1)),
        ('Where', lambda x: raw.Where(condition=x)),
        ('Pad', lambda x, r=r: raw.Pad(input=x, paddings=[[1, 1]] * r)),
        ('MirrorPad', lambda x, r=r: raw.MirrorPad(input=x, paddings=[[1, 1]] * r, mode='REFLECT')),
        ('Pack', lambda x: raw.Pack(values=[x, x * 2.0])),
        ('Unpack', lambda x: raw.Unpack(value=x, num=2)),
        ('OneHot', lambda x: raw.OneHot(indices=tf.cast(x, i32), depth=2, on_value=1.0, off_value=0.0)),
        ('BroadcastTo', lambda x, r=r: raw.BroadcastTo(input=x[:1], shape=[2] * r)),
    ):
        case('rank', '%s/rank%d' % (n, r), [spec(sh)], f)
    for n in (
        'AddV2',
        'Sub',
        'Mul',
        'RealDiv',
        'Maximum',
        'Minimum',
        'Pow',
        'FloorDiv',
        'FloorMod',
        'Equal',
        'Less',
        'SquaredDifference',
        'LogicalAnd',
    ):
        dt = boolean if n == 'LogicalAnd' else f32
        case(
            'rank',
            '%s bcast/rank%d' % (n, r),
            [spec([2, 1] * (r // 2) + [2] * (r % 2), dt), spec([1, 2] * (r // 2) + [2] * (r % 2), dt)],
            lambda x, y, n=n: getattr(raw, n)(x=x, y=y),
        )
        case('rank', '%s same/rank%d' % (n, r), [spec(sh, dt)] * 2, lambda x, y, n=n: getattr(raw, n)(x=x, y=y))
    case(
        'rank',
        'SelectV2 bcast/rank%d' % r,
        [
            spec([2, 1] * (r // 2) + [2] * (r % 2), boolean),
            spec([1, 2] * (r // 2) + [2] * (r % 2)),
            spec([1, 1] * (r // 2) + [2] * (r % 2)),
        ],
        lambda p, x, y: raw.SelectV2(condition=p, t=x, e=y),
    )
    if r < 8:
        case('rank', 'BatchMatMul/rank%d' % r, [spec(sh), spec(sh)], lambda x, y: raw.BatchMatMulV2(x=x, y=y))
case('rank', 'Transpose7 with ones/rank7', [spec([1, 2, 1, 3, 2, 1, 2])], lambda x: raw.Transpose(x=x, perm=[6, 5, 4, 3, 2, 1, 0]))

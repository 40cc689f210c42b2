"""Reductions, searches along an axis, running sums."""

from golden.case import TYPES, K, X, case

S = (2, 3, 4)
INTEGER = dict(dtype='int32', low=-20, high=20)
LONG = dict(dtype='int64', low=-20, high=20)


def reduce(op, label, axes, keep=False, shape=S, dtype='float32', **x):
    return case(op, label, X(shape, dtype, **x), K(axes), results=[dtype], keepDims=keep)


AXES = [
    ('last', [2], False),
    ('first_kept', [0], True),
    ('two', [0, 2], False),
    ('negative', [-1, -2], True),
    ('all', [0, 1, 2], False),
]

CASES = [
    *[
        reduce(op, label, axes, keep)
        for op in ('MEAN', 'SUM', 'REDUCE_MAX', 'REDUCE_MIN', 'REDUCE_PROD')
        for label, axes, keep in AXES
    ],
    reduce('MEAN', 'spatial', [1, 2], shape=(2, 3, 4, 5)),
    reduce('MEAN', 'spatial_kept', [1, 2], True, shape=(1, 5, 3, 4)),
    reduce('SUM', 'long', [1], shape=(2, 150)),
    reduce('MEAN', 'long', [0], shape=(131, 2)),
    *[
        reduce(op, t['dtype'], [1], **t)
        for op in ('SUM', 'REDUCE_MAX', 'REDUCE_MIN', 'REDUCE_PROD', 'MEAN')
        for t in (INTEGER, LONG)
    ],
    *[reduce(op, label, axes, keep, dtype='bool') for op in ('REDUCE_ANY', 'REDUCE_ALL') for label, axes, keep in AXES[:3]],
    *[
        case(op, f'axis{axis}_{out}', X(S), K(axis), results=[out], outputType=TYPES[out])
        for op in ('ARG_MAX', 'ARG_MIN')
        for axis, out in ((2, 'int32'), (0, 'int64'), (-2, 'int32'))
    ],
    *[
        case(op, 'ties', X((2, 5), values=[1, 3, 3, 0, 0, 2, 2, 2, 2, 2]), K(1), results=['int32'], outputType=TYPES['int32'])
        for op in ('ARG_MAX', 'ARG_MIN')
    ],
    case('ARG_MAX', 'int32', X(S, **INTEGER), K(1), results=['int32'], outputType=TYPES['int32']),
    case('TOPK_V2', 'rows', X((3, 6)), K(3), results=['float32', 'int32']),
    case('TOPK_V2', 'ties', X((8,), values=[1, 5, 5, 2, 5, 1, 2, 0]), K(5), results=['float32', 'int32']),
    case('TOPK_V2', 'int32', X((2, 5), **INTEGER), K(2), results=['int32', 'int32']),
    *[
        case('CUMSUM', label, X(S, **t), K(axis), results=[t.get('dtype', 'float32')], **options)
        for label, axis, t, options in [
            ('plain', 1, {}, {}),
            ('exclusive', 2, {}, dict(exclusive=True)),
            ('reverse', 0, {}, dict(reverse=True)),
            ('both', -1, {}, dict(exclusive=True, reverse=True)),
            ('int32', 1, INTEGER, {}),
            ('int64', 1, LONG, {}),
        ]
    ],
]

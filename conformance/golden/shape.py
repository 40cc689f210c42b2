"""Operators that change the shape, join and take apart, pad, repeat and rearrange; and those that make tensors."""

import numpy as np

from golden.case import TYPES, K, R, W, X, case

S = (2, 3, 4)
INTEGER = dict(dtype='int32', low=-20, high=20)
LONG = dict(dtype='int64', low=-20, high=20)


CASES = [
    case('RESHAPE', 'constant', X(S), K([4, 6]), newShape=[4, 6]),
    case('RESHAPE', 'inferred', X(S), K([3, -1]), newShape=[3, -1]),
    case('RESHAPE', 'option_only', X(S), newShape=[6, 4]),
    case('RESHAPE', 'int64', X(S, **LONG), K([24]), results=['int64'], newShape=[24]),
    case('RESHAPE', 'runtime', X(S), X((2,), 'int32', values=[8, 3]), results=[R(open=(-1, -1))]),
    case('RESHAPE', 'scalar', X((1, 1)), K([], np.int32)),
    *[
        case('TRANSPOSE', '_'.join(map(str, p)), X(shape), K(p))
        for shape, p in (
            ((3, 4), [1, 0]),
            (S, [0, 2, 1]),
            (S, [2, 0, 1]),
            ((2, 3, 4, 2), [0, 3, 1, 2]),
            ((2, 3, 4, 2), [3, 1, 0, 2]),
            ((2, 1, 3, 2, 2), [4, 1, 0, 3, 2]),
            ((2, 1, 3, 2, 2, 2), [5, 2, 0, 4, 1, 3]),
        )
    ],
    *[case('TRANSPOSE', t, X(S, t), K([1, 2, 0]), results=[t]) for t in ('int32', 'int64', 'bool')],
    case('SQUEEZE', 'all', X((1, 3, 1, 4))),
    case('SQUEEZE', 'some', X((1, 3, 1, 4)), squeezeDims=[2]),
    case('SQUEEZE', 'negative', X((1, 3, 4, 1)), squeezeDims=[-1]),
    *[case('EXPAND_DIMS', f'axis{a}', X((3, 4)), K(a)) for a in (0, 1, -1)],
    case('EXPAND_DIMS', 'int32', X((3,), **INTEGER), K(0), results=['int32']),
    *[case('PACK', f'axis{a}', X((3, 4)), X((3, 4)), X((3, 4)), valuesCount=3, axis=a) for a in (0, 1, -1)],
    case('PACK', 'int32', X((2,), **INTEGER), X((2,), **INTEGER), results=['int32'], valuesCount=2, axis=1),
    case('PACK', 'scalars', X(()), X(()), valuesCount=2, axis=0),
    *[case('UNPACK', f'axis{a}', X((2, 3, 2)), results=['float32'] * n, num=n, axis=a) for a, n in ((0, 2), (1, 3), (-1, 2))],
    case('UNPACK', 'int32', X((2, 3), **INTEGER), results=['int32'] * 2, num=2, axis=0),
    *[case('SPLIT', f'axis{a}', K(a), X((4, 6)), results=['float32'] * n, numSplits=n) for a, n in ((0, 2), (1, 3), (-1, 2))],
    case('SPLIT', 'int32', K(0), X((4, 2), **INTEGER), results=['int32'] * 2, numSplits=2),
    case('SPLIT_V', 'plain', X((6, 2)), K([1, 3, 2]), K(0), results=['float32'] * 3, numSplits=3),
    case('SPLIT_V', 'inferred', X((2, 6)), K([2, -1]), K(-1), results=['float32'] * 2, numSplits=2),
    *[case('CONCATENATION', f'axis{a}', X((2, 3, 2)), X((2, 3, 2)), axis=a) for a in (0, 1, 2, -1)],
    case('CONCATENATION', 'three', X((2, 1)), X((2, 3)), W((2, 2)), axis=1),
    case('CONCATENATION', 'int32', X((2,), **INTEGER), X((3,), **INTEGER), results=['int32'], axis=0),
    case('CONCATENATION', 'int64', X((2, 2), **LONG), X((1, 2), **LONG), results=['int64'], axis=0),
    case('CONCATENATION', 'bool', X((2, 2), 'bool'), X((2, 2), 'bool'), results=['bool'], axis=1),
    *[
        case('PAD', label, X(shape, **t), K(p), results=[t.get('dtype', 'float32')])
        for label, shape, p, t in [
            ('rank2', (2, 3), [[1, 2], [0, 1]], {}),
            ('rank4', (1, 2, 3, 2), [[0, 0], [1, 1], [2, 0], [0, 1]], {}),
            ('rank5', (1, 2, 2, 1, 2), [[0, 1], [1, 0], [0, 0], [1, 1], [0, 2]], {}),
            ('int32', (2, 3), [[1, 0], [0, 2]], INTEGER),
        ]
    ],
    case('PAD', 'int64_paddings', X((2, 3)), K([[1, 0], [0, 2]], np.int64)),
    case('PADV2', 'value', X((2, 3)), K([[1, 2], [0, 1]]), K(3.5)),
    case('PADV2', 'int32', X((2, 2), **INTEGER), K([[1, 0], [0, 1]]), K(-9), results=['int32']),
    *[case('MIRROR_PAD', label, X((3, 4)), K([[2, 1], [0, 2]]), mode=mode) for label, mode in (('reflect', 0), ('symmetric', 1))],
    case('MIRROR_PAD', 'rank4', X((1, 3, 3, 2)), K([[0, 0], [1, 2], [2, 1], [0, 0]]), mode=0),
    case('TILE', 'rank3', X((2, 1, 3)), K([1, 3, 2])),
    case('TILE', 'int64', X((2, 2), **INTEGER), K([2, 1], np.int64), results=['int32']),
    case('TILE', 'bool', X((2,), 'bool'), K([3]), results=['bool']),
    case('BROADCAST_TO', 'rows', X((3, 1)), K([2, 3, 4]), version=2),
    case('BROADCAST_TO', 'int32', X((4,), **INTEGER), K([3, 4], np.int64), results=['int32'], version=2),
    case('FILL', 'constant', K([2, 3]), X(())),
    case('FILL', 'runtime', X((2,), 'int32', values=[3, 2]), K(1.5), results=[R(open=(-1, -1))]),
    case('FILL', 'int32', K([4]), X((), **INTEGER), results=['int32']),
    case(
        'RANGE',
        'int32',
        X((), 'int32', values=3),
        X((), 'int32', values=18),
        X((), 'int32', values=4),
        results=[R('int32', open=(-1,))],
    ),
    case('RANGE', 'down', X((), values=5.0), X((), values=0.9), X((), values=-0.5), results=[R(open=(-1,))]),
    case(
        'RANGE',
        'int64',
        X((), 'int64', values=-1),
        X((), 'int64', values=4),
        X((), 'int64', values=1),
        results=[R('int64', open=(-1,))],
    ),
    case('SHAPE', 'int32', X(S), results=['int32'], outType=TYPES['int32']),
    case('SHAPE', 'int64', X((3, 1)), results=['int64'], outType=TYPES['int64']),
    case('RANK', 'plain', X(S), results=['int32']),
    case('REVERSE_V2', 'last', X(S), K([2])),
    case('REVERSE_V2', 'first', X(S), K([0])),
    case('REVERSE_V2', 'int32', X((2, 3), **INTEGER), K([1]), results=['int32']),
    case('REVERSE_V2', 'two', X(S), K([0, 1])),
    case('REVERSE_SEQUENCE', 'rows', X((3, 4, 2)), X((3,), 'int32', values=[2, 4, 1]), seqDim=1, batchDim=0),
    case('REVERSE_SEQUENCE', 'columns', X((4, 2, 3)), X((3,), 'int64', values=[4, 3, 1]), seqDim=0, batchDim=2),
    case('SPACE_TO_BATCH_ND', 'image', X((1, 4, 6, 2)), K([2, 3]), K([[0, 0], [0, 0]])),
    case('SPACE_TO_BATCH_ND', 'padded', X((2, 3, 4, 1)), K([2, 2]), K([[1, 0], [0, 2]])),
    case('SPACE_TO_BATCH_ND', 'rank3', X((1, 5, 2)), K([3]), K([[0, 1]])),
    case('BATCH_TO_SPACE_ND', 'image', X((6, 2, 2, 2)), K([2, 3]), K([[0, 0], [0, 0]])),
    case('BATCH_TO_SPACE_ND', 'cropped', X((4, 3, 2, 1)), K([2, 2]), K([[1, 0], [0, 2]])),
    case('BATCH_TO_SPACE_ND', 'rank3', X((3, 2, 2)), K([3]), K([[0, 1]])),
    case('SPACE_TO_DEPTH', 'two', X((2, 4, 6, 2)), blockSize=2),
    case('DEPTH_TO_SPACE', 'two', X((2, 2, 3, 8)), blockSize=2),
    case('DEPTH_TO_SPACE', 'three', X((1, 1, 2, 9)), blockSize=3),
    case('SPACE_TO_DEPTH', 'int32', X((1, 2, 2, 1), **INTEGER), results=['int32'], blockSize=2),
]

"""Operators that pick, place and search elements by index."""

import numpy as np

from golden.case import TYPES, K, R, W, X, case

S = (2, 3, 4)
INTEGER = dict(dtype='int32', low=-20, high=20)
LONG = dict(dtype='int64', low=-20, high=20)


def strided(label, begin, end, step, shape=(3, 4, 5), dtype='float32', **masks):
    return case(
        'STRIDED_SLICE',
        label,
        X(shape, dtype),
        K(begin),
        K(end),
        K(step),
        results=[dtype],
        version=8 if 'offset' in masks else 1,
        **masks,
    )


# The first three overlap, the fourth is one of them upside down.
BOXES = np.float32([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 0.9, 1, 1.9], [1, 1.1, 0, 0.1], [5, 5, 6, 7]])

CASES = [
    case('SLICE', 'plain', X((3, 4, 5)), K([1, 0, 2]), K([2, 3, 2])),
    case('SLICE', 'rest', X((3, 4)), K([1, 1]), K([-1, -1])),
    case('SLICE', 'rank5', X((2, 2, 2, 2, 3)), K([1, 0, 0, 1, 1]), K([1, 2, 1, 1, 2])),
    case('SLICE', 'int64_indices', X((3, 4), **INTEGER), K([0, 1], np.int64), K([2, 2], np.int64), results=['int32']),
    case('SLICE', 'bool', X((3, 4), 'bool'), K([0, 1]), K([2, 2]), results=['bool']),
    case(
        'SLICE', 'runtime', X((4, 4)), X((2,), 'int32', values=[1, 0]), X((2,), 'int32', values=[2, 3]), results=[R(open=(-1, -1))]
    ),
    strided('plain', [0, 1, 0], [3, 4, 5], [1, 2, 2]),
    strided('masks', [1, 1, 1], [2, 2, 2], [1, 1, 1], beginMask=1, endMask=6),
    strided('backwards', [2, 3, 4], [0, 0, 0], [-1, -2, -1]),
    strided('backwards_masks', [0, 0, 0], [0, 0, 0], [-1, -1, 2], beginMask=7, endMask=7),
    strided('negative_indices', [-2, -3, 0], [-1, 4, -1], [1, 1, 1]),
    strided('clamped', [0, -9, 2], [9, 9, 99], [1, 1, 1]),
    strided('shrink', [1, 0, 2], [2, 4, 3], [1, 1, 1], shrinkAxisMask=5),
    strided('shrink_all', [1, 2, -1], [2, 3, 0], [1, 1, 1], shrinkAxisMask=7),
    strided('new_axis', [0, 1, 0], [0, 3, 2], [1, 1, 1], newAxisMask=1),
    strided('new_axes', [0, 1, 0, 0], [0, 3, 0, 2], [1, 1, 1, 1], newAxisMask=5),
    strided('ellipsis', [0, 1], [0, 4], [1, 2], ellipsisMask=1),
    strided('ellipsis_middle', [1, 0, 1], [3, 0, 4], [1, 1, 1], ellipsisMask=2),
    strided(
        'all_masks', [1, 0, 0, 1], [2, 0, 0, 3], [1, 1, 1, 1], shape=(3, 4, 5), ellipsisMask=2, newAxisMask=4, shrinkAxisMask=1
    ),
    strided('short', [1], [3], [1]),
    strided('empty', [2, 0, 0], [1, 4, 5], [1, 1, 1]),
    strided('offset', [1, 1, 0], [2, 3, 5], [1, 1, 2], offset=True),
    strided('int32', [0, 3], [3, 0], [2, -1], (3, 4), 'int32'),
    strided('bool', [0, 1], [3, 4], [1, 2], (3, 4), 'bool'),
    strided('rank5', [0, 0, 1, 0, 1], [2, 1, 2, 2, 3], [1, 1, 1, 1, 1], (2, 2, 2, 2, 3)),
    *[case('GATHER', f'axis{a}', X(S), K([1, 0, 1]), axis=a) for a in (0, 1, -1)],
    case('GATHER', 'matrix', X((4, 3)), K([[0, 3], [2, 2]]), axis=0),
    case('GATHER', 'scalar', X((4, 3)), K(2), axis=0),
    case('GATHER', 'batch', X((2, 4, 3)), X((2, 2), 'int32', 0, 4), axis=1, batchDims=1),
    case('GATHER', 'int64_indices', X((4, 2), **INTEGER), X((3,), 'int64', 0, 4), results=['int32'], axis=0),
    case('GATHER', 'bool', X((4, 2), 'bool'), K([3, 0]), results=['bool'], axis=0),
    case('GATHER_ND', 'rows', X(S), K([[1], [0]])),
    case('GATHER_ND', 'elements', X(S), K([[0, 1, 2], [1, 2, 3]])),
    case('GATHER_ND', 'batch', X(S), K([[[0, 1]], [[1, 2]]])),
    case('GATHER_ND', 'int64', X((3, 2), **LONG), K([[2, 1]], np.int64), results=['int64']),
    case('SCATTER_ND', 'rows', K([[1], [3]]), X((2, 3)), K([4, 3])),
    case('SCATTER_ND', 'duplicates', K([[2], [0], [2]]), X((3,)), K([4])),
    case('SCATTER_ND', 'int32', K([[0, 1]]), X((1,), **INTEGER), K([2, 2]), results=['int32']),
    case('DYNAMIC_UPDATE_SLICE', 'inside', X((4, 5)), X((2, 2)), X((2,), 'int32', values=[1, 2])),
    case('DYNAMIC_UPDATE_SLICE', 'clamped', X((4, 5)), X((2, 3)), X((2,), 'int32', values=[3, -1])),
    case('EMBEDDING_LOOKUP', 'rows', X((3,), 'int32', 0, 5), W((5, 4))),
    case('ONE_HOT', 'last', X((3,), 'int32', -1, 5), K(4), K(1.0), K(0.0), axis=-1),
    case('ONE_HOT', 'first', X((2, 3), 'int32', 0, 4), K(4), K(2.5), K(-1.0), axis=0),
    case('ONE_HOT', 'int32', X((3,), 'int64', 0, 4), K(4), K(7), K(2), results=['int32'], axis=-1),
    case('ONE_HOT', 'bool', X((3,), 'int32', 0, 4), K(4), K(True), K(False), results=['bool'], axis=-1),
    case('WHERE', 'bool', X((3, 4), 'bool'), results=[R('int64', open=(-1, 2))]),
    case('WHERE', 'float', X((6,), values=[0, 1, -2, 0, 0.5, 0]), results=[R('int64', open=(-1, 1))]),
    case('WHERE', 'int32', X((2, 2, 2), 'int32', -1, 2), results=[R('int64', open=(-1, 3))]),
    case('WHERE', 'none', X((3,), 'bool', values=[0, 0, 0]), results=[R('int64', open=(-1, 1))]),
    case('UNIQUE', 'int32', X((8,), 'int32', 0, 4), results=[R('int32', open=(-1,)), 'int32'], idxOutType=TYPES['int32']),
    *[
        case(
            'NON_MAX_SUPPRESSION_V4', name, K(BOXES), X((5,), values=scores), K(most), K(0.5), K(least), results=['int32', 'int32']
        )
        for name, scores, most, least in (
            ('all', [0.9, 0.8, 0.7, 0.6, 0.5], 5, 0.0),
            ('limited', [0.1, 0.2, 0.3, 0.4, 0.5], 2, 0.0),
            ('threshold', [0.9, 0.8, 0.7, 0.6, 0.5], 3, 0.65),
        )
    ],
    *[
        case(
            'NON_MAX_SUPPRESSION_V5',
            name,
            K(BOXES),
            X((5,), low=0.1, high=1),
            K(4),
            K(0.7),
            K(0.2),
            K(sigma),
            results=['int32', 'float32', 'int32'],
        )
        for name, sigma in (('hard', 0.0), ('soft', 0.5))
    ],
    case('MATRIX_DIAG', 'rows', X((2, 3))),
    case('MATRIX_SET_DIAG', 'square', X((2, 3, 3)), X((2, 3))),
    case('MATRIX_SET_DIAG', 'wide', X((2, 4)), X((2,))),
    case('SEGMENT_SUM', 'rows', X((5, 2)), K([0, 0, 1, 2, 2])),
    *[case(f'UNSORTED_SEGMENT_{k}', 'rows', X((5, 2)), K([2, 0, 2, -1, 0]), K(4)) for k in ('SUM', 'PROD', 'MAX', 'MIN')],
    case('SPARSE_TO_DENSE', 'matrix', K([[0, 1], [2, 0]]), K([3, 2]), X((2,)), K(-1.0)),
    case('BROADCAST_ARGS', 'shapes', X((2,), 'int32', values=[3, 1]), X((3,), 'int32', values=[2, 1, 4]), results=['int32']),
]

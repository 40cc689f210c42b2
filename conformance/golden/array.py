"""Operators that move data, index it, or make it; reductions and searches."""
import numpy as np

from golden.case import NONE, TYPES, K, R, W, X, case

S = (2, 3, 4)
INTEGER = dict(dtype='int32', low=-20, high=20)
LONG = dict(dtype='int64', low=-20, high=20)


def reduce(op, label, axes, keep=False, shape=S, dtype='float32', **x):
    return case(op, label, X(shape, dtype, **x), K(axes), results=[dtype], keepDims=keep)


def strided(label, begin, end, step, shape=(3, 4, 5), dtype='float32', **masks):
    return case('STRIDED_SLICE', label, X(shape, dtype), K(begin), K(end), K(step), results=[dtype], version=8 if 'offset' in masks else 1, **masks)


AXES = [('last', [2], False), ('first_kept', [0], True), ('two', [0, 2], False), ('negative', [-1, -2], True), ('all', [0, 1, 2], False)]

CASES = [
    *[reduce(op, label, axes, keep) for op in ('MEAN', 'SUM', 'REDUCE_MAX', 'REDUCE_MIN', 'REDUCE_PROD') for label, axes, keep in AXES],
    reduce('MEAN', 'spatial', [1, 2], shape=(2, 3, 4, 5)), reduce('MEAN', 'spatial_kept', [1, 2], True, shape=(1, 5, 3, 4)), reduce('SUM', 'long', [1], shape=(2, 150)),
    reduce('MEAN', 'long', [0], shape=(131, 2)),
    *[reduce(op, t['dtype'], [1], **t) for op in ('SUM', 'REDUCE_MAX', 'REDUCE_MIN', 'REDUCE_PROD', 'MEAN') for t in (INTEGER, LONG)],
    *[reduce(op, label, axes, keep, dtype='bool') for op in ('REDUCE_ANY', 'REDUCE_ALL') for label, axes, keep in AXES[:3]],
    *[case(op, f'axis{axis}_{out}', X(S), K(axis), results=[out], outputType=TYPES[out]) for op in ('ARG_MAX', 'ARG_MIN') for axis, out in ((2, 'int32'), (0, 'int64'), (-2, 'int32'))],
    *[case(op, 'ties', X((2, 5), values=[1, 3, 3, 0, 0, 2, 2, 2, 2, 2]), K(1), results=['int32'], outputType=TYPES['int32']) for op in ('ARG_MAX', 'ARG_MIN')],
    case('ARG_MAX', 'int32', X(S, **INTEGER), K(1), results=['int32'], outputType=TYPES['int32']),
    case('TOPK_V2', 'rows', X((3, 6)), K(3), results=['float32', 'int32']), case('TOPK_V2', 'ties', X((8,), values=[1, 5, 5, 2, 5, 1, 2, 0]), K(5), results=['float32', 'int32']),
    case('TOPK_V2', 'int32', X((2, 5), **INTEGER), K(2), results=['int32', 'int32']),
    *[case('CUMSUM', label, X(S, **t), K(axis), results=[t.get('dtype', 'float32')], **options) for label, axis, t, options in
      [('plain', 1, {}, {}), ('exclusive', 2, {}, dict(exclusive=True)), ('reverse', 0, {}, dict(reverse=True)),
       ('both', -1, {}, dict(exclusive=True, reverse=True)), ('int32', 1, INTEGER, {}), ('int64', 1, LONG, {})]],

    case('RESHAPE', 'constant', X(S), K([4, 6]), newShape=[4, 6]), case('RESHAPE', 'inferred', X(S), K([3, -1]), newShape=[3, -1]),
    case('RESHAPE', 'option_only', X(S), newShape=[6, 4]), case('RESHAPE', 'int64', X(S, **LONG), K([24]), results=['int64'], newShape=[24]),
    case('RESHAPE', 'runtime', X(S), X((2,), 'int32', values=[8, 3]), results=[R(open=(-1, -1))]), case('RESHAPE', 'scalar', X((1, 1)), K([], np.int32)),
    *[case('TRANSPOSE', '_'.join(map(str, p)), X(shape), K(p)) for shape, p in (((3, 4), [1, 0]), (S, [0, 2, 1]), (S, [2, 0, 1]), ((2, 3, 4, 2), [0, 3, 1, 2]),
                                                                              ((2, 3, 4, 2), [3, 1, 0, 2]), ((2, 1, 3, 2, 2), [4, 1, 0, 3, 2]), ((2, 1, 3, 2, 2, 2), [5, 2, 0, 4, 1, 3]))],
    *[case('TRANSPOSE', t, X(S, t), K([1, 2, 0]), results=[t]) for t in ('int32', 'int64', 'bool')],
    case('SQUEEZE', 'all', X((1, 3, 1, 4))), case('SQUEEZE', 'some', X((1, 3, 1, 4)), squeezeDims=[2]), case('SQUEEZE', 'negative', X((1, 3, 4, 1)), squeezeDims=[-1]),
    *[case('EXPAND_DIMS', f'axis{a}', X((3, 4)), K(a)) for a in (0, 1, -1)], case('EXPAND_DIMS', 'int32', X((3,), **INTEGER), K(0), results=['int32']),
    *[case('PACK', f'axis{a}', X((3, 4)), X((3, 4)), X((3, 4)), valuesCount=3, axis=a) for a in (0, 1, -1)],
    case('PACK', 'int32', X((2,), **INTEGER), X((2,), **INTEGER), results=['int32'], valuesCount=2, axis=1), case('PACK', 'scalars', X(()), X(()), valuesCount=2, axis=0),
    *[case('UNPACK', f'axis{a}', X((2, 3, 2)), results=['float32'] * n, num=n, axis=a) for a, n in ((0, 2), (1, 3), (-1, 2))],
    case('UNPACK', 'int32', X((2, 3), **INTEGER), results=['int32'] * 2, num=2, axis=0),
    *[case('SPLIT', f'axis{a}', K(a), X((4, 6)), results=['float32'] * n, numSplits=n) for a, n in ((0, 2), (1, 3), (-1, 2))],
    case('SPLIT', 'int32', K(0), X((4, 2), **INTEGER), results=['int32'] * 2, numSplits=2),
    case('SPLIT_V', 'plain', X((6, 2)), K([1, 3, 2]), K(0), results=['float32'] * 3, numSplits=3), case('SPLIT_V', 'inferred', X((2, 6)), K([2, -1]), K(-1), results=['float32'] * 2, numSplits=2),
    *[case('CONCATENATION', f'axis{a}', X((2, 3, 2)), X((2, 3, 2)), axis=a) for a in (0, 1, 2, -1)],
    case('CONCATENATION', 'three', X((2, 1)), X((2, 3)), W((2, 2)), axis=1), case('CONCATENATION', 'int32', X((2,), **INTEGER), X((3,), **INTEGER), results=['int32'], axis=0),
    case('CONCATENATION', 'int64', X((2, 2), **LONG), X((1, 2), **LONG), results=['int64'], axis=0), case('CONCATENATION', 'bool', X((2, 2), 'bool'), X((2, 2), 'bool'), results=['bool'], axis=1),

    case('SLICE', 'plain', X((3, 4, 5)), K([1, 0, 2]), K([2, 3, 2])), case('SLICE', 'rest', X((3, 4)), K([1, 1]), K([-1, -1])), case('SLICE', 'rank5', X((2, 2, 2, 2, 3)), K([1, 0, 0, 1, 1]), K([1, 2, 1, 1, 2])),
    case('SLICE', 'int64_indices', X((3, 4), **INTEGER), K([0, 1], np.int64), K([2, 2], np.int64), results=['int32']), case('SLICE', 'bool', X((3, 4), 'bool'), K([0, 1]), K([2, 2]), results=['bool']),
    case('SLICE', 'runtime', X((4, 4)), X((2,), 'int32', values=[1, 0]), X((2,), 'int32', values=[2, 3]), results=[R(open=(-1, -1))]),
    strided('plain', [0, 1, 0], [3, 4, 5], [1, 2, 2]), strided('masks', [1, 1, 1], [2, 2, 2], [1, 1, 1], beginMask=1, endMask=6), strided('backwards', [2, 3, 4], [0, 0, 0], [-1, -2, -1]),
    strided('backwards_masks', [0, 0, 0], [0, 0, 0], [-1, -1, 2], beginMask=7, endMask=7), strided('negative_indices', [-2, -3, 0], [-1, 4, -1], [1, 1, 1]), strided('clamped', [0, -9, 2], [9, 9, 99], [1, 1, 1]),
    strided('shrink', [1, 0, 2], [2, 4, 3], [1, 1, 1], shrinkAxisMask=5), strided('shrink_all', [1, 2, -1], [2, 3, 0], [1, 1, 1], shrinkAxisMask=7),
    strided('new_axis', [0, 1, 0], [0, 3, 2], [1, 1, 1], newAxisMask=1), strided('new_axes', [0, 1, 0, 0], [0, 3, 0, 2], [1, 1, 1, 1], newAxisMask=5), strided('ellipsis', [0, 1], [0, 4], [1, 2], ellipsisMask=1),
    strided('ellipsis_middle', [1, 0, 1], [3, 0, 4], [1, 1, 1], ellipsisMask=2), strided('all_masks', [1, 0, 0, 1], [2, 0, 0, 3], [1, 1, 1, 1], shape=(3, 4, 5), ellipsisMask=2, newAxisMask=4, shrinkAxisMask=1),
    strided('short', [1], [3], [1]), strided('empty', [2, 0, 0], [1, 4, 5], [1, 1, 1]), strided('offset', [1, 1, 0], [2, 3, 5], [1, 1, 2], offset=True), strided('int32', [0, 3], [3, 0], [2, -1], (3, 4), 'int32'),
    strided('bool', [0, 1], [3, 4], [1, 2], (3, 4), 'bool'), strided('rank5', [0, 0, 1, 0, 1], [2, 1, 2, 2, 3], [1, 1, 1, 1, 1], (2, 2, 2, 2, 3)),

    *[case('GATHER', f'axis{a}', X(S), K([1, 0, 1]), axis=a) for a in (0, 1, -1)], case('GATHER', 'matrix', X((4, 3)), K([[0, 3], [2, 2]]), axis=0), case('GATHER', 'scalar', X((4, 3)), K(2), axis=0),
    case('GATHER', 'batch', X((2, 4, 3)), X((2, 2), 'int32', 0, 4), axis=1, batchDims=1), case('GATHER', 'int64_indices', X((4, 2), **INTEGER), X((3,), 'int64', 0, 4), results=['int32'], axis=0),
    case('GATHER', 'bool', X((4, 2), 'bool'), K([3, 0]), results=['bool'], axis=0), case('GATHER_ND', 'rows', X(S), K([[1], [0]])), case('GATHER_ND', 'elements', X(S), K([[0, 1, 2], [1, 2, 3]])),
    case('GATHER_ND', 'batch', X(S), K([[[0, 1]], [[1, 2]]])), case('GATHER_ND', 'int64', X((3, 2), **LONG), K([[2, 1]], np.int64), results=['int64']),
    case('SCATTER_ND', 'rows', K([[1], [3]]), X((2, 3)), K([4, 3])), case('SCATTER_ND', 'duplicates', K([[2], [0], [2]]), X((3,)), K([4])), case('SCATTER_ND', 'int32', K([[0, 1]]), X((1,), **INTEGER), K([2, 2]), results=['int32']),
    case('DYNAMIC_UPDATE_SLICE', 'inside', X((4, 5)), X((2, 2)), X((2,), 'int32', values=[1, 2])), case('DYNAMIC_UPDATE_SLICE', 'clamped', X((4, 5)), X((2, 3)), X((2,), 'int32', values=[3, -1])),
    case('EMBEDDING_LOOKUP', 'rows', X((3,), 'int32', 0, 5), W((5, 4))), case('ONE_HOT', 'last', X((3,), 'int32', -1, 5), K(4), K(1.0), K(0.0), axis=-1),
    case('ONE_HOT', 'first', X((2, 3), 'int32', 0, 4), K(4), K(2.5), K(-1.0), axis=0), case('ONE_HOT', 'int32', X((3,), 'int64', 0, 4), K(4), K(7), K(2), results=['int32'], axis=-1),
    case('ONE_HOT', 'bool', X((3,), 'int32', 0, 4), K(4), K(True), K(False), results=['bool'], axis=-1),

    *[case('PAD', label, X(shape, **t), K(p), results=[t.get('dtype', 'float32')]) for label, shape, p, t in
      [('rank2', (2, 3), [[1, 2], [0, 1]], {}), ('rank4', (1, 2, 3, 2), [[0, 0], [1, 1], [2, 0], [0, 1]], {}), ('rank5', (1, 2, 2, 1, 2), [[0, 1], [1, 0], [0, 0], [1, 1], [0, 2]], {}), ('int32', (2, 3), [[1, 0], [0, 2]], INTEGER)]],
    case('PAD', 'int64_paddings', X((2, 3)), K([[1, 0], [0, 2]], np.int64)), case('PADV2', 'value', X((2, 3)), K([[1, 2], [0, 1]]), K(3.5)), case('PADV2', 'int32', X((2, 2), **INTEGER), K([[1, 0], [0, 1]]), K(-9), results=['int32']),
    *[case('MIRROR_PAD', label, X((3, 4)), K([[2, 1], [0, 2]]), mode=mode) for label, mode in (('reflect', 0), ('symmetric', 1))], case('MIRROR_PAD', 'rank4', X((1, 3, 3, 2)), K([[0, 0], [1, 2], [2, 1], [0, 0]]), mode=0),
    case('TILE', 'rank3', X((2, 1, 3)), K([1, 3, 2])), case('TILE', 'int64', X((2, 2), **INTEGER), K([2, 1], np.int64), results=['int32']), case('TILE', 'bool', X((2,), 'bool'), K([3]), results=['bool']),
    case('BROADCAST_TO', 'rows', X((3, 1)), K([2, 3, 4]), version=2), case('BROADCAST_TO', 'int32', X((4,), **INTEGER), K([3, 4], np.int64), results=['int32'], version=2),
    case('FILL', 'constant', K([2, 3]), X(())), case('FILL', 'runtime', X((2,), 'int32', values=[3, 2]), K(1.5), results=[R(open=(-1, -1))]), case('FILL', 'int32', K([4]), X((), **INTEGER), results=['int32']),
    case('RANGE', 'int32', X((), 'int32', values=3), X((), 'int32', values=18), X((), 'int32', values=4), results=[R('int32', open=(-1,))]),
    case('RANGE', 'down', X((), values=5.0), X((), values=0.9), X((), values=-0.5), results=[R(open=(-1,))]), case('RANGE', 'int64', X((), 'int64', values=-1), X((), 'int64', values=4), X((), 'int64', values=1), results=[R('int64', open=(-1,))]),
    case('SHAPE', 'int32', X(S), results=['int32'], outType=TYPES['int32']), case('SHAPE', 'int64', X((3, 1)), results=['int64'], outType=TYPES['int64']), case('RANK', 'plain', X(S), results=['int32']),
    case('REVERSE_V2', 'last', X(S), K([2])), case('REVERSE_V2', 'first', X(S), K([0])), case('REVERSE_V2', 'int32', X((2, 3), **INTEGER), K([1]), results=['int32']), case('REVERSE_V2', 'two', X(S), K([0, 1])),
    case('REVERSE_SEQUENCE', 'rows', X((3, 4, 2)), X((3,), 'int32', values=[2, 4, 1]), seqDim=1, batchDim=0), case('REVERSE_SEQUENCE', 'columns', X((4, 2, 3)), X((3,), 'int64', values=[4, 3, 1]), seqDim=0, batchDim=2),
    case('SPACE_TO_BATCH_ND', 'image', X((1, 4, 6, 2)), K([2, 3]), K([[0, 0], [0, 0]])), case('SPACE_TO_BATCH_ND', 'padded', X((2, 3, 4, 1)), K([2, 2]), K([[1, 0], [0, 2]])), case('SPACE_TO_BATCH_ND', 'rank3', X((1, 5, 2)), K([3]), K([[0, 1]])),
    case('BATCH_TO_SPACE_ND', 'image', X((6, 2, 2, 2)), K([2, 3]), K([[0, 0], [0, 0]])), case('BATCH_TO_SPACE_ND', 'cropped', X((4, 3, 2, 1)), K([2, 2]), K([[1, 0], [0, 2]])), case('BATCH_TO_SPACE_ND', 'rank3', X((3, 2, 2)), K([3]), K([[0, 1]])),
    case('SPACE_TO_DEPTH', 'two', X((2, 4, 6, 2)), blockSize=2), case('DEPTH_TO_SPACE', 'two', X((2, 2, 3, 8)), blockSize=2), case('DEPTH_TO_SPACE', 'three', X((1, 1, 2, 9)), blockSize=3), case('SPACE_TO_DEPTH', 'int32', X((1, 2, 2, 1), **INTEGER), results=['int32'], blockSize=2),
    case('WHERE', 'bool', X((3, 4), 'bool'), results=[R('int64', open=(-1, 2))]), case('WHERE', 'float', X((6,), values=[0, 1, -2, 0, 0.5, 0]), results=[R('int64', open=(-1, 1))]),
    case('WHERE', 'int32', X((2, 2, 2), 'int32', -1, 2), results=[R('int64', open=(-1, 3))]), case('WHERE', 'none', X((3,), 'bool', values=[0, 0, 0]), results=[R('int64', open=(-1, 1))]),
    case('UNIQUE', 'int32', X((8,), 'int32', 0, 4), results=[R('int32', open=(-1,)), 'int32'], idxOutType=TYPES['int32']),
    case('MATRIX_DIAG', 'rows', X((2, 3))), case('MATRIX_SET_DIAG', 'square', X((2, 3, 3)), X((2, 3))), case('MATRIX_SET_DIAG', 'wide', X((2, 4)), X((2,))),
    case('SEGMENT_SUM', 'rows', X((5, 2)), K([0, 0, 1, 2, 2])), *[case(f'UNSORTED_SEGMENT_{k}', 'rows', X((5, 2)), K([2, 0, 2, -1, 0]), K(4)) for k in ('SUM', 'PROD', 'MAX', 'MIN')],
    case('SPARSE_TO_DENSE', 'matrix', K([[0, 1], [2, 0]]), K([3, 2]), X((2,)), K(-1.0)), case('BROADCAST_ARGS', 'shapes', X((2,), 'int32', values=[3, 1]), X((3,), 'int32', values=[2, 1, 4]), results=['int32']),
]

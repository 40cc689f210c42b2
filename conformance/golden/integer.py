"""Operators on int8 tensors, as a quantized model holds them: per-axis weights, int32 biases, requantized results."""

from golden.case import ACTIVATION, QB, QK, QW, SAME, VALID, K, Q, R, X, case

ONE = dict(strideW=1, strideH=1)
TWO = dict(strideW=2, strideH=2)
S = (2, 3, 8)
IMAGE = (1, 4, 4, 3)
ANY = dict(scale=0.03, zero=-7)  # an input that spans zero
OTHER = dict(scale=0.021, zero=19)
UP = dict(scale=0.016, zero=-128)  # one that starts at zero


def q(shape, scale=0.03, zero=-7):
    return Q(shape, 'int8', scale, zero)


def r(scale, zero):
    return [R('int8', scale, zero)]


def conv(label, image, filters, result=(0.4, 5), **options):
    return case('CONV_2D', label, q(image), QW(filters, 0), QB(filters[0]), results=r(*result), version=3, **(ONE | options))


def depthwise(label, image, filters, result=(0.2, -3), **options):
    multiplier = filters[-1] // image[-1]
    operands = [q(image), QW(filters, 3), QB(filters[-1])]
    return case('DEPTHWISE_CONV_2D', label, *operands, results=r(*result), version=3, depthMultiplier=multiplier, **(ONE | options))


def dense(label, shape, weights, axis=0, bias=True, result=(0.35, 9), **options):
    operands = [q(shape), QW(weights, axis)] + ([QB(weights[0])] if bias else [None])
    return case('FULLY_CONNECTED', label, *operands, results=r(*result), version=4, **options)


def unary(op, x=ANY, result=(0.03, -7), shape=S, label='plain', version=2, **options):
    return case(op, label, q(shape, **x), results=r(*result), version=version, **options)


def binary(op, result, label='plain', a=S, b=S, x=ANY, y=OTHER, version=2, **options):
    return case(op, label, q(a, **x), q(b, **y), results=r(*result), version=version, **options)


def act(name):
    return dict(fusedActivationFunction=ACTIVATION[name])


CASES = [
    conv('same', (1, 5, 6, 3), (4, 3, 3, 3), padding=SAME),
    conv('valid_stride', (2, 6, 5, 4), (5, 3, 3, 4), padding=VALID, **TWO),
    conv('dilated', (1, 7, 7, 2), (3, 3, 3, 2), padding=SAME, dilationHFactor=2, dilationWFactor=2),
    conv('grouped', (1, 5, 5, 4), (6, 3, 3, 2), padding=SAME),
    conv('pointwise', (1, 3, 3, 19), (17, 1, 1, 19), padding=VALID),
    *[conv(a.lower(), IMAGE, (4, 3, 3, 3), (0.05, -128), padding=SAME, **act(a)) for a in ('RELU', 'RELU6')],
    conv('saturating', IMAGE, (4, 3, 3, 3), (0.02, 0), padding=SAME),
    depthwise('same', (1, 5, 6, 4), (1, 3, 3, 4), padding=SAME),
    depthwise('stride_multiplier', (1, 6, 7, 2), (1, 3, 3, 6), padding=SAME, **TWO),
    depthwise('dilated', (1, 8, 8, 3), (1, 3, 3, 3), padding=VALID, dilationHFactor=2, dilationWFactor=2),
    depthwise('relu6', IMAGE, (1, 3, 3, 3), (0.0235, -128), padding=SAME, **act('RELU6')),
    depthwise('many_channels', (1, 3, 3, 21), (1, 3, 3, 21), padding=SAME),
    case(
        'TRANSPOSE_CONV',
        'same',
        K([1, 6, 8, 3]),
        QW((3, 3, 3, 4), 0),
        q((1, 3, 4, 4)),
        QB(3),
        results=r(0.4, 5),
        version=3,
        padding=SAME,
        **TWO,
    ),
    case(
        'TRANSPOSE_CONV',
        'valid',
        K([1, 7, 9, 3]),
        QW((3, 3, 3, 4), 0),
        q((1, 3, 4, 4)),
        results=r(0.4, 5),
        version=2,
        padding=VALID,
        **TWO,
    ),
    dense('per_axis', (2, 6), (4, 6)),
    dense('per_tensor', (2, 6), (4, 6), None),
    dense('no_bias', (3, 16), (5, 16), bias=False),
    dense('keep_dims', (2, 3, 6), (4, 6), keepNumDims=True),
    dense('relu', (1, 37), (18, 37), result=(0.08, -128), **act('RELU')),
    binary('ADD', (0.05, 3)),
    binary('ADD', (0.03, -128), 'relu', **act('RELU')),
    binary('ADD', (0.05, 3), 'broadcast', (2, 1, 8), (3, 1)),
    binary('ADD', (0.01, 3), 'saturating'),
    binary('SUB', (0.05, 3)),
    binary('SUB', (0.05, 3), 'broadcast', S, (8,)),
    binary('MUL', (0.08, 11)),
    binary('MUL', (0.08, 11), 'broadcast', (2, 1, 8), (3, 1)),
    binary('MUL', (0.05, -128), 'relu6', **act('RELU6')),
    case('MUL', 'constant', q(S), QK((8,), 0.0078, -128), results=r(0.03, -7), version=2),
    case('ADD', 'constant', q(S), QK((), 0.004, -128), results=r(0.03, -20), version=2),
    binary('SQUARED_DIFFERENCE', (0.1, -128)),
    binary('SQUARED_DIFFERENCE', (0.1, -128), 'broadcast', S, (8,)),
    *[binary(op, (0.03, -7), label, S, b, y=ANY) for op in ('MAXIMUM', 'MINIMUM') for label, b in (('same', S), ('row', (8,)))],
    *[
        case(op, label, q(S), q(b, **OTHER), results=['bool'], version=2)
        for op in ('EQUAL', 'NOT_EQUAL', 'LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL')
        for label, b in (('same', S), ('row', (8,)))
    ],
    case('BATCH_MATMUL', 'plain', q((2, 3, 4)), q((2, 4, 5), **OTHER), results=r(0.05, 2), version=2),
    case('BATCH_MATMUL', 'adj_y', q((2, 3, 4)), q((2, 5, 4), **OTHER), results=r(0.05, 2), version=2, adjY=True),
    *[
        case(op, label, q(shape), results=r(0.03, -7), version=2, filterHeight=3, filterWidth=2, padding=pad, **strides)
        for op in ('AVERAGE_POOL_2D', 'MAX_POOL_2D')
        for label, shape, pad, strides in [
            ('same', (1, 5, 5, 3), SAME, TWO),
            ('valid', (2, 4, 4, 3), VALID, ONE),
        ]
    ],
    case('AVERAGE_POOL_2D', 'relu', q(IMAGE), results=r(0.03, -7), version=2, filterHeight=2, filterWidth=2, **TWO, **act('RELU')),
    *[
        unary('SOFTMAX', x, (1 / 256, -128), (3, 8), label, beta=b)
        for label, x, b in (('plain', ANY, 1.0), ('steep', dict(scale=0.2, zero=0), 1.0), ('beta', ANY, 0.5))
    ],
    unary('LOG_SOFTMAX', dict(scale=0.1, zero=5), (16 / 256, 127), (3, 8)),
    unary('LOGISTIC', dict(scale=0.06, zero=3), (1 / 256, -128)),
    unary('TANH', dict(scale=0.04, zero=3), (1 / 128, 0)),
    unary('L2_NORMALIZATION', ANY, (1 / 128, 0), (4, 8)),
    unary('RELU', ANY, (0.015, -128)),
    unary('RELU6', ANY, (0.0235, -128)),
    unary('LEAKY_RELU', ANY, (0.02, -60), alpha=0.2, version=1),
    unary('HARD_SWISH', ANY, (0.02, -100), version=1),
    unary('GELU', ANY, (0.02, -100), approximate=False),
    unary('GELU', ANY, (0.02, -100), label='approximate', approximate=True),
    unary('ABS', ANY, (0.031, -128)),
    unary('EXP', ANY, (0.1, -128)),
    unary('SQRT', UP, (0.008, -128)),
    case('PRELU', 'channels', q((1, 3, 3, 4)), QK((1, 1, 4), 0.004, 0), results=r(0.025, -40)),
    *[
        case(op, label, q((2, 4, 3, 5)), K(axes), results=r(*result), version=2, keepDims=keep)
        for op, result in (('MEAN', (0.02, 4)), ('SUM', (0.2, 4)), ('REDUCE_MAX', (0.03, -7)), ('REDUCE_MIN', (0.03, -7)))
        for label, axes, keep in (('spatial', [1, 2], False), ('last', [3], True))
    ],
    case('MEAN', 'same_scale', q((1, 4, 4, 6)), K([1, 2]), results=r(0.03, -7), version=2, keepDims=False),
    *[
        case(op, label, q((1, 4, 5, 2)), K([8, 7]), results=r(0.03, -7), version=3, **options)
        for op in ('RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR')
        for label, options in (
            ('plain', {}),
            ('half_pixel', dict(halfPixelCenters=True)),
            ('align_corners', dict(alignCorners=True)),
        )
    ],
    case('PAD', 'zeros', q((2, 3)), K([[1, 2], [0, 1]]), results=r(0.03, -7), version=2),
    case('PADV2', 'value', q((2, 3)), K([[1, 2], [0, 1]]), QK((), 0.03, -7), results=r(0.03, -7), version=2),
    case('MIRROR_PAD', 'reflect', q((3, 4)), K([[2, 1], [0, 2]]), results=r(0.03, -7), version=2, mode=0),
    case('CONCATENATION', 'same', q((2, 3)), q((2, 2)), results=r(0.03, -7), version=2, axis=1),
    case('TRANSPOSE', 'plain', q((2, 3, 4)), K([2, 0, 1]), results=r(0.03, -7), version=2),
    case('STRIDED_SLICE', 'plain', q((3, 4)), K([0, 1]), K([3, 4]), K([2, 1]), results=r(0.03, -7), version=2),
    case('SPLIT', 'plain', K(1), q((2, 6)), results=r(0.03, -7) * 2, version=2, numSplits=2),
    case('GATHER', 'rows', q((4, 3)), K([2, 0]), results=r(0.03, -7), version=2, axis=0),
    case('SELECT_V2', 'same', X((2, 4), 'bool'), q((2, 4)), q((2, 4)), results=r(0.03, -7)),
    case('ARG_MAX', 'last', q((3, 7)), K(1), results=['int32'], version=2, outputType=2),
    case('TOPK_V2', 'rows', q((3, 7)), K(2), results=[R('int8', 0.03, -7), R('int32')], version=2),
    case('DEPTH_TO_SPACE', 'two', q((1, 2, 2, 8)), results=r(0.03, -7), version=2, blockSize=2),
    case('SPACE_TO_BATCH_ND', 'padded', q((1, 3, 4, 2)), K([2, 2]), K([[1, 0], [0, 2]]), results=r(0.03, -7), version=2),
    case('CAST', 'to_float32', q((2, 4)), results=['float32'], version=3, inDataType=9, outDataType=0),
]

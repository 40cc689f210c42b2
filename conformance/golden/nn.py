"""Convolutions, products, pools, normalizations and resizes."""

from golden.case import ACTIVATION, NONE, SAME, VALID, K, R, W, X, case

ONE = dict(strideW=1, strideH=1)
TWO = dict(strideW=2, strideH=2)


def act(name):
    return dict(fusedActivationFunction=ACTIVATION[name])


def conv(label, image, filters, **options):
    return case('CONV_2D', label, X(image), W(filters), W(filters[:1]), **(ONE | options))


def depthwise(label, image, filters, **options):
    multiplier = filters[-1] // image[-1]
    return case('DEPTHWISE_CONV_2D', label, X(image), W(filters), W(filters[-1:]), depthMultiplier=multiplier, **(ONE | options))


def transpose_conv(label, out, filters, image, bias=True, **options):
    operands = [K(list(out)), W(filters), X(image)] + ([W(filters[:1])] if bias else [])
    return case('TRANSPOSE_CONV', label, *operands, version=3 if bias else 1, **(TWO | options))


def pool(op, label, image, size=(2, 2), **options):
    return case(op, label, X(image), filterHeight=size[0], filterWidth=size[1], **(TWO | options))


CASES = [
    conv('same', (1, 5, 6, 3), (4, 3, 3, 3), padding=SAME),
    conv('valid', (2, 6, 5, 3), (4, 3, 2, 3), padding=VALID),
    conv('stride_same', (1, 7, 6, 2), (3, 3, 3, 2), padding=SAME, **TWO),
    conv('stride_valid', (1, 7, 8, 2), (3, 3, 3, 2), padding=VALID, strideW=3, strideH=2),
    conv('dilated_same', (1, 7, 7, 2), (3, 3, 3, 2), padding=SAME, dilationHFactor=2, dilationWFactor=3),
    conv('dilated_valid', (1, 8, 7, 2), (3, 3, 3, 2), padding=VALID, dilationHFactor=2, dilationWFactor=2),
    conv('grouped', (1, 5, 5, 4), (6, 3, 3, 2), padding=SAME),
    conv('grouped_stride', (1, 6, 5, 6), (6, 3, 3, 2), padding=VALID, **TWO),
    conv('depthwise_like', (1, 5, 5, 3), (6, 3, 3, 1), padding=SAME),
    conv('pointwise', (1, 4, 4, 8), (5, 1, 1, 8), padding=SAME),
    conv('wide_window', (1, 2, 3, 2), (3, 5, 5, 2), padding=SAME),
    conv('whole_window', (1, 4, 3, 2), (3, 4, 3, 2), padding=VALID),
    conv('many_channels', (1, 3, 3, 19), (17, 2, 2, 19), padding=SAME),
    *[conv(a.lower(), (1, 4, 4, 3), (4, 3, 3, 3), padding=SAME, **act(a)) for a in ('RELU', 'RELU6', 'RELU_N1_TO_1')],
    case('CONV_2D', 'runtime_filter', X((1, 4, 4, 2)), X((3, 3, 3, 2)), W((3,)), padding=SAME, **ONE),
    depthwise('same', (1, 5, 6, 4), (1, 3, 3, 4), padding=SAME),
    depthwise('valid', (2, 6, 5, 3), (1, 3, 2, 3), padding=VALID),
    depthwise('stride', (1, 7, 6, 5), (1, 3, 3, 5), padding=SAME, **TWO),
    depthwise('multiplier', (1, 5, 5, 3), (1, 3, 3, 6), padding=SAME),
    depthwise('multiplier_of_one', (1, 5, 5, 1), (1, 3, 3, 4), padding=VALID),
    depthwise('dilated', (1, 8, 8, 3), (1, 3, 3, 3), padding=SAME, dilationHFactor=2, dilationWFactor=2),
    depthwise('multiplier_stride', (1, 6, 7, 2), (1, 5, 3, 6), padding=SAME, **TWO),
    depthwise('many_channels', (1, 4, 3, 21), (1, 3, 3, 21), padding=SAME),
    *[depthwise(a.lower(), (1, 4, 4, 3), (1, 3, 3, 3), padding=SAME, **act(a)) for a in ('RELU', 'RELU6', 'RELU_N1_TO_1')],
    transpose_conv('same', (1, 6, 8, 3), (3, 3, 3, 2), (1, 3, 4, 2), padding=SAME),
    transpose_conv('valid', (1, 7, 9, 3), (3, 3, 3, 2), (1, 3, 4, 2), padding=VALID),
    transpose_conv('square', (2, 4, 4, 3), (3, 2, 2, 4), (2, 2, 2, 4), bias=False, padding=VALID),
    transpose_conv('stride_one', (1, 4, 4, 2), (2, 3, 3, 3), (1, 4, 4, 3), padding=SAME, **ONE),
    transpose_conv('stride_three', (1, 7, 8, 2), (2, 3, 4, 3), (1, 3, 4, 3), padding=SAME, strideH=3, strideW=2),
    transpose_conv('narrow_window', (1, 6, 6, 2), (2, 1, 1, 3), (1, 3, 3, 3), padding=SAME),
    case(
        'TRANSPOSE_CONV',
        'relu',
        K([1, 4, 4, 2]),
        W((2, 3, 3, 3)),
        X((1, 2, 2, 3)),
        W((2,)),
        version=4,
        padding=SAME,
        **TWO,
        **act('RELU'),
    ),
    case(
        'TRANSPOSE_CONV',
        'runtime_shape',
        X((4,), 'int32', values=[1, 6, 5, 2]),
        W((2, 3, 3, 3)),
        X((1, 3, 3, 3)),
        padding=SAME,
        **TWO,
        results=[R(open=(-1, -1, -1, -1))],
    ),
    case('CONV_3D', 'same', X((1, 3, 4, 4, 2)), W((2, 3, 3, 2, 3)), W((3,)), padding=SAME, strideD=1, **ONE),
    case(
        'CONV_3D',
        'valid',
        X((1, 4, 5, 4, 2)),
        W((2, 2, 3, 2, 3)),
        W((3,)),
        padding=VALID,
        strideD=2,
        strideH=2,
        strideW=1,
        **act('RELU'),
    ),
    case('CONV_3D_TRANSPOSE', 'same', K([1, 4, 6, 6, 2]), W((2, 3, 3, 2, 3)), X((1, 2, 3, 3, 3)), padding=SAME, strideD=2, **TWO),
    case(
        'CONV_3D_TRANSPOSE',
        'valid',
        K([1, 3, 5, 7, 2]),
        W((2, 3, 3, 2, 3)),
        X((1, 2, 3, 5, 3)),
        W((2,)),
        padding=VALID,
        strideD=1,
        **ONE,
    ),
    case('FULLY_CONNECTED', 'plain', X((2, 6)), W((4, 6)), W((4,))),
    case('FULLY_CONNECTED', 'no_bias', X((3, 6)), W((4, 6)), NONE),
    case('FULLY_CONNECTED', 'flattened', X((2, 2, 3, 1)), W((4, 6)), W((4,))),
    case('FULLY_CONNECTED', 'keep_dims', X((2, 3, 6)), W((4, 6)), W((4,)), keepNumDims=True, version=5),
    case('FULLY_CONNECTED', 'relu', X((1, 6)), W((9, 6)), W((9,)), **act('RELU')),
    case('FULLY_CONNECTED', 'runtime_weights', X((2, 5)), X((3, 5)), NONE),
    case('FULLY_CONNECTED', 'wide', X((1, 37)), W((18, 37)), W((18,)), **act('RELU6')),
    case('BATCH_MATMUL', 'plain', X((3, 4)), X((4, 5))),
    case('BATCH_MATMUL', 'batched', X((2, 3, 4)), X((2, 4, 5))),
    case('BATCH_MATMUL', 'adj_x', X((2, 4, 3)), X((2, 4, 5)), adjX=True),
    case('BATCH_MATMUL', 'adj_y', X((2, 3, 4)), X((2, 5, 4)), adjY=True),
    case('BATCH_MATMUL', 'adj_both', X((2, 4, 3)), X((2, 5, 4)), adjX=True, adjY=True),
    case('BATCH_MATMUL', 'broadcast', X((2, 1, 3, 4)), X((3, 4, 2))),
    case('BATCH_MATMUL', 'constant', X((2, 3, 4)), W((4, 5))),
    *[
        pool(op, label, shape, size, **options)
        for op in ('MAX_POOL_2D', 'AVERAGE_POOL_2D', 'L2_POOL_2D')
        for label, shape, size, options in [
            ('valid', (1, 4, 6, 3), (2, 2), dict(padding=VALID)),
            ('same', (2, 5, 5, 3), (3, 3), dict(padding=SAME)),
            ('stride_one', (1, 4, 5, 2), (3, 2), dict(padding=SAME, **ONE)),
            ('gaps', (1, 7, 7, 2), (2, 2), dict(padding=VALID, strideH=3, strideW=3)),
            ('relu', (1, 4, 4, 3), (2, 2), dict(padding=VALID, **act('RELU'))),
        ]
    ],
    *[
        case(op, f'rank{len(s)}', X(s, low=-4, high=4), **options)
        for op, options in (('SOFTMAX', dict(beta=1.0)), ('LOG_SOFTMAX', {}))
        for s in ((5,), (2, 7), (2, 3, 4), (1, 2, 2, 5))
    ],
    case('SOFTMAX', 'beta', X((2, 6), low=-3, high=3), beta=0.5),
    case('SOFTMAX', 'large', X((2, 4), values=[1000, 999, -1000, 0, -90, -89, -88, -500]), beta=1.0),
    case('LOG_SOFTMAX', 'large', X((2, 4), values=[1000, 999, -1000, 0, -90, -89, -88, -500])),
    case('L2_NORMALIZATION', 'rank2', X((3, 5))),
    case('L2_NORMALIZATION', 'rank4', X((1, 2, 2, 4))),
    case('L2_NORMALIZATION', 'zeros', X((2, 3), values=[0, 0, 0, 3, 0, 4])),
    case('LOCAL_RESPONSE_NORMALIZATION', 'narrow', X((1, 2, 2, 7)), radius=1, bias=1.0, alpha=0.5, beta=0.5),
    case('LOCAL_RESPONSE_NORMALIZATION', 'wide', X((1, 2, 2, 7)), radius=5, bias=2.0, alpha=0.1, beta=0.75),
    *[
        case(op, f'{label}_{h}x{w}', X((1, 4, 5, 2)), K([h, w]), version=3, **options)
        for op in ('RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR')
        for h, w in ((8, 10), (7, 3), (2, 2), (4, 5), (1, 1))
        for label, options in (
            ('plain', {}),
            ('half_pixel', dict(halfPixelCenters=True)),
            ('align_corners', dict(alignCorners=True)),
        )
    ],
    case('RESIZE_BILINEAR', 'runtime_size', X((1, 2, 3, 2)), X((2,), 'int32', values=[5, 4]), results=[R(open=(1, -1, -1, 2))]),
]

"""Operators on float activations and integer weights, as dynamic range quantization and weight-only quantization leave them."""

import zlib

import numpy as np

from golden.case import ACTIVATION, NONE, Q4, QK, QW, SAME, VALID, K, W, X, case
from golden.recurrent import bilstm, birnn, lstm, rnn, step, svdf

SEED = 7
ACTIVATIONS = [ACTIVATION[a] for a in ('NONE', 'NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1', 'TANH')]
ASYMMETRIC = dict(asymmetricQuantizeInputs=True)
TWO = dict(strideW=2, strideH=2)


def size(rng, low, high):
    return int(rng.integers(low, high + 1))


def numbers(rng, *shape):
    """Activations of any range, sometimes on one side of zero, with rows of zeros, or halves of an integer apart."""
    x = rng.standard_normal(shape) * np.exp(rng.uniform(-6, 6))
    kind = rng.integers(6)
    if kind == 0:
        x = np.abs(x)
    elif kind == 1:
        x = -np.abs(x)
    elif kind == 2:
        x[..., :1, :] = 0
    elif kind == 3:
        x = rng.integers(-255, 256, shape) / 2
        x.reshape(-1, shape[-1])[:, 0] = rng.choice([127, -127, 127.5])
    return X(shape, values=x.astype(np.float32).ravel().tolist())


def bias(rng, n):
    return [W((n,))] if rng.random() < 0.7 else []


def axis(rng, n):
    """Weights of several scales along an axis, or of one. LiteRT reads several of DEPTHWISE_CONV_2D and of groups, even if there
    is one."""
    return n if rng.random() < 0.7 else None


def window(rng, kernel, image):
    """Options of a window that fits the image; dilated only where it does not stride."""
    stride = [size(rng, 1, 2), size(rng, 1, 3)]
    found = dict(padding=int(rng.choice([SAME, VALID])), strideH=stride[0], strideW=stride[1])
    if stride == [1, 1] and all(2 * k - 1 <= n for k, n in zip(kernel, image)):
        found |= dict(dilationHFactor=size(rng, 1, 2), dilationWFactor=size(rng, 1, 2))
    return found


def dense(rng, label):
    m, k, n = size(rng, 1, 20), size(rng, 1, 70), size(rng, 1, 20)
    options = dict(asymmetricQuantizeInputs=bool(rng.integers(2)), fusedActivationFunction=int(rng.choice(ACTIVATIONS)))
    return case(
        'FULLY_CONNECTED', label, numbers(rng, m, k), QW((n, k), axis(rng, 0)), *(bias(rng, n) or [NONE]), version=12, **options
    )


def conv(rng, label):
    groups, n, h, w = int(rng.choice([1, 1, 1, 2])), size(rng, 1, 2), size(rng, 3, 8), size(rng, 3, 8)
    c, oc, kh, kw = size(rng, 1, 9), size(rng, 1, 6), size(rng, 1, 3), size(rng, 1, 3)
    options = window(rng, (kh, kw), (h, w)) | dict(fusedActivationFunction=int(rng.choice(ACTIVATIONS[:5])))
    along = axis(rng, 0) if groups == 1 else 0
    operands = [numbers(rng, n, h, w, c * groups), QW((oc * groups, kh, kw, c), along), W((oc * groups,))]
    return case('CONV_2D', label, *operands, version=6, **options)


def depthwise(rng, label):
    n, h, w, c, m = size(rng, 1, 2), size(rng, 3, 8), size(rng, 3, 8), size(rng, 1, 20), size(rng, 1, 2)
    kh, kw = size(rng, 1, 3), size(rng, 1, 3)
    options = window(rng, (kh, kw), (h, w)) | dict(fusedActivationFunction=int(rng.choice(ACTIVATIONS[:5])), depthMultiplier=m)
    return case('DEPTHWISE_CONV_2D', label, numbers(rng, n, h, w, c), QW((1, kh, kw, c * m), 3), W((c * m,)), version=6, **options)


def matmul(rng, label):
    m, k, n, stacks = size(rng, 1, 20), size(rng, 1, 40), size(rng, 1, 20), size(rng, 1, 3)
    adj = dict(adjX=bool(rng.integers(2)), adjY=bool(rng.integers(2)))
    left, right = ((k, m) if adj['adjX'] else (m, k)), ((n, k) if adj['adjY'] else (k, n))
    x, y = [((stacks,), (stacks,)), ((stacks,), (1,)), ((1,), (stacks,)), ((), (stacks,)), ((2, stacks), (stacks,))][
        rng.integers(5)
    ]
    options = adj | dict(asymmetricQuantizeInputs=bool(rng.integers(2)))
    return case('BATCH_MATMUL', label, numbers(rng, *x, *left), QW((*y, *right)), version=4, **options)


def deconv(rng, label):
    n, h, w, c, oc, kh, kw = (size(rng, 1, high) for high in (2, 4, 4, 9, 5, 3, 3))
    stride, padding = [size(rng, 1, 2), size(rng, 1, 3)], int(rng.choice([SAME, VALID]))
    shape = [n * s if padding == SAME else (n - 1) * s + max(k, s) for n, s, k in zip((h, w), stride, (kh, kw))]
    operands = [K([n, *shape, oc]), QW((oc, kh, kw, c), axis(rng, 0)), numbers(rng, n, h, w, c), *bias(rng, oc)]
    return case('TRANSPOSE_CONV', label, *operands, version=3, padding=padding, strideH=stride[0], strideW=stride[1])


def blocks(rng, label):
    """The reference kernel takes blocks for weights without a scale."""
    m, n, block, count = size(rng, 1, 5), size(rng, 4, 20), int(rng.choice([32, 64])), size(rng, 1, 4)
    operands = [numbers(rng, m, block * count), Q4((n, block * count), block=block), *(bias(rng, n) or [NONE])]
    return case('FULLY_CONNECTED', label, *operands, version=13, optimized=True)


def several(count, make, name):
    return [make(np.random.default_rng([SEED, zlib.crc32(f'{name}{i}'.encode())]), f'{name}_{i}') for i in range(count)]


def lookups(count):
    return X((count,), 'int32', low=0, high=9)


def recurrent():
    """Each cell with and without zero points."""
    for label, options in (('symmetric', {}), ('asymmetric', ASYMMETRIC)):
        more = dict(matrix=QW, **options)
        yield from [
            lstm(f'{label}', version=3, **more),
            lstm(f'{label}_time_major', version=3, time_major=True, **more),
            lstm(f'{label}_coupled_peephole', version=3, cifg=True, peephole=True, **more),
            lstm(f'{label}_projection', version=3, projection=True, projection_bias=True, clip=(0.5, 0.5), **more),
            lstm(f'{label}_norm', version=3, norm=True, **more),
            step(f'{label}', version=4, **more),
            step(f'{label}_peephole_projection', version=4, peephole=True, projection=True, **more),
            bilstm(f'{label}', version=3, **more),
            bilstm(f'{label}_auxiliary', version=3, auxiliary=True, merge=False, **more),
            rnn('RNN', f'{label}', (2, 4), version=3, **more),
            rnn('UNIDIRECTIONAL_SEQUENCE_RNN', f'{label}', (2, 3, 4), version=3, timeMajor=False, **more),
            rnn('UNIDIRECTIONAL_SEQUENCE_RNN', f'{label}_time_major', (3, 2, 4), version=3, timeMajor=True, **more),
            birnn(f'{label}', False, version=3, **more),
            svdf(f'{label}', 2, version=4, **more),
            svdf(f'{label}_relu', 1, activation='RELU', version=4, **more),
        ]


CASES = [
    *several(24, dense, 'random'),
    *several(24, conv, 'random'),
    *several(16, depthwise, 'random'),
    *several(16, matmul, 'random'),
    *several(12, deconv, 'random'),
    *several(8, blocks, 'blocks'),
    case('FULLY_CONNECTED', 'zeros', X((3, 8), values=[0.0] * 24), QW((4, 8), 0), W((4,)), version=9, **ASYMMETRIC),
    case('FULLY_CONNECTED', 'keep_dims', X((2, 3, 6)), QW((4, 6), 0), W((4,)), version=12, keepNumDims=True, **ASYMMETRIC),
    case('CONV_2D', 'pointwise', X((1, 3, 7, 19)), QW((17, 1, 1, 19), 0), W((17,)), version=5, strideW=1, strideH=1, padding=VALID),
    *[
        case('CONV_2D', label, X((1, 4, 4, c)), QW((6, 3, 3, 3), 0, True), W((6,)), version=6, strideW=1, strideH=1, padding=SAME)
        for label, c in (('equal_scales', 3), ('grouped_equal_scales', 6))
    ],
    case('CONV_2D', 'long', X((1, 4, 4, 150)), QW((5, 3, 3, 150), 0), W((5,)), version=5, strideW=1, strideH=1, padding=SAME),
    case('EMBEDDING_LOOKUP', 'rows', lookups(6), QW((9, 5), 0), version=4),
    case('EMBEDDING_LOOKUP', 'one_scale', lookups(6), QW((9, 2, 3)), version=2),
    case('EMBEDDING_LOOKUP', 'fours', lookups(6), Q4((9, 6), 0), version=4),
    case('EMBEDDING_LOOKUP', 'blocks', lookups(6), Q4((9, 64), block=32), version=4),
    case('DEQUANTIZE', 'fours', Q4((3, 5)), version=6),
    case('DEQUANTIZE', 'fours_rows', Q4((4, 5), 0), version=6),
    case('DEQUANTIZE', 'rows', QW((4, 5), 0), version=5),
    case('DEQUANTIZE', 'columns', QW((4, 2, 5), 2), version=5),
    case('DEQUANTIZE', 'one_scale', QK((4, 5), 0.013, 3), version=2),
    case('DEQUANTIZE', 'halves', K([[1.5, -0.1], [6e-8, 65504.0]], 'float16'), version=3),
    *recurrent(),
]

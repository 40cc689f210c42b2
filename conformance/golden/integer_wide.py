"""Operators on int16 tensors beside int8 weights, as int16x8 models hold them, with random shapes and scales."""

import dataclasses

import numpy as np

from golden.case import NONE, QB, K, Q, R, X, case, schema
from golden.integer_random import (
    ACTIVATIONS,
    Kind,
    batch_matmul,
    binary,
    build,
    conv,
    dense,
    depthwise,
    pool,
    resize,
    scale,
    sizes,
    transpose_conv,
)

FINER = 256


class Wide(Kind):
    """int16 activations, with biases of both types that go with them, or none: LiteRT's CONV_2D needs one."""

    def bias(self, rng, n, needed=False):
        dtype = str(rng.choice(['int64', 'int64', 'int32', 'int64' if needed else '']))
        if not dtype:
            return NONE, dict(quantizedBiasType=schema.TensorType.INT64)
        return QB(n, dtype), dict(quantizedBiasType=getattr(schema.TensorType, dtype.upper()))


INT16 = Wide('int16', FINER, 18900, True, 'int64')


def numbers(rng, low=-32768):
    """Operands from low up: where tables have their entries, and between them."""
    found = np.concatenate([np.arange(-32768, 32768, 128), rng.integers(-32768, 32768, 60), [-32767, -1, 0, 1, 32767]])
    return np.unique(found[found >= low])


def unary(op, size, low=0.004, high=0.1, options=lambda rng: {}, least=-32768):
    def make(kind, rng, label):
        s, values = scale(rng, low, high), numbers(rng, least)
        x = Q(values.shape, 'int16', float(np.float32(s / FINER)), 0, values)
        return case(op, label, x, results=kind.out(rng, size(s)), **options(rng))

    return make


def dense_wide(kind, rng, label):
    """A fully connected layer whose weights are computed, and thus int16."""
    m, k, n = sizes(rng, (1, 4), (1, 40), (1, 9))
    x, w = kind.q(rng, (m, k)), kind.q(rng, (n, k))
    options = dict(fusedActivationFunction=int(rng.choice(ACTIVATIONS)), quantizedBiasType=schema.TensorType.INT64)
    result = kind.out(rng, kind.size(x) * kind.size(w) * np.sqrt(k))
    return case('FULLY_CONNECTED', label, x, w, NONE, results=result, version=4, **options)


def powers(op):
    """Scales that are powers of two, which LOGISTIC and TANH take another way, and any others; the result's is fixed."""

    def make(kind, rng, label):
        s = float(2.0 ** -rng.integers(9, 15)) if rng.random() < 0.4 else float(np.float32(scale(rng, 0.004, 0.5) / FINER))
        values = numbers(rng)
        return case(op, label, Q(values.shape, 'int16', s, 0, values), results=[R('int16', 1 / 32768)])

    return make


def softmax(kind, rng, label):
    x = kind.q(rng, sizes(rng, (2, 6), (1, 40)), high=0.5)
    return case('SOFTMAX', label, x, results=[R('int16', 1 / 32768)], beta=float(rng.choice([1, 1, 0.5, 3])))


def general(op):
    """ADD or SUB of any scales."""

    def make(kind, rng, label):
        c = binary(op, lambda x, y: x + y)(kind, rng, label)
        c.options['potScaleInt16'] = False
        return c

    return make


def shifted(op):
    """ADD or SUB of scales that are powers of two: one operand has the result's."""

    def make(kind, rng, label):
        shape, scales = tuple(sizes(rng, (2, 5), (3, 30))), [2.0**-12, 2.0 ** -int(rng.integers(12, 16))]
        x, y = (Q(shape, 'int16', s) for s in (scales if rng.random() < 0.5 else scales[::-1]))
        options = dict(fusedActivationFunction=int(rng.choice(ACTIVATIONS)))
        return case(op, label, x, y, results=[R('int16', 2.0**-12)], potScaleInt16=True, **options)

    return make


def greater(op):
    def make(kind, rng, label):
        x = kind.q(rng, (4, 5, 6))
        y = dataclasses.replace(x, shape=[(4, 5, 6), (6,), ()][rng.integers(3)])
        return case(op, label, x, y, results=kind.same(x))

    return make


def slope(rng):
    return dict(alpha=float(rng.choice([0.01, 0.2, 1.7, 0])))


AXES = [[1, 2], [3], [1], [0, 3], [2, 1], [0, 1, 2, 3], [-1]]


def reduction(op, result):
    def make(kind, rng, label):
        x = kind.q(rng, sizes(rng, (1, 3), (2, 6), (2, 6), (1, 9)))
        axes = AXES[rng.integers(len(AXES))]
        count = np.prod([x.shape[a] for a in axes])
        return case(op, label, x, K(axes), results=result(kind, rng, x, count), version=2, keepDims=bool(rng.random() < 0.5))

    return make


def product(kind, rng, x, count):
    """A result for products of so many numbers, of which many fall into its range."""
    return [R('int16', float(np.float32(max((8000 * x.scale) ** float(count) / 8000, 1e-30))))]


def requantize(kind, rng, label):
    source, target = [('int16', 'int16'), ('int16', 'int8'), ('int8', 'int16'), ('int32', 'int16')][rng.integers(4)]
    steps = {'int8': 1, 'int16': 1 / FINER, 'int32': 1 / FINER}
    zero = int(rng.integers(-128, 128))
    s, factor = scale(rng), np.exp(rng.uniform(-1, 1))
    x = Q((200,), source, float(np.float32(s * steps[source])), zero if source == 'int8' else 0)
    if source == 'int32':
        x = dataclasses.replace(x, values=rng.integers(-60000, 60000, 200))
    result = R(target, float(np.float32(s * factor * steps[target])), zero if target == 'int8' else 0)
    return case('QUANTIZE', label, x, results=[result], version=3)


def quantize(kind, rng, label):
    """Numbers around the halves between two integers, and out of range."""
    s = float(np.float32(scale(rng) / FINER))
    steps = np.concatenate([rng.integers(-70000, 70000, 100) / 2, rng.uniform(-40000, 40000, 50)]).astype(np.float32)
    x = X(steps.shape, values=(steps * np.float32(s)).astype(np.float32))
    return case('QUANTIZE', label, x, results=[R('int16', s)], version=2)


def dequantize(kind, rng, label):
    return case('DEQUANTIZE', label, kind.q(rng, (200,)), version=3)


def moved(op, *operands, shapes=((2, 3, 4),), results=1, first=0, **options):
    """An operator that moves elements: the quantized operands, of one scale, stand in front of or behind the others."""

    def make(kind, rng, label):
        x = kind.q(rng, shapes[0])
        values = [dataclasses.replace(x, shape=s) for s in shapes]
        found = [*operands[:first], *values, *operands[first:]]
        return case(op, label, *found, results=kind.same(x) * results, version=version, **options)

    version = options.pop('version', 1)
    return make


MOVES = [
    ('BATCH_TO_SPACE_ND', moved('BATCH_TO_SPACE_ND', K([2, 1]), K([[0, 1], [0, 0]]), shapes=((4, 2, 3, 2),), version=2)),
    ('BROADCAST_TO', moved('BROADCAST_TO', K([2, 3, 4]), shapes=((3, 1),), version=2)),
    ('CONCATENATION', moved('CONCATENATION', shapes=((2, 3), (2, 1), (2, 4)), axis=1, version=3)),
    ('EXPAND_DIMS', moved('EXPAND_DIMS', K(1))),
    ('FILL', moved('FILL', K([2, 3]), shapes=((),), first=1, version=3)),
    ('GATHER', moved('GATHER', K([2, 0, 1]), axis=1, version=4)),
    ('GATHER_ND', moved('GATHER_ND', K([[1, 2], [0, 1]]), version=3)),
    ('MIRROR_PAD', moved('MIRROR_PAD', K([[1, 0], [2, 1]]), shapes=((3, 4),), mode=0, version=3)),
    ('PACK', moved('PACK', shapes=((2, 3), (2, 3)), axis=1, valuesCount=2, version=3)),
    ('PAD', moved('PAD', K([[1, 0], [0, 2]]), shapes=((3, 4),), version=3)),
    ('RESHAPE', moved('RESHAPE', K([4, 6]), newShape=[4, 6])),
    ('REVERSE_V2', moved('REVERSE_V2', K([1]), version=3)),
    ('SLICE', moved('SLICE', K([0, 1, 1]), K([2, 2, 3]), version=4)),
    ('SPACE_TO_BATCH_ND', moved('SPACE_TO_BATCH_ND', K([2, 2]), K([[1, 0], [0, 2]]), shapes=((1, 3, 4, 2),), version=2)),
    ('SPLIT', moved('SPLIT', K(1), shapes=((2, 6),), first=1, results=2, numSplits=2, version=4)),
    ('SPLIT_V', moved('SPLIT_V', K([1, 3]), K(1), shapes=((2, 4),), results=2, numSplits=2, version=2)),
    ('SQUEEZE', moved('SQUEEZE', shapes=((2, 1, 3),), squeezeDims=[1])),
    ('STRIDED_SLICE', moved('STRIDED_SLICE', K([0, 1, 0]), K([2, 3, 4]), K([1, 1, 2]), version=4)),
    ('TILE', moved('TILE', K([2, 1, 2]), version=2)),
    ('TRANSPOSE', moved('TRANSPOSE', K([2, 0, 1]), version=2)),
    ('UNPACK', moved('UNPACK', num=3, axis=1, shapes=((2, 3, 2),), results=3, version=4)),
]

MAKERS = [  # operator, maker, number of cases
    ('CONV_2D', conv, 16),
    ('DEPTHWISE_CONV_2D', depthwise, 12),
    ('TRANSPOSE_CONV', transpose_conv, 10),
    ('FULLY_CONNECTED', dense, 14),
    ('BATCH_MATMUL', batch_matmul, 10),
    ('SUM', reduction('SUM', lambda kind, rng, x, count: kind.out(rng, 2 / 3 * kind.size(x) * np.sqrt(count))), 4),
    ('ADD', general('ADD'), 8),
    ('SUB', general('SUB'), 8),
    ('MUL', binary('MUL', lambda x, y: x * y), 8),
    ('MAXIMUM', greater('MAXIMUM'), 3),
    ('MINIMUM', greater('MINIMUM'), 3),
    *[(op, pool(op), 6) for op in ('AVERAGE_POOL_2D', 'MAX_POOL_2D')],
    ('MEAN', reduction('MEAN', lambda kind, rng, x, count: kind.out(rng, 2 / 3 * kind.size(x) / np.sqrt(count))), 10),
    ('REDUCE_PROD', reduction('REDUCE_PROD', product), 10),
    *[(op, reduction(op, lambda kind, rng, x, count: kind.same(x)), 3) for op in ('REDUCE_MAX', 'REDUCE_MIN')],
    ('SOFTMAX', softmax, 10),
    ('LOGISTIC', powers('LOGISTIC'), 10),
    ('TANH', powers('TANH'), 10),
    ('RELU', unary('RELU', lambda s: 120 * s), 4),
    ('RELU6', unary('RELU6', lambda s: 120 * s), 4),
    ('LEAKY_RELU', unary('LEAKY_RELU', lambda s: 120 * s, options=slope), 8),
    ('ABS', unary('ABS', lambda s: 100 * s), 5),
    ('GELU', unary('GELU', lambda s: 60 * s, options=lambda rng: dict(approximate=bool(rng.random() < 0.5))), 10),
    ('EXP', unary('EXP', lambda s: np.exp(70 * s), high=0.03), 8),
    ('LOG', unary('LOG', lambda s: abs(np.log(60 * s)) + 1), 8),
    ('RSQRT', unary('RSQRT', lambda s: 1 / np.sqrt(10 * s), least=0), 8),
    *[(op, resize(op), 6) for op in ('RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR')],
    ('QUANTIZE', requantize, 12),
    ('QUANTIZE', quantize, 4),
    ('DEQUANTIZE', dequantize, 3),
    *[(op, make, 1) for op, make in MOVES],
]

COMPUTED = [('FULLY_CONNECTED', dense_wide, 6)]
SHIFTED = [('ADD', shifted('ADD'), 6), ('SUB', shifted('SUB'), 6)]

CASES = build(INT16, MAKERS) + build(INT16, SHIFTED, 'shifted') + build(INT16, COMPUTED, 'computed')

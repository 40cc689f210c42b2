"""Operators on int8 tensors with random shapes, scales and zero points: what a formula's rounding does shows in few elements.

The makers are functions of a Kind, a generator and a label; integer_wide has cases of int16 by the same.
"""

import dataclasses
import zlib

import numpy as np

from golden.case import ACTIVATION, QB, QK, QW, SAME, VALID, K, Q, R, X, case

SEED = 5
ALL = np.arange(-128, 128)
ACTIVATIONS = [ACTIVATION[a] for a in ('NONE', 'NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1')]


def scale(rng, low=0.004, high=0.1):
    """A scale, its logarithm spread evenly."""
    return float(np.float32(np.exp(rng.uniform(np.log(low), np.log(high)))))


def zero(rng):
    """A zero point: one of the ends, or any."""
    return int(rng.choice([-128, 127, 0, rng.integers(-128, 128), rng.integers(-128, 128)]))


@dataclasses.dataclass(frozen=True)
class Kind:
    """Activations of a type: their scales are finer by a factor, their integers of root mean square rms."""

    dtype: str
    finer: int
    rms: int
    centred: bool  # the zero point is 0
    wide: str  # the type of biases

    def zero(self, rng):
        return 0 if self.centred else zero(rng)

    def q(self, rng, shape, values=None, **span):
        return Q(tuple(shape), self.dtype, float(np.float32(scale(rng, **span) / self.finer)), self.zero(rng), values)

    def out(self, rng, size):
        """A result over which numbers of the given size spread, more or less."""
        return [R(self.dtype, float(np.float32(size * np.exp(rng.uniform(-1, 1)) / 80 / self.finer)), self.zero(rng))]

    def same(self, x):
        return [R(self.dtype, x.scale, x.zero)]

    def products(self, rng, x, k):
        """A result for sums of k products of x with weights."""
        return self.out(rng, x.scale * 0.011 * 73 * self.rms * np.sqrt(k) + 4)

    def size(self, x):
        """How large the numbers of x are."""
        return 90 * self.finer * x.scale

    def bias(self, rng, n, needed=False):
        """The bias of n channels, and the options that go with it."""
        return QB(n), {}


INT8 = Kind('int8', 1, 73, False, 'int32')


def sizes(rng, *limits):
    return [int(rng.integers(low, high + 1)) for low, high in limits]


def window(rng, kernel, image):
    """Options of a window that fits the image; dilated only where it does not stride."""
    stride = sizes(rng, (1, 2), (1, 3))
    found = dict(padding=int(rng.choice([SAME, VALID])), strideH=stride[0], strideW=stride[1])
    if stride == [1, 1] and all(2 * k - 1 <= n for k, n in zip(kernel, image)):
        found |= dict(dilationHFactor=int(rng.integers(1, 3)), dilationWFactor=int(rng.integers(1, 3)))
    return found


def conv(kind, rng, label):
    groups, (n, h, w, c, oc) = int(rng.choice([1, 1, 1, 2])), sizes(rng, (1, 2), (3, 8), (3, 8), (1, 9), (1, 6))
    kh, kw = sizes(rng, (1, 3), (1, 3))
    x = kind.q(rng, (n, h, w, c * groups))
    options = window(rng, (kh, kw), (h, w)) | dict(fusedActivationFunction=int(rng.choice(ACTIVATIONS)))
    bias, more = kind.bias(rng, oc * groups, True)
    operands = [x, QW((oc * groups, kh, kw, c), 0), bias]
    return case('CONV_2D', label, *operands, results=kind.products(rng, x, kh * kw * c), version=3, **options, **more)


def depthwise(kind, rng, label):
    n, h, w, c, m = sizes(rng, (1, 2), (3, 8), (3, 8), (1, 11), (1, 3))
    kh, kw = sizes(rng, (1, 3), (1, 3))
    x = kind.q(rng, (n, h, w, c))
    options = window(rng, (kh, kw), (h, w)) | dict(fusedActivationFunction=int(rng.choice(ACTIVATIONS)), depthMultiplier=m)
    operands = [x, QW((1, kh, kw, c * m), 3), QB(c * m, kind.wide)]
    return case('DEPTHWISE_CONV_2D', label, *operands, results=kind.products(rng, x, kh * kw), version=3, **options)


def transpose_conv(kind, rng, label):
    n, h, w, c, oc = sizes(rng, (1, 2), (2, 5), (2, 5), (1, 9), (1, 6))
    kh, kw, sh, sw = sizes(rng, (1, 4), (1, 4), (1, 2), (1, 3))
    x = kind.q(rng, (n, h, w, c))
    pad = int(rng.choice([SAME, VALID]))
    shape = [n, h * sh, w * sw, oc] if pad == SAME else [n, (h - 1) * sh + kh, (w - 1) * sw + kw, oc]
    bias, more = kind.bias(rng, oc)
    operands = [K(shape), QW((oc, kh, kw, c), 0), x, bias]
    return case(
        'TRANSPOSE_CONV',
        label,
        *operands,
        results=kind.products(rng, x, c * kh * kw / 3),
        version=3,
        padding=pad,
        strideH=sh,
        strideW=sw,
        **more,
    )


def dense(kind, rng, label):
    m, k, n = sizes(rng, (1, 5), (1, 90), (1, 14))
    x = kind.q(rng, (m, k))
    bias, options = kind.bias(rng, n) if rng.random() < 0.8 else (None, {})
    axis = 0 if n > 1 and rng.random() < 0.6 else None
    options |= dict(fusedActivationFunction=int(rng.choice(ACTIVATIONS)))
    return case('FULLY_CONNECTED', label, x, QW((n, k), axis), bias, results=kind.products(rng, x, k), version=4, **options)


def batch_matmul(kind, rng, label):
    b, m, k, n = sizes(rng, (1, 3), (1, 5), (1, 40), (1, 9))
    adj = dict(adjX=bool(rng.random() < 0.3), adjY=bool(rng.random() < 0.5))
    x = kind.q(rng, (b, k, m) if adj['adjX'] else (b, m, k))
    y = kind.q(rng, (1 if rng.random() < 0.3 else b,) + ((n, k) if adj['adjY'] else (k, n)))
    return case('BATCH_MATMUL', label, x, y, results=kind.out(rng, kind.size(x) * kind.size(y) * np.sqrt(k)), version=2, **adj)


def pair(kind, rng):
    shapes = [((5, 3, 16), (5, 3, 16)), ((5, 3, 16), (16,)), ((5, 1, 16), (3, 1)), ((4, 40), ()), ((), (4, 40))]
    a, b = shapes[rng.integers(len(shapes))]
    return kind.q(rng, a), kind.q(rng, b)


def binary(op, size, activations=True):
    def make(kind, rng, label):
        x, y = pair(kind, rng)
        options = dict(fusedActivationFunction=int(rng.choice(ACTIVATIONS))) if activations else {}
        return case(op, label, x, y, results=kind.out(rng, size(kind.size(x), kind.size(y))), version=2, **options)

    return make


def div(kind, rng, label):
    x, y = pair(kind, rng)
    numbers = np.setdiff1d(ALL, [y.zero])
    y = Q(y.shape, 'int8', y.scale, y.zero, rng.choice(numbers, y.shape))
    options = dict(fusedActivationFunction=int(rng.choice(ACTIVATIONS)))
    return case('DIV', label, x, y, results=kind.out(rng, x.scale / y.scale * rng.choice([1, 10, 100])), version=2, **options)


def compare(op):
    def make(kind, rng, label):
        x, y = pair(kind, rng)
        if rng.random() < 0.3:
            y = Q(y.shape, 'int8', x.scale, y.zero)
        return case(op, label, x, y, results=['bool'], version=2)

    return make


def pool(op):
    def make(kind, rng, label):
        n, h, w, c = sizes(rng, (1, 2), (3, 8), (3, 8), (1, 70))
        x = kind.q(rng, (n, h, w, c))
        fh, fw, sh, sw = sizes(rng, (1, 3), (1, 3), (1, 2), (1, 3))
        options = dict(padding=int(rng.choice([SAME, VALID])), strideH=sh, strideW=sw, filterHeight=fh, filterWidth=fw)
        return case(op, label, x, results=kind.same(x), version=2, fusedActivationFunction=int(rng.choice(ACTIVATIONS)), **options)

    return make


def reduction(op):
    def make(kind, rng, label):
        x = kind.q(rng, sizes(rng, (1, 3), (2, 6), (2, 6), (1, 9)))
        axes = [[1, 2], [3], [1], [0, 3], [2, 1], [0, 1, 2, 3], [-1]][rng.integers(7)]
        count = np.prod([x.shape[a] for a in axes])
        size = 2 / 3 * kind.size(x) / np.sqrt(count) * (count if op == 'SUM' else 1)
        return case(op, label, x, K(axes), results=kind.out(rng, size), version=2, keepDims=bool(rng.random() < 0.5))

    return make


def rows(op, result, options=lambda rng: {}):
    def make(kind, rng, label):
        x = kind.q(rng, sizes(rng, (2, 6), (1, 40)), high=0.5)
        return case(op, label, x, results=[R(kind.dtype, *result)], version=2, **options(rng))

    return make


def unary(op, size, version=2, low=0.004, high=0.1, options=lambda rng: {}, positive=False):
    """All 256 operands, or those that are not negative."""

    def make(kind, rng, label):
        s, z = scale(rng, low, high), int(rng.integers(-128, 100)) if positive else zero(rng)
        values = np.arange(z + (positive == 'strictly'), 128) if positive else ALL
        x = Q(values.shape, 'int8', s, z, values)
        return case(op, label, x, results=kind.out(rng, size(s)), version=version, **options(rng))

    return make


def fixed(op, result):
    def make(kind, rng, label):
        return case(op, label, kind.q(rng, (256,), ALL), results=[R(kind.dtype, *result)], version=2)

    return make


def prelu(kind, rng, label):
    x = kind.q(rng, (1, 5, 6, 7))
    alpha = QK([(1, 1, 7), (1, 1, 1), (5, 6, 7)][rng.integers(3)], scale(rng, 0.002, 0.02), zero(rng))
    return case('PRELU', label, x, alpha, results=kind.out(rng, 90 * x.scale))


def resize(op):
    def make(kind, rng, label):
        x = kind.q(rng, sizes(rng, (1, 2), (1, 6), (1, 6), (1, 5)))
        options = [{}, dict(halfPixelCenters=True), dict(alignCorners=True)][rng.integers(3)]
        return case(op, label, x, K(sizes(rng, (1, 13), (1, 13))), results=kind.same(x), version=3, **options)

    return make


def quantize(kind, rng, label):
    source, target = [
        ('int8', 'int8'),
        ('int8', 'uint8'),
        ('uint8', 'int8'),
        ('uint8', 'uint8'),
        ('int16', 'int8'),
        ('int8', 'int16'),
    ][rng.integers(6)]
    limits = {t: np.iinfo(t) for t in (source, target)}
    zeros = {t: 0 if t == 'int16' else int(rng.integers(i.min, i.max + 1)) for t, i in limits.items()}
    s = scale(rng) / (100 if source == 'int16' else 1)
    factor = np.exp(rng.uniform(-1, 1)) * {'int16': 1 / 200}.get(target, 1) * {'int16': 200}.get(source, 1)
    x = Q((256,), source, s, zeros[source], ALL + 128 * (source == 'uint8')) if source != 'int16' else Q((300,), source, s)
    return case('QUANTIZE', label, x, results=[R(target, float(np.float32(s * factor)), zeros[target])], version=2)


def quantize_float(kind, rng, label):
    """Numbers around the halves between two integers, and out of range."""
    s = scale(rng)
    steps = np.concatenate([rng.integers(-300, 300, 100) / 2, rng.uniform(-200, 200, 50)]).astype(np.float32)
    values = (steps * np.float32(s)).astype(np.float32)
    return case('QUANTIZE', label, X(values.shape, values=values), results=[R('int8', s, zero(rng))])


def dequantize(kind, rng, label):
    return case('DEQUANTIZE', label, kind.q(rng, (256,), ALL), version=2)


MAKERS = [  # operator, maker, number of cases
    ('CONV_2D', conv, 16),
    ('DEPTHWISE_CONV_2D', depthwise, 14),
    ('TRANSPOSE_CONV', transpose_conv, 8),
    ('FULLY_CONNECTED', dense, 12),
    ('BATCH_MATMUL', batch_matmul, 10),
    ('ADD', binary('ADD', lambda x, y: x + y), 8),
    ('SUB', binary('SUB', lambda x, y: x + y), 8),
    ('MUL', binary('MUL', lambda x, y: x * y), 8),
    ('SQUARED_DIFFERENCE', binary('SQUARED_DIFFERENCE', lambda x, y: (x + y) ** 2, False), 8),
    ('DIV', div, 12),
    *[(op, compare(op), 3) for op in ('EQUAL', 'NOT_EQUAL', 'LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL')],
    *[(op, pool(op), 6) for op in ('AVERAGE_POOL_2D', 'MAX_POOL_2D')],
    ('MEAN', reduction('MEAN'), 10),
    ('SUM', reduction('SUM'), 6),
    ('SOFTMAX', rows('SOFTMAX', (1 / 256, -128), lambda rng: dict(beta=float(rng.choice([1, 1, 0.5, 3])))), 10),
    ('LOG_SOFTMAX', rows('LOG_SOFTMAX', (16 / 256, 127)), 8),
    ('L2_NORMALIZATION', rows('L2_NORMALIZATION', (1 / 128, 0)), 8),
    ('LOGISTIC', fixed('LOGISTIC', (1 / 256, -128)), 5),
    ('TANH', fixed('TANH', (1 / 128, 0)), 5),
    ('RELU', unary('RELU', lambda s: 120 * s), 5),
    ('RELU6', unary('RELU6', lambda s: 120 * s), 5),
    ('RELU_N1_TO_1', unary('RELU_N1_TO_1', lambda s: 120 * s, version=1), 4),
    ('RELU_0_TO_1', unary('RELU_0_TO_1', lambda s: 120 * s, version=1), 4),
    (
        'LEAKY_RELU',
        unary('LEAKY_RELU', lambda s: 120 * s, options=lambda rng: dict(alpha=float(rng.choice([0.01, 0.2, 1.7, 0, -0.3, -1.2])))),
        10,
    ),
    ('HARD_SWISH', unary('HARD_SWISH', lambda s: 60 * s, version=1), 6),
    ('GELU', unary('GELU', lambda s: 60 * s, options=lambda rng: dict(approximate=bool(rng.random() < 0.5))), 6),
    ('ELU', unary('ELU', lambda s: 60 * s, version=1), 4),
    ('EXP', unary('EXP', lambda s: np.exp(70 * s), high=0.03), 5),
    ('LOG', unary('LOG', lambda s: abs(np.log(60 * s)) + 1), 5),
    ('ABS', unary('ABS', lambda s: 100 * s), 5),
    ('SQRT', unary('SQRT', lambda s: np.sqrt(120 * s), positive=True), 5),
    ('RSQRT', unary('RSQRT', lambda s: 1 / np.sqrt(10 * s), positive=True), 5),
    ('PRELU', prelu, 6),
    ('RESIZE_BILINEAR', resize('RESIZE_BILINEAR'), 10),
    ('RESIZE_NEAREST_NEIGHBOR', resize('RESIZE_NEAREST_NEIGHBOR'), 6),
    ('QUANTIZE', quantize, 14),
    ('QUANTIZE', quantize_float, 4),
    ('DEQUANTIZE', dequantize, 3),
]


def build(kind, makers, name='random'):
    found = []
    for op, make, count in makers:
        for i in range(count):
            label = f'{make.__name__}_{i}' if op == 'QUANTIZE' else f'{name}_{i}'
            found.append(make(kind, np.random.default_rng([SEED, i, zlib.crc32(f'{op}-{make.__name__}'.encode())]), label))
    return found


CASES = build(INT8, MAKERS)

"""Random float graphs with recorded ranges: operators of all of the quantizer's kinds, shared constants, values with several
readers, missing ranges, unused results, constants that pass the bias limit.

Left out is what TensorFlow's optimizer rewrites after quantization whatever surrounds it (RESHAPE chains, RELU behind a
convolution, DIV by a constant): its converter never leaves that in a file.
"""

import random

import numpy as np
from ai_edge_litert import schema_py_generated as schema

import flat

ROW_LIMIT, SIDE_LIMIT = 24, 10  # sizes beyond which CONCATENATION and PAD stop growing a value
VALID = schema.Padding.VALID
ACTIVATIONS = [schema.ActivationFunctionType.NONE] * 3 + [schema.ActivationFunctionType.RELU, schema.ActivationFunctionType.RELU6]


class Unfit(Exception):
    """No value in the graph suits the step."""


class Draft:
    """A graph under construction: its values so far, which of them are read, and the constants that steps may share."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.model = flat.Model()
        self.g = self.model.main
        self.values, self.others, self.read, self.constants = [], [], set(), {}
        self.ranged = self.r.choice([1.0, 1.0, 1.0, 0.9])  # the share of values that have a range

    def span(self):
        r = self.r
        if r.random() > self.ranged:
            return None
        kind = r.random()
        if kind < 0.1:
            return 0.0, 0.0
        if kind < 0.2:
            return 0.0, r.uniform(0.1, 9)
        if kind < 0.25:
            return r.uniform(0.5, 1), r.uniform(1, 3)
        if kind < 0.3:
            return -r.uniform(1, 3), -r.uniform(0.1, 1)
        return -r.uniform(0, 5), r.uniform(0, 5)

    def result(self, shape, dtype='float32'):
        index = self.g.tensor(shape, dtype, span=self.span() if dtype == 'float32' else None)
        (self.values if dtype == 'float32' else self.others).append(index)
        return index

    def pick(self, fits=lambda shape: True):
        """A value whose shape fits, one of the latest more often than not."""
        found = [v for v in self.values if fits(self.g.shape(v))]
        if not found:
            raise Unfit
        value = self.r.choice(found[-6:] if self.r.random() < 0.7 else found)
        self.read.add(value)
        return value

    def like(self, shape):
        return self.pick(lambda s: s == shape)

    def of_rank(self, *ranks, even=None):
        """A value of one of these ranks, and its shape; even names axes whose sizes must be even."""
        value = self.pick(lambda s: len(s) in ranks and all(s[a] % 2 == 0 for a in even or []))
        return value, self.g.shape(value)

    def any(self):
        value = self.pick()
        return value, self.g.shape(value)

    def constant(self, shape):
        """Random weights of this shape: new ones, or those of an earlier step."""
        key = (tuple(shape), self.r.randrange(3))
        if key not in self.constants or self.r.random() >= 0.6:
            rng = np.random.default_rng(self.r.randrange(1 << 30))
            data = (rng.standard_normal(shape) * self.r.choice([0.01, 1, 7])).astype(np.float32)
            self.constants[key] = self.g.constant(np.abs(data) if self.r.random() < 0.3 else data)
        return self.constants[key]

    def integers(self, *values):
        return self.g.constant(np.array(values, np.int32))

    def op(self, name, inputs, *shapes, dtype='float32', **options):
        return self.g.op(name, inputs, [self.result(s, dtype) for s in shapes], **options)

    def maybe_swapped(self, a, b, share=0.5):
        return [b, a] if self.r.random() < share else [a, b]


# ---- steps: each appends one operator (or a few that belong together), or raises Unfit


def unary(names):
    def step(d):
        x, shape = d.any()
        d.op(d.r.choice(names), [x], shape)

    return step


def binary(names, dtype='float32', fused=False):
    def step(d):
        x, shape = d.any()
        options = {'fusedActivationFunction': d.r.choice(ACTIVATIONS)} if fused and d.r.random() < 0.3 else {}
        name = d.r.choice(names)
        d.op(name, [x, d.like(shape)], shape, dtype=dtype, **({} if name == 'SQUARED_DIFFERENCE' else options))

    return step


def with_constant(names, dtype='float32'):
    def step(d):
        x, shape = d.any()
        c = d.constant(shape if d.r.random() < 0.5 else shape[-1:])
        d.op(d.r.choice(names), d.maybe_swapped(x, c, 0.3), shape, dtype=dtype)

    return step


def add_n(d):
    x, shape = d.any()
    d.op('ADD_N', [x, d.like(shape)], shape)


def batch_matmul(d):
    x = d.pick(lambda s: len(s) >= 3 and s[-1] == s[-2])
    shape = d.g.shape(x)
    d.op('BATCH_MATMUL', [x, d.like(shape)], shape)


def concatenation(last_constant):
    def step(d):
        x, shape = d.any()
        parts = [x] + [d.pick(lambda s: s[:-1] == shape[:-1]) for _ in range(d.r.choice([1, 1, 2]))]
        if last_constant:
            parts[-1] = d.constant(shape)
        width = sum(d.g.shape(p)[-1] for p in parts) if shape else ROW_LIMIT + 1
        if width > ROW_LIMIT:
            raise Unfit
        d.op('CONCATENATION', parts, [*shape[:-1], width], axis=len(shape) - 1)

    return step


def pack(d):
    x, shape = d.of_rank(0, 1, 2, 3)
    d.op('PACK', [x, d.like(shape)], [2, *shape], valuesCount=2, axis=0)


def transpose(d):
    x, shape = d.of_rank(2, 3, 4)
    order = list(range(len(shape)))
    d.r.shuffle(order)
    if [a for a in order if shape[a] > 1] == [a for a in range(len(shape)) if shape[a] > 1]:
        raise Unfit  # a TRANSPOSE that moves no data is rewritten
    d.op('TRANSPOSE', [x, d.integers(*order)], [shape[a] for a in order])


def pool(d):
    x = d.pick(lambda s: len(s) == 4 and s[1] >= 2 and s[2] >= 2)
    n, h, w, c = d.g.shape(x)
    d.op(
        d.r.choice(['MAX_POOL_2D', 'AVERAGE_POOL_2D']),
        [x],
        [n, h // 2, w // 2, c],
        strideW=2,
        strideH=2,
        filterWidth=2,
        filterHeight=2,
        padding=VALID,
    )


def reduction(names):
    def step(d):
        x = d.pick(lambda s: len(s) >= 2 and s[1] >= 2)
        shape = d.g.shape(x)
        d.op(d.r.choice(names), [x, d.integers(1)], [shape[0], 1, *shape[2:]], keepDims=True)

    return step


def arg_max(d):
    x, shape = d.of_rank(1, 2, 3, 4)
    d.op(
        d.r.choice(['ARG_MAX', 'ARG_MIN']),
        [x, d.g.constant(len(shape) - 1)],
        shape[:-1],
        dtype='int32',
        outputType=flat.TYPES['int32'],
    )


def select(constant):
    def step(d):
        x, shape = d.any()
        y = d.constant(shape) if constant else d.like(shape)
        condition = d.g.tensor(shape, 'bool')
        d.g.op('GREATER', [x, d.like(shape)], [condition])
        d.op(d.r.choice(['SELECT', 'SELECT_V2']), [condition, *d.maybe_swapped(x, y)], shape)

    return step


def pad(name):
    def step(d):
        x = d.pick(lambda s: s and max(s) <= SIDE_LIMIT)
        shape = d.g.shape(x)
        inputs = [x, d.g.constant(np.array([[0, 0]] * (len(shape) - 1) + [[1, 1]], np.int32))]
        if name == 'PADV2':
            inputs.append(d.g.constant(np.array(d.r.uniform(-1, 1), np.float32)))
        if name == 'MIRROR_PAD' and shape[-1] < 2:
            raise Unfit
        d.op(name, inputs, [*shape[:-1], shape[-1] + 2])

    return step


def split(d):
    x, shape = d.of_rank(1, 2, 3, 4, even=[-1])
    half = [*shape[:-1], shape[-1] // 2]
    d.op('SPLIT', [d.g.constant(len(shape) - 1), x], half, half, numSplits=2)


def split_v(d):
    x = d.pick(lambda s: s and s[-1] > 2)
    shape = d.g.shape(x)
    d.op(
        'SPLIT_V',
        [x, d.integers(1, shape[-1] - 1), d.g.constant(len(shape) - 1)],
        [*shape[:-1], 1],
        [*shape[:-1], shape[-1] - 1],
        numSplits=2,
    )


def unpack(d):
    x = d.pick(lambda s: len(s) >= 2 and s[-1] <= 3)
    shape = d.g.shape(x)
    d.op('UNPACK', [x], *[shape[:-1]] * shape[-1], num=shape[-1], axis=len(shape) - 1)


def strided_slice(d):
    x = d.pick(lambda s: s and s[-1] >= 2)
    shape = d.g.shape(x)
    end = [*shape[:-1], shape[-1] - 1]
    zeros, ones = [0] * len(shape), [1] * len(shape)
    d.op('STRIDED_SLICE', [x, d.integers(*zeros), d.integers(*end), d.integers(*ones)], end, beginMask=1, endMask=1)


def slice_(d):
    x = d.pick(lambda s: s and s[-1] >= 2)
    shape = d.g.shape(x)
    size = [*shape[:-1], 1]
    d.op('SLICE', [x, d.integers(*[0] * len(shape)), d.integers(*size)], size)


def gather(d):
    x, shape = d.of_rank(1, 2, 3, 4)
    d.op('GATHER', [x, d.integers(0, 0)], [2, *shape[1:]], axis=0)


def conv(d):
    x, shape = d.of_rank(4)
    out = d.r.choice([2, 4])
    bias = d.constant([out]) if d.r.random() < 0.7 else d.g.constant(np.full(out, 3e6, np.float32))  # past the limit
    d.op(
        'CONV_2D',
        [x, d.constant([out, 1, 1, shape[3]]), bias],
        [*shape[:3], out],
        strideW=1,
        strideH=1,
        fusedActivationFunction=d.r.choice(ACTIVATIONS),
    )


def depthwise(d):
    x, shape = d.of_rank(4)
    d.op(
        'DEPTHWISE_CONV_2D',
        [x, d.constant([1, 1, 1, shape[3]]), d.constant(shape[3:])],
        shape,
        strideW=1,
        strideH=1,
        depthMultiplier=1,
    )


def transpose_conv(d):
    x = d.pick(lambda s: len(s) == 4 and max(s) <= 4)
    n, h, w, c = d.g.shape(x)
    shape = [n, 2 * h, 2 * w, 2]
    bias = [d.constant([2])] if d.r.random() < 0.7 else []
    d.op('TRANSPOSE_CONV', [d.integers(*shape), d.constant([2, 2, 2, c]), x, *bias], shape, strideW=2, strideH=2, padding=VALID)


def fully_connected(d):
    x, shape = d.of_rank(2)
    if d.r.random() < 0.85:
        weights = d.constant([d.r.choice([1, 4]), shape[1]])
    else:
        weights = d.pick(lambda s: len(s) == 2 and s[1] == shape[1])
    out = d.g.shape(weights)[0]
    bias = d.constant([out]) if d.r.random() < 0.8 else -1
    d.op('FULLY_CONNECTED', [x, weights, bias], [shape[0], out])


def prelu(d):
    x, shape = d.of_rank(4)
    d.op('PRELU', [x, d.constant([1, 1, shape[3]])], shape)


def cast_and_back(d):
    x, shape = d.any()
    middle = d.g.tensor(shape, 'int32')
    d.g.op('CAST', [x], [middle], inDataType=flat.TYPES['float32'], outDataType=flat.TYPES['int32'])
    d.op('CAST', [middle], shape, inDataType=flat.TYPES['int32'], outDataType=flat.TYPES['float32'])


def cast(d):
    x, shape = d.any()
    d.op('CAST', [x], shape, dtype='int32', inDataType=flat.TYPES['float32'], outDataType=flat.TYPES['int32'])


def fill(d):
    d.op('FILL', [d.integers(2, 2), d.like([])], [2, 2])


def top_k(d):
    x, shape = d.of_rank(2)
    best, where = d.result([shape[0], 1]), d.result([shape[0], 1], 'int32')
    d.g.op('TOPK_V2', [x, d.g.constant(1)], [best, where])


def rearrange(name, factor):
    """SPACE_TO_DEPTH or DEPTH_TO_SPACE by 2; factor gives the output's shape, or None."""

    def step(d):
        x, shape = d.of_rank(4)
        out = factor(*shape)
        if out is None:
            raise Unfit
        d.op(name, [x], out, blockSize=2)

    return step


def resize(d):
    x = d.pick(lambda s: len(s) == 4 and max(s[1:3]) <= 4)
    n, h, w, c = d.g.shape(x)
    d.op(
        d.r.choice(['RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR']),
        [x, d.integers(2 * h, 2 * w)],
        [n, 2 * h, 2 * w, c],
        halfPixelCenters=d.r.random() < 0.5,
    )


def reverse(d):
    x, shape = d.of_rank(2, 3, 4)
    if shape[-1] < 2:
        raise Unfit
    d.op('REVERSE_V2', [x, d.integers(len(shape) - 1)], shape)


STEPS = [  # (weight, step)
    (5, unary(['LEAKY_RELU', 'HARD_SWISH', 'ABS', 'EXP', 'GELU', 'LOG', 'SQRT', 'RSQRT'])),
    (3, unary(['LOGISTIC', 'TANH', 'SOFTMAX', 'LOG_SOFTMAX', 'L2_NORMALIZATION'])),
    (3, unary(['NEG', 'SQUARE', 'FLOOR', 'ELU', 'COS', 'ROUND', 'SIGN'])),
    (5, binary(['ADD', 'SUB', 'MUL', 'DIV', 'SQUARED_DIFFERENCE'], fused=True)),
    (3, with_constant(['ADD', 'SUB', 'MUL'])),
    (3, binary(['MAXIMUM', 'MINIMUM'])),
    (1, with_constant(['MAXIMUM', 'MINIMUM'])),
    (1, binary(['EQUAL', 'NOT_EQUAL', 'LESS', 'GREATER'], dtype='bool')),
    (1, with_constant(['LESS_EQUAL', 'GREATER_EQUAL'], dtype='bool')),
    (2, concatenation(last_constant=False)),
    (1, concatenation(last_constant=True)),
    (1, pack),
    (2, add_n),
    (2, gather),
    (1, transpose),
    (2, pool),
    (1, reduction(['MEAN'])),
    (1, reduction(['SUM'])),
    (1, reduction(['REDUCE_MAX', 'REDUCE_MIN'])),
    (1, arg_max),
    (1, select(constant=False)),
    (1, select(constant=True)),
    (1, pad('PAD')),
    (1, pad('PADV2')),
    (0.5, pad('MIRROR_PAD')),
    (1, split),
    (0.5, split_v),
    (1, unpack),
    (1, strided_slice),
    (1, slice_),
    (2, conv),
    (1, depthwise),
    (0.7, transpose_conv),
    (1, fully_connected),
    (1, prelu),
    (1, batch_matmul),
    (1, cast_and_back),
    (1, cast),
    (1, fill),
    (1, top_k),
    (0.7, resize),
    (0.5, reverse),
    (0.5, rearrange('SPACE_TO_DEPTH', lambda n, h, w, c: [n, h // 2, w // 2, 4 * c] if h % 2 == w % 2 == 0 and c <= 4 else None)),
    (0.5, rearrange('DEPTH_TO_SPACE', lambda n, h, w, c: [n, 2 * h, 2 * w, c // 4] if c % 4 == 0 and h <= 4 else None)),
]


def build(seed):
    """The seed's graph as a flatbuffer, or None where it comes out without a result."""
    d = Draft(seed)
    for _ in range(d.r.choice([1, 1, 2])):
        index = d.g.input(d.r.choice([[1, 4, 4, 4], [1, 4, 4, 4], [1, 16]]), span=d.span())
        d.values.append(index)
    weights, steps = zip(*STEPS)
    for _ in range(d.r.choice([3, 6, 12, 25])):
        try:
            d.r.choices(steps, weights)[0](d)
        except Unfit:
            pass
    inner = [v for v in d.values if v not in d.g.inputs]
    ends = [v for v in inner if v not in d.read] + d.others
    extra = [v for v in inner if v in d.read and d.r.random() < 0.1]
    if len(ends) > 1 and d.r.random() < 0.2:
        ends.remove(d.r.choice(ends))  # an unused result
    d.g.outputs = ends + extra
    return d.model.bytes() if d.g.outputs else None


def ambiguous(content):
    """Whether TensorFlow's answer may depend on memory addresses: an operator has several results."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    return any(len(op.outputs) > 1 for graph in model.subgraphs for op in graph.operators or [])

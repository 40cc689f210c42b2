"""A case: one operator, its operands, results and options."""

import dataclasses
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from flat import TYPES  # noqa: F401 the families' modules take it from here

SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
NONE = None  # an absent operand
ACTIVATION = {n: v for n, v in vars(schema.ActivationFunctionType).items() if not n.startswith('_')}


@dataclasses.dataclass(frozen=True)
class X:
    """A runtime input: random values in [low, high), integers for integer types; or the given values."""

    shape: tuple
    dtype: str = 'float32'
    low: float = -2
    high: float = 2
    values: Any = None


@dataclasses.dataclass(frozen=True)
class W:
    """A constant of random values in [-1, 1), integers below ten for integer types."""

    shape: tuple
    dtype: str = 'float32'


@dataclasses.dataclass(frozen=True)
class K:
    """A constant of the given values; Python integers are int32, floats float32."""

    value: Any
    dtype: Any = None


@dataclasses.dataclass(frozen=True)
class V:
    """A variable tensor, zero at first."""

    shape: tuple


@dataclasses.dataclass(frozen=True)
class R:
    """A result. A quantized one has a scale and a zero point; open is a shape with -1 where only the run decides."""

    dtype: str = 'float32'
    scale: float = 0
    zero: int = 0
    open: tuple = None


@dataclasses.dataclass(frozen=True)
class Q:
    """A quantized runtime input of random integers over its type's whole range; or of the given ones."""

    shape: tuple
    dtype: str
    scale: float
    zero: int = 0
    values: Any = None


@dataclasses.dataclass(frozen=True)
class QW:
    """Constant int8 weights over [-127, 127]: one scale along an axis each, or one for all."""

    shape: tuple
    axis: int = None
    equal: bool = False  # all scales are the same


@dataclasses.dataclass(frozen=True)
class Q4:
    """Weights of four-bit random integers: with a scale each along the axis, with one if there is none, or with one for each run
    of block weights."""

    shape: tuple
    axis: int = None
    block: int = None


@dataclasses.dataclass(frozen=True)
class QB:
    """The bias of the quantized input and the weights before it: its scales are their products."""

    size: int
    dtype: str = 'int32'


@dataclasses.dataclass(frozen=True)
class QK:
    """A quantized constant of random integers."""

    shape: tuple
    scale: float
    zero: int = 0
    dtype: str = 'int8'


@dataclasses.dataclass
class Case:
    op: str
    label: str
    operands: list
    results: list = dataclasses.field(default_factory=lambda: [R()])
    version: int = 1
    options: dict = dataclasses.field(default_factory=dict)
    optimized: bool = False  # there is no right reference kernel

    @property
    def name(self):
        return f'{self.op.lower()}-{self.label}'


def case(op, label, *operands, results=None, version=1, optimized=False, **options):
    """A Case; results are R or names of types."""
    found = [R(r) if isinstance(r, str) else r for r in results or ['float32']]
    return Case(op, label, list(operands), found, version, options, optimized)


def draw(x, rng):
    """The values of an X, W or Q."""
    if isinstance(x, (X, Q)) and x.values is not None:
        return np.asarray(x.values, x.dtype).reshape(x.shape)
    dtype = np.dtype(x.dtype)
    if isinstance(x, Q):
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max, x.shape, endpoint=True).astype(dtype)
    if dtype == np.bool_:
        return rng.random(x.shape) < 0.5
    if isinstance(x, X):
        low, high = x.low, x.high
    else:
        low, high = (-10, 10) if dtype.kind in 'iu' else (-1, 1)
    if dtype.kind in 'iu':
        return rng.integers(int(low), int(high), x.shape).astype(dtype)
    return rng.uniform(low, high, x.shape).astype(dtype)


def quantize(tensor, scale, zero=0, axis=0):
    """Give a tensor its parameters; several scales go along the axis."""
    scales = np.atleast_1d(np.asarray(scale, np.float32))
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.scale, tensor.quantization.zeroPoint = scales, np.full(len(scales), zero, np.int64)
    tensor.quantization.quantizedDimension = axis


def integers(x, g, rng, scales):
    """Add a QW, QB or QK; scales holds those of the input and of the weights so far, by kind."""
    if isinstance(x, QW):
        index = g.constant(rng.integers(-127, 127, x.shape, endpoint=True).astype(np.int8))
        scales['weights'] = rng.uniform(0.002, 0.02, 1 if x.axis is None else x.shape[x.axis]).astype(np.float32)
        if x.equal:
            scales['weights'][:] = scales['weights'][0]
        quantize(g.table.tensors[index], scales['weights'], axis=x.axis or 0)
    elif isinstance(x, QB):
        size = {'int32': 2000, 'int64': 500_000}[x.dtype]
        index = g.constant(rng.integers(-size, size, x.size).astype(x.dtype))
        quantize(g.table.tensors[index], np.float32(scales['input']) * scales['weights'])
    else:
        limits = np.iinfo(x.dtype)
        index = g.constant(rng.integers(limits.min, limits.max, x.shape, endpoint=True).astype(x.dtype))
        quantize(g.table.tensors[index], x.scale, x.zero)
    return index


def fours(x, g, rng):
    """Add a Q4."""
    index = g.fours(rng.integers(-8, 7, x.shape, endpoint=True))
    if x.block is None:
        quantize(g.table.tensors[index], rng.uniform(0.02, 0.2, 1 if x.axis is None else x.shape[x.axis]), axis=x.axis or 0)
        return index
    details = schema.BlockwiseQuantizationT()
    details.scales = g.constant(rng.uniform(0.02, 0.2, (x.shape[0], x.shape[1] // x.block)).astype(np.float16))
    details.zeroPoints, details.blockSize = -1, x.block
    tensor = g.table.tensors[index]
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.detailsType, tensor.quantization.details = schema.QuantizationDetails.BlockwiseQuantization, details
    return index


def build(c, model, rng):
    """Put the case into the model's main graph; the runtime inputs in order."""
    g, indices, inputs, scales = model.main, [], [], {}
    for x in c.operands:
        if x is NONE:
            indices.append(-1)
        elif isinstance(x, (X, Q)):
            inputs.append(draw(x, rng))
            indices.append(g.input(x.shape, x.dtype))
            if isinstance(x, Q):
                quantize(g.table.tensors[indices[-1]], x.scale, x.zero)
                scales['input'] = x.scale
        elif isinstance(x, (QW, QB, QK)):
            indices.append(integers(x, g, rng, scales))
        elif isinstance(x, Q4):
            indices.append(fours(x, g, rng))
        elif isinstance(x, W):
            indices.append(g.constant(draw(x, rng)))
        elif isinstance(x, K):
            value = np.asarray(x.value)
            default = {'i': np.int32, 'f': np.float32}.get(value.dtype.kind, value.dtype)
            indices.append(g.constant(value.astype(x.dtype or default)))
        else:
            indices.append(g.tensor(x.shape, variable=True))
    for r in c.results:
        g.outputs.append(g.tensor([], r.dtype))
        if r.scale:
            quantize(g.table.tensors[g.outputs[-1]], r.scale, r.zero)
    g.op(c.op, indices, g.outputs, c.version, **c.options)
    return inputs

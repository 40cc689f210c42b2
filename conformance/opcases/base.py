"""The table of one-operator cases, and the words its files are written in."""

import dataclasses
import inspect
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

raw = tf.raw_ops
f16, f32, f64, c64 = tf.float16, tf.float32, tf.float64, tf.complex64
i8, i16, i32, i64 = tf.int8, tf.int16, tf.int32, tf.int64
u8, u32, boolean, string = tf.uint8, tf.uint32, tf.bool, tf.string

IMAGE = [1, 8, 8, 3]
VOLUME = [1, 4, 8, 8, 3]


@dataclasses.dataclass(frozen=True)
class Case:
    group: str
    name: str
    specs: list  # tf.TensorSpec of each input
    function: Callable | None = None  # of the inputs
    v1: Callable | None = None  # the same, traced into a TensorFlow 1 graph without functions
    keras: Callable | None = None  # makes a keras.Model
    module: Callable | None = None  # makes a tf.Module: a SavedModel, since it holds variables or tables …
    method: str = ''  # … of which this method is the signature


CASES = {}  # by (group, name); a later case replaces an earlier one of the same name


def case(group, name, specs=(), function=None, **more):
    CASES[group, name] = Case(group, name, list(specs), function, **more)


def spec(shape, dtype=f32):
    return tf.TensorSpec(shape, dtype)


def const(value, dtype=f32):
    return tf.constant(np.asarray(value), dtype)


def uniform(*shape):
    """The same numbers in -1 to 1 for the same shape."""
    return np.random.RandomState(1).uniform(-1, 1, shape).astype(np.float32)


def bias():
    return const(uniform(4))


def positive(more=0):
    return const(np.abs(uniform(3)) + 0.5 + more)


def unary(name):
    """The raw operator of this name, as a function of its first input."""
    op = getattr(raw, name)
    first = next(iter(inspect.signature(op).parameters))
    return lambda x: op(**{first: x})


def binary(name, dtypes, group='math', shapes=([2, 3], [2, 3]), tag=''):
    """A case for each type of a raw operator with two inputs."""
    op = getattr(raw, name)
    first, second = list(inspect.signature(op).parameters)[:2]
    for dtype in dtypes:
        specs = [spec(shape, dtype) for shape in shapes]
        case(group, f'{name}/{dtype.name}{tag}', specs, lambda x, y: op(**{first: x, second: y}))


def conv(x, s=(1, 1), p='SAME', d=(1, 1), k=(3, 3), co=4, df='NHWC', ci=3, ep=()):
    """A convolution with constant weights: strides s, padding p, dilations d, kernel k, pads ep, co and ci channels, data format
    df."""
    wide = (lambda pair: [1, 1, *pair]) if df == 'NCHW' else (lambda pair: [1, *pair, 1])
    weights = const(uniform(*k, ci, co))
    return raw.Conv2D(
        input=x, filter=weights, strides=wide(s), padding=p, dilations=wide(d), data_format=df, explicit_paddings=list(ep)
    )


def depthwise(x, s=(1, 1), p='SAME', d=(1, 1), m=2, ep=(), df='NHWC'):
    """As conv; m is the multiplier of channels."""
    weights = const(uniform(3, 3, 3, m))
    return raw.DepthwiseConv2dNative(
        input=x, filter=weights, strides=[1, *s, 1], padding=p, dilations=[1, *d, 1], explicit_paddings=list(ep), data_format=df
    )


def transposed(x, p='SAME', s=(2, 2), d=(1, 1), os_=(1, 16, 16, 4), df='NHWC'):
    """As conv; os_ is the shape of the result."""
    weights = const(uniform(3, 3, 4, 3))
    return raw.Conv2DBackpropInput(
        input_sizes=list(os_), filter=weights, out_backprop=x, strides=[1, *s, 1], padding=p, dilations=[1, *d, 1], data_format=df
    )


def layer(make, shape):
    """A maker of a model of one Keras layer, batch 1."""
    return lambda: keras.Sequential([keras.Input(shape, batch_size=1), make()])

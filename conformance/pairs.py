"""Tiny TensorFlow models for the committed oracle pairs, each aimed at some of the quantizer's rules: the rows of PAIRS."""

import numpy as np
import tensorflow as tf
import tf_keras

import flat
from architectures import normal, several, tokens


class Net(tf.Module):
    """A module of one signature. Subclasses say what it computes in run(self, *inputs), which returns a dict."""

    SHAPES = ((1, 8, 8, 4),)
    DTYPE = tf.float32

    def __init__(self, seed=5):
        self.rng = np.random.default_rng(seed)
        specs = [tf.TensorSpec(s, self.DTYPE, name=n) for s, n in zip(self.SHAPES, ('x', 'y'))]
        self.weights()
        self.first = tf.function(self.run, input_signature=specs)

    def weights(self):
        pass

    def random(self, *shape, scale=0.4):
        return tf.constant((self.rng.standard_normal(shape) * scale).astype(np.float32))

    def conv(self, x, out, kernel=3, stride=1, padding='SAME', **options):
        y = tf.nn.conv2d(x, self.random(kernel, kernel, x.shape[3], out), stride, padding, **options)
        return tf.nn.bias_add(y, self.random(out))

    def depthwise(self, x, stride=1, multiplier=1, dilation=1):
        filters = self.random(3, 3, x.shape[3], multiplier)
        return tf.nn.depthwise_conv2d(x, filters, [1, stride, stride, 1], 'SAME', dilations=[dilation, dilation])

    def dense(self, x, out):
        return tf.matmul(x, self.random(x.shape[1], out)) + self.random(out)


class Residual(Net):
    """Convolutions with fused activations, residual ADD, pooling, FULLY_CONNECTED, SOFTMAX."""

    def run(self, x):
        y = tf.nn.relu6(self.conv(x, 8))
        y = y + self.conv(tf.nn.relu(self.depthwise(y)), 8, 1)
        y = tf.nn.avg_pool2d(tf.nn.max_pool2d(y, 2, 2, 'VALID'), 2, 2, 'VALID')
        return {'probs': tf.nn.softmax(self.dense(tf.reshape(y, (1, 32)), 5))}


class FixedIntoConcat(Net):
    """Operators with fixed output parameters feed a CONCATENATION with its own: a requantize behind each."""

    def run(self, x):
        y = self.conv(x, 6)
        parts = [tf.sigmoid(y), tf.tanh(y), tf.nn.softmax(y), tf.nn.l2_normalize(y, -1), tf.nn.log_softmax(y), y]
        return {'all': self.conv(tf.concat(parts, -1), 3, 1)}


class PushedBack(Net):
    """MAXIMUM and two CONCATENATIONs that want different parameters of one value: requantizes in front of its readers."""

    def run(self, x):
        y = self.conv(x, 6)
        leaky = tf.maximum(y, 0.2 * y)
        wide = tf.concat([leaky, self.conv(leaky, 4) * 3.0], -1)
        narrow = tf.concat([tf.minimum(leaky, self.random(6)), y], -1)
        return {'wide': self.conv(wide, 2), 'narrow': self.conv(narrow, 2), 'leaky': leaky}


class Splits(Net):
    """Operators with several results, all of them used."""

    def run(self, x):
        a, b = tf.split(self.conv(x, 8), 2, -1)
        c, d = tf.split(a, [1, 3], -1)
        rows = tf.unstack(b, axis=1)
        return {'sum': tf.concat([c, d], -1) * b, 'rows': tf.stack(rows[::-1], axis=1)}


class Upsampling(Net):
    """PRELU, TRANSPOSE_CONV, both resizes, DEPTH_TO_SPACE and back."""

    def run(self, x):
        y = self.conv(x, 8, 3, 2)
        y = tf.nn.relu(y) + self.random(1, 1, 8) * tf.nn.relu(-y)
        up = tf.nn.conv2d_transpose(y, self.random(3, 3, 4, 8), (1, 8, 8, 4), 2) + self.random(4)
        big = tf.compat.v1.image.resize_bilinear(y, (8, 8), half_pixel_centers=True)
        near = tf.compat.v1.image.resize_nearest_neighbor(tf.nn.depth_to_space(y, 2), (16, 16))
        return {'image': tf.concat([up, big], -1), 'near': tf.nn.space_to_depth(near, 2)}


class DeadChannels(Net):
    """Channels without weight whose bias passes the limit, per axis and with one output channel."""

    def weights(self):
        filters = self.rng.standard_normal((3, 3, 4, 6)).astype(np.float32)
        filters[..., 1] = 0
        filters[..., 4] *= 1e-7
        self.filters = tf.constant(filters)
        self.bias = tf.constant(np.array([0.5, 3.5, -0.25, 0, -2.0, 1.0], np.float32))
        depthwise = self.rng.standard_normal((3, 3, 6, 1)).astype(np.float32)
        depthwise[:, :, 2] = 0
        self.filters2 = tf.constant(depthwise)

    def run(self, x):
        y = tf.nn.bias_add(tf.nn.conv2d(x, self.filters, 1, 'SAME'), self.bias)
        y = tf.nn.bias_add(tf.nn.depthwise_conv2d(y, self.filters2, [1, 1, 1, 1], 'SAME'), 4 * self.bias)
        flat = tf.reshape(y, (1, 384))
        one = tf.matmul(flat, self.random(384, 1, scale=1e-9)) + tf.constant([7.0])
        return {'value': one, 'map': y}


class FloatIslands(Net):
    """Operators that stay float between DEQUANTIZE and QUANTIZE, in the middle and at both ends."""

    def run(self, x):
        start = tf.square(x)
        y = self.conv(start, 6)
        z = tf.nn.elu(y) + self.conv(tf.floor(y), 6)
        rounded = tf.cast(tf.cast(z, tf.int32), tf.float32)
        return {'cos': tf.cos(self.conv(rounded, 2)), 'neg': -z}


class Attention(Net):
    """BATCH_MATMUL of two activations, SOFTMAX, a layer normalization and GELU."""

    SHAPES = ((1, 6, 16),)

    def run(self, x):
        def project(v, width):
            return tf.reshape(self.dense(tf.reshape(v, (6, v.shape[2])), width), (1, 6, width))

        q, k, v = (tf.transpose(tf.reshape(project(x, 16), (1, 6, 2, 8)), (0, 2, 1, 3)) for _ in range(3))
        weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * 0.35)
        y = x + tf.reshape(tf.transpose(tf.matmul(weights, v), (0, 2, 1, 3)), (1, 6, 16))
        mean = tf.reduce_mean(y, -1, keepdims=True)
        variance = tf.reduce_mean(tf.math.squared_difference(y, mean), -1, keepdims=True)
        return {'out': tf.nn.gelu(project((y - mean) * tf.math.rsqrt(variance + 1e-3), 16))}


class DataMovement(Net):
    """Operators that share their input's parameters, and reductions with parameters of their own."""

    def run(self, x):
        y = self.conv(x, 6)
        tiled = tf.tile(tf.strided_slice(y, (0, 1, 0, 0), (1, 7, 8, 6), (1, 2, 3, 1)), (1, 1, 2, 1))
        blocks = tf.batch_to_space(tf.space_to_batch(y, (2, 2), ((0, 0), (2, 2))) + 0.5, (2, 2), ((0, 0), (2, 2)))
        padded = tf.pad(tf.pad(y, ((0, 0), (1, 1), (0, 1), (0, 0))), ((0, 0), (1, 1), (2, 0), (0, 0)), 'REFLECT')
        pooled = tf.concat([tf.reduce_mean(y, (1, 2)), tf.reduce_max(y, (1, 2)), tf.reduce_sum(tf.abs(y), (1, 2))], -1)
        return {
            'tiled': tf.gather(tiled, (2, 0, 5), axis=3),
            'blocks': tf.reverse(blocks, [2]),
            'padded': tf.slice(padded, (0, 2, 1, 0), (1, 5, 4, 6)),
            'pooled': self.dense(pooled, 4),
            'best': tf.argmax(pooled, -1, output_type=tf.int32),
        }


class Choices(Net):
    """Comparisons and selection; a PADV2; elementwise operators with parameters of their own."""

    SHAPES = ((1, 8, 8, 4), (1, 8, 8, 4))

    def run(self, x, y):
        a, b = self.conv(x, 5), self.conv(y, 5)
        picked = tf.where(a > b, a, b * 2.0)
        padded = tf.pad(picked, ((0, 0), (1, 0), (0, 1), (0, 0)), constant_values=0.75)
        ratio = a / (tf.abs(b) + 1.0)
        return {
            'padded': padded,
            'ratio': tf.nn.leaky_relu(ratio, 0.1),
            'low': tf.sqrt(tf.abs(a)) - tf.exp(-tf.abs(b)),
            'same': tf.equal(a, b),
        }


class Grouped(Net):
    """Grouped and dilated convolutions, depth multiplier, HARD_SWISH, 16 by 1 kernels as audio has them."""

    def run(self, x):
        y = tf.nn.conv2d(x, self.random(3, 3, 2, 8), 1, 'SAME')
        y = y * tf.nn.relu6(y + 3.0) * (1 / 6)
        y = tf.nn.conv2d(y, self.random(3, 3, 8, 4), 1, 'VALID', dilations=2)
        y = tf.nn.relu(self.depthwise(y, multiplier=2, dilation=2))
        return {'out': tf.nn.conv2d(y, self.random(4, 1, 8, 3), [1, 2, 1, 1], 'VALID')}


class Embedding(Net):
    """Integer inputs, a GATHER of a constant, a table that two operators share."""

    SHAPES = ((1, 7),)
    DTYPE = tf.int32

    def run(self, x):
        table = self.random(40, 8)
        y = tf.reshape(tf.gather(table, x), (7, 8))
        return {'next': tf.matmul(tf.tanh(self.dense(y, 8)), table, transpose_b=True), 'count': x + 1}


class TwoSignatures(Net):
    """Two signatures, each a subgraph of its own, with a shared constant; the calibrator ranges the first."""

    def weights(self):
        self.filters = self.random(3, 3, 4, 6)
        specs = [tf.TensorSpec((1, 8, 8, 4), tf.float32, name='x')]
        self.second = tf.function(self.other, input_signature=specs)

    def run(self, x):
        return {'features': tf.nn.relu(tf.nn.conv2d(x, self.filters, 2, 'SAME'))}

    def other(self, x):
        y = tf.nn.conv2d(x, self.filters, 1, 'VALID')
        return {'score': tf.sigmoid(tf.reduce_mean(y, (1, 2)))}


class Branches(Net):
    """An IF whose branches are subgraphs with convolutions of their own."""

    def run(self, x):
        y = self.conv(x, 4)
        z = tf.cond(tf.reduce_mean(y) > 0.0, lambda: self.conv(y, 4), lambda: tf.tanh(y) - 1.0)
        return {'out': self.conv(z, 3, 1)}


class Recurrent(tf.Module):
    """Keras 2's LSTMs, which TFLiteConverter fuses: one that returns all steps, and one that returns the last. Large weights make
    the cell pass 1/2, under which LiteRT's int8 kernel fails."""

    def __init__(self, scale=3):
        tf_keras.utils.set_random_seed(5)
        layers = [tf_keras.layers.LSTM(7, return_sequences=True), tf_keras.layers.LSTM(6), tf_keras.layers.Dense(3)]
        self.layers = tf_keras.Sequential([tf_keras.Input((5, 6), batch_size=1), *layers])
        for w in self.layers.weights:
            w.assign(w * scale)
        specs = [tf.TensorSpec((1, 5, 6), tf.float32, name='x')]
        self.first = tf.function(lambda x: {'out': self.layers(x)}, input_signature=specs)


def cells():
    """A flatbuffer: LSTMs in the forms that Keras does not make, one after the other, and a single step over the rows of the
    result."""
    model, rng = flat.Model(), np.random.default_rng(7)
    g, samples, steps, sizes = model.main, 1, 3, (4, 5, 3, 6, 4)

    def constant(*shape, scale=2.0):
        return g.constant((rng.standard_normal(shape) * scale).astype(np.float32))

    def layer(name, x, inputs, cells, outputs, cifg=False, peephole=False, norm=False, bias=False, **options):
        first = 1 if cifg else 0
        absent = [-1] * first
        weights = [absent + [constant(cells, k) for _ in range(first, 4)] for k in (inputs, outputs)]
        vectors = absent + [constant(cells) for _ in range(first, 3)] if peephole else [-1] * 3
        biases = absent + [constant(cells, scale=0.5) for _ in range(first, 4)]
        projection = [constant(outputs, cells) if outputs != cells else -1, constant(outputs) if bias else -1]
        batch = g.shape(x)[:-1] if name == 'LSTM' else [samples]
        states = [g.tensor((*batch, n), variable=True) for n in (outputs, cells)]
        norms = [constant(cells) for _ in range(4)] if norm else [-1] * 4
        y = g.tensor((*g.shape(x)[:-1], outputs))
        g.op(
            name,
            [x, *weights[0], *weights[1], *vectors, *biases, *projection, *states, *norms],
            [y],
            fusedActivationFunction=4,
            **options,
        )
        return y

    x = g.input((samples, steps, sizes[0]))
    y = layer('UNIDIRECTIONAL_SEQUENCE_LSTM', x, 4, 5, 3, norm=True, peephole=True, bias=True, cellClip=5.0, projClip=4.0)
    y = layer('UNIDIRECTIONAL_SEQUENCE_LSTM', y, 3, 6, 6, cifg=True, peephole=True)
    rows = g.tensor((steps, 6))
    g.op('RESHAPE', [y, g.constant([steps, 6])], [rows])
    y = layer('LSTM', rows, 6, 6, 4, kernelType=0)
    z = g.tensor((steps, 4))
    g.op('TANH', [layer('LSTM', y, 4, 4, 4, kernelType=0)], [z])
    g.outputs = [z]
    return model.bytes()


def spotting():
    """A flatbuffer: a spotter of keywords, one step at a time: SVDFs, the second without a bias, FULLY_CONNECTED, SOFTMAX."""
    model, rng = flat.Model(), np.random.default_rng(11)
    g = model.main

    def constant(*shape, scale=0.5):
        return g.constant((rng.standard_normal(shape) * scale).astype(np.float32))

    def layer(x, units, rank, memory, bias):
        state, y = g.tensor((1, memory * units * rank), variable=True), g.tensor((1, units))
        weights = [constant(units * rank, g.shape(x)[1]), constant(units * rank, memory)]
        g.op('SVDF', [x, *weights, constant(units) if bias else -1, state], [y], rank=rank, fusedActivationFunction=1)
        return y

    y = layer(layer(g.input((1, 10)), 8, 2, 6, True), 6, 1, 4, False)
    z, p = g.tensor((1, 3)), g.tensor((1, 3))
    g.op('FULLY_CONNECTED', [y, constant(3, 6), constant(3)], [z])
    g.op('SOFTMAX', [z], [p], beta=1.0)
    g.outputs = [p]
    return model.bytes()


# name: (class, or a function that returns a flatbuffer; sampler; further kinds of inputs and outputs)
IMAGE = normal(8, 8, 4)
PAIRS = {
    'residual': (Residual, IMAGE, ('uint8', 'float32')),
    'fixed_into_concat': (FixedIntoConcat, IMAGE, ()),
    'pushed_back': (PushedBack, IMAGE, ()),
    'splits': (Splits, IMAGE, ()),
    'upsampling': (Upsampling, IMAGE, ()),
    'dead_channels': (DeadChannels, IMAGE, ()),
    'float_islands': (FloatIslands, IMAGE, ('uint8', 'float32')),
    'attention': (Attention, normal(6, 16), ()),
    'data_movement': (DataMovement, IMAGE, ()),
    'choices': (Choices, several(IMAGE, IMAGE), ('uint8',)),
    'grouped': (Grouped, IMAGE, ()),
    'embedding': (Embedding, tokens(7, 40), ('float32',)),
    'two_signatures': (TwoSignatures, IMAGE, ()),
    'branches': (Branches, IMAGE, ()),
    'lstm': (Recurrent, normal(5, 6), ('float32',)),
    'lstm_forms': (cells, normal(3, 4), ()),
    'svdf': (spotting, normal(10), ('float32',)),
}

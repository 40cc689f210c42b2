"""SavedModels of plain tf.Modules: several signatures, control flow, tables, strings, nested functions, captured constants."""

import functools

import numpy as np
import tensorflow as tf

import source
from architectures import Mix

RNG = np.random.default_rng(20261129)


def spec(*shape, dtype=tf.float32, name='x'):
    return tf.TensorSpec(shape, dtype, name=name)


def variable(*shape):
    return tf.Variable(RNG.normal(0, 0.4, shape).astype(np.float32))


class Flow(tf.Module):
    """Control flow, each kind a signature."""

    def __init__(self):
        self.w, self.b, self.k = variable(4, 4), variable(4), tf.constant([1.0, -2.0, 3.0, -4.0])

    @tf.function(input_signature=[spec(2, 4)])
    def branch(self, x):
        return {'y': tf.cond(tf.reduce_sum(x) > 0, lambda: x @ self.w + self.b, lambda: tf.nn.relu(x) * self.k)}

    @tf.function(input_signature=[spec(2, 4), spec(dtype=tf.int32, name='which')])
    def case(self, x, which):
        return {'y': tf.switch_case(which, [lambda: x + self.b, lambda: x @ self.w, lambda: x * 2.0])}

    @tf.function(input_signature=[spec(2, 4)])
    def loop(self, x):
        return {'y': tf.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, tf.tanh(y @ self.w + self.b)), [0, x])[1]}

    @tf.function(input_signature=[spec(2, 4)])
    def until(self, x):
        """How often it runs depends on the values."""

        def body(i, y):
            return i + 1, y * 0.5

        i, y = tf.while_loop(lambda i, y: tf.logical_and(tf.reduce_max(tf.abs(y)) > 0.1, i < 20), body, [0, x])
        return {'steps': i, 'y': y}

    @tf.function(input_signature=[spec(None, 4)])
    def nested(self, x):
        def inner(y):
            return tf.while_loop(lambda j, z: j < 2, lambda j, z: (j + 1, z @ self.w), [0, y])[1]

        def body(i, y):
            return i + 1, tf.cond(i % 2 == 0, lambda: inner(y), lambda: y + self.b)

        return {'y': tf.while_loop(lambda i, y: i < 3, body, [0, x])[1]}

    @tf.function(input_signature=[spec(6, 4)])
    def scan(self, x):
        """A recurrence over a TensorArray."""
        steps = tf.TensorArray(tf.float32, 6).unstack(x)

        def body(t, h, ys):
            h = tf.tanh(tf.linalg.matvec(self.w, h) + steps.read(t))
            return t + 1, h, ys.write(t, h)

        _, h, ys = tf.while_loop(lambda t, *_: t < 6, body, [0, tf.zeros([4]), tf.TensorArray(tf.float32, 6)])
        return {'last': h, 'all': ys.stack()}

    @tf.function(input_signature=[spec(3, 4)])
    def mapped(self, x):
        return {'y': tf.map_fn(lambda row: tf.cumsum(row) * self.k, x)}


class Calls(tf.Module):
    """Functions within functions, one of them with several results, and a constant captured from outside."""

    def __init__(self):
        self.w, self.shift = variable(8, 8), tf.constant(RNG.normal(size=8).astype(np.float32))
        self.parts = [variable(8, 3), variable(8, 3)]

    @tf.function
    def split(self, x):
        low, high = tf.split(x, 2, -1)
        return {'low': low, 'high': high}

    @tf.function
    def heads(self, x, training=False):
        return [tf.nn.softmax(x @ p) if not training else x for p in self.parts]

    @tf.function(input_signature=[spec(None, 8)])
    def serve(self, x):
        parts = self.split(x @ self.w + self.shift)
        first, second = self.heads(tf.concat([parts['high'], parts['low']], -1))
        return {'first': first, 'second': second, 'half': parts['low']}


class Pyramid(tf.Module):
    """Channels first and last, explicit and dilated padding, groups."""

    def __init__(self):
        self.a, self.b, self.c = variable(3, 3, 4, 8), variable(3, 3, 4, 8), variable(3, 3, 8, 4)
        self.d, self.bias, self.t = variable(3, 3, 8, 1), variable(8), variable(3, 3, 6, 4)

    @tf.function(input_signature=[spec(1, 12, 12, 4)])
    def last(self, x):
        y = tf.nn.conv2d(x, self.a, 2, [[0, 0], [1, 1], [1, 1], [0, 0]]) + self.bias
        y = tf.nn.convolution(tf.nn.relu(y), self.c, padding='SAME', dilations=[2, 2])
        y = tf.nn.conv2d_transpose(y, self.t, [1, 12, 12, 6], 2, 'SAME')
        return {'y': tf.nn.max_pool2d(y, 3, 2, 'SAME'), 'z': tf.nn.avg_pool2d(y, 2, 2, 'VALID')}

    @tf.function(input_signature=[spec(1, 4, 12, 12)])
    def first(self, x):
        y = tf.nn.conv2d(tf.transpose(x, [0, 2, 3, 1]), self.b, 1, 'SAME')
        y = tf.nn.bias_add(tf.transpose(y, [0, 3, 1, 2]), self.bias, data_format='NCHW')
        y = tf.transpose(tf.nn.relu6(tf.transpose(y, [0, 2, 3, 1])), [0, 3, 1, 2])
        return {'y': tf.reduce_mean(y, [2, 3]), 'z': y}

    @tf.function(input_signature=[spec(1, 12, 12, 8)])
    def groups(self, x):
        y = tf.nn.depthwise_conv2d(x, self.d, [1, 1, 1, 1], 'VALID', dilations=[2, 2])
        return {'y': tf.nn.conv2d(y, self.a, [1, 2, 2, 1], 'VALID')}


class Words(tf.Module):
    """Strings and tables."""

    def __init__(self):
        keys, values = tf.constant(['a', 'b', 'hello world']), tf.constant([3, 5, 7], tf.int64)
        self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), -1)
        back = tf.lookup.KeyValueTensorInitializer(tf.constant([1, 2, 4], tf.int64), tf.constant(['x', 'y', 'z']))
        self.back = tf.lookup.StaticHashTable(back, 'none')
        self.w = variable(10, 4)

    @tf.function(input_signature=[spec(3, dtype=tf.string, name='words')])
    def find(self, words):
        return {'ids': self.table.lookup(words)}

    @tf.function(input_signature=[spec(3, dtype=tf.int64, name='ids')])
    def name(self, ids):
        return {'words': self.back.lookup(ids)}

    @tf.function(input_signature=[spec(3, dtype=tf.string, name='words')])
    def embed(self, words):
        return {'y': tf.gather(self.w, self.table.lookup(words) % 10), 'same': words == 'b'}

    @tf.function(input_signature=[spec(2, 4)])
    def label(self, x):
        return {'y': tf.gather(tf.constant(['cat', 'dog', 'owl', 'yak']), tf.argmax(x, -1)), 'score': tf.reduce_max(x, -1)}


class Open(tf.Module):
    """Open dimensions besides the batch, shape arithmetic, tensordot, open reshapes."""

    def __init__(self):
        self.w, self.k = variable(6, 5), variable(3, 3, 3, 4)

    @tf.function(input_signature=[spec(None, 7, 6)])
    def batch(self, x):
        n = tf.shape(x)[0]
        y = tf.reshape(tf.tensordot(x, self.w, 1), [n, -1])
        return {'y': y, 'z': tf.reshape(x, tf.stack([n, 7 * 6])), 'tiled': tf.tile(x[:, :1, :1], [1, 2, 3])}

    @tf.function(input_signature=[spec(None, None, 6)])
    def length(self, x):
        return {'y': tf.nn.softmax(tf.einsum('bti,io->bto', x, self.w)), 'z': tf.reduce_sum(x, 1)}

    @tf.function(input_signature=[spec(1, None, None, 3)])
    def size(self, x):
        y = tf.nn.conv2d(x, self.k, 2, 'SAME')
        return {'y': tf.image.resize(y, tf.shape(x)[1:3]), 'z': tf.shape(y)}

    @tf.function(input_signature=[spec(None, 6)])
    def broadcast(self, x):
        n = tf.shape(x)[0]
        mask = tf.linalg.band_part(tf.ones([6, 6]), -1, 0)
        return {'y': x[:, None, :] * mask + tf.zeros([n, 6, 6]), 'z': tf.concat([x, tf.fill([n, 1], 2.0)], 1)}


class State(tf.Module):
    """A variable that a call changes, which a float model can keep, or refuse."""

    def __init__(self):
        self.total = tf.Variable(tf.zeros([4]))

    @tf.function(input_signature=[spec(4)])
    def add(self, x):
        return {'y': self.total.assign_add(x) * 2.0}


def save(name, make, method, given=None):
    module = make()
    concrete = getattr(module, method).get_concrete_function()
    return source.saved_model(
        name, 'tf.Module', lambda path: tf.saved_model.save(module, path, {'serving_default': concrete}), given
    )


def texts(*samples):
    return [{'words': np.array(s)} for s in samples]


def numbers(name, dtype, *samples):
    return [{name: np.array(s, dtype)} for s in samples]


def cases():
    rng = np.random.default_rng(5)
    return [{'x': rng.normal(size=(2, 4)).astype(np.float32), 'which': np.array(i, np.int32)} for i in (0, 1, 2, 7, -1)]


METHODS = {  # class: methods, and the samples of those that have some
    Flow: {'branch': None, 'case': cases(), 'loop': None, 'until': None, 'nested': None, 'scan': None, 'mapped': None},
    Calls: {'serve': None},
    Pyramid: {'last': None, 'first': None, 'groups': None},
    Words: {
        'find': texts([b'a', b'zebra', b'hello world'], [b'', b'b', b'a']),
        'name': numbers('ids', np.int64, [1, 2, 3], [4, -1, 1]),
        'embed': texts([b'a', b'b', b'hello world'], [b'b', b'b', b'a']),
        'label': None,
    },
    Open: {'batch': None, 'length': None, 'size': None, 'broadcast': None},
    State: {'add': None},
    Mix: {'score': None, 'summary': None},
}
SOURCES = {}
for cls, methods in METHODS.items():
    for method, given in methods.items():
        name = f'module-{cls.__name__.lower()}-{method}'
        SOURCES[name] = functools.partial(save, name, cls, method, given)

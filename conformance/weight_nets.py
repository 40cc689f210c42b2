"""Tiny TensorFlow models for the committed oracles of float16 and dynamic range quantization, each aimed at some of its rules:
the rows of NETS."""

import tensorflow as tf
import tf_keras

from pairs import Net


class Products(Net):
    """FULLY_CONNECTED with and without bias, with weights that two share; BATCH_MATMUL with its constant on either side; weights
    of few elements."""

    SHAPES = ((1, 6, 32),)

    def run(self, x):
        shared = self.random(32, 32)
        rows = tf.reshape(x, (6, 32))
        first = tf.matmul(x, shared)
        return {
            'first': first,
            'bias': tf.matmul(rows, shared) + self.random(32),
            'turned': tf.matmul(rows, shared, transpose_b=True),
            'batched': tf.matmul(x, self.random(1, 32, 40)),
            'left': tf.matmul(self.random(1, 40, 6), first),
            'few': tf.matmul(rows, self.random(32, 31)),
            'enough': tf.matmul(rows, self.random(32, 32)),
        }


class Convolutions(Net):
    """All kinds of convolutions, some with few weights; a constant that is multiplied; one that leaves the graph, and one that
    does both."""

    def run(self, x):
        y = tf.nn.relu(self.conv(x, 30))
        deep = self.depthwise(tf.concat([y, y, y, y], -1))
        both = self.random(30)
        return {
            'few': self.conv(deep, 4, 1),
            'up': tf.nn.conv2d_transpose(y, self.random(3, 3, 4, 30), (1, 16, 16, 4), 2) + self.random(4),
            'groups': tf.nn.conv2d(y, self.random(3, 3, 15, 30), 1, 'SAME'),
            'scaled': self.conv(y * both, 4, 5),
            'both': both,
            'constant': self.random(3),
        }


class Volume(Net):
    """A CONV_3D, whose weights stay float under dynamic range quantization."""

    SHAPES = ((1, 4, 6, 6, 4),)

    def run(self, x):
        return {'out': tf.nn.conv3d(x, self.random(3, 3, 3, 4, 10), [1] * 5, 'SAME') + self.random(10)}


class Tables(Net):
    """GATHER of tables larger and smaller than what is looked up, one that a FULLY_CONNECTED shares, one that an ADD shares."""

    SHAPES = ((1, 7),)
    DTYPE = tf.int32

    def run(self, x):
        table, other = self.random(40, 32), self.random(60, 32)
        y = tf.gather(table, x)
        many = tf.gather(self.random(33, 32), tf.concat([x] * 6, 1))
        return {
            'looked': y + 1.0,
            'columns': tf.gather(self.random(40, 32), tf.reshape(x, (7,)), axis=1),
            'scores': tf.matmul(tf.reshape(y, (7, 32)), table, transpose_b=True),
            'many': many * self.random(32),
            'moved': other + tf.cast(x[0, 0], tf.float32),
            'product': tf.nn.sigmoid(tf.matmul(y[0], other, transpose_b=True)),
        }


class Branches(Net):
    """Weights in the branches of an IF and a constant in one of them."""

    def run(self, x):
        y = self.conv(x, 30)
        z = tf.cond(tf.reduce_mean(y) > 0.0, lambda: self.conv(y, 4), lambda: tf.tanh(y[..., :4]) - 1.0)
        return {'out': self.conv(z, 3, 1)}


class Extremes(Net):
    """Weights beyond half precision, below it, zero channels, and all alike."""

    SHAPES = ((1, 32),)

    def run(self, x):
        big = self.random(32, 32, scale=1e5)
        small = self.random(32, 32, scale=1e-9)
        gaps = self.random(32, 40) * tf.constant([[0.0, 1.0] * 20])
        y = tf.matmul(x, big) + tf.matmul(x, small) + tf.matmul(x, tf.fill((32, 32), 0.37))
        return {'out': tf.matmul(y, gaps), 'table': tf.gather(self.random(64, 32, scale=1e5), tf.argmax(y, -1))}


class Recurrent(tf.Module):
    """A fused UNIDIRECTIONAL_SEQUENCE_LSTM of so many inputs: the weights of few inputs have too few elements."""

    def __init__(self, inputs):
        tf_keras.utils.set_random_seed(5)
        self.layers = tf_keras.Sequential(
            [tf_keras.Input((5, inputs), batch_size=1), tf_keras.layers.LSTM(32), tf_keras.layers.Dense(32)]
        )
        specs = [tf.TensorSpec((1, 5, inputs), tf.float32, name='x')]
        self.first = tf.function(lambda x: {'out': self.layers(x)}, input_signature=specs)


NETS = {
    'products': Products,
    'convolutions': Convolutions,
    'volume': Volume,
    'tables': Tables,
    'branches': Branches,
    'extremes': Extremes,
    'lstm': lambda: Recurrent(32),
    'lstm_few_inputs': lambda: Recurrent(8),
}

"""Models of Keras 2, in both forms: those of origins/keras2.py, and TensorFlow's functions, which functional models call."""

import functools

import numpy as np
import tensorflow as tf
import tf_keras
from tf_keras import layers
from tf_keras.src.layers.rnn.cudnn_gru import CuDNNGRU
from tf_keras.src.layers.rnn.cudnn_lstm import CuDNNLSTM

from architectures import images, normal
from origins import keras2
from origins.keras2 import of
from origins.keras3 import by_input
from zoo import SEED

SEQUENCE = (12, 6)


def functions():
    x = tf_keras.Input((8, 6), name='x')
    y = x * 2 + 1
    y = 3 - y / 4
    y = tf.nn.relu6(y)
    z = tf.concat([y, tf.nn.sigmoid(x)], axis=-1)
    z = tf.reshape(z, (-1, 4, 24))
    z = tf.transpose(z, (0, 2, 1))
    m = tf.reduce_mean(z, axis=1, keepdims=True)
    s = tf.reduce_sum(tf.square(z - m), axis=[1])
    part = y[:, 1:-1, ::2] + y[..., 1:7:2][:, 2:]
    return tf_keras.Model(x, [s, tf.math.maximum(part, 0.5), tf.expand_dims(y[:, 0], 1), tf.nn.softmax(-x)], name='functions')


def more_functions():
    x = tf_keras.Input((6, 4), name='x')
    a, b = tf.split(x, 2, axis=-1)
    c = tf.stack([a, b], axis=1)
    d = tf.matmul(a, b, transpose_b=True)
    e = tf.clip_by_value(x, -0.5, 0.5)
    f = tf.where(x > 0, x, 0.1 * x)
    g = tf.pad(x, [[0, 0], [1, 2], [0, 0]])
    h = tf.tile(a, [1, 1, 3]) * tf.cast(tf.less(x[:, :, :1], 0.2), tf.float32)
    i = tf.math.log(tf.abs(x) + 1e-3) ** 2 - tf.exp(-tf.math.square(x))
    j = tf.squeeze(tf.nn.l2_normalize(x, axis=-1)[:, :1], 1)
    k = tf.reduce_max(x, axis=-1) + tf.math.reduce_std(x, -1)
    return tf_keras.Model(x, [c, d, e, f, g, h, i, j, k, tf.argmax(x, -1), tf.gather(x, [2, 0], axis=1), tf.unstack(x, axis=1)[3]])


def pictures():
    x = tf_keras.Input((16, 16, 3), name='image')
    y = tf.math.subtract(tf.math.divide(x, 0.5), 1.0)
    y = layers.Conv2D(4, 3, padding='same')(y)
    y = tf.nn.depth_to_space(y, 2)
    y = tf.image.resize(y, (8, 8))
    y = tf.nn.leaky_relu(y, 0.1)
    y = tf.nn.avg_pool2d(y, 2, 2, 'SAME')
    return tf_keras.Model(x, tf.nn.max_pool2d(y, 2, 2, 'VALID'))


def hard_swish():
    x = image = tf_keras.Input((16, 16, 3), name='image')
    x = layers.Conv2D(8, 3, 2, 'same')(x)
    x = x * layers.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)
    y = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Multiply()([x, layers.Activation('hard_sigmoid')(layers.Conv2D(8, 1)(y))])
    return tf_keras.Model(image, tf_keras.layers.Flatten()(x))


def nested():
    inner = tf_keras.Sequential(
        [layers.Dense(8, activation='relu', input_shape=(6,)), layers.BatchNormalization(), layers.Dense(4)], name='tower'
    )
    a, b = tf_keras.Input((6,), name='a'), tf_keras.Input((6,), name='b')
    u, v = inner(a), inner(b)
    w = tf_keras.Input((4,))
    head = tf_keras.Model(w, [layers.Dense(3, name='one')(w), layers.Dense(2, name='two')(w)], name='head')
    one, two = head(layers.Subtract()([u, v]))
    return tf_keras.Model([a, b], {'one': one, 'two': two, 'distance': layers.Dot(1)([u, v])})


def encoder_decoder():
    x, y = tf_keras.Input(SEQUENCE, name='x'), tf_keras.Input((5, 3), name='y')
    _, h, c = layers.LSTM(4, return_state=True)(x)
    return tf_keras.Model([x, y], layers.Dense(2)(layers.LSTM(4, return_sequences=True)(y, initial_state=[h, c])))


def sequential():
    return tf_keras.Sequential([layers.Conv1D(4, 3, input_shape=(10, 3)), layers.MaxPooling1D(), layers.Flatten(), layers.Dense(2)])


def lambdas():
    x = tf_keras.Input((4,), name='x')
    return tf_keras.Model(x, layers.Lambda(lambda v: v * 2)(x))


ROWS = dict(keras2.MODELS) | {
    'functions': (functions, normal(8, 6)),
    'more-functions': (more_functions, normal(6, 4)),
    'pictures': (pictures, images(16)),
    'hard_swish': (hard_swish, images(16)),
    'nested': (nested, lambda count, rng: [rng.standard_normal((count, 6)).astype(np.float32) for _ in range(2)]),
    'encoder_decoder': (
        encoder_decoder,
        lambda count, rng: [rng.standard_normal((count, *s)).astype(np.float32) for s in (SEQUENCE, (5, 3))],
    ),
    'sequential': (sequential, normal(10, 3)),
    'lambda': (lambdas, normal(4)),
    'gru-before': (of(SEQUENCE, lambda: layers.GRU(5, reset_after=False, return_sequences=True)), normal(*SEQUENCE)),
    'bilstm': (
        of(SEQUENCE, lambda: layers.Bidirectional(layers.LSTM(5, return_sequences=True), merge_mode='sum')),
        normal(*SEQUENCE),
    ),
    'bigru': (of(SEQUENCE, lambda: layers.Bidirectional(layers.GRU(5))), normal(*SEQUENCE)),
    'stacked': (of(SEQUENCE, lambda: layers.RNN([layers.LSTMCell(5), layers.GRUCell(4)])), normal(*SEQUENCE)),
    'time_distributed': (
        of((3, 8, 8, 2), lambda: layers.TimeDistributed(layers.Conv2D(3, 3)), lambda: layers.TimeDistributed(layers.Flatten())),
        normal(3, 8, 8, 2),
    ),
    'separable': (of((12, 12, 3), lambda: layers.SeparableConv2D(4, 3), lambda: layers.GroupNormalization(2)), images(12)),
}


def states(count, rng):
    return [rng.standard_normal((count, *s)).astype(np.float32) for s in (SEQUENCE, (4,))]


def given_masked():
    """A state beside a sequence with a mask, which Keras 2 heeds, and Keras 3 does not."""
    x, h = tf_keras.Input(SEQUENCE, name='x'), tf_keras.Input((4,), name='h')
    return tf_keras.Model([x, h], layers.GRU(4, return_sequences=True)(layers.Masking()(tf.nn.relu(x - 1)), initial_state=h))


def time_major():
    x = tf_keras.Input(SEQUENCE, name='x')
    y = layers.LSTM(4, time_major=True, return_sequences=True)(tf.transpose(x, [1, 0, 2]))
    y = layers.Bidirectional(layers.GRU(3, time_major=True, return_sequences=True))(y)
    return tf_keras.Model(x, tf.transpose(y, [1, 0, 2]))


def apart():
    x = tf_keras.Input(SEQUENCE, name='x')
    y, z, *more = layers.Bidirectional(layers.LSTM(3, return_sequences=True, return_state=True), merge_mode=None)(x)
    return tf_keras.Model(x, [y, layers.GRU(2)(z), *more])


def recurrent(lstm, gru, **options):
    """Layers of cuDNN and those that compute the same."""

    def make():
        x = tf_keras.Input(SEQUENCE, name='x')
        y = layers.Bidirectional(lstm(3, return_sequences=True))(x)
        return tf_keras.Model(x, [lstm(5)(y), gru(4, return_sequences=True, **options)(y)])

    return make


def connected(shape, make, *options):
    """Layers with kernels of each place, one after the other."""
    return of(shape, *[functools.partial(make, **o) for o in options])


ROWS |= {
    'given_masked': (given_masked, states),
    'apart': (apart, normal(*SEQUENCE)),
    'time_major': (time_major, normal(*SEQUENCE)),
    'cudnn': (recurrent(CuDNNLSTM, CuDNNGRU), normal(*SEQUENCE)),
    'connected1d': (
        connected(
            (10, 3),
            layers.LocallyConnected1D,
            {'filters': 4, 'kernel_size': 3, 'activation': 'relu'},
            {'filters': 3, 'kernel_size': 2, 'strides': 2, 'padding': 'same', 'implementation': 2},
            {'filters': 2, 'kernel_size': 3, 'padding': 'same', 'implementation': 3},
        ),
        normal(10, 3),
    ),
    'connected2d': (
        connected(
            (8, 7, 2),
            layers.LocallyConnected2D,
            {'filters': 3, 'kernel_size': 3, 'strides': (2, 1), 'use_bias': False},
            {'filters': 4, 'kernel_size': 2, 'padding': 'same', 'implementation': 2},
            {'filters': 2, 'kernel_size': (1, 2), 'implementation': 3},
        ),
        normal(8, 7, 2),
    ),
}
TWINS = {
    'cudnn': recurrent(layers.LSTM, layers.GRU, reset_after=True)
}  # models that compute, with the same weights, what others can't here
ELLIPSIS = {'keras2-functions'}  # which Keras can not write to .keras


def make(name, builder, sampler):
    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(SEED)
    model = builder()
    rng = np.random.default_rng(SEED)
    for w in model.weights:  # fresh biases and statistics are zeros and ones
        if len(w.shape) == 1:
            w.assign(w.numpy() + 0.1 * np.abs(rng.standard_normal(w.shape)))
    return model, by_input(model.input_names, sampler(3, rng)), ('h5',) if name in ELLIPSIS else ('keras', 'h5')


MODELS = {f'keras2-{n}': functools.partial(make, f'keras2-{n}', *row) for n, row in ROWS.items() if n not in TWINS}
LITE = {f'keras2-{n}' for n in ('functions', 'more-functions', 'pictures', 'hard_swish', 'nested')}

"""Small Keras and TensorFlow models of many kinds, and samples for each: the rows of ARCHITECTURES.

A builder takes nothing and gives a keras.Model, or a tf.Module whose tf.functions are its signatures. A sampler takes
(count, rng) and gives one array per input, samples along axis 0.
"""

import keras
import numpy as np
import scipy.ndimage
import tensorflow as tf
from keras import layers, ops

# ---- samples


def images(side, channels=3, low=-1.0, high=1.0):
    """Smooth pictures: noise at three scales through a sigmoid, in 256 levels."""

    def sample(count, rng):
        out = np.zeros((count, side, side, channels), np.float32)
        for picture in out:
            for cells, weight in ((4, 1.0), (16, 0.5), (64, 0.25)):
                cells = min(cells, side)
                noise = rng.standard_normal((cells, cells, channels)).astype(np.float32)
                picture += weight * scipy.ndimage.zoom(noise, (side / cells, side / cells, 1), order=1)[:side, :side]
            picture[:] = np.round(255 / (1 + np.exp(-1.5 * (picture * rng.uniform(0.5, 1.5) + rng.uniform(-0.5, 0.5)))))
        return [(out / 255 * (high - low) + low).astype(np.float32)]

    return sample


def normal(*shape, scale=1.0):
    return lambda count, rng: [(rng.standard_normal((count, *shape)) * scale).astype(np.float32)]


def tokens(length, vocabulary):
    return lambda count, rng: [rng.integers(0, vocabulary, (count, length)).astype(np.int32)]


def several(*samplers):
    return lambda count, rng: [array for sampler in samplers for array in sampler(count, rng)]


# ---- blocks


def conv_norm(x, filters, kernel=3, stride=1, activation='relu', **options):
    x = layers.Conv2D(filters, kernel, stride, 'same', use_bias=False, **options)(x)
    x = layers.BatchNormalization()(x)
    return layers.Activation(activation)(x) if activation else x


def encoder(x, width, heads):
    attended = layers.MultiHeadAttention(heads, width // heads)(x, x)
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, attended]))
    hidden = layers.Dense(width)(layers.Dense(4 * width, activation='gelu')(x))
    return layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, hidden]))


# ---- models


def application(name, side):
    return lambda: getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3))


def small_cnn():
    image = keras.Input((32, 32, 3), name='image')
    x = conv_norm(image, 16)
    x = layers.MaxPooling2D()(x)
    x = layers.Add()([x, conv_norm(x, 16, activation=None)])
    x = layers.SeparableConv2D(32, 3, strides=2, padding='same', activation='relu6')(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10, activation='softmax', name='probs')(x))


def mlp():
    features = keras.Input((64,), name='features')
    x = layers.BatchNormalization()(layers.Dense(128, activation='relu')(features))
    x = layers.Dense(32, activation='gelu')(layers.Dense(64, activation='tanh')(x))
    return keras.Model(features, layers.Dense(10, activation='softmax', name='probs')(x))


def unet():
    image = keras.Input((64, 64, 3), name='image')
    x, skips = image, []
    for filters in (8, 16, 32):
        x = conv_norm(conv_norm(x, filters), filters)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = conv_norm(x, 64)
    for filters, kernel, skip in zip((32, 16, 8), (2, 3, 2), reversed(skips)):
        x = layers.Conv2DTranspose(filters, kernel, strides=2, padding='same')(x)
        x = conv_norm(layers.Concatenate()([x, skip]), filters)
    return keras.Model(image, layers.Conv2D(1, 1, activation='sigmoid', name='mask')(x))


def conv1d_audio():
    wave = x = keras.Input((4000, 1), name='wave')
    for filters, kernel, stride in ((16, 80, 4), (32, 3, 1), (64, 3, 2)):
        x = layers.Conv1D(filters, kernel, strides=stride, padding='same', use_bias=False)(x)
        x = layers.MaxPooling1D(4)(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.SeparableConv1D(64, 5, padding='same', activation='swish')(x)
    return keras.Model(wave, layers.Dense(12, activation='softmax')(layers.GlobalAveragePooling1D()(x)))


def wavenet():
    wave = keras.Input((256, 1), name='wave')
    x, total = layers.Conv1D(16, 1)(wave), None
    for rate in (1, 2, 4, 8):
        padded = layers.ZeroPadding1D((rate, 0))(x)
        gate = layers.Multiply()(
            [
                layers.Conv1D(16, 2, dilation_rate=rate, activation='tanh')(padded),
                layers.Conv1D(16, 2, dilation_rate=rate, activation='sigmoid')(padded),
            ]
        )
        skip = layers.Conv1D(16, 1)(gate)
        total = skip if total is None else layers.Add()([total, skip])
        x = layers.Add()([x, skip])
    return keras.Model(wave, layers.Conv1D(8, 1, name='levels')(layers.ReLU()(total)))


def transformer():
    frames = x = keras.Input((32, 64), name='frames')
    for _ in range(2):
        x = encoder(x, 64, 4)
    return keras.Model(frames, layers.Dense(10, activation='softmax')(layers.GlobalAveragePooling1D()(x)))


def token_transformer():
    words = keras.Input((24,), dtype='int32', name='tokens')
    x = layers.Embedding(500, 64)(words) + layers.Embedding(24, 64)(ops.arange(24))
    return keras.Model(words, layers.Dense(50, name='next')(encoder(x, 64, 4)))


def vit():
    image = keras.Input((32, 32, 3), name='image')
    x = layers.Reshape((64, 48))(layers.Conv2D(48, 4, 4)(image))
    x = encoder(encoder(x, 48, 3), 48, 3)
    return keras.Model(image, layers.Dense(10, name='logits')(x[:, 0]))


def mixer():
    image = keras.Input((32, 32, 3), name='image')
    x = layers.Reshape((64, 32))(layers.Conv2D(32, 4, 4)(image))
    for _ in range(2):
        y = layers.Permute((2, 1))(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Permute((2, 1))(layers.Dense(64)(layers.Dense(32, activation='gelu')(y)))])
        x = layers.Add()([x, layers.Dense(32)(layers.Dense(64, activation='gelu')(layers.LayerNormalization()(x)))])
    return keras.Model(image, layers.Dense(10, name='logits')(layers.GlobalAveragePooling1D()(x)))


def convnext():
    image = keras.Input((48, 48, 3), name='image')
    x = layers.LayerNormalization()(layers.Conv2D(24, 4, 4)(image))
    for _ in range(2):
        y = layers.LayerNormalization()(layers.DepthwiseConv2D(7, padding='same')(x))
        x = layers.Add()([x, layers.Dense(24)(layers.Dense(96, activation='gelu')(y))])
    return keras.Model(image, layers.Dense(10, name='logits')(layers.GlobalAveragePooling2D()(x)))


def dense_blocks():
    image = keras.Input((32, 32, 3), name='image')
    x = conv_norm(image, 16)
    for _ in range(2):
        for _ in range(3):
            y = layers.Conv2D(8, 3, padding='same')(layers.ReLU()(layers.BatchNormalization()(x)))
            x = layers.Concatenate()([x, y])
        x = layers.AveragePooling2D(2)(conv_norm(x, 24, 1))
    return keras.Model(image, layers.Dense(10, activation='softmax')(layers.GlobalMaxPooling2D()(x)))


def squeeze_excite():
    image = keras.Input((40, 40, 3), name='image')
    x = conv_norm(image, 16, 3, 2, 'hard_swish')
    for _ in range(2):
        y = layers.BatchNormalization()(layers.DepthwiseConv2D(5, padding='same')(x))
        s = layers.GlobalAveragePooling2D(keepdims=True)(y)
        s = layers.Conv2D(16, 1, activation='hard_sigmoid')(layers.Conv2D(8, 1, activation='relu')(s))
        x = layers.Add()([x, conv_norm(layers.Multiply()([y, s]), 16, 1, activation=None)])
    return keras.Model(image, layers.Dense(5, name='logits')(layers.Flatten()(layers.AveragePooling2D(4)(x))))


def activations():
    image = keras.Input((48, 48, 3), name='image')
    x = layers.LeakyReLU(negative_slope=0.1)(layers.Conv2D(16, (3, 5), strides=(2, 1))(image))
    x = layers.DepthwiseConv2D(3, padding='same', dilation_rate=2, use_bias=False)(x)
    x = layers.ReLU(max_value=6.0)(layers.BatchNormalization()(x))
    x = layers.PReLU(shared_axes=[1, 2])(layers.DepthwiseConv2D(3, depth_multiplier=2)(x))
    x = layers.ELU()(layers.Conv2D(24, 3, padding='same', dilation_rate=4)(x))
    x = layers.DepthwiseConv2D(3, strides=2)(layers.ZeroPadding2D(((0, 1), (1, 0)))(x))
    x = layers.Conv2D(32, 3, groups=4, padding='same')(layers.Activation('hard_swish')(x))
    x = layers.Activation('softplus')(layers.AveragePooling2D(2)(x))
    return keras.Model(image, layers.Dense(7, name='logits')(layers.Flatten()(x)))


def detector():
    image = keras.Input((64, 64, 3), name='image')
    x, boxes, classes = conv_norm(image, 16, 3, 2), [], []
    for filters in (24, 32, 40):
        x = conv_norm(x, filters, 3, 2, 'relu6')
        boxes.append(layers.Reshape((-1, 4))(layers.Conv2D(8, 3, padding='same')(x)))
        classes.append(layers.Reshape((-1, 3))(layers.Conv2D(6, 3, padding='same')(x)))
    scores = layers.Activation('sigmoid')(layers.Concatenate(axis=1)(classes))
    return keras.Model(image, {'boxes': layers.Concatenate(axis=1, name='boxes')(boxes), 'scores': scores})


def pyramid():
    image = keras.Input((64, 64, 3), name='image')
    c1 = conv_norm(image, 16, 3, 2)
    c2 = conv_norm(c1, 24, 3, 2)
    c3 = conv_norm(c2, 32, 3, 2)
    p3 = layers.Conv2D(16, 1)(c3)
    p2 = layers.Add()([layers.Conv2D(16, 1)(c2), layers.UpSampling2D(interpolation='nearest')(p3)])
    p1 = layers.Add()([layers.Conv2D(16, 1)(c1), layers.UpSampling2D(interpolation='bilinear')(p2)])
    full = layers.Resizing(64, 64, interpolation='bilinear')(layers.Conv2D(4, 3, padding='same')(p1))
    return keras.Model(image, layers.Softmax(name='segments')(full))


def super_resolution():
    image = keras.Input((24, 24, 3), name='image')
    x = y = layers.Conv2D(16, 5, padding='same', activation='tanh')(image)
    for _ in range(2):
        y = layers.Add()([y, layers.Conv2D(16, 3, padding='same', activation='relu')(y)])
    x = layers.Conv2D(12, 3, padding='same')(layers.Add()([x, y]))
    x = layers.Lambda(lambda v: tf.nn.depth_to_space(v, 2), output_shape=(48, 48, 3))(x)
    up = layers.UpSampling2D(2, interpolation='bilinear')(image)
    return keras.Model(image, ops.clip(x + up, -1.0, 1.0))


def two_inputs():
    image, meta = keras.Input((32, 32, 3), name='image'), keras.Input((8,), name='meta')
    g = layers.GlobalMaxPooling2D()(conv_norm(conv_norm(image, 16, 3, 2), 24, 3, 2))
    h = layers.Dense(24, activation='sigmoid')(meta)
    mixed = [layers.Multiply()([g, h]), layers.Subtract()([g, h]), layers.Maximum()([g, h]), layers.Minimum()([g, h])]
    shared = layers.Dense(24, activation='relu')
    a = shared(layers.Concatenate()(mixed))
    b = shared(layers.Concatenate()(mixed[::-1]))
    return keras.Model([image, meta], {'class': layers.Dense(6, activation='softmax')(a), 'offset': layers.Dense(2)(b)})


def recurrent(layer):
    def build():
        sequence = keras.Input((20, 16), name='sequence')
        return keras.Model(sequence, layers.Dense(5, activation='softmax')(layer()(sequence)))

    return build


class Mix(tf.Module):
    """Plain TensorFlow operators that Keras layers don't reach, under two signatures."""

    def __init__(self):
        rng = np.random.default_rng(7)

        def variable(*shape):
            return tf.Variable(rng.normal(0, 0.3, shape).astype(np.float32))

        self.filter, self.depthwise, self.dense = variable(3, 3, 8, 12), variable(3, 3, 12, 1), variable(36, 4)

    @tf.function(input_signature=[tf.TensorSpec((1, 32, 32, 8), tf.float32, name='x')])
    def score(self, x):
        y = tf.nn.relu6(tf.nn.conv2d(x, self.filter, 2, 'SAME'))
        y = tf.nn.depthwise_conv2d(y, self.depthwise, [1, 1, 1, 1], 'SAME', dilations=[2, 2])
        y = tf.maximum(y, 0.2 * y)
        up = tf.compat.v1.image.resize_bilinear(y, (32, 32), align_corners=True)
        near = tf.compat.v1.image.resize_nearest_neighbor(y, (32, 32))
        s = tf.pad(tf.concat([up, near], -1), [[0, 0], [1, 2], [0, 1], [0, 0]])[:, 1:-1:2, ::3, 2:20]
        a, b = tf.split(s, 2, axis=-1)
        picked = tf.gather(s, [0, 3, 5, 7, 9, 11, 13, 15, 17], axis=-1)
        pooled = tf.concat(
            [
                tf.reduce_mean(a, (1, 2)),
                tf.reduce_max(b, (1, 2)),
                tf.reduce_mean(picked, (1, 2)),
                tf.reduce_mean(tf.square(a - b), (1, 2)),
            ],
            -1,
        )
        soft = tf.nn.softmax(tf.reshape(y, (1, 256, 12)))
        return {
            'score': tf.matmul(pooled, self.dense),
            'argmax': tf.argmax(soft, -1, output_type=tf.int32),
            'soft': tf.slice(soft, [0, 4, 0], [1, 64, 12]),
        }

    @tf.function(input_signature=[tf.TensorSpec((1, 32, 32, 8), tf.float32, name='x')])
    def summary(self, x):
        y = tf.nn.leaky_relu(tf.nn.conv2d(x, self.filter, 4, 'VALID'))
        first, *_, last = tf.unstack(y, axis=1)
        stacked = tf.stack([first, last, tf.abs(first - last)], axis=1)
        n = tf.nn.l2_normalize(stacked, axis=-1)
        return {
            'pattern': tf.exp(-tf.math.squared_difference(n, tf.reverse(n, [2]))),
            'energy': tf.math.sqrt(tf.reduce_sum(tf.abs(y), [1, 2])),
        }


# name: (builder, sampler)
ARCHITECTURES = {
    'mobilenetv2': (application('MobileNetV2', 224), images(224)),
    'resnet50': (application('ResNet50', 160), images(160)),
    'efficientnetb0': (application('EfficientNetB0', 160), images(160, low=0.0, high=255.0)),
    'small_cnn': (small_cnn, images(32, low=0.0)),
    'mlp': (mlp, normal(64)),
    'unet': (unet, images(64)),
    'conv1d_audio': (conv1d_audio, normal(4000, 1, scale=0.3)),
    'wavenet': (wavenet, normal(256, 1, scale=0.3)),
    'transformer': (transformer, normal(32, 64)),
    'token_transformer': (token_transformer, tokens(24, 500)),
    'vit': (vit, images(32)),
    'mixer': (mixer, images(32)),
    'convnext': (convnext, images(48)),
    'dense_blocks': (dense_blocks, images(32)),
    'squeeze_excite': (squeeze_excite, images(40)),
    'activations': (activations, images(48)),
    'detector': (detector, images(64)),
    'pyramid': (pyramid, images(64)),
    'super_resolution': (super_resolution, images(24)),
    'two_inputs': (two_inputs, several(images(32), normal(8))),
    'lstm': (recurrent(lambda: layers.LSTM(32)), normal(20, 16)),
    'lstm_unrolled': (recurrent(lambda: layers.LSTM(16, unroll=True)), normal(20, 16)),
    'bilstm': (recurrent(lambda: layers.Bidirectional(layers.LSTM(24))), normal(20, 16)),
    'gru': (recurrent(lambda: layers.GRU(32)), normal(20, 16)),
    'operator_mix': (Mix, images(32, 8)),
}

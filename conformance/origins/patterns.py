"""SavedModels and graphs of what real models do around their layers: preprocessing, masks, spectra, decoding of boxes, state in
TensorFlow 1."""

import functools
import math

import numpy as np
import tensorflow as tf

import source
from origins.modules import RNG, spec, variable
from origins.v1 import graph

v1 = tf.compat.v1


class Encoder(tf.Module):
    """A transformer on words, as BERT: three integer inputs, a mask, three embeddings, a pooled result."""

    def __init__(self, width=16, heads=4, length=12):
        self.width, self.heads = width, heads
        self.words, self.places, self.kinds = variable(30, width), variable(length, width), variable(2, width)
        self.q, self.k, self.v, self.o = (variable(width, width) for _ in range(4))
        self.up, self.down, self.pool = variable(width, 4 * width), variable(4 * width, width), variable(width, width)
        self.gamma, self.beta = tf.Variable(tf.ones(width)), variable(width)

    def norm(self, x):
        mean, var = tf.nn.moments(x, -1, keepdims=True)
        return tf.nn.batch_normalization(x, mean, var, self.beta, self.gamma, 1e-12)

    def split(self, x, w):
        n, t = tf.shape(x)[0], tf.shape(x)[1]
        x = tf.reshape(tf.tensordot(x, w, 1), [n, t, self.heads, self.width // self.heads])
        return tf.transpose(x, [0, 2, 1, 3])

    def encode(self, ids, mask, kinds):
        x = tf.gather(self.words, ids) + tf.gather(self.kinds, kinds) + self.places[: tf.shape(ids)[1]]
        x = self.norm(x)
        hidden = (1.0 - tf.cast(mask, tf.float32)[:, None, None, :]) * -10000.0
        scores = tf.matmul(self.split(x, self.q), self.split(x, self.k), transpose_b=True)
        weights = tf.nn.softmax(scores / math.sqrt(self.width // self.heads) + hidden)
        y = tf.transpose(tf.matmul(weights, self.split(x, self.v)), [0, 2, 1, 3])
        y = tf.reshape(y, [tf.shape(x)[0], -1, self.width])
        x = self.norm(x + tf.tensordot(y, self.o, 1))
        x = self.norm(x + tf.tensordot(tf.nn.gelu(tf.tensordot(x, self.up, 1), approximate=True), self.down, 1))
        return {'sequence': x, 'pooled': tf.tanh(x[:, 0] @ self.pool)}

    @tf.function(input_signature=[spec(None, 12, dtype=tf.int32, name=n) for n in ('ids', 'mask', 'kinds')])
    def fixed(self, ids, mask, kinds):
        return self.encode(ids, mask, kinds)

    @tf.function(input_signature=[spec(None, None, dtype=tf.int32, name=n) for n in ('ids', 'mask', 'kinds')])
    def any(self, ids, mask, kinds):
        return self.encode(ids, mask, kinds)


class Audio(tf.Module):
    """Spectrograms before a small network."""

    def __init__(self):
        self.mel = tf.constant(tf.signal.linear_to_mel_weight_matrix(20, 65, 16000, 80.0, 7600.0))
        self.k = variable(3, 3, 1, 4)

    @tf.function(input_signature=[spec(1, 1600, name='wave')])
    def mel_spectrum(self, wave):
        power = tf.abs(tf.signal.stft(wave, 128, 64, 128)) ** 2
        return {'y': tf.math.log(tf.tensordot(power, self.mel, 1) + 1e-6)}

    @tf.function(input_signature=[spec(1, 1600, name='wave')])
    def features(self, wave):
        wave = wave - 0.97 * tf.concat([wave[:, :1], wave[:, :-1]], 1)
        frames = tf.signal.frame(wave, 128, 64) * tf.signal.hamming_window(128)
        spectrum = tf.signal.rfft(frames, [128])
        energy = tf.math.real(spectrum) ** 2 + tf.math.imag(spectrum) ** 2
        mel = tf.math.log(tf.maximum(energy @ self.mel, 1e-5))
        return {'y': tf.nn.relu(tf.nn.conv2d(mel[..., None], self.k, 2, 'SAME'))}

    @tf.function(input_signature=[spec(1, 1600, name='wave')])
    def cepstrum(self, wave):
        mel = tf.math.log(tf.abs(tf.signal.stft(wave, 128, 64)) @ self.mel + 1e-3)
        return {'y': tf.signal.mfccs_from_log_mel_spectrograms(mel)[..., :8]}


class Boxes(tf.Module):
    """What detectors do with the results of their convolutions."""

    def __init__(self):
        ys, xs = np.meshgrid((np.arange(4) + 0.5) / 4, (np.arange(4) + 0.5) / 4, indexing='ij')
        self.anchors = tf.constant(np.stack([ys, xs, 0 * ys + 0.3, 0 * xs + 0.3], -1).reshape(16, 4).astype(np.float32))
        self.k = variable(3, 3, 3, 7)

    def decode(self, raw):
        cy, cx, h, w = tf.unstack(tf.reshape(raw, [-1, 4]), axis=-1)
        ay, ax, ah, aw = tf.unstack(self.anchors, axis=-1)
        cy, cx, h, w = cy * ah + ay, cx * aw + ax, tf.exp(h * 0.2) * ah, tf.exp(w * 0.2) * aw
        return tf.stack([cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2], -1)

    @tf.function(input_signature=[spec(1, 16, 4, name='raw'), spec(1, 16, 3, name='scores')])
    def ssd(self, raw, scores):
        """The boxes that are left of the best class, padded to a fixed number."""
        boxes, best = self.decode(raw[0]), tf.reduce_max(tf.sigmoid(scores[0]), -1)
        kept, count = tf.image.non_max_suppression_padded(boxes, best, 5, 0.5, 0.3, pad_to_max_output_size=True)
        return {'boxes': tf.gather(boxes, kept), 'classes': tf.gather(tf.argmax(scores[0], -1), kept), 'count': count}

    @tf.function(input_signature=[spec(1, 16, 4, name='raw'), spec(1, 16, 3, name='scores')])
    def best(self, raw, scores):
        top, at = tf.math.top_k(tf.reduce_max(scores[0], -1), 4)
        return {'boxes': tf.clip_by_value(tf.gather(self.decode(raw[0]), at), 0.0, 1.0), 'scores': top}

    @tf.function(input_signature=[spec(None, 8, 8, 3)])
    def yolo(self, x):
        grid = tf.nn.conv2d(x, self.k, 2, 'SAME')
        n = tf.shape(grid)[0]
        ys, xs = tf.meshgrid(tf.range(4), tf.range(4), indexing='ij')
        places = tf.cast(tf.stack([xs, ys], -1), tf.float32)
        at, size = (tf.sigmoid(grid[..., :2]) + places) / 4.0, tf.exp(grid[..., 2:4]) * [0.2, 0.3]
        score = tf.sigmoid(grid[..., 4:5]) * tf.nn.softmax(grid[..., 5:])
        return {'y': tf.reshape(tf.concat([at - size / 2, at + size / 2, score], -1), [n, -1, 6])}


class Pictures(tf.Module):
    """Pictures as bytes; normalization by instance; reflections at borders."""

    def __init__(self):
        self.a, self.b = variable(3, 3, 3, 8), variable(3, 3, 8, 12)
        self.scale, self.shift = variable(8), variable(8)

    @tf.function(input_signature=[spec(1, 20, 24, 3, dtype=tf.uint8, name='image')])
    def from_bytes(self, image):
        x = tf.image.resize(tf.image.convert_image_dtype(image, tf.float32), [16, 16])
        x = (x - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        return {'y': tf.nn.conv2d(x[..., ::-1], self.a, 2, 'SAME')}

    @tf.function(input_signature=[spec(None, 16, 16, 3)])
    def style(self, x):
        y = tf.nn.conv2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], 'REFLECT'), self.a, 1, 'VALID')
        mean, var = tf.nn.moments(y, [1, 2], keepdims=True)
        y = tf.nn.relu((y - mean) * tf.math.rsqrt(var + 1e-5) * self.scale + self.shift)
        y = tf.image.resize(y, [32, 32], 'nearest')
        y = tf.nn.depth_to_space(tf.nn.conv2d(y, self.b, 1, 'SAME'), 2)
        return {'y': tf.cast(tf.clip_by_value(tf.tanh(y) * 150 + 127.5, 0, 255), tf.uint8)}

    @tf.function(input_signature=[spec(None, 16, 16, 3)])
    def attention(self, x):
        """Squeeze and excitation, and a spatial gate of maximum and mean."""
        y = tf.nn.conv2d(x, self.a, 1, 'SAME')
        y *= tf.sigmoid(tf.reduce_mean(y, [1, 2], keepdims=True) * self.scale)
        gate = tf.concat([tf.reduce_mean(y, -1, keepdims=True), tf.reduce_max(y, -1, keepdims=True)], -1)
        y *= tf.reduce_sum(tf.sigmoid(gate), -1, keepdims=True)
        n = tf.shape(y)[0]
        flat = tf.reshape(y, [n, 256, 8])
        return {'y': tf.nn.l2_normalize(tf.reduce_sum(tf.nn.softmax(flat, 1) * flat, 1), -1)}


class Pooled(tf.Module):
    """Sequences with masks and lengths."""

    def __init__(self):
        self.table, self.w = variable(20, 6), variable(6, 3)

    @tf.function(input_signature=[spec(None, 10, dtype=tf.int32, name='ids')])
    def mean(self, ids):
        mask = tf.cast(tf.not_equal(ids, 0), tf.float32)[..., None]
        x = tf.nn.embedding_lookup(self.table, ids) * mask
        return {'y': tf.nn.log_softmax(tf.math.divide_no_nan(tf.reduce_sum(x, 1), tf.reduce_sum(mask, 1)) @ self.w)}

    @tf.function(input_signature=[spec(2, 10, dtype=tf.int32, name='ids'), spec(2, dtype=tf.int32, name='lengths')])
    def last(self, ids, lengths):
        x = tf.nn.embedding_lookup(self.table, ids)
        x = tf.where(tf.sequence_mask(lengths, 10)[..., None], x, tf.zeros_like(x))
        return {'y': tf.gather(x, lengths - 1, batch_dims=1) @ self.w, 'most': tf.reduce_max(x, 1)}


def save(name, make, method, given):
    module = make()
    concrete = getattr(module, method).get_concrete_function()
    return source.saved_model(
        name, 'tf.Module', lambda path: tf.saved_model.save(module, path, {'serving_default': concrete}), given
    )


# ---- TensorFlow 1


def phase(x):
    """Batch normalization and dropout under a flag that is off unless it is fed."""
    training = v1.placeholder_with_default(False, [], 'phase_train')
    y = tf.nn.conv2d(x, weights(3, 3, 3, 4), 1, 'SAME')
    mean, var = v1.cond(training, lambda: tf.nn.moments(y, [0, 1, 2]), lambda: (tf.fill([4], 0.2), tf.fill([4], 1.3)))
    y = tf.nn.relu(tf.nn.batch_normalization(y, mean, var, tf.fill([4], 0.1), tf.fill([4], 0.9), 1e-3))
    y = v1.cond(training, lambda: tf.nn.dropout(y, 0.5), lambda: tf.identity(y))
    return tf.nn.l2_normalize(tf.reshape(y, [-1, 16 * 16 * 4]), 1, 1e-10)


def weights(*shape):
    return tf.constant(np.random.default_rng(sum(shape)).normal(0, 0.4, shape).astype(np.float32))


def deeplab(x):
    """Dilation by batches, as TensorFlow 1 writes it, for sizes that it does not know; labels of a picture."""
    y = tf.nn.relu6(tf.nn.conv2d(x / 127.5 - 1.0, weights(3, 3, 3, 6), 2, 'SAME'))
    rates = [tf.nn.atrous_conv2d(y, weights(3, 3, 6, 6), rate, 'SAME') for rate in (2, 4)]
    pooled = tf.reduce_mean(y, [1, 2], keepdims=True)
    size = tf.shape(y)[1:3]
    rates.append(v1.image.resize_bilinear(pooled, size, align_corners=True))
    y = tf.nn.conv2d(tf.concat(rates, 3), weights(1, 1, 18, 5), 1, 'SAME')
    return tf.argmax(v1.image.resize_bilinear(y, tf.shape(x)[1:3], align_corners=True), 3)


def mapped(x):
    """A picture at a time, as the object detection API does before and after a network."""
    return tf.map_fn(lambda one: v1.image.resize_bilinear(one[None], [8, 8])[0] * 2 - 1, x)


METHODS = {
    Encoder: ['fixed', 'any'],
    Audio: ['mel_spectrum', 'features', 'cepstrum'],
    Boxes: ['ssd', 'best', 'yolo'],
    Pictures: ['from_bytes', 'style', 'attention'],
    Pooled: ['mean', 'last'],
}
GIVEN = {
    'encoder-fixed': [
        {'ids': RNG.integers(0, 30, (1, 12)).astype(np.int32), 'kinds': RNG.integers(0, 2, (1, 12)).astype(np.int32),
         'mask': (np.arange(12)[None] < n).astype(np.int32)} for n in (12, 7, 1)],
    'pooled-last': [
        {'ids': RNG.integers(0, 20, (2, 10)).astype(np.int32), 'lengths': np.array(n, np.int32)}
        for n in ([3, 10], [1, 1], [5, 9])],
    'pictures-from_bytes': [
        {'image': RNG.integers(0, 256, (1, 20, 24, 3)).astype(np.uint8)} for _ in range(3)],
}  # fmt: skip
GIVEN['encoder-any'] = GIVEN['encoder-fixed']
SOURCES = {}
for cls, methods in METHODS.items():
    for method in methods:
        name = f'{cls.__name__.lower()}-{method}'
        SOURCES[f'pattern-{name}'] = functools.partial(save, f'pattern-{name}', cls, method, GIVEN.get(name))
for build, shape in ((phase, [None, 16, 16, 3]), (deeplab, [1, 33, 33, 3]), (mapped, [3, 12, 12, 3])):
    SOURCES[f'pattern-{build.__name__}'] = functools.partial(graph, f'pattern-{build.__name__}', build, shape)

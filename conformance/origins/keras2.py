"""Keras 2 models as SavedModels, as its model.save writes them; recurrent layers among them."""

import functools

import numpy as np
import tf_keras
from tf_keras import layers

import source
from architectures import images, normal, tokens
from origins.keras3 import by_input
from places import PACKAGES
from zoo import SEED


def cnn():
    image = tf_keras.Input((32, 32, 3), name='image')
    x = layers.Conv2D(8, 3, 2, 'same', use_bias=False)(image)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, padding='same', dilation_rate=2)(x)
    x = layers.LeakyReLU()(layers.BatchNormalization(scale=False)(x))
    x = layers.PReLU(shared_axes=[1, 2])(layers.Conv2D(16, 1)(x))
    x = layers.Conv2DTranspose(8, 3, 2, 'same')(layers.MaxPooling2D()(x))
    x = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
    return tf_keras.Model(image, layers.Dense(5, activation='softmax', name='probs')(x))


def attention():
    x = frames = tf_keras.Input((10, 16), name='frames')
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 8)(x, x))
    x = layers.LayerNormalization()(x + layers.Dense(16)(layers.Dense(32, activation='gelu')(x)))
    return tf_keras.Model(frames, layers.Flatten()(x))


def of(shape, *makers, dtype='float32', batch=None):
    def make():
        x = entry = tf_keras.Input(shape, name='x', dtype=dtype, batch_size=batch)
        for m in makers:
            x = m()(x)
        return tf_keras.Model(entry, x)

    return make


SEQUENCE = (12, 6)
MODELS = {  # name: (builder, sampler)
    'cnn': (cnn, images(32)),
    'attention': (attention, normal(10, 16)),
    'mobilenet': (lambda: tf_keras.applications.MobileNet((64, 64, 3), 0.25, weights=None, classes=10), images(64)),
    'mobilenetv3': (lambda: tf_keras.applications.MobileNetV3Small((64, 64, 3), weights=None, classes=10), images(64, high=255.0)),
    'resnet50v2': (lambda: tf_keras.applications.ResNet50V2(weights=None, input_shape=(64, 64, 3), classes=10), images(64)),
    'lstm': (of(SEQUENCE, lambda: layers.LSTM(5)), normal(*SEQUENCE)),
    'lstm-batch1': (
        of(SEQUENCE, lambda: layers.LSTM(5, return_sequences=True), lambda: layers.LSTM(4), batch=1),
        normal(*SEQUENCE),
    ),
    'lstm-batch1-major': (of(SEQUENCE, lambda: layers.LSTM(5, go_backwards=True), batch=1), normal(*SEQUENCE)),
    'bilstm-batch1': (of(SEQUENCE, lambda: layers.Bidirectional(layers.LSTM(5)), batch=1), normal(*SEQUENCE)),
    'gru': (of(SEQUENCE, lambda: layers.GRU(5)), normal(*SEQUENCE)),
    'gru-batch1': (of(SEQUENCE, lambda: layers.GRU(5, return_sequences=True), batch=1), normal(*SEQUENCE)),
    'simple_rnn': (of(SEQUENCE, lambda: layers.SimpleRNN(5)), normal(*SEQUENCE)),
    'masked': (of((12,), lambda: layers.Embedding(20, 6, mask_zero=True), lambda: layers.LSTM(5), dtype='int32'), tokens(12, 4)),
    'conv1d': (
        of((64, 2), lambda: layers.Conv1D(4, 5, dilation_rate=2, padding='causal'), lambda: layers.MaxPooling1D()),
        normal(64, 2),
    ),
    'upsampling': (
        of((8, 8, 3), lambda: layers.UpSampling2D(2), lambda: layers.UpSampling2D(2, interpolation='bilinear')),
        normal(8, 8, 3),
    ),
}


def store(name, model, given):
    return source.saved_model(name, 'keras 2, model.save', lambda path: model.save(path, save_format='tf'), given)


def save(name, builder, sampler):
    tf_keras.utils.set_random_seed(SEED)
    model = builder()
    rng = np.random.default_rng(SEED)
    for w in model.weights:  # fresh biases and statistics are zeros and ones
        if len(w.shape) == 1:
            w.assign(w.numpy() + 0.1 * np.abs(rng.standard_normal(w.shape)))
    return store(name, model, by_input(model.input_names, sampler(source.SAMPLES, rng)))


def trained(name, stem, folder):
    """A package's HDF5 file of Keras 2."""
    path = next(p for f in PACKAGES.glob(folder) for p in sorted(f.rglob(f'{stem}.h*5')))
    return store(name, tf_keras.models.load_model(path, compile=False), None)


SOURCES = {f'keras2-{n}': functools.partial(save, f'keras2-{n}', *row) for n, row in MODELS.items()}

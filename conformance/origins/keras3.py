"""Keras 3 models as SavedModels: model.export with an open or a fixed batch, and tf.saved_model.save."""

import functools
import zlib

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

import source
from architectures import ARCHITECTURES, images, normal, tokens
from zoo import SEED, settle


def by_input(names, arrays):
    """The samples of source.py from arrays with a sample a row."""
    return [{n: a[s : s + 1] for n, a in zip(names, arrays)} for s in range(source.SAMPLES)]


def build(name, builder, sampler, settled=settle):
    """The model with its samples; settled(model, arrays, rng), if given, changes its weights."""
    seed = [SEED, zlib.crc32(name.encode())]
    arrays = sampler(8, np.random.default_rng(seed))
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    model = builder()
    if settled:
        settled(model, arrays, np.random.default_rng([*seed, 1]))
    return model, by_input([t.name for t in model.inputs], arrays)


def export(name, builder, sampler, batch=None, settled=settle):
    model, given = build(name, builder, sampler, settled)
    specs = [tf.TensorSpec((batch, *t.shape[1:]), t.dtype, name=t.name) for t in model.inputs]
    structure = specs if isinstance(model.input, list) else specs[0]

    def make(path):
        model.export(path, format='tf_saved_model', verbose=False, input_signature=[structure])

    return source.saved_model(name, 'keras 3, model.export', make, given)


def save(name, builder, sampler):
    """tf.saved_model.save calls the inputs by their positions."""
    model, given = build(name, builder, sampler)
    given = [{f'inputs_{i}' if i else 'inputs': a for i, a in enumerate(arrays.values())} for arrays in given]
    return source.saved_model(
        name, 'keras 3, tf.saved_model.save', lambda path: tf.saved_model.save(model, path), given, objects=True
    )


# ---- layers that architectures.py lacks


def model_of(shape, *steps, dtype='float32'):
    def make():
        x = entry = keras.Input(shape, name='x', dtype=dtype)
        for step in steps:
            x = step()(x)
        return keras.Model(entry, x)

    return make


SEQUENCE, IMAGE = (12, 6), (16, 16, 4)
LAYERS = {  # name: (builder, sampler)
    'simple_rnn': (model_of(SEQUENCE, lambda: layers.SimpleRNN(5)), normal(*SEQUENCE)),
    'lstm_sequences': (
        model_of(SEQUENCE, lambda: layers.LSTM(5, return_sequences=True), lambda: layers.LSTM(4)),
        normal(*SEQUENCE),
    ),
    'lstm_backwards': (model_of(SEQUENCE, lambda: layers.LSTM(5, go_backwards=True, return_sequences=True)), normal(*SEQUENCE)),
    'lstm_no_bias': (model_of(SEQUENCE, lambda: layers.LSTM(5, use_bias=False)), normal(*SEQUENCE)),
    'gru_sequences': (model_of(SEQUENCE, lambda: layers.GRU(5, return_sequences=True)), normal(*SEQUENCE)),
    'gru_reset_before': (model_of(SEQUENCE, lambda: layers.GRU(5, reset_after=False)), normal(*SEQUENCE)),
    'bigru': (model_of(SEQUENCE, lambda: layers.Bidirectional(layers.GRU(5, return_sequences=True))), normal(*SEQUENCE)),
    'bilstm_sum': (
        model_of(SEQUENCE, lambda: layers.Bidirectional(layers.LSTM(5, return_sequences=True), merge_mode='sum')),
        normal(*SEQUENCE),
    ),
    'lstm_masked': (
        model_of((12,), lambda: layers.Embedding(20, 6, mask_zero=True), lambda: layers.LSTM(5), dtype='int32'),
        tokens(12, 4),
    ),
    'lstm_long': (model_of((200, 6), lambda: layers.LSTM(8)), normal(200, 6)),
    'gru_long': (model_of((100, 6), lambda: layers.GRU(8)), normal(100, 6)),
    'conv_lstm': (model_of((4, 8, 8, 2), lambda: layers.ConvLSTM2D(3, 3, padding='same')), normal(4, 8, 8, 2)),
    'time_distributed': (model_of((3, 8, 8, 2), lambda: layers.TimeDistributed(layers.Conv2D(3, 3))), normal(3, 8, 8, 2)),
    'repeat_vector': (model_of((6,), lambda: layers.RepeatVector(5), lambda: layers.LSTM(4, return_sequences=True)), normal(6)),
    'attention': (
        model_of(SEQUENCE, lambda: lambda x: layers.Attention(use_scale=True)([x, x]), lambda: layers.Dense(3)),
        normal(*SEQUENCE),
    ),
    'causal_attention': (
        model_of(SEQUENCE, lambda: lambda x: layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)),
        normal(*SEQUENCE),
    ),
    'grouped_query': (model_of(SEQUENCE, lambda: lambda x: layers.GroupQueryAttention(3, 4, 2)(x, x)), normal(*SEQUENCE)),
    'conv_grouped': (model_of(IMAGE, lambda: layers.Conv2D(8, 3, groups=2, activation='relu')), normal(*IMAGE)),
    'conv_dilated': (
        model_of(
            IMAGE, lambda: layers.Conv2D(8, 3, dilation_rate=2, padding='same'), lambda: layers.Conv2D(4, 3, dilation_rate=(1, 3))
        ),
        normal(*IMAGE),
    ),
    'depthwise_dilated': (model_of(IMAGE, lambda: layers.DepthwiseConv2D(3, dilation_rate=2, padding='same')), normal(*IMAGE)),
    'conv_transposed': (
        model_of(
            IMAGE,
            lambda: layers.Conv2DTranspose(3, 3, 2, 'same', activation='relu'),
            lambda: layers.Conv2DTranspose(2, 4, 2, 'valid', use_bias=False),
            lambda: layers.BatchNormalization(),
        ),
        normal(*IMAGE),
    ),
    'conv3d': (
        model_of((6, 8, 8, 2), lambda: layers.Conv3D(3, 3, activation='relu'), lambda: layers.AveragePooling3D(2)),
        normal(6, 8, 8, 2),
    ),
    'conv1d_transposed': (model_of(SEQUENCE, lambda: layers.Conv1DTranspose(4, 3, 2, 'same')), normal(*SEQUENCE)),
    'separable1d': (model_of(SEQUENCE, lambda: layers.SeparableConv1D(5, 3, padding='same')), normal(*SEQUENCE)),
    'group_norm': (model_of(IMAGE, lambda: layers.GroupNormalization(2), lambda: layers.Conv2D(2, 3)), normal(*IMAGE)),
    'rms_norm': (model_of(SEQUENCE, lambda: layers.RMSNormalization()), normal(*SEQUENCE)),
    'norms': (
        model_of(
            IMAGE,
            lambda: layers.LayerNormalization(axis=[1, 2, 3]),
            lambda: layers.UnitNormalization(),
            lambda: layers.BatchNormalization(axis=1, scale=False),
        ),
        normal(*IMAGE),
    ),
    'upsampling': (
        model_of(IMAGE, lambda: layers.UpSampling2D(2), lambda: layers.UpSampling2D((3, 2), interpolation='bilinear')),
        normal(*IMAGE),
    ),
    'resizing': (model_of(IMAGE, lambda: layers.Resizing(9, 21), lambda: layers.Resizing(20, 20, 'nearest')), normal(*IMAGE)),
    'preprocessing': (
        model_of(
            (20, 20, 3),
            lambda: layers.Rescaling(1 / 127.5, -1),
            lambda: layers.CenterCrop(16, 16),
            lambda: layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0]),
            lambda: layers.Cropping2D(1),
            lambda: layers.ZeroPadding2D((1, 2)),
        ),
        images(20, low=0.0, high=255.0),
    ),
    'pools': (
        model_of(
            (17, 17, 3),
            lambda: layers.MaxPooling2D(3, 2, 'same'),
            lambda: layers.AveragePooling2D(2, 1, 'same'),
            lambda: layers.GlobalMaxPooling2D(keepdims=True),
        ),
        normal(17, 17, 3),
    ),
    'pools1d': (model_of(SEQUENCE, lambda: layers.MaxPooling1D(2), lambda: layers.GlobalAveragePooling1D()), normal(*SEQUENCE)),
    'soft': (
        model_of(
            (12,),
            *[
                (lambda name=name: layers.Activation(name))
                for name in 'selu softsign softplus mish hard_sigmoid silu elu gelu tanh hard_tanh celu glu log_sigmoid'.split()
            ],
        ),
        normal(12),
    ),
    'ops': (
        model_of(
            SEQUENCE,
            lambda: lambda x: ops.concatenate([ops.roll(x, 2, 1), ops.flip(x, 1), ops.cumsum(x, 1)], -1),
            lambda: lambda x: ops.where(x > 0, ops.log1p(ops.abs(x)), ops.square(x) - 1),
            lambda: lambda x: ops.einsum('btd,bsd->bts', x, x) / ops.sqrt(18.0),
            lambda: lambda x: ops.take_along_axis(x, ops.argsort(x, axis=-1), axis=-1),
            lambda: lambda x: ops.stack([ops.max(x, -1), ops.logsumexp(x, -1), ops.std(x, -1), ops.norm(x, axis=-1)], -1),
        ),
        normal(*SEQUENCE),
    ),
    'argmax': (model_of(SEQUENCE, lambda: lambda x: ops.argmax(x, -1)), normal(*SEQUENCE)),
    'top_k': (model_of(SEQUENCE, lambda: lambda x: ops.top_k(x, 3)[0]), normal(*SEQUENCE)),
    'one_hot': (model_of((5,), lambda: lambda x: ops.one_hot(x, 7), dtype='int32'), tokens(5, 7)),
    'embedding_pool': (
        model_of(
            (9,), lambda: layers.Embedding(30, 8), lambda: layers.GlobalAveragePooling1D(), lambda: layers.Dense(3), dtype='int32'
        ),
        tokens(9, 30),
    ),
    'open_length': (
        model_of((None, 6), lambda: layers.Conv1D(4, 3, padding='same', activation='relu'), lambda: layers.GlobalMaxPooling1D()),
        normal(12, 6),
    ),
    'open_size': (
        model_of(
            (None, None, 3),
            lambda: layers.Conv2D(4, 3, 2, 'same'),
            lambda: layers.GlobalAveragePooling2D(),
            lambda: layers.Dense(2),
        ),
        normal(16, 20, 3),
    ),
}

MODELS = {name: row for name, row in ARCHITECTURES.items() if name != 'operator_mix'}
SOURCES = {f'keras3-{n}': functools.partial(export, f'keras3-{n}', *row) for n, row in MODELS.items()}
SOURCES |= {f'keras3-{n}': functools.partial(export, f'keras3-{n}', *row, settled=False) for n, row in LAYERS.items()}
for n in ('lstm', 'bilstm', 'gru', 'token_transformer', 'small_cnn', 'convnext', 'transformer', 'vit', 'unet'):
    SOURCES[f'keras3-{n}-batch1'] = functools.partial(export, f'keras3-{n}-batch1', *MODELS[n], batch=1)
for n in ('simple_rnn', 'lstm_sequences', 'lstm_masked', 'gru_long', 'conv_lstm', 'bigru'):
    SOURCES[f'keras3-{n}-batch1'] = functools.partial(export, f'keras3-{n}-batch1', *LAYERS[n], batch=1, settled=False)
for n in ('small_cnn', 'mlp', 'transformer', 'unet', 'lstm', 'two_inputs'):
    SOURCES[f'keras3-{n}-save'] = functools.partial(save, f'keras3-{n}-save', *MODELS[n])

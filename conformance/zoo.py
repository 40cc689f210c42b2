#!/usr/bin/env python3
"""Make the float .tflite models of architectures.py: .corpus/out/NAME/{model.tflite,samples.npz}.

usage: zoo.py [NAME ...]

Weights are random (seeded), batch statistics and the spread of the logits are made plausible, so that activations neither
explode nor vanish. samples.npz holds 24 samples under the signature's input names.
"""

import os
import sys
import zlib

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import keras
import numpy as np
from keras import layers

import savedmodel
from architectures import ARCHITECTURES
from places import OUT

SEED = 20261124
SAMPLES = 24
LOGITS_SPREAD = 3.0
OPEN_BATCH = {'small_cnn', 'mlp', 'two_inputs'}  # converted with an unknown batch size, as users often do


def settle(model, arrays, rng):
    """Give batch normalizations the statistics of the samples, jittered; biases noise; the last layer a spread of logits."""
    batch = [a[:8] for a in arrays]
    batch = batch if isinstance(model.input, list) else batch[0]
    norms = [layer for layer in model._flatten_layers() if isinstance(layer, layers.BatchNormalization)]
    for norm in norms:
        norm.momentum = 0.0
    if norms:
        model(batch, training=True)
    for norm in norms:
        mean, variance, shape = norm.moving_mean.numpy(), np.maximum(norm.moving_variance.numpy(), 1e-6), norm.moving_mean.shape
        norm.moving_mean.assign(mean + 0.1 * np.sqrt(variance) * rng.standard_normal(shape))
        norm.moving_variance.assign(variance * rng.uniform(0.8, 1.25, shape))
    for layer in model._flatten_layers():
        for w in layer._trainable_variables:
            if w.name in ('bias', 'gamma', 'beta', 'alpha'):
                w.assign(w.numpy() + 0.05 * rng.standard_normal(w.shape))
    last = [layer for layer in model.layers if isinstance(layer, (layers.Dense, layers.Conv1D, layers.Conv2D))][-1]
    activation, last.activation = last.activation, keras.activations.linear
    logits = keras.Model(model.input, last.output)(batch, training=False).numpy()
    last.activation = activation
    factor = min(LOGITS_SPREAD / max(float(logits.std()), 1e-6), 30.0)
    last.kernel.assign(last.kernel.numpy() * factor)


def make(name):
    builder, sampler = ARCHITECTURES[name]
    out = OUT / name
    if (out / 'model.tflite').exists():
        return 'there'
    seed = [SEED, zlib.crc32(name.encode())]
    arrays = sampler(SAMPLES, np.random.default_rng(seed))
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    model = builder()
    if isinstance(model, keras.Model):
        settle(model, arrays, np.random.default_rng([*seed, 1]))
        names = [t.name for t in model.inputs]
        flatbuffer = savedmodel.from_keras(model, None if name in OPEN_BATCH else 1)
    else:
        names = ['x']
        flatbuffer = savedmodel.from_module(model, ['score', 'summary'])
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out / 'samples.npz', **dict(zip(names, arrays)))
    (out / 'model.tflite').write_bytes(flatbuffer)
    return f'{len(flatbuffer)} bytes'


def main():
    failed = []
    for name in sys.argv[1:] or ARCHITECTURES:
        try:
            print(f'{name}: {make(name)}', flush=True)
        except Exception as e:  # whatever TensorFlow's converter raises: the other models are still wanted
            failed.append(name)
            print(f'{name}: FAILED: {type(e).__name__}: {str(e)[:300]}', flush=True)
    if failed:
        sys.exit(f'zoo: {len(failed)} models failed: {", ".join(failed)}')


if __name__ == '__main__':
    main()

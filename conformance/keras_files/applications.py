"""Every architecture of keras.applications with random weights, at about the smallest size it takes."""

import functools

import keras
import numpy as np

from architectures import images
from origins.applications import jitter
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


def make(c):
    side = SIDES.get(c, 32)
    model, given = build(
        name(c),
        lambda: getattr(keras.applications, c)(weights=None, input_shape=(side, side, 3), classes=10),
        images(side),
        settled=False,
    )
    jitter(model, [np.concatenate([next(iter(g.values())) for g in given])], np.random.default_rng(SEED), CALMER.get(c, 1.0))
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

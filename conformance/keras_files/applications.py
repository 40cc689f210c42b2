"""Every architecture of keras.applications with random weights, at about the smallest size it takes."""

import functools

import keras

from architectures import images
from origins import applications as saved
from origins.keras3 import build
from places import SOURCES

SIDES = {  # class: side of the pictures; what saved.SMALL has comes from there, so that TFLiteConverter's flatbuffer is at hand
    'MobileNet': 32, 'MobileNetV2': 32, 'MobileNetV3Small': 32, 'MobileNetV3Large': 32, 'EfficientNetB0': 32, 'EfficientNetB3': 32, 'EfficientNetV2B0': 32,
    'ResNet50': 32, 'ResNet50V2': 32, 'DenseNet121': 32, 'NASNetMobile': 32, 'InceptionV3': 75, 'Xception': 71, 'ConvNeXtTiny': 32, 'VGG16': 32,
    'InceptionResNetV2': 75, 'EfficientNetV2S': 32, 'ConvNeXtSmall': 32, 'ResNet101': 32, 'ResNet101V2': 32, 'VGG19': 32, 'DenseNet169': 32, 'EfficientNetB1': 32,
    'EfficientNetB2': 32, 'EfficientNetB4': 32, 'EfficientNetV2B1': 32, 'EfficientNetV2B2': 32, 'EfficientNetV2B3': 32, 'DenseNet201': 32, 'ResNet152': 32,
    'ResNet152V2': 32, 'EfficientNetB5': 32, 'EfficientNetB6': 32, 'EfficientNetB7': 32, 'EfficientNetV2M': 32, 'EfficientNetV2L': 32, 'ConvNeXtBase': 32,
    'ConvNeXtLarge': 32, 'ConvNeXtXLarge': 32, 'NASNetLarge': 64,
}  # fmt: skip
LEGACY = {
    'MobileNetV2',
    'MobileNetV3Small',
    'EfficientNetB0',
    'ConvNeXtTiny',
    'NASNetMobile',
    'InceptionV3',
    'DenseNet121',
}  # also in HDF5


def name(c):
    return f'apps-{c.lower()}'


def make(c):
    side, more = saved.SMALL.get(c, (SIDES[c], {'classes': 10}))
    model, given = build(
        name(c), lambda: getattr(keras.applications, c)(weights=None, input_shape=(side, side, 3), **more), images(side)
    )
    return model, given, ('keras', 'h5') if c in LEGACY else ('keras',)


def twin(folder):
    path = SOURCES / folder / 'tflite.tflite'
    return path.read_bytes() if path.exists() else None


MODELS = {name(c): functools.partial(make, c) for c in SIDES}
TWINS = {name(c): functools.partial(twin, name(c)) for c in saved.SMALL}
LITE = {
    name(c)
    for c in ('EfficientNetB3', 'EfficientNetV2S', 'ConvNeXtSmall', 'ResNet101', 'InceptionResNetV2', 'Xception', 'InceptionV3')
}

"""keras.applications with random weights: breadth at small sizes, and three models at full size to measure on."""

import functools

import keras

from architectures import images
from origins.keras3 import export

SMALL = {  # class in keras.applications: (side, further arguments)
    'MobileNet': (64, {'alpha': 0.5}),
    'MobileNetV2': (64, {'alpha': 0.5}),
    'MobileNetV3Small': (64, {'include_preprocessing': True}),
    'MobileNetV3Large': (64, {'alpha': 0.75, 'minimalistic': True}),
    'ResNet50': (64, {}),
    'ResNet50V2': (64, {}),
    'EfficientNetB0': (64, {}),
    'EfficientNetV2B0': (64, {}),
    'DenseNet121': (64, {}),
    'NASNetMobile': (64, {}),
    'InceptionV3': (80, {}),
    'InceptionResNetV2': (80, {}),
    'Xception': (72, {}),
    'ConvNeXtTiny': (48, {}),
    'VGG16': (48, {'classes': 10}),
}
MEASURED = ['MobileNetV2', 'ResNet50', 'EfficientNetB0']  # at 224x224


def application(name, side, more):
    return lambda: getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), **more)


SOURCES = {
    f'full-{n.lower()}': functools.partial(export, f'full-{n.lower()}', application(n, 224, {}), images(224)) for n in MEASURED
}
for n, (side, more) in SMALL.items():
    name = f'apps-{n.lower()}'
    SOURCES[name] = functools.partial(export, name, application(n, side, more), images(side))

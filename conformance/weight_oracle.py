#!/usr/bin/env python3
"""What TFLiteConverter makes of a source in its schemes for weights alone: float16 and dynamic range quantization.

usage: weight_oracle.py pairs [NAME ...]      pkg/quantize/testdata/weights/NAME, of the models of weight_nets.py
       weight_oracle.py [--again] [NAME ...]  .corpus/weights/NAME, of the corpus' models that are made from a TensorFlow or Keras
       source, and of the
                                              sources of sources.py as far as they are there

Each folder holds
    float.tflite, float16.tflite, dynamic.tflite    the converter's answers to one source
    dynamic_per_tensor.tflite   of pairs alone: with one scale for each weight tensor
    failed.txt      why there is none, instead
A float16.tflite in which a DEQUANTIZE overwrites the state of an LSTM at each run is left out.

Each source of the corpus is converted in a process of its own, as TensorFlow may abort.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import unittest.mock

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '-1')

import models
from places import OUT, REPO, SOURCES, WEIGHTS

PAIRS = REPO / 'pkg/quantize/testdata/weights'
PER_TENSOR = 'dynamic_per_tensor'
LIMIT = 100_000  # bytes a file of the committed ones
TIMEOUT = 1500  # seconds a source


def answers(make, per_tensor):
    """The flatbuffers of all schemes by name; make() is a fresh converter of one source."""
    import tensorflow as tf

    found = {}
    for name, types in (('float', None), ('dynamic', []), ('float16', [tf.float16]), *([(PER_TENSOR, [])] if per_tensor else [])):
        converter = make()
        if types is not None:
            converter.optimizations, converter.target_spec.supported_types = [tf.lite.Optimize.DEFAULT], types
        converter._experimental_disable_per_channel = name == PER_TENSOR
        found[name] = converter.convert()
    return found


def answers_of(convert, per_tensor=False):
    """The same of the source that a function converts on its own."""
    import tensorflow as tf

    found = {}

    def asking(make):
        def from_source(*args, **options):
            stand_in = unittest.mock.Mock()
            stand_in.convert = lambda: found.update(answers(lambda: make(*args, **options), per_tensor)) or found['float']
            return stand_in

        return from_source

    now, v1 = tf.lite.TFLiteConverter, tf.compat.v1.lite.TFLiteConverter
    with contextlib.ExitStack() as stack:
        for owner, name in ((now, 'from_saved_model'), (now, 'from_concrete_functions'), (v1, 'from_frozen_graph')):
            stack.enter_context(unittest.mock.patch.object(owner, name, asking(getattr(owner, name))))
        convert()
    return found


def zoo(name, draft):
    import zoo

    zoo.OUT = draft  # its own files go there, and are removed
    return zoo.make(name)


def efficientnet():
    import keras
    import tensorflow as tf

    model = keras.models.load_model(OUT / 'efficientnet_lite0/model.keras', compile=False)
    spec = tf.TensorSpec((1, *model.input.shape[1:]), tf.float32, name='image')
    function = tf.function(lambda image: model(image, training=False)).get_concrete_function(spec)
    tf.lite.TFLiteConverter.from_concrete_functions([function]).convert()


def keras2(stem):
    import legacy
    from places import PACKAGES

    legacy.convert(next(p for f in PACKAGES.glob(legacy.MODELS[stem]) for p in sorted(f.rglob(f'{stem}.h*5'))))


def tfjs(name):
    import tfjs

    tfjs.convert(*tfjs.read(tfjs.FOLDER / f'{name}.json'))


def source(name):
    import source

    source.convert(source.load(SOURCES / name))


def converting(name, draft):
    """The function that converts the source of that name."""
    kind, _, rest = name.partition('-')
    if name == 'efficientnet_lite0':
        return efficientnet
    return {'keras2': lambda: keras2(rest), 'tfjs': lambda: tfjs(rest), 'source': lambda: source(rest)}.get(
        kind, lambda: zoo(name, draft)
    )


def names():
    """What there is to convert: models of the corpus but for those of packages and their twins, and sources."""
    made = [p.parent.name for p in sorted(OUT.glob('*/model.tflite')) if not p.parent.name.startswith('folded-')]
    return made + [f'source-{p.parent.name}' for p in sorted(SOURCES.glob('[!.]*/source.json'))]


def overwrites_state(content):
    """Whether an operator of a model makes a variable: TFLiteConverter stores the zeros that states begin with in half
    precision."""
    graphs = models.parse(content).subgraphs
    return any(g.tensors[i].isVariable for g in graphs for op in g.operators or [] for i in op.outputs)


def write(folder, found):
    for stem, content in found.items():
        if not overwrites_state(content):
            (folder / f'{stem}.tflite').write_bytes(content)


def spawn(name):
    """Convert in another process; what came of it in a word or two."""
    out, draft = WEIGHTS / name, WEIGHTS / f'.{name}'
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    why = None
    try:
        run = subprocess.run(
            [sys.executable, '-W', 'ignore', __file__, '--here', draft, name], capture_output=True, text=True, timeout=TIMEOUT
        )
        if run.returncode:
            why = f'signal {-run.returncode}' if run.returncode < 0 else '\n'.join(run.stderr.strip().splitlines()[-2:])[:600]
    except subprocess.TimeoutExpired:
        why = f'no answer within {TIMEOUT} s'
    if why:
        (draft / 'failed.txt').write_text(why + '\n')
    shutil.rmtree(out, ignore_errors=True)
    draft.rename(out)
    return f'FAILED: {why}' if why else 'converted'


def pairs(wanted):
    from oracle_pairs import convert
    from weight_nets import NETS

    for name in wanted or NETS:
        folder, found = PAIRS / name, answers_of(lambda name=name: convert(NETS[name]()), per_tensor=True)
        folder.mkdir(parents=True, exist_ok=True)
        for stem, content in found.items():
            if len(content) > LIMIT:
                raise ValueError(f'{name}: {stem}.tflite has {len(content)} bytes')
        write(folder, found)
        print(name, {stem: len(content) for stem, content in found.items()}, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*')
    parser.add_argument('--again', action='store_true', help='remake what is there')
    parser.add_argument('--here', type=pathlib.Path, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.name[:1] == ['pairs']:
        return pairs(a.name[1:])
    if a.here:
        found = answers_of(converting(a.name[0], a.here))
        for left in a.here.iterdir():
            shutil.rmtree(left)
        return write(a.here, found)
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    wanted = [n for n in names() if not a.name or n in a.name]
    for name in wanted:
        if a.again or not (WEIGHTS / name).exists():
            print(f'{name}: {spawn(name)}', flush=True)
    failed = [n for n in wanted if (WEIGHTS / n / 'failed.txt').exists()]
    print(
        f'{len(wanted) - len(failed)} of {len(wanted)} sources have an oracle; '
        f'TFLiteConverter fails on: {", ".join(failed) or "none"}'
    )


if __name__ == '__main__':
    main()

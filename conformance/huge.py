#!/usr/bin/env python3
"""A model of more than 2 GB, whose constants a flatbuffer can't hold and which stand behind it: every scheme of it in LiteRT, and
the memory that octet takes.

usage: huge.py [--octet BINARY] [--rows N] [--only WHAT,...] [FOLDER]      FOLDER (default: .corpus/huge) takes some 10 GB; what
           is made there is removed

The model looks up 16 of N words, averages and multiplies twice; its weights are drawn a block at a time. It is written as a
SavedModel, as .h5 and as .keras, each of which octet converts to a float flatbuffer and at once to int8; the last flatbuffer is
inspected, run, written again, converted in every scheme, and compared with results. LiteRT, which takes more than 2 GB by path
alone, must give for float models what NumPy computes from the weights (1e-5 of the greatest magnitude), and octet's executor the
same, and for others at least LEAST decibels. Prints a table in Markdown: sizes, the greatest resident set, also in proportion to
what is read, CPU time, decibels. --only leaves out rows that lead to something else than it lists (none, int8, inspect, ...), but
for the float flatbuffer's.
"""

import argparse
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '-1')
import numpy as np

import lite
import measured
from places import CORPUS, REPO

WIDTH, HIDDEN, WORDS, SAMPLES = 256, (8192, 24576), 16, 8
BLOCK = 1 << 12  # rows that are drawn at once
SCHEMES = {
    'none': [],
    'float16': ['--quantize', 'float16'],
    'dynamic': ['--quantize', 'dynamic'],
    'weight-only': ['--quantize', 'weight-only'],
    'weight-only 4 bits': ['--quantize', 'weight-only', '--weight-bits', '4'],
    'weight-only 4 bits in blocks': ['--quantize', 'weight-only', '--weight-bits', '4', '--block-size', '32'],
    'int8': ['--quantize', 'int8', '--io', 'float32'],
    'int16x8': ['--quantize', 'int16x8', '--io', 'float32'],
}
LEAST = {
    'none': 100,
    'float16': 50,
    'dynamic': 25,
    'weight-only': 30,
    'weight-only 4 bits': 10,
    'weight-only 4 bits in blocks': 13,
    'int8': 15,
    'int16x8': 30,
}


def blocks(layer, rows, columns):
    """A matrix of normal numbers, a block of rows at a time."""
    rng = np.random.default_rng(layer)
    for start in range(0, rows, BLOCK):
        yield (
            start,
            rng.standard_normal((min(BLOCK, rows - start), columns), np.float32) * np.float32(1 if layer == 0 else rows**-0.5),
        )


def small():
    """The model with a tiny vocabulary and tiny layers."""
    import keras

    return keras.Sequential(
        [
            keras.Input((WORDS,), dtype='int32', name='words'),
            keras.layers.Embedding(3, WIDTH, name='table'),
            keras.layers.GlobalAveragePooling1D(name='mean'),
            *(keras.layers.Dense(5 + i, use_bias=False, activation='relu' if i == 0 else None, name=f'dense{i}') for i in range(2)),
        ]
    )


def matrices(vocabulary):
    """The shape of each layer's weights in the small model, and what it shall be."""
    return {(3, WIDTH): (vocabulary, WIDTH), (WIDTH, 5): (WIDTH, HIDDEN[0]), (5, 6): HIDDEN}


def enlarge(config, vocabulary):
    """The configuration of the small model, as that of the large one."""
    for old, new in (
        ('"input_dim": 3', f'"input_dim": {vocabulary}'),
        *((f'"units": {5 + i}', f'"units": {n}') for i, n in enumerate(HIDDEN)),
    ):
        if config.count(old) != 1:
            raise ValueError(f'the configuration has {config.count(old)} times {old}')
        config = config.replace(old, new)
    return config


def fill(h, vocabulary):
    """Replace the small model's weights in an HDF5 file."""
    import h5py

    found = {}
    h.visititems(lambda name, o: found.update({o.shape: name}) if isinstance(o, h5py.Dataset) else None)
    for layer, (old, size) in enumerate(matrices(vocabulary).items()):
        del h[found[old]]
        dataset = h.create_dataset(found[old], size, np.float32)
        for start, block in blocks(layer, *size):
            dataset[start : start + len(block)] = block


def make_keras(path, vocabulary):
    import h5py

    tiny, weights = path.with_suffix('.small.keras'), path.with_suffix('.weights')
    small().save(tiny)
    with zipfile.ZipFile(tiny) as z:
        weights.write_bytes(z.read('model.weights.h5'))
        config, meta = enlarge(z.read('config.json').decode(), vocabulary), z.read('metadata.json')
    with h5py.File(weights, 'r+') as h:
        fill(h, vocabulary)
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_STORED, allowZip64=True) as z:
        z.writestr('metadata.json', meta)
        z.writestr('config.json', config)
        z.write(weights, 'model.weights.h5')
    tiny.unlink(), weights.unlink()


def make_h5(path, vocabulary):
    import h5py

    small().save(path)
    with h5py.File(path, 'r+') as h:
        h.attrs['model_config'] = enlarge(h.attrs['model_config'], vocabulary)
        fill(h, vocabulary)


def make_saved_model(path, vocabulary):
    import tensorflow as tf

    model = tf.Module()
    model.weights = []
    for layer, size in enumerate(matrices(vocabulary).values()):
        weights = np.empty(size, np.float32)
        for start, block in blocks(layer, *size):
            weights[start : start + len(block)] = block
        model.weights.append(tf.Variable(weights))

    @tf.function(input_signature=[tf.TensorSpec((None, WORDS), tf.int32, 'words')])
    def call(words):
        table, first, second = model.weights
        return {'y': tf.nn.relu(tf.reduce_mean(tf.gather(table, words), 1) @ first) @ second}

    model.call = call
    tf.saved_model.save(model, path, signatures={'serving_default': call})


SOURCES = {
    'saved_model': make_saved_model,
    'model.h5': make_h5,
    'model.keras': make_keras,
}  # the last one's flatbuffer is converted further


def make(path, vocabulary):
    """Write the model in a process of its own, whose memory is of no use later."""
    process = multiprocessing.get_context('spawn').Process(target=SOURCES[path.name], args=(path, vocabulary))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f'huge: {path.name} can not be made: status {process.exitcode}')


def size(path):
    return sum(f.stat().st_size for f in path.rglob('*') if f.is_file()) if path.is_dir() else path.stat().st_size


def expected(words, vocabulary):
    """The outputs by NumPy, in float64, for the words of all samples."""
    x = np.zeros((len(words), WIDTH))
    for start, block in blocks(0, vocabulary, WIDTH):
        for i, row in enumerate(words):
            x[i] += sum(block[w - start].astype(np.float64) for w in row if start <= w < start + len(block)) / WORDS
    for layer, (rows, columns) in enumerate(((WIDTH, HIDDEN[0]), HIDDEN), 1):
        y = np.zeros((len(words), columns))
        for start, block in blocks(layer, rows, columns):
            y += x[:, start : start + len(block)] @ block.astype(np.float64)
        x = np.maximum(y, 0) if layer == 1 else y
    return x


def run(command, want=0):
    """The greatest resident set in bytes, and the CPU seconds, of a program that must end with this status."""
    used = measured.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if used.status != want:
        raise SystemExit(f'huge: {" ".join(map(str, command))}: status {used.status}: {used.err[-500:]}')
    return used.memory, used.cpu


def in_litert(path, words, scheme):
    runner = lite.Runner(
        path, lite.XNNPACK if 'blocks' in scheme else lite.BUILTIN
    )  # the builtin kernel for weights in blocks leaves out activations
    return np.concatenate([runner.run([row[None]])[0] for row in words]).astype(np.float64)


def decibels(want, got):
    return 10 * np.log10(np.sum(want**2) / max(np.sum((want - got) ** 2), 1e-300))


class Table:
    """The rows that are asked for, and what is wrong."""

    def __init__(self, octet, folder, vocabulary, only):
        self.octet, self.folder, self.vocabulary, self.only, self.bad = octet, folder, vocabulary, only, []
        self.data = folder / 'samples.npz'
        self.words = np.random.default_rng(9).integers(0, vocabulary, (SAMPLES, WORDS), np.int32)
        np.savez(self.data, words=self.words)
        self.want = expected(self.words, vocabulary)
        print(
            '| from | to | file, MB | greatest resident set, MB | beside what is read | CPU, s | dB |\n'
            '| --- | --- | ---: | ---: | ---: | ---: | ---: |'
        )

    def asked(self, what):
        return not self.only or what in self.only

    def row(self, name, what, *arguments, read, result=None, found=None, least=None, status=0):
        """Run octet; found gives outputs to compare with what is expected, least the decibels that they must have, exact results
        if it is None."""
        memory, seconds = run([self.octet, *arguments], status)
        taken = sum(map(size, read))
        decibel = ''
        if found:
            got = found()
            decibel = f'{decibels(self.want, got):.1f}'
            wrong = (
                np.abs(got - self.want).max() > 1e-5 * np.abs(self.want).max()
                if least is None
                else decibels(self.want, got) < least
            )
            if wrong:
                self.bad.append(f'{what} from {name}')
        written = f'{size(result) / 1e6:.0f}' if result else ''
        print(
            f'| {name} | {what} | {written} | {memory / 1e6:.0f} | {memory / taken:.2f} | {seconds:.1f} | {decibel} |', flush=True
        )

    def convert(self, source, scheme, out):
        data = ['--data', self.data] if scheme.startswith('int') else []
        self.row(
            source.name,
            scheme,
            'convert',
            source,
            '-o',
            out,
            *SCHEMES[scheme],
            *data,
            read=[source],
            result=out,
            found=lambda: in_litert(out, self.words, scheme),
            least=None if scheme == 'none' else LEAST[scheme],
        )

    def source(self, source, model, out):
        """Convert a source to a float flatbuffer, and at once to int8."""
        make(source, self.vocabulary)
        self.convert(source, 'none', model)
        if self.asked('int8'):
            self.convert(source, 'int8', out)
        shutil.rmtree(source) if source.is_dir() else source.unlink()

    def results(self, model, what):
        """Run a model in octet's executor."""
        stored = self.folder / 'results.npz'

        def own():
            with np.load(stored) as z:
                return next(iter(z.values())).reshape(self.want.shape)

        self.row(model.name, what, 'run', model, '--data', self.data, '-o', stored, read=[model], found=own)

    def all(self):
        model, out = self.folder / 'float.tflite', self.folder / 'out.tflite'
        for name in SOURCES:
            if self.asked(name) or name == list(SOURCES)[-1]:
                self.source(self.folder / name, model, out)
        if self.asked('inspect'):
            self.row(model.name, 'inspect', 'inspect', model, read=[model])
        if self.asked('run'):
            self.results(model, 'run')
        for scheme in filter(self.asked, SCHEMES):
            self.convert(model, scheme, out)
            if scheme == 'none' and subprocess.run(['cmp', '-s', model, out]).returncode:
                self.bad.append('the float model written again')
            if scheme == 'dynamic' and self.asked('diff'):
                self.row(f'{model.name}, {scheme}', 'diff', 'diff', model, out, read=[model, out], status=1)
            if scheme == 'int8' and self.asked('verify'):
                self.row(f'{model.name}, {scheme}', 'verify', 'verify', model, out, '--data', self.data, read=[model, out])
        if self.bad:
            sys.exit(f'huge: wrong: {", ".join(self.bad)}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('folder', nargs='?', type=pathlib.Path, default=CORPUS / 'huge')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built if it is not given')
    parser.add_argument('--rows', type=int, default=1_500_000, help='words of the vocabulary')
    parser.add_argument('--only', type=lambda s: set(s.split(',')), help='which rows; all if it is not given')
    a = parser.parse_args()
    work = a.folder / 'work'
    work.mkdir(parents=True)
    try:
        octet = a.octet or work / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        Table(octet, work, a.rows, a.only).all()
    finally:
        shutil.rmtree(work)


if __name__ == '__main__':
    main()

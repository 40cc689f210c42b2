#!/usr/bin/env python3
"""A model of more than 2 GB, whose constants a flatbuffer can't hold and which stand behind it: every scheme of it in LiteRT, and the memory that octet takes.

usage: huge.py [--octet BINARY] [--rows N] [FOLDER]      FOLDER (default: .corpus/huge) takes some 10 GB; what is made there is removed

The model looks up 16 of N words, averages and multiplies twice; its weights are drawn a block at a time. It is written as .keras, which octet converts to a float flatbuffer; that
one is inspected, run, written again, and converted in every scheme. LiteRT, which takes more than 2 GB by path alone, must give for the float model what NumPy computes from
the weights (1e-5 of the greatest magnitude), and octet's executor the same, and for others at least LEAST decibels. Prints a table in Markdown: sizes, the greatest resident set,
CPU time, decibels.
"""

import argparse
import json
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
    'int8': ['--quantize', 'int8', '--io', 'float32'],
    'int16x8': ['--quantize', 'int16x8', '--io', 'float32'],
}
LEAST = {'none': 100, 'float16': 50, 'dynamic': 25, 'weight-only': 30, 'int8': 15, 'int16x8': 30}


def blocks(layer, rows, columns):
    """A matrix of normal numbers, a block of rows at a time."""
    rng = np.random.default_rng(layer)
    for start in range(0, rows, BLOCK):
        yield start, rng.standard_normal((min(BLOCK, rows - start), columns), np.float32) * np.float32(1 if layer == 0 else rows**-0.5)


def make(path, vocabulary):
    """Write the model: that of a tiny vocabulary and tiny layers, with these numbers replaced."""
    import h5py
    import keras

    model = keras.Sequential([
        keras.Input((WORDS,), dtype='int32', name='words'),
        keras.layers.Embedding(3, WIDTH, name='table'),
        keras.layers.GlobalAveragePooling1D(name='mean'),
        *(keras.layers.Dense(5 + i, use_bias=False, activation='relu' if i == 0 else None, name=f'dense{i}') for i in range(2)),
    ])
    small, weights = path.with_suffix('.small.keras'), path.with_suffix('.h5')
    model.save(small)
    with zipfile.ZipFile(small) as z:
        z.extract('model.weights.h5', weights.parent)
        config = z.read('config.json').decode()
        meta = z.read('metadata.json')
    (weights.parent / 'model.weights.h5').rename(weights)
    for old, new in (('"input_dim": 3', f'"input_dim": {vocabulary}'), *((f'"units": {5 + i}', f'"units": {n}') for i, n in enumerate(HIDDEN))):
        if config.count(old) != 1:
            raise ValueError(f'config.json has {config.count(old)} times {old}')
        config = config.replace(old, new)
    sizes = [(vocabulary, WIDTH), (WIDTH, HIDDEN[0]), HIDDEN]
    with h5py.File(weights, 'r+') as h:
        for layer, (where, size) in enumerate(zip(('embedding', 'dense', 'dense_1'), sizes)):
            group = h[f'layers/{where}/vars']
            del group['0']
            dataset = group.create_dataset('0', size, np.float32)
            for start, block in blocks(layer, *size):
                dataset[start : start + len(block)] = block
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_STORED, allowZip64=True) as z:
        z.writestr('metadata.json', meta)
        z.writestr('config.json', config)
        z.write(weights, 'model.weights.h5')
    small.unlink(), weights.unlink()


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


def run(command):
    """The greatest resident set in bytes, and the CPU seconds, of a program that must succeed."""
    used = measured.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if used.status:
        raise SystemExit(f'huge: {" ".join(map(str, command))}: status {used.status}: {used.err[-500:]}')
    return used.memory, used.cpu


def in_litert(path, words):
    runner = lite.Runner(path)
    return np.concatenate([runner.run([row[None]])[0] for row in words]).astype(np.float64)


def decibels(want, got):
    return 10 * np.log10(np.sum(want**2) / max(np.sum((want - got) ** 2), 1e-300))


def table(octet, folder, vocabulary):
    source, model, out, data = (folder / n for n in ('model.keras', 'float.tflite', 'out.tflite', 'samples.npz'))
    make(source, vocabulary)
    words = np.random.default_rng(9).integers(0, vocabulary, (SAMPLES, WORDS), np.int32)
    np.savez(data, words=words)
    want, bad = expected(words, vocabulary), []
    print('| from | to | file, MB | greatest resident set, MB | beside the source | CPU, s | dB |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |')
    whole = source.stat().st_size / 1e6

    def row(start, what, used, result=None, found=None):
        memory, seconds = used
        size = f'{result.stat().st_size / 1e6:.0f}' if result else ''
        error = f'{decibels(want, found):.1f}' if found is not None else ''
        print(f'| {start.name} | {what} | {size} | {memory / 1e6:.0f} | {memory / 1e6 / whole:.2f} | {seconds:.1f} | {error} |', flush=True)

    used = run([octet, 'convert', source, '-o', model])
    found = in_litert(model, words)
    row(source, 'none', used, model, found)
    source.unlink()
    if np.abs(found - want).max() > 1e-5 * np.abs(want).max():
        bad.append('the float model')
    row(model, 'inspect', run([octet, 'inspect', model]))
    results = folder / 'results.npz'
    used = run([octet, 'run', model, '--data', data, '-o', results])
    with np.load(results) as stored:
        own = next(iter(stored.values())).reshape(want.shape)
    row(model, 'run', used, None, own)
    if np.abs(own - want).max() > 1e-5 * np.abs(want).max():
        bad.append("octet's executor")
    for scheme, flags in SCHEMES.items():
        used = run([octet, 'convert', model, '-o', out, *flags, *(['--data', data] if scheme.startswith('int') else [])])
        found = in_litert(out, words)
        row(model, scheme, used, out, found)
        if decibels(want, found) < LEAST[scheme]:
            bad.append(scheme)
        if scheme == 'none' and subprocess.run(['cmp', '-s', model, out]).returncode:
            bad.append('the float model written again')
    if bad:
        sys.exit(f'huge: wrong: {", ".join(bad)}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('folder', nargs='?', type=pathlib.Path, default=CORPUS / 'huge')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built if it is not given')
    parser.add_argument('--rows', type=int, default=1_500_000, help='words of the vocabulary')
    a = parser.parse_args()
    work = a.folder / 'work'
    work.mkdir(parents=True)
    try:
        octet = a.octet or work / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        table(octet, work, a.rows)
    finally:
        shutil.rmtree(work)


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
"""Wall time and peak memory of SavedModel to float .tflite: octet beside TFLiteConverter with its import, as a table in Markdown.
And of ResNet50 as .keras and .h5, beside a copy of the file that is hashed on the way.

usage: bench_import.py [--octet FILE] [--rounds N] [--keras] [NAME ...]     sources of .corpus/sources; full-* if none is named

Both programs are started anew in each round, one after the other, and read the same files, which are in the system's cache. A
cell is the median of the rounds; memory is the resident set's greatest size. For a machine that does nothing else.
"""

import argparse
import hashlib
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

import measured
import source
from places import KERAS, PYTHON, REPO, SOURCES

FULL = ['full-mobilenetv2', 'full-efficientnetb0', 'full-resnet50']
CONVERTER = """
import os, sys
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
import tensorflow as tf
content = tf.lite.TFLiteConverter.from_saved_model(sys.argv[1]).convert()
open(sys.argv[2], 'wb').write(content)
"""


def run(command):
    """Seconds and bytes of a program that must succeed."""
    used = measured.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if used.status:
        raise SystemExit(f'bench_import: {" ".join(map(str, command))[:200]}: status {used.status}')
    return used.seconds, used.memory


RESNET = """
import sys
import keras
keras.applications.ResNet50(weights=None).save(sys.argv[1])
"""


def copied(path, target):
    """Seconds to read a file, hash it with SHA-256, and write it, without waiting for the disk."""
    start = time.perf_counter()
    digest = hashlib.sha256()
    with open(path, 'rb') as source, open(target, 'wb') as out:
        while block := source.read(1 << 20):
            digest.update(block)
            out.write(block)
    return time.perf_counter() - start


def keras_files(octet, folder, count):
    """The table of Keras files."""
    print('| ResNet50 | file | octet | | read, hashed and written | octet / that | memory / file |')
    print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |')
    KERAS.mkdir(parents=True, exist_ok=True)
    for form in ('keras', 'h5'):
        path = KERAS / f'bench-resnet50.{form}'
        if not path.exists():
            subprocess.run([PYTHON, '-W', 'ignore', '-c', RESNET, path], check=True, stderr=subprocess.DEVNULL)
        command = [octet, 'convert', path, '-o', folder / 'octet.tflite']
        run(command), copied(path, folder / 'copy')
        rounds = [(*run(command), copied(path, folder / 'copy')) for _ in range(count)]
        s, m, copy = (statistics.median(r[i] for r in rounds) for i in range(3))
        size = path.stat().st_size
        print(
            f'| .{form} | {size / 1e6:.1f} MB | {s:.3f} s | {m / 1e6:.0f} MB | {copy:.3f} s | {s / copy:.2f} | {m / size:.2f} |',
            flush=True,
        )


def weights(found):
    """Bytes of TFLiteConverter's flatbuffer: a checkpoint may hold variables more than once."""
    return len(found.lite)


def processor():
    lines = pathlib.Path('/proc/cpuinfo').read_text().splitlines()
    return next((line.split(':')[1].strip() for line in lines if line.startswith('model name')), platform.machine())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built from this checkout if not given')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--keras', action='store_true', help='only Keras files')
    a = parser.parse_args()
    print(f'{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of {a.rounds} runs\n')
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        octet = a.octet or folder / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        if a.keras:
            keras_files(octet, folder, a.rounds)
            return
        print('| model | weights | octet | | TFLiteConverter | | faster |')
        print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |')
        for model in a.name or FULL:
            found = source.load(SOURCES / model)
            ours = [octet, 'convert', found.saved_model, '-o', folder / 'octet.tflite']
            theirs = [PYTHON, '-W', 'ignore', '-c', CONVERTER, found.saved_model, folder / 'tensorflow.tflite']
            run(ours), run(theirs)  # the files come into the cache
            rounds = [(run(ours), run(theirs)) for _ in range(a.rounds)]
            (s, m), (ts, tm) = ([statistics.median(r[i][j] for r in rounds) for j in range(2)] for i in range(2))
            print(
                f'| {model.removeprefix("full-")} | {weights(found) / 1e6:.1f} MB | {s:.3f} s | {m / 1e6:.0f} MB '
                f'| {ts:.1f} s | {tm / 1e6:.0f} MB | {ts / s:.0f}× |',
                flush=True,
            )
        if not a.name:
            print()
            keras_files(octet, folder, a.rounds)


if __name__ == '__main__':
    main()

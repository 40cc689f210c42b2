#!/usr/bin/env python3
"""Wall time and peak memory of SavedModel to float .tflite: octet beside TFLiteConverter with its import, as a table in Markdown.

usage: bench_import.py [--octet FILE] [--rounds N] [NAME ...]     sources of .corpus/sources; full-* if none is named

Both programs are started anew in each round, one after the other, and read the same files, which are in the system's cache. A cell is the median
of the rounds; memory is the resident set's greatest size. For a machine that does nothing else.
"""

import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

import source
from places import PYTHON, REPO, SOURCES

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
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f'bench_import: {" ".join(map(str, command))[:200]}: status {process.returncode}')
    return seconds, usage.ru_maxrss * 1024  # ru_maxrss is in KiB on Linux


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
    a = parser.parse_args()
    print(f'{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of {a.rounds} runs\n')
    print('| model | weights | octet | | TFLiteConverter | | faster |')
    print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |')
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        octet = a.octet or folder / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
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


if __name__ == '__main__':
    main()

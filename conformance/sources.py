#!/usr/bin/env python3
"""Make the sources of origins, with TensorFlow's own values and TFLiteConverter's answers: .corpus/sources/NAME (see source.py).

usage: sources.py [--jobs N] [--again] [NAME | PREFIX* ...]

Each is made in a process of its own with a time limit, as TensorFlow may abort. What TensorFlow itself can't make or run is
recorded in .corpus/sources/failed.json.
"""

import argparse
import concurrent.futures
import fnmatch
import json
import os
import shutil
import subprocess

from places import HERE, PYTHON, SOURCES

TIMEOUT = 1500  # seconds a source
FAILED = SOURCES / 'failed.json'
ENVIRONMENT = os.environ | {'TF_CPP_MIN_LOG_LEVEL': '3', 'TF_ENABLE_ONEDNN_OPTS': '0', 'CUDA_VISIBLE_DEVICES': '-1'}


def names():
    listed = subprocess.run(
        [PYTHON, '-W', 'ignore', __file__, '--list'], check=True, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    return listed.stdout.split()


def done(name):
    return any((SOURCES / name / f).exists() for f in ('tflite.tflite', 'failed.txt'))


def make(name):
    """What came of a source, in a word, and why it failed if it did."""
    command = [PYTHON, '-W', 'ignore', __file__, '--here', name]
    try:
        run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=TIMEOUT, env=ENVIRONMENT)
        if run.returncode == 0:
            return run.stdout.strip().splitlines()[-1], None
        lines = [line for line in run.stderr.splitlines() if line.strip()]
        why = f'signal {-run.returncode}' if run.returncode < 0 else '\n'.join(lines[-1:])[:500]
    except subprocess.TimeoutExpired:
        why = f'no answer within {TIMEOUT} s'
    if (SOURCES / name / 'source.json').exists():  # the converter ended the process
        (SOURCES / name / 'failed.txt').write_text(why + '\n')
        return 'TFLiteConverter fails', None
    return 'FAILED', why


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these; with * and ? as in shells')
    parser.add_argument('--jobs', type=int, default=2, help='sources at a time')
    parser.add_argument('--again', action='store_true', help='remake what is there')
    parser.add_argument('--here', help=argparse.SUPPRESS)
    parser.add_argument('--list', action='store_true', help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.list or a.here:
        import origins

        print('\n'.join(origins.SOURCES) if a.list else origins.SOURCES[a.here]())
        return
    SOURCES.mkdir(parents=True, exist_ok=True)
    failed = json.loads(FAILED.read_text()) if FAILED.exists() else {}
    wanted = [n for n in names() if not a.name or any(fnmatch.fnmatch(n, pattern) for pattern in a.name)]
    todo = [n for n in wanted if a.again or not (done(n) or n in failed)]
    for n in todo:
        failed.pop(n, None)
        shutil.rmtree(SOURCES / n, ignore_errors=True)
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        for name, (state, why) in zip(todo, pool.map(make, todo)):
            print(f'{name}: {state}{f": {why}" if why else ""}', flush=True)
            if why:
                failed[name] = why
            FAILED.write_text(json.dumps(failed, indent=1) + '\n')
    lowered = sum((SOURCES / n / 'tflite.tflite').exists() for n in wanted)
    print(f'{len(wanted)} sources: TFLiteConverter converts {lowered}, fails on {sum(map(done, wanted)) - lowered}; '
          f'TensorFlow can not make {len(failed)}')  # fmt: skip


if __name__ == '__main__':
    main()

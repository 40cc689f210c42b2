#!/usr/bin/env python3
"""The corpus' float models as a zoo: octet batch converts all of them in several schemes, in one run; TFLiteConverter's quantizer
makes int8 of those that it can.

usage: zoo_run.py [--octet BINARY] [--folder DIR] [--every N] [--jobs N] [NAME ...]

The zoo is written to DIR/zoo.yaml (default: .corpus/zoo), each model with its calibration samples; results go to DIR/out. What is
printed, and written to DIR/figures.json, is: time by the clock, CPU time and greatest memory of the run, how many results there
are and what failed, sizes and SQNR by scheme; the time of a second run, which has nothing to do; and of a run that makes only
int8 models, without comparing them and without reports, as TFLiteConverter would, with an empty cache. TensorFlow's figure is CPU
time of its calibrator and quantizer alone, on every Nth model, in a process that has loaded it already; Octet's beside it is that
of a whole process for each of the same models. A result that fails while the journal of a run says otherwise, or an output that
differs from octet convert's, ends the script with status 1.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '-1')
import numpy as np

import measured
import models
from places import CORPUS, REPO
from samples import samples

SCHEMES = ['float16', 'dynamic', 'weight-only', 'int8', 'int8-mse', 'int16x8']
DEFINITIONS = """schemes:
  - float16
  - dynamic
  - weight-only
  - {name: int8, scheme: int8, io: float32}
  - {name: int8-mse, scheme: int8, io: float32, calibrator: mse}
  - {name: int16x8, scheme: int16x8, io: float32}
"""
WARM = 'mlp'  # a small model of the corpus
TIMEOUT = 3600  # seconds


def write(folder, names):
    """The zoo file, and the names of its models."""
    (folder / 'samples').mkdir(parents=True, exist_ok=True)
    lines, found = [], []
    for model in models.corpus():
        if model.kind != 'float' or names and model.name not in names:
            continue
        np.savez(folder / 'samples' / f'{model.name}.npz', **samples(model, models.load(model.path)))
        lines.append(f'  - {{path: {json.dumps(str(model.path.resolve()))}, name: {json.dumps(model.name)}}}')
        found.append(model)
    text = (
        'version: 1\ndefaults: {data: "samples/{name}.npz", holdout: 25%}\n' + DEFINITIONS + 'models:\n' + '\n'.join(lines) + '\n'
    )
    (folder / 'zoo.yaml').write_text(text)
    return found


def run(arguments, cache):
    """What a program used, and its exit status."""
    environment = {**os.environ, 'XDG_CACHE_HOME': str(cache)}
    used = measured.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    said = used.err.strip().splitlines()[-1:]
    return {'status': used.status, 'seconds': used.seconds, 'cpu': used.cpu, 'peak_mb': used.memory / 2**20, 'said': said}


def by_tensorflow(names):
    """In a process of its own, as TensorFlow may abort: a line of JSON for each model."""
    import oracle

    found = {m.name: m for m in models.corpus()}

    def make(name):
        content, flatbuffer = found[name].path.read_bytes(), models.load(found[name].path)
        arrays = samples(found[name], flatbuffer)
        start = time.process_time()
        size = len(oracle.quantize(oracle.calibrate(content, flatbuffer, arrays), 'float32'))
        return {'bytes': size, 'cpu': time.process_time() - start}

    make(WARM)  # loads what all need
    for name in names:
        row = {'name': name}
        try:
            row.update(make(name))
        except Exception as e:  # whatever it raises: the other models are still wanted
            row['error'] = f'{type(e).__name__}: {e}'[:200]
        print(json.dumps(row), flush=True)


def tensorflow(names):
    """by_tensorflow of all names, begun again behind each that ends it."""
    rows = {}
    left = list(names)
    while left:
        command = [sys.executable, __file__, '--tensorflow', *left]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        for line in done.stdout.splitlines():
            if line.startswith('{'):
                row = json.loads(line)
                rows[row.pop('name')] = row
        rest = [n for n in left if n not in rows]
        if rest:
            rows[rest[0]] = {'error': f'the process ended with {done.returncode}'}
        left = rest[1:]
    return rows


def check(octet, folder, found, table):
    """Every tenth int8 model is what octet convert makes."""
    wrong = []
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch) / 'out.tflite'
        for model in found[::10]:
            row = next(r for r in table['items'] if (r['name'], r['scheme']) == (model.name, 'int8'))
            data = folder / 'samples' / f'{model.name}.npz'
            flags = ['--quantize', 'int8', '--io', 'float32', '--verify', '--holdout', '25%', '--no-cache']
            done = subprocess.run([octet, 'convert', model.path, '-o', out, '--data', data, *flags], capture_output=True)
            made = hashlib.sha256(out.read_bytes()).hexdigest() if done.returncode == 0 else None
            out.unlink(missing_ok=True)
            if made != row.get('sha256'):
                wrong.append(model.name)
    return wrong


def summary(table):
    """By scheme: how many, their size against the source's, their SQNR."""
    rows = {}
    for scheme in SCHEMES:
        items = [r for r in table['items'] if r['scheme'] == scheme]
        made = [r for r in items if 'sha256' in r]
        ratios = sorted(r['sqnr_db'] for r in made if 'sqnr_db' in r)
        rows[scheme] = {
            'made': len(made),
            'of': len(items),
            'size': sum(r['bytes'] for r in made) / sum(r['source_bytes'] for r in made),
            'sqnr': {'least': ratios[0], 'median': statistics.median(ratios), 'greatest': ratios[-1]} if ratios else None,
            'float': sum(1 for r in made if r.get('float')),
            'failed': {r['name']: r['error'] for r in items if 'sha256' not in r},
        }
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built if it is not given')
    parser.add_argument('--folder', type=pathlib.Path, default=CORPUS / 'zoo')
    parser.add_argument('--every', type=int, default=1, help='TensorFlow makes every Nth model')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--tensorflow', action='store_true', help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.tensorflow:
        return by_tensorflow(a.name)
    folder = a.folder
    folder.mkdir(parents=True, exist_ok=True)
    octet = a.octet or folder / 'octet'
    if not a.octet:
        subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
    found = write(folder, a.name)
    out, cache = folder / 'out', folder / 'cache'
    for stale in (out, folder / 'int8', cache):
        shutil.rmtree(stale, ignore_errors=True)
    figures = {'models': len(found)}

    def note(key, value):
        figures[key] = value
        (folder / 'figures.json').write_text(json.dumps(figures, indent=1) + '\n')
        print(key, json.dumps(value, indent=1), flush=True)

    batch = [octet, 'batch', folder / 'zoo.yaml', '-o', out, '--jobs', str(a.jobs)]
    note('all', run(batch, cache))
    table = json.loads((out / 'batch.json').read_text())
    note('totals', table['totals'])
    note('schemes', summary(table))
    failed = table['totals']['failed']
    note('again', run(batch, cache))
    again = json.loads((out / 'batch.json').read_text())['totals']
    note('wrong', check(octet, folder, found, table))
    picked = [m.name for m in found[:: a.every]]
    own = {}
    for name in picked:
        plain = [
            '--quantize',
            'int8',
            '--holdout',
            'none',
            '--report',
            'none',
            '--io',
            'float32',
            '--no-cache',
            '--only',
            name,
            '--again',
        ]
        own[name] = run([octet, 'batch', folder / 'zoo.yaml', '-o', folder / 'int8', *plain], cache)
    peer = tensorflow(picked)
    both = [n for n in picked if 'cpu' in peer[n] and own[n]['status'] == 0]
    note('int8', {n: {'octet': own[n]['cpu'], 'peak_mb': own[n]['peak_mb'], 'tensorflow': peer[n]} for n in picked})
    note(
        'int8 of both',
        {'models': len(both), 'octet': sum(own[n]['cpu'] for n in both), 'tensorflow': sum(peer[n]['cpu'] for n in both)},
    )
    kept = again['kept'] + again['broken']
    made = table['totals']['converted'] + table['totals']['same'] + table['totals']['broken']
    if figures['wrong'] or failed or kept != made:
        sys.exit(f'zoo_run: {failed} results failed; {kept} of {made} were kept; not what octet convert makes: {figures["wrong"]}')


if __name__ == '__main__':
    main()

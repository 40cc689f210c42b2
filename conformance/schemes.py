#!/usr/bin/env python3
"""Every scheme of quantization on the corpus' float models: does LiteRT run it, how large is it, and how near to the float model.

usage: schemes.py [--octet BINARY] [--samples N] [--table] [--summary] [NAME ...]

Each float model that LiteRT runs is converted by `octet convert` in each scheme, with float inputs and outputs unless the
scheme's name says otherwise, over its calibration samples where the scheme needs them, and run in LiteRT on N of them: builtin
kernels, and what a CPU gets by default (XNNPACK). The signal-to-noise ratio of an output is 10 log10(sum y² / sum (y - y')²); a
model's is its worst output's. .corpus/schemes.json holds the results. A scheme that LiteRT does not run, or with an output that
is no number where the float model's is one, ends the script with status 1. --table prints the results as docs/schemes.md has
them.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np

import lite
import models
from places import CORPUS, HERE, REPO
from samples import inputs, samples

RESULTS = CORPUS / 'schemes.json'
SCHEMES = {
    'float16': ['--quantize', 'float16'],
    'dynamic': ['--quantize', 'dynamic'],
    'dynamic per tensor': ['--quantize', 'dynamic', '--per-tensor'],
    'weight-only': ['--quantize', 'weight-only'],
    'weight-only 4 bits': ['--quantize', 'weight-only', '--weight-bits', '4'],
    'blocks of 32': ['--quantize', 'weight-only', '--weight-bits', '4', '--block-size', '32'],
    'int8': ['--quantize', 'int8', '--io', 'float32'],
    'int8 per tensor': ['--quantize', 'int8', '--io', 'float32', '--per-tensor'],
    'int8, int16 outside': ['--quantize', 'int8', '--io', 'int16'],
    'int16x8': ['--quantize', 'int16x8', '--io', 'float32'],
    'int8, some dynamic': ['--recipe', HERE / 'recipes' / 'int8_beside_dynamic.yaml', '--io', 'float32'],
    'int16x8, some weight-only': ['--recipe', HERE / 'recipes' / 'int16x8_beside_weight_only.yaml', '--io', 'float32'],
}
CALIBRATED = {s for s in SCHEMES if s.startswith('int')}
TIMEOUT = 600  # seconds a conversion


def convert(octet, arguments):
    """The seconds that octet convert took; None if a recipe is not for the model; its error instead if it failed."""
    start = time.monotonic()
    run = subprocess.run([octet, 'convert', *arguments], capture_output=True, text=True, timeout=TIMEOUT)
    if 'names no operator' in run.stderr:
        return None
    if run.returncode:
        raise RuntimeError(f'octet: {run.stderr.strip().splitlines()[-1][:300]}')
    return time.monotonic() - start


def outputs(content, feeds, resolver):
    """The outputs for each of feeds, a list of arrays in the order of the model's inputs."""
    runner = lite.Runner(content, resolver)
    stored = [[stored_as(d, x) for d, x in zip(runner.inputs, feed, strict=True)] for feed in feeds]
    return [[real(d, y) for d, y in zip(runner.outputs, runner.run(feed), strict=True)] for feed in stored]


def stored_as(detail, x):
    """Real numbers as an input takes them."""
    scale, zero = detail['quantization']
    if x.dtype.kind != 'f' or detail['dtype'] == x.dtype:
        return x
    limits = np.iinfo(detail['dtype'])
    return np.clip(np.round(x / np.float32(scale)) + zero, limits.min, limits.max).astype(detail['dtype'])


def real(detail, y):
    """An output's real numbers."""
    scale, zero = detail['quantization']
    return (y.astype(np.float32) - zero) * np.float32(scale) if scale else y


def noise(expected, found):
    """The worst output's signal-to-noise ratio in decibels; None if all are equal or not real numbers."""
    worst = None
    for i in range(len(expected[0])):
        y = np.concatenate([np.asarray(e[i]).ravel() for e in expected])
        if y.dtype.kind != 'f':
            continue
        z = np.concatenate([np.asarray(f[i]).ravel() for f in found]).astype(np.float64)
        y, known = y.astype(np.float64), np.isfinite(y)
        if not np.isfinite(z[known]).all():
            raise ValueError(f'output {i} is not a number where the float model has one')
        signal, error = np.sum(y[known] ** 2), np.sum((y[known] - z[known]) ** 2)
        if signal > 0 and error > 0:
            ratio = 10 * np.log10(signal / error)
            worst = ratio if worst is None else min(worst, ratio)
    return worst


def measure(octet, model, count, names):
    content, flatbuffer = model.path.read_bytes(), models.load(model.path)
    arrays = samples(model, flatbuffer)
    order = inputs(flatbuffer)
    feeds = [
        [np.ascontiguousarray(arrays[x.name][i : i + 1]) for x in order]
        for i in range(min(count, *(len(a) for a in arrays.values())))
    ]
    try:
        expected = outputs(content, feeds, lite.BUILTIN)
    except (ValueError, RuntimeError) as e:
        return {'float': {'error': str(e)[:300]}}
    found = {'float': {'bytes': len(content)}}
    with tempfile.TemporaryDirectory() as folder:
        data, out = pathlib.Path(folder) / 'samples.npz', pathlib.Path(folder) / 'out.tflite'
        np.savez(data, **arrays)
        for name in names:
            extra = ['--data', data] if name in CALIBRATED else []
            row = {}
            try:
                if (seconds := convert(octet, [model.path, '-o', out, *SCHEMES[name], *extra])) is None:
                    continue
                row['seconds'] = round(seconds, 3)
                made = out.read_bytes()
                row['bytes'] = len(made)
                row['db'] = noise(expected, outputs(made, feeds, lite.BUILTIN))
                row['xnnpack_db'] = noise(expected, outputs(made, feeds, lite.XNNPACK))
            except (ValueError, RuntimeError, subprocess.TimeoutExpired) as e:
                row['error'] = str(e)[:300]
            found[name] = row
    return found


def table(results):
    """The lines of a table in Markdown: decibels, and the size against the float model's."""
    print('| model | ' + ' | '.join(SCHEMES) + ' |\n| --- |' + ' ---: |' * len(SCHEMES))
    for name, found in results.items():
        size = found['float'].get('bytes')
        if size is None:
            continue

        def cell(row, size=size):
            if 'error' in row:
                return 'error'
            decibels = '=' if row['db'] is None else f'{row["db"]:.1f}'
            return f'{decibels} ({100 * row["bytes"] / size:.0f} %)'

        print(f'| {name} | ' + ' | '.join(cell(found[s]) if s in found else '' for s in SCHEMES) + ' |')


def summary(results):
    """The lines of a table in Markdown: how many models each scheme was asked of, how many of these run, and the median of the
    worst outputs' decibels; then what does not run, and why."""
    print('| scheme | models | run | dB, median |\n| --- | ---: | ---: | ---: |')
    bad = {name: r['float']['error'] for name, r in results.items() if 'error' in r['float']}
    for s in SCHEMES:
        rows = {name: r[s] for name, r in results.items() if s in r and name not in bad}
        run = [r for r in rows.values() if 'error' not in r]
        known = [r['db'] for r in run if r['db'] is not None]
        print(f'| {s} | {len(rows)} | {len(run)} | {statistics.median(known):.1f} |')
        bad |= {f'{name}, {s}': r['error'] for name, r in rows.items() if 'error' in r}
    for name, why in bad.items():
        print(f'{name}: {why}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built if it is not given')
    parser.add_argument('--samples', type=int, default=4, help='that LiteRT runs')
    parser.add_argument('--scheme', action='append', choices=list(SCHEMES), help='only these')
    parser.add_argument('--table', action='store_true', help='print what is there')
    parser.add_argument('--summary', action='store_true', help='print how many models run')
    a = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if a.table or a.summary:
        return summary(results) if a.summary else table(results)
    with tempfile.TemporaryDirectory() as folder:
        octet = a.octet or pathlib.Path(folder) / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        bad = []
        for model in models.corpus():
            if model.kind != 'float' or a.name and model.name not in a.name:
                continue
            found = measure(octet, model, a.samples, a.scheme or SCHEMES)
            results.setdefault(model.name, {}).update(found)
            RESULTS.write_text(json.dumps(results, indent=1) + '\n')
            print(
                model.name,
                {k: v.get('error') or v.get('db') and round(v['db'], 1) for k, v in found.items() if k != 'float' or 'error' in v},
                flush=True,
            )
            bad += [f'{model.name}: {k}' for k, v in found.items() if 'error' in v and k != 'float']
    if bad:
        sys.exit(f'schemes: {len(bad)} results are bad: {", ".join(bad)}')


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
"""How much noise quantization adds: Octet's default rules beside TFLiteConverter's, as a table in Markdown.

usage: sqnr.py [NAME ...]      models of .corpus/oracle; those with trained weights if none is named

Each model is calibrated by `octet convert` over all its samples, with float32 inputs and outputs, once by either rule set;
LiteRT's builtin kernels then run the float model and both int8 ones over the same samples. A row holds, over all outputs and
samples, ten times the logarithm of the float outputs' energy over the error's (dB, an output of constant zero left out), the mean
over outputs; and the numbers of operators that stay float and of requantizes.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import lite
import models
from architectures import ARCHITECTURES
from places import ORACLE, REPO
from samples import inputs

RULES = {'tflite': ['--compat', 'tflite'], 'default': []}


def build(folder):
    binary = folder / 'octet'
    subprocess.run(['go', 'build', '-o', binary, './cmd/octet'], cwd=REPO, check=True)
    return binary


def outputs(content, rows):
    runner = lite.Runner(content)
    results = [runner.run(row) for row in rows]
    return [np.stack(column) for column in zip(*results)]


def decibels(want, got):
    """The signal-to-noise ratio of got against want."""
    noise = np.sum((want - got).astype(np.float64) ** 2)
    signal = np.sum(want.astype(np.float64) ** 2)
    return 10 * np.log10(signal / noise) if noise else np.inf


def measure(octet, folder, work):
    """The cells of a model's row."""
    samples = dict(np.load(folder / 'samples.npz'))
    names = [i.name for i in inputs(models.load(folder / 'float.tflite'))]
    rows = [[samples[n][i : i + 1] for n in names] for i in range(min(len(a) for a in samples.values()))]
    want = outputs((folder / 'float.tflite').read_bytes(), rows)
    cells = {}
    for rule, flags in RULES.items():
        out = work / f'{rule}.tflite'
        command = [
            octet,
            'convert',
            folder / 'float.tflite',
            '-o',
            out,
            '--data',
            folder / 'samples.npz',
            '--io',
            'float32',
            '--json',
            *flags,
        ]
        summary = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        got = outputs(out.read_bytes(), rows)
        ratios = [decibels(w, g) for w, g in zip(want, got) if w.dtype.kind == 'f' and w.any()]
        report = summary['report']
        cells[rule] = (float(np.mean(ratios)), len(report.get('float') or []), len(report.get('requantizes') or []))
    return cells


def main():
    names = sys.argv[1:] or sorted(p.parent.name for p in ORACLE.glob('[!.]*/int8.tflite') if p.parent.name not in ARCHITECTURES)
    print('| model | TFLiteConverter\'s rules, dB | default, dB | gain | float operators | requantizes |')
    print('| --- | ---: | ---: | ---: | ---: | ---: |')
    failed = []
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        octet = build(work)
        for name in names:
            try:
                cells = measure(octet, ORACLE / name, work)
            except (subprocess.CalledProcessError, ValueError, RuntimeError, KeyError) as e:
                failed.append(f'{name}: {getattr(e, "stderr", None) or e}')
                continue
            (a, floats_a, re_a), (b, floats_b, re_b) = cells['tflite'], cells['default']
            print(f'| {name} | {a:.1f} | {b:.1f} | {b - a:+.1f} | {floats_a} → {floats_b} | {re_a} → {re_b} |', flush=True)
    for line in failed:
        print(f'sqnr: {line}', file=sys.stderr)
    sys.exit(bool(failed))


if __name__ == '__main__':
    main()

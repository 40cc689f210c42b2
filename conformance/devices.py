#!/usr/bin/env python3
"""Octet's int8 models of the corpus, for what runs them on microcontrollers: .corpus/devices/NAME/int8.tflite.

usage: devices.py [--octet PROGRAM] [NAME …]
       devices.py --table       the results of micro.py and vela.py, as docs/devices.md has them

Each float model of the corpus that has no int8.tflite yet is converted over its calibration samples, with int8 inputs and
outputs. Why that failed is in failed.txt. TensorFlow's int8 model of the same float model, where there is one, is
.corpus/oracle/NAME/int8.tflite.
"""

import argparse
import dataclasses
import json
import pathlib
import subprocess
import tempfile

import numpy as np

import models
from places import CORPUS, DEVICES, ORACLE, REPO
from samples import samples

TIMEOUT = 900  # seconds a conversion


@dataclasses.dataclass(frozen=True)
class Pair:
    name: str
    ours: pathlib.Path
    theirs: pathlib.Path | None  # TensorFlow's

    def paths(self):
        """Both by who made them."""
        return {'octet': self.ours} | ({'tensorflow': self.theirs} if self.theirs else {})


def pairs(names=()):
    """The models that are made, sorted by name."""
    for path in sorted(DEVICES.glob('*/int8.tflite')):
        name = path.parent.name
        if names and name not in names:
            continue
        other = ORACLE / name / 'int8.tflite'
        yield Pair(name, path, other if other.exists() else None)


def build(folder):
    """The program of this checkout."""
    program = pathlib.Path(folder) / 'octet'
    subprocess.run(['go', 'build', '-o', program, './cmd/octet'], cwd=REPO, check=True)
    return program


def make(program, model, folder):
    """Why there is no int8 model; None if it was made."""
    with tempfile.TemporaryDirectory() as scratch:
        data = pathlib.Path(scratch) / 'samples.npz'
        np.savez(data, **samples(model, models.load(model.path)))
        command = [program, 'convert', model.path, '--data', data, '-o', folder / 'int8.tflite']
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return f'no answer within {TIMEOUT} s'
    return (run.stderr.strip().splitlines() or ['failed'])[-1] if run.returncode else None


def cell(found):
    """What TFLite Micro makes of a model."""
    if found is None:
        return ''
    if 'refused' in found:
        return 'no: ' + found['refused'].strip().split('/')[-1]
    return 'equal' if not found['steps'] else f'{100 * found["apart"]:.2g} % differ, by {found["steps"]:.0f} at most'


def on_cpu(found):
    """What Vela leaves to the CPU."""
    if found is None or 'refused' in found:
        return found and 'no: ' + found['refused'] or ''
    left = ', '.join(f'{n} {op}' if n > 1 else op for op, n in found['left'].items())
    return f'{found["cpu"]} of {found["operators"]}' + (f': {left}' if left else '')


def table():
    micro, vela = (json.loads((CORPUS / f'{name}.json').read_text()) for name in ('micro', 'vela'))
    print(
        "| model | TFLite Micro | TFLiteConverter's | on the CPU of an Ethos-U55 | TFLiteConverter's |\n"
        '| --- | --- | --- | --- | --- |'
    )
    for name in sorted(vela):
        (a, b), (c, d) = ([found.get(name, {}).get(k) for k in ('octet', 'tensorflow')] for found in (micro, vela))
        print(f'| {name} | {cell(a)} | {cell(b)} | {on_cpu(c)} | {on_cpu(d)[: (on_cpu(d) + ":").index(":")]} |')
    kernels(micro)


def kernels(micro):
    """Of TFLite Micro's kernels alone: those that differ from LiteRT's, in Markdown, those that are equal, and those that it has
    not for integers."""
    apart, refused = {}, set()
    for found in micro.values():
        for op, distances in found.get('operators', {}).items():
            if op == 'refused':
                continue
            if distances is None:
                refused.add(op)
                continue
            for n, differ, most in distances.values():
                have = apart.setdefault(op, [0, 0, 0])
                apart[op] = [have[0] + n, have[1] + differ, max(have[2], most)]
    print('\n| operator | elements | differ | by at most |\n| --- | ---: | ---: | ---: |')
    for op, (n, differ, most) in sorted(apart.items()):
        if differ:
            print(f'| {op} | {n:,} | {differ:,} | {most:.0f} |')
    print(f'\nEqual everywhere: {", ".join(sorted(op for op, (n, differ, _) in apart.items() if n and not differ))}.')
    print(f'\nRefused: {", ".join(sorted(refused))}.')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models, again')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built from this checkout if not given')
    parser.add_argument('--table', action='store_true', help='print what is there')
    a = parser.parse_args()
    if a.table:
        return table()
    with tempfile.TemporaryDirectory() as folder:
        program = a.octet or build(folder)
        for model in models.corpus():
            out = DEVICES / model.name
            if model.kind != 'float' or (model.name not in a.name if a.name else out.exists()):
                continue
            out.mkdir(parents=True, exist_ok=True)
            why = make(program, model, out)
            failed = out / 'failed.txt'
            failed.unlink(missing_ok=True)
            if why:
                failed.write_text(why + '\n')
            print(f'{model.name}: {why or "made"}', flush=True)


if __name__ == '__main__':
    main()

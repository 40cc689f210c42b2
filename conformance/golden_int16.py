#!/usr/bin/env python3
"""LiteRT's outputs of the corpus' float models as int16x8: .corpus/int16.

usage: golden_int16.py [--octet FILE] [NAME …]      names are made again, others where they are missing

Each float model that LiteRT runs is converted by `octet convert --quantize int16x8` over its samples. .corpus/int16/NAME holds
model.tflite and tensors.npz with in0 … (random inputs) and out0 … (what LiteRT's reference kernels make of them, as in
golden_int8.py), or failed.txt.
"""

import argparse
import pathlib
import subprocess
import tempfile

import numpy as np

import models
from golden_int8 import run
from places import CORPUS, REPO
from samples import samples

TIMEOUT = 600  # seconds a conversion


def make(octet, model, out):
    with tempfile.TemporaryDirectory() as folder:
        data, made = pathlib.Path(folder) / 'samples.npz', pathlib.Path(folder) / 'model.tflite'
        np.savez(data, **samples(model, models.load(model.path)))
        line = [octet, 'convert', model.path, '-o', made, '--quantize', 'int16x8', '--data', data]
        process = subprocess.run(line, capture_output=True, text=True, timeout=TIMEOUT)
        if process.returncode:
            raise RuntimeError(f'octet: {process.stderr.strip()}')
        inputs, outputs = run(made, 0, False, model.name)
        (out / 'model.tflite').write_bytes(made.read_bytes())
    values = {f'in{i}': a for i, a in enumerate(inputs)} | {f'out{i}': a for i, a in enumerate(outputs)}
    np.savez(out / 'tensors.npz', **values)
    return len(outputs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models')
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built if it is not given')
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        octet = a.octet or pathlib.Path(folder) / 'octet'
        if not a.octet:
            subprocess.run(['go', 'build', '-o', octet, './cmd/octet'], cwd=REPO, check=True)
        for model in models.corpus():
            out = CORPUS / 'int16' / model.name
            if model.kind != 'float' or a.name and model.name not in a.name or not a.name and out.exists():
                continue
            out.mkdir(parents=True, exist_ok=True)
            try:
                print(f'{model.name}: {make(octet, model, out)} outputs', flush=True)
            except (RuntimeError, ValueError, KeyError, subprocess.TimeoutExpired) as e:
                (out / 'failed.txt').write_text(f'{e}\n')
                print(f'{model.name}: {str(e).splitlines()[0][:200]}', flush=True)


if __name__ == '__main__':
    main()

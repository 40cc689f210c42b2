#!/usr/bin/env python3
"""Make the oracle pairs that `go test` runs on: pkg/quantize/testdata/oracle/NAME/{samples.npz,calibrated.tflite,int8.tflite}.

usage: oracle_pairs.py [NAME ...]

The models are those of pairs.py. samples.npz holds the calibration samples by input name, calibrated.tflite the float model with
the ranges that TensorFlow's calibrator found, int8.tflite (uint8, float32: other inputs and outputs) its quantizer's answer to
them; per_tensor.tflite and per_tensor_dense.tflite, for those in SCALES, the same with one scale for each weight tensor, or for
those of fully connected layers; int8.1.tflite and so on are answers that it gives at other times, as addresses decide: any of
them is right.
"""

import os
import sys
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np
import tensorflow as tf

import models
import oracle
from pairs import PAIRS
from places import REPO
from samples import inputs

OUT = REPO / 'pkg/quantize/testdata/oracle'
SAMPLES = 6
SEED = 99
REPEATS = 24
LIMIT = 100_000  # bytes a file
SCALES = {'residual', 'upsampling', 'dead_channels', 'grouped', 'embedding'}


def convert(module):
    signatures = {'first': module.first} | ({'second': module.second} if hasattr(module, 'second') else {})
    with tempfile.TemporaryDirectory() as path:
        tf.saved_model.save(module, path, signatures=signatures)
        return tf.lite.TFLiteConverter.from_saved_model(path, signature_keys=list(signatures)).convert()


def make(name):
    build, sampler, others = PAIRS[name]
    made = build()
    content = made if isinstance(made, bytes) else convert(made)
    flatbuffer = models.parse(content)
    arrays = dict(zip((x.name for x in inputs(flatbuffer)), sampler(SAMPLES, np.random.default_rng(SEED))))
    calibrated = oracle.calibrate(content, flatbuffer, arrays)
    files = {'calibrated': calibrated}
    for io in ('int8', *others):
        for i, result in enumerate(sorted({oracle.quantize(calibrated, io) for _ in range(REPEATS)})):
            files[f'{io}.{i}' if i else io] = result
    for io in ('int16', 'float32'):
        try:
            files[f'int16x8_{io}'] = oracle.quantize16(content, flatbuffer, arrays, io)
        except RuntimeError as e:  # a range is missing, or an input or output stays float
            print(f'{name}: no 16x8 with {io}: {e}')
    if name in SCALES:
        files['per_tensor'] = oracle.quantize(calibrated, 'int8', disable_per_channel=True)
        files['per_tensor_dense'] = oracle.quantize(calibrated, 'int8', disable_per_channel_for_dense_layers=True)
    out = OUT / name
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / 'samples.npz', **arrays)
    for old in out.glob('*.tflite'):
        old.unlink()
    for stem, data in files.items():
        if len(data) > LIMIT:
            raise ValueError(f'{name}: {stem}.tflite has {len(data)} bytes')
        (out / f'{stem}.tflite').write_bytes(data)
    return {stem: len(data) for stem, data in files.items()}


def main():
    for name in sys.argv[1:] or PAIRS:
        print(name, make(name), flush=True)


if __name__ == '__main__':
    main()

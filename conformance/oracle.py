#!/usr/bin/env python3
"""What TensorFlow's own int8 quantizer makes of the corpus' float models: the oracle of the exactness suite.

usage: oracle.py [--jobs N] [--again] [NAME ...]

For each float model it writes into .corpus/oracle/NAME/
    float.tflite        a copy of the model
    samples.npz         the calibration samples by input name
    calibrated.tflite   the float model with the minimum and maximum of each activation that TensorFlow's calibrator recorded
    int8.tflite         TensorFlow's quantizer applied to exactly these ranges, inputs and outputs int8
    int8.1.tflite, …    its other results: for operators with several results it depends on memory addresses
    uint8.tflite, float32.tflite   the same with the other kinds of inputs and outputs (models under 1 MB), and further results of
        these
    int16x8_float32.tflite  its older quantizer's int16 activations and int8 weights, of the same samples, if it can
    failed.txt          why TensorFlow could not, instead of the above

Each model is quantized in a process of its own, as TensorFlow may abort.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np

import models
from lite import operators
from places import ORACLE
from samples import inputs, samples

TIMEOUT = 900  # seconds
SMALL = 1 << 20  # bytes; larger models are quantized with int8 inputs and outputs only
REPEATS = 8  # more runs for models with operators of several results


def feeding(flatbuffer, arrays):
    """What TensorFlow's calibrator takes samples from."""
    found = inputs(flatbuffer)
    count = min(len(a) for a in arrays.values())

    def feed():
        for i in range(count):
            yield [np.ascontiguousarray(arrays[x.name][i : i + 1]) for x in found]

    return feed


def calibrate(content, flatbuffer, arrays):
    from tensorflow.lite.python.optimize import calibrator

    if any('LSTM' in name for name in operators(content)):  # as TFLiteConverter does before it calibrates
        content = calibrator.add_intermediate_tensors(content)
    return calibrator.Calibrator(content).calibrate(feeding(flatbuffer, arrays))


def quantize16(content, flatbuffer, arrays, io):
    """TensorFlow's model with int16 activations, int8 weights and int64 biases; operators that it refuses stay float."""
    import tensorflow as tf
    from tensorflow.lite.python.optimize import calibrator

    kind, feed = getattr(tf, io), feeding(flatbuffer, arrays)
    return calibrator.Calibrator(content).calibrate_and_quantize(feed, kind, kind, True, tf.int16, tf.int64)


def quantize(calibrated, io, **options):
    import tensorflow as tf
    from tensorflow.lite.python.convert import mlir_quantize

    kind = getattr(tf, io)
    return mlir_quantize(calibrated, input_data_type=kind, output_data_type=kind, **options)


def make(model, out):
    """Quantize one model in this process."""
    content, flatbuffer = model.path.read_bytes(), models.load(model.path)
    (out / 'float.tflite').write_bytes(content)
    arrays = samples(model, flatbuffer)
    np.savez_compressed(out / 'samples.npz', **arrays)
    calibrated = calibrate(content, flatbuffer, arrays)
    (out / 'calibrated.tflite').write_bytes(calibrated)
    try:
        (out / 'int16x8_float32.tflite').write_bytes(quantize16(content, flatbuffer, arrays, 'float32'))
    except RuntimeError as e:  # a range is missing
        print(f'{model.name}: no int16x8: {e}')
    varies = any(len(op.outputs) > 1 for graph in flatbuffer.subgraphs for op in graph.operators or [])
    for io in ('int8', 'uint8', 'float32') if len(content) < SMALL else ('int8',):
        results = [quantize(calibrated, io) for _ in range(1 + REPEATS if varies else 1)]
        for i, result in enumerate(dict.fromkeys(results)):
            (out / (f'{io}.{i}.tflite' if i else f'{io}.tflite')).write_bytes(result)


def spawn(model):
    """Quantize one model in another process; its state in a word or two."""
    out, draft = ORACLE / model.name, ORACLE / f'.{model.name}'
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    why = None
    try:
        run = subprocess.run(
            [sys.executable, __file__, '--here', draft, model.name], capture_output=True, text=True, timeout=TIMEOUT
        )
        if run.returncode:
            lines = [line for line in run.stderr.splitlines() if line.strip()]
            why = f'signal {-run.returncode}' if run.returncode < 0 else f'exit status {run.returncode}'
            why += ''.join(f'\n{line[:500]}' for line in lines[-3:])
    except subprocess.TimeoutExpired:
        why = f'no answer within {TIMEOUT} s'
    if why:
        (draft / 'failed.txt').write_text(why + '\n')
    shutil.rmtree(out, ignore_errors=True)
    draft.rename(out)
    variants = len(list(out.glob('int8*.tflite')))
    return f'FAILED: {why}' if why else 'quantized' if variants == 1 else f'quantized, {variants} different results'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('name', nargs='*', help='only these models of the corpus')
    parser.add_argument('--jobs', type=int, default=2, help='models at a time')
    parser.add_argument('--again', action='store_true', help='remake what is there')
    parser.add_argument('--here', help=argparse.SUPPRESS)
    a = parser.parse_args()
    wanted = [m for m in models.corpus() if m.kind == 'float' and (not a.name or m.name in a.name)]
    if a.here:
        return make(wanted[0], pathlib.Path(a.here))
    todo = [m for m in wanted if a.again or not (ORACLE / m.name).exists()]
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        for model, state in zip(todo, pool.map(spawn, todo)):
            print(f'{model.name}: {state}', flush=True)
    failed = [m.name for m in wanted if (ORACLE / m.name / 'failed.txt').exists()]
    print(f'{len(wanted) - len(failed)} of {len(wanted)} models have an oracle; TensorFlow fails on: {", ".join(failed) or "none"}')


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
"""Calibration per sample: Octet with every range recorded, beside its peers in the same run.

usage: bench.py [--octet BINARY] [--samples N] [--rounds N] [--models NAME,...] [--json FILE]

For each model, in turn and several rounds, on one thread each: `octet convert` (whole process; the time per sample is the slope between a
quarter of the samples and all of them, so that loading, quantizing and writing cancel out), LiteRT with XNNPACK (invoke alone, nothing recorded), and
TensorFlow's calibrator (slope likewise). Printed are medians of user and system CPU time in milliseconds per sample, and the ratios. Run it on a
machine that does nothing else.
"""

import argparse
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np

from places import OUT, PYTHON, REPO

MODELS = 'mobilenetv2,efficientnet_lite0,efficientnetb0,resnet50,unet,conv1d_audio,transformer,small_cnn'
PEER = '''
import sys, time, resource
import numpy as np
kind, model, samples = sys.argv[1:]
arrays = np.load(samples)
cpu = lambda: (lambda u: u.ru_utime + u.ru_stime)(resource.getrusage(resource.RUSAGE_SELF))
if kind == 'xnnpack':
    from ai_edge_litert.interpreter import Interpreter
    i = Interpreter(model, num_threads=1)
    i.allocate_tensors()
    details = i.get_input_details()
    feed = [[arrays[k][s:s + 1] for k in arrays] for s in range(len(arrays[list(arrays)[0]]))]
    def step(sample):
        for d, a in zip(details, sample):
            i.set_tensor(d['index'], a)
        i.invoke()
    step(feed[0])
    start = cpu()
    for sample in feed:
        step(sample)
    print((cpu() - start) / len(feed))
else:
    import tensorflow as tf
    from tensorflow.lite.python.optimize import calibrator
    data = open(model, 'rb').read()
    n = len(arrays[list(arrays)[0]])
    def run(count):
        start = cpu()
        calibrator.Calibrator(data).calibrate(lambda: ([arrays[k][s:s + 1] for k in arrays] for s in range(count)))
        return cpu() - start
    few = max(n // 4, 1)
    run(1)
    a, b = run(few), run(n)
    print((b - a) / (n - few))
'''


def cpu_of(command):
    """User and system seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def octet(binary, model, few, many, counts, folder):
    def run(samples):
        return cpu_of([binary, 'convert', model, '-o', folder / 'out.tflite', '--data', samples, '--workers', '1'])
    a, b = run(few), run(many)
    return (b - a) / (counts[1] - counts[0])


def peer(kind, model, samples):
    out = subprocess.run([PYTHON, '-W', 'ignore', '-c', PEER, kind, model, samples], check=True, capture_output=True, text=True)
    return float(out.stdout.strip().splitlines()[-1])


def inputs(model):
    """Names and shapes of a model's inputs, in order, as Octet names them."""
    return [(p['name'], p['shape']) for p in describe(model)]


def describe(model):
    from ai_edge_litert.interpreter import Interpreter
    i = Interpreter(str(model))
    key = next(iter(i.get_signature_list()), None)
    if key is None:
        return [{'name': d['name'], 'shape': d['shape'].tolist(), 'dtype': d['dtype']} for d in i.get_input_details()]
    runner = i.get_signature_runner(key)
    by_index = {d['index']: name for name, d in runner.get_input_details().items()}
    return [{'name': by_index[d['index']], 'shape': d['shape'].tolist(), 'dtype': d['dtype']} for d in i.get_input_details()]


def samples(model, count, path):
    rng = np.random.default_rng(1)
    arrays = {}
    for d in describe(model):
        shape = [count] + d['shape'][1:]
        if np.issubdtype(d['dtype'], np.floating):
            arrays[d['name']] = rng.random(shape, dtype=np.float32)
        else:
            arrays[d['name']] = rng.integers(0, 8, shape).astype(d['dtype'])
    np.savez(path, **arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--octet', type=pathlib.Path, help='the program; built from this checkout if not given')
    parser.add_argument('--samples', type=int, default=40)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--models', default=MODELS)
    parser.add_argument('--json', type=pathlib.Path)
    a = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        binary = a.octet
        if binary is None:
            binary = folder / 'octet'
            subprocess.run(['go', 'build', '-o', binary, './cmd/octet'], cwd=REPO, check=True)
        print(f'{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; CPU ms per sample, medians of {a.rounds}')
        print(f'{"model":20} {"octet":>8} {"xnnpack":>8} {"tf calib":>9} {"octet/xnn":>10} {"tf/octet":>9}')
        for model_name in a.models.split(','):
            model = OUT / model_name / 'model.tflite'
            counts = (max(a.samples // 4, 1), a.samples)
            few, many = folder / 'few.npz', folder / 'many.npz'
            samples(model, counts[0], few)
            samples(model, counts[1], many)
            times = {'octet': [], 'xnnpack': [], 'tensorflow': []}
            for _ in range(a.rounds):
                times['octet'].append(octet(binary, model, few, many, counts, folder))
                times['xnnpack'].append(peer('xnnpack', model, many))
                times['tensorflow'].append(peer('tensorflow', model, many))
            o, x, t = (1e3 * statistics.median(times[k]) for k in ('octet', 'xnnpack', 'tensorflow'))
            print(f'{model_name:20} {o:8.2f} {x:8.2f} {t:9.2f} {o / x:10.2f} {t / o:9.1f}', flush=True)
            rows.append({'model': model_name, 'octet_ms': o, 'xnnpack_ms': x, 'tensorflow_ms': t})
    if a.json:
        a.json.write_text(json.dumps(rows, indent=1) + '\n')


if __name__ == '__main__':
    main()

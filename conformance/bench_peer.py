#!/usr/bin/env python3
"""One peer of bench.py in a process of its own.

usage: bench_peer.py rate KIND MODEL SAMPLES THREADS
       bench_peer.py convert MODEL SAMPLES OUT

rate prints the CPU and wall seconds per sample, as JSON. KIND is
    xnnpack     LiteRT with XNNPACK: invoke alone, nothing recorded
    reference   LiteRT with its reference kernels
    tensorflow  TensorFlow's calibrator, which knows no number of threads
    preserve    AI Edge Quantizer's calibrator in its default mode, which keeps all tensors for Python to look at
    profiler    the same in the mode that records ranges in C++
Calibrators are timed by the slope between a quarter of the samples and all of them.

convert makes an int8 flatbuffer by TFLiteConverter, from a folder with a SavedModel; of a float flatbuffer it makes one by the
calibrator and the quantizer that TFLiteConverter calls after importing.
"""

import json
import os
import pathlib
import resource
import sys
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '0')

import numpy as np


def clocks():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return np.array([used.ru_utime + used.ru_stime, time.perf_counter()])


def slope(run, count):
    """CPU and wall seconds per sample of what run(n) takes."""
    few = max(count // 4, 1)
    run(1)
    times = []
    for n in (few, count):
        start = clocks()
        run(n)
        times.append(clocks() - start)
    return (times[1] - times[0]) / max(count - few, 1)


def litert(resolver):
    def run(model, samples, threads):
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        interpreter = Interpreter(model, num_threads=threads, experimental_op_resolver_type=OpResolverType[resolver])
        interpreter.allocate_tensors()
        tensors = [d['index'] for d in interpreter.get_input_details()]

        def step(sample):
            for index, array in zip(tensors, sample.values()):
                interpreter.set_tensor(index, array)
            interpreter.invoke()

        step(samples[0])
        start = clocks()
        for sample in samples:
            step(sample)
        return (clocks() - start) / len(samples)

    return run


def tensorflow(model, samples, _threads):
    from tensorflow.lite.python.optimize import calibrator

    content = pathlib.Path(model).read_bytes()

    def run(n):
        calibrator.Calibrator(content).calibrate(lambda: (list(s.values()) for s in samples[:n]))

    return slope(run, len(samples))


def edge(mode):
    def calibrate(model, samples, threads):
        from ai_edge_quantizer import calibrator, recipe, recipe_manager

        wanted = recipe_manager.RecipeManager()
        wanted.load_quantization_recipe(recipe.static_wi8_ai8())

        def run(n):
            made = calibrator.Calibrator(model, num_threads=threads, mode=calibrator.CalibrationMode[mode])
            key = next(iter(made.get_signature_list()), None)
            made.calibrate({key: samples[:n]}, wanted)

        return slope(run, len(samples))

    return calibrate


KINDS = {
    'xnnpack': litert('AUTO'),
    'reference': litert('BUILTIN_REF'),
    'tensorflow': tensorflow,
    'preserve': edge('CALIBRATION_PRESERVE_ALL_TENSORS'),
    'profiler': edge('CALIBRATION_PROFILER_BASED'),
}


def load(path):
    """The samples, each a dict of inputs in the model's order."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    count = len(next(iter(arrays.values())))
    return [{name: np.ascontiguousarray(a[i : i + 1]) for name, a in arrays.items()} for i in range(count)]


def convert(model, samples, out):
    import tensorflow as tf

    if pathlib.Path(model).is_dir():
        converter = tf.lite.TFLiteConverter.from_saved_model(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: iter(samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        content = converter.convert()
    else:
        from tensorflow.lite.python.convert import mlir_quantize
        from tensorflow.lite.python.optimize import calibrator

        made = calibrator.Calibrator(pathlib.Path(model).read_bytes())
        content = mlir_quantize(made.calibrate(lambda: (list(s.values()) for s in samples)))
    pathlib.Path(out).write_bytes(content)


def main():
    match sys.argv[1:]:
        case ['rate', kind, model, samples, threads]:
            cpu, wall = KINDS[kind](model, load(samples), int(threads))
            print(json.dumps({'cpu': cpu, 'wall': wall}))
        case ['convert', model, samples, out]:
            convert(model, load(samples), out)
        case _:
            sys.exit(__doc__)


if __name__ == '__main__':
    main()

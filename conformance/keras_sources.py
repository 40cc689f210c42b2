#!/usr/bin/env python3
"""Make Keras files of the tables of keras_files, with Keras's own values and TFLiteConverter's answers: .corpus/keras/NAME.

usage: keras_sources.py [NAME | PATTERN …]

A folder is like one of .corpus/sources (see source.py), but holds model.keras and model.h5, or the path of a package's file in
model.txt. Outputs have the names that Octet gives them. failed.json lists what Keras itself can't make, save or run.
"""

import dataclasses
import fnmatch
import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '0')
os.environ['CUDA_VISIBLE_DEVICES'] = '-1'
import numpy as np

import source
from places import HERE, KERAS, PYTHON

FAILED = KERAS / 'failed.json'
TIMEOUT = 900


def outputs(model):
    """The names of the outputs, in the order of their values once these are flat."""
    if isinstance(model.output, dict):
        return sorted(model.output)
    names = []
    for name in getattr(model, 'output_names', None) or [model.layers[-1].name]:
        base, n = name, 1
        while name in names:
            name, n = f'{base}_{n}', n + 1
        names.append(name)
    return names


def names(model):
    """The names of the layers that are the inputs."""
    return list(getattr(model, 'input_names', None) or [t._keras_history.operation.name for t in model.inputs])


def call(model, arrays):
    """The outputs by name, for the inputs by name."""
    inputs = [arrays[n] for n in names(model)]
    given = dict(zip(names(model), inputs)) if isinstance(model.input, dict) else inputs if len(inputs) > 1 else inputs[0]
    result = model(given, training=False)
    flat = (
        [result[k] for k in sorted(result)]
        if isinstance(result, dict)
        else list(result)
        if isinstance(result, (list, tuple))
        else [result]
    )
    return {n: np.asarray(t) for n, t in zip(outputs(model), flat, strict=True)}


def describe(found):
    return [source.Tensor(n, n, a.dtype.name, list(a.shape)) for n, a in found.items()]


def make(name, row):
    draft = KERAS / f'.{name}'
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    model, given, forms = row()
    given = [dict(zip(names(model), arrays.values())) for arrays in given]
    wanted = [call(model, arrays) for arrays in given]
    for form in forms:
        if isinstance(form, str):
            model.save(draft / f'model.{form}')
        else:
            (draft / 'model.txt').write_text(str(form))
    source.store(draft, 'inputs', given)
    source.store(draft, 'outputs', wanted)
    record = {'origin': type(model).__module__.split('.')[0], 'signature': 'serving_default'}
    for way, found in (('inputs', given), ('outputs', wanted)):
        record[way] = [dataclasses.asdict(t) for t in describe(found[0] if found else {})]
    (draft / 'source.json').write_text(json.dumps(record, indent=1) + '\n')
    folder = KERAS / name
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return model


def lite(name):
    """TFLiteConverter's flatbuffer of a model, in this process."""
    import tensorflow as tf

    import keras_files

    model = keras_files.MODELS[name]()[0]
    with tempfile.TemporaryDirectory() as folder:
        if type(model).__module__.startswith('tf_keras'):
            model.save(folder, save_format='tf')
        else:
            model.export(folder, format='tf_saved_model', verbose=False)
        content = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    (KERAS / name / 'tflite.tflite').write_bytes(content)


def answer(name):
    """TFLiteConverter's answer, if one is wanted and not there: at hand, or of a process of its own, which it may end."""
    import keras_files

    if any((KERAS / name / f).exists() for f in ('tflite.tflite', 'failed.txt')):
        return
    twin = keras_files.TWINS.get(name, lambda: None)()
    if twin is not None:
        (KERAS / name / 'tflite.tflite').write_bytes(twin)
    elif name in keras_files.LITE:
        run = subprocess.run(
            [PYTHON, '-W', 'ignore', __file__, '--lite', name], cwd=HERE, capture_output=True, text=True, timeout=TIMEOUT
        )
        if run.returncode:
            (KERAS / name / 'failed.txt').write_text(run.stderr[-2000:] or f'status {run.returncode}')


def main():
    if sys.argv[1:2] == ['--lite']:
        lite(sys.argv[2])
        return
    import keras_files

    patterns = sys.argv[1:]
    KERAS.mkdir(parents=True, exist_ok=True)
    failed = json.loads(FAILED.read_text()) if FAILED.exists() else {}
    for name, row in keras_files.MODELS.items():
        if patterns and not any(fnmatch.fnmatch(name, p) for p in patterns):
            continue
        if not patterns and ((KERAS / name).exists() or name in failed):
            if (KERAS / name).exists():
                answer(name)  # of a twin that was made since
            continue
        failed.pop(name, None)
        try:
            make(name, row)
            gc.collect()
            answer(name)
            print(f'{name}: made', flush=True)
        except Exception as e:  # whatever Keras raises: the other models are still wanted
            failed[name] = f'{type(e).__name__}: {str(e)[:300]}'
            print(f'{name}: FAILED: {failed[name]}', flush=True)
        FAILED.write_text(json.dumps(failed, indent=1) + '\n')


if __name__ == '__main__':
    main()
